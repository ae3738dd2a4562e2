package channelstest

import (
	"context"
	"sync"
	"testing"

	"centrala"
)

// Recorder is a log that remembers what channels give it. Like the real one it takes the same
// external id of an inbox once, and moves the cursor with the message. It is safe for
// concurrent use; the zero value is ready.
type Recorder struct {
	mu      sync.Mutex
	taken   []centrala.Inbound
	again   int
	seen    map[string]bool
	cursors map[string]centrala.Cursor
	refuse  func(centrala.Inbound) error
	shelf   shelf
}

// Receive implements channels.Intake.
func (r *Recorder) Receive(_ context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(in); err != nil {
			return centrala.Receipt{}, err
		}
	}
	if r.seen == nil {
		r.seen, r.cursors = make(map[string]bool), make(map[string]centrala.Cursor)
	}
	if in.Cursor != nil {
		r.cursors[in.Inbox.String()+in.Cursor.Folder] = *in.Cursor
	}
	for _, key := range []string{in.ExternalID, in.MessageID + "\x00" + in.Digest} {
		if len(key) > 1 && r.seen[in.Inbox.String()+key] {
			r.again++
			return centrala.Receipt{Repeated: true}, nil
		}
	}
	r.seen[in.Inbox.String()+in.ExternalID] = true
	r.seen[in.Inbox.String()+in.MessageID+"\x00"+in.Digest] = true
	r.taken = append(r.taken, in)
	return centrala.Receipt{Seq: int64(len(r.taken))}, nil
}

// ReceiveAll implements channels.Intake.
func (r *Recorder) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	r.mu.Lock()
	refuse := r.refuse
	r.mu.Unlock()
	for _, in := range ins {
		if refuse != nil {
			if err := refuse(in); err != nil {
				return nil, err
			}
		}
	}
	receipts := make([]centrala.Receipt, len(ins))
	for i, in := range ins {
		var err error
		if receipts[i], err = r.Receive(ctx, in); err != nil {
			return nil, err
		}
	}
	return receipts, nil
}

// Cursor implements channels.Intake.
func (r *Recorder) Cursor(_ context.Context, inbox centrala.InboxID, folder string) (centrala.Cursor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cursors[inbox.String()+folder], nil
}

// Refuse lets f refuse what comes; nil takes everything again.
func (r *Recorder) Refuse(f func(centrala.Inbound) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = f
}

// Taken is what came, in order, and how often something came again.
func (r *Recorder) Taken() (taken []centrala.Inbound, again int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]centrala.Inbound(nil), r.taken...), r.again
}

// Wait waits until at least n messages came, and gives them.
func (r *Recorder) Wait(t testing.TB, n int) []centrala.Inbound {
	t.Helper()
	var taken []centrala.Inbound
	Eventually(t, "enough messages came", func() bool {
		taken, _ = r.Taken()
		return len(taken) >= n
	})
	return taken
}
