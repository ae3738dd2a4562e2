package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
)

func hookCases() []testCase {
	return []testCase{
		{"a hook is kept once, sealed, and given back as it came, the oldest first", hooksKept},
		{"a mark moves with what was fetched, under its lease", hookMarks},
		{"forged posts have rows without bodies, ten a minute, and the others are counted", hooksForged},
		{"every hook that is read ends in one outcome, with what it told", hooksRead},
		{"several hooks are read in one commit, or none of them", hooksTogether},
		{"of a hook that the log does not take whole the rest is taken", hooksApart},
		{"a hook of thousands of things is taken in pieces and counted as one", hooksLarge},
		{"hooks are read under the lease that is held only, whichever node asks", hooksFenced},
		{"a hook that is read again brings only what was not there, and keeps its place", hooksReplayed},
		{"a preview says what would come, and nothing of it stays", hooksPreviewed},
	}
}

// page is an inbox whose vendor posts.
func (h *house) page(t *testing.T) centrala.Inbox {
	t.Helper()
	return h.inbox(t, centrala.Inbox{Slug: "strona", Name: "Strona", Channel: centrala.Webhook, Team: h.team.ID, Side: centrala.Buyer, Enabled: true, Account: &centrala.Account{}})
}

// posted keeps posts of these bodies and gives the hooks that wait.
func (h *house) posted(t *testing.T, in centrala.Inbox, bodies ...string) []centrala.Hook {
	t.Helper()
	for _, b := range bodies {
		need(t, h.KeepHooks(t.Context(), []centrala.Hook{{Inbox: in.ID, Channel: in.Channel, At: time.Now(), Body: []byte(b)}}, nil))
	}
	return h.unread(t, in)
}

func (h *house) unread(t *testing.T, in centrala.Inbox) []centrala.Hook {
	t.Helper()
	hooks, err := h.UnreadHooks(t.Context(), in.ID, 100)
	need(t, err)
	return hooks
}

// heard is what somebody said, as a hook tells it.
func heard(id, who, text string) centrala.Inbound {
	return centrala.Inbound{Kind: centrala.KindMessage, Channel: centrala.Webhook, ExternalID: id, From: centrala.Address{Name: who, Address: who}, Subject: "Sprawa " + who + " w sklepie",
		Text: text, FullText: text, ThreadID: who, At: time.Now()}
}

func tells(h centrala.Hook, items ...centrala.Inbound) centrala.HookRead {
	return centrala.HookRead{Hook: h.ID, Reading: centrala.Reading{Parser: 3, What: "page / messages", Items: items}}
}

func (h *house) hook(t *testing.T, id centrala.HookID) centrala.Hook {
	t.Helper()
	got, err := h.Hook(t.Context(), centrala.Everything(), id)
	need(t, err)
	return got
}

func hooksKept(t *testing.T, h *house) {
	in, other := h.page(t), h.mailbox
	post := func(inbox centrala.Inbox, key, body string) {
		need(t, h.KeepHooks(t.Context(), []centrala.Hook{{Inbox: inbox.ID, Channel: inbox.Channel, At: time.Now(), Key: key, Body: []byte(body)}}, nil))
	}
	post(in, "k1", "tajna treść")
	post(in, "k1", "inna treść pod tym samym kluczem")
	post(in, "", "bez klucza")
	post(in, "", "bez klucza")
	post(in, strings.Repeat("długi", 100), "a")
	post(in, strings.Repeat("długi", 100), "b")
	post(in, "k\x00\xff", "c")
	post(in, "k\x00\xff", "d")
	post(other, "k1", "w innej skrzynce")
	got := h.unread(t, in)
	if len(got) != 4 {
		t.Fatalf("%d hooks wait", len(got))
	}
	var bodies []string
	for i, g := range got {
		bodies = append(bodies, string(g.Body))
		if g.Inbox != in.ID || g.Channel != in.Channel || g.Outcome != centrala.HookNew || !g.HasBody || g.Size != int64(len(g.Body)) || g.At.IsZero() || i > 0 && g.ID <= got[i-1].ID {
			t.Errorf("hook %+v", g)
		}
	}
	if want := []string{"tajna treść", "bez klucza", "a", "c"}; !slices.Equal(bodies, want) || got[0].Key != "k1" {
		t.Errorf("bodies %q", bodies)
	}
	if n := h.raw(t, `SELECT count(*) FROM hook_body WHERE CAST(body AS text) LIKE '%tajna%'`); n != "0" && strings.HasPrefix(h.dsn, "sqlite:") {
		t.Error("a body lies in the database as it came")
	}
	if some, err := h.UnreadHooks(t.Context(), in.ID, 2); err != nil || len(some) != 2 || some[0].ID != got[0].ID {
		t.Errorf("%d of them, %v", len(some), err)
	}
	large := strings.Repeat("x", 5<<20)
	h.posted(t, other, large+"1", large+"2", large+"3")
	if some, err := h.UnreadHooks(t.Context(), other.ID, 64); err != nil || len(some) != 3 {
		t.Errorf("of large ones %d are held at once, %v", len(some), err)
	}
}

