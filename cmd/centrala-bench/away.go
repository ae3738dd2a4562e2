package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Away is what a visitor gets who comes back.
type Away struct {
	Missed  int
	Bytes   int64         // on the socket, frames with their headers, from hello to resumed
	Welcome int64         // of them before the first missed message
	Took    time.Duration // from before the connecting to resumed
}

const (
	awayReplies = 20
	awayFor     = 10 * time.Second
)

// measureAway lets a visitor leave, an agent write to them meanwhile, and the visitor resume
// after what they hold. Every missed message has to come once, in order.
func measureAway(ctx context.Context, h *House) (Away, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	var away Away
	g.Go(func() error {
		defer end()
		shift, err := startShift(ctx, h, g)
		if err != nil {
			return err
		}
		token, err := h.visitor(ctx)
		if err != nil {
			return err
		}
		v, err := shift.enter(ctx, token)
		if err != nil {
			return err
		}
		if _, _, err := v.round(ctx); err != nil { // so that we know who answers
			return err
		}
		if err := v.sock.Close(); err != nil {
			return err
		}
		if err := shift.write(ctx, v.talk); err != nil {
			return err
		}
		away, err = comeBack(ctx, h, token, v)
		return err
	})
	return away, g.Wait()
}

// write sends the replies, each acknowledged, spread over the time that the visitor is away.
func (s *Shift) write(ctx context.Context, t *talk) error {
	a := s.holder(t)
	for n := range awayReplies {
		if err := rest(ctx, awayFor/awayReplies); err != nil {
			return err
		}
		b, err := appendSend(nil, t.id, string(reply)+strconv.Itoa(n)+padding)
		if err == nil {
			err = a.sock.Write(b)
		}
		if err != nil {
			return err
		}
		select {
		case <-t.acked:
		case <-time.After(patience):
			return fmt.Errorf("reply %d is not acknowledged after %s", n, patience)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// holder is the agent who has t.
func (s *Shift) holder(t *talk) *Answerer {
	for _, a := range s.agents {
		if a.me == t.holder {
			return a
		}
	}
	return s.agents[0]
}

// comeBack resumes after what v holds.
func comeBack(ctx context.Context, h *House, token string, v *Visitor) (Away, error) {
	var away Away
	start := time.Now()
	sock, err := h.socket(ctx, token, map[string]any{"resume": []map[string]any{{"conversation": v.talk.id, "after": v.seq}}})
	if err != nil {
		return away, err
	}
	if err := sock.Within(patience); err != nil {
		return away, err
	}
	for {
		b, err := sock.Read()
		if err != nil {
			return away, fmt.Errorf("resume: %w", err)
		}
		f, err := decode(b)
		if err != nil {
			return away, err
		}
		switch {
		case f.Type == "message" && f.Conversation == v.talk.id:
			if f.Seq != v.seq+1 {
				return away, fmt.Errorf("after coming back seq %d follows %d", f.Seq, v.seq)
			}
			v.seq++
			if mine, err := f.reply(strconv.Itoa(away.Missed)); err != nil {
				return away, err
			} else if mine {
				away.Missed++
			}
		case f.Type == "resumed" && f.Conversation == v.talk.id:
			away.Bytes, away.Took = sock.Got(), time.Since(start)
			if f.Gone || away.Missed != awayReplies || f.Seq != v.seq {
				return away, fmt.Errorf("%d of %d missed replies came back, the latest seq is %d and the server says %d", away.Missed, awayReplies, v.seq, f.Seq)
			}
			return away, sock.Close()
		case away.Missed == 0:
			away.Welcome = sock.Got()
		}
	}
}
