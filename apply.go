package centrala

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Step is one event that a command causes, before the log gives it its place. Timeline steps
// take a seq.
type Step struct {
	Type     EventType
	Timeline bool
	Data     Facts
}

// Apply says what cmd does at now: the conversation after it and the steps that come of it, in
// order. c itself is not changed. A move that the state does not allow is an Error with code
// Conflict, Closed or Invalid, and then nothing happens. Seq, N and the previews are given
// by the log (see Advance), not here.
func (c Conversation) Apply(cmd Command, now time.Time) (Conversation, []Step, error) {
	if c.MergedInto != 0 {
		return c, nil, &Error{Code: Conflict, Field: "conversation", Message: "This conversation was merged into " + c.MergedInto.String() + "."}
	}
	c.Tags = slices.Clone(c.Tags)
	var (
		steps []Step
		err   error
	)
	switch cmd := cmd.(type) {
	case Receive:
		steps = c.receive(now)
	case Reply:
		steps = c.reply(cmd, now)
	case Jot:
		steps = []Step{{Type: MessageNoted, Timeline: true, Data: Facts{Mentions: cmd.Mentions}}}
		c.Mention(cmd.Mentions, c.LastSeq+1)
	case Assign:
		steps, err = c.assign(cmd, now)
	case Unassign:
		steps, err = c.unassign(cmd)
	case Transfer:
		steps, err = c.transfer(cmd, now)
	case Hold:
		steps, err = c.hold(cmd)
	case Snooze:
		steps, err = c.snooze(cmd, now)
	case Wake:
		steps = c.wake()
	case Return:
		steps = c.returned(cmd, now)
	case Ring:
		steps = c.ring(now)
	case Resolve:
		steps, err = c.resolve(cmd, now)
	case Reopen:
		steps, err = c.reopen(now)
	default:
		steps, err = c.label(cmd, now)
	}
	if err != nil || len(steps) == 0 {
		return c, nil, err
	}
	c.UpdatedAt = now
	if slices.ContainsFunc(steps, func(s Step) bool { return strings.HasPrefix(string(s.Type), "conversation.") }) {
		c.Version++
	}
	return c, steps, nil
}

// label applies the commands that mark a conversation without moving it, and Merge.
func (c *Conversation) label(cmd Command, now time.Time) ([]Step, error) {
	switch cmd := cmd.(type) {
	case Prioritise:
		return c.prioritise(cmd)
	case Tag:
		return c.tag(cmd)
	case Entitle:
		return c.entitle(cmd)
	case Complain:
		if c.Complaint == cmd.On {
			return nil, nil
		}
		c.Complaint = cmd.On
		return []Step{{ConversationComplained, true, Facts{Kind: "complained", On: &cmd.On}}}, nil
	case Merge:
		return c.merge(cmd, now)
	}
	return nil, Errorf(Invalid, "unknown command %T", cmd)
}

// receive: a customer's message wakes, reopens and starts the clock.
func (c *Conversation) receive(now time.Time) []Step {
	var steps []Step
	switch c.Status {
	case Resolved:
		steps = append(steps, c.again(now, "the customer wrote again"), queued(*c))
	case Snoozed:
		steps = c.wake()
	}
	if c.Turn != AgentsTurn || c.WaitingSince.IsZero() {
		c.promise(now)
	}
	c.Unread++
	return append(steps, Step{Type: MessageReceived, Timeline: true})
}

// reply: an answer claims what nobody has, reopens what was over, and passes the turn.
func (c *Conversation) reply(cmd Reply, now time.Time) []Step {
	var steps []Step
	if !cmd.Outside && (c.Status == Resolved || c.Status == Snoozed) {
		steps = append(steps, c.again(now, "answered again"))
	}
	if c.Assignee == 0 && cmd.Agent != 0 {
		c.take(cmd.Agent, cmd.AgentName)
		c.Reason = cmp.Or(cmd.Reason, ReasonAnswered)
		steps = append(steps, Step{ConversationAssigned, true,
			Facts{Kind: "assigned", Agent: cmd.Agent, AgentName: cmd.AgentName, Team: c.Team, Reason: c.Reason}})
	}
	if cmd.Human {
		c.kept()
		c.Unread, c.HumanReplied = 0, true
		c.Answers++
		if c.FirstReplyAt.IsZero() {
			c.FirstReplyAt = now
		}
	}
	return append(steps, Step{Type: MessageSent, Timeline: true})
}

// ReasonAnswered is the reason of an assignment that came about by answering, when the answer
// brings none in words.
const ReasonAnswered = "answered"

func (c *Conversation) take(agent AgentID, name string) {
	c.Assignee, c.AssigneeName, c.Status = agent, name, Open
	c.SnoozedUntil = time.Time{}
}

// still refuses a command that was meant for another version.
func (c *Conversation) still(version int64) error {
	if version != 0 && version != c.Version {
		return &Error{Code: Conflict, Field: "version", Message: "The conversation has changed since it was read."}
	}
	return nil
}

