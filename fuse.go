package centrala

import "time"

// Fuse is what stands still because too much came or went: the mail of a sender (Name), which
// is booked as automatic meanwhile, or, with an empty Name, the acknowledgements of an inbox.
type Fuse struct {
	Inbox     InboxID   `json:"inbox"`
	InboxName string    `json:"inbox_name"`
	Name      string    `json:"name"`
	Reason    string    `json:"reason"` // flood, echo, budget
	Blown     time.Time `json:"blown_at"`
	Until     time.Time `json:"until"`
}

// Open reports whether the fuse keeps what it guards from going on.
func (f Fuse) Open(now time.Time) bool { return now.Before(f.Until) }

// Acknowledgement is what the mail that says "yours came" is made of.
type Acknowledgement struct {
	Inbox        Inbox
	Conversation Conversation
	Teams        []Team // all, by name: one of them will answer
	To           Address
	Locale       string
	Articles     []Suggestion // that may answer
	Held         bool         // they are not to be named
	At           time.Time
}
