package channels

import (
	"context"
	"slices"
	"sync"
	"time"

	"centrala"
)

// How often hooks and files to fetch are looked for without being told of them.
const (
	hooksEvery = 2 * time.Second
	mediaEvery = 5 * time.Second
)

// serve does what an inbox's line asks for, under its lease, until ctx ends: a listener listens;
// the hooks of a reader are read, its files fetched and, where nobody posts them, its vendor is
// asked for what is new.
func (x *Exchange) serve(ctx context.Context, in centrala.Inbox, t *tenure) {
	if l := x.listener(in.Channel); l != nil {
		x.listen(ctx, in, func(ctx context.Context) error { return l.Listen(ctx, in, leased{x.c.Intake, t}) })
		return
	}
	reader := x.reader(in.Channel)
	shelf := leasedShelf{x.c.Shelf, t, func() { x.news.ring(in.ID) }, func() { x.gets.ring(in.ID); x.side.ring(in.ID) }}
	var work sync.WaitGroup
	defer work.Wait()
	if x.c.Beside != nil {
		defer x.side.remove(in.ID)
		held := Held{Wake: x.side.add(in.ID), Term: t.term, Sound: t.sound}
		work.Go(func() { x.beside(ctx, in, reader, held) })
	}
	if f, ok := reader.(Fetcher); ok && x.c.Media != nil {
		defer x.gets.remove(in.ID)
		fetching := Fetching{Inbox: in, Fetcher: f, Shelf: leasedMedia{x.c.Media, t}, Files: x.c.Files, Log: x.c.Log, Wake: x.gets.add(in.ID), Every: mediaEvery}
		work.Go(func() { _ = fetching.Run(ctx) }) // it ends with ctx
	}
	if p, ok := reader.(Poller); ok && p.Polls(in) {
		work.Go(func() { x.listen(ctx, in, func(ctx context.Context) error { return p.Poll(ctx, in, shelf) }) })
	}
	if w, ok := reader.(Watcher); ok {
		work.Go(func() {
			if err := Guarded(func() error { w.Watch(ctx, in, x.c.Board); return nil }); err != nil {
				x.c.Log.Error("a line is watched no longer", "inbox", in.ID.String(), "err", err)
			}
		})
	}
	defer x.news.remove(in.ID)
	reading := Reading{Inbox: in, Reader: reader, Shelf: shelf, Board: x.c.Board, Log: x.c.Log, Wake: x.news.add(in.ID), Every: hooksEvery}
	x.c.Board.Note(in.ID, In, Starting, nil, time.Now())
	_ = reading.Run(ctx) // likewise
}

// beside does what is done beside, and a panic in it keeps nothing else back.
func (x *Exchange) beside(ctx context.Context, in centrala.Inbox, reader Reader, held Held) {
	if err := Guarded(func() error { return x.c.Beside.Work(ctx, in, reader, held) }); err != nil && ctx.Err() == nil {
		x.c.Log.Error("what is done beside a line is done no longer", "inbox", in.ID.String(), "err", err)
	}
}

// leasedShelf is a Shelf to which nothing is done once the lease is lost.
type leasedShelf struct {
	to         Shelf
	t          *tenure
	kept, read func() // tells of what came, and that there may be files to fetch
}

// KeepHooks implements Shelf.
func (l leasedShelf) KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error {
	if err := l.t.sound(); err != nil {
		return err
	}
	if upto != nil {
		under := *upto
		under.Term = l.t.term
		upto = &under
	}
	err := l.to.KeepHooks(ctx, hooks, upto)
	if err == nil && len(hooks) > 0 {
		l.kept()
	}
	return err
}

// Mark implements Shelf.
func (l leasedShelf) Mark(ctx context.Context, inbox centrala.InboxID, name string) (string, error) {
	if err := l.t.sound(); err != nil {
		return "", err
	}
	return l.to.Mark(ctx, inbox, name)
}

// UnreadHooks implements Shelf.
func (l leasedShelf) UnreadHooks(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Hook, error) {
	if err := l.t.sound(); err != nil {
		return nil, err
	}
	return l.to.UnreadHooks(ctx, inbox, limit)
}

// ReadHooks implements Shelf.
func (l leasedShelf) ReadHooks(ctx context.Context, reads []centrala.HookRead) error {
	if err := l.t.sound(); err != nil {
		return err
	}
	reads = slices.Clone(reads)
	for i := range reads {
		reads[i].Term = l.t.term
	}
	err := l.to.ReadHooks(ctx, reads)
	if err == nil {
		l.read()
	}
	return err
}

// leasedMedia is likewise a MediaShelf.
type leasedMedia struct {
	to MediaShelf
	t  *tenure
}

// DueMedia implements MediaShelf.
func (l leasedMedia) DueMedia(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Media, error) {
	if err := l.t.sound(); err != nil {
		return nil, err
	}
	return l.to.DueMedia(ctx, inbox, limit)
}

// KeepMedia implements MediaShelf.
func (l leasedMedia) KeepMedia(ctx context.Context, f centrala.Fetched) error {
	if err := l.t.sound(); err != nil {
		return err
	}
	f.Term = l.t.term
	return l.to.KeepMedia(ctx, f)
}
