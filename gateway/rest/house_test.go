package rest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"centrala"
	"centrala/auth"
	"centrala/channels/email"
	"centrala/deflection"
	"centrala/gateway/rest"
	"centrala/manuscript/ferry"
	"centrala/report"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
	"centrala/survey"
)

// The log as it is fits what the edge asks of it.
var (
	_ rest.Store = (*store.DB)(nil)
	_ auth.Store = (*store.DB)(nil)
)

const password = "centrala-test"

// house is a server on a real database with a team for each of two sides, and one of
// everybody who may come.
type house struct {
	t       testing.TB
	db      *store.DB
	guard   *auth.Guard
	blobs   *blob.Bucket
	server  *httptest.Server
	client  *http.Client
	buyers  centrala.Team
	sellers centrala.Team
	web     centrala.Inbox
	mail    centrala.Inbox
	staff   map[string]centrala.Agent
	tokens  map[string]string
	keys    map[string]centrala.APIKey
	index   *shelf
	replays atomic.Int64
	serial  atomic.Int64
}

// plainSeal stands for the key file: what it makes can be told from what went in.
type plainSeal struct{}

func (plainSeal) Seal(b []byte) ([]byte, error) {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out, nil
}

func (s plainSeal) Open(b []byte) ([]byte, error) { return s.Seal(b) }

// shelf is an index over the articles of the test.
type shelf struct {
	mu         sync.Mutex
	items      []centrala.Suggestion
	rebuilding bool
}

func (s *shelf) Ask(_ context.Context, q centrala.Query) ([]centrala.Suggestion, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []centrala.Suggestion
	for _, i := range s.items {
		if strings.Contains(strings.ToLower(i.Title), strings.ToLower(q.Text)) {
			out = append(out, i)
		}
	}
	return out, "shelf", nil
}

func (s *shelf) Engines(context.Context) []rest.EngineState {
	return []rest.EngineState{{Name: "shelf", Answers: true, OK: true, Articles: len(s.items)}}
}

func (s *shelf) Rebuild(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rebuilding {
		return centrala.Errorf(centrala.Conflict, "the index is being made anew")
	}
	s.rebuilding = true
	return nil
}

