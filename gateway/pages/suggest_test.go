package pages_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"centrala"
	"centrala/asking"
	"centrala/auth"
	"centrala/gateway/pages"
	"centrala/store/library"
)

// noting is the library, and what it was told.
type noting struct {
	*library.Library
	steps []centrala.Deflection
	asked []centrala.Question
}

func (n *noting) Offer(ctx context.Context, d centrala.Deflection) error {
	n.steps = append(n.steps, d)
	return n.Library.Offer(ctx, d)
}

func (n *noting) Asked(ctx context.Context, q centrala.Question) (centrala.QuestionID, error) {
	n.asked = append(n.asked, q)
	return n.Library.Asked(ctx, q)
}

func (n *noting) kinds() string {
	var out []string
	for _, d := range n.steps {
		out = append(out, d.Kind)
	}
	return strings.Join(out, " ")
}

func noted(n *noting) func(*pages.Config) {
	return func(c *pages.Config) {
		n.Library = c.Shelf.(*library.Library)
		c.Shelf, c.Questions = n, n
	}
}

// browsers are two that look at the form: one of the group that is shown none, one that is not.
func browsers(t *testing.T, out asking.HoldOut) (held, free string) {
	t.Helper()
	for i := 0; held == "" || free == ""; i++ {
		name := "Browser " + strings.Repeat("x", i)
		if out.Holds(out.Stranger(auth.LimitKey("192.0.2.1"), name, time.Now()), time.Now()) {
			held = name
		} else {
			free = name
		}
	}
	return held, free
}

func TestWhoIsHeldOutIsShownNoneInTheForm(t *testing.T) {
	t.Parallel()
	out := asking.HoldOut{Key: []byte("key"), Share: 0.5}
	n := &noting{}
	h := newHouse(t, noted(n), func(c *pages.Config) { c.HoldOut = out })
	h.stock(t)
	held, free := browsers(t, out)
	f := fields()
	f.Set("text", "kiedy wrócą pieniądze")
	f.Set("action", "look")

	if body := h.post(t, "/contact", f, "User-Agent", free).Body.String(); !strings.Contains(body, "solved:") || strings.Contains(body, "data-held") || n.kinds() != "offered" {
		t.Errorf("who is not held: %q", n.kinds())
	}
	n.steps = nil
	if body := h.post(t, "/contact", f, "User-Agent", held).Body.String(); strings.Contains(body, "solved:") || !strings.Contains(body, "data-held") || n.kinds() != "held" {
		t.Errorf("who is held: %q", n.kinds())
	}
	if d := n.steps[0]; d.Place != centrala.AtForm || d.Visitor == "" || d.Locale != "pl" || d.Side == centrala.NoSide || len(d.Articles) == 0 {
		t.Errorf("held: %+v", d)
	}
	// Their page's script asks too; what it says it showed, it did not.
	id := n.steps[0].Articles[0].String()
	n.steps = nil
	for browser, want := range map[string]string{held: "held", free: "offered"} {
		n.steps = nil
		got := h.post(t, "/help/feedback", url.Values{"kind": {"offered"}, "place": {"form"}, "article": {id}}, "User-Agent", browser)
		if got.Code != http.StatusNoContent || n.kinds() != want {
			t.Errorf("%s: %d %q", want, got.Code, n.kinds())
		}
	}
	if got := h.post(t, "/help/feedback", url.Values{"kind": {"held"}, "place": {"form"}, "article": {id}}, "User-Agent", free); got.Code != http.StatusUnprocessableEntity {
		t.Errorf("a page says who is held: %d", got.Code)
	}
}

func TestUndoTakesASolvedMatterBack(t *testing.T) {
	t.Parallel()
	n := &noting{}
	h := newHouse(t, noted(n))
	h.stock(t)
	f := fields()
	f.Set("text", "kiedy wrócą pieniądze")
	f.Set("action", "look")
	id := regexp.MustCompile(`value="solved:([^"]+)"`).FindStringSubmatch(h.post(t, "/contact", f, "User-Agent", "b").Body.String())
	if id == nil {
		t.Fatal("nothing is suggested")
	}
	f.Set("action", "solved:"+id[1])
	h.post(t, "/contact", f, "User-Agent", "b")
	f.Set("action", "undo:"+id[1])
	if body := h.post(t, "/contact", f, "User-Agent", "b").Body.String(); !strings.Contains(body, "solved:"+id[1]) {
		t.Error("it is not suggested again")
	}
	if n.kinds() != "offered solved unsolved" {
		t.Errorf("steps %q", n.kinds())
	}
}

