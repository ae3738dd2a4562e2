package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// buyers are the demo's agents who answer buyers.
var buyers = [...]string{"ania@demo.test", "piotr@demo.test"}

// centralaLine speaks the public protocol.
func centralaLine() Line {
	return Line{Acks: true, Compose: func(dst []byte, t *talk, _, text string) ([]byte, error) {
		return appendSend(dst, t.id, text)
	}}
}

// A Shift is the agents at work in a house: their goroutines answer in its group.
type Shift struct {
	house  *House
	board  *Board
	agents []*Answerer
}

// startShift signs the buyers' agents in, lets each carry 250 chats and opens their lines.
// They work in g until ctx ends.
func startShift(ctx context.Context, h *House, g *errgroup.Group) (*Shift, error) {
	s := &Shift{house: h, board: NewBoard()}
	admin, _, err := h.login(ctx, "admin@demo.test")
	if err != nil {
		return nil, err
	}
	for _, email := range buyers {
		token, id, err := h.login(ctx, email)
		if err != nil {
			return nil, err
		}
		if err := h.do(ctx, call{method: http.MethodPatch, path: "/v1/agents/" + id, token: admin, in: map[string]int{"capacity": 1000}}); err != nil {
			return nil, err
		}
		sock, err := h.socket(ctx, token, nil)
		if err != nil {
			return nil, err
		}
		if err := sock.Within(patience); err != nil {
			return nil, err
		}
		if _, err := await(sock, "welcome"); err != nil {
			return nil, fmt.Errorf("%s: %w", email, err)
		}
		if err := errors.Join(say(sock, map[string]any{"type": "presence.set", "status": "online"}), sock.conn.SetDeadline(time.Time{})); err != nil {
			return nil, err
		}
		a := &Answerer{board: s.board, line: centralaLine(), sock: sock, me: id}
		s.agents = append(s.agents, a)
		g.Go(func() error { return a.Run(ctx) })
	}
	return s, nil
}

// visitor lets a new customer write for the first time and waits until an agent has them.
func (s *Shift) visitor(ctx context.Context) (*Visitor, error) {
	token, err := s.house.visitor(ctx)
	if err != nil {
		return nil, err
	}
	return s.enter(ctx, token)
}

func (s *Shift) enter(ctx context.Context, token string) (*Visitor, error) {
	sock, err := s.house.socket(ctx, token, nil)
	if err != nil {
		return nil, err
	}
	if err := sock.Within(2 * patience); err != nil {
		return nil, err
	}
	if _, err := await(sock, "welcome"); err != nil {
		return nil, err
	}
	first, err := appendSend(nil, "", "Dzien dobry!")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(say(sock, map[string]any{"type": "contact.set", "ref": "s", "side": "buyer"}), sock.Write(first)); err != nil {
		return nil, err
	}
	v := &Visitor{board: s.board, line: centralaLine(), sock: sock}
	for v.talk == nil {
		f, err := await(sock, "ack")
		if err != nil {
			return nil, err
		}
		if f.Conversation != "" && f.Seq > 0 { // the other one is contact.set's
			v.talk, v.seq = s.board.talk(f.Conversation), f.Seq
		}
	}
	select {
	case <-v.talk.assigned:
		return v, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("conversation %s: no agent has it after %s", v.talk.id, patience)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// measureTalk runs the durable closed loop in the house.
func measureTalk(ctx context.Context, h *House, visitors int, p Pace) ([]Bout, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	var bouts []Bout
	g.Go(func() error {
		defer end()
		shift, err := startShift(ctx, h, g)
		if err != nil {
			return err
		}
		var crowd []*Visitor
		for range visitors {
			v, err := shift.visitor(ctx)
			if err != nil {
				return err
			}
			crowd = append(crowd, v)
		}
		bouts, err = closedLoop(ctx, crowd, p)
		return err
	})
	return bouts, g.Wait()
}
