package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"centrala"
	"centrala/channels"
)

// account is one mailbox on its server. Its folders are read at the same time, each over a
// connection of its own, because IDLE tells of one folder only. They log in one after the
// other and share what a refused login means, so that five folders are not five guesses.
type account struct {
	c     *Channel
	inbox centrala.Inbox
	to    channels.Intake
	log   *slog.Logger
	door  chan struct{} // who holds it may log in

	mu      sync.Mutex
	inside  int       // connections that are signed in
	refused int       // logins, since the last that was not
	closed  time.Time // nobody logs in before
	folders map[string]*place
}

// place is how the reading of one folder does.
type place struct {
	state   channels.State
	err     error
	behind  int
	lag     time.Duration
	idles   bool
	warning string
}

func (c *Channel) newAccount(in centrala.Inbox, to channels.Intake) *account {
	a := &account{c: c, inbox: in, to: to, log: c.c.Log.With("inbox", in.ID.String()), door: make(chan struct{}, 1), folders: make(map[string]*place)}
	for _, f := range in.Mailbox.Reads() {
		a.folders[f] = &place{state: channels.Starting}
	}
	return a
}

// enter logs in, when it is our turn and a refusal is long enough ago. The fifth refusal in a
// row is the last: *Stopped. Who is in calls leave.
func (a *account) enter(ctx context.Context) (*mailbox, error) {
	select {
	case a.door <- struct{}{}:
		defer func() { <-a.door }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	a.mu.Lock()
	wait := time.Until(a.closed)
	a.mu.Unlock()
	if err := rest(ctx, wait); err != nil {
		return nil, err
	}
	m, err := a.c.openAccount(ctx, a.inbox)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil:
		a.refused = 0
		a.inside++
	case errors.Is(err, errRefused) && a.inside > 0: // not for who we are: we are in already
		return nil, fmt.Errorf("one more connection: %v", err)
	case errors.Is(err, errRefused):
		if a.refused++; a.refused >= maxRefused {
			return nil, &channels.Stopped{Code: "imap.login", Reason: "The IMAP server refused the login five times. Correct the user name and the password, or connect the mailbox anew, then save the inbox.", Err: err}
		}
		a.closed = time.Now().Add(a.c.c.Wait(a.refused, refuseLimit))
	}
	return m, err
}

// leave hangs up.
func (a *account) leave(m *mailbox) {
	a.mu.Lock()
	a.inside--
	a.mu.Unlock()
	m.close()
}

// note writes down how a folder does, and what that makes of the line: it works when all its
// folders are read, and what is behind in any of them is behind.
func (a *account) note(folder string, change func(*place)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a.folders[folder])
	state, behind, idles := channels.Working, 0, true
	var err error
	var lag time.Duration
	about := channels.Health{}
	for _, name := range slices.Sorted(maps.Keys(a.folders)) {
		p := a.folders[name]
		behind, lag, idles = behind+p.behind, max(lag, p.lag), idles && p.idles
		if p.warning != "" {
			about.Warning = name + ": " + p.warning
		}
		switch {
		case p.state == channels.Failing:
			state, err = channels.Failing, p.err
		case p.state == channels.Starting && state == channels.Working:
			state = channels.Starting
		}
	}
	if about.Watch = channels.Poll; idles {
		about.Watch = channels.Idle
	}
	if a.c.c.SignIn != nil && a.inbox.Mailbox.Login != centrala.ByPassword {
		about.Expires, about.Renewal = a.c.c.SignIn.Life(a.inbox.ID)
	}
	board := a.c.c.Board
	board.Note(a.inbox.ID, channels.In, state, err, time.Now())
	board.Behind(a.inbox.ID, channels.In, behind, lag)
	board.Describe(a.inbox.ID, channels.In, about)
}

// rest waits, or less when ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
