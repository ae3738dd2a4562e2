package pages_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels/form"
	"centrala/demo"
	"centrala/gateway/pages"
	"centrala/manuscript"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
	"centrala/survey"
	"centrala/words"
)

// house is the real parts under the pages: the log on SQLite, the Help Centre's index, files
// in memory, and the demonstration's content.
type house struct {
	db     *store.DB
	help   *search.HelpCentre
	config pages.Config
	secret survey.Secret
	h      http.Handler
}

// clear is a seal that keeps nothing secret: no test here has one.
type clear struct{}

func (clear) Seal(b []byte) ([]byte, error) { return b, nil }
func (clear) Open(b []byte) ([]byte, error) { return b, nil }

func newHouse(t testing.TB, change ...func(*pages.Config)) *house {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h := &house{secret: survey.Secret("thirty-two bytes that nobody sees")}
	var err error
	if h.db, err = store.Open(ctx, storetest.SQLite(t), store.Options{Log: log, Seal: clear{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.db.Close() })
	engine, err := bleve.Open(filepath.Join(t.TempDir(), "index"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	h.help = search.New(engine, library.New(h.db), log)
	blobs := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = blobs.Close() })
	shop, err := demo.Site()
	if err != nil {
		t.Fatal(err)
	}
	line := form.New()
	h.config = pages.Config{
		Log: log, Articles: library.New(h.db), Suggester: h.help, Shelf: library.New(h.db), Surveys: h.db, Inboxes: h.db, Intake: h.db, Blobs: blobs,
		Form: func(in centrala.Inbox, f pages.Filled, now time.Time) (centrala.Inbound, error) {
			return line.Read(in, form.Fields(f), now)
		},
		Secrets: pages.Secrets{Hash: survey.Hash, Nonce: h.secret.Nonce, CheckNonce: h.secret.CheckNonce},
		Brand:   "Jarmark", ShopURL: "/", Shop: shop, Locale: "pl",
		SurveyQuestion: func(l string) string { return words.For(l).SurveyQuestion("Jarmark") },
	}
	for _, f := range change {
		f(&h.config)
	}
	if h.h, err = pages.New(h.config); err != nil {
		t.Fatal(err)
	}
	if err := demo.Furnish(ctx, h.db, func(context.Context, centrala.AgentID) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return h
}

// stock puts the demonstration's articles on the shelf.
func (h *house) stock(t testing.TB) {
	t.Helper()
	if err := manuscript.Load(context.Background(), demo.Articles(), library.New(h.db)); err != nil {
		t.Fatal(err)
	}
	if err := h.help.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// ask asks for a page the way a browser does.
func (h *house) ask(t testing.TB, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}
