package storetest

import (
	"testing"
	"time"

	"centrala"
)

func threadCases() []testCase {
	return []testCase{
		{"thread/a reference anywhere finds the conversation, the nearest first", nearestReference},
		{"thread/an id of ours tells where it belongs when the log has lost the mail, and only to the contact", ownIDs},
		{"thread/a number in the subject counts for the contact alone", numberInSubject},
		{"thread/a subject is compared with every recent conversation of the contact", recentSubjects},
		{"thread/who is contradicted joins nothing by what anybody can type, and is nobody that we know", contradicted},
		{"thread/a late answer begins a conversation that is linked to the old one", lateAnswer},
		{"thread/a merged conversation goes on in the one it was merged into", mergedThread},
		{"thread/another team's conversation is not joined, whatever a mail names", otherTeams},
		{"thread/a conversation that was given to another team goes on there", givenAway},
		{"thread/an erased conversation never comes back with its old mail", erasedMail},
		{"thread/a mailbox that is numbered anew brings nothing in twice", numberedAnew},
		{"thread/a mail of ours that comes back is no message", ownMail},
	}
}

// says is a mail with an id of its own.
func (h *house) says(uid uint32, from, subject, id string, references ...string) centrala.Inbound {
	in := h.mail(uid, from, subject, "treść "+id)
	in.MessageID, in.References = id, references
	return in
}

// later is a mail at the house's time.
func (h *house) later(in centrala.Inbound) centrala.Inbound {
	in.At = h.clock.now()
	return in
}

func (h *house) in(t *testing.T, in centrala.Inbound, want centrala.ConversationID, what string) {
	t.Helper()
	if r := h.take(t, in); r.Conversation != want {
		t.Fatalf("%s: in %s, want %s", what, r.Conversation, want)
	}
}

// apart takes a mail that must begin a conversation.
func (h *house) apart(t *testing.T, in centrala.Inbound, what string) centrala.Conversation {
	t.Helper()
	r := h.take(t, in)
	if r.Seq != 1 {
		t.Fatalf("%s: %+v, want a conversation of its own", what, r)
	}
	return h.conversation(t, r.Conversation)
}

// entry is what the book says of a mail: outcome, cause, detail, conversation, link.
func (h *house) entry(t *testing.T, in centrala.Inbound) string {
	t.Helper()
	return h.raw(t, `SELECT outcome || ' ' || cause || ' ' || detail || ' ' || link FROM intake WHERE inbox = $1 AND external_id = $2`, int64(in.Inbox), in.ExternalID)
}

func nearestReference(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	b := h.take(t, h.says(2, "jan", "Faktura za lampę", "b@x.test"))
	h.in(t, h.says(3, "jan", "bez związku", "c@x.test", "nieznany@x.test", "a@x.test", "b@x.test"), b.Conversation, "the last reference")
	both := h.says(4, "jan", "bez związku", "d@x.test", "b@x.test")
	both.InReplyTo = []string{"a@x.test"}
	h.in(t, both, a.Conversation, "In-Reply-To before References")
	h.in(t, h.says(5, "jan", "bez związku", "e@x.test", "a@x.test", "zgubiony@x.test"), a.Conversation, "an older reference")
	stranger := h.take(t, h.says(6, "obcy", "Re: coś", "f@x.test", "a@x.test"))
	if stranger.Conversation != a.Conversation {
		t.Fatal("a stranger who names our mail was not shown in its conversation")
	}
	msgs := h.dense(t, a.Conversation)
	if name := msgs[len(msgs)-1].Author.Name; name != "obcy <obcy@poczta.test>" {
		t.Fatalf("the stranger is shown as %q", name)
	}
	if d := h.entry(t, h.mail(6, "obcy", "", "")); d != "ingested   reference" {
		t.Fatalf("the book says %q", d)
	}
}

func ownIDs(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.say(t, h.reply(h.ania, a.Conversation, "r", "zlecony"))
	ours := h.lease(t)[0].MessageID
	h.rawExec(t, `DELETE FROM mail WHERE message_id = $1`, ours)
	h.in(t, h.says(2, "jan", "zupełnie co innego", "b@x.test", ours), a.Conversation, "without its row")
	h.rawExec(t, `DELETE FROM delivery`)
	h.in(t, h.says(3, "jan", "i jeszcze inne", "c@x.test", ours), a.Conversation, "from a backup that is older than our answer")
	h.apart(t, h.says(4, "obcy", "zgaduję numery", "d@x.test", ours), "a stranger with an id that the log does not know")
	h.apart(t, h.says(5, "jan", "nic takiego", "e@x.test", "c.zzz.zzz@jarmark.test", "c.0000000000001.0000000000001@jarmark.test"), "ids that only look like ours")
}

