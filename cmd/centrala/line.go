package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/gateway/rest"
	"centrala/words"
)

// A line says what is wrong with it, and what to do.
type (
	troubled interface {
		channels.Channel
		Trouble(in centrala.Inbox, h channels.Health) channels.Finding
	}
	warned interface {
		channels.Channel
		Warning(in centrala.Inbox, why error) channels.Finding
	}
)

// of is the line of a kind that can do something; ok is false when there is none.
func of[T channels.Channel](lines []channels.Channel, kind centrala.Channel) (line T, ok bool) {
	for _, l := range able[T](lines) {
		if l.Kind() == kind {
			return l, true
		}
	}
	return line, false
}

// line is how a door is doing; what is wrong with it is said in a language.
func (p *Program) line(ctx context.Context, in centrala.Inbox, locale string) rest.InboxState {
	s := rest.InboxState{OK: true, Connected: p.gateway.Stats().Visitors}
	if in.Account != nil {
		s.ExpiresAt = instant(in.Account.Expires)
		if in.Enabled && p.deaf(in) {
			s.Warning = words.For(cmp.Or(locale, p.cfg.Locale)).LineDeaf()
		}
	}
	for _, h := range p.healths(ctx, in) {
		p.tell(&s, in, h, locale)
	}
	if in.Channel.Social() || in.Channel == centrala.Email {
		n, err := p.db.Unsent(ctx, in.ID)
		if err != nil {
			p.log.WarnContext(ctx, "what waits to be sent could not be counted", "inbox", in.ID.String(), "err", err)
		}
		s.Queued = n
	}
	s.ExpiresSoon = s.ExpiresAt != nil && s.RenewsAt == nil && !renewsItself(in) && s.ExpiresAt.Before(p.db.Now().Add(centrala.ExpiryWarning))
	return s
}

// tell adds what is known of one way of a line.
func (p *Program) tell(s *rest.InboxState, in centrala.Inbox, h channels.Health, locale string) {
	if h.Way == channels.In {
		s.Watch, s.Behind, s.LagS, s.DelayMS = h.Watch, h.Behind, h.Lag, h.Delay.Milliseconds()
		s.Warning = cmp.Or(h.Warning, s.Warning)
		s.ExpiresAt, s.RenewsAt = cmp.Or(instant(h.Expires), s.ExpiresAt), instant(h.Renewal)
	}
	if h.Way != channels.Arranged && (s.LastOKAt == nil || h.Way == channels.In && !h.LastOK.IsZero()) {
		s.LastOKAt = instant(h.LastOK)
	}
	if h.Limited.After(time.Now()) {
		s.LimitedUntil = instant(h.Limited)
	}
	if why := h.Aside(); why != nil {
		if l, ok := of[warned](p.lines, in.Channel); ok {
			s.Warning = p.say(l.Warning(in, why), locale)
		}
	}
	if h.State != channels.Failing && h.State != channels.Halted || s.LimitedUntil != nil && h.Way == channels.Out && h.State == channels.Failing {
		return // a vendor that wants to be asked later is no fault
	}
	told := p.trouble(in, h)
	s.OK, s.Error, s.Code, s.FailingSince = false, p.say(told, locale), told.Check, &h.Since
}

// trouble is what is wrong with one way of a line, in words.
func (p *Program) trouble(in centrala.Inbox, h channels.Health) channels.Finding {
	if l, ok := of[troubled](p.lines, in.Channel); ok {
		return l.Trouble(in, h)
	}
	return channels.Finding{Check: h.Code, Cause: h.LastError}
}

// deaf reports whether a vendor would have to post to a server that it cannot reach.
func (p *Program) deaf(in centrala.Inbox) bool {
	switch in.Channel {
	case centrala.Messenger, centrala.Instagram, centrala.WhatsApp:
		return !rest.Reachable(p.site.Base)
	case centrala.Telegram:
		return !in.Account.Polling && !rest.Reachable(p.site.Base)
	}
	return false
}

// renewsItself reports whether an inbox's token is renewed without a person.
func renewsItself(in centrala.Inbox) bool { return in.Account != nil && in.Account.Refresh != "" }

// say is a finding in a language, with the words of the system or server that it is about.
func (p *Program) say(f channels.Finding, locale string) string {
	s := f.Text[words.For(cmp.Or(locale, p.cfg.Locale)).Locale()]
	if f.Cause != "" {
		s += " (" + f.Cause + ")"
	}
	return s
}

// lineTest tries a line of whatever kind.
func (p *Program) lineTest(ctx context.Context, in centrala.Inbox, locale string) []rest.TestStep {
	l, ok := of[channels.Tester](p.lines, in.Channel)
	if !ok {
		return []rest.TestStep{{Name: "none", State: "ok"}}
	}
	var steps []rest.TestStep
	works := true
	for _, f := range l.Test(ctx, in) {
		works = works && f.OK
		state := "ok"
		switch {
		case !f.OK:
			state = "failed"
		case f.Warn:
			state = "warn"
		case f.Skipped:
			state = "skipped"
		}
		steps = append(steps, rest.TestStep{Name: f.Check, State: state, Detail: p.say(f, locale), TookMS: f.Took.Milliseconds(), Folders: f.Folders})
	}
	if in.Account != nil && p.deaf(in) {
		steps = append(steps, rest.TestStep{Name: "reachable", State: "warn", Detail: words.For(cmp.Or(locale, p.cfg.Locale)).LineDeaf()})
	}
	if works && in.ID != 0 && !p.line(ctx, in, locale).OK {
		p.lineMended(in.ID) // it may have stopped until somebody acts, and somebody did
	}
	return steps
}

// templatesFor is how long what a vendor has approved is remembered: a composer asks for it each
// time it opens.
const templatesFor = time.Minute

// templates remembers the approved templates of inboxes.
type templates struct {
	mu   sync.Mutex
	kept map[centrala.InboxID]keptTemplates
}

type keptTemplates struct {
	items []centrala.Template
	until time.Time
}

// templatesOf are the templates that an inbox's vendor has approved; none where there are no such
// things.
func (p *Program) templatesOf(ctx context.Context, in centrala.Inbox) ([]centrala.Template, error) {
	l, ok := of[channels.Templater](p.lines, in.Channel)
	if !ok {
		return nil, nil
	}
	p.templates.mu.Lock()
	kept, known := p.templates.kept[in.ID]
	p.templates.mu.Unlock()
	if known && time.Now().Before(kept.until) {
		return kept.items, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Social.Timeout)
	defer cancel()
	items, err := l.Templates(ctx, in)
	if err != nil {
		return nil, err
	}
	p.templates.mu.Lock()
	defer p.templates.mu.Unlock()
	if p.templates.kept == nil {
		p.templates.kept = map[centrala.InboxID]keptTemplates{}
	}
	p.templates.kept[in.ID] = keptTemplates{items, time.Now().Add(templatesFor)}
	return items, nil
}
