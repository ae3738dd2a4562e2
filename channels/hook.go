package channels

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"centrala"
)

// Reader is a channel whose messages come as hooks: posts of a vendor, or what a poller fetched.
// They are on disk before they are read, and read again when a better parser is there.
type Reader interface {
	Channel
	// Read tells what a hook says. It asks nobody, keeps nothing and decides nothing: the same hook
	// is always read the same. What it does not know it names in Skipped; one thing that cannot be
	// read does not keep the others back. An error says that nothing at all could be read; a *Fault
	// gives it a code.
	Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error)
}

// Posting is one request to a webhook, as it came.
type Posting struct {
	Header http.Header
	Body   []byte
	At     time.Time
}

// Doorkeeper is a Reader whose vendor posts to us.
type Doorkeeper interface {
	Reader
	// Admit says whether a posting is the vendor's, by the bytes as they came and before anything is
	// parsed. key is the vendor's id of it, "" when only the body tells; a *Forged error says why it
	// is not taken. Comparisons take the same time whatever is compared.
	Admit(inbox centrala.Inbox, p Posting) (key string, err error)
	// Greet answers the vendor's question whether this is really ours, before it posts anything; ok
	// is false when that is not how it asks.
	Greet(inbox centrala.Inbox, query url.Values) (answer string, ok bool)
}

// Router is a Doorkeeper whose vendor posts for several accounts to one address. Accounts names, in
// the vendor's ids, whose things a body tells; a posting that was admitted is kept for each inbox that
// has one of them. It reads whatever the body holds.
type Router interface {
	Doorkeeper
	Accounts(body []byte) []string
}

// Forged says why a posting is not the vendor's.
type Forged struct{ Reason string }

// Error implements error.
func (f *Forged) Error() string { return "not the vendor's: " + f.Reason }

// Poller is a Reader that looks for what is new by itself. Poll goes on until ctx ends, keeps what
// it finds on the shelf together with the mark behind it, and heals what time can heal. It returns
// *Stopped when a person must act first.
type Poller interface {
	Reader
	Poll(ctx context.Context, inbox centrala.Inbox, to Shelf) error
	// Polls reports whether an inbox is looked into; others are posted to.
	Polls(inbox centrala.Inbox) bool
}

// Fetcher is a Reader whose files stay at the vendor's until they are fetched. Fetch gives the
// file's name, type and bytes, by Open and once; *centrala.Rejected says that it is not there any
// more, *Later that the vendor is not done with it, *Stopped that we are let at nothing, any other
// error that trying again may help.
type Fetcher interface {
	Reader
	Fetch(ctx context.Context, inbox centrala.Inbox, m centrala.Media) (centrala.Part, error)
}

// Watcher is a Reader whose vendor can be asked how the line is doing. Watch writes that down on
// the board, In, until ctx ends.
type Watcher interface {
	Reader
	Watch(ctx context.Context, inbox centrala.Inbox, board *Board)
}

// Aside is what is done for a reader's inbox beside its messages, on the node that holds its lease,
// until ctx ends: it holds nothing up.
type Aside interface {
	Work(ctx context.Context, inbox centrala.Inbox, by Reader, held Held) error
}

// Held is a lease as an Aside has it. Wake rings when something of the inbox was read; what is written
// bears the term, and nothing is when Sound says why not.
type Held struct {
	Wake  <-chan struct{}
	Term  int64
	Sound func() error
}

// Settler is a channel that has something to arrange with its vendor when an inbox is made,
// changed or switched off: a webhook to be told of. hook is the address that it is posted to. It is
// called again until it succeeds, and may be called when nothing changed.
type Settler interface {
	Channel
	Settle(ctx context.Context, inbox centrala.Inbox, hook string) error
}

// Echoer is a Sender whose other side tells us of everything that it took, by hook and with the
// mark that we sent along. An attempt of which nobody knows how it ended waits for that, and is
// made again by itself when nothing was told within the time.
type Echoer interface {
	Sender
	EchoWithin() time.Duration
}

// Checker is a Sender that can ask the other side whether it has a message. It is asked before an
// attempt is made again of which nobody knows how it ended.
type Checker interface {
	Sender
	Sent(ctx context.Context, out centrala.Outbound) (externalID string, found bool, err error)
}

// Templater is a Sender whose vendor has approved templates.
type Templater interface {
	Sender
	Templates(ctx context.Context, inbox centrala.Inbox) ([]centrala.Template, error)
}

// Receipts is a Sender that can tell people what was read. last is the vendor's id of the latest of
// their messages that was.
type Receipts interface {
	Sender
	MarkRead(ctx context.Context, inbox centrala.Inbox, thread, peer, last string) error
}

// Later says that one message must wait, and the others need not: the vendor wants fewer for this
// person. Nothing was taken.
type Later struct {
	For time.Duration
	Err error
}

// Error implements error.
func (l *Later) Error() string { return "not now: " + l.Err.Error() }

// Unwrap returns the cause.
func (l *Later) Unwrap() error { return l.Err }

// Shelf is where hooks lie, and the files that vendors still have.
//
// KeepHooks returns once they are on disk, and with them the mark; those that are known by their
// key are not kept twice. UnreadHooks gives hooks with their bodies, the oldest first; ReadHooks
// takes what they tell into the log, all of them in one commit or, with an error, none.
type Shelf interface {
	KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error
	Mark(ctx context.Context, inbox centrala.InboxID, name string) (string, error)
	UnreadHooks(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Hook, error)
	ReadHooks(ctx context.Context, reads []centrala.HookRead) error
}

// MediaShelf lists files to fetch, those that are due, and takes them in.
type MediaShelf interface {
	DueMedia(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Media, error)
	KeepMedia(ctx context.Context, f centrala.Fetched) error
}
