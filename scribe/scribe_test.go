package scribe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/scribe"
)

// desk is a conversation and a Help Centre, as a scribe reads them.
type desk struct {
	msgs  []centrala.Message
	found []centrala.Suggestion
	asked centrala.Query
}

func (d *desk) Conversation(_ context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error) {
	c := centrala.Conversation{ID: id, Side: centrala.Buyer, Contact: 7, Inbox: 1}
	if !scope.Sees(&c) {
		return c, &centrala.Error{Code: centrala.NotFound, Field: "conversation"}
	}
	return c, nil
}

func (d *desk) Messages(context.Context, centrala.Scope, centrala.ConversationID, centrala.Page) ([]centrala.Message, bool, error) {
	return d.msgs, false, nil
}

func (d *desk) Contact(_ context.Context, _ centrala.Scope, id centrala.ContactID) (centrala.Contact, error) {
	return centrala.Contact{ID: id, Locale: "en-GB"}, nil
}

func (d *desk) Suggest(_ context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	d.asked = q
	return d.found, nil
}

func (d *desk) ArticleByID(_ context.Context, id centrala.ArticleID) (centrala.Article, error) {
	a := centrala.Article{ID: id, Locale: "en", Content: centrala.Content{Title: "Returns", Body: "Fourteen days.\n\n## Money\n\nIt is back within a week."}}
	switch id {
	case 2:
		a.Readers = []centrala.Side{centrala.Buyer}
		a.Body = "TAJNE " + a.Body
	case 3:
		return a, &centrala.Error{Code: centrala.NotFound}
	}
	return a, nil
}

// model is a server that speaks as documented, unless a test says otherwise.
type model struct {
	*httptest.Server
	asked struct {
		Model    string `json:"model"`
		Messages []struct {
			Role, Content string
		} `json:"messages"`
		MaxTokens int  `json:"max_tokens"`
		Stream    bool `json:"stream"`
	}
	head  http.Header
	path  string
	calls int
}

func newModel(t *testing.T, answer http.HandlerFunc) *model {
	t.Helper()
	m := &model{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.calls++
		m.head, m.path = r.Header, r.Method+" "+r.URL.Path
		if err := json.NewDecoder(r.Body).Decode(&m.asked); err != nil {
			t.Errorf("what was asked is no JSON: %v", err)
		}
		answer(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func says(text, finish string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		b, _ := json.Marshal(map[string]any{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "usage": map[string]int{"total_tokens": 3},
			"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": map[string]any{"role": "assistant", "content": text, "refusal": nil}}}})
		_, _ = w.Write(b)
	}
}

func said(kind centrala.AuthorKind, text string) centrala.Message {
	return centrala.Message{Author: centrala.Author{Kind: kind}, Text: text}
}

