package storetest

import (
	"slices"
	"testing"

	"centrala"
)

func mentionCases() []testCase {
	return []testCase{
		{"who is mentioned in a note sees the conversation from then on, and nobody else does", mentioning},
		{"a mention waits until the one who is mentioned has read that far", readingMentions},
		{"a note mentions colleagues only, and says who in its resend", badMentions},
		{"a merged conversation takes its mentions along", mergedMentions},
		{"a mention outlives erasing and a pause of its agent", mentionsStay},
	}
}

// marek is an agent of another team with the scope that goes with it.
func (h *house) marek(t *testing.T) (centrala.Agent, centrala.Scope) {
	t.Helper()
	a := h.agent(t, "marek@example.test", "Marek", h.other.ID)
	return a, centrala.Scope{Agent: a.ID, Teams: a.Teams}
}

// note has Ania write a note in c that mentions agents.
func (h *house) note(c centrala.ConversationID, key string, agents ...centrala.AgentID) centrala.Post {
	p := h.reply(h.ania, c, key, "spójrzcie na to")
	p.Note, p.Mentions = true, agents
	return p
}

func authorOf(a centrala.Agent) centrala.Author {
	return centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String(), Name: a.Name}
}

// sees asks everything that a scope decides about c.
func (h *house) sees(t *testing.T, who string, scope centrala.Scope, c centrala.Conversation, want bool) {
	t.Helper()
	ctx := t.Context()
	_, errC := h.Conversation(ctx, scope, c.ID)
	_, _, errM := h.Messages(ctx, scope, c.ID, centrala.Page{})
	_, _, errT := h.Tail(ctx, scope, c.ID, 0, 10)
	_, _, _, errW := h.Message(ctx, scope, c.ID, 1)
	_, errK := h.Contact(ctx, scope, c.Contact)
	_, errD := h.Do(ctx, scope, c.ID, centrala.Prioritise{Priority: c.Priority}, centrala.Author{})
	errS := h.Seen(ctx, scope, c.ID, centrala.Author{Kind: centrala.ByAgent}, 0, 0)
	for what, err := range map[string]error{"conversation": errC, "messages": errM, "tail": errT, "message": errW, "contact": errK, "command": errD, "read mark": errS} {
		if (err == nil) != want || err != nil && centrala.CodeOf(err) != centrala.NotFound {
			t.Errorf("%s, %s: %v", who, what, err)
		}
	}
	commits, err := h.Since(ctx, scope, 0, 1000)
	need(t, err)
	if got := slices.ContainsFunc(commits, func(m centrala.Commit) bool { return m.Event.Conversation == c.ID }); got != want {
		t.Errorf("%s, events: %v", who, got)
	}
	for what, f := range map[string]centrala.Filter{"list": {}, "search": {Text: "sprawa"}, "by contact": {Contact: c.Contact}} {
		items, _, err := h.Conversations(ctx, scope, f)
		need(t, err)
		if got := slices.ContainsFunc(items, func(o centrala.Conversation) bool { return o.ID == c.ID }); got != want {
			t.Errorf("%s, %s: %v", who, what, got)
		}
	}
	n, err := h.Counts(ctx, scope, scope.Agent)
	need(t, err)
	now := h.conversation(t, c.ID)
	if own := want && !now.Mentioned(scope.Agent); (n.Queue == 1) != own || (n.Mentions == 1) != (want && !own) {
		t.Errorf("%s counts %d in the queue and %d mentions", who, n.Queue, n.Mentions)
	}
}

