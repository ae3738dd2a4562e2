package centrala

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at is a conversation in a state, for tables.
func at(s Status, assignee AgentID) Conversation {
	c := Begin(1, Inbox{ID: 1, Channel: Chat, Team: 1}, Contact{ID: 1, Name: "Marta"}, Buyer, noon.Add(-time.Hour))
	c.Status, c.Assignee, c.WaitingSince, c.Due = s, assignee, noon.Add(-time.Hour), noon.Add(-50*time.Minute)
	c.Unread, c.FirstReplyDue = 1, c.Due
	switch s {
	case Resolved:
		c.Assignee, c.LastAssignee, c.Turn, c.WaitingSince, c.Due = 0, assignee, CustomersTurn, time.Time{}, time.Time{}
		c.ResolvedAt, c.Unread = noon.Add(-time.Minute), 0
	case Snoozed:
		c.SnoozedUntil = noon.Add(time.Hour)
	}
	return c
}

// events writes steps as a table does: the last words of their types, those outside the
// timeline in brackets.
func events(steps []Step) string {
	var out []string
	for _, s := range steps {
		w := string(s.Type)[strings.IndexByte(string(s.Type), '.')+1:]
		if !s.Timeline {
			w = "(" + w + ")"
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// What every command does in every state: the events, and where the conversation stands.
func TestApply(t *testing.T) {
	t.Parallel()
	const ania, piotr = AgentID(7), AgentID(8)
	reply := Reply{Agent: piotr, AgentName: "Piotr", Human: true}
	assign := Assign{Agent: piotr, Name: "Piotr"}
	for _, tt := range []struct {
		from     Conversation
		cmd      Command
		events   string // or the code of the refusal
		status   Status
		turn     Turn
		assignee AgentID
	}{
		{at(Waiting, 0), Receive{}, "received", Waiting, AgentsTurn, 0},
		{at(Open, ania), Receive{}, "received", Open, AgentsTurn, ania},
		{at(Snoozed, ania), Receive{}, "reopened received", Open, AgentsTurn, ania},
		{at(Snoozed, 0), Receive{}, "reopened received", Waiting, AgentsTurn, 0},
		{at(Resolved, ania), Receive{}, "reopened (queued) received", Waiting, AgentsTurn, 0},

		{at(Waiting, 0), reply, "assigned sent", Open, CustomersTurn, piotr},
		{at(Open, ania), reply, "sent", Open, CustomersTurn, ania},
		{at(Snoozed, ania), reply, "reopened sent", Open, CustomersTurn, ania},
		{at(Resolved, ania), reply, "reopened assigned sent", Open, CustomersTurn, piotr},
		{at(Waiting, 0), Reply{Human: true}, "sent", Waiting, CustomersTurn, 0},
		{at(Waiting, 0), Reply{}, "sent", Waiting, AgentsTurn, 0},

		{at(Waiting, 0), Jot{}, "noted", Waiting, AgentsTurn, 0},
		{at(Resolved, 0), Jot{}, "noted", Resolved, CustomersTurn, 0},

		{at(Waiting, 0), assign, "assigned", Open, AgentsTurn, piotr},
		{at(Open, ania), assign, "assigned", Open, AgentsTurn, piotr},
		{at(Open, piotr), assign, "", Open, AgentsTurn, piotr},
		{at(Snoozed, ania), assign, "assigned", Open, AgentsTurn, piotr},
		{at(Resolved, ania), assign, "reopened assigned", Open, CustomersTurn, piotr},
		{at(Open, ania), Assign{Agent: piotr, Claim: true}, "conflict", Open, AgentsTurn, ania},
		{at(Open, ania), Assign{Agent: ania, Claim: true}, "", Open, AgentsTurn, ania},
		{at(Waiting, 0), Assign{Agent: piotr, Version: 9}, "conflict", Waiting, AgentsTurn, 0},
		{at(Open, ania), Unassign{Version: 9}, "conflict", Open, AgentsTurn, ania},
		{at(Open, ania), Unassign{Version: 1}, "unassigned (queued)", Waiting, AgentsTurn, 0},
		{at(Waiting, 0), Hold{Reason: "busy", Version: 9}, "conflict", Waiting, AgentsTurn, 0},
		{at(Waiting, 0), Hold{Reason: "busy", Version: 1}, "(queued)", Waiting, AgentsTurn, 0},
		{at(Waiting, 0), Assign{}, "invalid", Waiting, AgentsTurn, 0},

		{at(Open, ania), Unassign{}, "unassigned (queued)", Waiting, AgentsTurn, 0},
		{at(Waiting, 0), Unassign{}, "", Waiting, AgentsTurn, 0},
		{at(Resolved, ania), Unassign{}, "conflict", Resolved, CustomersTurn, 0},

		{at(Open, ania), Transfer{Team: 2}, "transferred (queued)", Waiting, AgentsTurn, 0},
		{at(Open, ania), Transfer{Agent: piotr}, "transferred assigned", Open, AgentsTurn, piotr},
		{at(Open, ania), Transfer{Side: Seller}, "transferred (queued)", Waiting, AgentsTurn, 0},
		{at(Resolved, ania), Transfer{Team: 2}, "reopened transferred (queued)", Waiting, CustomersTurn, 0},
		{at(Open, ania), Transfer{}, "invalid", Open, AgentsTurn, ania},
		{at(Open, ania), Transfer{Side: "thief"}, "invalid", Open, AgentsTurn, ania},

		{at(Waiting, 0), Hold{Team: 2, Reason: "nobody is there"}, "(queued)", Waiting, AgentsTurn, 0},
		{at(Waiting, 0), Hold{}, "", Waiting, AgentsTurn, 0},
		{at(Open, ania), Hold{Reason: "x"}, "conflict", Open, AgentsTurn, ania},

		{at(Open, ania), Snooze{Until: noon.Add(time.Hour)}, "snoozed", Snoozed, AgentsTurn, ania},
		{at(Waiting, 0), Snooze{Until: noon.Add(time.Hour)}, "snoozed", Snoozed, AgentsTurn, 0},
		{at(Open, ania), Snooze{Until: noon}, "invalid", Open, AgentsTurn, ania},
		{at(Resolved, ania), Snooze{Until: noon.Add(time.Hour)}, "conflict", Resolved, CustomersTurn, 0},
		{at(Snoozed, ania), Wake{}, "reopened", Open, AgentsTurn, ania},
		{at(Snoozed, 0), Wake{}, "reopened", Waiting, AgentsTurn, 0},
		{at(Open, ania), Wake{}, "", Open, AgentsTurn, ania},

		{at(Waiting, 0), Ring{}, "(breached)", Waiting, AgentsTurn, 0},
		{at(Open, ania), Ring{}, "(breached)", Open, AgentsTurn, ania},
		{at(Snoozed, ania), Ring{}, "(breached)", Snoozed, AgentsTurn, ania},
		{at(Resolved, ania), Ring{}, "", Resolved, CustomersTurn, 0},

		{at(Waiting, 0), Resolve{}, "resolved", Resolved, CustomersTurn, 0},
		{at(Open, ania), Resolve{ByCustomer: true}, "resolved", Resolved, CustomersTurn, 0},
		{at(Snoozed, ania), Resolve{}, "resolved", Resolved, CustomersTurn, 0},
		{at(Resolved, ania), Resolve{}, "", Resolved, CustomersTurn, 0},
		{at(Resolved, ania), Resolve{Spam: true}, "(tagged)", Resolved, CustomersTurn, 0},
		{at(Resolved, ania), Reopen{}, "reopened (queued)", Waiting, CustomersTurn, 0},
		{at(Open, ania), Reopen{}, "", Open, AgentsTurn, ania},

		{at(Open, ania), Prioritise{2}, "(prioritised)", Open, AgentsTurn, ania},
		{at(Open, ania), Prioritise{3}, "invalid", Open, AgentsTurn, ania},
		{at(Open, ania), Prioritise{0}, "", Open, AgentsTurn, ania},
		{at(Open, ania), Tag{[]string{" zwrot ", "zwrot", "BLIK"}}, "(tagged)", Open, AgentsTurn, ania},
		{at(Open, ania), Tag{[]string{""}}, "invalid", Open, AgentsTurn, ania},
		{at(Open, ania), Tag{slices.Repeat([]string{"x"}, 99)}, "(tagged)", Open, AgentsTurn, ania},
		{at(Open, ania), Complain{true}, "complained", Open, AgentsTurn, ania},
		{at(Open, ania), Complain{false}, "", Open, AgentsTurn, ania},
		{at(Open, ania), Merge{Into: 2}, "resolved merged", Resolved, CustomersTurn, 0},
		{at(Resolved, ania), Merge{Into: 2}, "merged", Resolved, CustomersTurn, 0},
		{at(Open, ania), Merge{Into: 1}, "invalid", Open, AgentsTurn, ania},
	} {
		t.Run(fmt.Sprintf("%s %T %+v", tt.from.Status, tt.cmd, tt.cmd), func(t *testing.T) {
			t.Parallel()
			before := tt.from
			after, steps, err := tt.from.Apply(tt.cmd, noon)
			got := events(steps)
			if err != nil {
				got = string(CodeOf(err))
			}
			if got != tt.events || after.Status != tt.status || after.Turn != tt.turn || after.Assignee != tt.assignee {
				t.Errorf("%q, %s, %s's turn, agent %d; want %q, %s, %s's, %d", got, after.Status, after.Turn, after.Assignee, tt.events, tt.status, tt.turn, tt.assignee)
			}
			if fmt.Sprint(before) != fmt.Sprint(tt.from) {
				t.Error("the conversation given was changed")
			}
			invariants(t, after)
		})
	}
}

// invariants hold of every conversation, whatever was done to it.
func invariants(t *testing.T, c Conversation) {
	t.Helper()
	if c.Status == Open && c.Assignee == 0 {
		t.Error("open without an agent")
	}
	if (c.Status == Waiting || c.Status == Resolved) && c.Assignee != 0 {
		t.Errorf("%s with an agent", c.Status)
	}
	if (c.Status == Snoozed) != !c.SnoozedUntil.IsZero() {
		t.Errorf("%s, snoozed until %v", c.Status, c.SnoozedUntil)
	}
	if (c.Status == Resolved) != !c.ResolvedAt.IsZero() {
		t.Errorf("%s, resolved at %v", c.Status, c.ResolvedAt)
	}
	if (c.Turn == CustomersTurn) && !c.Due.IsZero() {
		t.Error("a promise on the customer's turn")
	}
	if c.Due.IsZero() && c.Alarm != NoAlarm {
		t.Error("an alarm without a promise")
	}
}

// Any sequence of commands leaves the invariants whole: a walk through all pairs and triples.
func TestApplyWalk(t *testing.T) {
	t.Parallel()
	commands := []Command{Receive{}, Reply{Agent: 7, Human: true}, Reply{}, Jot{}, Assign{Agent: 8}, Assign{Agent: 7, Claim: true}, Unassign{},
		Transfer{Team: 2}, Transfer{Agent: 8}, Hold{Reason: "x"}, Snooze{Until: noon.Add(time.Hour)}, Wake{}, Ring{}, Resolve{}, Resolve{Spam: true}, Reopen{},
		Merge{Into: 5}}
	var walk func(c Conversation, path string, depth int)
	walk = func(c Conversation, path string, depth int) {
		for _, cmd := range commands {
			after, _, err := c.Apply(cmd, noon)
			if err != nil {
				continue
			}
			invariants(t, after)
			if t.Failed() {
				t.Fatalf("after %s %T", path, cmd)
			}
			if depth > 1 {
				walk(after, path+fmt.Sprintf(" %T", cmd), depth-1)
			}
		}
	}
	walk(at(Waiting, 0), "", 3)
}

func TestClocks(t *testing.T) {
	t.Parallel()
	c := Begin(1, Inbox{ID: 1, Channel: Email, Team: 1}, Contact{ID: 1}, Buyer, noon)
	step := func(cmd Command, after time.Duration) {
		t.Helper()
		next, _, err := c.Apply(cmd, noon.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		c = next
	}
	step(Receive{}, 0)
	step(Receive{}, time.Hour) // a second message does not restart the clock
	if !c.Due.Equal(noon.Add(4*time.Hour)) || !c.FirstReplyDue.Equal(c.Due) || c.Unread != 2 {
		t.Fatalf("due %v, first %v, unread %d", c.Due, c.FirstReplyDue, c.Unread)
	}
	step(Reply{}, 90*time.Minute) // a bot's words stop no clock
	if c.Due.IsZero() || !c.FirstReplyAt.IsZero() {
		t.Fatal("a bot stopped the clock")
	}
	step(Transfer{Team: 2}, 2*time.Hour)
	if !c.Due.Equal(noon.Add(4*time.Hour)) || !c.QueuedAt.Equal(noon) {
		t.Fatal("a transfer restarted the clock or lost the place in the queue")
	}
	step(Reply{Agent: 7, Human: true}, 3*time.Hour)
	if !c.FirstReplyAt.Equal(noon.Add(3*time.Hour)) || !c.Due.IsZero() || !c.HumanReplied {
		t.Fatalf("%+v", c)
	}
	step(Receive{}, 5*time.Hour)
	if !c.Due.Equal(noon.Add(9*time.Hour)) || !c.FirstReplyDue.Equal(noon.Add(4*time.Hour)) {
		t.Fatalf("next due %v, first %v", c.Due, c.FirstReplyDue)
	}
	step(Resolve{}, 6*time.Hour)
	if !c.Continues(noon.Add(6*time.Hour+29*24*time.Hour)) || c.Continues(noon.Add(6*time.Hour+30*24*time.Hour)) {
		t.Fatal("thirty days")
	}
	step(Merge{Into: 9}, 7*time.Hour)
	if _, _, err := c.Apply(Receive{}, noon); CodeOf(err) != Conflict {
		t.Fatalf("a merged conversation takes messages: %v", err)
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	for kind, hidden := range map[string]bool{"assigned": false, "resolved": false, "ended": false, "reopened": false, "merged": false,
		"unassigned": true, "transferred": true, "snoozed": true, "woken": true, "complained": true} {
		m := Message{System: &Facts{Kind: kind, Reason: "knows the case", Note: "oszust?", Team: 4}}
		if m.Hidden() != hidden {
			t.Errorf("%s: hidden %v", kind, m.Hidden())
		}
		if f := m.ForCustomer().System; f.Reason+f.Note != "" || f.Team != 0 {
			t.Errorf("%s tells the customer %+v", kind, f)
		}
	}
	if !(Message{Note: true}).Hidden() {
		t.Error("a note is shown")
	}
}