func (c *Conversation) assign(cmd Assign, now time.Time) ([]Step, error) {
	if cmd.Agent == 0 {
		return nil, InvalidField("agent", "No agent is named.")
	}
	if err := c.still(cmd.Version); err != nil {
		return nil, err
	}
	if cmd.Claim && c.Assignee != 0 && c.Assignee != cmd.Agent {
		return nil, &Error{Code: Conflict, Field: "assignee", Message: c.AssigneeName + " already has this conversation."}
	}
	if c.Assignee == cmd.Agent && c.Status == Open && (cmd.Team == 0 || cmd.Team == c.Team) {
		return nil, nil
	}
	var steps []Step
	if c.Status == Resolved {
		steps = append(steps, c.again(now, "taken up again"))
	}
	from := c.Assignee
	c.take(cmd.Agent, cmd.Name)
	if cmd.Team != 0 {
		c.Team = cmd.Team
	}
	c.Reason = cmd.Reason
	return append(steps, Step{ConversationAssigned, true, Facts{Kind: "assigned", Agent: cmd.Agent, AgentName: cmd.Name,
		From: from, Team: c.Team, Reason: cmd.Reason, Reasons: cmd.Reasons}}), nil
}

func (c *Conversation) unassign(cmd Unassign) ([]Step, error) {
	if c.Status == Resolved {
		return nil, &Error{Code: Conflict, Field: "status", Message: "The conversation is resolved."}
	}
	if err := c.still(cmd.Version); err != nil {
		return nil, err
	}
	if c.Assignee == 0 {
		return nil, nil
	}
	from, name := c.Assignee, c.AssigneeName
	c.leave()
	c.Reason = cmd.Reason
	return []Step{{ConversationUnassigned, true, Facts{Kind: "unassigned", From: from, AgentName: name, Reason: cmd.Reason}}, queued(*c)}, nil
}

// leave lets go of the assignee; the conversation waits at its old place in the queue.
func (c *Conversation) leave() {
	if c.Assignee != 0 {
		c.LastAssignee = c.Assignee
	}
	c.Assignee, c.AssigneeName, c.Status = 0, "", Waiting
	c.SnoozedUntil = time.Time{}
}

func (c *Conversation) transfer(cmd Transfer, now time.Time) ([]Step, error) {
	if cmd.Side != NoSide && !cmd.Side.Valid() {
		return nil, InvalidField("side", "%.20q is not a side.", cmd.Side)
	}
	if cmd.Team == 0 && cmd.Agent == 0 && cmd.Side == NoSide {
		return nil, Errorf(Invalid, "A transfer names a team, an agent or a side.")
	}
	var steps []Step
	if c.Status == Resolved {
		steps = append(steps, c.again(now, "transferred"))
	}
	from := c.Assignee
	c.leave()
	if cmd.Side != NoSide {
		c.Side = cmd.Side
		c.Team = 0 // the side's own team is found by routing
	}
	if cmd.Team != 0 {
		c.Team = cmd.Team
	}
	c.Reason = cmd.Reason
	facts := Facts{Kind: "transferred", From: from, Agent: cmd.Agent, AgentName: cmd.AgentName, Team: c.Team,
		TeamName: cmd.TeamName, Side: cmd.Side, Note: cmd.Note, Reason: cmd.Reason}
	steps = append(steps, Step{ConversationTransferred, true, facts})
	if cmd.Agent == 0 {
		return append(steps, queued(*c)), nil
	}
	c.take(cmd.Agent, cmd.AgentName)
	return append(steps, Step{ConversationAssigned, true, Facts{Kind: "assigned", Agent: cmd.Agent, AgentName: cmd.AgentName,
		Team: c.Team, Reason: cmd.Reason}}), nil
}

func (c *Conversation) hold(cmd Hold) ([]Step, error) {
	if c.Status != Waiting {
		return nil, &Error{Code: Conflict, Field: "status", Message: "The conversation does not wait."}
	}
	if err := c.still(cmd.Version); err != nil {
		return nil, err
	}
	if (cmd.Team == 0 || cmd.Team == c.Team) && cmd.Reason == c.Reason {
		return nil, nil
	}
	if cmd.Team != 0 {
		c.Team = cmd.Team
	}
	c.Reason = cmd.Reason
	return []Step{queued(*c)}, nil
}

func (c *Conversation) snooze(cmd Snooze, now time.Time) ([]Step, error) {
	if c.Status == Resolved {
		return nil, &Error{Code: Conflict, Field: "status", Message: "The conversation is resolved."}
	}
	if !cmd.Until.After(now) {
		return nil, InvalidField("until", "The time to wake up must be in the future.")
	}
	c.Status, c.SnoozedUntil = Snoozed, cmd.Until
	return []Step{{ConversationSnoozed, true, Facts{Kind: "snoozed", Until: &cmd.Until}}}, nil
}