func mentioning(t *testing.T, h *house) {
	marek, his := h.marek(t)
	ola := h.agent(t, "ola@example.test", "Ola", h.other.ID)
	k, _ := h.customer()
	c := h.conversation(t, h.say(t, h.post(k, "1", "moja sprawa")).Conversation)
	file, err := h.SaveAttachment(t.Context(), h.ania.ID.String(), centrala.Attachment{Name: "umowa.txt", Type: "text/plain", Size: 3, Blob: "b"})
	need(t, err)
	h.sees(t, "before", his, c, false)
	p := h.note(c.ID, "n", marek.ID, marek.ID)
	p.Attachments = []centrala.AttachmentID{file.ID}
	r := h.say(t, p)
	h.sees(t, "mentioned", his, c, true)
	h.sees(t, "colleague of the mentioned", centrala.Scope{Agent: ola.ID, Teams: ola.Teams}, c, false)
	if _, err := h.Attachment(t.Context(), his, marek.ID.String(), file.ID); err != nil {
		t.Errorf("the mentioned asks for the file: %v", err)
	}
	if _, err := h.Attachment(t.Context(), centrala.Scope{Agent: ola.ID, Teams: ola.Teams}, ola.ID.String(), file.ID); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("somebody else asks for the file: %v", err)
	}
	now := h.conversation(t, c.ID)
	if want := []centrala.Mention{{Agent: marek.ID, Seq: r.Seq}}; !slices.Equal(now.Mentions, want) {
		t.Errorf("mentions %+v, want %+v", now.Mentions, want)
	}
	if now.Assignee != 0 || now.Status != centrala.Waiting || now.Version != c.Version {
		t.Errorf("a mention moved the conversation: %+v", now)
	}
	m, _, _, err := h.Message(t.Context(), his, c.ID, r.Seq)
	need(t, err)
	if !slices.Equal(m.Mentions, []centrala.AgentID{marek.ID}) {
		t.Errorf("the note mentions %v", m.Mentions)
	}
	if e := h.happened(t, centrala.MessageNoted); len(e) != 1 || !slices.Equal(e[0].Data.Mentions, m.Mentions) {
		t.Errorf("the event: %+v", e)
	}
	h.say(t, h.reply(marek, c.ID, "a", "pomogę")) // what a colleague of the team may do, he may
}

func (h *house) toRead(t *testing.T, a centrala.Agent, scope centrala.Scope) (counted int, listed []centrala.ConversationID) {
	t.Helper()
	n, err := h.Counts(t.Context(), scope, a.ID)
	need(t, err)
	items, _, err := h.Conversations(t.Context(), scope, centrala.Filter{Mentioned: a.ID, ToRead: true})
	need(t, err)
	for _, c := range items {
		listed = append(listed, c.ID)
	}
	return n.Mentions, listed
}

func readingMentions(t *testing.T, h *house) {
	marek, his := h.marek(t)
	k, _ := h.customer()
	c := h.say(t, h.post(k, "1", "x")).Conversation
	first := h.say(t, h.note(c, "n1", marek.ID, h.piotr.ID))
	waits := func(when string, want int) {
		t.Helper()
		if n, listed := h.toRead(t, marek, his); n != want || len(listed) != want {
			t.Errorf("%s: %d counted, %v listed, want %d", when, n, listed, want)
		}
	}
	read := func(a centrala.Agent, upto int64) {
		t.Helper()
		need(t, h.Seen(t.Context(), centrala.Scope{Agent: a.ID, Teams: a.Teams}, c, authorOf(a), 0, upto))
	}
	waits("mentioned", 1)
	read(h.ania, first.Seq)
	waits("a colleague has read", 1)
	read(marek, first.Seq-1)
	waits("read up to the note", 1)
	read(marek, first.Seq)
	waits("read", 0)
	if n, _ := h.toRead(t, h.piotr, centrala.Scope{Agent: h.piotr.ID, Teams: h.piotr.Teams}); n != 1 {
		t.Errorf("Piotr has %d to read", n)
	}
	items, _, err := h.Conversations(t.Context(), his, centrala.Filter{Mentioned: marek.ID})
	need(t, err)
	if len(items) != 1 || !items[0].Mentions[1].Read && !items[0].Mentions[0].Read {
		t.Errorf("what was read is found no more: %+v", items)
	}
	second := h.say(t, h.note(c, "n2", marek.ID))
	waits("mentioned again", 1)
	read(marek, first.Seq)
	waits("an old read mark comes late", 1)
	h.say(t, h.reply(marek, c, "a", "już patrzę"))
	waits("answered", 0)
	if got := h.conversation(t, c).Mentions; len(got) != 2 || got[1] != (centrala.Mention{Agent: marek.ID, Seq: second.Seq, Read: true}) {
		t.Errorf("mentions %+v", got)
	}
}