func hookMarks(t *testing.T, h *house) {
	in := h.page(t)
	mark := func(value string, term int64) *centrala.Mark {
		return &centrala.Mark{Inbox: in.ID, Name: "updates", Value: value, Term: term}
	}
	if v, err := h.Mark(t.Context(), in.ID, "updates"); err != nil || v != "" {
		t.Fatalf("before it began: %q, %v", v, err)
	}
	fetched := []centrala.Hook{{Inbox: in.ID, Channel: in.Channel, Key: "7", Body: []byte("x")}}
	first, err := h.TakeLease(t.Context(), in.ID, "a", long)
	need(t, err)
	need(t, h.KeepHooks(t.Context(), fetched, mark("8", first)))
	need(t, h.KeepHooks(t.Context(), nil, mark("9", first)))
	need(t, h.ReleaseLease(t.Context(), in.ID, first))
	fetched[0].Key = "9"
	if err := h.KeepHooks(t.Context(), fetched, mark("10", first)); centrala.CodeOf(err) != centrala.Unavailable {
		t.Errorf("under a lost lease: %v", err)
	}
	if v, err := h.Mark(t.Context(), in.ID, "updates"); err != nil || v != "9" {
		t.Errorf("the mark is %q, %v", v, err)
	}
	if got := h.unread(t, in); len(got) != 1 || got[0].At.IsZero() {
		t.Errorf("%d hooks were kept", len(got))
	}
}

func hooksForged(t *testing.T, h *house) {
	in := h.page(t)
	forged := centrala.Hook{Inbox: in.ID, Channel: in.Channel, At: time.Now(), Outcome: centrala.HookForged, What: "POST /hooks/strona", Key: "k", Body: []byte("podrzucone"),
		Cause: centrala.Cause{Code: "forged", Detail: "the signature does not match"}, Address: "192.0.2.0/24"}
	for range 13 {
		need(t, h.KeepHooks(t.Context(), []centrala.Hook{forged}, nil))
	}
	items, _, err := h.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Outcome: centrala.HookForged})
	if err != nil || len(items) != 10 {
		t.Fatalf("%d rows, %v", len(items), err)
	}
	sum := 0
	for _, g := range items {
		sum += g.Items
		if g.HasBody || g.Key != "" || g.Address != forged.Address || g.Cause != forged.Cause || g.What != forged.What || g.Size != 10 {
			t.Errorf("a forged one: %+v", g)
		}
	}
	if sum != 13 {
		t.Errorf("%d were counted", sum)
	}
	if n := len(h.unread(t, in)); n != 0 {
		t.Errorf("%d are to be read", n)
	}
	if got := h.posted(t, in, "podrzucone"); len(got) != 1 {
		t.Error("a forged post keeps the true one away")
	}
	h.clock.move(2 * time.Minute)
	forged.At = time.Time{}
	need(t, h.KeepHooks(t.Context(), []centrala.Hook{forged}, nil))
	if items, _, err = h.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Outcome: centrala.HookForged}); err != nil || len(items) != 11 {
		t.Errorf("a minute later: %d rows, %v", len(items), err)
	}
}

