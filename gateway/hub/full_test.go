package hub

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"centrala"
	"centrala/auth"
)

// watcher is an agent's socket that follows everything.
type watcher struct{ upto atomic.Int64 }

func (w *watcher) Who() *auth.Principal                        { return &auth.Principal{} }
func (w *watcher) Follows(*centrala.Conversation) (bool, bool) { return true, true }
func (w *watcher) Deliver(e *Entry)                            { w.upto.Store(e.Message.Seq) }
func (w *watcher) Row(centrala.ConversationID, []byte)         {}
func (w *watcher) Push([]byte)                                 {}

// quiet encodes nothing and hears nothing.
type quiet struct{}

func (quiet) Entry(*auth.Principal, *centrala.Message) []byte  { return []byte("{}") }
func (quiet) Row(*centrala.Conversation) []byte                { return []byte("{}") }
func (quiet) Gone(centrala.ConversationID) []byte              { return []byte("{}") }
func (quiet) Frame(any) []byte                                 { return []byte("{}") }
func (quiet) Ended(string)                                     {}
func (quiet) Outside(*centrala.Event)                          {}
func (quiet) Happened(*centrala.Event, *centrala.Conversation) {}
func (quiet) Moved(*centrala.Conversation)                     {}

// book is a log with one conversation of so many entries.
type book struct{ c centrala.Conversation }

func (b book) Conversation(context.Context, centrala.Scope, centrala.ConversationID) (centrala.Conversation, error) {
	return b.c, nil
}

func (b book) Tail(_ context.Context, _ centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error) {
	var all []centrala.Message
	for seq := after + 1; seq <= b.c.LastSeq && len(all) < limit; seq++ {
		all = append(all, centrala.Message{ID: centrala.EventID(seq), Conversation: id, Seq: seq})
	}
	return all, b.c, nil
}

// What finds no room in a shard is neither kept nor lost: when the rest is shown, the hub reads
// on in the log.
func TestFullShardReadsTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const id, all = centrala.ConversationID(5), most + 100
		log := book{centrala.Conversation{ID: id, Status: centrala.Open, LastSeq: all}}
		ctx, end := context.WithCancel(t.Context())
		h := New[*watcher](ctx, log, nil, quiet{}, quiet{}, slog.New(slog.DiscardHandler))
		w := &watcher{}
		h.Join(w, 0)
		for n := int64(1); n <= all; n++ {
			c := log.c
			c.LastSeq = n
			h.Committed([]centrala.Commit{{Event: centrala.Event{ID: centrala.EventID(n), Type: centrala.MessageReceived, Conversation: id, N: n, Seq: n},
				Conversation: &c, Message: &centrala.Message{ID: centrala.EventID(n), Conversation: id, Seq: n}}})
		}
		if waiting, lost := h.Waiting(); waiting != most || lost != 100 {
			t.Errorf("%d wait, %d found no room", waiting, lost)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); h.Run() }()
		synctest.Wait()
		if got := w.upto.Load(); got != all {
			t.Errorf("the socket was shown up to %d of %d", got, all)
		}
		if waiting, _ := h.Waiting(); waiting != 0 {
			t.Errorf("%d still wait", waiting)
		}
		end()
		<-ended
	})
}
