package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/wire"
)

const (
	administrator = "admin@demo.test"
	buyers        = "ania@demo.test"  // one of those who answer buyers
	sellers       = "marek@demo.test" // and of those who answer sellers
	password      = "centrala-demo"
	mostCapacity  = 1000
	chatsEach     = 250 // that an agent of that capacity can carry
	talkersEach   = 64  // of those who all talk at once; see toAnswer

	atOnce = 16 // how many sign in, or come in, at the same time
)

// centralaLine speaks the public protocol.
func centralaLine() Line {
	return Line{Acks: true, Compose: func(dst []byte, t *talk, _, text string) ([]byte, error) {
		return wire.AppendSend(dst, "m", t.id, text)
	}}
}

// A Shift is the agents at work in a house: their goroutines answer in its group.
type Shift struct {
	site   *Site
	board  *Board
	agents []*Answerer
}

// startShift lets so many agents come to work; those who are missing are hired. They work in g
// until ctx ends, and answer what they hear unless listen is set.
func startShift(ctx context.Context, site *Site, g *errgroup.Group, agents int, listen Listener) (*Shift, error) {
	s := &Shift{site: site, board: NewBoard()}
	emails, err := staff(ctx, site.Back(), agents)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	coming, within := errgroup.WithContext(ctx)
	coming.SetLimit(atOnce)
	for _, email := range emails {
		coming.Go(func() error {
			token, id, err := site.Back().Login(within, email, password)
			if err != nil {
				return err
			}
			sock, err := site.Back().Open(ctx, token, nil)
			if err != nil {
				return err
			}
			if err := sock.Within(patience); err != nil {
				return err
			}
			if _, err := wire.Await(sock, "welcome"); err != nil {
				return fmt.Errorf("%s: %w", email, err)
			}
			if err := errors.Join(wire.Say(sock, map[string]any{"type": "presence.set", "status": "online"}), sock.Within(0)); err != nil {
				return err
			}
			a := &Answerer{board: s.board, line: centralaLine(), sock: sock, me: id, listen: listen}
			mu.Lock()
			s.agents = append(s.agents, a)
			mu.Unlock()
			return nil
		})
	}
	if err := coming.Wait(); err != nil {
		return nil, err
	}
	for _, a := range s.agents {
		g.Go(func() error { return a.Run(ctx) })
	}
	return s, nil
}

// colleague is as much of an agent as the driver looks at.
type colleague struct {
	ID, Email string
	Teams     []string
	Capacity  int
}

