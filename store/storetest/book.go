package storetest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

func bookCases() []testCase {
	return []testCase{
		{"every fetched mail has one entry, and the tally is what was fetched", bookTally},
		{"the book is found by parts of words, with Polish letters or without", bookSearch},
		{"pages of the book meet without holes", bookPages},
		{"an entry is seen with its conversation or its inbox", bookScope},
		{"a released mail is in the log once, threaded like any other", bookRelease},
		{"of two who release the same mail at once one does", bookTwoAtOnce},
		{"whatever ended outside the log can be released", bookReleaseAny},
		{"a mail of a blocked sender, or without its raw form, is not released", bookRefusals},
		{"spam takes the conversation with it, and comes back with it", bookSpam},
		{"an invitation's card and the policy of the HTML are kept", bookCards},
		{"what is known about a sender is counted", bookAcquaintance},
	}
}

// put is an outcome other than ingested, as a mailbox brings it.
func (h *house) put(t *testing.T, uid uint32, from, subject string, o centrala.Outcome, code string) centrala.Entry {
	t.Helper()
	in := h.mail(uid, from, subject, "treść "+subject)
	in.Outcome, in.Reason, in.Cause = o, "because of "+code, centrala.Cause{Code: code}
	in.Raw, in.Size, in.MessageID = fmt.Sprintf("in/aa/%d/0", uid), 100, fmt.Sprintf("m%d@poczta.test", uid)
	h.take(t, in)
	return h.entryOf(t, in.ExternalID)
}

func (h *house) book(t *testing.T, f centrala.EntryFilter) []centrala.Entry {
	t.Helper()
	items, _, err := h.Entries(t.Context(), centrala.Everything(), f)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func (h *house) entryOf(t *testing.T, external string) centrala.Entry {
	t.Helper()
	for _, e := range h.book(t, centrala.EntryFilter{Limit: 200}) {
		if e.ExternalID == external {
			return e
		}
	}
	t.Fatalf("there is no entry of %s", external)
	return centrala.Entry{}
}

func (h *house) decide(t *testing.T, e centrala.Entry, d centrala.Decision) centrala.Entry {
	t.Helper()
	d.By, d.Agent = centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}, h.ania.ID
	got, _, err := h.Decide(t.Context(), centrala.Everything(), e.ID, d)
	if err != nil {
		t.Fatalf("%s %s: %v", d.Verdict, e.Subject, err)
	}
	if got.DecidedBy != h.ania.ID || got.DecidedAt.IsZero() || got.ID != e.ID || got.ExternalID != e.ExternalID || got.UID != e.UID || !got.At.Equal(e.At) {
		t.Fatalf("the decided entry is %+v, it was %+v", got, e)
	}
	return got
}

func bookTally(t *testing.T, h *house) {
	for i, o := range []centrala.Outcome{centrala.Automatic, centrala.Junk, centrala.Junk, centrala.Oversize, centrala.Quarantined} {
		h.put(t, uint32(i+1), "ktos", fmt.Sprint("list ", i), o, "x")
	}
	h.take(t, h.mail(9, "jan", "Zwrot butów", "dzień dobry"))
	h.take(t, h.mail(9, "jan", "Zwrot butów", "dzień dobry")) // the same mail again is no second line
	want := map[centrala.Outcome]int{centrala.Automatic: 1, centrala.Junk: 2, centrala.Oversize: 1, centrala.Quarantined: 1, centrala.Ingested: 1}
	for _, f := range []centrala.EntryFilter{{}, {Outcome: centrala.Junk}, {Inbox: h.mailbox.ID}, {From: time.Now().Add(-time.Hour), Before: time.Now().Add(time.Hour)}} {
		got, err := h.EntryTally(t.Context(), centrala.Everything(), f)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v: tally %v, %v", f, got, err)
		}
	}
	for f, n := range map[centrala.EntryFilter]int{{}: 6, {Outcome: centrala.Junk}: 2, {Inbox: h.widget.ID}: 0, {Before: time.Now().Add(-time.Hour)}: 0} {
		if got := h.book(t, f); len(got) != n {
			t.Errorf("%+v: %d entries, not %d", f, len(got), n)
		}
	}
	e := h.book(t, centrala.EntryFilter{Outcome: centrala.Ingested})[0]
	if e.Number == 0 || e.Seq != 1 || e.Link != "new" || e.Folder != "INBOX" || e.UID != 9 {
		t.Errorf("the taken one is %+v", e)
	}
}

