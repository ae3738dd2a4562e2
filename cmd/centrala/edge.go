package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"centrala"
	"centrala/gateway/rest"
	"centrala/manuscript/ferry"
	"centrala/routing"
	"centrala/survey"
	"centrala/words"
)

// edge puts the doors together: the socket, REST, the pages, and what operators ask.
func (p *Program) edge() error {
	pages, err := p.pages()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/socket", p.gateway) // browsers and agents: frames end in the log
	inner := http.NewServeMux()
	api := rest.New(p.rest())
	inner.Handle("/v1/", api)
	inner.Handle("/oauth/", api)
	inner.Handle("GET /help/files/", api)
	inner.Handle("/", pages)
	p.requests = &turnstile{next: inner, most: requestsAtOnce}
	mux.Handle("/hooks/{inbox}", p.hooks) // vendors: posts are on disk before they are answered
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /metrics", p.metrics())
	mux.Handle("/", p.requests)
	p.handler = mux
	return nil
}

func (p *Program) rest() rest.Config {
	return rest.Config{
		Log: p.log, Guard: p.guard, Site: p.site, Store: doors{accepted{p.db, p.doors[byREST]}, p.doorsChanged, p.settling.leave, p.log}, Articles: p.library, Manuscripts: p.library, Publishing: p.library, Versions: p.library, Shelves: p.library, WordLists: p.library, Enclosures: p.library, Blobs: p.blobs, Index: p.indexes,
		Measures: p.library, Table: deflectionTable,
		HoldOut: p.holdOut(), Consent: p.tokens, Seal: p.keys, Devices: p.devices, Mended: p.lineMended,
		Score: survey.Score, Now: p.db.Now,
		Hours: routing.Office, Lines: p.line, Test: p.lineTest, Templates: p.templatesOf, Retry: p.bus.Replay, Ended: p.gateway.Recheck, Ready: p.bus.Ready,
		Mail: p.mail, Clean: p.mail.Clean, ReadHook: p.readHook, Replayed: p.hookCame,
		Links: func(ctx context.Context) ([]centrala.LinkFault, int, int, error) {
			return ferry.Within(ctx, p.library, p.Base)
		},
		Scribe: p.scribe, Organisation: p.cfg.Brand, SurveyDelay: p.cfg.Survey.MailAfter, SurveyInterval: p.cfg.Survey.Quarantine, NoLimits: p.flags.NoLimits,
	}
}

// doors is the store whose doors are opened as soon as they are saved.
type doors struct {
	accepted
	changed func()
	left    func(ctx context.Context, in centrala.Inbox) error // nobody will listen to its vendor any more
	log     *slog.Logger
}

// SaveInbox implements rest.Store.
func (d doors) SaveInbox(ctx context.Context, in centrala.Inbox) (centrala.Inbox, error) {
	in, err := d.DB.SaveInbox(ctx, in)
	if err == nil {
		d.changed()
	}
	return in, err
}

// RemoveInbox implements rest.Store.
func (d doors) RemoveInbox(ctx context.Context, id centrala.InboxID) error {
	in, err := d.DB.Inbox(ctx, id)
	if err != nil {
		return err
	}
	if err := d.DB.RemoveInbox(ctx, id); err != nil {
		return err
	}
	d.changed()
	if err := d.left(ctx, in); err != nil {
		d.log.WarnContext(ctx, "a vendor goes on posting to an inbox that is no more", "inbox", id.String(), "channel", string(in.Channel), "err", err)
	}
	return nil
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (p *Program) question(locale string) string {
	return words.For(locale).SurveyQuestion(p.cfg.Brand)
}

// part is one thing that has to work, and why it does not. Without a vital one the node is of
// no use; without another it does most of its work.
type part struct {
	err   error
	vital bool
}

func (p *Program) parts(ctx context.Context) map[string]part {
	all := map[string]part{"database": {p.db.Ready(ctx), true}, "stream": {p.bus.Ready(), true}, "index": {p.help.Ready(), false}, "clock": {p.db.Clock(), false}}
	if p.preferred != nil {
		all[p.far.Engine()] = part{p.preferred.Ready(), false}
	}
	return all
}

// readyz says which part is not as it should be, and 503 when a vital one is not.
func (p *Program) readyz(w http.ResponseWriter, r *http.Request) {
	said := map[string]string{}
	ready := true
	for name, of := range p.parts(r.Context()) {
		switch said[name] = "ok"; {
		case of.err == nil:
			continue
		case p.trusted(r):
			said[name] = of.err.Error()
		default: // strangers learn which part, not why
			said[name] = "not ready"
		}
		ready = ready && !of.vital
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": ready, "parts": said, "version": version})
}

// trusted reports whether the request comes from where operators are.
func (p *Program) trusted(r *http.Request) bool {
	addr, err := netip.ParseAddr(p.site.Addr(r))
	if err != nil {
		return false
	}
	for _, s := range p.cfg.HTTP.Metrics {
		if prefix, err := netip.ParsePrefix(s); err == nil && prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}
