package hub

import "centrala"

// Behind is what a socket still has to be shown from the log before it is live. Whoever comes
// listens first and replays second: what is committed meanwhile is not queued but noted here,
// and the replay goes on until it has met it. A nil Behind is live. It has no lock of its own.
type Behind struct {
	replaying map[centrala.ConversationID]int64 // the highest seq noted for a conversation
	shown     map[centrala.ConversationID]int64 // how far a replay got: the hub may come by with less
	events    bool                              // events are being replayed
	low       centrala.EventID                  // the lowest event noted since the last look
	rows      map[centrala.ConversationID]struct{}
	asked     int // how often Over was asked since there is nothing more to replay
}

// NewBehind makes a Behind for conversations, and for all events if events are replayed.
func NewBehind(conversations []centrala.ConversationID, events bool) *Behind {
	b := &Behind{replaying: map[centrala.ConversationID]int64{}, shown: map[centrala.ConversationID]int64{},
		rows: map[centrala.ConversationID]struct{}{}, events: events}
	for _, id := range conversations {
		b.replaying[id] = 0
	}
	return b
}

// Notes reports whether an entry is left to the replay, or was shown by it.
func (b *Behind) Notes(m *centrala.Message) bool {
	if b == nil {
		return false
	}
	if seq, ok := b.replaying[m.Conversation]; ok {
		b.replaying[m.Conversation] = max(seq, m.Seq)
		return true
	}
	if b.events {
		if b.low == 0 || m.ID < b.low {
			b.low = m.ID
		}
		return true
	}
	if at, ok := b.shown[m.Conversation]; ok {
		if m.Seq <= at {
			return true
		}
		delete(b.shown, m.Conversation)
	}
	return false
}

// NotesRow reports whether a conversation's state is left to the replay, which ends with it.
func (b *Behind) NotesRow(id centrala.ConversationID) bool {
	if b == nil || !b.events {
		return false
	}
	b.rows[id] = struct{}{}
	return true
}

// Met makes a conversation live that was shown up to a seq, unless more was noted.
func (b *Behind) Met(id centrala.ConversationID, at int64) bool {
	if b.replaying[id] > at {
		return false
	}
	b.Drop(id)
	b.shown[id] = at
	return true
}

// Drop makes a conversation live that there is nothing to show of.
func (b *Behind) Drop(id centrala.ConversationID) { delete(b.replaying, id) }

// Fresh notes that an entry is shown by the replay of events, and reports whether it was not.
func (b *Behind) Fresh(m *centrala.Message) bool {
	if m.Seq <= b.shown[m.Conversation] {
		return false
	}
	b.shown[m.Conversation] = m.Seq
	return true
}

// MetEvents makes everything live if nothing was noted since it was last asked. Else it tells
// after which event to read again, and adds to changed the conversations whose state has
// changed. ordered says that identifiers appear in their order, as those of one node do.
func (b *Behind) MetEvents(after centrala.EventID, ordered bool, changed map[centrala.ConversationID]struct{}) (from centrala.EventID, met bool) {
	low := b.low
	b.low = 0
	if ordered && low <= after {
		low = 0
	}
	if low == 0 && len(b.rows) == 0 {
		b.events = false
		return 0, true
	}
	for id := range b.rows {
		changed[id] = struct{}{}
	}
	clear(b.rows)
	if low == 0 {
		return after, false
	}
	return low - 1, false
}

// StopEvents gives up the replay of events.
func (b *Behind) StopEvents() { b.events = false }

// Over reports whether nothing is remembered that could still matter: it was asked before,
// after the end of all replays.
func (b *Behind) Over() bool {
	if len(b.replaying) > 0 || b.events {
		return false
	}
	b.asked++
	return b.asked > 1
}
