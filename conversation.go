package centrala

import (
	"slices"
	"strings"
	"time"
)

// Status is where a conversation stands.
type Status string

// A conversation waits until an agent has it, is open while one does, sleeps while snoozed,
// and is over when resolved.
const (
	Waiting  Status = "waiting"
	Open     Status = "open"
	Snoozed  Status = "snoozed"
	Resolved Status = "resolved"
)

// Turn says whose answer is due.
type Turn string

// The turns.
const (
	AgentsTurn    Turn = "agent"
	CustomersTurn Turn = "customer"
)

// ReopenWithin is how long after its end a customer's message still reopens a conversation;
// a later one opens a new conversation that is linked to the old.
const ReopenWithin = 30 * 24 * time.Hour

// MaxTags is how many tags a conversation may carry.
const MaxTags = 20

// Conversation is one matter between a contact and the team. It always has an inbox, a
// channel and a contact; it has an assignee exactly while it is open, or snoozed by one.
type Conversation struct {
	ID           ConversationID
	Number       int64 // short, for people: "#20417"
	Inbox        InboxID
	Channel      Channel
	Side         Side
	Status       Status
	Turn         Turn
	Subject      string
	Contact      ContactID
	ContactName  string
	Verified     bool // the contact's identity was signed by the host site
	Team         TeamID
	Assignee     AgentID
	AssigneeName string
	LastAssignee AgentID // who had it before; routing prefers them
	Priority     int     // 0 normal, 1 high, 2 urgent
	Tags         []string
	Complaint    bool
	Spam         bool
	HumanReplied bool // a person has answered publicly at least once
	Answers      int  // public replies by people

	LastSeq  int64 // the highest seq given
	LastN    int64 // the highest n given
	LastText Preview
	Unread   int // customer messages that no agent has read

	ReadByCustomer, ReadByAgent, ReceivedByCustomer int64

	OpenedAt      time.Time
	WaitingSince  time.Time // when the oldest unanswered customer message came; zero on the customer's turn
	QueuedAt      time.Time // place in the queue; kept over a transfer
	FirstReplyAt  time.Time
	FirstReplyDue time.Time
	Due           time.Time // when the next answer is promised; zero on the customer's turn
	SnoozedUntil  time.Time
	ResolvedAt    time.Time
	UpdatedAt     time.Time

	Reason     string // why this agent, or why still waiting: one sentence
	Previous   ConversationID
	MergedInto ConversationID
	Version    int64 // grows with every change that is not a message
}

// Preview is the last public words of a conversation, at most 200 characters.
type Preview struct {
	Seq    int64
	Author AuthorKind
	Text   string
}

// Command is something that somebody does to a conversation. The commands are Receive,
// Reply, Jot, Assign, Unassign, Transfer, Snooze, Wake, Resolve, Reopen, Prioritise, Tag,
// Entitle, Complain and Merge.
type Command interface{ command() }

type (
	// Receive: the customer wrote.
	Receive struct{ Text string }

	// Reply: an agent or a bot answered publicly. Agent claims an unassigned conversation
	// unless it is zero (a supervisor's, an integration's or an unclaiming reply).
	Reply struct {
		Text      string
		Agent     AgentID
		AgentName string
		Human     bool
	}

	// Jot: somebody of the team wrote a note.
	Jot struct{}

	// Assign gives the conversation to an agent. With Claim it is refused as Conflict when
	// another agent already has it. A non-zero Version must be the conversation's. Within asks
	// the log to refuse, as Conflict, when the agent has no room for it.
	Assign struct {
		Agent   AgentID
		Name    string
		Team    TeamID // zero: unchanged
		Reason  string
		Reasons []string
		Claim   bool
		Within  bool
		Version int64
	}

	// Unassign puts the conversation back into its team's queue, at its old place.
	Unassign struct{ Reason string }

	// Transfer moves the conversation to another team, person or side; the clock goes on.
	Transfer struct {
		Team      TeamID
		TeamName  string
		Agent     AgentID // zero: the team's queue
		AgentName string
		Side      Side // zero: unchanged
		Note      string
		Reason    string
	}

	// Hold says why a waiting conversation waits, and for which team. It is quiet: when
	// nothing changes, nothing happens.
	Hold struct {
		Team   TeamID
		Reason string
	}

	// Snooze lets the conversation sleep until a time in the future.
	Snooze struct{ Until time.Time }

	// Wake ends a snooze. A conversation that is not snoozed is left as it is.
	Wake struct{}

	// Resolve ends the conversation. ByCustomer: they ended it themselves. Spam: it was no
	// conversation, and nobody is asked how it went. Unasked: nobody is asked this time; the
	// event says so in its state.
	Resolve struct{ ByCustomer, Spam, Unasked bool }

	// Reopen takes up a resolved conversation again.
	Reopen struct{}

	// Prioritise sets the priority: 0, 1 or 2.
	Prioritise struct{ Priority int }

	// Tag replaces the tags.
	Tag struct{ Tags []string }

	// Entitle gives the conversation another subject.
	Entitle struct{ Subject string }

	// Complain marks the conversation as a complaint, or takes the mark back.
	Complain struct{ On bool }

	// Merge ends this conversation in favour of an older one of the same contact.
	Merge struct{ Into ConversationID }
)

