package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"centrala/store"
	"centrala/store/library"
)

// Somebody is shown an article while they type, and writes all the same: the program notes both, and
// that the second followed the first.
func TestSuggestionsAreMeasured(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		h := newPremises(t, dsn, "")
		p := h.serve(t)
		admin := h.furnish(t, p)
		p.must(t, "PUT", "/v1/articles/pl/zwrot", admin, map[string]any{"title": "Zwrot pieniędzy za zamówienie", "body": "Pieniądze wracają w pięć dni."}, nil)
		eventually(t, "the article is found", func() error {
			var found struct{ Items []struct{ Title string } }
			p.must(t, "GET", "/v1/articles/search?q=zwrot+pieniedzy+za+zamowienie&locale=pl", "", nil, &found)
			if len(found.Items) == 0 {
				return fmt.Errorf("not yet")
			}
			return nil
		})
		marta := p.customer(t)
		shown := marta.ask(t, map[string]any{"type": "suggest", "text": "zwrot pieniędzy za zamówienie"})
		if !strings.Contains(string(shown.Raw), "Zwrot pieniędzy za zamówienie") {
			t.Fatalf("suggested %s", shown.Raw)
		}
		counted := func(what string) {
			t.Helper()
			eventually(t, what, func() error {
				if _, body := p.get(t, "/metrics"); !regexp.MustCompile(regexp.QuoteMeta(what) + ` [1-9]`).MatchString(body) {
					return fmt.Errorf("not yet")
				}
				return nil
			})
		}
		counted(`centrala_suggestion_steps_total{kind="offered"}`)
		marta.say(t, map[string]any{"text": "zwrot pieniędzy za zamówienie, kiedy?"})
		counted(`centrala_work_handled_total{group="deflection"}`)
		if code := p.end(t); code != 0 {
			t.Fatalf("it ended with %d", code)
		}

		if dsn == "" {
			dsn = "sqlite:" + filepath.Join(h.data, "centrala.db")
		}
		db, err := store.Open(t.Context(), dsn, store.Options{Now: func() time.Time { return time.Now().Add(25 * time.Hour) }, Guest: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		r, err := library.New(db).Deflected(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), nil)
		if err != nil || r.Shown.People.People != 1 || r.Shown.Contacted != 1 || r.Held.People != 0 {
			t.Errorf("a day later: %+v, %v", r.Shown, err)
		}
	})
}
