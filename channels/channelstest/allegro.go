package channelstest

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Allegro is a server that behaves as the marketplace's API does (docs/allegro.md): sign-in, message
// centre, issues and files under one address. It is safe for concurrent use; what it is like can be
// changed while it runs.
type Allegro struct {
	URL string

	mu      sync.Mutex
	like    AllegroLike
	now     func() time.Time
	last    time.Time // of anything said: no two things are said at once
	threads []*allegroThread
	issues  []*allegroIssue
	files   map[string]*AllegroFile
	access  map[string]time.Time // until when each is good
	refresh map[string]time.Time // until when each is good; zero: for long
	devices map[string]*allegroDevice
	posted  time.Time // when something was last posted
	sent    []AllegroSent
	calls   map[string]int
	onCall  func(method, path string)
	onGrant func(grant string)
}

// AllegroLike is how it behaves.
type AllegroLike struct {
	Life     time.Duration // of access tokens, default 12 h
	Gap      time.Duration // between two messages of the seller, default 1 s
	NoScope  bool          // everything is 403
	Busy     int           // the next so many calls are 429
	Retry    time.Duration // what those say about when to come again; 0: nothing
	Sick     string        // calls whose path begins so are 500
	Cut      int           // of the next so many calls the answer breaks off
	Deaf     int           // the next so many messages are not taken, and nothing is said
	Grace    time.Duration // for which a used refresh token is good once more
	Broken   int           // the next so many calls are 500
	Slow     time.Duration // before the answer to a message
	NoSignIn bool          // the sign-in does not answer: 503
}

// AllegroFile is a file of a message. Status is that of the vendor's scan, default SAFE.
type AllegroFile struct{ Name, Type, Data, Status string }

// AllegroMessage is something that is written in a thread.
type AllegroMessage struct {
	Login   string // of the buyer; "": whose account is gone
	Thread  string // default: that of the buyer, made when there is none
	ID      string // default: a new one
	Text    string
	Subject string
	Offer   string
	Order   string
	Files   []AllegroFile
	Ours    bool      // typed by the seller on the vendor's site
	Status  string    // default DELIVERED
	Lag     int       // so many times the messages are listed without it, though the thread has changed
	At      time.Time // default: now
}

// AllegroSent is something that the seller said through the API.
type AllegroSent struct {
	ID, Thread, Issue, Login, Text string
	Files                          []AllegroFile
}

type allegroThread struct {
	id, login string
	last      time.Time
	read      bool
	missing   bool // from the list
	messages  []*allegroMessage
}

type allegroMessage struct {
	AllegroMessage
	files []string
}

type allegroIssue struct {
	id, kind, status, login string
	opened, due             time.Time
	closed                  bool
	count                   int
	chat                    []allegroSaid
}

type allegroSaid struct {
	id, role, login, text string
	at                    time.Time
	files                 []string
}

type allegroDevice struct{ user, state string }

