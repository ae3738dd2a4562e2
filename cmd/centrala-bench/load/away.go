package load

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"centrala/cmd/centrala-bench/wire"
)

// Away is what a visitor gets who comes back.
type Away struct {
	Missed  int
	Bytes   int64         // on the socket, frames with their headers, from hello to resumed
	Welcome int64         // of them before the first missed message
	Took    time.Duration // from before the connecting to resumed
}

const (
	AwayReplies = 20 // missed
	AwayFor     = 10 * time.Second
)

// ComeBack lets a visitor leave, an agent write to them meanwhile, and the visitor resume
// after what they hold. Every missed message has to come once, in order.
func ComeBack(ctx context.Context, site *Site) (Away, error) {
	var away Away
	err := atWork(ctx, site, toCarry(1), nil, func(ctx context.Context, shift *Shift) error {
		crowd, err := shift.visitors(ctx, 1)
		if err != nil {
			return err
		}
		v := crowd[0]
		if _, _, err := v.round(ctx); err != nil { // so that we know who answers
			return err
		}
		if err := v.sock.Close(); err != nil {
			return err
		}
		if err := shift.write(ctx, v.talk); err != nil {
			return err
		}
		away, err = comeBack(ctx, site.Front(), v)
		return err
	})
	return away, err
}

// write sends the replies, each acknowledged, spread over the time that the visitor is away.
func (s *Shift) write(ctx context.Context, t *talk) error {
	for n := range AwayReplies {
		if err := rest(ctx, AwayFor/AwayReplies); err != nil {
			return err
		}
		if err := s.answer(ctx, t, string(reply)+strconv.Itoa(n)+padding); err != nil {
			return err
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
func comeBack(ctx context.Context, h *wire.House, v *Visitor) (Away, error) {
	var away Away
	start := time.Now()
	sock, err := h.Open(ctx, v.token, map[string]any{"resume": []map[string]any{{"conversation": v.talk.id, "after": v.seq}}})
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
		f, err := wire.Decode(b)
		if err != nil {
			return away, err
		}
		switch {
		case f.Type == "message" && f.Conversation == v.talk.id:
			if f.Seq != v.seq+1 {
				return away, fmt.Errorf("after coming back seq %d follows %d", f.Seq, v.seq)
			}
			v.seq++
			if mine, err := isReply(f, strconv.Itoa(away.Missed)); err != nil {
				return away, err
			} else if mine {
				away.Missed++
			}
		case f.Type == "resumed" && f.Conversation == v.talk.id:
			away.Bytes, away.Took = sock.Got(), time.Since(start)
			if f.Gone || away.Missed != AwayReplies || f.Seq != v.seq {
				return away, fmt.Errorf("%d of %d missed replies came back, the latest seq is %d and the server says %d", away.Missed, AwayReplies, v.seq, f.Seq)
			}
			return away, sock.Close()
		case away.Missed == 0:
			away.Welcome = sock.Got()
		}
	}
}
