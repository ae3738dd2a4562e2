package storetest

import (
	"strconv"
	"testing"
	"time"

	"centrala"
)

func receiveCases() []testCase {
	return []testCase{
		{"a fetched mail is taken once, and the cursor moves with it", fetchedOnce},
		{"answers find their conversation by token, reference and subject, strangers do not", threading},
		{"several mails are taken in one commit, or none of them", receivedTogether},
		{"an empty message id matches nothing", emptyIDs},
		{"the same mail by another way is a duplicate", sameMail},
		{"automatic mail is in the ledger and in no conversation", automatic},
	}
}

func (h *house) mail(uid uint32, from, subject, text string) centrala.Inbound {
	return centrala.Inbound{Inbox: h.mailbox.ID, Channel: centrala.Email, ExternalID: "INBOX:1:" + strconv.Itoa(int(uid)), From: centrala.Address{Name: from, Address: from + "@poczta.test"},
		Subject: subject, Text: text, FullText: text, At: time.Now(), Cursor: &centrala.Cursor{Inbox: h.mailbox.ID, Folder: "INBOX", Validity: 1, UID: uid}}
}

// uid is the next in the mailbox.
func (h *house) uid() uint32 {
	h.uids++
	return 1000 + h.uids
}

func (h *house) take(t *testing.T, in centrala.Inbound) centrala.Receipt {
	t.Helper()
	r, err := h.Receive(t.Context(), in)
	if err != nil {
		t.Fatalf("receive %q: %v", in.Subject, err)
	}
	return r
}

func fetchedOnce(t *testing.T, h *house) {
	in := h.mail(7, "jan", "Zwrot butów za duże", "Dzień dobry")
	r := h.take(t, in)
	again := h.take(t, in)
	if !again.Repeated || again.Message != r.Message || r.Seq != 1 {
		t.Fatalf("first %+v, again %+v", r, again)
	}
	c, err := h.Cursor(t.Context(), h.mailbox.ID, "INBOX")
	if err != nil || c.UID != 7 || c.Validity != 1 {
		t.Fatalf("cursor %+v, %v", c, err)
	}
	back := h.mail(3, "ewa", "Inna sprawa niż tamta", "…")
	h.take(t, back)
	if c, _ := h.Cursor(t.Context(), h.mailbox.ID, "INBOX"); c.UID != 7 {
		t.Fatalf("the cursor went back to %d", c.UID)
	}
	conv := h.conversation(t, r.Conversation)
	if conv.Subject != in.Subject || conv.Team != h.team.ID || conv.Channel != centrala.Email {
		t.Fatalf("conversation: %+v", conv)
	}
}

func receivedTogether(t *testing.T, h *house) {
	first, answer, other := h.mail(1, "jan", "Zwrot butów za duże", "proszę o zwrot"), h.mail(2, "jan", "Odp: Zwrot", "i o fakturę"), h.mail(3, "ewa", "Gdzie jest paczka z wtorku", "…")
	first.MessageID, answer.MessageID, answer.References = "m1@poczta.test", "m2@poczta.test", []string{"m1@poczta.test"}
	bad := h.mail(4, "ola", "Bez drzwi do środka", "…")
	bad.Inbox = 404
	if _, err := h.ReceiveAll(t.Context(), []centrala.Inbound{first, answer, bad}); err == nil {
		t.Fatal("a mail of an inbox that is not there was taken")
	}
	if c, err := h.Cursor(t.Context(), h.mailbox.ID, "INBOX"); err != nil || c.UID != 0 {
		t.Fatalf("the cursor moved to %d, %v", c.UID, err)
	}
	got, err := h.ReceiveAll(t.Context(), []centrala.Inbound{first, answer, other})
	if err != nil || len(got) != 3 || got[0].Repeated || got[0].Seq != 1 || got[1].Conversation != got[0].Conversation || got[2].Conversation == got[0].Conversation {
		t.Fatalf("receipts %+v, %v", got, err)
	}
	if c, err := h.Cursor(t.Context(), h.mailbox.ID, "INBOX"); err != nil || c.UID != 3 {
		t.Fatalf("the cursor is at %d, %v", c.UID, err)
	}
	again, err := h.ReceiveAll(t.Context(), []centrala.Inbound{first, answer, other})
	if err != nil || !again[0].Repeated || !again[1].Repeated || again[1].Message != got[1].Message {
		t.Fatalf("again: %+v, %v", again, err)
	}
}

