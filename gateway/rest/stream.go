package rest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"centrala"
	"centrala/auth"
)

// DeadLetters are events that a group's handler gave up on.
type DeadLetters interface {
	DeadLetters(ctx context.Context) ([]centrala.DeadLetter, error)
	Exhume(ctx context.Context, id int64) (centrala.DeadLetter, error)
	Bury(ctx context.Context, d centrala.DeadLetter) error
}

func (s *server) streamRoutes() {
	add(s, get("/v1/stream", "Whether events flow", auth.ReadStream), s.streamHealth)
	add(s, get("/v1/stream/dead-letters", "Events that a handler gave up on, the latest first", auth.ReadStream), s.deadLetters)
	add(s, post("/v1/stream/dead-letters/{id}/replay", "Have its handler try once more", auth.ReplayStream), s.replay)
}

// StreamHealth says whether events flow, and how many were given up on.
type StreamHealth struct {
	OK          bool   `json:"ok"`
	Error       string `json:"error,omitempty"`
	DeadLetters int    `json:"dead_letters" doc:"At most 500 are counted."`
}

func (s *server) streamHealth(ctx context.Context, _ caller, _ *nothing) (*answer[StreamHealth], error) {
	dead, err := s.Store.DeadLetters(ctx)
	if err != nil {
		return nil, err
	}
	h := StreamHealth{OK: true, DeadLetters: len(dead)}
	if s.Ready != nil {
		if err := s.Ready(); err != nil {
			h.OK, h.Error = false, err.Error()
		}
	}
	return ok(h), nil
}

// DeadLetterView is an event that was given up on. Its event is the envelope of the stream.
type DeadLetterView struct {
	ID       string    `json:"id"`
	Group    string    `json:"group"`
	Event    any       `json:"event"`
	Error    string    `json:"error"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
}

func (s *server) deadLetters(ctx context.Context, _ caller, _ *nothing) (*answer[List[DeadLetterView]], error) {
	dead, err := s.Store.DeadLetters(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]DeadLetterView, len(dead))
	for i, d := range dead {
		out[i] = DeadLetterView{strconv.FormatInt(d.ID, 10), d.Group, d.Event, d.Error, d.Attempts, d.At.UTC()}
	}
	return page(out, ""), nil
}

type deadLetterPath struct {
	ID   number `path:"id"`
	Body *struct{}
}

// replay takes the letter out and has it tried; when that fails it is buried again, and the
// failure is the answer.
func (s *server) replay(ctx context.Context, c caller, in *deadLetterPath) (*nothing, error) {
	if s.Retry == nil {
		return nil, centrala.Errorf(centrala.Unavailable, "This server cannot replay events.")
	}
	d, err := s.Store.Exhume(ctx, in.ID.N)
	if err != nil {
		return nil, err
	}
	id := strconv.FormatInt(in.ID.N, 10)
	if err := s.audited(ctx, c, "stream.replayed", id, d.Group+" "+string(d.Event.Type)); err != nil {
		return nil, errors.Join(err, s.Store.Bury(ctx, d))
	}
	if err := s.Retry(ctx, d.Group, d.Event); err != nil {
		d.Error, d.Attempts, d.At = err.Error(), d.Attempts+1, s.Now().UTC()
		if buried := s.Store.Bury(context.WithoutCancel(ctx), d); buried != nil {
			return nil, errors.Join(err, buried)
		}
		return nil, &centrala.Error{Code: centrala.Conflict, Message: "The handler failed again: " + centrala.Clip(err.Error(), 300)}
	}
	return nil, nil
}
