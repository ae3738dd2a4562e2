package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/netip"

	"centrala"
	"centrala/channels"
	"centrala/gateway/rest"
	"centrala/routing"
	"centrala/search"
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
	inner.Handle("/v1/", rest.New(p.rest()))
	inner.Handle("/", pages)
	p.requests = &turnstile{next: inner, most: requestsAtOnce}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /metrics", p.metrics())
	mux.Handle("/", p.requests)
	p.handler = mux
	return nil
}

func (p *Program) rest() rest.Config {
	return rest.Config{
		Log: p.log, Guard: p.guard, Site: p.site, Store: doors{accepted{p.db, p.doors[byREST]}, p.doorsChanged}, Blobs: p.blobs, Index: index{p.help},
		Score: survey.Score, Now: p.db.Now,
		Hours: routing.Office, Lines: p.line, Test: p.lineTest, Retry: p.bus.Replay, Ended: p.gateway.Recheck, Ready: p.bus.Ready,
		Organisation: p.cfg.Brand, SurveyDelay: p.cfg.Survey.MailAfter, SurveyInterval: p.cfg.Survey.Quarantine, NoLimits: p.flags.NoLimits,
	}
}

// doors is the store whose doors are opened as soon as they are saved.
type doors struct {
	accepted
	changed func()
}

// SaveInbox implements rest.Store.
func (d doors) SaveInbox(ctx context.Context, in centrala.Inbox) (centrala.Inbox, error) {
	in, err := d.DB.SaveInbox(ctx, in)
	if err == nil {
		d.changed()
	}
	return in, err
}

// index is the Help Centre as REST asks for it.
type index struct{ h *search.HelpCentre }

func (i index) Name() string { return i.h.Engine() }

func (i index) Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	return i.h.Suggest(ctx, q)
}

// line is how a door is doing; what is wrong with it is said in a language.
func (p *Program) line(in centrala.Inbox, locale string) rest.InboxState {
	s := rest.InboxState{OK: true, Connected: p.gateway.Stats().Visitors}
	for _, h := range p.board.Lines() {
		if h.Inbox != in.ID {
			continue
		}
		if !h.LastOK.IsZero() {
			s.LastOKAt = &h.LastOK
		}
		if h.State == "failing" || h.State == "stopped" {
			s.OK, s.Error, s.FailingSince = false, h.LastError, &h.Since
			if in.Channel == centrala.Email && h.Err != nil {
				s.Error = p.say(p.mail.Trouble(in, h.Way, h.Err), locale)
			}
		}
	}
	return s
}

// say is a finding in a language, with the words of the system or server that it is about.
func (p *Program) say(f channels.Finding, locale string) string {
	s := f.Text[words.For(cmp.Or(locale, p.cfg.Locale)).Locale()]
	if f.Cause != "" {
		s += " (" + f.Cause + ")"
	}
	return s
}

func (p *Program) lineTest(ctx context.Context, in centrala.Inbox, locale string) []rest.TestStep {
	if in.Channel != centrala.Email {
		return []rest.TestStep{{Name: "none", State: "ok"}}
	}
	var steps []rest.TestStep
	works := true
	for _, f := range p.mail.Test(ctx, in) {
		works = works && f.OK
		state := "ok"
		if !f.OK {
			state = "failed"
		}
		steps = append(steps, rest.TestStep{Name: f.Check, State: state, Detail: p.say(f, locale)})
	}
	if works && !p.line(in, locale).OK {
		p.lineMended(in.ID) // it may have stopped until somebody acts, and somebody did
	}
	return steps
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
	return map[string]part{"database": {p.db.Ready(ctx), true}, "stream": {p.bus.Ready(), true}, "index": {p.help.Ready(), false}, "clock": {p.db.Clock(), false}}
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
