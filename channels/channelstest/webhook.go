package channelstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
)

// The people of a Partner who cannot be written to.
const (
	PartnerGone   = "u-gone"
	PartnerAway   = "u-away"
	PartnerSilent = "u-silent"
	PartnerBusy   = "u-busy"
)

// Partner is a program of somebody else that speaks the contract of docs/webhook.md, on loopback: it
// takes a key once, checks what is signed, and serves the files of its people. What it knows of the
// contract it has from the page, not from the code. It is safe for concurrent use.
type Partner struct {
	URL    string // where answers are posted to
	Secret string

	mu    sync.Mutex
	now   func() time.Time
	files map[string]File
	got   []PartnerPost
	keys  map[string]string // the ids given
	pings int
	count int
	away  chan struct{}
}

// PartnerPost is an answer as it was posted.
type PartnerPost struct {
	V            int    `json:"v"`
	Type         string `json:"type"`
	ID           string `json:"id"`
	Conversation struct {
		ID, Key string
		Number  int64
	} `json:"conversation"`
	To struct {
		ID, Name, Phone, Email string
	} `json:"to"`
	Author struct{ Kind, Name string } `json:"author"`
	Text   string                      `json:"text"`
	// Answers is the id of what is answered.
	Answers string `json:"answers"`
	Files   []struct {
		Name, Type, Data string
		Size             int64
	} `json:"files"`
	Theirs string `json:"-"` // the id that it was given
}

// NewPartner starts a Partner that ends with the test.
func NewPartner(t testing.TB, secret string) *Partner {
	t.Helper()
	p := &Partner{Secret: secret, now: time.Now, files: make(map[string]File), keys: make(map[string]string), away: make(chan struct{})}
	s := httptest.NewServer(p)
	t.Cleanup(func() {
		close(p.away)
		s.CloseClientConnections()
		s.Close()
	})
	p.URL = s.URL
	return p
}

// Signed is the header of a body that is posted at some time.
func Signed(secret, body string, at time.Time) string {
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(m.Sum(nil)))
}

// ServeHTTP implements http.Handler.
func (p *Partner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok && r.Method == http.MethodGet {
		p.mu.Lock()
		f, ok := p.files[name]
		p.mu.Unlock()
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", f.Type)
		_, _ = io.WriteString(w, f.Data) // whoever asked may be gone
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !p.signed(r.Header.Get("Centrala-Signature"), body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var post PartnerPost
	if err := json.Unmarshal(body, &post); err != nil || post.V != 1 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	p.take(w, r, post)
}

// signed holds the header against the page: t within five minutes, one v1 that fits.
func (p *Partner) signed(header string, body []byte) bool {
	t, fits := int64(0), false
	for _, part := range strings.Split(header, ",") {
		if v, ok := strings.CutPrefix(part, "t="); ok {
			t, _ = strconv.ParseInt(v, 10, 64) // 0 is long ago
		}
	}
	for _, part := range strings.Split(header, ",") {
		if strings.HasPrefix(part, "v1=") && strings.HasSuffix(Signed(p.Secret, string(body), time.Unix(t, 0)), part) {
			fits = true
		}
	}
	return fits && p.now().Sub(time.Unix(t, 0)).Abs() < 5*time.Minute
}

func (p *Partner) take(w http.ResponseWriter, r *http.Request, post PartnerPost) {
	if post.Type == "ping" {
		p.mu.Lock()
		p.pings++
		p.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	switch post.To.ID {
	case PartnerGone:
		w.WriteHeader(http.StatusGone)
		fmt.Fprint(w, `{"reason":"there is no such person any more","cause":"unreachable"}`)
		return
	case PartnerAway:
		w.WriteHeader(http.StatusBadGateway)
		return
	case PartnerBusy:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	p.mu.Lock()
	id, again := p.keys[key]
	if !again {
		p.count++
		id = fmt.Sprintf("their-%d", p.count)
		p.keys[key] = id
		post.Theirs = id
		p.got = append(p.got, post)
	}
	p.mu.Unlock()
	if post.To.ID == PartnerSilent {
		select {
		case <-r.Context().Done():
		case <-p.away:
		}
		return
	}
	fmt.Fprintf(w, `{"id":%q,"and":"more"}`, id)
}

// Got is what was posted, each key once.
func (p *Partner) Got() []PartnerPost {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]PartnerPost(nil), p.got...)
}

// Letters is what its people got.
func (p *Partner) Letters(t testing.TB) []Letter {
	t.Helper()
	var got []Letter
	for _, g := range p.Got() {
		l := Letter{ID: g.Theirs, Text: g.Text, Answers: g.Answers}
		for _, f := range g.Files {
			data, err := base64.StdEncoding.DecodeString(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			l.Files = append(l.Files, File{Name: f.Name, Type: f.Type, Data: string(data)})
		}
		got = append(got, l)
	}
	return got
}

// Keep has it serve a file, and gives its address.
func (p *Partner) Keep(f File) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := strconv.Itoa(len(p.files) + 1)
	p.files[name] = f
	return p.URL + "/files/" + name
}

// Say is the post of a letter.
func (p *Partner) Say(l Letter) string {
	p.mu.Lock()
	p.count++
	n := p.count
	p.mu.Unlock()
	id := l.ID
	if id == "" {
		id = "theirs-" + strconv.Itoa(n)
	}
	e := map[string]any{"v": 1, "type": "message", "id": id, "text": l.Text, "subject": l.Subject, "seen": n,
		"from": map[string]any{"id": l.From.Address, "name": l.From.Name}, "at": time.Now().UTC().Format(time.RFC3339)}
	if l.Answers != "" {
		e["answers"] = l.Answers
	}
	var files []any
	for _, f := range l.Files {
		files = append(files, map[string]any{"url": p.Keep(f), "name": f.Name, "type": f.Type})
	}
	if files != nil {
		e["files"] = files
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return string(body)
}

// Post posts a body, signed, to an inbox as its doorkeeper lets it.
func (p *Partner) Post(t testing.TB, door channels.Doorkeeper, inbox centrala.Inbox, to channels.Shelf, body string) error {
	t.Helper()
	return Knock(t, door, inbox, to, http.Header{"Centrala-Signature": {Signed(p.Secret, body, time.Now())}}, []byte(body))
}