func (Receive) command()    {}
func (Reply) command()      {}
func (Jot) command()        {}
func (Assign) command()     {}
func (Unassign) command()   {}
func (Transfer) command()   {}
func (Hold) command()       {}
func (Snooze) command()     {}
func (Wake) command()       {}
func (Resolve) command()    {}
func (Reopen) command()     {}
func (Prioritise) command() {}
func (Tag) command()        {}
func (Entitle) command()    {}
func (Complain) command()   {}
func (Merge) command()      {}

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
		return c, nil, Errorf(Conflict, "This conversation was merged into %s.", c.MergedInto)
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
		steps = []Step{{Type: MessageNoted, Timeline: true}}
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
		c.Turn, c.WaitingSince = AgentsTurn, now
		c.Due = now.Add(Promise(c.Channel))
		if c.FirstReplyAt.IsZero() && c.FirstReplyDue.IsZero() {
			c.FirstReplyDue = c.Due
		}
	}
	c.Unread++
	return append(steps, Step{Type: MessageReceived, Timeline: true})
}

// reply: an answer claims what nobody has, reopens what was over, and passes the turn.
func (c *Conversation) reply(cmd Reply, now time.Time) []Step {
	var steps []Step
	if c.Status == Resolved || c.Status == Snoozed {
		steps = append(steps, c.again(now, "answered again"))
	}
	if c.Assignee == 0 && cmd.Agent != 0 {
		c.take(cmd.Agent, cmd.AgentName)
		c.Reason = ReasonAnswered
		steps = append(steps, Step{ConversationAssigned, true,
			Facts{Kind: "assigned", Agent: cmd.Agent, AgentName: cmd.AgentName, Team: c.Team, Reason: c.Reason}})
	}
	if cmd.Human {
		c.Turn, c.WaitingSince, c.Due = CustomersTurn, time.Time{}, time.Time{}
		c.Unread, c.HumanReplied = 0, true
		c.Answers++
		if c.FirstReplyAt.IsZero() {
			c.FirstReplyAt = now
		}
	}
	return append(steps, Step{Type: MessageSent, Timeline: true})
}

// ReasonAnswered is the reason of an assignment that came about by answering.
const ReasonAnswered = "answered"

func (c *Conversation) take(agent AgentID, name string) {
	c.Assignee, c.AssigneeName, c.Status = agent, name, Open
	c.SnoozedUntil = time.Time{}
}

func (c *Conversation) assign(cmd Assign, now time.Time) ([]Step, error) {
	if cmd.Agent == 0 {
		return nil, InvalidField("agent", "No agent is named.")
	}
	if cmd.Version != 0 && cmd.Version != c.Version {
		return nil, Errorf(Conflict, "The conversation has changed since it was read.")
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
		return nil, Errorf(Conflict, "The conversation is resolved.")
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
		return nil, Errorf(Conflict, "The conversation does not wait.")
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
		return nil, Errorf(Conflict, "The conversation is resolved.")
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
	c.Assignee, c.AssigneeName, c.Status = 0, "", Resolved
	c.Turn, c.WaitingSince, c.Due, c.SnoozedUntil = CustomersTurn, time.Time{}, time.Time{}, time.Time{}
	c.Unread, c.Spam, c.ResolvedAt, c.Reason = 0, c.Spam || cmd.Spam, now, ""
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
		c.Status, c.ResolvedAt, c.QueuedAt = Waiting, time.Time{}, now
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

// Promise is how soon a customer on this channel is promised an answer: ten minutes in chat,
// four hours everywhere else.
func Promise(c Channel) time.Duration {
	if c == Chat {
		return 10 * time.Minute
	}
	return 4 * time.Hour
}

// Begin is a new conversation of a contact, before its first message.
func Begin(id ConversationID, in Inbox, contact Contact, side Side, now time.Time) Conversation {
	return Conversation{
		ID: id, Inbox: in.ID, Channel: in.Channel, Side: side, Status: Waiting, Turn: AgentsTurn,
		Contact: contact.ID, ContactName: contact.Name, Verified: contact.Verified, Team: in.Team,
		OpenedAt: now, QueuedAt: now, UpdatedAt: now, Version: 1,
	}
}

// Continues reports whether a customer's message that comes at now belongs to c: it is not
// over, or not over for long.
func (c Conversation) Continues(now time.Time) bool {
	return c.MergedInto == 0 && (c.Status != Resolved || now.Sub(c.ResolvedAt) < ReopenWithin)
}