func badMentions(t *testing.T, h *house) {
	marek, his := h.marek(t)
	gone := h.agent(t, "gone@example.test", "Ktoś", h.team.ID)
	gone.Disabled = true
	_, err := h.SaveAgent(t.Context(), gone)
	need(t, err)
	k, _ := h.customer()
	c := h.say(t, h.post(k, "1", "x")).Conversation
	answer := h.note(c, "answer", marek.ID)
	answer.Note = false
	words := h.post(k, "2", "y")
	words.Mentions = []centrala.AgentID{marek.ID}
	many := make([]centrala.AgentID, centrala.MaxMentions+1)
	for i := range many {
		many[i] = centrala.AgentID(h.NewID())
	}
	for name, p := range map[string]centrala.Post{
		"an answer": answer, "a customer": words, "themselves": h.note(c, "self", h.ania.ID), "disabled": h.note(c, "gone", gone.ID),
		"unknown": h.note(c, "none", marek.ID, centrala.AgentID(h.NewID())), "nobody": h.note(c, "zero", 0), "too many": h.note(c, "many", many...),
	} {
		_, err := h.Append(t.Context(), p)
		if centrala.CodeOf(err) != centrala.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := h.dense(t, c); len(all) != 1 {
		t.Fatalf("%d entries", len(all))
	}
	if _, err := h.Conversation(t.Context(), his, c); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("a refused note let somebody in: %v", err)
	}

	first := h.say(t, h.note(c, "n", h.piotr.ID, marek.ID))
	marek.Disabled = true
	_, err = h.SaveAgent(t.Context(), marek)
	need(t, err)
	if again := h.say(t, h.note(c, "n", marek.ID, h.piotr.ID, marek.ID)); !again.Repeated || again.Seq != first.Seq {
		t.Errorf("the same note again: %+v", again)
	}
	for name, p := range map[string]centrala.Post{"fewer": h.note(c, "n", marek.ID), "none": h.note(c, "n")} {
		if _, err := h.Append(t.Context(), p); centrala.CodeOf(err) != centrala.Conflict {
			t.Errorf("the same key with %s mentions: %v", name, err)
		}
	}
}

func mergedMentions(t *testing.T, h *house) {
	marek, his := h.marek(t)
	k, _ := h.customer()
	elder := h.say(t, h.post(k, "1", "pierwsza")).Conversation
	h.do(t, elder, centrala.Resolve{})
	h.clock.move(centrala.ReopenWithin + 1)
	second := h.post(k, "2", "druga")
	second.Conversation = elder
	younger := h.say(t, second).Conversation
	if younger == elder {
		t.Fatal("there is only one conversation")
	}
	h.say(t, h.note(younger, "n", marek.ID, h.piotr.ID))
	need(t, h.Seen(t.Context(), centrala.Everything(), younger, authorOf(h.piotr), 0, 99))
	h.do(t, younger, centrala.Merge{Into: elder})
	for _, id := range []centrala.ConversationID{younger, elder} {
		if _, err := h.Conversation(t.Context(), his, id); err != nil {
			t.Errorf("after the merge: %v", err)
		}
	}
	if n, listed := h.toRead(t, marek, his); n != 1 || !slices.Equal(listed, []centrala.ConversationID{elder}) {
		t.Errorf("%d counted, %v listed, want the elder", n, listed)
	}
	if n, _ := h.toRead(t, h.piotr, centrala.Everything()); n != 0 {
		t.Errorf("what was read waits again: %d", n)
	}
	need(t, h.Seen(t.Context(), his, elder, authorOf(marek), 0, 99))
	if n, _ := h.toRead(t, marek, his); n != 0 {
		t.Errorf("%d to read after reading the elder", n)
	}
}

func mentionsStay(t *testing.T, h *house) {
	marek, his := h.marek(t)
	k, _ := h.customer()
	c := h.say(t, h.post(k, "1", "x")).Conversation
	r := h.say(t, h.note(c, "n", marek.ID))
	marek.Disabled = true
	_, err := h.SaveAgent(t.Context(), marek)
	need(t, err)
	_, err = h.Erase(t.Context(), k.ID, centrala.Author{Kind: centrala.BySystem})
	need(t, err)
	marek.Disabled = false
	_, err = h.SaveAgent(t.Context(), marek)
	need(t, err)
	if n, _ := h.toRead(t, marek, his); n != 1 {
		t.Errorf("%d to read", n)
	}
	m, _, _, err := h.Message(t.Context(), his, c, r.Seq)
	need(t, err)
	if m.Text != "" || !slices.Equal(m.Mentions, []centrala.AgentID{marek.ID}) {
		t.Errorf("the erased note: %+v", m)
	}
}
