package gateway

import (
	"context"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// maxQuery is how much of a text articles are looked for, in bytes.
const maxQuery = 2000

// suggest finds articles for words: those that a customer is typing, or within a conversation
// those that a customer wrote.
func (s *session) suggest(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Suggest](body)
	if err != nil {
		return err
	}
	if err := centrala.CheckText("text", f.Text); err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	about, err := s.about(f.Conversation)
	if err != nil {
		return err
	}
	q, err := s.query(ctx, p, &f, about)
	if err != nil {
		return err
	}
	var found []centrala.Suggestion
	if q.Text != "" {
		if found, err = s.g.cfg.Suggester.Suggest(ctx, q); err != nil {
			return err
		}
	}
	if p.Visitor != nil && about == 0 {
		s.looks(p, q, found)
	}
	found = s.offer(p, q, about, found)
	s.sock.Answer(s.g.encode(frames.Suggestions{Type: "suggestions", Ref: env.Ref, Query: f.Text, Articles: append([]centrala.Suggestion{}, found...)}))
	return nil
}

// about is the conversation that a frame names, if it is in sight; 0 when it names none.
func (s *session) about(name string) (centrala.ConversationID, error) {
	if name == "" {
		return 0, nil
	}
	id, err := frames.ConversationID(name)
	if err == nil {
		_, err = s.sees(id)
	}
	return id, err
}

// query is what is asked of the Help Centre, and in whose name: a customer's own, or within a
// conversation as its customer would ask, but with an agent's sight.
func (s *session) query(ctx context.Context, p *auth.Principal, f *frames.Suggest, about centrala.ConversationID) (centrala.Query, error) {
	q := centrala.Query{Text: centrala.Clip(strings.TrimSpace(f.Text), maxQuery), Prefix: about == 0}
	var err error
	switch {
	case p.Visitor != nil:
		q.Locale, q.Asker = p.Visitor.Claims.Locale, p.Asker()
		q.Side, err = s.side(ctx, p, centrala.Side(f.Side))
	default:
		if q.Asker = p.Asker(); p.Agent != nil {
			q.Locale = p.Agent.Locale
		}
		if about != 0 {
			q.Side, q.Locale, err = s.g.customers(ctx, p.Scope, about, q.Locale)
		}
	}
	return q, err
}

// side is the side that a visitor asks as: what the host site signed, the door's, or the one
// they picked. Only the first proves anything.
func (s *session) side(ctx context.Context, p *auth.Principal, picked centrala.Side) (centrala.Side, error) {
	if p.Asker() == centrala.Proved {
		return p.Visitor.Claims.Side, nil
	}
	door, err := s.g.doors.Door(ctx, p.Visitor.Inbox)
	switch {
	case err != nil:
		return centrala.NoSide, err
	case door != nil && door.Side != centrala.NoSide:
		return door.Side, nil
	case picked.Valid():
		return picked, nil
	}
	return s.contact(p).Side, nil
}

// customers are the side and the language of a conversation's customer.
func (g *Gateway) customers(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, otherwise string) (centrala.Side, string, error) {
	c, err := g.cfg.Lists.Conversation(ctx, scope, id)
	if err != nil {
		return centrala.NoSide, "", err
	}
	who, err := g.cfg.House.Contact(ctx, scope, c.Contact)
	if err != nil {
		return centrala.NoSide, "", err
	}
	if who.Locale == "" {
		return c.Side, otherwise, nil
	}
	return c.Side, who.Locale, nil
}

// offer is what of the articles that were found is shown, and remembers it, each once, however
// often the socket asks while somebody types. A visitor of the group that is held out is shown
// none, which is remembered once. These are counts: failing to keep one refuses nothing.
func (s *session) offer(p *auth.Principal, q centrala.Query, about centrala.ConversationID, found []centrala.Suggestion) []centrala.Suggestion {
	d := s.deflection(p, "offered", nil)
	d.Side, d.Locale = q.Side, q.Locale
	if p.Visitor != nil {
		d.Conversation = about
	}
	if p.Visitor != nil && s.g.cfg.HoldOut.Holds(p.ID, d.At) {
		if len(found) > 0 && !s.held {
			s.held, d.Kind = true, "held"
			for _, a := range found[:min(len(found), 20)] {
				d.Articles = append(d.Articles, a.ID)
			}
			s.remember(d)
		}
		return nil
	}
	for _, a := range found {
		if !slices.Contains(s.shown, a.ID) && len(s.shown) < 100 && len(d.Articles) < 20 {
			s.shown = append(s.shown, a.ID)
			d.Articles = append(d.Articles, a.ID)
		}
	}
	if len(d.Articles) > 0 {
		s.remember(d)
	}
	return found
}

// remember keeps a step, in its own time.
func (s *session) remember(d centrala.Deflection) {
	s.g.tasks.Go(func() {
		ctx, cancel := s.g.call()
		defer cancel()
		if err := s.g.cfg.Shelf.Offer(ctx, d); err != nil {
			s.g.log.Warn("remember what was suggested", "err", err)
		}
	})
}

func (s *session) deflection(p *auth.Principal, kind string, articles []centrala.ArticleID) centrala.Deflection {
	d := centrala.Deflection{Kind: kind, Place: centrala.AtComposer, Articles: articles, At: time.Now().UTC()}
	if p.Visitor != nil {
		d.Place, d.Visitor, d.Locale = centrala.AtWidget, p.ID, p.Visitor.Claims.Locale
	}
	return d
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
	if !slices.Contains([]string{"opened", "solved", "unsolved"}, f.Kind) {
		return centrala.InvalidField("kind", "A kind is opened, solved or unsolved.")
	}
	p := s.who.Load()
	d := s.deflection(p, f.Kind, []centrala.ArticleID{id})
	if d.Conversation, err = s.about(f.Conversation); err != nil {
		return err
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if p.Visitor != nil {
		if d.Side, err = s.side(ctx, p, centrala.NoSide); err != nil {
			return err
		}
		switch a, err := s.g.cfg.Shelf.ArticleByID(ctx, id); {
		case err != nil:
			return err
		case !a.For(d.Side, p.Asker() == centrala.Proved): // what they may not read is not there
			return &centrala.Error{Code: centrala.NotFound, Field: "article", Message: "There is no article " + id.String() + "."}
		}
	}
	if err := s.g.cfg.Shelf.Offer(ctx, d); err != nil {
		return err
	}
	if p.Visitor != nil && f.Kind == "opened" {
		s.opens(p)
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}