// staff makes sure that n agents answer buyers, each of the greatest capacity, and gives their
// addresses.
func staff(ctx context.Context, h *wire.House, n int) ([]string, error) {
	admin, _, err := h.Login(ctx, administrator, password)
	if err != nil {
		return nil, err
	}
	var all struct{ Items []colleague }
	if err := h.Do(ctx, wire.Call{Method: http.MethodGet, Path: "/v1/agents", Token: admin, Out: &all}); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all.Items, func(a colleague) bool { return a.Email == buyers })
	if i < 0 {
		return nil, fmt.Errorf("there is no %s here", buyers)
	}
	teams := all.Items[i].Teams
	var emails []string
	for _, a := range all.Items {
		if len(emails) == n || !slices.Equal(a.Teams, teams) || a.Email == administrator {
			continue
		}
		if a.Capacity < mostCapacity {
			if err := h.Do(ctx, wire.Call{Method: http.MethodPatch, Path: "/v1/agents/" + a.ID, Token: admin, In: map[string]int{"capacity": mostCapacity}}); err != nil {
				return nil, err
			}
		}
		emails = append(emails, a.Email)
	}
	hired := make([]string, n-len(emails))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4) // a password's hash is costly on purpose
	for i := range hired {
		g.Go(func() error {
			hired[i] = fmt.Sprintf("bench-%d@demo.test", len(all.Items)+i)
			return hire(ctx, h, admin, hired[i], teams)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return append(emails, hired...), nil
}

// hire makes an account and sets its password with the link that its answer holds.
func hire(ctx context.Context, h *wire.House, admin, email string, teams []string) error {
	var made struct{ Link string }
	in := map[string]any{"name": "Bench", "email": email, "role": "agent", "teams": teams, "capacity": mostCapacity}
	if err := h.Do(ctx, wire.Call{Method: http.MethodPost, Path: "/v1/agents", Token: admin, In: in, Out: &made}); err != nil {
		return err
	}
	_, token, ok := strings.Cut(made.Link, "#")
	if !ok {
		return fmt.Errorf("the link of %s has no token", email)
	}
	return h.Do(ctx, wire.Call{Method: http.MethodPost, Path: "/v1/passwords", In: map[string]string{"token": token, "password": password}})
}

// visitors lets n new customers write for the first time and waits until agents have them.
func (s *Shift) visitors(ctx context.Context, n int) ([]*Visitor, error) {
	return s.bring(ctx, n, s.enter)
}

// bring makes n new customers and lets each in by one of the ways above and below.
func (s *Shift) bring(ctx context.Context, n int, in func(context.Context, string, wire.Door) (*Visitor, error)) ([]*Visitor, error) {
	crowd := make([]*Visitor, n)
	buffer := 0
	if n > 1000 {
		buffer = 256 // many are poor
	}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range crowd {
		g.Go(func() error {
			token, err := s.site.Front().Visitor(within)
			if err != nil {
				return err
			}
			crowd[i], err = in(ctx, token, wire.Door{Local: source(i), Buffer: buffer})
			return err
		})
	}
	err := g.Wait()
	s.site.Front().Leave()
	return crowd, err
}

// enter lets the visitor of a token write for the first time, and waits until an agent has them.
func (s *Shift) enter(ctx context.Context, token string, d wire.Door) (*Visitor, error) {
	v, err := s.begin(ctx, token, d)
	if err != nil {
		return nil, err
	}
	select {
	case <-v.talk.assigned:
		return v, v.sock.Within(0)
	case <-time.After(patience):
		return nil, fmt.Errorf("conversation %s: no agent has it after %s", v.talk.id, patience)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// begin lets the visitor of a token write for the first time.
func (s *Shift) begin(ctx context.Context, token string, d wire.Door) (*Visitor, error) {
	sock, err := s.site.Front().Enter(ctx, d, token, nil)
	if err != nil {
		return nil, err
	}
	if err := sock.Within(2 * patience); err != nil {
		return nil, err
	}
	if _, err := wire.Await(sock, "welcome"); err != nil {
		return nil, err
	}
	first, err := wire.AppendSend(nil, "m", "", "Dzien dobry!")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(wire.Say(sock, map[string]any{"type": "contact.set", "ref": "s", "side": "buyer"}), sock.Write(first)); err != nil {
		return nil, err
	}
	v := &Visitor{board: s.board, line: centralaLine(), sock: sock, token: token}
	for v.talk == nil {
		b, err := sock.Read()
		if err != nil {
			return nil, err
		}
		f, err := wire.Decode(b)
		if err != nil {
			return nil, err
		}
		switch {
		case f.Type == "message": // the house's own, which may be quicker than the acknowledgement
			v.seq = f.Seq
		case f.Type == "ack" && f.Seq > 0: // the other one is contact.set's
			v.talk, v.seq = s.board.talk(f.Conversation), max(v.seq, f.Seq)
		}
	}
	return v, nil
}

const goodbye = "bye" // the ref with which conversations are ended

// sayGoodbye asks to end the conversations of a crowd, so that the agents have room for the next.
func sayGoodbye(crowd []*Visitor) error {
	for _, v := range crowd {
		if err := wire.Say(v.sock, map[string]any{"type": "conversation.end", "ref": goodbye, "conversation": v.talk.id}); err != nil {
			return err
		}
	}
	return nil
}

// dismiss ends the conversations of a crowd to whom nobody listens, and closes their sockets.
func dismiss(crowd []*Visitor) error {
	if err := sayGoodbye(crowd); err != nil {
		return err
	}
	for _, v := range crowd {
		if err := v.sock.Within(patience); err != nil {
			return err
		}
		for f := (wire.Frame{}); f.Ref != goodbye; {
			var err error
			if f, err = wire.Await(v.sock, "ack"); err != nil {
				return err
			}
		}
		if err := v.sock.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Talk runs the durable closed loop.
func Talk(ctx context.Context, site *Site, visitors int, p Pace) ([]Bout, error) {
	var bouts []Bout
	err := atWork(ctx, site, toAnswer(visitors), nil, func(ctx context.Context, s *Shift) error {
		crowd, err := s.visitors(ctx, visitors)
		if err != nil {
			return err
		}
		if bouts, err = closedLoop(ctx, crowd, p); err != nil {
			return err
		}
		return dismiss(crowd)
	})
	return bouts, err
}

// Converse lets one visitor have a conversation of so many round trips, and ends it.
func Converse(ctx context.Context, site *Site, rounds int) error {
	return atWork(ctx, site, toCarry(1), nil, func(ctx context.Context, s *Shift) error {
		one, err := s.visitors(ctx, 1)
		if err != nil {
			return err
		}
		if err := one[0].sock.Within(patience); err != nil {
			return err
		}
		for range rounds {
			if _, _, err := one[0].round(ctx); err != nil {
				return err
			}
		}
		return dismiss(one)
	})
}

// toCarry is how many agents so many chats need: two at least.
func toCarry(chats int) int { return max(2, (chats+chatsEach-1)/chatsEach) }

// toAnswer is how many agents so many talkers need who all say something at once: with fewer an
// agent's socket would have more on its way than its queue holds (256 KiB), and the server closes
// whoever lags behind by more.
func toAnswer(talkers int) int { return max(2, (talkers+talkersEach-1)/talkersEach) }

// atWork runs f while so many agents work.
func atWork(ctx context.Context, site *Site, agents int, listen Listener, f func(context.Context, *Shift) error) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer end()
		s, err := startShift(ctx, site, g, agents, listen)
		if err != nil {
			return err
		}
		return f(ctx, s)
	})
	return g.Wait()
}