func newHouse(t testing.TB, change ...func(*rest.Config)) *house {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, storetest.SQLite(t), store.Options{Log: slog.New(slog.DiscardHandler), Seal: plainSeal{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	blobs, err := fileblob.OpenBucket(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	h := &house{t: t, db: db, blobs: blobs, staff: map[string]centrala.Agent{}, tokens: map[string]string{}, keys: map[string]centrala.APIKey{}, index: &shelf{}}
	h.guard = auth.New(db, []byte("thirty-two bytes of installation"), auth.Options{NoLimits: true})
	lib := library.New(db)
	c := rest.Config{
		Log: slog.New(slog.DiscardHandler), Guard: h.guard, Store: db, Articles: lib, Manuscripts: lib, Publishing: lib, Versions: lib, Measures: lib, Shelves: lib, WordLists: lib, Enclosures: lib, Blobs: blobs, Index: h.index, NoLimits: true,
		Table: func(w io.Writer, r deflection.Report, locale string) error {
			return report.DeflectionTable(r, locale).WriteCSV(w)
		},
		Links: func(ctx context.Context) ([]centrala.LinkFault, int, int, error) {
			return ferry.Within(ctx, lib, "")
		},
		Score: survey.Score,
		Hours: func(hours centrala.Hours, _ time.Time) (bool, time.Time) { return hours.Always(), time.Time{} },
		Test: func(_ context.Context, _ centrala.Inbox, locale string) []rest.TestStep {
			return []rest.TestStep{{Name: "login", State: "ok", Detail: locale}}
		},
		Retry:  func(context.Context, string, centrala.Event) error { h.replays.Add(1); return nil },
		Scribe: &model{}, Organisation: "Targ",
	}
	line := email.New(email.Config{Blobs: blobs})
	c.Mail, c.Clean, c.Pictures = line, line.Clean, auth.OutgoingPictures(true)
	c.ReadHook = readHook
	c.Replayed = func(in centrala.InboxID) {
		for _, k := range must[[]centrala.Hook](t)(db.UnreadHooks(ctx, in, 100)) {
			read, _ := readHook(centrala.Inbox{}, k)
			if err := db.ReadHooks(ctx, []centrala.HookRead{read}); err != nil {
				t.Error(err)
			}
		}
	}
	for _, f := range change {
		f(&c)
	}
	h.guard = c.Guard
	h.server = httptest.NewServer(rest.New(c))
	t.Cleanup(h.server.Close)
	h.client = h.server.Client()
	h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.furnish(ctx)
	return h
}

var hashOnce = sync.OnceValues(func() (string, error) {
	return auth.New(nil, []byte("any"), auth.Options{}).HashPassword(context.Background(), password)
})

// passwordHash is made once: a real one takes its time.
func passwordHash(t testing.TB) string { return must[string](t)(hashOnce()) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (h *house) furnish(ctx context.Context) {
	team := must[centrala.Team](h.t)
	h.buyers = team(h.db.SaveTeam(ctx, centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}}))
	h.sellers = team(h.db.SaveTeam(ctx, centrala.Team{Name: "Sprzedający", Sides: []centrala.Side{centrala.Seller}}))
	inbox := must[centrala.Inbox](h.t)
	h.web = inbox(h.db.SaveInbox(ctx, centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Side: centrala.Buyer, Team: h.buyers.ID,
		Enabled: true, Secret: "SEKRET-of-identities-of-the-host-site", Origins: []string{"https://shop.example"}}))
	h.mail = inbox(h.db.SaveInbox(ctx, centrala.Inbox{Slug: "mail", Name: "Poczta", Channel: centrala.Email, Team: h.buyers.ID, Side: centrala.Buyer, Enabled: true,
		Mailbox: &centrala.Mailbox{Address: "pomoc@shop.example", IMAP: centrala.Server{Host: "127.0.0.1", Port: 143, TLS: "none", User: "pomoc"},
			SMTP: centrala.Server{Host: "127.0.0.1", Port: 25, TLS: "none", User: "pomoc"}, IMAPPassword: "SEKRET-imap", SMTPPassword: "SEKRET-smtp"}}))
	for name, a := range map[string]centrala.Agent{
		"agent":            {Role: centrala.RoleAgent, Teams: []centrala.TeamID{h.buyers.ID}},
		"other agent":      {Role: centrala.RoleAgent, Teams: []centrala.TeamID{h.sellers.ID}},
		"mentioned":        {Role: centrala.RoleAgent, Teams: []centrala.TeamID{h.sellers.ID}},
		"supervisor":       {Role: centrala.RoleSupervisor, Teams: []centrala.TeamID{h.buyers.ID}},
		"other supervisor": {Role: centrala.RoleSupervisor, Teams: []centrala.TeamID{h.sellers.ID}},
		"admin":            {Role: centrala.RoleAdmin},
	} {
		a.Name, a.Email, a.Locale = strings.ToUpper(name[:1])+name[1:], strings.ReplaceAll(name, " ", ".")+"@demo.test", "en"
		a = must[centrala.Agent](h.t)(h.db.SaveAgent(ctx, a))
		if err := h.db.SetPassword(ctx, a.ID, passwordHash(h.t)); err != nil {
			h.t.Fatal(err)
		}
		token := "cs_" + a.ID.String()
		sum := sha256.Sum256([]byte(token))
		if err := h.db.StartSession(ctx, sum[:], a.ID, time.Now(), auth.SessionIdle, auth.SessionLongest); err != nil {
			h.t.Fatal(err)
		}
		h.staff[name], h.tokens[name] = a, token
	}
	for name, k := range map[string]centrala.APIKey{
		"key":       {Scopes: centrala.KeyScopes(), Sides: []centrala.Side{centrala.Buyer}},
		"other key": {Scopes: centrala.KeyScopes(), Sides: []centrala.Side{centrala.Seller}},
		"poor key":  {Scopes: []string{"articles:read"}},
	} {
		secret, hash := auth.NewKey()
		k.Name = name
		h.keys[name] = must[centrala.APIKey](h.t)(h.db.AddKey(ctx, k, hash))
		h.tokens[name] = secret
	}
}

// talk is a customer with a conversation in which both have spoken and a note was made.
type talk struct {
	token   string
	visitor centrala.Visitor
	id      centrala.ConversationID
	mark    string // in every word of the customer's
	note    string // in every note
}

func (h *house) enter(inbox centrala.Inbox) (string, centrala.Visitor) {
	token, v, err := h.guard.Visitor(context.Background(), inbox, "", "", "pl")
	if err != nil {
		h.t.Fatal(err)
	}
	return token, v
}

func (h *house) talk() *talk {
	h.t.Helper()
	ctx := context.Background()
	n := h.serial.Add(1)
	k := &talk{mark: fmt.Sprintf("TAJNE%dX", n), note: fmt.Sprintf("NOTATKA%dX", n)}
	k.token, k.visitor = h.enter(h.web)
	contact := auth.ContactOf(k.visitor)
	contact.Name, contact.Email = k.mark, strings.ToLower(k.mark)+"@example.org"
	r := must[centrala.Receipt](h.t)(h.db.Append(ctx, centrala.Post{Sender: k.visitor.ID, Key: "1", Inbox: h.web.ID, Channel: centrala.Chat, Contact: &contact,
		Author: centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String(), Name: contact.Name}, Text: k.mark + " where is my parcel", Subject: k.mark,
		Scope: centrala.Scope{Contact: contact.ID, Inbox: h.web.ID}}))
	k.id = r.Conversation
	a := h.staff["admin"]
	must[centrala.Receipt](h.t)(h.db.Append(ctx, centrala.Post{Sender: a.ID.String(), Key: k.note, Conversation: k.id, Agent: a.ID, Scope: centrala.Everything(),
		Author: centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String(), Name: a.Name}, Text: k.note + " " + k.mark, Note: true}))
	return k
}

// call is one request and its answer.
type call struct {
	method, path, token string
	body                any // string: as it is; []byte too; else JSON
	headers             []string
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
}

// problem reads a problem document, and fails if it is none.
func (r reply) problem(t testing.TB) rest.Problem {
	t.Helper()
	var p rest.Problem
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("status %d came as %q: %.200s", r.status, ct, r.body)
		return p
	}
	r.into(t, &p)
	if p.Status != r.status || p.Code == "" || p.Title == "" {
		t.Errorf("problem %+v of status %d", p, r.status)
	}
	return p
}

func (h *house) do(c call) reply {
	h.t.Helper()
	var body io.Reader
	contentType := "application/json"
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			h.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(c.method, h.server.URL+c.path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(c.headers); i += 2 {
		if c.headers[i] == "Host" {
			r.Host = c.headers[i+1]
			continue
		}
		r.Header.Set(c.headers[i], c.headers[i+1])
	}
	res, err := h.client.Do(r)
	if err != nil {
		h.t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(raw)}
}

type obj = map[string]any