func TestQuestionsOfTheForm(t *testing.T) {
	t.Parallel()
	n := &noting{}
	now := time.Now()
	h := newHouse(t, noted(n), func(c *pages.Config) { c.Now = func() time.Time { return now } })
	h.stock(t)
	asked := url.Values{"kind": {"asked"}, "place": {"form"}, "q": {"kiedy wrócą pieniądze, jestem Anna Nowak"}, "side": {"buyer"}, "locale": {"pl"}}
	for range 3 { // at most one in ten seconds
		if got := h.post(t, "/help/feedback", asked, "User-Agent", "b"); got.Code != http.StatusNoContent {
			t.Fatalf("%d", got.Code)
		}
	}
	if len(n.asked) != 1 || n.asked[0].Text != "kiedy wrócą pieniądze, jestem …" || n.asked[0].Nearest == 0 || n.asked[0].Place != centrala.AtForm || n.asked[0].Side != centrala.Buyer {
		t.Fatalf("kept: %+v", n.asked)
	}
	now = now.Add(time.Minute)
	f := fields()
	f.Set("text", "Nie wiem, co z xyzzy. Tel. 601 234 567.")
	if got := h.post(t, "/contact", f, "User-Agent", "b"); got.Code != http.StatusSeeOther {
		t.Fatalf("not sent: %d", got.Code)
	}
	if len(n.asked) != 2 || n.asked[1].Text != "Nie wiem, co z xyzzy. Tel. …." || n.asked[1].Conversation == 0 || n.asked[1].Visitor == "" {
		t.Errorf("kept: %+v", n.asked[len(n.asked)-1])
	}
}

func TestArticlesInTheWidgetAreForWhoMayReadThem(t *testing.T) {
	t.Parallel()
	const secret = "a secret of at least thirty-two bytes, for tests"
	var guard *auth.Guard
	h := newHouse(t)
	guard = auth.New(h.db, []byte("0123456789abcdef0123456789abcdef"), auth.Options{NoLimits: true})
	h.config.Guard = guard
	var err error
	if h.h, err = pages.New(h.config); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	door := func(slug string) centrala.Inbox {
		in, err := h.db.SaveInbox(ctx, centrala.Inbox{Slug: slug, Name: slug, Channel: centrala.Chat, Enabled: true})
		need(t, err, "an inbox")
		in.Secret = secret
		return in
	}
	here, there := door("tu"), door("tam")
	save := func(slug string, readers ...centrala.Side) string {
		a, err := library.New(h.db).SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: slug, Title: slug, Body: "Treść <script>alert(1)</script> **tu**.", Readers: readers}})
		need(t, err, "an article")
		return a.ID.String()
	}
	open, sellers := save("jawny"), save("umowa", centrala.Seller)
	token := func(in centrala.Inbox, side string) string {
		identity := ""
		if side != "" {
			identity, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "u-" + side + in.Slug, "side": side, "aud": in.Slug, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
			need(t, err, "an identity")
		}
		token, _, err := guard.Visitor(ctx, in, identity, "", "pl")
		need(t, err, "a token")
		return "Bearer " + token
	}
	read := func(article, token string) *httptest.ResponseRecorder {
		return h.ask(t, "GET", "/widget/tu/articles/"+article, "Authorization", token)
	}
	for who, c := range map[string]struct {
		article, token string
		want           int
	}{
		"everybody's, by nobody":           {open, "", 200},
		"everybody's, with a bad token":    {open, "Bearer cv1.x", 200},
		"sellers', by nobody":              {sellers, "", 404},
		"sellers', with a bad token":       {sellers, "Bearer cv1.x", 404},
		"sellers', by an unproved visitor": {sellers, token(here, ""), 404},
		"sellers', by a buyer":             {sellers, token(here, "buyer"), 404},
		"sellers', by a seller":            {sellers, token(here, "seller"), 200},
		"sellers', by another door's":      {sellers, token(there, "seller"), 404},
		"none":                             {"ar_0000000000009", token(here, "seller"), 404},
	} {
		got := read(c.article, c.token)
		if got.Code != c.want || c.want == 404 && strings.Contains(got.Body.String(), "umowa") {
			t.Errorf("%s: %d", who, got.Code)
		}
	}
	var v struct{ Title, HTML, URL string }
	got := read(sellers, token(here, "seller"))
	if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil || v.URL != "" || strings.Contains(v.HTML, "<script") || !strings.Contains(v.HTML, "<strong>tu</strong>") || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", v, got.Header())
	}
	if h.ask(t, "GET", "/help/pl/umowa", "Authorization", token(here, "seller")).Code != 404 {
		t.Error("the public page shows what has readers")
	}
}
