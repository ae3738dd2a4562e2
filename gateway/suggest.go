package gateway

import (
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// maxQuery is how much of a text articles are looked for, in bytes.
const maxQuery = 2000

// suggest finds articles for words that somebody is typing.
func (s *session) suggest(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Suggest](body)
	if err != nil {
		return err
	}
	if err := centrala.CheckText("text", f.Text); err != nil {
		return err
	}
	p := s.who.Load()
	q := centrala.Query{Text: centrala.Clip(strings.TrimSpace(f.Text), maxQuery), Prefix: true}
	switch {
	case p.Visitor != nil:
		q.Locale, q.Side = p.Visitor.Claims.Locale, p.Visitor.Claims.Side
	case p.Agent != nil:
		q.Locale, q.Asker = p.Agent.Locale, centrala.Inside
	}
	ctx, cancel := s.g.call()
	defer cancel()
	out := frames.Suggestions{Type: "suggestions", Ref: env.Ref, Query: f.Text, Articles: []centrala.Suggestion{}}
	if q.Text != "" {
		found, err := s.g.cfg.Suggester.Suggest(ctx, q)
		if err != nil {
			return err
		}
		out.Articles = append(out.Articles, found...)
	}
	s.sock.Answer(s.g.encode(out))
	return s.offered(p, out.Articles)
}

// offered remembers which articles were shown to this socket, each once, however often it
// asks while typing. That is a count: failing to keep it is logged and refuses nothing.
func (s *session) offered(p *auth.Principal, found []centrala.Suggestion) error {
	var fresh []centrala.ArticleID
	for _, a := range found {
		if !slices.Contains(s.shown, a.ID) && len(s.shown) < 100 {
			s.shown = append(s.shown, a.ID)
			fresh = append(fresh, a.ID)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	d := s.deflection(p, "offered", fresh[:min(len(fresh), 20)])
	s.g.tasks.Go(func() {
		ctx, cancel := s.g.call()
		defer cancel()
		if err := s.g.cfg.Shelf.Offer(ctx, d); err != nil {
			s.g.log.Warn("remember what was suggested", "err", err)
		}
	})
	return nil
}

func (s *session) deflection(p *auth.Principal, kind string, articles []centrala.ArticleID) centrala.Deflection {
	d := centrala.Deflection{Kind: kind, Place: "composer", Articles: articles, At: time.Now().UTC()}
	if p.Visitor != nil {
		d.Place, d.Visitor = "widget", p.ID
	}
	return d
}

// feedback is article.feedback: an article was opened, or solved the matter.
func (s *session) feedback(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Feedback](body)
	if err != nil {
		return err
	}
	id, err := frames.ID[centrala.ArticleID]("article", f.Article)
	if err != nil {
		return err
	}
	if f.Kind != "opened" && f.Kind != "solved" {
		return centrala.InvalidField("kind", "A kind is opened or solved.")
	}
	p := s.who.Load()
	d := s.deflection(p, f.Kind, []centrala.ArticleID{id})
	if f.Conversation != "" {
		if d.Conversation, err = frames.ConversationID(f.Conversation); err != nil {
			return err
		}
		if _, err := s.sees(d.Conversation); err != nil {
			return err
		}
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Shelf.Offer(ctx, d); err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}
