package link_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"centrala"
	"centrala/auth"
	"centrala/manuscript/link"
)

func article(id int, locale, slug, body string) centrala.Article {
	return centrala.Article{ID: centrala.ArticleID(id), Locale: locale, Content: centrala.Content{Slug: slug, Title: strings.ToUpper(slug), Body: body}}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	secret := article(3, "pl", "tajny", "[a](/help/pl/a)")
	secret.Readers = []centrala.Side{centrala.Seller}
	all := []centrala.Article{
		article(1, "pl", "a", "# Gdy termin minął\n[x](#gdy-termin-minal) [x](#nie-ma) [x](b) [x](/help/pl/b#c) [x](/help/pl/b#d)\n[x](/help/pl/nikt)\n[x](/help/en/a) [x](../en/b) [x](/help/pl/stary#c) [x](/help/pl/stary#d)\n"+
			"[x](/contact?topic=1) [x](/help) [x](/help/pl?side=buyer) [x](/help/de) [x](/help/search?q=a) [x](/regulamin) [x](mailto:a@b.test) [x](tel:+48123)\n"+
			"[x](javascript:alert(1)) [x](/help/pl/tajny) ![x](/help/files/at_1/x.png) ![x](/help/files/at_2/x.png)\n[x](https://pomoc.test/help/pl/b) [x](https://pomoc.test/help/pl/nikt) [x](//e.test/y#z) [x](https://e.test/y) [x](http://%zz)\n[x](/help/pl/b/c) ![x](https://e.test/p.png) ![x](x.png)\n`[x](/help/pl/kod)`"),
		article(2, "pl", "b", "## C\n"), secret, article(4, "en", "b", "[x](/help/pl/tajny)"),
	}
	faults, outside := link.New(all, []centrala.Redirect{{Locale: "pl", Slug: "stary", Article: 2}, {Locale: "pl", Slug: "zgubiony", Article: 9}}, map[string]bool{"at_1": true}, "https://pomoc.test", "pl", "en").Check()
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%s:%d %s %s %v", f.URL, f.Line, f.Link, f.Fault, f.Broken()))
		if link.Say(f) == "" {
			t.Errorf("nothing is said of %+v", f)
		}
	}
	want := []string{
		"/help/pl/a:2 #nie-ma anchor true", "/help/pl/a:2 /help/pl/b#d anchor true", "/help/pl/a:3 /help/pl/nikt article true", "/help/pl/a:4 /help/en/a article true",
		"/help/pl/a:4 /help/pl/stary#c moved false", "/help/pl/a:4 /help/pl/stary#d anchor true", "/help/pl/a:5 /help/de page true", "/help/pl/a:6 javascript:alert(1) scheme true",
		"/help/pl/a:6 /help/pl/tajny readers true", "/help/pl/a:6 /help/files/at_2/x.png file true", "/help/pl/a:7 https://pomoc.test/help/pl/nikt article true", "/help/pl/a:7 http://%zz page true",
		"/help/pl/a:8 /help/pl/b/c page true", "/help/pl/a:8 https://e.test/p.png picture true", "/help/pl/a:8 x.png picture true", "/help/en/b:1 /help/pl/tajny readers true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(outside) != 1 || outside[0].Address != "https://e.test/y" || len(outside[0].Links) != 2 {
		t.Errorf("outside: %+v", outside)
	}
}

// Every address is asked for once, a host's one after another, by GET where HEAD is not answered.
func TestOutside(t *testing.T) {
	t.Parallel()
	var busy, most atomic.Int32
	var mu sync.Mutex
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), busy.Add(1)))
		defer busy.Add(-1)
		mu.Lock()
		asked[r.Method+" "+r.URL.Path]++
		mu.Unlock()
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/no-head":
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
		case "/shy":
			w.WriteHeader(http.StatusForbidden)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	}))
	defer s.Close()
	body := ""
	for _, p := range []string{"/fine", "/gone", "/no-head", "/shy", "/round", "/fine#x", "/gone"} {
		body += "[x](" + s.URL + p + ")\n"
	}
	_, outside := link.New([]centrala.Article{article(1, "pl", "a", body)}, nil, nil, "").Check()
	told := 0
	faults, left, err := link.Follow(t.Context(), auth.OutgoingPictures(true), outside, func(done, of int) { told = done })
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d %s %s", f.Line, strings.TrimPrefix(f.Link, s.URL), f.Fault))
	}
	if want := []string{"2 /gone outside", "4 /shy doubt", "5 /round outside", "7 /gone outside"}; !slices.Equal(got, want) || err != nil || left != 0 || told != 5 {
		t.Errorf("%v, want %v; %v, %d left, %d told", got, want, err, left, told)
	}
	if most.Load() != 1 || asked["HEAD /fine"] != 1 || asked["GET /fine"] != 0 || asked["GET /no-head"] != 1 || asked["HEAD /gone"] != 1 {
		t.Errorf("%d at once: %v", most.Load(), asked)
	}

	// What is not on the public internet is not asked for, whatever an article says.
	clear(asked)
	faults, _, err = link.Follow(t.Context(), auth.OutgoingPictures(false), outside[:1], func(int, int) {})
	if err != nil || len(faults) != 2 || !strings.Contains(faults[0].Detail, "not on the public internet") || len(asked) != 0 {
		t.Errorf("a private address: %+v, %v, %v", faults, err, asked)
	}
}