func bookSearch(t *testing.T, h *house) {
	h.put(t, 1, "zażółć", "Dokumenty do wypłaty", centrala.Quarantined, "dmarc")
	r := h.take(t, h.mail(2, "jan", "Zwrot butów", "a"))
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	for text, n := range map[string]int{"wyplat": 1, "ZAZOLC dokum": 1, "m1@poczta": 1, "because dmarc": 1, fmt.Sprint("#", c.Number): 1, "nic takiego": 0, "100%": 0, "do": 1, "BUTÓW": 1} {
		if got := h.book(t, centrala.EntryFilter{Text: text}); len(got) != n {
			t.Errorf("%q finds %d, not %d", text, len(got), n)
		}
	}
}

func bookPages(t *testing.T, h *house) {
	for i := range uint32(7) {
		h.put(t, i+1, "ktos", fmt.Sprint("list ", i), centrala.Automatic, "list")
	}
	var seen []string
	f := centrala.EntryFilter{Limit: 3}
	for {
		items, next, err := h.Entries(t.Context(), centrala.Everything(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range items {
			seen = append(seen, e.Subject)
		}
		if f.Cursor = next; next == "" {
			break
		}
	}
	if want := "list 6,list 5,list 4,list 3,list 2,list 1,list 0"; strings.Join(seen, ",") != want {
		t.Errorf("pages hold %v", seen)
	}
	if _, _, err := h.Entries(t.Context(), centrala.Everything(), centrala.EntryFilter{Cursor: "nonsense"}); centrala.CodeOf(err) != centrala.Invalid {
		t.Errorf("a wrong cursor: %v", err)
	}
}

func bookScope(t *testing.T, h *house) {
	e := h.put(t, 1, "ktos", "list", centrala.Quarantined, "empty")
	h.take(t, h.mail(2, "jan", "Zwrot butów", "a"))
	for name, tt := range map[string]struct {
		scope centrala.Scope
		n     int
	}{
		"all":             {centrala.Everything(), 2},
		"the team":        {centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.team.ID}}, 2},
		"another team":    {centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.other.ID}}, 0},
		"another's sides": {centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, 0},
		"nobody":          {centrala.Scope{}, 0},
	} {
		items, _, err := h.Entries(t.Context(), tt.scope, centrala.EntryFilter{})
		tally, errT := h.EntryTally(t.Context(), tt.scope, centrala.EntryFilter{})
		sum := 0
		for _, n := range tally {
			sum += n
		}
		if err != nil || errT != nil || len(items) != tt.n || sum != tt.n {
			t.Errorf("%s: %d entries, tally %v, %v %v", name, len(items), tally, err, errT)
		}
		_, errE := h.Entry(t.Context(), tt.scope, e.ID)
		_, _, errD := h.Decide(t.Context(), tt.scope, e.ID, centrala.Decision{Verdict: "none"})
		if tt.n == 0 && (centrala.CodeOf(errE) != centrala.NotFound || centrala.CodeOf(errD) != centrala.NotFound) {
			t.Errorf("%s: entry %v, decision %v", name, errE, errD)
		}
	}
}

