package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

// groupSize is how many operations the writer takes into one commit.
const groupSize = 64

func groupCases() []testCase {
	return []testCase{
		{"equal keys in one commit are one message each", equalKeys},
		{"a key with other words in the same commit is a conflict", otherWordsTogether},
		{"what is refused leaves the rest of its commit alone", refusedAmongGood},
		{"what fails when the commit is written fails alone", failsAtTheEnd},
		{"a conversation that many move in one commit is as if one after the other had", movedTogether},
		{"two writers of one conversation leave it dense and every key once", twoWriters},
	}
}

// together opens the database once more and brings operations into one commit of that writer, in
// their order, which is held up until all of them wait for it. It returns how many commits it
// took and how many of them had to be done again one by one.
func (h *house) together(t *testing.T, run ...func(*store.DB)) (commits, replays uint64) {
	t.Helper()
	db := openStore(t, h.dsn, h.clock)
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	db.OnCommit(func([]centrala.Commit) {
		once.Do(func() { close(held); <-release })
	})
	var all sync.WaitGroup
	all.Go(func() {
		k, _ := h.customer()
		if _, err := db.Append(t.Context(), h.post(k, "first", "przed wszystkimi")); err != nil {
			t.Errorf("before all others: %v", err)
		}
	})
	<-held
	before := stats(t, db)
	for i, f := range run {
		all.Go(func() { f(db) })
		for stats(t, db).Queue != i+1 {
			if t.Failed() {
				break
			}
		}
	}
	close(release)
	all.Wait()
	after := stats(t, db)
	return after.Transactions - before.Transactions, after.Replays - before.Replays
}

