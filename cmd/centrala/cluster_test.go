package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"centrala/lab"
)

// nodes is one installation on several nodes: PostgreSQL, three NATS servers, and as many
// processes of this program.
type nodes struct {
	*lab.Cluster
	*premises // for the commands beside them
	at        []*process
	db        *sql.DB
}

// startNodes starts n nodes. settings are lines of their configuration.
func startNodes(t *testing.T, n int, standby bool, settings string) *nodes {
	t.Helper()
	dir, err := os.MkdirTemp("", "centrala-nodes-") // t.TempDir is not for PostgreSQL's user when this is root
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	nats, err := exec.Command("go", "tool", "-n", "nats-server").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "centrala.toml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := lab.StartCluster(t.Context(), lab.ClusterConfig{Dir: dir, Binary: os.Args[0], NATS: strings.TrimSpace(string(nats)), Scratch: !standby,
		Listen: make([]string, n), Args: []string{"serve", "--config", file, "--no-limits"}, Env: []string{"CENTRALA_TEST_MAIN=1"}})
	if errors.Is(err, lab.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for i, n := range k.Nodes {
				t.Logf("node %d said: %s", i+1, n.Said())
			}
		}
		if err := k.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := &nodes{Cluster: k, premises: newPremises(t, k.Postgres.Address("centrala"), "key_file = "+strconv.Quote(filepath.Join(dir, "key"))+"\n")}
	for _, n := range k.Nodes {
		c.at = append(c.at, &process{Base: "http://" + n.Addr})
	}
	if c.db, err = sql.Open("pgx", k.Postgres.Address("centrala")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.db.Close() })
	return c
}

// count is the number that a query gives.
func (c *nodes) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := c.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// like waits for a frame that contains all of some words.
func (l *receiver) like(t *testing.T, after int, what string, parts ...string) frame {
	t.Helper()
	return l.waitAfter(t, after, what, func(f frame) bool {
		for _, p := range parts {
			if !strings.Contains(string(f.Raw), p) {
				return false
			}
		}
		return true
	})
}

// tell sends a frame that needs no answer.
func (l *receiver) tell(t *testing.T, f map[string]any) {
	t.Helper()
	if err := l.send(f); err != nil {
		t.Fatal(err)
	}
}

