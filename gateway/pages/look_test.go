package pages_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"centrala"
	"centrala/gateway/pages"
	"centrala/survey"
	"centrala/web"
)

// TestLook opens every page in a real browser; web/pages/test/look.mjs says what it does there.
func TestLook(t *testing.T) {
	t.Parallel()
	const chromium, room = "/usr/bin/chromium", "../../web"
	_, err := exec.LookPath(chromium)
	need(t, err, "the browser is missing: apt install chromium")
	_, err = os.Stat(filepath.Join(room, "node_modules", "@playwright", "test"))
	need(t, err, "the browser's driver is missing: npm ci in web/")
	_, err = web.Find("pages", "help.css")
	need(t, err, "the web part is not built: make build")

	h := newHouse(t, func(c *pages.Config) { c.NoLimits = true })
	h.stock(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/articles/search", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		found, err := h.help.Suggest(r.Context(), centrala.Query{Text: q.Get("q"), Locale: q.Get("locale"), Side: centrala.Side(q.Get("side")), Limit: 3})
		if err != nil {
			t.Errorf("search: %v", err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": found})
	})
	mux.Handle("/", h.h)
	server := httptest.NewServer(mux)
	defer server.Close()

	open, answered := h.asked(t, "open"), h.asked(t, "answered")
	s, err := h.db.SurveyByToken(t.Context(), survey.Hash("answered"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.db.AnswerSurvey(t.Context(), s.ID, 0, 3, ""); err != nil {
		t.Fatal(err)
	}

	out := os.Getenv("CENTRALA_TEST_SHOTS")
	if out == "" {
		out = t.TempDir()
	}
	if out, err = filepath.Abs(out); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "pages/test/look.mjs", server.URL, out)
	cmd.Dir = room
	cmd.Env = append(os.Environ(), "SURVEY="+open, "ANSWERED="+answered, "CHROMIUM="+chromium)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

// need skips a test that lacks a part of the machine; where everything is to be there, that
// is a failure.
func need(t testing.TB, err error, what string) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

// asked makes a conversation whose customer is asked how it was, and gives the address of the
// page, without the host.
func (h *house) asked(t testing.TB, token string) string {
	t.Helper()
	ctx := context.Background()
	in, err := h.db.InboxBySlug(ctx, "formularz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.db.Receive(ctx, centrala.Inbound{Inbox: in.ID, Channel: centrala.Form, ExternalID: token, Outcome: centrala.Ingested,
		From: centrala.Address{Address: token + "@poczta.example"}, Text: "Dzień dobry", Side: centrala.Buyer, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.db.Invite(ctx, centrala.Survey{Conversation: r.Conversation, Locale: "pl", Side: centrala.Buyer, Channel: centrala.Form,
		TokenHash: survey.Hash(token), ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return "/s/" + token
}
