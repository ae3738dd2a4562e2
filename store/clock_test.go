package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The clock is the database's, goes on while that is away, and follows it when it steps.
func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		connect := sync.OnceFunc(func() { time.Sleep(400 * time.Millisecond) }) // of the first question only
		ahead, away := 10*time.Minute, false
		set := func(by time.Duration, gone bool) {
			mu.Lock()
			defer mu.Unlock()
			ahead, away = by, gone
		}
		c := &clock{ask: func(context.Context) (time.Time, error) {
			mu.Lock()
			by, gone := ahead, away
			mu.Unlock()
			if gone {
				return time.Time{}, errors.New("away")
			}
			connect()
			time.Sleep(2 * time.Millisecond) // the way there and back
			return time.Now().Add(by - time.Millisecond), nil
		}}
		if err := c.set(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.follow(ctx) }()
		is := func(when string) {
			t.Helper()
			if off := c.now().Sub(time.Now().Add(ahead)); off.Abs() > time.Millisecond {
				t.Errorf("%s: it is off by %s", when, off)
			}
		}
		is("at first")
		set(ahead, true)
		time.Sleep(time.Hour)
		is("after an hour away")
		set(-10*time.Minute, false)
		time.Sleep(clockEvery + time.Second)
		is("after a step")
		cancel()
		<-done
	})
}