func hooksRead(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1", "2", "3", "4", "5")
	partly := tells(got[4], heard("m4", "zofia", "czytelne"))
	partly.Reading.Bad = []centrala.Cause{{Code: "unknown-field", Detail: "side: vendor"}}
	nothing := tells(got[1])
	nothing.Reading.Skipped = []string{"typing", "presence"}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{
		tells(got[0], heard("m1", "anna", "dzień dobry"), heard("m2", "jan", "witam")),
		nothing,
		tells(got[2], heard("m1", "anna", "dzień dobry"), heard("m2", "jan", "witam")),
		{Hook: got[3].ID, Failed: &centrala.Cause{Code: "parser", Detail: "panic: nil"}, Reading: centrala.Reading{Parser: 3}},
		partly,
	}))
	for i, want := range []struct {
		outcome         centrala.HookOutcome
		items, messages int
		tries           int
		cause           centrala.Cause
	}{
		{centrala.HookTaken, 2, 2, 0, centrala.Cause{Code: "read", Detail: "message 2"}},
		{centrala.HookNothing, 0, 0, 0, centrala.Cause{Code: "nothing", Detail: "typing, presence"}},
		{centrala.HookRepeated, 2, 0, 0, centrala.Cause{Code: "read", Detail: "message 2"}},
		{centrala.HookUnread, 0, 0, 1, centrala.Cause{Code: "parser", Detail: "panic: nil"}},
		{centrala.HookUnread, 1, 1, 1, centrala.Cause{Code: "unknown-field", Detail: "side: vendor"}},
	} {
		k := h.hook(t, got[i].ID)
		if k.Outcome != want.outcome || k.Items != want.items || k.Messages != want.messages || k.Tries != want.tries || k.Cause != want.cause ||
			k.Parser != 3 || k.ReadAt.IsZero() || !k.HasBody || string(k.Body) != string(got[i].Body) {
			t.Errorf("hook %d: %+v", i+1, k)
		}
		if (want.items > 0) != (k.Conversation != 0) || (k.Conversation != 0) != (k.Number != 0) || (want.messages > 0) != (k.Seq != 0) {
			t.Errorf("hook %d is in %s, %d, %d", i+1, k.Conversation, k.Number, k.Seq)
		}
	}
	first := h.hook(t, got[0].ID)
	if c := h.conversation(t, first.Conversation); c.Number != first.Number || c.LastText.Text != "dzień dobry" || c.Channel != centrala.Webhook {
		t.Errorf("the conversation is %+v", c)
	}
	h.dense(t, first.Conversation)
	tally, err := h.HookTally(t.Context(), centrala.Everything(), centrala.HookFilter{Outcome: centrala.HookNew})
	if want := "map[forged:0 new:0 nothing:1 repeated:1 taken:1 unread:2]"; err != nil || fmt.Sprint(tally) != want {
		t.Errorf("tally %v, %v", tally, err)
	}
	s, err := h.HookStats(t.Context())
	if err != nil || s.New != 0 || s.OldestNew != 0 || s.Unread != 2 || s.Read[centrala.HookTaken] != 1 || s.Read[centrala.HookUnread] != 2 {
		t.Errorf("stats %+v, %v", s, err)
	}
	if len(h.unread(t, in)) != 0 {
		t.Error("they still wait")
	}
}

func hooksTogether(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1", "2")
	wrong := centrala.HookRead{Hook: 404}
	if err := h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), wrong}); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("a hook that is not there: %v", err)
	}
	if k := h.hook(t, got[0].ID); k.Outcome != centrala.HookNew || k.Messages != 0 {
		t.Fatalf("half of it stayed: %+v", k)
	}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a"))}))
	read := h.hook(t, got[0].ID)
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m9", "anna", "inaczej"))})) // somebody was quicker
	if again := h.hook(t, got[0].ID); again.Messages != 1 || !again.ReadAt.Equal(read.ReadAt) {
		t.Errorf("it was read twice: %+v", again)
	}
}

func hooksApart(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1")
	bad := heard("m2", "jan", "NUL \x00 w treści")
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a"), bad, heard("m3", "ewa", "c"))}))
	k := h.hook(t, got[0].ID)
	if strings.HasPrefix(h.dsn, "sqlite:") { // which keeps anything
		if k.Outcome != centrala.HookTaken || k.Messages != 3 {
			t.Errorf("hook %+v", k)
		}
		return
	}
	if k.Messages == 3 && k.Outcome == centrala.HookTaken {
		return // whoever takes items makes such texts storable
	}
	if k.Outcome != centrala.HookUnread || k.Messages != 2 || k.Items != 3 || k.Cause.Code != "log" || k.Tries != 1 {
		t.Errorf("hook %+v", k)
	}
}

func hooksLarge(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1")
	var items []centrala.Inbound
	for i := range 1203 {
		items = append(items, heard(fmt.Sprint("m", i%1200), fmt.Sprint("osoba", i%3), fmt.Sprint("słowo ", i)))
	}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], items...)}))
	if k := h.hook(t, got[0].ID); k.Outcome != centrala.HookTaken || k.Items != 1203 || k.Messages != 1200 || k.Cause.Detail != "message 1203" {
		t.Errorf("hook %+v", k)
	}
}

