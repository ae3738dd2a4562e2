package gateway

import (
	"context"
	"slices"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// refreshLines reads who is on the line, if need be, and tells the staff what is different.
func (g *Gateway) refreshLines(ctx context.Context) error {
	changed, err := g.lines.Refresh(ctx, g.cfg.Floor.Lines)
	for _, l := range changed {
		g.hub.TellAllStaff(auth.ReadHouse, g.encode(frames.PresenceOf(l)))
	}
	return err
}

// arrive shows one of the staff who is on the line, if they may know, and renews an agent's
// own lease.
func (s *session) arrive(p *auth.Principal) {
	if auth.Can(*p, auth.ReadHouse) {
		for _, l := range s.g.lines.All() {
			s.sock.Push(s.g.encode(frames.PresenceOf(l)))
		}
	}
	if p.Agent == nil {
		return
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Floor.Heartbeat(ctx, []centrala.AgentID{p.Agent.ID}); err != nil {
		s.g.log.Warn("renew a lease", "agent", p.ID, "err", err) // again within ten seconds
	}
	s.g.lines.Touch()
}

// setPresence is presence.set: it holds for the agent, whichever socket said it last.
func (s *session) setPresence(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.PresenceSet](body)
	if err != nil {
		return err
	}
	status := centrala.PresenceStatus(f.Status)
	if !slices.Contains([]centrala.PresenceStatus{centrala.Online, centrala.Away, centrala.Offline}, status) {
		return centrala.InvalidField("status", "A status is online, away or offline.")
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Floor.SetPresence(ctx, s.who.Load().Agent.ID, status); err != nil {
		return err
	}
	s.g.lines.Touch()
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// present lists the agents who have a live socket.
func (g *Gateway) present() []centrala.AgentID {
	var out []centrala.AgentID
	for _, s := range g.hub.Staff() {
		if a := s.who.Load().Agent; a != nil && !slices.Contains(out, a.ID) {
			out = append(out, a.ID)
		}
	}
	return out
}