// The customer is on one node and the agents are on others: what they see of each other is what
// they would see on one.
func TestConversationAcrossNodes(t *testing.T) {
	t.Parallel()
	c := startNodes(t, 3, false, "")
	here, there, third := c.at[0], c.at[1], c.at[2]
	boss := c.furnish(t, third)
	ania := there.login(t, "ania@firma.test")

	// Two customers wait; each is told their place, on their own node.
	chat, second := here.customer(t), third.customer(t)
	talk := chat.say(t, map[string]any{"text": "Gdzie jest moja paczka?"}).Conversation
	chat.like(t, 0, "the first place", `"conversation"`, `"position":1`)
	later := second.say(t, map[string]any{"text": "Chcę zwrócić buty."}).Conversation
	second.like(t, 0, "the second place", `"conversation"`, `"position":2`)

	// The agent comes on another node and gets both; the customers hear who it is.
	desk := there.console(t, ania)
	for name, l := range map[string]*receiver{talk: chat, later: second} {
		l.like(t, 0, "an agent", name, `"open"`, "Ania")
		desk.like(t, 0, "the conversation at the console", name, "Ania")
	}
	view := func(l *receiver) { l.ask(t, map[string]any{"type": "view", "conversation": talk}) }
	view(desk)

	t.Run("words", func(t *testing.T) {
		chat.say(t, map[string]any{"conversation": talk, "text": "Numer 12345."})
		desk.like(t, 0, "the customer's words", `"message"`, talk, "Numer 12345.")
		desk.say(t, map[string]any{"conversation": talk, "text": "Już sprawdzam."})
		chat.like(t, 0, "the agent's words", `"message"`, "Już sprawdzam.")
	})
	t.Run("typing", func(t *testing.T) {
		for name, pair := range map[string][2]*receiver{"the customer": {chat, desk}, "the agent": {desk, chat}} {
			for _, on := range []bool{true, false} {
				before := pair[1].count()
				pair[0].tell(t, map[string]any{"type": "typing", "conversation": talk, "on": on})
				pair[1].like(t, before, fmt.Sprintf("%s types: %v", name, on), `"typing"`, talk, fmt.Sprintf(`"on":%v`, on))
			}
		}
		before := desk.count() // a customer who leaves types no more
		other := here.customer(t)
		their := other.say(t, map[string]any{"text": "Halo?"}).Conversation
		desk.like(t, before, "one more conversation", their, "Ania")
		other.tell(t, map[string]any{"type": "typing", "conversation": their, "on": true})
		desk.like(t, before, "they type", `"typing"`, their, `"on":true`)
		_ = other.CloseNow()
		desk.like(t, before, "they left", `"typing"`, their, `"on":false`)
	})
	t.Run("who is looking", func(t *testing.T) {
		s, err := here.dial(t.Context(), boss)
		if err != nil {
			t.Fatal(err)
		}
		before := desk.count()
		console := s.listen(t)
		view(console)
		for name, l := range map[string]*receiver{"at the agent's": desk, "at the supervisor's": console} {
			l.like(t, 0, "both look, "+name, `"viewers"`, talk, "Ania", "Barbara")
		}
		_ = console.CloseNow()
		desk.waitAfter(t, before, "one is gone", func(f frame) bool {
			return f.Type == "viewers" && f.Conversation == talk && strings.Contains(string(f.Raw), "Ania") && !strings.Contains(string(f.Raw), "Barbara")
		})
	})
	t.Run("read marks", func(t *testing.T) {
		chat.tell(t, map[string]any{"type": "read", "conversation": talk, "upto": 3})
		desk.like(t, 0, "the customer has read", `"read"`, talk, `"upto":3`)
		desk.like(t, 0, "it is delivered and read", `"delivery"`, talk, `"state":"read"`)
		desk.tell(t, map[string]any{"type": "read", "conversation": talk, "upto": 3})
		chat.like(t, 0, "the agent has read", `"read"`, talk, `"upto":3`, `"agent"`)
	})
	t.Run("presence", func(t *testing.T) {
		s, err := here.dial(t.Context(), boss)
		if err != nil {
			t.Fatal(err)
		}
		console := s.listen(t)
		console.like(t, 0, "she is there", `"presence"`, `"online"`)
		desk.tell(t, map[string]any{"type": "presence.set", "status": "away"})
		console.like(t, 0, "she takes a break", `"presence"`, `"away"`)
	})
	t.Run("settings and sessions", func(t *testing.T) {
		third.must(t, "POST", "/v1/inboxes", boss, map[string]any{"channel": "chat", "name": "Drugi", "slug": "drugi", "side": "buyer"}, nil)
		eventually(t, "the new door lets visitors in on the other node", func() error {
			_, err := here.call(t.Context(), "POST", "/v1/visitors", "", map[string]string{"inbox": "drugi", "locale": "pl"}, nil)
			return err
		})
		third.must(t, "PUT", "/v1/articles/pl/zwrot-paczki", boss, map[string]any{"title": "Zwrot paczki krok po kroku", "body": "Jak zwrócić paczkę."}, nil)
		for i, p := range c.at {
			eventually(t, fmt.Sprintf("node %d finds the article", i+1), func() error {
				if _, body := p.get(t, "/help/pl?q=zwrot+paczki"); !strings.Contains(body, "krok po kroku") {
					return errors.New("not yet")
				}
				return nil
			})
		}
		third.must(t, "DELETE", "/v1/sessions", ania, nil, nil)
		if code, why := desk.closed(t); code != 4001 {
			t.Errorf("a session that ended on another node ends the socket with %d %s", code, why)
		}
	})
}
