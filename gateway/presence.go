package gateway

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/auth"
)

// floor is the lines as the staff was last told of them.
type floor struct {
	dirty atomic.Bool
	read  sync.Mutex // one reader at a time

	mu    sync.RWMutex
	lines map[centrala.AgentID]centrala.Line
	at    time.Time
}

func newFloor() *floor { return &floor{lines: map[centrala.AgentID]centrala.Line{}} }

// floorFresh is how long the lines count as known when nothing has happened.
const floorFresh = 10 * time.Second

// refresh reads the lines anew, when something has happened or time has passed, and tells the
// staff what is different.
func (f *floor) refresh(ctx context.Context, g *Gateway) error {
	f.read.Lock()
	defer f.read.Unlock()
	f.mu.RLock()
	fresh := time.Since(f.at) < floorFresh
	f.mu.RUnlock()
	if !f.dirty.Swap(false) && fresh {
		return nil
	}
	lines, err := g.cfg.Floor.Lines(ctx)
	if err != nil {
		f.dirty.Store(true)
		return err
	}
	now := make(map[centrala.AgentID]centrala.Line, len(lines))
	for _, l := range lines {
		now[l.Agent] = l
	}
	f.mu.Lock()
	was := f.lines
	f.lines, f.at = now, time.Now()
	f.mu.Unlock()
	for id, l := range now {
		if w, ok := was[id]; !ok || w.Status != l.Status || w.Load != l.Load || w.Capacity != l.Capacity {
			g.hub.tellAllStaff(g.encode(presenceOf(l)))
		}
	}
	for id, l := range was {
		if _, ok := now[id]; !ok {
			l.Status = centrala.Offline
			g.hub.tellAllStaff(g.encode(presenceOf(l)))
		}
	}
	return nil
}

func presenceOf(l centrala.Line) presenceFrame {
	return presenceFrame{Type: "presence", Agent: l.Agent, Status: l.Status, Load: l.Load, Capacity: l.Capacity}
}

// line is an agent's line as last read.
func (f *floor) line(id centrala.AgentID) centrala.Line {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if l, ok := f.lines[id]; ok {
		return l
	}
	return centrala.Line{Agent: id, Status: centrala.Offline}
}

// online reports whether somebody of a team is on the line; of any team for the zero one.
func (f *floor) online(team centrala.TeamID) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, l := range f.lines {
		if l.Status == centrala.Online && (team == 0 || slices.Contains(l.Teams, team)) {
			return true
		}
	}
	return false
}

// arrive shows an agent who is on the line, and renews their own lease.
func (s *session) arrive(p *auth.Principal) {
	f := s.g.floor
	f.mu.RLock()
	frames := make([][]byte, 0, len(f.lines))
	for _, l := range f.lines {
		frames = append(frames, s.g.encode(presenceOf(l)))
	}
	f.mu.RUnlock()
	for _, frame := range frames {
		s.push(frame)
	}
	if p.Agent == nil {
		return
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Floor.Heartbeat(ctx, []centrala.AgentID{p.Agent.ID}); err != nil {
		s.g.log.Warn("renew a lease", "agent", p.ID, "err", err) // again within ten seconds
	}
	f.dirty.Store(true)
}

// setPresence is presence.set: it holds for the agent, whichever socket said it last.
func (s *session) setPresence(env envelope, body []byte) error {
	f, err := decode[presenceIn](body)
	if err != nil {
		return err
	}
	status := centrala.PresenceStatus(f.Status)
	if !slices.Contains([]centrala.PresenceStatus{centrala.Online, centrala.Away, centrala.Offline}, status) {
		return centrala.InvalidField("status", "A status is online, away or offline.")
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Floor.SetPresence(ctx, p.Agent.ID, status); err != nil {
		return err
	}
	s.g.floor.dirty.Store(true)
	s.ack(env.Ref, ackFrame{})
	return nil
}

func (h *hub) tellAllStaff(frame []byte) {
	for _, s := range *h.staff.Load() {
		s.push(frame)
	}
}

// present lists the agents who have a live socket.
func (h *hub) present() []centrala.AgentID {
	var out []centrala.AgentID
	for _, s := range *h.staff.Load() {
		if a := s.who.Load().Agent; a != nil && !slices.Contains(out, a.ID) {
			out = append(out, a.ID)
		}
	}
	return out
}
