package routing

import (
	"time"

	"centrala"
)

// How long people are left alone.
const (
	// Patience is how long a customer in a chat waits for the first answer before they are asked
	// for an e-mail address; with nobody on the line they are asked at once.
	Patience = 2 * time.Minute
	// Unseen is how long an answer in a chat stays unseen before it goes to their address.
	Unseen = 5 * time.Minute
	// PutBackFor is how long a conversation is not given again to who put it back or from whom
	// it was taken.
	PutBackFor = 15 * time.Minute
)

// AskAddress reports whether a customer should be asked where an answer can be sent: a chat
// that waits for one, an address that is not known, and nobody on the line or Patience at an
// end.
func AskAddress(c centrala.Conversation, address string, online bool, now time.Time) bool {
	if c.Channel != centrala.Chat || c.Status == centrala.Resolved || c.Turn != centrala.AgentsTurn || address != "" {
		return false
	}
	return !online || !c.WaitingSince.IsZero() && now.Sub(c.WaitingSince) >= Patience
}

// PutBackBy is the agent who, by their own hand or a colleague's, gave a conversation back less
// than PutBackFor before now, zero for none. history is the end of its timeline, ascending;
// what the program itself took from an agent who was gone does not count.
func PutBackBy(history []centrala.Message, now time.Time) centrala.AgentID {
	for i := len(history) - 1; i >= 0; i-- {
		m := history[i]
		if m.System == nil {
			continue
		}
		switch m.System.Kind {
		case "unassigned", "transferred":
			if m.Author.Kind == centrala.BySystem || now.Sub(m.At) >= PutBackFor {
				return 0
			}
			return m.System.From
		case "assigned", "resolved", "ended", "reopened":
			return 0
		}
	}
	return 0
}
