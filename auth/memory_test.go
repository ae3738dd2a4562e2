package auth_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
)

// memory is the Guard's view of the log, in memory. The real one is held against the same
// interface by the edge's tests.
type memory struct {
	mu       sync.Mutex
	ids      centrala.IDs
	agents   map[centrala.AgentID]account
	sessions map[string]session
	links    map[string]link
	keys     map[string]centrala.APIKey
	people   map[centrala.ContactID]person
	audit    []centrala.AuditEntry
	absorbed [][2]centrala.ContactID
	now      func() time.Time
}

type account struct {
	centrala.Agent
	hash, totp string
}

type session struct {
	agent   centrala.AgentID
	expires time.Time
}

type link struct {
	purpose string
	agent   centrala.AgentID
	expires time.Time
}

type person struct {
	sub        string
	generation int64
	blocked    bool
}

func newMemory(now func() time.Time) *memory {
	return &memory{agents: map[centrala.AgentID]account{}, sessions: map[string]session{}, links: map[string]link{},
		keys: map[string]centrala.APIKey{}, people: map[centrala.ContactID]person{}, now: now}
}

func none(what string) error { return centrala.Errorf(centrala.NotFound, "no such %s", what) }

func (m *memory) Agent(_ context.Context, id centrala.AgentID) (centrala.Agent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.agents[id]
	if !ok {
		return centrala.Agent{}, none("agent")
	}
	return a.Agent, nil
}

func (m *memory) Credentials(_ context.Context, email string) (centrala.Agent, string, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.agents {
		if a.Email == email {
			return a.Agent, a.hash, a.totp, nil
		}
	}
	return centrala.Agent{}, "", "", none("agent")
}

func (m *memory) SetPassword(_ context.Context, id centrala.AgentID, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.agents[id]
	a.hash = hash
	m.agents[id] = a
	for k, s := range m.sessions {
		if s.agent == id {
			delete(m.sessions, k)
		}
	}
	return nil
}

func (m *memory) StartSession(_ context.Context, h []byte, id centrala.AgentID, now time.Time, idle, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[string(h)] = session{id, now.Add(idle)}
	return nil
}

func (m *memory) Session(_ context.Context, h []byte) (centrala.AgentID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[string(h)]
	if !ok {
		return 0, none("session")
	}
	if !m.now().Before(s.expires) {
		return 0, centrala.Errorf(centrala.Unauthorized, "over")
	}
	return s.agent, nil
}

func (m *memory) EndSession(_ context.Context, h []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, string(h))
	return nil
}

func (m *memory) EndSessions(context.Context, centrala.AgentID) error { return nil }

func (m *memory) OneTime(_ context.Context, h []byte, purpose string, id centrala.AgentID, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links[string(h)] = link{purpose, id, expires}
	return nil
}

func (m *memory) UseOneTime(_ context.Context, h []byte, purpose string) (centrala.AgentID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.links[string(h)]
	if !ok || l.purpose != purpose || !m.now().Before(l.expires) {
		return 0, none("link")
	}
	delete(m.links, string(h))
	return l.agent, nil
}

func (m *memory) NewContactID() centrala.ContactID { return centrala.ContactID(m.ids.Next(m.now())) }

func (m *memory) ContactBySubject(_ context.Context, sub string) (centrala.ContactID, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, p := range m.people {
		if p.sub == sub {
			return id, true, nil
		}
	}
	return 0, false, nil
}

func (m *memory) VisitorState(_ context.Context, id centrala.ContactID) (int64, bool, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.people[id]
	return p.generation, p.blocked, ok, nil
}

func (m *memory) AbsorbVisitor(_ context.Context, old centrala.ContactID, into centrala.Contact, _ centrala.InboxID, _ centrala.Author) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.people[old].sub != "" {
		return centrala.Errorf(centrala.Conflict, "verified")
	}
	m.absorbed = append(m.absorbed, [2]centrala.ContactID{old, into.ID})
	return nil
}

func (m *memory) KeyByHash(_ context.Context, h []byte) (centrala.APIKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[string(h)]
	if !ok {
		return centrala.APIKey{}, none("key")
	}
	return k, nil
}

func (m *memory) Audit(_ context.Context, e centrala.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.audit = append(m.audit, e)
	return nil
}

// clock is a time that only tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func aClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

var secret = []byte("thirty-two bytes of installation")

func aGuard(t *testing.T, o auth.Options) (*auth.Guard, *memory, *clock) {
	t.Helper()
	c := aClock()
	m := newMemory(c.now)
	o.Now = c.now
	return auth.New(m, secret, o), m, c
}

func (m *memory) hire(t *testing.T, g *auth.Guard, a centrala.Agent, password string) centrala.Agent {
	t.Helper()
	hash, err := g.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a.ID = centrala.AgentID(m.ids.Next(m.now()))
	m.agents[a.ID] = account{Agent: a, hash: hash}
	return a
}

func (m *memory) meet(id centrala.ContactID, p person) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.people[id] = p
}

var web = centrala.Inbox{ID: 7, Slug: "web", Channel: centrala.Chat, Enabled: true, Secret: "the host site and we know this one"}

func wantReason(t *testing.T, err error, want string) {
	t.Helper()
	if centrala.CodeOf(err) != centrala.Unauthorized || auth.Reason(err) != want {
		t.Errorf("got %v (reason %q), want a refusal as %s", err, auth.Reason(err), want)
	}
}
