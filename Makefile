# centrala: `make run` to try it, `make test` to prove it, `make help` for the rest.
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_BUILD = CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
NPM_CI = npm ci --no-audit --no-fund --loglevel=error
WEB_SOURCES = $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

.PHONY: help run build release profile web check test test-go test-web test-e2e test-torture torture bench bench-search cluster clean need fuzz
# SQLite as Go is C that was translated, and works in memory outside Go's heap: the race detector does not
# look at it, nor the checks of pointers. Its callers are looked at like everything else.
OUTSIDE_THE_HEAP = '-gcflags=modernc.org/sqlite/lib=-race=false -d=checkptr=0'
FUZZTIME ?= 5m
FUZZ = email/letter:FuzzHeader email/letter:FuzzMIME email/letter:FuzzAddress email/sorting:FuzzDSN email/quote:FuzzQuote \
	meta/hook:FuzzReadMessenger meta/hook:FuzzReadInstagram meta/hook:FuzzReadWhatsApp meta/hook:FuzzReadComments meta/graph:FuzzError
FUZZ += telegram:FuzzRead webhook:FuzzRead webhook:FuzzCheck allegro:FuzzReadAllegro

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 12

run: build ## build and start the demo on http://localhost:8080
	./bin/centrala demo

build: web ## build bin/centrala, with the web part inside
	$(GO_BUILD) -o bin/ ./cmd/centrala

release: web ## the same, compiled for what it does most: a tenth faster, and the first time two minutes slower to build
	$(GO_BUILD) -pgo=cmd/centrala/talk.pgo -o bin/ ./cmd/centrala

profile: build # what release goes by, anew
	$(GO_BUILD) -o bin/ ./cmd/centrala-bench
	./bin/centrala-bench --server ./bin/centrala --only talk --seconds 5 --profile cmd/centrala/talk.pgo

web: web/dist/.built

bin/nats-server: go.mod
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/ github.com/nats-io/nats-server/v2

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM_CI)

web/dist/.built: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

check: web ## everything that can be seen without running: format, vet, staticcheck, boundaries, budgets, web
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@test -z "$$(go tool goimports -local centrala -l $$(git ls-files '*.go'))" || { echo "goimports -local centrala would change:"; go tool goimports -local centrala -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -count=1 -run '^(TestBoundaries|TestBudgets)$$' .
	cd web && npm run --silent check && npm run --silent budget
	@echo "check: all good"

test: need web ## every test there is; installs what they need where it may (NO_INSTALL=1 forbids it)
	$(MAKE) --no-print-directory test-go test-web test-e2e test-torture

test-go: web
	go test -race $(OUTSIDE_THE_HEAP) -timeout 30m ./...

test-web: web
	cd web && npm test --silent

test-e2e: build
	cd web && npx playwright test --config e2e/playwright.config.ts

need: ## what the tests need beside Go and Node, installed or named
	@.ci/need

bench: release bin/nats-server ## the figures of docs/performance.md, measured here in a quarter of an hour; charts in artifacts/bench
	$(GO_BUILD) -o bin/ ./cmd/centrala-bench
	./bin/centrala-bench --server ./bin/centrala --images artifacts/bench

BENCH_SEARCH = go test -run - -benchtime
bench-search: ## what the Help Centre's search takes: 2 560 pages made an index, 200 questions a second, 10 000 articles in memory
	@.ci/need
	$(BENCH_SEARCH) 1x -bench 'Rebuild|Memory' ./search/bleve
	$(BENCH_SEARCH) 3000x -bench 'Suggest|Question' ./search/bleve

cluster: build bin/nats-server ## three nodes on this machine, with PostgreSQL and NATS, to try what happens when one dies
	$(GO_BUILD) -o bin/ ./cmd/centrala-cluster
	./bin/centrala-cluster

torture: build bin/nats-server ## everything goes wrong on every kind of house while people talk, one after the other and mixed; about an hour
	$(GO_BUILD) -o bin/ ./cmd/centrala-torture
	./bin/centrala-torture --everything

test-torture: build # a short one, as part of the tests
	$(GO_BUILD) -o bin/ ./cmd/centrala-torture
	./bin/centrala-torture --faults kill,term,cut,full-disk,slow-disk,imap-torn,smtp-unheard --rounds 7 --customers 12 --mails 4 --seed 1

fuzz: ## whatever can come from outside, made up: mails, hooks, signatures; each for FUZZTIME, 5 minutes
	@for t in $(FUZZ); do echo "$$t"; go test ./channels/$${t%%:*} -run '^$$' -fuzz "^$${t##*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s || exit 1; done

clean: ## remove what was built
	rm -rf bin web/dist/* artifacts
