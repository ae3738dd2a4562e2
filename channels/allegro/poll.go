package allegro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"centrala"
	"centrala/channels"
)

// Pages of threads and of messages, and how many hooks there are in one commit.
const (
	pageSize = 20
	pageStep = 18
	atOnce   = 200
)

// kept is the version of the form in which messages and issues are kept.
const kept = 1

// Poll implements channels.Poller: it looks through the threads and the issues in turn, each at its
// own pace. The line works when both could be looked through.
func (c *Channel) Poll(ctx context.Context, in centrala.Inbox, to channels.Shelf) error {
	looks := []*look{
		{every: c.c.Every, what: "threads", do: c.threads},
		{every: c.c.Issues, what: "issues", do: c.issues},
	}
	for ctx.Err() == nil {
		next := looks[0]
		if looks[1].due.Before(next.due) {
			next = looks[1]
		}
		if wait := time.Until(next.due); wait > 0 && !pause(ctx, wait) {
			break
		}
		err := next.do(ctx, in, to)
		if ctx.Err() != nil {
			break
		}
		if stopped := (*channels.Stopped)(nil); errors.As(err, &stopped) {
			return err
		}
		c.looked(in, next, looks, err)
	}
	return ctx.Err()
}

// looked writes down how a look ended, and when the next one is due. What is too much for the vendor is
// too much of the account: then nothing of it is looked at.
func (c *Channel) looked(in centrala.Inbox, l *look, all []*look, err error) {
	now := time.Now()
	if err == nil {
		l.failures, l.due = 0, now.Add(l.every)
		if !slices.ContainsFunc(all, func(o *look) bool { return o.failures > 0 }) {
			c.c.Board.Note(in.ID, channels.In, channels.Working, nil, now)
		}
		c.describe(in)
		return
	}
	l.failures++
	l.due = now.Add(c.c.Wait(l.failures, 5*time.Minute))
	if busy := (*channels.Busy)(nil); errors.As(err, &busy) {
		until := now.Add(busy.For)
		for _, o := range all {
			o.due = later(o.due, until)
		}
		c.c.Board.Limit(in.ID, channels.In, until)
	}
	c.c.Board.Note(in.ID, channels.In, channels.Failing, err, now)
	c.c.Log.Warn("the account was not looked through", "inbox", in.ID.String(), "what", l.what, "err", err)
	c.describe(in) // it may fail until the connection has ended
}

// look is one of the things that are looked through.
type look struct {
	every    time.Duration
	due      time.Time
	failures int // in a row
	what     string
	do       func(context.Context, centrala.Inbox, channels.Shelf) error
}

func jittered(failures int, limit time.Duration) time.Duration {
	return channels.Backoff(failures, limit, rand.Float64())
}

// describe tells until when the account is connected, and warns ahead of that.
func (c *Channel) describe(in centrala.Inbox) {
	expires, renewal := c.c.Tokens.Life(in.ID)
	c.c.Board.Describe(in.ID, channels.In, channels.Health{Watch: channels.Poll, Expires: expires, Renewal: renewal})
	var soon error
	if !expires.IsZero() && expires.Sub(c.c.Now()) < centrala.ExpiryWarning {
		soon = &ending{expires}
	}
	c.c.Board.Warn(in.ID, channels.In, soon)
}

// batch is what was found and is not kept yet.
type batch struct {
	to    channels.Shelf
	hooks []centrala.Hook
}

// add keeps what has gathered once that is enough for a commit. The mark waits for the end: until then
// the same is found again, and known by its key.
func (b *batch) add(ctx context.Context, h centrala.Hook) error {
	if b.hooks = append(b.hooks, h); len(b.hooks) < atOnce {
		return nil
	}
	return b.flush(ctx, nil)
}

func (b *batch) flush(ctx context.Context, upto *centrala.Mark) error {
	if len(b.hooks) == 0 && upto == nil {
		return nil
	}
	err := b.to.KeepHooks(ctx, b.hooks, upto)
	b.hooks = nil
	return err
}