func bookRelease(t *testing.T, h *house) {
	first := h.mail(1, "jan", "Zwrot butów za duże", "a")
	first.MessageID = "first@poczta.test"
	r := h.take(t, first)
	e := h.put(t, 2, "jan", "Dokumenty", centrala.Quarantined, "dmarc")
	in := again(e, "w załączeniu")
	in.InReplyTo = []string{"first@poczta.test"}
	got := h.decide(t, e, centrala.Decision{Verdict: centrala.Release, In: in, Previous: centrala.Quarantined})
	if got.Outcome != centrala.Ingested || got.Conversation != r.Conversation || got.Seq == 0 || got.Link != "reference" ||
		got.Cause != (centrala.Cause{Code: "released", Detail: "quarantined"}) || got.MessageID != e.MessageID {
		t.Fatalf("released: %+v", got)
	}
	all := h.dense(t, r.Conversation)
	if last := all[len(all)-1]; last.Text != "w załączeniu" || last.Author.Kind != centrala.ByCustomer {
		t.Fatalf("in the log: %+v", last)
	}
	if _, _, err := h.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Release, In: in}); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("released twice: %v", err)
	}
	if _, _, err := h.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Discard, Previous: centrala.Quarantined}); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("decided on what it no longer is: %v", err)
	}
	if after := h.dense(t, r.Conversation); len(after) != len(all) {
		t.Fatalf("the log grew from %d to %d", len(all), len(after))
	}
	again := h.mail(2, "jan", "Dokumenty", "jeszcze raz")
	if r := h.take(t, again); !r.Repeated || r.Conversation != got.Conversation {
		t.Fatalf("fetched again: %+v", r)
	}
}

