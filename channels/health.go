package channels

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"centrala"
)

// State is how a line is doing.
type State string

// The states. Failing heals by itself or keeps trying; Halted waits for a person.
const (
	Starting State = "starting"
	Working  State = "working"
	Failing  State = "failing"
	Halted   State = "stopped"
)

// The two ways of a line.
const (
	In  = "in"
	Out = "out"
)

// Health is what is known of one way of one inbox's line.
type Health struct {
	Inbox     centrala.InboxID `json:"inbox"`
	Way       string           `json:"way"` // In or Out
	State     State            `json:"state"`
	Since     time.Time        `json:"since"`
	LastOK    time.Time        `json:"last_ok,omitzero"`
	LastError string           `json:"last_error,omitempty"` // in words
	Err       error            `json:"-"`                    // what LastError says
	Behind    int              `json:"behind"`               // fetched or due but not yet done
	Lag       int64            `json:"lag_s"`                // age of the oldest of those, in seconds
}

// Board holds the health of all lines of this process. The zero value is ready; it is safe
// for concurrent use.
type Board struct {
	mu    sync.Mutex
	lines map[line]Health
}

type line struct {
	inbox centrala.InboxID
	way   string
}

// Note writes down that a line is in a state at now. err, when not nil, is why; a line that
// works keeps its last error for people to read.
func (b *Board) Note(inbox centrala.InboxID, way string, s State, err error, now time.Time) {
	b.change(inbox, way, func(h *Health) {
		if h.State != s {
			h.State, h.Since = s, now
		}
		if s == Working {
			h.LastOK = now
		}
		if err != nil {
			h.LastError, h.Err = err.Error(), err
		}
	})
}

// Behind writes down how much is waiting on a line, and for how long.
func (b *Board) Behind(inbox centrala.InboxID, way string, n int, lag time.Duration) {
	b.change(inbox, way, func(h *Health) { h.Behind, h.Lag = n, int64(lag/time.Second) })
}

func (b *Board) change(inbox centrala.InboxID, way string, f func(*Health)) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines == nil {
		b.lines = make(map[line]Health)
	}
	h := b.lines[line{inbox, way}]
	h.Inbox, h.Way = inbox, way
	f(&h)
	b.lines[line{inbox, way}] = h
}

// Forget drops what is known of a line that is no more.
func (b *Board) Forget(inbox centrala.InboxID, way string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.lines, line{inbox, way})
}

// Lines is the health of every line, by inbox and way.
func (b *Board) Lines() []Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Health, 0, len(b.lines))
	for _, h := range b.lines {
		all = append(all, h)
	}
	slices.SortFunc(all, func(x, y Health) int {
		return cmp.Or(cmp.Compare(x.Inbox, y.Inbox), cmp.Compare(x.Way, y.Way))
	})
	return all
}

// Line is the health of one line; ok is false when nothing is known of it.
func (b *Board) Line(inbox centrala.InboxID, way string) (h Health, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok = b.lines[line{inbox, way}]
	return h, ok
}
