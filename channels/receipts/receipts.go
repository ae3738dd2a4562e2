// Package receipts tells people at vendors that what they wrote was read, where their account wants
// that: once for each mark of the team's, a moment later and together with the next ones, and holding
// nothing up. What is on its way when the program ends is not told; the next mark tells it along.
package receipts

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"centrala"
	"centrala/channels"
)

// Log knows what a vendor calls the messages that were read.
type Log interface {
	Heard(ctx context.Context, r centrala.TeamRead) (centrala.Heard, error)
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
}

// How it is told: after a moment in which more may be read, to a few people at a time, and some
// times again when that fails.
const (
	moment  = time.Second
	atOnce  = 4
	patient = 20 * time.Second // of one call
	tries   = 5
	again   = 5 * time.Second // at first
	most    = 10_000          // conversations that wait
)

// Teller tells that messages were read. It is made by New, and safe for concurrent use.
type Teller struct {
	log    Log
	lines  []channels.Receipts
	logger *slog.Logger
	wake   chan struct{}

	mu    sync.Mutex
	waits map[centrala.ConversationID]*wait
	quiet map[centrala.InboxID]time.Time // until then the vendor wants nothing
	lost  int                            // that found no room since it was last said
}

type wait struct {
	read  centrala.TeamRead
	at    time.Time
	tries int // that failed
}

// New makes a Teller; Run starts it.
func New(log Log, lines []channels.Receipts, logger *slog.Logger) *Teller {
	return &Teller{log: log, lines: lines, logger: logger, wake: make(chan struct{}, 1),
		waits: map[centrala.ConversationID]*wait{}, quiet: map[centrala.InboxID]time.Time{}}
}

// Note takes marks that moved. It never blocks.
func (t *Teller) Note(reads []centrala.TeamRead) {
	t.mu.Lock()
	now := time.Now()
	for _, r := range reads {
		t.note(r, now.Add(moment), 0)
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// note has a mark wait, together with what waits of its conversation.
func (t *Teller) note(r centrala.TeamRead, at time.Time, failed int) {
	w := t.waits[r.Conversation]
	switch {
	case w == nil && len(t.waits) >= most:
		t.lost++
	case w == nil:
		t.waits[r.Conversation] = &wait{read: r, at: at, tries: failed}
	default:
		w.read.After, w.read.Upto, w.tries = min(w.read.After, r.After), max(w.read.Upto, r.Upto), max(w.tries, failed)
	}
}

// Run tells until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	var telling sync.WaitGroup
	defer telling.Wait()
	seats := make(chan struct{}, atOnce)
	for ctx.Err() == nil {
		due, next := t.due(time.Now())
		for _, w := range due {
			select {
			case seats <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			telling.Go(func() { defer func() { <-seats }(); t.tell(ctx, w) })
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err()
}

// due takes what is to be told now, and says in how long there may be more.
func (t *Teller) due(now time.Time) (due []wait, next time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next = time.Minute
	for id, w := range t.waits {
		if w.at.After(now) {
			next = min(next, w.at.Sub(now))
			continue
		}
		due = append(due, *w)
		delete(t.waits, id)
	}
	if t.lost > 0 {
		t.logger.Warn("so many marks wait that some are not told to the vendors", "marks", t.lost)
		t.lost = 0
	}
	return due, next
}

// tell tells one mark; when that fails and may help, it waits again.
func (t *Teller) tell(ctx context.Context, w wait) {
	cctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	inbox, err := t.try(cctx, w.read)
	if err == nil || ctx.Err() != nil {
		return
	}
	now := time.Now()
	next, ok := Again(w.tries+1, err)
	t.mu.Lock()
	if ok {
		t.note(w.read, now.Add(next), w.tries+1)
	}
	var busy *channels.Busy
	if errors.As(err, &busy) {
		t.quiet[inbox] = now.Add(next)
	}
	t.mu.Unlock()
	t.logger.Warn("a customer was not told that theirs was read", "conversation", w.read.Conversation.String(), "inbox", inbox.String(), "again", ok, "err", err)
}

// Again is after how long a mark is told again whose n-th attempt ended with err; ok is false when it
// is not: the vendor has refused it, or a person has to act on the line first.
func Again(n int, err error) (after time.Duration, ok bool) {
	var (
		rejected *centrala.Rejected
		stopped  *channels.Stopped
		busy     *channels.Busy
		later    *channels.Later
	)
	switch after = again << min(n-1, tries); {
	case n >= tries, errors.As(err, &rejected), errors.As(err, &stopped):
		return 0, false
	case errors.As(err, &busy):
		return max(after, busy.For), true
	case errors.As(err, &later):
		return max(after, later.For), true
	}
	return after, true
}

// try tells what was read of a conversation, if its vendor can be told and its account wants that.
func (t *Teller) try(ctx context.Context, r centrala.TeamRead) (centrala.InboxID, error) {
	h, err := t.log.Heard(ctx, r)
	if err != nil || h.ID == "" {
		return h.Inbox, err
	}
	in, err := t.log.Inbox(ctx, h.Inbox)
	if err != nil {
		return h.Inbox, err
	}
	line := t.line(in.Channel)
	if line == nil || !in.Enabled || in.Account == nil || !in.Account.MarkRead {
		return h.Inbox, nil
	}
	t.mu.Lock()
	quiet := time.Until(t.quiet[h.Inbox])
	t.mu.Unlock()
	if quiet > 0 {
		return h.Inbox, &channels.Busy{For: quiet, Err: errors.New("it wanted fewer calls")}
	}
	return h.Inbox, channels.Guarded(func() error { return line.MarkRead(ctx, in, h.Thread, h.Peer, h.ID) })
}

func (t *Teller) line(kind centrala.Channel) channels.Receipts {
	for _, l := range t.lines {
		if l.Kind() == kind {
			return l
		}
	}
	return nil
}
