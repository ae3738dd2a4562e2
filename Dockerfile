# syntax=docker/dockerfile:1
# docker build --build-arg VERSION=0.1.0 -t centrala .
# docker run -v centrala:/data -p 8080:8080 -e CENTRALA_URL=https://pomoc.example.com centrala

FROM node:24-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
COPY web/ ./
RUN npm run --silent build

FROM golang:1.26-bookworm AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -pgo=cmd/centrala/talk.pgo -ldflags "-s -w -X main.version=$VERSION" -o /out/centrala ./cmd/centrala
# The data folder exists in the image with its owner, so that a new volume takes both over;
# temporary files need a folder too.
RUN mkdir -p /out/root && mkdir -m 0700 /out/root/data && mkdir -m 1777 /out/root/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/root/ /
COPY --from=build /out/centrala /centrala
USER 65532:65532
ENV CENTRALA_DATA=/data CENTRALA_LISTEN=:8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# There is no shell and no curl here. doctor looks at everything, logs in to the mailboxes too,
# and ends with 1 when something is wrong; orchestrators that can ask HTTP had better ask /readyz.
HEALTHCHECK --interval=5m --timeout=60s --start-period=30s CMD ["/centrala", "doctor", "--timeout=10s"]
ENTRYPOINT ["/centrala"]
CMD ["serve"]
