package gateway

import (
	"context"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/hints"
)

// suggest finds articles for words.
func (s *session) suggest(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Suggest](body)
	if err == nil {
		err = centrala.CheckText("text", f.Text)
	}
	if err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	ask, err := s.asks(ctx, p, f.Conversation, centrala.Side(f.Side))
	if err != nil {
		return err
	}
	ask.Text = f.Text
	found, err := s.hints.Suggest(ctx, &s.g.hints, p, ask)
	if err != nil {
		return err
	}
	s.sock.Answer(s.g.encode(frames.Suggestions{Type: "suggestions", Ref: env.Ref, Query: f.Text, Articles: append([]centrala.Suggestion{}, found...)}))
	return nil
}

// feedback is article.feedback: an article was opened, solved the matter, or did not.
func (s *session) feedback(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Feedback](body)
	if err != nil {
		return err
	}
	id, err := frames.ID[centrala.ArticleID]("article", f.Article)
	if err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	ask, err := s.asks(ctx, p, f.Conversation, centrala.NoSide)
	if err == nil {
		err = s.hints.Feedback(ctx, &s.g.hints, p, f.Kind, id, ask)
	}
	if err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// asks says about which conversation somebody asks, which must be in sight, and of a visitor on
// which side they are: the door's, the one they pick, or have said.
func (s *session) asks(ctx context.Context, p *auth.Principal, conversation string, picked centrala.Side) (a hints.Ask, err error) {
	if conversation != "" {
		if a.About, err = frames.ConversationID(conversation); err != nil {
			return a, err
		}
		if _, err = s.sees(a.About); err != nil {
			return a, err
		}
	}
	if p.Visitor == nil {
		return a, nil
	}
	door, err := s.g.doors.Door(ctx, p.Visitor.Inbox)
	switch {
	case err != nil:
	case door != nil && door.Side != centrala.NoSide:
		a.Side = door.Side
	case picked.Valid():
		a.Side = picked
	default:
		a.Side = s.contact(p).Side
	}
	return a, err
}

// talks is what hints ask of the log.
type talks struct {
	Lists
	House
}

// beside does what nobody waits for.
func (g *Gateway) beside(what string, f func(context.Context) error) {
	g.tasks.Go(func() {
		ctx, cancel := g.call()
		defer cancel()
		if err := f(ctx); err != nil {
			g.log.Warn(what, "err", err)
		}
	})
}
