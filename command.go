package centrala

import "time"

// Command is something that somebody does to a conversation. The commands are Receive,
// Reply, Jot, Assign, Unassign, Transfer, Hold, Snooze, Wake, Return, Ring, Resolve, Reopen,
// Prioritise, Tag, Entitle, Complain and Merge.
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
		Reason    string // of the claim, one sentence; ReasonAnswered when there is none
		Human     bool
		Outside   bool // it was given in the vendor's own app: nobody here takes anything up by it
	}

	// Jot: somebody of the team wrote a note, and named colleagues in it.
	Jot struct{ Mentions []AgentID }

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

	// Unassign puts the conversation back into its team's queue, at its old place. A non-zero
	// Version must be the conversation's.
	Unassign struct {
		Reason  string
		Version int64
	}

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
	// nothing changes, nothing happens. A non-zero Version must be the conversation's.
	Hold struct {
		Team    TeamID
		Reason  string
		Version int64
	}

	// Snooze lets the conversation sleep until a time in the future.
	Snooze struct{ Until time.Time }

	// Wake ends a snooze. A conversation that is not snoozed is left as it is.
	Wake struct{}

	// Return says that an answer came back: it did not reach the customer. It is the team's turn
	// again, and who has the conversation, or had it last, is told as by a note that names them.
	// What is over stays over.
	Return struct {
		Delivery DeliveryID
		Of       int64 // seq of the answer
		Cause    BounceCause
		Reason   string
	}

	// Ring says, once each, that the promised time runs out and that it is over. It is quiet:
	// when nothing is to be said, nothing happens.
	Ring struct{}

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
func (Return) command()     {}
func (Ring) command()       {}
func (Resolve) command()    {}
func (Reopen) command()     {}
func (Prioritise) command() {}
func (Tag) command()        {}
func (Entitle) command()    {}
func (Complain) command()   {}
func (Merge) command()      {}
