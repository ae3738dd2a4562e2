package stream

import (
	"context"
	"slices"
	"time"
)

// watch repairs what can be repaired from here: an embedded JetStream that turned itself off,
// and a stream or a consumer that somebody removed.
func (b *Bus) watch() {
	b.every(sweepEvery, func() {
		if b.resumed.Swap(false) { // what was on its way while the servers learned of us
			b.live.gap()
		}
		err := b.heal()
		was := b.broken.Load()
		switch {
		case err != nil:
			s := err.Error()
			b.broken.Store(&s)
			if was == nil {
				b.log.Error("the stream is broken; trying to repair it", "error", err)
			}
		case was != nil:
			b.broken.Store(nil)
			b.log.Info("the stream is repaired")
		}
	})
}

// every calls f now and then until the bus closes.
func (b *Bus) every(d time.Duration, f func()) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			f()
		case <-b.ending:
			return
		}
	}
}

func (b *Bus) heal() error {
	if b.srv != nil {
		if err := b.srv.revive(); err != nil {
			return err
		}
	}
	failing := func(l *lane) bool { return l.failing() > 2*sweepEvery }
	if !slices.ContainsFunc(b.lanes[:], failing) || !b.pub.IsConnected() {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, ackTimeout)
	defer cancel()
	if err := b.ensureStream(ctx); err != nil {
		return err
	}
	return b.ensureConsumers(ctx)
}
