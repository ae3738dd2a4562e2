package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"centrala"
)

func rereadCases() []testCase {
	return []testCase{
		{"a mail that is read again is replaced where it stands, and its readers are told", bookReread},
		{"a mail outside the log that is read again gets its new outcome", bookRereadOutside},
	}
}

// again is the mail of an entry as a parser reads it.
func again(e centrala.Entry, text string) centrala.Inbound {
	return centrala.Inbound{Outcome: centrala.Ingested, From: e.From, Subject: e.Subject, Text: text, FullText: text, MessageID: e.MessageID, Parser: 9, At: time.Now()}
}

func bookReread(t *testing.T, h *house) {
	events := listen(h)
	in := h.mail(1, "jan", "Zwrot but\ufffdw", "Dzie\ufffd dobry")
	in.Raw, in.HTML, in.MessageID = "in/aa/1/0", "<p>Dzie\ufffd</p>", "a@poczta.test"
	in.Attachments = []centrala.Part{{Name: "a.pdf", Type: "application/pdf", Size: 3, Blob: "in/aa/1/1"}, {Name: "b.txt", Type: "text/plain", Size: 4, Blob: "in/aa/1/2"}}
	r := h.take(t, in)
	before := h.dense(t, r.Conversation)
	e := h.entryOf(t, in.ExternalID)
	next := again(e, "Dzień dobry")
	next.FullText, next.HTML, next.Policy, next.Subject = "Dzień dobry\n> cytat", "<p>Dzień</p>", 2, "Zwrot butów"
	next.Attachments = []centrala.Part{{Name: "a.pdf", Type: "application/pdf", Size: 3, Blob: "in/aa/1/1.v9"}, {Name: "c.ics", Type: "text/calendar", Size: 5, Blob: "in/aa/1/3.v9"}}
	got, dropped, err := h.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Reread, In: next, Agent: h.ania.ID})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(dropped)
	if fmt.Sprint(dropped) != "[in/aa/1/1 in/aa/1/2]" || got.Outcome != centrala.Ingested || got.Parser != 9 || got.Subject != "Zwrot butów" {
		t.Errorf("dropped %v, entry %+v", dropped, got)
	}
	after := h.dense(t, r.Conversation)
	if len(after) != len(before)+1 {
		t.Fatalf("%d entries became %d", len(before), len(after))
	}
	m := after[r.Seq-1]
	if m.Text != "Dzień dobry" || m.ID != before[r.Seq-1].ID || !m.At.Equal(before[r.Seq-1].At) || !m.HasMore || !m.HasHTML ||
		len(m.Attachments) != 2 || m.Attachments[0].ID != before[r.Seq-1].Attachments[0].ID || m.Attachments[1].Name != "c.ics" {
		t.Errorf("the message is %+v", m)
	}
	change := after[len(after)-1]
	if change.Change == nil || *change.Change != (centrala.Change{Of: r.Seq, Kind: "edit", Text: "Dzień dobry"}) || !change.HasHTML || len(change.Attachments) != 2 || change.Text != "" {
		t.Errorf("the change is %+v %+v", change, change.Change)
	}
	whole, full, html, err := h.Message(t.Context(), centrala.Everything(), r.Conversation, r.Seq)
	if err != nil || full != "Dzień dobry\n> cytat" || html != "<p>Dzień</p>" || whole.Policy != 2 {
		t.Errorf("whole: %q %q %d %v", full, html, whole.Policy, err)
	}
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	if err != nil || c.LastText.Text != "Dzień dobry" || c.LastText.Seq != r.Seq {
		t.Errorf("the list shows %+v, %v", c.LastText, err)
	}
	live := <-events
	if live.Event.Type != centrala.MessageChanged || live.Message.Change.Text != "Dzień dobry" || live.Event.Data.Seq != r.Seq || live.Conversation.LastSeq != change.Seq {
		t.Errorf("told live: %+v %+v", live.Event, live.Message)
	}
	if list, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Text: "dzien dobry"}); err != nil || len(list) != 1 {
		t.Errorf("the new words find %d, %v", len(list), err)
	}
	// Read once more, the older change tells the newest words too: nothing is told twice differently.
	h.decide(t, e, centrala.Decision{Verdict: centrala.Reread, In: again(e, "Witam")})
	if all := h.dense(t, r.Conversation); all[change.Seq-1].Change.Text != "Witam" || all[r.Seq-1].Text != "Witam" {
		t.Errorf("the older change says %+v", all[change.Seq-1].Change)
	}
	if _, _, err := h.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Reread, In: again(e, "")}); centrala.CodeOf(err) != centrala.Conflict {
		t.Errorf("the words were taken away: %v", err)
	}
}

// listen gives the changes of messages as they are committed.
func listen(h *house) <-chan centrala.Commit {
	events := make(chan centrala.Commit, 10)
	h.OnCommit(func(all []centrala.Commit) {
		for _, c := range all {
			if c.Event.Type == centrala.MessageChanged {
				events <- c
			}
		}
	})
	return events
}

func bookRereadOutside(t *testing.T, h *house) {
	e := h.put(t, 1, "jan", "Dokumenty", centrala.Quarantined, "unreadable")
	auto := again(e, "nie ma mnie")
	auto.Outcome, auto.Reason, auto.Cause = centrala.Automatic, "Auto-Submitted", centrala.Cause{Code: "auto-submitted"}
	if got := h.decide(t, e, centrala.Decision{Verdict: centrala.Reread, In: auto}); got.Outcome != centrala.Automatic || got.Cause.Code != "auto-submitted" || got.Parser != 9 || got.Conversation != 0 {
		t.Fatalf("automatic: %+v", got)
	}
	got := h.decide(t, e, centrala.Decision{Verdict: centrala.Reread, In: again(e, "dokumenty")})
	if got.Outcome != centrala.Ingested || got.Conversation == 0 || got.Number == 0 {
		t.Fatalf("ingested: %+v", got)
	}
	if n := len(h.book(t, centrala.EntryFilter{})); n != 1 {
		t.Fatalf("%d entries", n)
	}
	h.dense(t, got.Conversation)
}
