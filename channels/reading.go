package channels

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"centrala"
)

// hooksAtOnce is how many hooks are looked at together, and itemsAtOnce how many things of several
// hooks are taken in one commit: whoever posts meanwhile waits for that.
const (
	hooksAtOnce = 64
	itemsAtOnce = 256
)

// Reading is the reading of one inbox's hooks, in the order in which they came.
type Reading struct {
	Inbox  centrala.Inbox
	Reader Reader
	Shelf  Shelf
	Board  *Board
	Log    *slog.Logger
	Wake   <-chan struct{} // something may have come
	Every  time.Duration   // a look without being woken
}

// Run reads until ctx ends. A hook that cannot be read, or that the log does not take, is left
// unread with the cause and keeps no other back.
func (r Reading) Run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		n, err := r.some(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			failures++
			r.Board.Note(r.Inbox.ID, In, Failing, err, time.Now())
			r.Log.Error("hooks could not be read", "inbox", r.Inbox.ID.String(), "err", err)
			pause(ctx, min(time.Duration(failures)*time.Second, 30*time.Second))
			continue
		case n > 0:
			failures = 0
			continue
		}
		failures = 0
		t := time.NewTimer(r.Every)
		select {
		case <-ctx.Done():
		case <-r.Wake:
		case <-t.C:
		}
		t.Stop()
	}
	return ctx.Err()
}

// some reads the next few hooks and says how many.
func (r Reading) some(ctx context.Context) (int, error) {
	hooks, err := r.Shelf.UnreadHooks(ctx, r.Inbox.ID, hooksAtOnce)
	if err != nil || len(hooks) == 0 {
		if err == nil {
			r.Board.Behind(r.Inbox.ID, In, 0, 0)
		}
		return 0, err
	}
	r.Board.Behind(r.Inbox.ID, In, len(hooks), time.Since(hooks[0].At))
	reads := make([]centrala.HookRead, len(hooks))
	for i, h := range hooks {
		reads[i] = ReadHook(r.Reader, r.Inbox, h)
	}
	for len(reads) > 0 && err == nil {
		n, items := 1, len(reads[0].Reading.Items)
		for n < len(reads) && items+len(reads[n].Reading.Items) <= itemsAtOnce {
			items += len(reads[n].Reading.Items)
			n++
		}
		if err = r.Shelf.ReadHooks(ctx, reads[:n]); err != nil && !passing(err) && ctx.Err() == nil {
			err = r.oneByOne(ctx, reads[:n])
		}
		reads = reads[n:]
	}
	if err == nil {
		r.Board.Note(r.Inbox.ID, In, Working, nil, time.Now())
		r.Board.Took(r.Inbox.ID, In, time.Since(hooks[len(hooks)-1].At))
	}
	return len(hooks), err
}

// oneByOne finds out which of several hooks the log does not take, and leaves that one unread.
func (r Reading) oneByOne(ctx context.Context, reads []centrala.HookRead) error {
	for _, read := range reads {
		err := r.Shelf.ReadHooks(ctx, []centrala.HookRead{read})
		if err != nil && !passing(err) && ctx.Err() == nil {
			r.Log.Error("a hook was not taken", "inbox", r.Inbox.ID.String(), "hook", read.Hook.String(), "err", err)
			read.Failed, read.Reading = &centrala.Cause{Code: "log", Detail: string(centrala.CodeOf(err))}, centrala.Reading{Parser: read.Reading.Parser, What: read.Reading.What}
			err = r.Shelf.ReadHooks(ctx, []centrala.HookRead{read})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// passing reports whether the log's refusal says nothing about what it was given.
func passing(err error) bool {
	return centrala.CodeOf(err) == centrala.Unavailable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// ReadHook is a hook as its channel reads it; a parser that fails, however, is a cause.
func ReadHook(by Reader, inbox centrala.Inbox, h centrala.Hook) centrala.HookRead {
	out := centrala.HookRead{Hook: h.ID}
	err := Guarded(func() (err error) {
		out.Reading, err = by.Read(inbox, h)
		return err
	})
	if err != nil {
		code := FaultCode(err)
		var broken *panicked
		if errors.As(err, &broken) {
			code = "parser"
		} else if code == "" {
			code = "unreadable"
		}
		out.Failed = &centrala.Cause{Code: code, Detail: err.Error()}
		out.Reading.Items = nil
	}
	return out
}