func numberInSubject(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	subject := centrala.ReplySubject("zupełnie inny temat", h.conversation(t, a.Conversation).Number)
	h.apart(t, h.says(2, "obcy", subject, "b@x.test"), "a stranger with the number")
	h.in(t, h.says(3, "jan", subject, "c@x.test"), a.Conversation, "the contact with the number")
}

func recentSubjects(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.take(t, h.says(2, "jan", "Faktura za lampę stojącą", "b@x.test"))
	h.in(t, h.says(3, "jan", "Odp: Zwrot butów za duże", "c@x.test"), a.Conversation, "with another matter in between")
	generic := h.take(t, h.says(4, "jan", "Reklamacja", "d@x.test"))
	h.apart(t, h.says(5, "jan", "Re: reklamacja", "e@x.test"), "a subject that says nothing")
	h.clock.move(8 * 24 * time.Hour)
	h.apart(t, h.later(h.says(6, "jan", "Re: Zwrot butów za duże", "f@x.test")), "after a week")
	h.dense(t, generic.Conversation)
}

func contradicted(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	forged := func(uid uint32, subject, id string, references ...string) centrala.Inbound {
		in := h.says(uid, "jan", subject, id, references...)
		in.Trust = centrala.Trust{Verdict: centrala.Contradict, By: "mx.test", DMARC: "fail"}
		return in
	}
	c := h.apart(t, forged(2, "Re: Zwrot butów za duże", "b@x.test"), "a forged sender with our subject")
	if c.Contact == h.conversation(t, a.Conversation).Contact {
		t.Fatal("a forged sender is shown the history of whom they claim to be")
	}
	k, err := h.Contact(t.Context(), centrala.Everything(), c.Contact)
	if err != nil || !k.Doubted || k.Email != "jan@poczta.test" {
		t.Fatalf("contact %+v, %v", k, err)
	}
	again := h.apart(t, forged(3, "Nowa sprawa całkiem", "c@x.test"), "once more")
	if again.Contact != c.Contact {
		t.Fatal("each forged mail makes a contact of its own")
	}
	h.in(t, forged(4, "cokolwiek", "d@x.test", "a@x.test"), a.Conversation, "a forged sender who knows a mail of the thread")
	msgs := h.dense(t, a.Conversation)
	last := msgs[len(msgs)-1]
	if last.Author.Name != "jan <jan@poczta.test>" || last.Trust == nil || last.Trust.Verdict != centrala.Contradict || msgs[0].Trust != nil {
		t.Fatalf("shown as %+v, %+v", last.Author, last.Trust)
	}
	list, _, err := h.Messages(t.Context(), centrala.Scope{Contact: h.conversation(t, a.Conversation).Contact}, a.Conversation, centrala.Page{})
	if err != nil || list[len(list)-1].Trust != nil {
		t.Fatalf("the customer reads what our server thinks: %+v, %v", list, err)
	}
	h.in(t, h.says(5, "jan", "Re: Zwrot butów za duże", "e@x.test"), a.Conversation, "the real one")
}

func lateAnswer(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.do(t, a.Conversation, centrala.Resolve{})
	h.clock.move(29 * 24 * time.Hour)
	h.in(t, h.later(h.says(2, "jan", "x", "b@x.test", "a@x.test")), a.Conversation, "within thirty days")
	h.do(t, a.Conversation, centrala.Resolve{})
	h.clock.move(31 * 24 * time.Hour)
	late := h.later(h.says(3, "jan", "x", "c@x.test", "a@x.test"))
	if c := h.apart(t, late, "after thirty days"); c.Previous != a.Conversation {
		t.Fatalf("linked to %s", c.Previous)
	}
	if c := h.apart(t, h.later(h.says(4, "obcy", "x", "d@x.test", "a@x.test")), "a stranger after thirty days"); c.Previous != 0 {
		t.Fatal("a stranger's late answer is linked")
	}
	h.in(t, h.later(h.says(5, "jan", "x", "e@x.test", "a@x.test", "c@x.test")), h.take(t, late).Conversation, "the next answer goes where the thread is alive")
}

func mergedThread(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	b := h.take(t, h.says(2, "jan", "Faktura za lampę stojącą", "b@x.test"))
	h.do(t, b.Conversation, centrala.Merge{Into: a.Conversation})
	h.in(t, h.says(3, "jan", "x", "c@x.test", "b@x.test"), a.Conversation, "by reference")
	token := h.says(4, "jan", "x", "d@x.test")
	token.ReplyTo = b.Conversation
	h.in(t, token, a.Conversation, "by token")
}

// sellers is the mailbox of the other team.
func (h *house) sellers(t *testing.T) centrala.Inbox {
	t.Helper()
	box := *h.mailbox.Mailbox
	box.Address = "sprzedawcy@jarmark.test"
	return h.inbox(t, centrala.Inbox{Slug: "sprzedawcy", Name: "Sprzedawcy", Channel: centrala.Email, Team: h.other.ID, Enabled: true, Mailbox: &box})
}