// NewAllegro starts one, which ends with the test.
func NewAllegro(t testing.TB) *Allegro {
	t.Helper()
	a := &Allegro{now: time.Now, files: make(map[string]*AllegroFile), access: make(map[string]time.Time), refresh: make(map[string]time.Time),
		devices: make(map[string]*allegroDevice), calls: make(map[string]int)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth/oauth/device", a.beginDevice)
	mux.HandleFunc("POST /auth/oauth/token", a.token)
	for pattern, version := range map[string]string{"/messaging/": "public", "/sale/": "beta"} {
		mux.Handle(pattern, a.api(version))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Be changes how it behaves.
func (a *Allegro) Be(like AllegroLike) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.like = like
}

// At has it live by another clock.
func (a *Allegro) At(now func() time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = now
}

// OnCall has f told of each call before it is answered; nil: nobody.
func (a *Allegro) OnCall(f func(method, path string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onCall = f
}

// OnGrant has f told of each time that the sign-in is asked for tokens, when what it does is done and
// before it is told: refresh_token or a device's. f must not ask this server.
func (a *Allegro) OnGrant(f func(grant string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onGrant = f
}

// Calls is how often something was called: "GET /messaging/threads".
func (a *Allegro) Calls(what string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[what]
}

// stamp is a moment after everything said so far.
func (a *Allegro) stamp() time.Time {
	at := a.now().UTC().Truncate(time.Millisecond)
	if !at.After(a.last) {
		at = a.last.Add(time.Millisecond)
	}
	a.last = at
	return at
}

// Write has something written, and gives the thread and the message.
func (a *Allegro) Write(m AllegroMessage) (thread, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.write(m)
}

func (a *Allegro) write(m AllegroMessage) (thread, id string) {
	if m.At.IsZero() {
		m.At = a.stamp()
	}
	if m.ID == "" {
		m.ID = "msg-" + rand.Text()
	}
	t := a.thread(m.Thread)
	if t == nil && m.Thread == "" && m.Login != "" {
		t = a.threadOf(m.Login)
	}
	if t == nil {
		t = &allegroThread{id: m.Thread, login: m.Login}
		if t.id == "" {
			t.id = "thr-" + rand.Text()
		}
		a.threads = append(a.threads, t)
	}
	m.Thread = t.id
	is := &allegroMessage{AllegroMessage: m}
	for _, f := range m.Files {
		is.files = append(is.files, a.keep(f))
	}
	t.messages = append(t.messages, is)
	if m.At.After(t.last) {
		t.last = m.At
	}
	return t.id, m.ID
}

func (a *Allegro) keep(f AllegroFile) string {
	if f.Status == "" {
		f.Status = "SAFE"
	}
	id := "att-" + rand.Text()
	a.files[id] = &f
	return id
}

func (a *Allegro) thread(id string) *allegroThread {
	for _, t := range a.threads {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (a *Allegro) threadOf(login string) *allegroThread {
	for _, t := range a.threads {
		if strings.EqualFold(t.login, login) {
			return t
		}
	}
	return nil
}

// Empty makes a thread without a date or a message, with whose account is gone.
func (a *Allegro) Empty() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := &allegroThread{id: "thr-" + rand.Text()}
	a.threads = append(a.threads, t)
	return t.id
}

// Missing leaves a thread out of the list, or shows it again.
func (a *Allegro) Missing(thread string, is bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.thread(thread).missing = is
}

// Remove removes a thread.
func (a *Allegro) Remove(thread string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.threads = slices.DeleteFunc(a.threads, func(t *allegroThread) bool { return t.id == thread })
}

// Read reports whether a thread was marked as read.
func (a *Allegro) Read(thread string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.thread(thread).read
}

// Scanned gives all files of a message a status.
func (a *Allegro) Scanned(message, status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.message(message); m != nil {
		for _, id := range m.files {
			a.files[id].Status = status
		}
	}
}

func (a *Allegro) message(id string) *allegroMessage {
	for _, t := range a.threads {
		for _, m := range t.messages {
			if m.ID == id {
				return m
			}
		}
	}
	return nil
}

// Open opens an issue: DISPUTE or CLAIM, with the buyer's first words.
func (a *Allegro) Open(kind, login, text string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.stamp()
	i := &allegroIssue{id: "iss-" + rand.Text(), kind: kind, login: login, opened: at, due: at.Add(14 * 24 * time.Hour), status: "DISPUTE_ONGOING"}
	if kind == "CLAIM" {
		i.status = "CLAIM_SUBMITTED"
	}
	a.issues = append(a.issues, i)
	if text != "" {
		i.say("BUYER", login, text, at)
	}
	return i.id
}

func (i *allegroIssue) say(role, login, text string, at time.Time) string {
	id := "im-" + rand.Text()
	i.chat = append(i.chat, allegroSaid{id: id, role: role, login: login, text: text, at: at})
	i.count++
	return id
}

// Say has somebody say something in an issue: BUYER, SELLER, ADMIN, SYSTEM or FULFILLMENT.
func (a *Allegro) Say(issue, role, text string, files ...AllegroFile) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.issue(issue)
	login := ""
	if role == "BUYER" {
		login = i.login
	}
	id := i.say(role, login, text, a.stamp())
	for _, f := range files {
		i.chat[len(i.chat)-1].files = append(i.chat[len(i.chat)-1].files, a.keep(f))
	}
	return id
}

// RemoveIssue removes an issue.
func (a *Allegro) RemoveIssue(issue string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issues = slices.DeleteFunc(a.issues, func(i *allegroIssue) bool { return i.id == issue })
}

// Claims has an issue say that it has more messages than are there yet.
func (a *Allegro) Claims(issue string, more int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issue(issue).count += more
}

// Decide gives an issue another status, and shuts its chat when that is an end.
func (a *Allegro) Decide(issue, status string, shut bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.issue(issue)
	i.status, i.closed = status, shut
}

func (a *Allegro) issue(id string) *allegroIssue {
	for _, i := range a.issues {
		if i.id == id {
			return i
		}
	}
	return nil
}

// Sent is what the seller said through the API so far.
func (a *Allegro) Sent() []AllegroSent {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.sent)
}
