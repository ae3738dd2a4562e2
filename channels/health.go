package channels

import (
	"cmp"
	"errors"
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

// The two ways of a line, and what is arranged with the other side so that it is one.
const (
	In       = "in"
	Out      = "out"
	Arranged = "arranged"
)

// Health is what is known of one way of one inbox's line.
type Health struct {
	Inbox     centrala.InboxID `json:"inbox"`
	Way       string           `json:"way"` // In, Out or Arranged
	State     State            `json:"state"`
	Since     time.Time        `json:"since"`
	LastOK    time.Time        `json:"last_ok,omitzero"`
	LastError string           `json:"last_error,omitempty"` // in words
	Code      string           `json:"code,omitempty"`       // the same for programs, where it is known; see Fault
	Err       error            `json:"-"`                    // what LastError says, on the node where it happened
	Warning   string           `json:"warning,omitempty"`    // what goes wrong while the line works
	WarnCode  string           `json:"warn_code,omitempty"`  // the same for programs, as Code is
	Beside    error            `json:"-"`                    // what Warning says, on the node where it happened
	Used      int              `json:"used,omitempty"`       // percent of what the other side allows
	Watch     string           `json:"watch,omitempty"`      // Idle or Poll: how the line learns of what is new
	Expires   time.Time        `json:"expires,omitzero"`     // of the access token
	Renewal   time.Time        `json:"renewal,omitzero"`     // when it is renewed
	Limited   time.Time        `json:"limited,omitzero"`     // until when the other side wants nothing
	Behind    int              `json:"behind"`               // fetched or due but not yet done
	Lag       int64            `json:"lag_s"`                // age of the oldest of those, in seconds
	Delay     time.Duration    `json:"delay,omitempty"`      // from when the last of what came was here until it was in the log
}

// Aside is what goes wrong while the line works, nil when nothing does; of another node's line as far
// as its code tells.
func (h Health) Aside() error {
	if h.Beside == nil && h.WarnCode != "" {
		return &Fault{Code: h.WarnCode, Err: errors.New(h.Warning)}
	}
	return h.Beside
}

// How a line learns of what is new: it is told, or it looks.
const (
	Idle = "idle"
	Poll = "poll"
)

// Fault is an error with the code by which people are told of it in their language.
type Fault struct {
	Code string
	Err  error
}

// Error implements error.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// FaultCode is the code that an error carries, "" when it has none.
func FaultCode(err error) string {
	var fault *Fault
	var stopped *Stopped
	if errors.As(err, &fault) {
		return fault.Code
	}
	if errors.As(err, &stopped) {
		return stopped.Code
	}
	return ""
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
			h.LastError, h.Code, h.Err = err.Error(), FaultCode(err), err
		}
	})
}

// Warn writes down what does not work on a line that works otherwise; nil: it works again.
func (b *Board) Warn(inbox centrala.InboxID, way string, err error) {
	b.change(inbox, way, func(h *Health) {
		h.Warning, h.WarnCode, h.Beside = "", FaultCode(err), err
		if err != nil {
			h.Warning = err.Error()
		}
	})
}

// Behind writes down how much is waiting on a line, and for how long.
func (b *Board) Behind(inbox centrala.InboxID, way string, n int, lag time.Duration) {
	b.change(inbox, way, func(h *Health) { h.Behind, h.Lag = n, int64(lag/time.Second) })
}

// Took writes down how long the last of what came took until it was in the log.
func (b *Board) Took(inbox centrala.InboxID, way string, d time.Duration) {
	b.change(inbox, way, func(h *Health) { h.Delay = d })
}

// Limit writes down until when the other side wants nothing of a line.
func (b *Board) Limit(inbox centrala.InboxID, way string, until time.Time) {
	b.change(inbox, way, func(h *Health) { h.Limited = until })
}

// Describe writes down what a line is like while it works: how it learns of what is new, what
// goes wrong beside, until when it is signed in.
func (b *Board) Describe(inbox centrala.InboxID, way string, is Health) {
	b.change(inbox, way, func(h *Health) {
		h.Watch, h.Warning, h.Expires, h.Renewal = is.Watch, is.Warning, is.Expires, is.Renewal
	})
}

// Usage writes down how much is used of what the other side allows, in percent.
func (b *Board) Usage(inbox centrala.InboxID, way string, percent int) {
	b.change(inbox, way, func(h *Health) { h.Used = percent })
}

// Signed writes down until when an access token is good; zero: it has no end.
func (b *Board) Signed(inbox centrala.InboxID, way string, until time.Time) {
	b.change(inbox, way, func(h *Health) { h.Expires = until })
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
	if b == nil {
		return Health{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok = b.lines[line{inbox, way}]
	return h, ok
}
