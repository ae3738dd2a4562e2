package main

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/store"
	"centrala/watch"
)

// The ways by which words come in.
const (
	bySocket = "socket"
	byREST   = "rest"
	byMail   = "mail"
	byForm   = "form"
	byHook   = "hook"
)

// accepted is the log as one way in sees it: what comes by it is timed from here until it is on
// disk or refused, and its trace begins here.
type accepted struct {
	*store.DB
	door *door
}

// door is what is known of a way in.
type door struct {
	way         string
	took        *watch.Histogram // what is on disk
	tookRefused *watch.Histogram
	tracer      watch.Tracer
}

func newDoor(way string, t watch.Tracer) *door {
	return &door{way: way, took: watch.Seconds(), tookRefused: watch.Seconds(), tracer: t}
}

// Append implements the rooms' ports.
func (a accepted) Append(ctx context.Context, p centrala.Post) (centrala.Receipt, error) {
	ctx, end := a.door.open(ctx)
	r, err := a.DB.Append(ctx, p)
	end(r, err)
	return r, err
}

// Receive implements the rooms' ports.
func (a accepted) Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	ctx, end := a.door.open(ctx)
	r, err := a.DB.Receive(ctx, in)
	end(r, err)
	return r, err
}

// ReceiveAll implements the rooms' ports.
func (a accepted) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	ctx, end := a.door.open(ctx)
	rs, err := a.DB.ReceiveAll(ctx, ins)
	end(centrala.Receipt{}, err)
	return rs, err
}

func (d *door) open(ctx context.Context) (context.Context, func(centrala.Receipt, error)) {
	began := time.Now()
	finish := func(error, map[string]string) {}
	if d.tracer != nil {
		var trace string
		trace, finish = d.tracer.Begin("accept " + d.way)
		ctx = watch.With(ctx, trace)
	}
	return ctx, func(r centrala.Receipt, err error) {
		if err == nil {
			d.took.Since(began)
			finish(nil, map[string]string{"conversation": r.Conversation.String(), "event": r.Event.String()})
			return
		}
		d.tookRefused.Since(began)
		finish(err, map[string]string{"code": string(centrala.CodeOf(err))})
	}
}

// shown hands what was committed here, or came from another node, to the sockets of this node,
// and notes it in the trace.
func (p *Program) shown(e centrala.Event, show func()) {
	if e.Trace == "" || p.tracer == nil {
		show()
		return
	}
	began := time.Now()
	show()
	p.tracer.Note(watch.Span{Parent: e.Trace, Name: "live", From: began, To: time.Now(),
		Attributes: map[string]string{"event": e.ID.String(), "type": string(e.Type), "conversation": e.Conversation.String()}})
}

// committed is told of everything that comes to lie on disk here.
func (p *Program) committed(commits []centrala.Commit) {
	for _, c := range commits {
		p.tally.count(c.Event)
	}
	if p.tracer == nil {
		p.gateway.Committed(commits)
		return
	}
	for i, c := range commits {
		p.shown(c.Event, func() { p.gateway.Committed(commits[i : i+1]) })
	}
}

// requestsAtOnce is how many requests are worked on at a time, sockets and what operators ask
// not counted: more would only wait for the same two or three things in memory.
const requestsAtOnce = 1024

// turnstile lets so many requests in and tells the others to come again.
type turnstile struct {
	next    http.Handler
	most    int64
	inside  atomic.Int64
	refused atomic.Uint64
}

// ServeHTTP implements http.Handler.
func (t *turnstile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer t.inside.Add(-1)
	if t.inside.Add(1) <= t.most {
		t.next.ServeHTTP(w, r)
		return
	}
	t.refused.Add(1)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`{"title":"Service Unavailable","status":503,"code":"unavailable","detail":"Too much is asked at once. Try again in a moment.","retry_after_ms":1000}` + "\n"))
}