func (c *Conversation) wake() []Step {
	if c.Status != Snoozed {
		return nil
	}
	c.SnoozedUntil = time.Time{}
	c.Status = Open
	if c.Assignee == 0 {
		c.Status = Waiting
	}
	return []Step{{ConversationReopened, true, Facts{Kind: "woken"}}}
}

func (c *Conversation) resolve(cmd Resolve, now time.Time) ([]Step, error) {
	if c.Status == Resolved {
		if cmd.Spam && !c.Spam {
			c.Spam = true
			return []Step{{ConversationTagged, false, Facts{Kind: "spam"}}}, nil
		}
		return nil, nil
	}
	if c.Assignee != 0 {
		c.LastAssignee = c.Assignee
	}
	kind := "resolved"
	if cmd.ByCustomer {
		kind = "ended"
	}
	facts := Facts{Kind: kind, Agent: c.Assignee, AgentName: c.AssigneeName, Team: c.Team}
	if cmd.Unasked {
		facts.State = Unasked
	}
	c.Assignee, c.AssigneeName, c.Status, c.SnoozedUntil = 0, "", Resolved, time.Time{}
	c.kept()
	c.Unread, c.Spam, c.ResolvedAt, c.Reason, c.Unasked = 0, c.Spam || cmd.Spam, now, "", cmd.Unasked
	return []Step{{ConversationResolved, true, facts}}, nil
}

// Unasked is the state in the event of a resolution after which nobody is asked how it went.
const Unasked = "unasked"

func (c *Conversation) reopen(now time.Time) ([]Step, error) {
	if c.Status != Resolved {
		return nil, nil
	}
	c.Spam = false
	return []Step{c.again(now, "reopened"), queued(*c)}, nil
}

// again takes up a resolved or snoozed conversation: it waits, at the end of the queue.
func (c *Conversation) again(now time.Time, why string) Step {
	if c.Status == Snoozed {
		c.Status, c.SnoozedUntil = Waiting, time.Time{}
		if c.Assignee != 0 {
			c.Status = Open
		}
	} else {
		c.Status, c.ResolvedAt, c.QueuedAt, c.Unasked = Waiting, time.Time{}, now, false
	}
	return Step{ConversationReopened, true, Facts{Kind: "reopened", Reason: why}}
}

func queued(c Conversation) Step {
	return Step{ConversationQueued, false, Facts{Kind: "queued", Team: c.Team, Side: c.Side, Reason: c.Reason}}
}

func (c *Conversation) prioritise(cmd Prioritise) ([]Step, error) {
	if cmd.Priority < 0 || cmd.Priority > 2 {
		return nil, InvalidField("priority", "Priority is 0, 1 or 2.")
	}
	if c.Priority == cmd.Priority {
		return nil, nil
	}
	c.Priority = cmd.Priority
	return []Step{{ConversationPrioritised, false, Facts{Kind: "prioritised", Priority: &cmd.Priority}}}, nil
}

func (c *Conversation) tag(cmd Tag) ([]Step, error) {
	tags := make([]string, 0, len(cmd.Tags))
	for _, t := range cmd.Tags {
		t = strings.TrimSpace(t)
		if t == "" || len([]rune(t)) > 40 {
			return nil, InvalidField("tags", "A tag has 1 to 40 characters.")
		}
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	if len(tags) > MaxTags {
		return nil, InvalidField("tags", "A conversation has at most %d tags.", MaxTags)
	}
	if slices.Equal(tags, c.Tags) {
		return nil, nil
	}
	c.Tags = tags
	return []Step{{ConversationTagged, false, Facts{Kind: "tagged", Tags: tags}}}, nil
}

// MaxSubject is the longest subject, in characters.
const MaxSubject = 200

func (c *Conversation) entitle(cmd Entitle) ([]Step, error) {
	subject := strings.Join(strings.Fields(cmd.Subject), " ")
	if err := CheckText("subject", subject); err != nil {
		return nil, err
	}
	if len([]rune(subject)) > MaxSubject {
		return nil, InvalidField("subject", "A subject has at most %d characters.", MaxSubject)
	}
	if subject == c.Subject {
		return nil, nil
	}
	c.Subject = subject
	return []Step{{ConversationTagged, false, Facts{Kind: "entitled"}}}, nil
}

func (c *Conversation) merge(cmd Merge, now time.Time) ([]Step, error) {
	if cmd.Into == 0 || cmd.Into == c.ID {
		return nil, InvalidField("into", "A conversation is merged into another one.")
	}
	steps := []Step{{ConversationMerged, true, Facts{Kind: "merged", Into: cmd.Into}}}
	if c.Status != Resolved {
		resolved, err := c.resolve(Resolve{}, now)
		if err != nil {
			return nil, err
		}
		steps = append(resolved, steps...)
	}
	c.MergedInto = cmd.Into
	return steps, nil
}
