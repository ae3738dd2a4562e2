package channels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"gocloud.dev/blob"

	"centrala"
)

// Doors are the configured inboxes, with the secrets needed to use them.
type Doors interface {
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
}

// ExchangeConfig is what an Exchange works with. Zero durations take their defaults.
type ExchangeConfig struct {
	Doors     Doors
	Intake    Intake
	Leases    Leases
	Node      string // as who leases are held; unique among the nodes
	Listeners []Listener
	Readers   []Reader
	Shelf     Shelf        // for Readers
	Media     MediaShelf   // likewise
	Files     *blob.Bucket // where what is fetched is put
	Beside    Aside        // what is done beside the reading of hooks; nil: nothing
	Board     *Board
	Log       *slog.Logger
	Released  func()        // tells the other nodes that a lease is free; nil: they find out
	Every     time.Duration // between looks at the inboxes, default 30 s
}

// Exchange keeps a listening line open for every enabled inbox whose channel listens or reads, on
// the node that holds the inbox's lease. An inbox that is changed is opened anew; one whose line
// stopped stays shut until it is changed.
type Exchange struct {
	c    ExchangeConfig
	wake chan struct{}
	open map[centrala.InboxID]*openLine
	news wakes // of inboxes that are read here: hooks may have come
	gets wakes // and files to fetch
	side wakes // and what is done beside

	mu    sync.Mutex
	again map[centrala.InboxID]bool // lines to open anew though nothing changed
}

type openLine struct {
	inbox centrala.Inbox
	end   context.CancelFunc
	done  chan struct{}
	free  chan struct{} // its lease may be free
}

// NewExchange makes an Exchange; Run starts it.
func NewExchange(c ExchangeConfig) *Exchange {
	if c.Every == 0 {
		c.Every = 30 * time.Second
	}
	return &Exchange{c: c, wake: make(chan struct{}, 1), open: make(map[centrala.InboxID]*openLine), again: make(map[centrala.InboxID]bool)}
}

// Look asks for a look at the inboxes and their leases now, because they may have changed. It
// never blocks.
func (x *Exchange) Look() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Reopen opens one line anew, because somebody mended what had stopped it. It never blocks.
func (x *Exchange) Reopen(inbox centrala.InboxID) {
	x.mu.Lock()
	x.again[inbox] = true
	x.mu.Unlock()
	x.Look()
}

// Came wakes whoever reads an inbox's hooks here, since one may have come, and reports whether
// anybody does. It never blocks.
func (x *Exchange) Came(inbox centrala.InboxID) bool { return x.news.ring(inbox) }

// mended gives the lines to open anew, once.
func (x *Exchange) mended() map[centrala.InboxID]bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	again := x.again
	x.again = make(map[centrala.InboxID]bool)
	return again
}

// Run keeps the lines open until ctx ends, and returns when all are closed.
func (x *Exchange) Run(ctx context.Context) error {
	defer x.closeAll()
	for {
		inboxes, err := x.c.Doors.Inboxes(ctx)
		if err == nil {
			x.match(ctx, inboxes)
		} else if ctx.Err() == nil {
			x.c.Log.Error("inboxes could not be read", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-x.wake:
		case <-time.After(x.c.Every):
		}
	}
}

func (x *Exchange) closeAll() {
	for _, l := range x.open {
		l.end()
	}
	for _, l := range x.open {
		<-l.done
	}
}

// match closes the lines that are no longer wanted as they are and opens those that are.
func (x *Exchange) match(ctx context.Context, inboxes []centrala.Inbox) {
	wanted := make(map[centrala.InboxID]centrala.Inbox)
	for _, in := range inboxes {
		if in.Enabled && (x.listener(in.Channel) != nil || x.reader(in.Channel) != nil) {
			wanted[in.ID] = in
		}
	}
	mended := x.mended()
	for id, l := range x.open {
		if in, ok := wanted[id]; ok && x.same(in, l.inbox) && !mended[id] {
			continue
		}
		l.end()
		<-l.done
		delete(x.open, id)
	}
	for id, in := range wanted {
		if x.open[id] == nil {
			x.open[id] = x.start(ctx, in)
		}
		select {
		case x.open[id].free <- struct{}{}:
		default:
		}
	}
}

// same reports whether a line may stay open as it is. Tokens that a working line renews
// by itself are no reason to close it; those that a stopped line did not have are to be tried.
func (x *Exchange) same(is, was centrala.Inbox) bool {
	h, _ := x.c.Board.Line(is.ID, In)
	if h.State != Halted && is.Mailbox != nil && was.Mailbox != nil {
		renewed := *is.Mailbox
		renewed.RefreshToken = was.Mailbox.RefreshToken
		is.Mailbox = &renewed
	}
	if h.State != Halted && is.Account != nil && was.Account != nil && is.Account.Refresh != "" && was.Account.Refresh != "" {
		renewed := *is.Account
		renewed.Token, renewed.Refresh, renewed.Expires = was.Account.Token, was.Account.Refresh, was.Account.Expires
		is.Account = &renewed
	}
	return reflect.DeepEqual(is, was)
}

func (x *Exchange) listener(kind centrala.Channel) Listener {
	for _, l := range x.c.Listeners {
		if l.Kind() == kind {
			return l
		}
	}
	return nil
}

func (x *Exchange) reader(kind centrala.Channel) Reader {
	for _, r := range x.c.Readers {
		if r.Kind() == kind {
			return r
		}
	}
	return nil
}

func (x *Exchange) start(ctx context.Context, in centrala.Inbox) *openLine {
	ctx, end := context.WithCancel(ctx)
	l := &openLine{inbox: in, end: end, done: make(chan struct{}), free: make(chan struct{}, 1)}
	go func() {
		defer close(l.done)
		x.attend(ctx, l)
	}()
	return l
}

// listen keeps one line open, whatever its listener dies of, until ctx ends or it is stopped.
func (x *Exchange) listen(ctx context.Context, in centrala.Inbox, listen func(context.Context) error) {
	log := x.c.Log.With("inbox", in.ID.String(), "channel", string(in.Channel))
	x.c.Board.Note(in.ID, In, Starting, nil, time.Now())
	for failures := 1; ; failures++ {
		err := Guarded(func() error { return listen(ctx) })
		var stopped *Stopped
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &stopped):
			x.c.Board.Note(in.ID, In, Halted, err, time.Now())
			log.Error("line stopped until somebody acts", "err", err)
			return
		}
		x.c.Board.Note(in.ID, In, Failing, err, time.Now())
		log.Error("line ended", "err", err)
		if !pause(ctx, Backoff(failures, 5*time.Minute, rand.Float64())) {
			return
		}
	}
}

// panicked is a panic as an error.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Guarded runs f and turns a panic into an error: one bad message is no reason for the whole
// program to end.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return f()
}

// pause waits for d, or reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// wakes is a set of wake-up channels under a lock.
type wakes struct {
	mu sync.Mutex
	m  map[centrala.InboxID]chan struct{}
}

func (w *wakes) add(id centrala.InboxID) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.m == nil {
		w.m = make(map[centrala.InboxID]chan struct{})
	}
	c := make(chan struct{}, 1)
	w.m[id] = c
	return c
}

func (w *wakes) remove(id centrala.InboxID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.m, id)
}

// ring wakes one, or all when id is zero; false when there is no such one.
func (w *wakes) ring(id centrala.InboxID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	rang := false
	for of, c := range w.m {
		if id != 0 && of != id {
			continue
		}
		rang = true
		select {
		case c <- struct{}{}:
		default:
		}
	}
	return rang
}
