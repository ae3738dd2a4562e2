package routing

import (
	"cmp"
	"slices"
	"time"

	"centrala"
)

// Roster is who is there: the teams by name, the agents on the line or on a break, and for
// conversations that an agent has just put back, that agent.
type Roster struct {
	Teams   []centrala.Team
	Lines   []centrala.Line
	PutBack map[centrala.ConversationID]centrala.AgentID
}

// Move is what should become of one waiting conversation: it goes to Choice.Agent, or, when
// that is zero, it waits for Team because of Wait. The zero Team is none.
type Move struct {
	Conversation centrala.Conversation
	Team         centrala.Team
	Choice       Choice
	Wait         Wait
}

// Before is the order of the queue: higher priority first, then the longest queued.
func Before(a, b centrala.Conversation) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
}

// Plan decides for all that wait, in the queue's order; each choice takes up the room that it
// uses. Who comes later gets only what nobody before them could use, and not even that once
// somebody before them has waited for Patience for more room than is free in one place: a
// stream of mails would else take, bit by bit, what a chat is waiting for.
func Plan(waiting []centrala.Conversation, r Roster, now time.Time) []Move {
	p := plan{Roster: r, now: now, lines: slices.Clone(r.Lines), waits: map[centrala.TeamID]Wait{}, saving: map[centrala.TeamID]int{}}
	var moves []Move
	for _, c := range slices.SortedFunc(slices.Values(waiting), Before) {
		if c.Status == centrala.Waiting {
			moves = append(moves, p.decide(c))
		}
	}
	return moves
}

type plan struct {
	Roster
	now    time.Time
	lines  []centrala.Line
	waits  map[centrala.TeamID]Wait // why a team's conversations wait
	saving map[centrala.TeamID]int  // what a team saves room for: only as much or more is placed
}

func (p *plan) decide(c centrala.Conversation) Move {
	team, ok := TeamOf(c, p.Teams, p.lines)
	if !ok {
		return Move{Conversation: c, Wait: Wait{Kind: NoTeam}}
	}
	m, cost := Move{Conversation: c, Team: team}, c.Channel.Cost()
	if cost >= p.saving[team.ID] {
		if m.Choice, ok = Pick(c, team.ID, p.lines, p.PutBack[c.ID]); ok {
			i := slices.IndexFunc(p.lines, func(l centrala.Line) bool { return l.Agent == m.Choice.Agent })
			p.lines[i].Load += cost
			p.lines[i].Served = p.now
			return m
		}
	}
	m.Wait = p.why(c, team)
	if m.Wait.Kind == Busy && p.now.Sub(c.QueuedAt) >= Patience && slices.ContainsFunc(p.lines, func(l centrala.Line) bool {
		return l.Status == centrala.Online && l.Capacity >= cost && slices.Contains(l.Teams, team.ID)
	}) {
		p.saving[team.ID] = max(p.saving[team.ID], cost)
	}
	return m
}

// why is the same for all of a team's conversations, except for one that was put back.
func (p *plan) why(c centrala.Conversation, team centrala.Team) Wait {
	if by := p.PutBack[c.ID]; by != 0 && slices.ContainsFunc(p.lines, func(l centrala.Line) bool {
		return l.Agent == by && takes(l, team.ID, c.Channel.Cost())
	}) {
		return Wait{Kind: PutBack}
	}
	if _, known := p.waits[team.ID]; !known {
		p.waits[team.ID] = Why(team, p.lines, p.now)
	}
	return p.waits[team.ID]
}

// TeamOf is the team that answers c: its own, or the one of its side that has the most room;
// else one that somebody is on the line for; else the first by name. A team without sides takes
// what no other team is for. While the side is not known and there is no such team, it is the
// team of the first side that has one, so that nobody waits unseen. False when no team is for it.
func TeamOf(c centrala.Conversation, teams []centrala.Team, lines []centrala.Line) (centrala.Team, bool) {
	if i := slices.IndexFunc(teams, func(t centrala.Team) bool { return t.ID == c.Team }); i >= 0 {
		return teams[i], true
	}
	able := of(teams, func(t centrala.Team) bool { return c.Side != centrala.NoSide && slices.Contains(t.Sides, c.Side) })
	if len(able) == 0 {
		able = of(teams, func(t centrala.Team) bool { return len(t.Sides) == 0 })
	}
	if len(able) == 0 && c.Side == centrala.NoSide {
		for _, s := range slices.Backward(centrala.Sides()) {
			if with := of(teams, func(t centrala.Team) bool { return slices.Contains(t.Sides, s) }); len(with) > 0 {
				able = with
			}
		}
	}
	if len(able) == 0 {
		return centrala.Team{}, false
	}
	return slices.MaxFunc(able, func(a, b centrala.Team) int { // the first of the greatest
		return cmp.Compare(room(a.ID, c.Channel.Cost(), lines), room(b.ID, c.Channel.Cost(), lines))
	}), true
}

func of(teams []centrala.Team, is func(centrala.Team) bool) []centrala.Team {
	return slices.DeleteFunc(slices.Clone(teams), func(t centrala.Team) bool { return !is(t) })
}

// room is the most free capacity of the team's agents for one more at cost; 0 when they are
// all busy, -1 when none is there.
func room(team centrala.TeamID, cost int, lines []centrala.Line) int {
	most := -1
	for _, l := range lines {
		if l.Status != centrala.Online || !slices.Contains(l.Teams, team) {
			continue
		}
		free := l.Capacity - l.Load
		if free < cost {
			free = 0
		}
		most = max(most, free)
	}
	return most
}
