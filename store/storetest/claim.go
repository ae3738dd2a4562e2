package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"centrala"
)

func claimCases() []testCase {
	return []testCase{
		{"of fifty concurrent claims one wins", fiftyClaims},
		{"an agent is never given more than there is room for", within},
		{"a command that changes nothing writes nothing", quiet},
		{"an unresolved chat is merged into the elder, and neither is renumbered", merging},
	}
}

func fiftyClaims(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "kto odbierze?"))
	agents := make([]centrala.Agent, 50)
	for i := range agents {
		agents[i] = h.agent(t, fmt.Sprintf("a%d@example.test", i), fmt.Sprintf("Agent %d", i), h.team.ID)
	}
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for _, a := range agents {
		wg.Go(func() {
			_, err := h.Do(t.Context(), centrala.Everything(), r.Conversation, centrala.Assign{Agent: a.ID, Name: a.Name, Claim: true}, centrala.Author{Kind: centrala.ByAgent})
			switch centrala.CodeOf(err) {
			case "":
				won.Add(1)
			case centrala.Conflict:
				lost.Add(1)
			default:
				t.Errorf("claim: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 49 {
		t.Fatalf("%d won and %d lost", won.Load(), lost.Load())
	}
	if n := len(h.dense(t, r.Conversation)); n != 2 {
		t.Fatalf("%d entries, want the message and one assignment", n)
	}
}

func within(t *testing.T, h *house) {
	a := h.agent(t, "zajeta@example.test", "Zofia", h.team.ID) // 24: room for six chats
	k, _ := h.customer()
	early := h.say(t, h.post(k, "1", "za wcześnie")).Conversation
	give := centrala.Assign{Agent: a.ID, Name: a.Name, Within: true}
	if _, err := h.Do(t.Context(), centrala.Everything(), early, give, centrala.Author{Kind: centrala.BySystem}); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("given to somebody who is not on the line: %v", err)
	}
	if err := h.SetPresence(t.Context(), a.ID, centrala.Online); err != nil {
		t.Fatal(err)
	}
	var chats []centrala.ConversationID
	for i := range 12 {
		k, _ := h.customer()
		chats = append(chats, h.say(t, h.post(k, "1", fmt.Sprintf("czat %d", i))).Conversation)
	}
	var given atomic.Int32
	var wg sync.WaitGroup
	for _, c := range chats {
		wg.Go(func() {
			_, err := h.Do(t.Context(), centrala.Everything(), c, centrala.Assign{Agent: a.ID, Name: a.Name, Within: true}, centrala.Author{Kind: centrala.BySystem})
			switch centrala.CodeOf(err) {
			case "":
				given.Add(1)
			case centrala.Conflict:
			default:
				t.Errorf("assign: %v", err)
			}
		})
	}
	wg.Wait()
	if given.Load() != 6 {
		t.Fatalf("%d chats given, want 6", given.Load())
	}
}

func quiet(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "x"))
	c := h.do(t, r.Conversation, centrala.Prioritise{Priority: 1})
	again := h.do(t, r.Conversation, centrala.Prioritise{Priority: 1})
	if c.Version != again.Version || c.LastN != again.LastN {
		t.Fatalf("version %d → %d, n %d → %d", c.Version, again.Version, c.LastN, again.LastN)
	}
}

func merging(t *testing.T, h *house) {
	old, _ := h.customer()
	known := centrala.Contact{ID: h.NewContactID(), Name: "Marta Wiśniewska", Side: centrala.Buyer, Verified: true, ExternalID: "u1"}
	elder := h.say(t, h.post(known, "1", "pierwsza"))
	younger := h.say(t, h.post(old, "1", "druga"))
	if err := h.AbsorbVisitor(t.Context(), old.ID, known, h.widget.ID, centrala.Author{Kind: centrala.BySystem}); err != nil {
		t.Fatal(err)
	}
	c := h.conversation(t, younger.Conversation)
	if c.MergedInto != elder.Conversation || c.Status != centrala.Resolved || c.Contact != known.ID {
		t.Fatalf("the younger: %+v", c)
	}
	if c := h.conversation(t, elder.Conversation); c.Status != centrala.Waiting || c.LastSeq != 1 {
		t.Fatalf("the elder: %+v", c)
	}
	h.dense(t, younger.Conversation)
	if err := h.AbsorbVisitor(t.Context(), known.ID, old, h.widget.ID, centrala.Author{}); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("a verified contact was absorbed: %v", err)
	}
}
