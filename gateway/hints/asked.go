package hints

import (
	"context"
	"time"

	"centrala"
	"centrala/asking"
	"centrala/auth"
)

// looks notes what a visitor has typed so far. It becomes a question when it is settled.
func (o *Person) looks(d *Desk, p *auth.Principal, q centrala.Query, about centrala.ConversationID, found []centrala.Suggestion) {
	if about != 0 {
		return
	}
	l := asking.Looked{Text: q.Text, Found: len(found), At: time.Now()}
	if len(found) > 0 {
		l.Best, l.Score = found[0].ID, found[0].Score
	}
	o.settle(d, p, 0, func() (asking.Looked, bool) {
		o.side = q.Side
		return o.trail.Look(l)
	})
}

// Sent notes that a visitor's words were sent: they were a question if they begin a conversation,
// or articles had been looked for with them.
func (o *Person) Sent(d *Desk, p *auth.Principal, text string, r centrala.Receipt) {
	o.settle(d, p, r.Conversation, func() (asking.Looked, bool) {
		if r.Seq != 1 && !o.trail.Pending() {
			return asking.Looked{}, false
		}
		return o.trail.Send(text, time.Now())
	})
}

// Left notes that a visitor is gone.
func (o *Person) Left(d *Desk, p *auth.Principal) {
	o.settle(d, p, 0, func() (asking.Looked, bool) { return o.trail.End(time.Now()) })
}

// settle keeps what a step settles, in its own time.
func (o *Person) settle(d *Desk, p *auth.Principal, in centrala.ConversationID, step func() (asking.Looked, bool)) {
	if p.Visitor == nil || d.Questions == nil {
		return
	}
	o.mu.Lock()
	l, ok := step()
	side := o.side
	o.mu.Unlock()
	if !ok {
		return
	}
	d.Beside("keep a question", func(ctx context.Context) error {
		if in != 0 && side == centrala.NoSide {
			c, err := d.Talks.Conversation(ctx, p.Scope, in)
			if err != nil {
				return err
			}
			side = c.Side
		}
		return asking.Keep(ctx, d.Suggester, d.Questions, centrala.Question{Text: l.Text, Locale: p.Visitor.Claims.Locale, Side: side, Place: centrala.AtWidget,
			Visitor: p.ID, Found: l.Found, Nearest: l.Best, Score: l.Score, Opened: l.Opened, Conversation: in, At: time.Now().UTC()}, p.Asker())
	})
}