func threading(t *testing.T, h *house) {
	in := h.mail(1, "jan", "Zwrot butów za duże", "proszę o zwrot")
	in.MessageID = "m1@poczta.test"
	first := h.take(t, in)
	h.say(t, h.reply(h.ania, first.Conversation, "r", "zlecony"))
	out, err := h.LeaseDeliveries(t.Context(), centrala.Lease{Inbox: h.mailbox.ID, For: time.Minute, Limit: 10})
	if err != nil || len(out) != 1 {
		t.Fatalf("leased %d, %v", len(out), err)
	}
	if out[0].InReplyTo != in.MessageID || out[0].To.Address != "jan@poczta.test" || out[0].Text != "zlecony" || len(out[0].Quoted) != 1 {
		t.Fatalf("outbound: %+v", out[0])
	}
	byReference := h.mail(2, "jan", "Re: coś innego", "dziękuję")
	byReference.InReplyTo = []string{out[0].MessageID}
	if r := h.take(t, byReference); r.Conversation != first.Conversation {
		t.Fatal("In-Reply-To did not find the conversation")
	}
	byToken := h.mail(3, "ktos", "bez tematu", "od kogoś innego")
	byToken.ReplyTo = first.Conversation
	if r := h.take(t, byToken); r.Conversation != first.Conversation {
		t.Fatal("the reply token did not find the conversation")
	}
	bySubject := h.mail(4, "jan", "Odp: Zwrot butów za duże", "i jeszcze")
	if r := h.take(t, bySubject); r.Conversation != first.Conversation {
		t.Fatal("the subject did not find the conversation")
	}
	stranger := h.mail(5, "obcy", "Re: Zwrot butów za duże", "nie moje")
	if r := h.take(t, stranger); r.Conversation == first.Conversation {
		t.Fatal("a stranger's mail was appended by its subject")
	}
	h.dense(t, first.Conversation)
}

func emptyIDs(t *testing.T, h *house) {
	a := h.mail(1, "jan", "Sprawa pierwsza ważna", "a")
	b := h.mail(2, "ewa", "Sprawa druga ważna", "b")
	b.InReplyTo, b.References = []string{""}, []string{"", "<>"}
	if h.take(t, a).Conversation == h.take(t, b).Conversation {
		t.Fatal("two people's mails without ids were joined")
	}
}

func sameMail(t *testing.T, h *house) {
	a := h.mail(1, "jan", "Zwrot butów za duże", "a")
	a.MessageID = "same@poczta.test"
	b := a
	b.ExternalID = "INBOX:1:other"
	first, second := h.take(t, a), h.take(t, b)
	if second.Seq != 0 {
		t.Fatalf("the same mail is in the log twice: %+v", second)
	}
	c := b
	c.ExternalID, c.Text, c.FullText = "INBOX:1:third", "inna treść", "inna treść"
	if r := h.take(t, c); r.Seq == 0 {
		t.Fatal("another mail under a reused id was dropped")
	}
	h.dense(t, first.Conversation)
}

func automatic(t *testing.T, h *house) {
	in := h.mail(1, "robot", "Automatyczna odpowiedź", "nie ma mnie")
	in.Outcome, in.Reason = centrala.Automatic, "Auto-Submitted"
	if r := h.take(t, in); r.Seq != 0 || r.Conversation != 0 {
		t.Fatalf("automatic mail made %+v", r)
	}
	items, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{})
	if err != nil || len(items) != 0 {
		t.Fatalf("%d conversations, %v", len(items), err)
	}
	if r := h.take(t, in); !r.Repeated {
		t.Fatal("the ledger forgot it")
	}
}
