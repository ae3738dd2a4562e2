package hub_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/hub"
)

// agent is a Reader who follows everything and notes which entries came.
type agent struct{ got chan centrala.ConversationID }

func (agent) Who() *auth.Principal                              { return &auth.Principal{Kind: auth.Agent} }
func (agent) Follows(*centrala.Conversation) (rows, words bool) { return true, true }
func (a *agent) Deliver(e *hub.Entry)                           { a.got <- e.Conversation }
func (agent) Row(centrala.ConversationID, []byte)               {}
func (agent) Push([]byte)                                       {}

// library is a log that is read when the test lets it: each read takes a turn.
type library struct {
	turn  chan struct{}
	reads chan centrala.ConversationID
}

const entries = 100 // of every conversation

func (l library) Conversation(_ context.Context, _ centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error) {
	l.reads <- id
	<-l.turn
	return centrala.Conversation{ID: id, LastN: entries, LastSeq: entries, Status: centrala.Open}, nil
}

func (l library) Tail(ctx context.Context, s centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error) {
	c, err := l.Conversation(ctx, s, id)
	var all []centrala.Message
	for seq := after + 1; seq <= entries; seq++ {
		all = append(all, centrala.Message{Conversation: id, Seq: seq})
	}
	return all, c, err
}

type blank struct{}

func (blank) Entry(*auth.Principal, *centrala.Message) []byte  { return []byte{} }
func (blank) Row(*centrala.Conversation) []byte                { return []byte{} }
func (blank) Gone(centrala.ConversationID) []byte              { return []byte{} }
func (blank) Tell([]byte)                                      {}
func (blank) Frame(any) []byte                                 { return []byte{} }
func (blank) Outside(*centrala.Event)                          {}
func (blank) Happened(*centrala.Event, *centrala.Conversation) {}
func (blank) Moved(*centrala.Conversation)                     {}
func (blank) Ended(string)                                     {}

// Another node tells of many events at once, as after a crash. What is committed here is shown
// as soon as the read that is under way has ended, and the log is read once for all events that
// it had at that moment.
func TestOwnCommitsDoNotWaitForOtherNodes(t *testing.T) {
	t.Parallel()
	l := library{turn: make(chan struct{}), reads: make(chan centrala.ConversationID)}
	h := hub.New[*agent](t.Context(), l, blank{}, blank{}, blank{}, slog.New(slog.DiscardHandler))
	a := &agent{got: make(chan centrala.ConversationID, 4*entries)}
	h.Join(a, 0)
	go h.Run()
	same := sameShard(3)
	for n := range int64(entries) {
		for _, id := range same[:2] {
			h.Handle(centrala.Event{ID: centrala.EventID(n + 1), Type: centrala.MessageReceived, Conversation: id, N: n + 1, Seq: n + 1})
		}
	}
	first := wait(t, l.reads)
	h.Committed([]centrala.Commit{{Event: centrala.Event{ID: 1000, Conversation: same[2], N: 1, Seq: 1},
		Message: &centrala.Message{Conversation: same[2], Seq: 1}, Conversation: &centrala.Conversation{ID: same[2], Status: centrala.Open}}})
	l.turn <- struct{}{}
	for range entries {
		if id := wait(t, a.got); id != first {
			t.Fatalf("%s, want %s, which was being read", id, first)
		}
	}
	if id := wait(t, a.got); id != same[2] {
		t.Fatalf("%s is shown before what was committed here", id)
	}
	if second := wait(t, l.reads); second == first {
		t.Fatal("the log is read again for what it had told")
	}
	l.turn <- struct{}{}
	for range entries {
		wait(t, a.got)
	}
	done := make(chan struct{})
	h.After(func() { close(done) })
	select {
	case <-done:
	case id := <-l.reads:
		t.Errorf("%s is read a second time", id)
	case id := <-a.got:
		t.Errorf("%s is shown more than once", id)
	case <-time.After(10 * time.Second):
		t.Error("the hub does not come to an end")
	}
}

// sameShard is n conversations that one goroutine shows.
func sameShard(n int) []centrala.ConversationID {
	var out []centrala.ConversationID
	for id := centrala.ConversationID(1); len(out) < n; id++ {
		if (centrala.Event{Conversation: id}).Lane() == 0 {
			out = append(out, id)
		}
	}
	return out
}

func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing comes")
		panic("unreachable")
	}
}