func newScribe(t *testing.T, m *model, d *desk, log *bytes.Buffer) *scribe.Scribe {
	t.Helper()
	s, err := scribe.New(scribe.Config{Endpoint: scribe.Endpoint{URL: m.URL + "/v1/", Model: "gpt-test", Key: "SEKRET", Timeout: 5 * time.Second, Tokens: 200},
		Cases: d, Suggester: d, Articles: d, Base: "https://pomoc.example.test/", Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func aDesk() *desk {
	return &desk{
		msgs: []centrala.Message{
			said(centrala.ByCustomer, "Hello"), said(centrala.ByAgent, "Hello, how can I help?"),
			{Author: centrala.Author{Kind: centrala.ByAgent}, Note: true, Text: "NOTATKA"},
			said(centrala.ByCustomer, "I am Anna, anna.nowak@poczta.example, +48 600 100 200."), said(centrala.ByCustomer, "When is my money back?"),
			{Author: centrala.Author{Kind: centrala.BySystem}, System: &centrala.Facts{Kind: "assigned"}},
		},
		found: []centrala.Suggestion{{ID: 1, Title: "Returns", URL: "/help/en/returns#money"}, {ID: 2, Title: "Secret", URL: "/help/en/secret"}, {ID: 3, Title: "Gone", URL: "/help/en/gone"}},
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newModel(t, says(" It is back within a week.\r\n\x00See https://pomoc.example.test/help/en/returns#money ", "stop"))
	d := aDesk()
	got, err := newScribe(t, m, d, &log).Draft(t.Context(), centrala.Everything(), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := centrala.AnswerDraft{Text: "It is back within a week.\nSee https://pomoc.example.test/help/en/returns#money",
		Sources: []centrala.Source{{ID: 1, Title: "Returns", URL: "https://pomoc.example.test/help/en/returns#money"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("drafted %+v", got)
	}
	if m.path != "POST /v1/chat/completions" || m.head.Get("Authorization") != "Bearer SEKRET" || m.asked.Model != "gpt-test" || m.asked.MaxTokens != 200 || m.asked.Stream {
		t.Errorf("asked %s %v %+v", m.path, m.head, m.asked)
	}
	var roles []string
	all := ""
	for _, l := range m.asked.Messages {
		roles, all = append(roles, l.Role), all+l.Content+"\n"
	}
	if fmt.Sprint(roles) != "[system user assistant user user]" {
		t.Errorf("roles %v", roles)
	}
	for _, out := range []string{"anna.nowak", "600 100 200", "NOTATKA", "TAJNE"} {
		if strings.Contains(all, out) {
			t.Errorf("%s leaves the house: %s", out, all)
		}
	}
	for _, in := range []string{"[e-mail]", "[phone]", "It is back within a week.", "https://pomoc.example.test/help/en/returns#money", "Use only what the passages"} {
		if !strings.Contains(all, in) {
			t.Errorf("without %s: %s", in, all)
		}
	}
	if d.asked.Asker != centrala.Everybody || d.asked.Locale != "en" || d.asked.Side != centrala.Buyer || !strings.HasSuffix(d.asked.Text, "\nWhen is my money back?") {
		t.Errorf("looked for %+v", d.asked)
	}
	if log.Len() > 0 {
		t.Errorf("the log has %s", &log)
	}
}

// Every way in which a server fails is a refusal that says so, and the log has no word of what was
// asked or answered, nor the key.
func TestAModelThatFails(t *testing.T) {
	t.Parallel()
	status := func(code int, head ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(head) > 0 {
				w.Header().Set("Retry-After", head[0])
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(`{"error":{"message":"SZCZEGOL"}}`))
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   centrala.Code
		field  string
		wait   time.Duration
	}{
		"too often":           {status(429, "7"), centrala.RateLimited, "draft", 7 * time.Second},
		"too often for hours": {status(429, "86400"), centrala.RateLimited, "draft", 10 * time.Minute},
		"too often, unsaid":   {status(429), centrala.RateLimited, "draft", 30 * time.Second},
		"too often, nonsense": {status(429, "soon"), centrala.RateLimited, "draft", 30 * time.Second},
		"the key is wrong":    {status(401), centrala.Unavailable, "draft.key", 0},
		"the model is wrong":  {status(404), centrala.Unavailable, "draft.model", 0},
		"it fails":            {status(500), centrala.Unavailable, "draft.lost", 0},
		"it leads elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/v1/chat/completions", http.StatusTemporaryRedirect)
		}, centrala.Unavailable, "draft.lost", 0},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4000")
			_, _ = w.Write([]byte(`{"choices":[{"message":{"content":"SZCZEGOL`))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, centrala.Unavailable, "draft.lost", 0},
		"a stream that was not asked for": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"SZCZEGOL\"}}]}\n\n"))
		}, centrala.Unavailable, "draft.answer", 0},
		"garbage":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>SZCZEGOL")) }, centrala.Unavailable, "draft.answer", 0},
		"no text":   {says("  ", "stop"), centrala.Unavailable, "draft.answer", 0},
		"no choice": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"choices":[]}`)) }, centrala.Unavailable, "draft.answer", 0},
		"10 MB":     {says(strings.Repeat("SZCZEGOL", 10<<20/8), "stop"), centrala.Unavailable, "draft.answer", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			m := newModel(t, c.answer)
			got, err := newScribe(t, m, aDesk(), &log).Draft(t.Context(), centrala.Everything(), 5)
			refusal, ok := err.(*centrala.Error)
			if !ok || refusal.Code != c.code || refusal.Field != c.field || refusal.RetryAfter != c.wait || got.Text != "" {
				t.Errorf("drafted %.50q, refused %v", got.Text, err)
			}
			if m.calls != 1 {
				t.Errorf("asked %d times", m.calls)
			}
			for _, secret := range []string{"SZCZEGOL", "SEKRET", "money", "anna"} {
				if strings.Contains(log.String()+fmt.Sprint(err), secret) {
					t.Errorf("%s is in the log or the refusal: %s %v", secret, &log, err)
				}
			}
		})
	}
}

func TestAModelThatIsSlow(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	m := newModel(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-done:
		}
	})
	t.Cleanup(func() { close(done) })
	d := aDesk()
	s, err := scribe.New(scribe.Config{Endpoint: scribe.Endpoint{URL: m.URL, Model: "m", Timeout: 50 * time.Millisecond, Tokens: 1}, Cases: d, Suggester: d, Articles: d})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Draft(t.Context(), centrala.Everything(), 5)
	if refusal, ok := err.(*centrala.Error); !ok || refusal.Field != "draft.late" {
		t.Errorf("%v", err)
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newModel(t, says("x", "length"))
	d := aDesk()
	s := newScribe(t, m, d, &log)
	if _, err := s.Draft(t.Context(), centrala.Scope{Contact: 8, Inbox: 1}, 5); centrala.CodeOf(err) != centrala.NotFound || m.calls != 0 {
		t.Errorf("somebody else's conversation: %v, %d calls", err, m.calls)
	}
	if got, err := s.Draft(t.Context(), centrala.Everything(), 5); err != nil || !got.Cut {
		t.Errorf("a draft that was cut: %+v %v", got, err)
	}
	d.msgs = d.msgs[1:3]
	if _, err := s.Draft(t.Context(), centrala.Everything(), 5); centrala.CodeOf(err) != centrala.Conflict {
		t.Errorf("nothing was asked: %v", err)
	}
}

// Without TLS only the own network is asked; and what cannot be an endpoint is none.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	d := aDesk()
	for url, want := range map[string]bool{"https://api.example.com/v1": true, "http://127.0.0.1:11434/v1": true, "ftp://x/v1": false, "api.example.com": false, "https://u:p@x/v1": false, "": false} {
		if err := (scribe.Endpoint{URL: url, Model: "m", Timeout: time.Second, Tokens: 1}).Check(); (err == nil) != want {
			t.Errorf("%s: %v", url, err)
		}
	}
	s, err := scribe.New(scribe.Config{Endpoint: scribe.Endpoint{URL: "http://192.0.2.1/v1", Model: "m", Timeout: 5 * time.Second, Tokens: 1}, Cases: d, Suggester: d, Articles: d})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = s.Draft(t.Context(), centrala.Everything(), 5)
	if refusal, ok := err.(*centrala.Error); !ok || refusal.Field != "draft.lost" || time.Since(began) > 3*time.Second {
		t.Errorf("an open address without TLS: %v after %s", err, time.Since(began))
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna.nowak+x@poczta.com.pl i ŁUKASZ@żółw.pl":         "[e-mail] i [e-mail]",
		"tel. 600 100 200, +48600100200 albo (22) 555-12-34.": "tel. [phone], [phone] albo [phone].",
		"PL61 1090 1014 0000 0712 1981 2874":                  "[account]",
		"konto 61109010140000071219812874":                    "konto [account]",
		"DE89370400440532013000":                              "[account]",
		"karta 4111 1111 1111 1111 ok":                        "karta [card] ok",
		"Zamówienie 123456, 14 dni, 2026-11-29, 99,90 zł":     "Zamówienie 123456, 14 dni, 2026-11-29, 99,90 zł",
		"paczka 123456789012345678901234567890":               "paczka [number]",
	} {
		if got := scribe.Scrub(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
