package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/asking"
	"centrala/gateway"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store/library"
)

// shelves is the real Help Centre, and remembers what it was told.
type shelves struct {
	*library.Library
	help *search.HelpCentre

	mu    sync.Mutex
	steps []centrala.Deflection
	asked []centrala.Question
}

func (s *shelves) Offer(ctx context.Context, d centrala.Deflection) error {
	s.mu.Lock()
	s.steps = append(s.steps, d)
	s.mu.Unlock()
	return s.Library.Offer(ctx, d)
}

func (s *shelves) Asked(ctx context.Context, q centrala.Question) (centrala.QuestionID, error) {
	s.mu.Lock()
	s.asked = append(s.asked, q)
	s.mu.Unlock()
	return s.Library.Asked(ctx, q)
}

func (s *shelves) questions() []centrala.Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *shelves) kinds(visitor, kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.steps {
		if d.Visitor == visitor && d.Kind == kind {
			n++
		}
	}
	return n
}

// stocked is a place with a real index over articles for everybody, for one side, and in English.
func stocked(t *testing.T, change ...func(*gateway.Config)) (*place, *shelves) {
	t.Helper()
	s := &shelves{}
	p := open(t, append([]func(*gateway.Config){unlimited, func(c *gateway.Config) {
		s.Library = c.Shelf.(*library.Library)
		engine, err := bleve.Open(filepath.Join(t.TempDir(), "index"), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = engine.Close() })
		s.help = search.New(engine, s.Library, slog.New(slog.DiscardHandler))
		for slug, a := range map[string]centrala.Article{
			"wszyscy":     {Locale: "pl", Content: centrala.Content{Title: "Prowizja od sprzedaży"}},
			"umowa":       {Locale: "pl", Content: centrala.Content{Title: "Prowizja w umowie", Readers: []centrala.Side{centrala.Seller}, Body: "Wstęp.\n\n## Prowizja w umowie\n\n1. Zajrzyj do *umowy*.\n2. Napisz.\n"}},
			"kupujacy":    {Locale: "pl", Content: centrala.Content{Title: "Prowizja kupującego", Readers: []centrala.Side{centrala.Buyer}}},
			"dla-kupcow":  {Locale: "pl", Content: centrala.Content{Title: "Prowizja przy zakupie", Sides: []centrala.Side{centrala.Buyer}}},
			"dla-handlu":  {Locale: "pl", Content: centrala.Content{Title: "Prowizja przy handlu", Sides: []centrala.Side{centrala.Seller}}},
			"commission":  {Locale: "en", Content: centrala.Content{Title: "Commission on sales"}},
			"po-polsku":   {Locale: "pl", Content: centrala.Content{Title: "Commission, czyli po polsku"}},
			"commission2": {Locale: "en", Content: centrala.Content{Title: "Commission in contracts", Readers: []centrala.Side{centrala.Seller}}},
		} {
			a.Slug = slug
			if _, err := s.Library.SaveArticle(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.help.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Suggester, c.Shelf, c.Questions = s.help, s, s
	}}, change...)...)
	return p, s
}

// slugs asks and tells what came, in order of their names.
func (c *peer) slugs(ref string, more frame) []string {
	f := frame{"type": "suggest", "ref": ref}
	for k, v := range more {
		f[k] = v
	}
	c.say(f)
	out := []string{}
	for _, a := range c.wantRef(ref)["articles"].([]any) {
		out = append(out, a.(map[string]any)["slug"].(string))
	}
	slices.Sort(out)
	return out
}

// eventually waits for what is done in its own time.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestSuggestTellsEachWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	p, s := stocked(t)
	for name, c := range map[string]struct {
		token string
		side  string
		want  string
	}{
		"nobody in particular, at the sellers' door": {p.visitor(p.shop), "", "dla-handlu wszyscy"},
		"who only says to be a seller":               {p.visitor(p.web), "seller", "dla-kupcow wszyscy"},
		"a seller whose side is signed":              {p.signed(p.shop, "s1", "seller"), "", "dla-handlu umowa wszyscy"},
		"a signed seller who says to be a buyer":     {p.signed(p.shop, "s2", "seller"), "buyer", "dla-handlu umowa wszyscy"},
		"a signed buyer at the sellers' door":        {p.signed(p.shop, "b1", "buyer"), "seller", "dla-kupcow kupujacy wszyscy"},
		"an agent":                                   {p.session("ania"), "", "dla-handlu dla-kupcow kupujacy umowa wszyscy"},
	} {
		t.Run(name, func(t *testing.T) {
			peer := p.join(c.token)
			if got := strings.Join(peer.slugs("q", frame{"text": "prowizja", "side": c.side}), " "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}

	// What somebody may not read is not there for them, whatever they know of it.
	secret, err := s.Article(t.Context(), "pl", "umowa")
	p.must(err)
	for token, want := range map[string]string{p.visitor(p.shop): "error", p.signed(p.shop, "b2", "buyer"): "error", p.signed(p.shop, "s3", "seller"): "ack"} {
		c := p.join(token)
		c.say(frame{"type": "article.feedback", "ref": "f", "article": secret.ID.String(), "kind": "opened"})
		if got := c.wantRef("f"); got["type"] != want || want == "error" && got["code"] != "not_found" {
			t.Errorf("feedback: %v, want %s", got, want)
		}
	}
}

func TestAgentsAskAsTheirCustomer(t *testing.T) {
	t.Parallel()
	p, _ := stocked(t)
	token, _, err := p.guard.Visitor(t.Context(), p.web, "", "", "en")
	p.must(err)
	customer := p.join(token)
	customer.say(frame{"type": "message.send", "ref": "m", "key": "k", "text": "commission please"})
	talk := customer.wantRef("m")["conversation"]
	ania := p.join(p.session("ania"))
	if got := ania.slugs("any", frame{"text": "commission"}); !slices.Contains(got, "po-polsku") {
		t.Errorf("in any language: %v", got)
	}
	if got := ania.slugs("en", frame{"text": "commission", "conversation": talk}); !slices.Equal(got, []string{"commission", "commission2"}) {
		t.Errorf("in the customer's: %v", got)
	}
	ania.say(frame{"type": "suggest", "ref": "r", "text": "commission in contracts", "conversation": talk})
	first := ania.wantRef("r")["articles"].([]any)[0].(map[string]any)
	if r, ok := first["readers"].([]any); !ok || len(r) != 1 || r[0] != "seller" {
		t.Errorf("who may read it is not told: %v", first)
	}
	// Another team's conversation is no way to its customer's language.
	marek := p.join(p.session("marek"))
	marek.say(frame{"type": "suggest", "ref": "x", "text": "commission", "conversation": talk})
	if got := marek.wantRef("x"); got["code"] != "not_found" {
		t.Errorf("out of sight: %v", got)
	}
	// A customer is told nothing that is for agents.
	customer.say(frame{"type": "suggest", "ref": "c", "text": "commission", "conversation": talk})
	for _, a := range customer.wantRef("c")["articles"].([]any) {
		if a := a.(map[string]any); a["readers"] != nil || a["passage"] != nil {
			t.Errorf("told to a customer: %v", a)
		}
	}
}

func TestPassageIsWritten(t *testing.T) {
	t.Parallel()
	p, _ := stocked(t)
	ania := p.join(p.session("ania"))
	ania.say(frame{"type": "suggest", "ref": "r", "text": "prowizja w umowie"})
	first := ania.wantRef("r")["articles"].([]any)[0].(map[string]any)
	if first["slug"] != "umowa" || first["passage"] != "1. Zajrzyj do umowy.\n2. Napisz." && first["passage"] != "Wstęp." {
		t.Errorf("%v", first)
	}
}

func TestWhoIsHeldOutSeesNone(t *testing.T) {
	t.Parallel()
	out := asking.HoldOut{Key: []byte("key"), Share: 0.5}
	p, s := stocked(t, func(c *gateway.Config) { c.HoldOut = out })
	held, shown := 0, 0
	for range 40 {
		token, v, err := p.guard.Visitor(t.Context(), p.web, "", "", "pl")
		p.must(err)
		c := p.join(token)
		for i := range 3 {
			got := c.slugs(fmt.Sprint(i), frame{"text": "prowizja od sprzedaży"[:10+i*4]})
			if out.Holds(v.ID, time.Now()) != (len(got) == 0) {
				t.Fatalf("held %v, and shown %v", out.Holds(v.ID, time.Now()), got)
			}
		}
		if out.Holds(v.ID, time.Now()) {
			held++
			eventually(t, "the step held", func() bool { return s.kinds(v.ID, "held") == 1 && s.kinds(v.ID, "offered") == 0 })
		} else {
			shown++
			eventually(t, "the step offered", func() bool { return s.kinds(v.ID, "offered") >= 1 && s.kinds(v.ID, "held") == 0 })
		}
	}
	if held < 8 || shown < 8 {
		t.Errorf("%d held, %d shown of 40", held, shown)
	}
	if got := p.join(p.session("ania")).slugs("a", frame{"text": "prowizja"}); len(got) == 0 {
		t.Error("agents are held out too")
	}
}

func TestQuestionsAreKeptOnce(t *testing.T) {
	t.Parallel()
	p, s := stocked(t)
	c := p.join(p.visitor(p.web))
	whole := "jaka jest prowizja od sprzedaży, jestem Anna Nowak, tel. 601 234 567"
	for i := 8; i < len(whole); i += 7 {
		c.slugs(fmt.Sprint(i), frame{"text": strings.ToValidUTF8(whole[:i], "")})
	}
	if got := s.questions(); len(got) != 0 {
		t.Fatalf("keystrokes are kept: %v", got)
	}
	c.say(frame{"type": "message.send", "ref": "m", "key": "k", "text": whole})
	talk := c.wantRef("m")["conversation"]
	eventually(t, "the question", func() bool { return len(s.questions()) == 1 })
	c.say(frame{"type": "message.send", "ref": "n", "key": "l", "text": "i jeszcze jedno o przesyłce"}) // goes on: no question of its own
	c.wantRef("n")
	ania := p.join(p.session("ania"))
	ania.slugs("a", frame{"text": "prowizja od sprzedaży teraz"})
	q := s.questions()
	if len(q) != 1 {
		t.Fatalf("%d questions", len(q))
	}
	if q[0].Text != "jaka jest prowizja od sprzedaży, jestem …, tel. …" || q[0].Conversation.String() != talk || q[0].Side != centrala.Buyer ||
		q[0].Locale != "pl" || q[0].Place != centrala.AtWidget || q[0].Nearest == 0 {
		t.Errorf("kept: %+v", q[0])
	}
}

func TestFeedbackSaysThatItDidNotHelp(t *testing.T) {
	t.Parallel()
	p, s := stocked(t)
	token, v, err := p.guard.Visitor(t.Context(), p.web, "", "", "pl")
	p.must(err)
	c := p.join(token)
	c.slugs("q", frame{"text": "prowizja od sprzedaży"})
	a, err := s.Article(t.Context(), "pl", "wszyscy")
	p.must(err)
	for _, kind := range []string{"opened", "solved", "unsolved"} {
		c.say(frame{"type": "article.feedback", "ref": kind, "article": a.ID.String(), "kind": kind})
		if got := c.wantRef(kind); got["type"] != "ack" || s.kinds(v.ID, kind) != 1 {
			t.Errorf("%s: %v", kind, got)
		}
	}
	for _, kind := range []string{"held", "offered", ""} {
		c.say(frame{"type": "article.feedback", "ref": "x" + kind, "article": a.ID.String(), "kind": kind})
		if got := c.wantRef("x" + kind); got["code"] != "invalid" {
			t.Errorf("%q: %v", kind, got)
		}
	}
	// What was opened was asked for: once.
	eventually(t, "the question", func() bool {
		q := s.questions()
		return len(q) == 1 && q[0].Opened && q[0].Text == "prowizja od sprzedaży"
	})
}
