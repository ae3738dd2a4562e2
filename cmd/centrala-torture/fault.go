package main

import (
	"context"
	"time"

	"centrala/lab"
)

// A Fault is one thing that goes wrong and is over when Do returns.
type Fault struct {
	Name string
	Says string
	Do   func(context.Context, *Run) error
}

// faults are all that a run can be told to meet.
func faults() []Fault {
	return []Fault{
		{"kill", "the server is killed at a random moment and starts again", kill},
		{"term", "the server is ended politely under load and starts again", term},
		{"cut", "all connections are cut at once", func(_ context.Context, r *Run) error { r.link.CutAll(); return nil }},
		{"lossy", "for a second every fifth piece of traffic ends its connection", weather(lab.Weather{Cut: .2}, time.Second)},
		{"slow", "for a second every piece of traffic takes up to 80 ms", weather(lab.Weather{Delay: 80 * time.Millisecond}, time.Second)},
		{"half-open", "for two seconds nothing passes and nothing ends", weather(lab.Weather{Swallow: true}, 2*time.Second)},
	}
}

func kill(ctx context.Context, r *Run) error {
	if err := r.server.Kill(); err != nil {
		return err
	}
	return r.server.Start(ctx)
}

func term(ctx context.Context, r *Run) error {
	if err := r.server.Stop(); err != nil {
		return err
	}
	return r.server.Start(ctx)
}

func weather(w lab.Weather, long time.Duration) func(context.Context, *Run) error {
	return func(ctx context.Context, r *Run) error {
		r.link.Set(w)
		defer r.link.Set(lab.Weather{})
		return rest(ctx, long)
	}
}
