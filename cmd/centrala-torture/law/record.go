// Package law holds what a run of the hostile client recorded against the promises of
// docs/durability.md: what everybody said, was told and read, and the laws over it.
package law

import (
	"fmt"
	"maps"
	"sync"
)

// A Record is everything that a run's people said and heard. It is written while the run goes
// on and read by the laws afterwards. Safe for concurrent use.
type Record struct {
	mu      sync.Mutex
	said    []*Said
	readers []*Reader
	posted  []Posted
	mails   []Mail
	ledger  []Delivery
	goodbye []Farewell
	tabs    []*Tab
	kept    []Expectation
}

// Said is one message as its sender knows it.
type Said struct {
	By    string // the sender's name
	Order int    // 0, 1, 2 … of this sender, in the order of the first attempts
	Key   string
	Text  string // unlike any other text of the run
	Note  bool   // for the team only

	// Where the acknowledgement put it; zero while there is none. A message without one may be
	// in the log or not, but not twice.
	Conversation string
	Seq          int64
}

// Acknowledged reports whether the server has said that it has the message.
func (s *Said) Acknowledged() bool { return s.Seq > 0 }

// A Reader is somebody with a timeline on their screen.
type Reader struct {
	Name     string
	Customer bool
	Log      bool            // reads everything there is, when the run is over
	Sees     map[string]bool // conversations that are theirs to see; nil: all
	Arrivals []Arrival       // in the order in which they came
}

// An Arrival is one entry of a timeline, as it came to a reader.
type Arrival struct {
	Socket       int // counts the reader's connections; a list that was asked for is one of its own
	Conversation string
	Seq          int64
	Key          string // as the server shows it to the sender
	Text         string
	Hidden       bool // it is there, and what it says is not for this reader
	System       bool // no words but a move of the conversation
}

// Posted is a mail that somebody has put into the mailbox: from then on it must not be lost.
type Posted struct {
	By    string // whose exchange of mails it belongs to; everybody has one
	Order int    // 0, 1, 2 … of this sender
	ID    string // its Message-ID
	Text  string // unlike any other text of the run
}

// A Mail is one that left the house, as the world outside received it.
type Mail struct {
	To        string // who got it, as Posted.By
	MessageID string
	Text      string   // what of the run's texts is in it
	Answers   []string // the Message-IDs that it names
}

// A Delivery is what the house itself says at the end of a message that was to leave by mail.
type Delivery struct {
	Conversation string
	Seq          int64
	State        string
	Asked        int // how often somebody asked for it once more, because it was unknown
}

// A Farewell is how a socket ended that was open when its server was told to end.
type Farewell struct {
	Term       int // which of the run's polite ends it was
	Name       string
	Code       int // of the close frame, -1 without one
	RetryAfter int // in milliseconds, 0 when nothing was said
}

// A Tab is one of very many sockets that were cut at once: what it had, and what came back.
type Tab struct {
	Name         string
	Conversation string
	From         int64 // it had everything up to here
	Upto         int64 // the server said that this is all
	Seqs         []int64
	Texts        []string // "" for what is hidden or no words
	Resumed      bool
}

// An Expectation is something that had to happen while a fault was on.
type Expectation struct {
	Kept bool
	What string
}

// Expect notes that something happened as it had to, or not.
func (r *Record) Expect(kept bool, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, Expectation{kept, fmt.Sprintf(format, args...)})
}

// Post notes a mail before it is put into the mailbox.
func (r *Record) Post(p Posted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posted = append(r.posted, p)
}

// Account notes what the house says of a delivery.
func (r *Record) Account(d Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ledger = append(r.ledger, d)
}

// Leave notes how a socket ended.
func (r *Record) Leave(f Farewell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.goodbye = append(r.goodbye, f)
}

// Return notes what became of a tab.
func (r *Record) Return(t *Tab) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tabs = append(r.tabs, t)
}

// Acknowledged is how many messages were.
func (r *Record) Acknowledged() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.said {
		if s.Acknowledged() {
			n++
		}
	}
	return n
}

// Say notes a message before it is sent for the first time.
func (r *Record) Say(s *Said) *Said {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, s)
	return s
}

// Acknowledge notes where the server says that the message is.
func (r *Record) Acknowledge(s *Said, conversation string, seq int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Conversation, s.Seq = conversation, seq
}

// Read adds a reader.
func (r *Record) Read(reader *Reader) *Reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers = append(r.readers, reader)
	return reader
}

// Own lets a reader see a conversation that has turned out to be theirs.
func (r *Record) Own(reader *Reader, conversation string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reader.Sees[conversation] = true
}

// Hear notes what came to a reader.
func (r *Record) Hear(reader *Reader, a Arrival) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reader.Arrivals = append(reader.Arrivals, a)
}

// Mails counts mails and what became of answers.
type Mails struct {
	In, Out int
	States  map[string]int // of the ledger
	Asked   int            // how often somebody asked for an unknown one again
}

// Mails counts them.
func (r *Record) Mails() Mails {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := Mails{In: len(r.posted), Out: len(r.mails), States: map[string]int{}}
	for _, d := range r.ledger {
		m.States[d.State]++
		m.Asked += d.Asked
	}
	return m
}

// Wrote is the texts of all mails that were put into the mailbox.
func (r *Record) Wrote() (texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.posted {
		texts = append(texts, p.Text)
	}
	return texts
}

// Deliver notes a mail that reached the world outside.
func (r *Record) Deliver(m Mail) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, m)
}

// Count is how many messages and mails were written.
func (r *Record) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.said) + len(r.posted)
}

// Owns is the conversations that have turned out to be a reader's, as they are now.
func (r *Record) Owns(reader *Reader) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(reader.Sees)
}