func stats(t *testing.T, db *store.DB) store.Stats {
	t.Helper()
	s, err := db.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// posts are as many operations that append what post says, with their receipts and errors.
func posts(t *testing.T, n int, post func(i int) centrala.Post) (run []func(*store.DB), receipts []centrala.Receipt, errs []error) {
	receipts, errs = make([]centrala.Receipt, n), make([]error, n)
	for i := range n {
		run = append(run, func(db *store.DB) { receipts[i], errs[i] = db.Append(t.Context(), post(i)) })
	}
	return run, receipts, errs
}

func equalKeys(t *testing.T, h *house) {
	k, _ := h.customer()
	first := h.say(t, h.post(k, "first", "dzień dobry"))
	const each = 4
	run, receipts, errs := posts(t, groupSize, func(i int) centrala.Post {
		return h.post(k, fmt.Sprint("k", i/each), fmt.Sprint("wiadomość ", i/each))
	})
	if commits, replays := h.together(t, run...); commits != 1 || replays != 0 {
		t.Errorf("%d commits and %d replays, want one commit", commits, replays)
	}
	for i, r := range receipts {
		one := receipts[i-i%each]
		one.Repeated = i%each != 0
		if errs[i] != nil || r != one || r.Conversation != first.Conversation || r.Seq != int64(2+i/each) {
			t.Errorf("%d: %+v, %v; the first of its key: %+v", i, r, errs[i], one)
		}
	}
	if all := h.dense(t, first.Conversation); len(all) != 1+groupSize/each {
		t.Errorf("%d entries", len(all))
	}
}

func otherWordsTogether(t *testing.T, h *house) {
	k, _ := h.customer()
	first := h.say(t, h.post(k, "first", "dzień dobry"))
	run, receipts, errs := posts(t, 2, func(i int) centrala.Post { return h.post(k, "k", fmt.Sprint("słowa ", i)) })
	if commits, replays := h.together(t, run...); commits != 1 || replays != 0 {
		t.Errorf("%d commits and %d replays, want one commit", commits, replays)
	}
	if errs[0] != nil || receipts[0].Seq != 2 || centrala.CodeOf(errs[1]) != centrala.Conflict {
		t.Errorf("%+v, %v", receipts, errs)
	}
	if all := h.dense(t, first.Conversation); len(all) != 2 || all[1].Text != "słowa 0" {
		t.Errorf("%+v", all)
	}
}

// One of them is refused before it has written anything, or after.
func refusedAmongGood(t *testing.T, h *house) {
	const bad = 20
	stranger, _ := h.customer()
	h.say(t, h.post(stranger, "1", "spam"))
	if err := h.Block(t.Context(), centrala.Everything(), stranger.ID, true, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	newcomer, _ := h.customer()
	for name, want := range map[string]struct {
		post    centrala.Post
		code    centrala.Code
		replays uint64
	}{
		"before": {h.post(stranger, "2", "spam"), centrala.Closed, 0},
		"after":  {h.post(newcomer, "1", "do nikąd"), centrala.NotFound, 1}, // there is no such inbox, but the contact's row was made
	} {
		k, _ := h.customer()
		first := h.say(t, h.post(k, "first", "dzień dobry"))
		run, receipts, errs := posts(t, groupSize, func(i int) centrala.Post {
			if i == bad {
				if name == "after" {
					want.post.Inbox = h.mailbox.ID + 1
				}
				return want.post
			}
			return h.post(k, fmt.Sprint("k", i), fmt.Sprint("wiadomość ", i))
		})
		if _, replays := h.together(t, run...); replays != want.replays {
			t.Errorf("%s: %d replays, want %d", name, replays, want.replays)
		}
		if centrala.CodeOf(errs[bad]) != want.code {
			t.Errorf("%s: %v, want %s", name, errs[bad], want.code)
		}
		h.allButOne(t, first.Conversation, bad, receipts, errs)
	}
}

// allButOne fails unless all posts but one are in the timeline after its first entry, in their order.
func (h *house) allButOne(t *testing.T, c centrala.ConversationID, bad int, receipts []centrala.Receipt, errs []error) {
	t.Helper()
	receipts, errs = slices.Delete(slices.Clone(receipts), bad, bad+1), slices.Delete(slices.Clone(errs), bad, bad+1)
	for i, r := range receipts {
		if errs[i] != nil || r.Repeated || r.Seq != int64(i+2) {
			t.Errorf("good one %d: %+v, %v", i, r, errs[i])
		}
	}
	if all := h.dense(t, c); len(all) != len(receipts)+1 {
		t.Errorf("%d entries", len(all))
	}
}

// A chat is taken up again beside another one, which only the table's own promise refuses, when
// everything is written.
func failsAtTheEnd(t *testing.T, h *house) {
	const bad = 30
	twice, _ := h.customer()
	old := h.say(t, h.post(twice, "1", "pierwsza sprawa"))
	h.do(t, old.Conversation, centrala.Resolve{})
	h.clock.move(time.Minute)
	h.say(t, h.post(twice, "2", "druga sprawa"))
	k, _ := h.customer()
	first := h.say(t, h.post(k, "first", "dzień dobry"))
	run, receipts, errs := posts(t, groupSize, func(i int) centrala.Post { return h.post(k, fmt.Sprint("k", i), fmt.Sprint("wiadomość ", i)) })
	run[bad] = func(db *store.DB) {
		_, errs[bad] = db.Do(t.Context(), centrala.Everything(), old.Conversation, centrala.Reopen{}, centrala.Author{Kind: centrala.ByAgent})
	}
	if _, replays := h.together(t, run...); replays != 1 {
		t.Errorf("%d replays, want one: nothing failed", replays)
	}
	if centrala.CodeOf(errs[bad]) != centrala.Conflict {
		t.Errorf("reopening: %v, want a conflict", errs[bad])
	}
	h.allButOne(t, first.Conversation, bad, receipts, errs)
	if c := h.conversation(t, old.Conversation); c.Status != centrala.Resolved {
		t.Errorf("what was refused is %s", c.Status)
	}
	h.dense(t, old.Conversation)
}

func movedTogether(t *testing.T, h *house) {
	k, scope := h.customer()
	c := h.say(t, h.post(k, "1", "pytanie")).Conversation
	by := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: h.ania.Name}
	do := func(cmd centrala.Command) func(*store.DB) {
		return func(db *store.DB) {
			if _, err := db.Do(t.Context(), centrala.Everything(), c, cmd, by); err != nil {
				t.Errorf("%T: %v", cmd, err)
			}
		}
	}
	say := func(p centrala.Post) func(*store.DB) {
		return func(db *store.DB) {
			if _, err := db.Append(t.Context(), p); err != nil {
				t.Errorf("%q: %v", p.Text, err)
			}
		}
	}
	commits, replays := h.together(t,
		say(h.reply(h.ania, c, "a", "odpowiedź")), // claims it
		do(centrala.Tag{Tags: []string{"zwrot"}}),
		func(db *store.DB) {
			if err := db.Seen(t.Context(), scope, c, centrala.Author{Kind: centrala.ByCustomer}, 3, 3); err != nil {
				t.Errorf("seen: %v", err)
			}
		},
		do(centrala.Resolve{}),
		say(h.post(k, "2", "nowa sprawa")), // the chat is over within the same commit: a new one
		say(h.post(k, "3", "i jeszcze")),
	)
	if commits != 1 || replays != 0 {
		t.Errorf("%d commits and %d replays, want one commit", commits, replays)
	}
	old := h.conversation(t, c)
	if old.Status != centrala.Resolved || old.LastAssignee != h.ania.ID || !slices.Equal(old.Tags, []string{"zwrot"}) || old.ReadByCustomer != 3 || old.LastText.Text != "odpowiedź" {
		t.Errorf("the old one: %+v", old)
	}
	h.dense(t, c)
	items, _, err := h.Conversations(t.Context(), centrala.Scope{Contact: k.ID}, centrala.Filter{})
	if err != nil || len(items) != 2 {
		t.Fatalf("%d conversations, %v", len(items), err)
	}
	for _, other := range items {
		if all := h.dense(t, other.ID); other.ID != c && (len(all) != 2 || other.LastSeq != 2 || other.Unread != 2) {
			t.Errorf("the new one: %+v, %+v", other, all)
		}
	}
}

// Two nodes, or a server and a command, write into one conversation at once, and some words come
// to both of them.
func twoWriters(t *testing.T, h *house) {
	k, _ := h.customer()
	first := h.say(t, h.post(k, "first", "dzień dobry"))
	nodes := [2]*store.DB{h.DB, openStore(t, h.dsn, h.clock)}
	const n = 120
	var receipts [len(nodes)][n]centrala.Receipt
	var all sync.WaitGroup
	for w := range 8 {
		for node, db := range nodes {
			all.Go(func() {
				for i := w; i < n; i += 8 {
					key := fmt.Sprint("both", i)
					if i%3 == 0 {
						key = fmt.Sprint("only", node, "-", i)
					}
					r, err := db.Append(t.Context(), h.post(k, key, fmt.Sprint("wiadomość ", key)))
					if err != nil {
						t.Errorf("node %d, %s: %v", node, key, err)
					}
					receipts[node][i] = r
				}
			})
		}
	}
	all.Wait()
	for i := range n {
		a, b := receipts[0][i], receipts[1][i]
		if i%3 == 0 {
			if a.Seq == b.Seq || a.Repeated || b.Repeated {
				t.Errorf("two messages: %+v, %+v", a, b)
			}
		} else if a.Seq != b.Seq || a.Message != b.Message || a.Repeated == b.Repeated {
			t.Errorf("one message: %+v, %+v", a, b)
		}
	}
	if entries := h.dense(t, first.Conversation); len(entries) != 1+n+n/3 {
		t.Errorf("%d entries, want %d", len(entries), 1+n+n/3)
	}
}