func through(in centrala.Inbound, box centrala.Inbox) centrala.Inbound {
	in.Inbox, in.Cursor = box.ID, nil
	return in
}

func otherTeams(t *testing.T, h *house) {
	box := h.sellers(t)
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.apart(t, through(h.says(2, "jan", "x", "b@x.test", "a@x.test"), box), "a reference")
	token := through(h.says(3, "jan", "y", "c@x.test"), box)
	token.ReplyTo = a.Conversation
	h.apart(t, token, "a token")
	h.apart(t, through(h.says(4, "jan", centrala.ReplySubject("z", h.conversation(t, a.Conversation).Number), "d@x.test"), box), "a number")
	h.in(t, h.says(5, "jan", "x", "e@x.test", "a@x.test", "b@x.test"), a.Conversation, "through the first team's own inbox")
	same := h.mailbox
	same.ID, same.Slug, same.Name = 0, "zwroty", "Zwroty"
	same = h.inbox(t, same)
	h.in(t, through(h.says(6, "jan", "x", "f@x.test", "a@x.test"), same), a.Conversation, "another inbox of the same team")
}

func givenAway(t *testing.T, h *house) {
	box := h.sellers(t)
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.do(t, a.Conversation, centrala.Transfer{Team: h.other.ID})
	h.in(t, through(h.says(2, "jan", "x", "b@x.test", "a@x.test"), box), a.Conversation, "through the new team's inbox")
	h.in(t, h.says(3, "jan", "x", "c@x.test", "a@x.test"), a.Conversation, "through the inbox where it began")
}

func erasedMail(t *testing.T, h *house) {
	in := h.says(1, "jan", "Zwrot butów za duże", "a@x.test")
	a := h.take(t, in)
	if _, err := h.Erase(t.Context(), h.conversation(t, a.Conversation).Contact, centrala.Author{Kind: centrala.BySystem}); err != nil {
		t.Fatal(err)
	}
	in.ExternalID = "INBOX:2:1"
	if r := h.take(t, in); r.Seq != 0 || h.entry(t, in) != "duplicate same-mail  reference" {
		t.Fatalf("the erased mail is back: %+v, %q", r, h.entry(t, in))
	}
}

func numberedAnew(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.say(t, h.reply(h.ania, a.Conversation, "r", "zlecony"))
	out := h.lease(t)[0]
	h.settle(t, out, centrala.Settlement{State: centrala.DeliveryHandedOver})
	list := []centrala.Inbound{h.says(1, "jan", "Zwrot butów za duże", "a@x.test")}
	for i, outcome := range []centrala.Outcome{centrala.Automatic, centrala.Junk, centrala.Quarantined, centrala.Bounce} {
		in := h.says(uint32(10+i), "robot", "coś", string(outcome)+"@x.test")
		in.Outcome = outcome
		in.Report = &centrala.DeliveryReport{Action: "failed", Status: "4.2.2", Recipient: "jan@poczta.test", OriginalMessageID: out.MessageID}
		h.take(t, in)
		list = append(list, in)
	}
	messages := len(h.dense(t, a.Conversation))
	for _, in := range list {
		in.ExternalID, in.Cursor = "INBOX:2"+in.ExternalID, &centrala.Cursor{Inbox: h.mailbox.ID, Folder: "INBOX", Validity: 2, UID: in.Cursor.UID}
		if r := h.take(t, in); r.Seq != 0 {
			t.Fatalf("%s: a message once more: %+v", in.Outcome, r)
		}
		if h.entry(t, in)[:19] != "duplicate same-mail" {
			t.Fatalf("%s: %q", in.Outcome, h.entry(t, in))
		}
	}
	if n := len(h.dense(t, a.Conversation)); n != messages {
		t.Fatalf("%d entries, want %d", n, messages)
	}
	same(t, "bounces", h.raw(t, `SELECT count(*) FROM bounce`), "1")
}

func ownMail(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.say(t, h.reply(h.ania, a.Conversation, "r", "zlecony"))
	id := h.lease(t)[0].MessageID
	for _, lost := range []bool{false, true} {
		if lost {
			h.rawExec(t, `DELETE FROM mail WHERE message_id = $1`, id)
		}
		copy := h.says(map[bool]uint32{false: 2, true: 3}[lost], "pomoc", "Re: Zwrot butów za duże", id)
		copy.Text, copy.FullText = "zlecony", copy.ExternalID
		if r := h.take(t, copy); r.Seq != 0 || h.entry(t, copy) != "automatic own-mail  reference" {
			t.Fatalf("our own mail is a message: %+v, %q", r, h.entry(t, copy))
		}
	}
}