func bookTwoAtOnce(t *testing.T, h *house) {
	e := h.put(t, 1, "jan", "Dokumenty", centrala.Quarantined, "dmarc")
	var done sync.WaitGroup
	var won, lost atomic.Int64
	other := openStore(t, h.dsn, h.clock) // another process, on SQLite, or another node
	for i := range 8 {
		db := []*store.DB{h.DB, other}[i%2]
		done.Go(func() {
			_, _, err := db.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Release, In: again(e, "dokumenty")})
			switch centrala.CodeOf(err) {
			case "":
				won.Add(1)
			case centrala.Conflict:
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	done.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		t.Fatalf("%d released it, %d were refused", won.Load(), lost.Load())
	}
	h.dense(t, h.book(t, centrala.EntryFilter{})[0].Conversation)
}

func bookReleaseAny(t *testing.T, h *house) {
	for i, o := range centrala.Outcomes() {
		if o == centrala.Ingested {
			continue
		}
		e := h.put(t, uint32(i+1), fmt.Sprint("ktos", i), fmt.Sprint("Sprawa numer ", i), o, "x")
		in := again(e, "")
		if got := h.decide(t, e, centrala.Decision{Verdict: centrala.Release, In: in}); got.Outcome != centrala.Ingested || got.Conversation == 0 {
			t.Errorf("%s: %+v", o, got)
		}
	}
	nameless := h.put(t, 20, "", "", centrala.Quarantined, "no-sender")
	if got := h.decide(t, nameless, centrala.Decision{Verdict: centrala.Release, In: centrala.Inbound{}}); got.Conversation == 0 {
		t.Errorf("without a sender: %+v", got)
	}
	if list, err := h.Deliveries(t.Context(), centrala.Everything(), h.book(t, centrala.EntryFilter{})[0].Conversation); err != nil || len(list) != 0 {
		t.Errorf("somebody was written to: %v, %v", list, err)
	}
}

func bookRefusals(t *testing.T, h *house) {
	r := h.take(t, h.mail(1, "jan", "Zwrot butów", "a"))
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Block(t.Context(), centrala.Everything(), c.Contact, true, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	h.take(t, h.mail(2, "jan", "Jeszcze ja", "b"))
	e := h.entryOf(t, "INBOX:1:2")
	if e.Outcome != centrala.Junk {
		t.Fatalf("a blocked sender's mail ended as %s", e.Outcome)
	}
	in := again(e, "b")
	if _, _, err := h.Decide(t.Context(), centrala.Everything(), e.ID, centrala.Decision{Verdict: centrala.Release, In: in}); centrala.CodeOf(err) != centrala.Conflict {
		t.Errorf("without its raw mail it was released: %v", err)
	}
	raw := h.put(t, 3, "jan", "I znowu", centrala.Junk, "spam-flag")
	if _, _, err := h.Decide(t.Context(), centrala.Everything(), raw.ID, centrala.Decision{Verdict: centrala.Release, In: again(raw, "c")}); centrala.CodeOf(err) != centrala.Conflict {
		t.Errorf("a blocked sender's mail was released: %v", err)
	}
	if got := h.decide(t, raw, centrala.Decision{Verdict: centrala.Reread, In: again(raw, "c")}); got.Outcome != centrala.Junk {
		t.Errorf("read again, a blocked sender's mail is %s", got.Outcome)
	}
}

func bookSpam(t *testing.T, h *house) {
	in := h.mail(1, "jan", "Zwrot butów", "a")
	in.Raw = "in/aa/1/0"
	r := h.take(t, in)
	e := h.entryOf(t, in.ExternalID)
	if got := h.decide(t, e, centrala.Decision{Verdict: centrala.Discard}); got.Outcome != centrala.Junk || got.Cause.Code != "by-hand" || got.Conversation != r.Conversation {
		t.Fatalf("spam: %+v", got)
	}
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	if err != nil || !c.Spam || c.Status != centrala.Resolved {
		t.Fatalf("the conversation: %+v, %v", c, err)
	}
	if got := h.decide(t, e, centrala.Decision{Verdict: centrala.Release}); got.Outcome != centrala.Ingested || got.Seq != r.Seq {
		t.Fatalf("back again: %+v", got)
	}
	if c, err = h.Conversation(t.Context(), centrala.Everything(), r.Conversation); err != nil || c.Spam || c.Status == centrala.Resolved {
		t.Fatalf("the conversation: %+v, %v", c, err)
	}
	aside := h.put(t, 2, "ktos", "Oferta", centrala.Quarantined, "dmarc")
	if got := h.decide(t, aside, centrala.Decision{Verdict: centrala.Discard}); got.Outcome != centrala.Junk || got.Conversation != 0 {
		t.Fatalf("spam outside: %+v", got)
	}
}

func bookCards(t *testing.T, h *house) {
	card := &centrala.Card{Method: "REQUEST", Summary: "Odbiór palety", Start: "2026-11-20T09:00:00Z", Location: "Poznań"}
	in := h.mail(1, "jan", "Zaproszenie", "a")
	in.HTML, in.Policy = "<p>a</p>", 7
	in.Attachments = []centrala.Part{{Name: "invite.ics", Type: "text/calendar", Size: 3, Blob: "in/aa/1/1", Card: card}}
	r := h.take(t, in)
	m, _, _, err := h.Message(t.Context(), centrala.Everything(), r.Conversation, r.Seq)
	if err != nil || m.Policy != 7 || len(m.Attachments) != 1 || m.Attachments[0].Card == nil || *m.Attachments[0].Card != *card {
		t.Errorf("message %+v, %v", m, err)
	}
	files, err := h.AttachmentsOf(t.Context(), m.ID)
	if err != nil || len(files) != 1 || files[0].Card == nil || *files[0].Card != *card {
		t.Errorf("files %+v, %v", files, err)
	}
}

func bookAcquaintance(t *testing.T, h *house) {
	first := h.mail(1, "jan", "Zwrot butów za duże", "a")
	first.MessageID = "first@poczta.test"
	r := h.take(t, first)
	h.take(t, h.mail(2, "jan", "Druga sprawa", "b"))
	e := h.put(t, 3, "jan", "Dokumenty", centrala.Quarantined, "dmarc")
	in := again(e, "c")
	in.References = []string{"first@poczta.test"}
	a, err := h.Acquainted(t.Context(), centrala.Everything(), e, in)
	if err != nil || a.Wrote != 2 || a.Answers || a.Conversation != r.Conversation || a.Number == 0 {
		t.Errorf("%+v, %v", a, err)
	}
	in.ReplyTo = r.Conversation
	if a, err = h.Acquainted(t.Context(), centrala.Scope{}, e, in); err != nil || !a.Answers || a.Conversation != 0 {
		t.Errorf("out of sight: %+v, %v", a, err)
	}
}