func hooksFenced(t *testing.T, h *house) {
	in := h.page(t)
	other := openStore(t, h.dsn, h.clock) // another node, or on SQLite another process
	got := h.posted(t, in, "1", "2")
	under := func(r centrala.HookRead, term int64) centrala.HookRead { r.Term = term; return r }
	first, err := h.TakeLease(t.Context(), in.ID, "a", long)
	need(t, err)
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{under(tells(got[0], heard("m1", "anna", "a")), first)}))
	if _, err := other.TakeLease(t.Context(), in.ID, "b", long); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("two hold it: %v", err)
	}
	need(t, h.ReleaseLease(t.Context(), in.ID, first))
	second, err := other.TakeLease(t.Context(), in.ID, "b", long)
	need(t, err)
	err = h.ReadHooks(t.Context(), []centrala.HookRead{under(tells(got[1], heard("m2", "jan", "b"), heard("m3", "jan", "c")), first)})
	if centrala.CodeOf(err) != centrala.Unavailable {
		t.Fatalf("under a lost lease: %v", err)
	}
	if k := h.hook(t, got[1].ID); k.Outcome != centrala.HookNew {
		t.Fatalf("it was read by a node that holds nothing: %+v", k)
	}
	need(t, other.ReadHooks(t.Context(), []centrala.HookRead{under(tells(got[1], heard("m2", "jan", "b")), second)}))
	if k := h.hook(t, got[1].ID); k.Outcome != centrala.HookTaken || k.Messages != 1 {
		t.Errorf("hook %+v", k)
	}
}

func hooksReplayed(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1", "2", "3", "4")
	half := tells(got[1], heard("m2", "jan", "b"))
	half.Reading.Bad = []centrala.Cause{{Code: "new-shape"}}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), half, tells(got[2]), tells(got[3], heard("m1", "anna", "a"))}))
	ids := []centrala.HookID{got[3].ID, got[1].ID, got[0].ID, got[2].ID, 404}
	if were, err := h.ReplayHooks(t.Context(), centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, ids); err != nil || len(were) != 0 {
		t.Fatalf("out of sight %d were replayed, %v", len(were), err)
	}
	were, err := h.ReplayHooks(t.Context(), centrala.Everything(), ids)
	if err != nil || len(were) != 3 || were[0].ID != got[1].ID || were[0].Outcome != centrala.HookUnread {
		t.Fatalf("replayed %+v, %v", were, err)
	}
	wait := h.unread(t, in)
	if len(wait) != 3 || wait[0].ID != got[0].ID || wait[1].ID != got[1].ID || wait[1].Cause != (centrala.Cause{Code: "replayed", Detail: "unread"}) || string(wait[1].Body) != "2" {
		t.Fatalf("to be read: %+v", wait)
	}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), tells(got[1], heard("m2", "jan", "b"), heard("m4", "jan", "c")), tells(got[2], heard("m5", "ewa", "d"))}))
	for i, want := range []struct {
		outcome  centrala.HookOutcome
		messages int
	}{{centrala.HookTaken, 1}, {centrala.HookTaken, 2}, {centrala.HookTaken, 1}, {centrala.HookRepeated, 0}} {
		if k := h.hook(t, got[i].ID); k.Outcome != want.outcome || k.Messages != want.messages || k.Seq == 0 != (want.messages == 0) {
			t.Errorf("hook %d: %+v", i+1, k)
		}
	}
}

func hooksPreviewed(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "1", "2")
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), {Hook: got[1].ID, Failed: &centrala.Cause{Code: "parser"}}}))
	h.do(t, h.hook(t, got[0].ID).Conversation, centrala.Resolve{})
	told := 0
	h.OnCommit(func(all []centrala.Commit) { told += len(all) })
	before := h.raw(t, `SELECT count(*) FROM event`) + h.raw(t, `SELECT count(*) FROM conversation`) + h.raw(t, `SELECT count(*) FROM outbox`)
	p, err := h.PreviewHooks(t.Context(), []centrala.HookRead{tells(got[1], heard("m1", "anna", "a"), heard("m2", "anna", "b"), heard("m3", "jan", "c"))})
	if err != nil || p.Hooks != 1 || p.Messages != 2 || p.Repeated != 1 || p.Conversations != 2 || p.Reopened > 1 {
		t.Errorf("preview %+v, %v", p, err)
	}
	if after := h.raw(t, `SELECT count(*) FROM event`) + h.raw(t, `SELECT count(*) FROM conversation`) + h.raw(t, `SELECT count(*) FROM outbox`); after != before || told != 0 {
		t.Errorf("something stayed: %s, it was %s; %d were told", after, before, told)
	}
	if k := h.hook(t, got[1].ID); k.Outcome != centrala.HookUnread {
		t.Errorf("hook %+v", k)
	}
	if _, err := h.PreviewHooks(t.Context(), []centrala.HookRead{{Hook: 404}}); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("a hook that is not there: %v", err)
	}
}
