// Package hints suggests articles over the socket: to visitors what they may read, unless they are
// held out; to agents what their customer would be suggested. It remembers what was offered, and
// what visitors asked.
package hints

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"centrala"
	"centrala/asking"
	"centrala/auth"
)

// Shelf has the articles, and remembers which were offered and of use.
type Shelf interface {
	ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
	Offer(ctx context.Context, d centrala.Deflection) error
}

// Talks are the conversations and their customers.
type Talks interface {
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error)
}

// Desk is what suggestions stand on.
type Desk struct {
	Suggester asking.Finder
	Shelf     Shelf
	Questions asking.Questions // nil: none are kept
	HoldOut   asking.HoldOut
	Talks     Talks
	Beside    func(what string, f func(context.Context) error) // in its own time; that it fails costs nobody anything
}

// Ask is what is looked for.
type Ask struct {
	Text  string
	About centrala.ConversationID // words of its customer; 0: somebody is typing
	Side  centrala.Side           // of a visitor who has proved none
}

// maxQuery is how much of a text articles are looked for, in bytes.
const maxQuery = 2000

// Person is who is on one socket. The zero value is ready.
type Person struct {
	mu    sync.Mutex
	shown []centrala.ArticleID // suggested already
	held  bool                 // it was noted that nothing is suggested
	trail asking.Trail         // what a visitor is looking for
	side  centrala.Side        // as which they looked
}

// Suggest finds articles for words: those that a customer is typing, or within a conversation
// those that a customer wrote.
func (o *Person) Suggest(ctx context.Context, d *Desk, p *auth.Principal, a Ask) ([]centrala.Suggestion, error) {
	q, err := d.query(ctx, p, a)
	if err != nil || q.Text == "" {
		o.looks(d, p, q, a.About, nil)
		return nil, err
	}
	found, err := d.Suggester.Suggest(ctx, q)
	if err != nil {
		return nil, err
	}
	o.looks(d, p, q, a.About, found)
	return o.offer(d, p, q, a.About, found), nil
}

// query is what is asked of the Help Centre, and in whose name: a customer's own, or within a
// conversation as its customer would ask, but with an agent's sight.
func (d *Desk) query(ctx context.Context, p *auth.Principal, a Ask) (centrala.Query, error) {
	q := centrala.Query{Text: centrala.Clip(strings.TrimSpace(a.Text), maxQuery), Prefix: a.About == 0, Asker: p.Asker()}
	if p.Visitor != nil {
		q.Locale, q.Side = p.Visitor.Claims.Locale, side(p, a.Side)
		return q, nil
	}
	if p.Agent != nil {
		q.Locale = p.Agent.Locale
	}
	if a.About == 0 {
		return q, nil
	}
	c, err := d.Talks.Conversation(ctx, p.Scope, a.About)
	if err != nil {
		return q, err
	}
	who, err := d.Talks.Contact(ctx, p.Scope, c.Contact)
	if q.Side = c.Side; who.Locale != "" {
		q.Locale = who.Locale
	}
	return q, err
}

// side is the side that a visitor asks as: what the host site signed, else another that proves
// nothing.
func side(p *auth.Principal, otherwise centrala.Side) centrala.Side {
	if p.Asker() == centrala.Proved {
		return p.Visitor.Claims.Side
	}
	return otherwise
}

// offer is what of the articles that were found is shown, and remembers it, each once, however
// often the socket asks while somebody types. A visitor of the group that is held out is shown
// none, which is remembered once.
func (o *Person) offer(d *Desk, p *auth.Principal, q centrala.Query, about centrala.ConversationID, found []centrala.Suggestion) []centrala.Suggestion {
	step := stepOf(p, "offered")
	step.Side, step.Locale = q.Side, q.Locale
	held := p.Visitor != nil && d.HoldOut.Holds(p.ID, step.At)
	if p.Visitor != nil {
		step.Conversation = about
	}
	o.mu.Lock()
	for _, a := range found {
		if !held && slices.Contains(o.shown, a.ID) || len(o.shown) >= 100 || len(step.Articles) >= 20 || held && o.held {
			continue
		}
		if step.Articles = append(step.Articles, a.ID); !held {
			o.shown = append(o.shown, a.ID)
		}
	}
	if held && len(found) > 0 {
		o.held, step.Kind = true, "held"
	}
	o.mu.Unlock()
	if len(step.Articles) > 0 {
		d.Beside("remember what was suggested", func(ctx context.Context) error { return d.Shelf.Offer(ctx, step) })
	}
	if held {
		return nil
	}
	return found
}

func stepOf(p *auth.Principal, kind string) centrala.Deflection {
	s := centrala.Deflection{Kind: kind, Place: centrala.AtComposer, At: time.Now().UTC()}
	if p.Visitor != nil {
		s.Place, s.Visitor, s.Locale = centrala.AtWidget, p.ID, p.Visitor.Claims.Locale
	}
	return s
}

// Feedback notes that an article was opened, solved the matter, or did not. What a visitor may
// not read does not exist for them.
func (o *Person) Feedback(ctx context.Context, d *Desk, p *auth.Principal, kind string, id centrala.ArticleID, a Ask) error {
	if !slices.Contains([]string{"opened", "solved", "unsolved"}, kind) {
		return centrala.InvalidField("kind", "A kind is opened, solved or unsolved.")
	}
	step := stepOf(p, kind)
	step.Conversation, step.Articles = a.About, []centrala.ArticleID{id}
	if p.Visitor != nil {
		step.Side = side(p, a.Side)
		switch one, err := d.Shelf.ArticleByID(ctx, id); {
		case err != nil:
			return err
		case !one.For(step.Side, p.Asker() == centrala.Proved):
			return &centrala.Error{Code: centrala.NotFound, Field: "article", Message: "There is no article " + id.String() + "."}
		}
	}
	if err := d.Shelf.Offer(ctx, step); err != nil {
		return err
	}
	if kind == "opened" {
		o.settle(d, p, 0, func() (asking.Looked, bool) { return o.trail.Open(time.Now()) })
	}
	return nil
}
