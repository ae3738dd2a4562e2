package gateway

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// customerTalk is the customer's object of c at a place in the queue, 0 for none.
func (g *Gateway) customerTalk(kind string, c *centrala.Conversation, position int) frames.Talk {
	out := frames.Talk{Type: kind, ID: c.ID, Status: c.Status, Online: g.lines.Online(c.Team), LastSeq: c.LastSeq,
		Read: frames.ReadMarks{Customer: c.ReadByCustomer, Agent: c.ReadByAgent}, Opened: c.OpenedAt, Team: frames.OrNull(g.doors.Team(c.Team))}
	if c.Status == centrala.Snoozed { // how the team sorts its work is its own business
		out.Status = centrala.Open
	}
	if c.Assignee != 0 {
		out.Assignee = &frames.Face{Name: c.AssigneeName}
	}
	if position > 0 {
		out.Queue = &frames.Place{Position: position}
		if eta := g.waits.Estimate(c.Team, position, time.Now()); eta != nil {
			out.Queue.Low, out.Queue.High = &eta[0], &eta[1]
		}
	}
	return out
}

// talkNow is a customer's conversation with its place in the queue and how much is unread, for
// the welcome.
func (g *Gateway) talkNow(ctx context.Context, p *auth.Principal, c *centrala.Conversation) (frames.Talk, error) {
	position := 0
	if c.Status == centrala.Waiting {
		var err error
		if position, err = g.cfg.Lists.Queue(ctx, c.ID); err != nil {
			return frames.Talk{}, err
		}
		g.queue.follow(c, position)
	}
	out := g.customerTalk("", c, position)
	unread := 0
	if c.LastText.Seq > c.ReadByCustomer && c.LastText.Author.Kind != centrala.ByCustomer {
		msgs, _, err := g.cfg.Log.Tail(ctx, p.Scope, c.ID, c.ReadByCustomer, MaxHistory)
		if err != nil {
			return frames.Talk{}, err
		}
		for i := range msgs {
			if !msgs[i].Hidden() && msgs[i].System == nil && msgs[i].Author.Kind != centrala.ByCustomer {
				unread++
			}
		}
	}
	out.Unread = &unread
	return out, nil
}

// finish is conversation.end: the customer is done.
func (s *session) finish(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.End](body)
	if err != nil {
		return err
	}
	id, err := frames.ConversationID(f.Conversation)
	if err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	if _, err := s.g.cfg.Log.Do(ctx, p.Scope, id, centrala.Resolve{ByCustomer: true}, p.Author()); err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{Conversation: id})
	return nil
}

// setContact is contact.set: what a customer says about themselves. What their host site has
// signed it does not touch.
func (s *session) setContact(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.ContactSet](body)
	if err != nil {
		return err
	}
	p := s.who.Load()
	ch, err := f.Change(p.Visitor.Claims)
	if err != nil {
		return err
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if p.Visitor.Claims.Subject != "" {
		_, err = s.g.cfg.House.Contact(ctx, p.Scope, p.Visitor.Contact)
		if centrala.CodeOf(err) == centrala.NotFound { // kept until the first message makes the row, with what was signed
			s.wishes = &ch
			s.ack(env.Ref, frames.Ack{})
			return nil
		}
	} else if l := p.Visitor.Claims.Locale; l != "" {
		ch.Locale = &l
	}
	if err == nil {
		_, err = s.g.cfg.House.UpdateContact(ctx, p.Scope, p.Visitor.Contact, ch)
	}
	if err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}
