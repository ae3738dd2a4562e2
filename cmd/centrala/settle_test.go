package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
)

// vendorOf is a vendor that has to be told things, and does not always listen.
type vendorOf struct {
	mu    sync.Mutex
	fails int
	told  []bool // enabled, in the order of the calls
	hook  string
}

func (*vendorOf) Kind() centrala.Channel { return centrala.Telegram }

func (v *vendorOf) Settle(_ context.Context, in centrala.Inbox, hook string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told, v.hook = append(v.told, in.Enabled), hook
	if v.fails > 0 {
		v.fails--
		return errors.New("not now")
	}
	return nil
}

func (v *vendorOf) heard() []bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.told)
}

type someDoors struct {
	mu sync.Mutex
	in []centrala.Inbox
}

func (d *someDoors) Inboxes(context.Context) ([]centrala.Inbox, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.in), nil
}

func (d *someDoors) are(in ...centrala.Inbox) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.in = in
}

// A vendor is told of an inbox until it has listened, once more when something changed, when the
// inbox is switched off, and not again when nothing did; meanwhile the board says why not.
func TestVendorIsToldUntilItListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor, doors, board := &vendorOf{fails: 3}, &someDoors{}, &channels.Board{}
		in := centrala.Inbox{ID: 7, Name: "Bot", Channel: centrala.Telegram, Enabled: true, Account: &centrala.Account{ID: "1"}}
		doors.are(in)
		s := &settling{doors: doors, settlers: []channels.Settler{vendor}, board: board, log: slog.New(slog.DiscardHandler), look: make(chan struct{}, 1),
			seen: map[centrala.InboxID]*settled{}, hook: func(in centrala.Inbox) string { return "https://x.example/hooks/" + in.ID.String() }}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()

		synctest.Wait()
		if h, _ := board.Line(7, channels.Arranged); h.State != channels.Failing || h.LastError != "not now" {
			t.Errorf("after one refusal the board says %+v", h)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := vendor.heard(); len(got) != 4 {
			t.Errorf("told %d times, want 3 in vain and one more", len(got))
		}
		if h, _ := board.Line(7, channels.Arranged); h.State != channels.Working || vendor.hook != "https://x.example/hooks/"+in.ID.String() {
			t.Errorf("at %q the board says %+v", vendor.hook, h)
		}
		in.Enabled = false
		doors.are(in)
		s.Look()
		synctest.Wait()
		if got := vendor.heard(); len(got) != 5 || got[4] {
			t.Errorf("switched off, the vendor has heard %v", got)
		}
		if _, known := board.Line(7, channels.Arranged); known {
			t.Error("the board knows of something arranged for an inbox that is off")
		}
		doors.are()
		s.Look()
		synctest.Wait()
		if err := s.leave(ctx, in); err != nil || len(s.seen) != 0 || len(vendor.heard()) != 6 {
			t.Errorf("removed: %v, %d known, %v", err, len(s.seen), vendor.heard())
		}
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// One vendor that does not answer keeps nobody else from being told.
func TestSlowVendorKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		quick := &vendorOf{}
		doors := &someDoors{}
		doors.are(centrala.Inbox{ID: 1, Channel: centrala.WhatsApp, Enabled: true}, centrala.Inbox{ID: 2, Channel: centrala.Telegram, Enabled: true})
		s := &settling{doors: doors, settlers: []channels.Settler{mute{}, quick}, board: &channels.Board{}, log: slog.New(slog.DiscardHandler), look: make(chan struct{}, 1),
			seen: map[centrala.InboxID]*settled{}, hook: func(centrala.Inbox) string { return "" }}
		go func() { _ = s.Run(t.Context()) }()
		synctest.Wait()
		if len(quick.heard()) != 1 {
			t.Error("the other vendor was not told")
		}
		time.Sleep(2 * settleWithin)
		synctest.Wait()
		if h, _ := s.board.Line(1, channels.Arranged); h.State != channels.Failing {
			t.Errorf("of the mute one the board says %+v", h)
		}
	})
}

type mute struct{}

func (mute) Kind() centrala.Channel { return centrala.WhatsApp }
func (mute) Settle(ctx context.Context, _ centrala.Inbox, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}