// threads looks through the threads: those that changed, and those of which a message is missing.
func (c *Channel) threads(ctx context.Context, in centrala.Inbox, to channels.Shelf) error {
	now := c.c.Now()
	was, err := to.Mark(ctx, in.ID, "threads")
	if err != nil {
		return fmt.Errorf("read the mark: %w", err)
	}
	m, err := parseMark(was, now)
	if err != nil {
		return err
	}
	floor, nightly := m.floor(), m.nightly(now)
	if nightly {
		floor = m.deep(now)
	}
	all, err := c.listThreads(ctx, in, floor)
	if err != nil {
		return err
	}
	found := &batch{to: to}
	var high time.Time
	listed := make(map[string]bool)
	for _, t := range all {
		id, last := string(t.id), t.is.Last.Time
		listed[id] = true
		if last.After(high) && last.Before(now.Add(future)) {
			high = last
		}
		from, wanted := m.wants(id, last, now)
		if nightly && (last.IsZero() || !last.Before(floor)) {
			from, wanted = floor, true
		}
		if !wanted {
			continue
		}
		_, known := m.find(id)
		if err := c.look(ctx, in, &m, t, from, found); err != nil {
			return err
		}
		if nightly && last.IsZero() && !known {
			m.drop(id)
		}
	}
	for _, e := range m.waiting(listed, now) {
		if err := c.lookAgain(ctx, in, &m, e, found); err != nil {
			return err
		}
	}
	m.rise(high, listed, now)
	if nightly {
		m.Full = now
	}
	if is := m.String(); is != was || len(found.hooks) > 0 {
		return found.flush(ctx, &centrala.Mark{Inbox: in.ID, Name: "threads", Value: is})
	}
	return nil
}

// listThreads is the threads whose last change is not before floor, the longest unchanged first.
func (c *Channel) listThreads(ctx context.Context, in centrala.Inbox, floor time.Time) ([]listed[thread], error) {
	all, err := list[thread](ctx, c, in, pages{what: "list the threads", path: "/messaging/threads", version: public, size: pageSize, step: pageStep,
		of: func(b body) []json.RawMessage { return b.Threads },
		enough: func(times []time.Time) bool { // the latest first, and those without a date anywhere
			last := slices.MaxFunc(times, time.Time.Compare)
			return !last.IsZero() && last.Before(floor)
		}})
	return nameable(c, in, "threads", all), err
}

// look reads the messages of a thread since from.
func (c *Channel) look(ctx context.Context, in centrala.Inbox, m *mark, t listed[thread], from time.Time, found *batch) error {
	all, err := c.messages(ctx, in, string(t.id), from)
	if status(err) == http.StatusNotFound { // it was removed meanwhile
		m.drop(string(t.id))
		return nil
	}
	if err != nil {
		return err
	}
	var newest time.Time
	for _, r := range all {
		newest = later(newest, r.is.when())
		if at := r.is.when(); !at.IsZero() && at.Before(m.Begin) {
			continue
		}
		h, err := hookOf(in, c.c.Now(), messageKey(r), "message", body{Kept: kept, Thread: t.raw, Message: r.raw})
		if err == nil {
			err = found.add(ctx, h)
		}
		if err != nil {
			return err
		}
	}
	m.looked(string(t.id), t.is.Last.Time, from, newest, c.c.Now())
	return nil
}

// lookAgain looks at a thread that the list did not name.
func (c *Channel) lookAgain(ctx context.Context, in centrala.Inbox, m *mark, e entry, found *batch) error {
	got, err := c.call(ctx, in, http.MethodGet, "/messaging/threads/"+url.PathEscape(e.ID), public, nil)
	if status(err) == http.StatusNotFound {
		m.drop(e.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a thread: %w", err)
	}
	t := listed[thread]{id: word(e.ID), raw: json.RawMessage(got.Body)}
	if err := got.JSON(&t.is); err != nil {
		return fmt.Errorf("read a thread: %w", err)
	}
	t.is.Last.Time = later(t.is.Last.Time, e.Last)
	return c.look(ctx, in, m, t, e.From, found)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// messages are those of a thread after a time, the oldest first.
func (c *Channel) messages(ctx context.Context, in centrala.Inbox, id string, after time.Time) ([]listed[message], error) {
	return list[message](ctx, c, in, pages{what: "list the messages of a thread", path: "/messaging/threads/" + url.PathEscape(id) + "/messages", version: public,
		query: url.Values{"after": {after.UTC().Format("2006-01-02T15:04:05.000Z")}}, size: pageSize, step: pageStep,
		of: func(b body) []json.RawMessage { return b.Messages }})
}

// messageKey is by what a message is known again. What becomes of our own words is another hook.
func messageKey(m listed[message]) string {
	if a := m.is.Author; m.id != "" && a != nil && !bool(a.IsInterlocutor) {
		return string(m.id) + ":" + string(m.is.Status)
	}
	return string(m.id)
}

func hookOf(in centrala.Inbox, now time.Time, key, what string, b body) (centrala.Hook, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return centrala.Hook{}, fmt.Errorf("keep a %s: %w", what, err)
	}
	return centrala.Hook{Inbox: in.ID, Channel: centrala.Allegro, At: now, Key: key, What: what, Body: raw, Size: int64(len(raw))}, nil
}
