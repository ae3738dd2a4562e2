// Package naming asks vendors who somebody is, of whom they have told without a name: beside the
// messages, which wait for no name, and within what the vendor leaves them.
package naming

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"centrala"
	"centrala/channels"
)

// Namer is a line whose vendor tells somebody's name when it is asked. Name returns
//
//   - nil and the name,
//   - *centrala.Rejected when the vendor does not tell it,
//   - *channels.Later when it is to be asked again in a while,
//   - *channels.Busy when it wants fewer calls,
//   - *channels.Stopped when it lets the account do nothing,
//   - any other error when asking again may help.
type Namer interface {
	channels.Reader
	Name(ctx context.Context, inbox centrala.Inbox, address string) (string, error)
}

// Shelf lists whose names are to be asked for, those that are due, and takes in what came of it.
type Shelf interface {
	DueNames(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Unnamed, error)
	KeepName(ctx context.Context, n centrala.Named) error
}

// How often a vendor is asked: twice a second, a few at once after a quiet time, and not while so
// much of what it allows is used that answers might have to wait.
const (
	askEvery  = 500 * time.Millisecond
	askBurst  = 5
	askBelow  = 75 // percent
	askAgain  = time.Minute
	askTries  = 8
	lookEvery = 15 * time.Second // without being woken
	shutFor   = 15 * time.Minute // unless the line is opened anew
)

// Asker asks for names. It is what is done beside the reading of an inbox's hooks.
type Asker struct {
	Shelf Shelf
	Board *channels.Board
	Log   *slog.Logger
	Now   func() time.Time // of the log; nil: time.Now
}

// Work implements channels.Aside. People are asked for one by one.
func (a *Asker) Work(ctx context.Context, in centrala.Inbox, by channels.Reader, held channels.Held) error {
	namer, ok := by.(Namer)
	if !ok {
		return nil
	}
	pace := channels.Bucket{Every: askEvery, Burst: askBurst}
	for ctx.Err() == nil {
		n, wait := a.spare(in.ID, time.Now())
		if n > 0 {
			wait = max(wait, a.some(ctx, in, namer, held, &pace, n))
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-quiet(held.Wake, wait):
		}
		t.Stop()
	}
	return ctx.Err()
}

// quiet is wake while nothing has to be waited for.
func quiet(wake <-chan struct{}, wait time.Duration) <-chan struct{} {
	if wait != lookEvery {
		return nil
	}
	return wake
}

// spare is how many names may be asked for now, and for how long the vendor is left alone then, for
// the sake of the messages. While much is used one may: its answer tells how much it is by then.
func (a *Asker) spare(inbox centrala.InboxID, now time.Time) (n int, wait time.Duration) {
	h, _ := a.Board.Line(inbox, channels.Out)
	switch {
	case h.Limited.After(now):
		return 0, h.Limited.Sub(now)
	case h.Used >= askBelow:
		return 1, askAgain
	}
	return askBurst, 0
}

// some asks for the next n names, and says after what time to look again.
func (a *Asker) some(ctx context.Context, in centrala.Inbox, namer Namer, held channels.Held, pace *channels.Bucket, n int) time.Duration {
	due, err := a.Shelf.DueNames(ctx, in.ID, n)
	if err != nil && ctx.Err() == nil {
		a.Log.Error("names to ask for could not be listed", "inbox", in.ID.String(), "err", err)
	}
	for _, u := range due {
		if at := pace.Ready(time.Now()); at.After(time.Now()) {
			return time.Until(at)
		}
		if held.Sound() != nil {
			return lookEvery
		}
		pace.Take(time.Now())
		if wait := a.one(ctx, in, namer, held, u); wait > 0 {
			return wait
		}
	}
	if len(due) > 0 {
		return time.Millisecond // there may be more
	}
	return lookEvery
}

// one asks for a name and writes down what came of it; it says for how long the vendor wants to be
// left alone.
func (a *Asker) one(ctx context.Context, in centrala.Inbox, namer Namer, held channels.Held, u centrala.Unnamed) (wait time.Duration) {
	out := centrala.Named{Unnamed: u, Term: held.Term}
	err := channels.Guarded(func() (err error) {
		out.Name, err = namer.Name(ctx, in, u.Address)
		return err
	})
	if ctx.Err() != nil {
		return 0
	}
	var (
		stopped *channels.Stopped
		busy    *channels.Busy
	)
	switch {
	case errors.As(err, &stopped):
		return shutFor
	case errors.As(err, &busy):
		return max(busy.For, time.Second)
	}
	out = Ended(out, err, a.now())
	if err != nil {
		a.Log.Info("a name was not told", "inbox", in.ID.String(), "next", out.Next, "err", err)
	}
	err = a.Shelf.KeepName(ctx, out)
	if err != nil && ctx.Err() == nil && centrala.CodeOf(err) != centrala.NotFound { // whose it was has been erased meanwhile
		a.Log.Error("a name could not be written down", "inbox", in.ID.String(), "err", err)
		return time.Second
	}
	return 0
}

func (a *Asker) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// Ended is what the end of an attempt at now means for the name: it is there, it is asked for again
// later, longer each time, or it is not; after many that failed the person has to write again first.
func Ended(n centrala.Named, err error, now time.Time) centrala.Named {
	var (
		rejected *centrala.Rejected
		later    *channels.Later
	)
	if err == nil && n.Name != "" {
		return n
	}
	n.Name = ""
	switch {
	case err == nil, errors.As(err, &rejected):
	case n.Tries+1 >= askTries:
		n.Spent = true
	case errors.As(err, &later):
		n.Next = now.Add(max(later.For, time.Second))
	default:
		n.Next = now.Add(askAgain << min(n.Tries, askTries))
	}
	return n
}
