package meilisearch

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"centrala"
	"centrala/search/searchtest"
)

func TestTiming(t *testing.T) {
	e := New(Options{URL: os.Getenv("MURL"), Prefix: "timing", Node: "x", Log: slog.New(slog.DiscardHandler)})
	pages := searchtest.GNOME(t, "pl")
	b := time.Now()
	v, err := e.Versions(t.Context())
	fmt.Println(len(v), err, time.Since(b))
	if len(v) == 0 {
		b = time.Now()
		if err := e.Rebuild(t.Context(), func(y func(centrala.Article, error) bool) {
			for _, p := range pages {
				if !y(p, nil) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("rebuild", time.Since(b), e.words["pl"].passages)
	}
	var tu, tc, tp time.Duration
	nl, nr, srv, np := 0, 0, int64(0), 0
	for i := 0; i < 60; i++ {
		q := centrala.Query{Text: "Jak to zrobić: " + pages[i*4].Title, Locale: "pl", Limit: 8}
		b := time.Now()
		_, lists, _ := e.understand(q)
		tu += time.Since(b)
		nl += len(lists)
		b = time.Now()
		ids, err := e.candidates(context.Background(), lists)
		if err != nil {
			t.Fatal(err)
		}
		tc += time.Since(b)
		_ = srv
		b = time.Now()
		ps, err := e.passages(context.Background(), "pl", ids["pl"])
		if err != nil {
			t.Fatal(err)
		}
		np += len(ps)
		tp += time.Since(b)
	}
	_ = nr
	fmt.Println("understand", tu/60, "candidates", tc/60, "passages", tp/60, "lists", nl/60, "passages", np/60)
}
