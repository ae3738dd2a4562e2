package main

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/channels/channelstest"
)

// posting has ten people write through one node, each a message after the other.
type posting struct {
	c      *nodes
	meta   *channelstest.Meta
	door   string // the address of the webhook
	rounds int    // that were posted so far
}

const writers = 10

func writer(i int) string { return fmt.Sprint(7_100_000_000_000_100 + i) }

// post has everybody write n more messages. Each post is answered with 200 and is a row of the database
// by then.
func (p *posting) post(t *testing.T, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for k := range n {
				mid := fmt.Sprintf("mid.%d.%d", i, p.rounds+k)
				body := channelstest.MetaHook("page", channelstest.MetaPage, channelstest.MetaEvent(writer(i), channelstest.MetaPage, time.Now(), "message",
					map[string]any{"mid": mid, "text": fmt.Sprintf("wiadomość %d", p.rounds+k)}))
				if status, err := p.meta.Post(p.door, body); err != nil || status != 200 {
					t.Errorf("%s was answered with %d, %v", mid, status, err)
					return
				}
			}
		})
	}
	all.Wait()
	p.rounds += n
	if kept := p.c.count(t, `SELECT count(*) FROM hook h JOIN hook_body b ON b.hook = h.id WHERE length(b.body) > 0 OR h.outcome = 'taken'`); kept != p.rounds*writers {
		t.Fatalf("%d posts were answered, %d are rows", p.rounds*writers, kept)
	}
}

// read is how many hooks have been read.
func (p *posting) read(t *testing.T) int {
	t.Helper()
	return p.c.count(t, `SELECT count(*) FROM hook WHERE outcome <> 'new'`)
}

// reader waits until somebody reads the inbox and says which node it is.
func (p *posting) reader(t *testing.T, except int) (node int) {
	t.Helper()
	for range 2 { // a lease that nobody gives back lasts for a while
		node = -1
		for end := time.Now().Add(25 * time.Second); node < 0 && time.Now().Before(end); _ = pausing(t.Context(), 20*time.Millisecond) {
			var holder string
			err := p.c.db.QueryRowContext(t.Context(), `SELECT holder FROM lease WHERE ends > $1`, time.Now().UnixMicro()).Scan(&holder)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				continue // the database is just coming back
			}
			for i := range p.c.at {
				if i != except && strings.HasPrefix(holder, fmt.Sprintf("node-%d", i+1)) {
					node = i
				}
			}
		}
		if node >= 0 {
			return node
		}
	}
	t.Fatal("nobody reads the inbox")
	return -1
}

// A webhook is posted to one node and read by another, which holds the inbox's lease. That one is
// killed in the middle of a batch, with some of it written and not committed, and the database breaks
// down with it: every post that was answered is on disk, the first node takes over, and nothing is
// lost, doubled, or out of order.
func TestReaderIsKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	meta := channelstest.NewMeta(t)
	c := startNodes(t, 2, true, fmt.Sprintf("[social]\nmeta_url = %q\n", meta.Base))
	admin := c.furnish(t, c.at[0])
	var door struct{ ID centrala.InboxID }
	c.at[0].must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "messenger", "name": "Strona", "side": "buyer", "account": map[string]any{"id": channelstest.MetaPage},
		"token": channelstest.MetaToken, "app_secret": channelstest.MetaSecret}, &door)
	p := &posting{c: c, meta: meta}
	reader := p.reader(t, -1)
	other := 1 - reader
	p.door = c.at[other].Base + "/hooks/" + door.ID.String()

	p.post(t, 44)
	eventually(t, "nothing else is done with these conversations", func() error { // who else waited for one would hold up the posts
		for _, n := range c.at {
			_, body := n.get(t, "/metrics")
			for line := range strings.Lines(body) {
				if strings.HasPrefix(line, "centrala_work_lag") && !strings.HasSuffix(line, " 0\n") || strings.HasPrefix(line, "centrala_outbox ") && line != "centrala_outbox 0\n" {
					return errors.New(line)
				}
			}
		}
		if n := p.read(t); n < p.rounds*writers {
			return fmt.Errorf("%d are read", n)
		}
		return nil
	})
	held, err := c.db.BeginTx(t.Context(), nil) // the reader comes as far as the words of one person, and waits
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback() //nolint:errcheck // it ended with the database
	if _, err := held.ExecContext(t.Context(), `SELECT id FROM conversation WHERE peer = $1 FOR UPDATE`, writer(5)); err != nil {
		t.Fatal(err)
	}
	p.post(t, 6)
	eventually(t, "the reader is in the middle of a batch", func() error {
		if c.count(t, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'centrala'`) == 0 {
			return errors.New("nobody waits for the person's conversation")
		}
		return nil
	})
	before := p.read(t)
	if before < 100 || before >= 500 {
		t.Fatalf("%d of 500 are read: that is no middle", before)
	}
	if err := errors.Join(c.Nodes[reader].Kill(), c.Postgres.Restart(t.Context())); err != nil {
		t.Fatal(err)
	}
	if after := p.reader(t, reader); after != other {
		t.Fatalf("node %d reads on", after+1)
	}
	eventually(t, "the other node has read all of it", func() error {
		var n int
		if err := c.db.QueryRowContext(t.Context(), `SELECT count(*) FROM hook WHERE outcome = 'new'`).Scan(&n); err != nil || n != 0 {
			return fmt.Errorf("%d wait, %v", n, err)
		}
		return nil
	})
	t.Logf("%d were read when the reader was killed", before)
	p.whole(t)
}

// whole holds the log against what was posted.
func (p *posting) whole(t *testing.T) {
	t.Helper()
	if taken := p.c.count(t, `SELECT count(*) FROM hook WHERE outcome = 'taken' AND messages = 1`); taken != 500 {
		t.Errorf("%d hooks are taken, want 500", taken)
	}
	if talks := p.c.count(t, `SELECT count(*) FROM conversation`); talks != writers {
		t.Errorf("there are %d conversations of %d people", talks, writers)
	}
	for i := range writers {
		rows, err := p.c.db.QueryContext(t.Context(), `SELECT e.seq, e.text FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.peer = $1 AND e.seq IS NOT NULL ORDER BY e.seq`, writer(i))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for last := int64(0); rows.Next(); last++ {
			var seq int64
			var text string
			if err := rows.Scan(&seq, &text); err != nil {
				t.Fatal(err)
			}
			if seq != last+1 {
				t.Errorf("person %d has entry %d after %d", i, seq, last)
			}
			if text != "" {
				said = append(said, text)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		var want []string
		for n := range p.rounds {
			want = append(want, fmt.Sprintf("wiadomość %d", n))
		}
		if !slices.Equal(said, want) {
			t.Errorf("person %d said %d things: %q", i, len(said), said)
		}
	}
}
