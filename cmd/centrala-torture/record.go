package main

import (
	"sync"
)

// A Record is everything that a run's people said and heard. It is written while the run goes
// on and read by the laws afterwards. Safe for concurrent use.
type Record struct {
	mu      sync.Mutex
	said    []*Said
	readers []*Reader
	mails   []Mail
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

// A Mail is one that left the house, as the world outside received it.
type Mail struct {
	MessageID string
	Text      string // what of the run's texts is in it
	Unknown   bool   // the server itself said that it did not know whether it had left
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

// Deliver notes a mail that reached the world outside.
func (r *Record) Deliver(m Mail) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, m)
}

// Count is how many messages were said.
func (r *Record) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.said)
}
