package routing

import (
	"cmp"
	"slices"
	"time"

	"centrala"
	"centrala/words"
)

// Kind says by which rule an agent was chosen.
type Kind string

// The rules, the first that holds: the agent knows the case; nobody else has room; nobody has
// more room; several have as much, and this one has waited longest for a conversation.
const (
	Returning Kind = "returning"
	Only      Kind = "only"
	MostFree  Kind = "most_free"
	Longest   Kind = "longest"
)

// Choice is an agent and why. Free and Of count lines for conversations of this channel: how
// many the agent has free, this one's included, and how many at most.
type Choice struct {
	Agent    centrala.AgentID
	Name     string
	Kind     Kind
	Free, Of int
}

// Pick chooses who of the team takes c: an agent on the line, not on a break, with room for
// the channel's cost. Whoever had c before comes first; then the one with the most free
// capacity; of equals the one who was served longest ago, and then the lower id. putBack is an
// agent who is passed over, zero for none. False when nobody can take it.
func Pick(c centrala.Conversation, team centrala.TeamID, lines []centrala.Line, putBack centrala.AgentID) (Choice, bool) {
	cost := c.Channel.Cost()
	able := make([]centrala.Line, 0, len(lines))
	for _, l := range lines {
		if takes(l, team, cost) && l.Agent != putBack {
			able = append(able, l)
		}
	}
	if len(able) == 0 {
		return Choice{}, false
	}
	slices.SortFunc(able, func(a, b centrala.Line) int {
		return cmp.Or(cmp.Compare(b.Capacity-b.Load, a.Capacity-a.Load), a.Served.Compare(b.Served), cmp.Compare(a.Agent, b.Agent))
	})
	best, kind := able[0], MostFree
	switch back := slices.IndexFunc(able, func(l centrala.Line) bool { return l.Agent == c.LastAssignee }); {
	case back >= 0:
		best, kind = able[back], Returning
	case len(able) == 1:
		kind = Only
	case able[0].Capacity-able[0].Load == able[1].Capacity-able[1].Load:
		kind = Longest
	}
	return Choice{Agent: best.Agent, Name: best.Name, Kind: kind, Free: (best.Capacity - best.Load) / cost, Of: best.Capacity / cost}, true
}

// takes reports whether l would be given a conversation of the team that costs cost.
func takes(l centrala.Line, team centrala.TeamID, cost int) bool {
	return l.Status == centrala.Online && l.Load+cost <= l.Capacity && slices.Contains(l.Teams, team)
}

// Say is the reason in one sentence, and in up to three chips.
func (c Choice) Say(w words.Words, side centrala.Side, team string) (reason string, chips []string) {
	chips = []string{w.ChipTeam(string(side), team)}
	switch c.Kind {
	case Returning:
		reason, chips = w.ReasonReturning(c.Name), append(chips, w.ChipReturning())
	case Only:
		reason, chips = w.ReasonOnly(team), append(chips, w.ChipOnly())
	case Longest:
		reason, chips = w.ReasonLongest(team), append(chips, w.ChipLongest())
	default:
		reason = w.ReasonMostFree(team, c.Free, c.Of)
	}
	return reason, append(chips, w.ChipFree(c.Free, c.Of))
}

// Wait is why nobody takes a conversation. It says nothing that changes while the reason
// stays the same.
type Wait struct {
	Kind  WaitKind
	Opens time.Time // with Shut: when the team is back, in its zone; zero when unknown
}

// WaitKind names a reason to wait.
type WaitKind string

// The reasons to wait.
const (
	NoTeam  WaitKind = "no_team"  // no team has the conversation's side
	PutBack WaitKind = "put_back" // only whoever put it back has room
	Busy    WaitKind = "busy"     // nobody on the line has room
	Shut    WaitKind = "shut"     // nobody is there, and the team's hours are over
	Nobody  WaitKind = "nobody"   // nobody is there
)

// Why says why what waits for team waits, when nobody has room for it.
func Why(team centrala.Team, lines []centrala.Line, now time.Time) Wait {
	for _, l := range lines {
		if l.Status == centrala.Online && slices.Contains(l.Teams, team.ID) {
			return Wait{Kind: Busy}
		}
	}
	// An unknown zone cannot be said to be shut; the store lets none in.
	if hours, err := NewClock(team.Hours); err == nil && !hours.Open(now) {
		opens, _ := hours.Opens(now)
		return Wait{Kind: Shut, Opens: opens}
	}
	return Wait{Kind: Nobody}
}

// Say is the reason in one sentence.
func (r Wait) Say(w words.Words, side centrala.Side, team string) string {
	switch r.Kind {
	case NoTeam:
		return w.HoldNoTeam(string(side))
	case PutBack:
		return w.HoldPutBack(team)
	case Busy:
		return w.HoldNoFree(team)
	case Shut:
		return w.HoldClosed(team, r.Opens)
	default:
		return w.HoldNobody(team)
	}
}
