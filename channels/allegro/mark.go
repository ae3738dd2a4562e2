package allegro

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// How the mark of the threads misses nothing (docs/allegro.md, "What is looked at").
const (
	overlap = 5 * time.Minute    // what changed so long before the latest change is looked at again
	history = 48 * time.Hour     // what is taken over of an account that is connected for the first time
	rescan  = 7 * 24 * time.Hour // how far back the nightly look goes
	forget  = 24 * time.Hour     // how long a message is waited for that its thread says is there
	slack   = time.Second        // between the time of a thread and that of its last message
	future  = 24 * time.Hour     // a change that is further ahead is a mistake, and moves nothing
	night   = 3                  // the hour of the nightly look, where the server is
)

// mark is how far the threads of an account have been read. It moves in the same commit that keeps
// what was found.
type mark struct {
	Begin time.Time `json:"begin"`          // nothing older is taken
	High  time.Time `json:"high"`           // the latest change of a thread that was seen
	Full  time.Time `json:"full"`           // the last nightly look
	Open  []entry   `json:"open,omitempty"` // threads to look at again, or lately looked at; by id
}

// entry is a thread as it was when it was looked at: a pair of its id and its last change. It is
// looked at again for as long as the message may be missing of which the change tells.
type entry struct {
	ID    string    `json:"id"`
	Last  time.Time `json:"last,omitzero"`
	Since time.Time `json:"since"` // when this change was first seen, by our clock
	From  time.Time `json:"from"`  // since when its messages are read
	Found bool      `json:"found"` // a message as young as the change was there
}

// settled reports whether nothing more is expected of the change: its message is there, and late ones
// have had their time, or it was waited for long enough. A thread without a date tells of nothing.
func (e entry) settled(now time.Time) bool {
	age := now.Sub(e.Since)
	if e.Last.IsZero() {
		return age >= overlap
	}
	old := now.Sub(e.Last)
	return max(age, old) >= forget || e.Found && (age >= overlap || old >= 2*overlap)
}

// parseMark reads a mark; "" is that of an account that was never looked at.
func parseMark(s string, now time.Time) (mark, error) {
	m := mark{Begin: now.Add(-history), Full: now}
	if s == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		return m, fmt.Errorf("the mark of the threads cannot be read: %w", err)
	}
	return m, nil
}

func (m mark) String() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // of times and strings
	}
	return string(b)
}

// floor is the oldest change that a look has to come down to.
func (m mark) floor() time.Time {
	if at := m.High.Add(-overlap); at.After(m.Begin) {
		return at
	}
	return m.Begin
}

// deep is the same of a nightly look.
func (m mark) deep(now time.Time) time.Time {
	if at := now.Add(-rescan); at.After(m.Begin) {
		return at
	}
	return m.Begin
}

// nightly reports whether the nightly look is due.
func (m mark) nightly(now time.Time) bool { return m.Full.Before(lastNight(now)) }

func lastNight(now time.Time) time.Time {
	y, mo, d := now.Date()
	at := time.Date(y, mo, d, night, 0, 0, 0, now.Location())
	if at.After(now) {
		at = time.Date(y, mo, d-1, night, 0, 0, 0, now.Location())
	}
	return at
}

func (m mark) find(id string) (int, bool) {
	return slices.BinarySearchFunc(m.Open, id, func(e entry, id string) int { return cmp.Compare(e.ID, id) })
}

// wants says whether a thread that is listed with its last change has to be looked at, and since when
// its messages have to be read.
func (m mark) wants(id string, last time.Time, now time.Time) (from time.Time, ok bool) {
	if !last.IsZero() && last.Before(m.floor()) {
		return from, false
	}
	at, known := m.find(id)
	if !known {
		return m.floor(), true
	}
	e := m.Open[at]
	if e.Last.Equal(last) {
		return e.From, !e.settled(now)
	}
	if e.settled(now) {
		return m.floor(), true
	}
	return earlier(e.From, m.floor()), true
}

// looked remembers that a thread was looked at: its messages since from, of which newest is the
// youngest.
func (m *mark) looked(id string, last, from, newest, now time.Time) {
	is := entry{ID: id, Last: last, Since: now, From: from, Found: !newest.IsZero() && !newest.Before(last.Add(-slack))}
	at, known := m.find(id)
	if !known {
		m.Open = slices.Insert(m.Open, at, is)
		return
	}
	if was := m.Open[at]; was.Last.Equal(last) {
		is.Since, is.Found = was.Since, is.Found || was.Found
	}
	m.Open[at] = is
}

// drop forgets a thread that is no more.
func (m *mark) drop(id string) {
	if at, known := m.find(id); known {
		m.Open = slices.Delete(m.Open, at, at+1)
	}
}

// rise moves the mark to the latest change seen, and forgets what is behind it and settled.
func (m *mark) rise(high time.Time, listed map[string]bool, now time.Time) {
	if high.After(m.High) && high.Before(now.Add(future)) {
		m.High = high
	}
	m.Open = slices.DeleteFunc(m.Open, func(e entry) bool {
		return e.settled(now) && (e.Last.IsZero() && !listed[e.ID] || !e.Last.IsZero() && e.Last.Before(m.floor()))
	})
}

// waiting are the threads that are looked at though the list does not name them.
func (m mark) waiting(listed map[string]bool, now time.Time) []entry {
	var out []entry
	for _, e := range m.Open {
		if !listed[e.ID] && !e.settled(now) {
			out = append(out, e)
		}
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
