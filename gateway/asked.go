package gateway

import (
	"context"
	"time"

	"centrala"
	"centrala/asking"
	"centrala/auth"
)

// trail is what a visitor is looking for. It becomes a question when it is settled: sent,
// answered by an article that was opened, or left standing for a while. Each is kept once, without
// what is personal in it.
type trail struct {
	asking.Trail
	side centrala.Side // as which they looked
}

// looks notes what a visitor has typed so far.
func (s *session) looks(p *auth.Principal, q centrala.Query, found []centrala.Suggestion) {
	l := asking.Looked{Text: q.Text, Found: len(found), At: time.Now()}
	if len(found) > 0 {
		l.Best, l.Score = found[0].ID, found[0].Score
	}
	s.settle(p, 0, func(a *trail) (asking.Looked, bool) {
		a.side = q.Side
		return a.Look(l)
	})
}

// opens notes that an article was opened for what stands there.
func (s *session) opens(p *auth.Principal) {
	s.settle(p, 0, func(a *trail) (asking.Looked, bool) { return a.Open(time.Now()) })
}

// sent notes that words were sent: they were a question if they begin a conversation, or
// articles had been looked for with them.
func (s *session) sent(p *auth.Principal, text string, r centrala.Receipt) {
	s.settle(p, r.Conversation, func(a *trail) (asking.Looked, bool) {
		if r.Seq != 1 && !a.Pending() {
			return asking.Looked{}, false
		}
		return a.Send(text, time.Now())
	})
}

// left notes that the visitor is gone.
func (s *session) left(p *auth.Principal) {
	s.settle(p, 0, func(a *trail) (asking.Looked, bool) { return a.End(time.Now()) })
}

// settle keeps what a step settles, in its own time. That a question could not be kept is logged
// and costs nobody anything.
func (s *session) settle(p *auth.Principal, in centrala.ConversationID, step func(*trail) (asking.Looked, bool)) {
	if p.Visitor == nil || s.g.cfg.Questions == nil {
		return
	}
	s.mu.Lock()
	l, ok := step(&s.trail)
	side := s.trail.side
	s.mu.Unlock()
	if !ok {
		return
	}
	s.g.tasks.Go(func() {
		ctx, cancel := s.g.call()
		defer cancel()
		if err := s.g.keep(ctx, p, l, side, in); err != nil {
			s.g.log.Warn("keep a question", "err", err)
		}
	})
}

// keep keeps a settled question.
func (g *Gateway) keep(ctx context.Context, p *auth.Principal, l asking.Looked, side centrala.Side, in centrala.ConversationID) error {
	if in != 0 && side == centrala.NoSide {
		c, err := g.cfg.Lists.Conversation(ctx, p.Scope, in)
		if err != nil {
			return err
		}
		side = c.Side
	}
	return asking.Keep(ctx, g.cfg.Suggester, g.cfg.Questions, centrala.Question{Text: l.Text, Locale: p.Visitor.Claims.Locale, Side: side, Place: centrala.AtWidget,
		Visitor: p.ID, Found: l.Found, Nearest: l.Best, Score: l.Score, Opened: l.Opened, Conversation: in, At: time.Now().UTC()}, p.Asker())
}
