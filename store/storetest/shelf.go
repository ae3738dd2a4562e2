package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
)

func shelfCases() []testCase {
	return []testCase{
		{"the book of hooks is found by parts of words and by number, in pages without holes", hookPages},
		{"a hook is seen with its inbox", hookScope},
		{"bodies go after their time, and rows stay", hookRetention},
		{"an erased person takes along the bodies of the hooks that told of them", hookErase},
		{"a file of a vendor's is shown as it is: on its way, there, or lost", mediaStates},
		{"a file is put off, and due again then", mediaPutOff},
		{"files are kept under the lease that is held only", mediaFenced},
		{"a file of somebody who was erased meanwhile is not kept", mediaErased},
	}
}

func hookPages(t *testing.T, h *house) {
	in := h.page(t)
	var bodies []string
	for i := range 7 {
		bodies = append(bodies, fmt.Sprint("b", i))
	}
	got := h.posted(t, in, bodies...)
	odd := tells(got[3], heard("m1", "anna", "a"))
	odd.Reading.What = "ticket.created / zażółć"
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{odd, {Hook: got[2].ID, Failed: &centrala.Cause{Code: "unknown-field", Detail: "side: vendor"}}}))
	read := h.hook(t, got[3].ID)
	for text, n := range map[string]int{"TICKET": 1, "zazolc": 1, "vendor": 1, "unknown side": 1, fmt.Sprint("#", read.Number): 1, "100%": 0, got[0].Key[:20]: 1} {
		items, _, err := h.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Text: text})
		if err != nil || len(items) != n {
			t.Errorf("%q finds %d, not %d, %v", text, len(items), n, err)
		}
	}
	for f, n := range map[centrala.HookFilter]int{{}: 7, {Inbox: in.ID}: 7, {Inbox: h.widget.ID}: 0, {Channel: centrala.Webhook}: 7, {Channel: centrala.Chat}: 0, {Outcome: centrala.HookNew}: 5,
		{From: time.Now().Add(-time.Hour), Before: time.Now().Add(time.Hour)}: 7, {Before: time.Now().Add(-time.Hour)}: 0} {
		items, _, err := h.Hooks(t.Context(), centrala.Everything(), f)
		if err != nil || len(items) != n {
			t.Errorf("%+v: %d hooks, not %d, %v", f, len(items), n, err)
		}
	}
	var seen []centrala.HookID
	for f := (centrala.HookFilter{Limit: 3}); ; {
		items, next, err := h.Hooks(t.Context(), centrala.Everything(), f)
		need(t, err)
		for _, k := range items {
			if seen = append(seen, k.ID); len(k.Body) > 0 {
				t.Error("the list brings bodies")
			}
		}
		if f.Cursor = next; next == "" {
			break
		}
	}
	slices.Reverse(seen)
	if len(seen) != 7 || !slices.IsSorted(seen) {
		t.Errorf("pages hold %v", seen)
	}
	if _, _, err := h.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Cursor: "nonsense"}); centrala.CodeOf(err) != centrala.Invalid {
		t.Errorf("a wrong cursor: %v", err)
	}
	if some, err := h.HooksOf(t.Context(), centrala.Everything(), []centrala.HookID{got[5].ID, got[1].ID, 404}, true); err != nil || len(some) != 2 || some[0].ID != got[1].ID || string(some[1].Body) != "b5" {
		t.Errorf("some of them: %+v, %v", some, err)
	}
}

func hookScope(t *testing.T, h *house) {
	k := h.posted(t, h.page(t), "a")[0]
	for name, tt := range map[string]struct {
		scope centrala.Scope
		n     int
	}{
		"all": {centrala.Everything(), 1}, "the side": {centrala.Scope{Sides: []centrala.Side{centrala.Buyer}}, 1}, "the team": {centrala.Scope{Teams: []centrala.TeamID{h.team.ID}}, 1},
		"another side": {centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, 0}, "nobody": {centrala.Scope{}, 0},
	} {
		items, _, err := h.Hooks(t.Context(), tt.scope, centrala.HookFilter{})
		tally, errT := h.HookTally(t.Context(), tt.scope, centrala.HookFilter{})
		_, errK := h.Hook(t.Context(), tt.scope, k.ID)
		if err != nil || errT != nil || len(items) != tt.n || tally[centrala.HookNew] != tt.n || (centrala.CodeOf(errK) == centrala.NotFound) != (tt.n == 0) {
			t.Errorf("%s: %d hooks, tally %v, %v %v %v", name, len(items), tally, err, errT, errK)
		}
	}
}

func hookRetention(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "taken", "unread", "new")
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), {Hook: got[1].ID, Failed: &centrala.Cause{Code: "parser"}}}))
	const keep = 24 * time.Hour
	kept := func(after time.Duration, want string) {
		t.Helper()
		h.clock.move(after)
		need(t, h.SweepHooks(t.Context(), keep))
		var have []string
		for _, k := range got {
			if now := h.hook(t, k.ID); now.HasBody {
				have = append(have, string(now.Body))
			} else if now.Outcome == centrala.HookNew || len(now.Body) > 0 {
				t.Errorf("hook %+v", now)
			}
		}
		if strings.Join(have, " ") != want {
			t.Errorf("kept are %q, not %q", have, want)
		}
	}
	kept(0, "taken unread new")
	kept(keep+time.Minute, "unread new")
	kept(3*keep, "new")
	if n := h.raw(t, `SELECT count(*) FROM hook_body`); n != "1" {
		t.Errorf("%s bodies are there", n)
	}
	if were, err := h.ReplayHooks(t.Context(), centrala.Everything(), []centrala.HookID{got[0].ID, got[1].ID}); err != nil || len(were) != 0 {
		t.Errorf("without bodies %d are read again, %v", len(were), err)
	}
	if h.posted(t, in, "taken"); len(h.unread(t, in)) != 1 {
		t.Error("the row that stayed does not tell the same hook any more")
	}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[2])}))
	need(t, h.SweepHooks(t.Context(), 0))
	if k := h.hook(t, got[2].ID); k.HasBody || k.Outcome != centrala.HookNothing {
		t.Errorf("kept until it is read: %+v", k)
	}
}

func hookErase(t *testing.T, h *house) {
	in := h.page(t)
	got := h.posted(t, in, "anna", "anna i jan", "ewa", "anna, jeszcze raz")
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], heard("m1", "anna", "a")), tells(got[1], heard("m2", "jan", "b"), heard("m3", "anna", "c")),
		tells(got[2], heard("m4", "ewa", "d")), tells(got[3], heard("m5", "anna", "e"))}))
	_, err := h.ReplayHooks(t.Context(), centrala.Everything(), []centrala.HookID{got[3].ID})
	need(t, err)
	seen := map[centrala.ContactID]bool{}
	for _, i := range []int{0, 1, 3} { // whichever of her conversations each is in
		k := h.hook(t, got[i].ID)
		c := h.conversation(t, k.Conversation)
		if i != 1 {
			seen[c.Contact] = true
		}
	}
	for id := range seen {
		_, err := h.Erase(t.Context(), id, centrala.Author{Kind: centrala.ByAgent})
		need(t, err)
	}
	for i, want := range []bool{false, false, true, false} {
		if k := h.hook(t, got[i].ID); k.HasBody != want || len(k.Body) > 0 != want || k.Outcome == centrala.HookNew {
			t.Errorf("hook %d: %+v", i+1, k)
		}
	}
	if n := h.raw(t, `SELECT count(*) FROM hook_body`); n != "1" {
		t.Errorf("%s bodies are there", n)
	}
}

// pictured is a message with two files of its vendor's, as it is in the log.
func (h *house) pictured(t *testing.T, in centrala.Inbox) (centrala.Hook, []centrala.Media) {
	t.Helper()
	got := h.posted(t, in, "zdjęcie")
	m := heard("m1", "anna", "proszę")
	m.Attachments = []centrala.Part{{Name: "a.jpg", Type: "image/jpeg", Handle: "tajny-uchwyt-1"}, {Type: "audio/ogg", Handle: "tajny-uchwyt-2"}}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{tells(got[0], m)}))
	due, err := h.DueMedia(t.Context(), in.ID, 10)
	if err != nil || len(due) != 2 || due[0].Handle == due[1].Handle || !strings.HasPrefix(due[0].Handle, "tajny-uchwyt-") || due[0].Inbox != in.ID {
		t.Fatalf("to be fetched: %+v, %v", due, err)
	}
	slices.SortFunc(due, func(a, b centrala.Media) int { return strings.Compare(a.Handle, b.Handle) })
	return h.hook(t, got[0].ID), due
}

func mediaStates(t *testing.T, h *house) {
	k, due := h.pictured(t, h.page(t))
	files := func(seq int64) []centrala.Attachment {
		t.Helper()
		m, _, _, err := h.Message(t.Context(), centrala.Everything(), k.Conversation, seq)
		need(t, err)
		return m.Attachments
	}
	if f := files(k.Seq); len(f) != 2 || f[0].State != centrala.FileFetching || f[1].State != centrala.FileFetching || f[0].Name != "a.jpg" {
		t.Fatalf("on their way: %+v", f)
	}
	if n := h.raw(t, `SELECT count(*) FROM attachment WHERE CAST(handle AS text) LIKE '%uchwyt%'`); n != "0" && strings.HasPrefix(h.dsn, "sqlite:") {
		t.Error("a handle lies in the database as it is")
	}
	events := listen(h)
	need(t, h.KeepMedia(t.Context(), centrala.Fetched{ID: due[0].ID, Part: &centrala.Part{Name: "IMG_1.jpg", Type: "image/jpeg", Size: 9, Blob: centrala.MediaBlob(due[0].ID)}}))
	need(t, h.KeepMedia(t.Context(), centrala.Fetched{ID: due[1].ID, Cause: centrala.Cause{Code: "gone", Detail: "404"}}))
	f := files(k.Seq)
	if len(f) != 2 || f[0].State != centrala.FileHere || f[0].Name != "IMG_1.jpg" || f[0].Size != 9 || f[1].State != centrala.FileLost {
		t.Errorf("the message has %+v", f)
	}
	a, err := h.Attachment(t.Context(), centrala.Everything(), "", due[0].ID)
	if err != nil || a.Blob != centrala.MediaBlob(due[0].ID) || a.State != centrala.FileHere {
		t.Errorf("the file %+v, %v", a, err)
	}
	if a, err = h.Attachment(t.Context(), centrala.Everything(), "", due[1].ID); err != nil || a.State != centrala.FileLost || a.Blob != "" {
		t.Errorf("the lost file %+v, %v", a, err)
	}
	for range 2 {
		c := <-events
		if m := c.Message; m == nil || m.Change == nil || *m.Change != (centrala.Change{Of: k.Seq, Kind: "file"}) || len(m.Attachments) != 2 || m.Attachments[0].State != centrala.FileHere || c.Conversation == nil {
			t.Errorf("told: %+v", c.Message)
		}
	}
	all := h.dense(t, k.Conversation)
	if last := all[len(all)-1]; last.Change == nil || last.Change.Kind != "file" || last.Text != "" || len(last.Attachments) != 2 || last.Attachments[1].State != centrala.FileLost || last.Author.Kind != centrala.BySystem {
		t.Errorf("in the timeline: %+v", last)
	}
	need(t, h.KeepMedia(t.Context(), centrala.Fetched{ID: due[1].ID, Part: &centrala.Part{Blob: "x"}})) // too late
	if again := files(k.Seq); again[1].State != centrala.FileLost {
		t.Error("a lost file came back")
	}
	s, err := h.HookStats(t.Context())
	if err != nil || s.Fetching != 0 || s.Fetched != 1 || s.Lost != 1 {
		t.Errorf("stats %+v, %v", s, err)
	}
}

func mediaPutOff(t *testing.T, h *house) {
	in := h.page(t)
	k, due := h.pictured(t, in)
	need(t, h.KeepMedia(t.Context(), centrala.Fetched{ID: due[0].ID, Cause: centrala.Cause{Code: "trying"}, Next: time.Now().Add(time.Minute)}))
	now, err := h.DueMedia(t.Context(), in.ID, 10)
	if err != nil || len(now) != 1 || now[0].ID != due[1].ID {
		t.Errorf("due are %+v, %v", now, err)
	}
	h.clock.move(2 * time.Minute)
	now, err = h.DueMedia(t.Context(), in.ID, 10)
	if err != nil || len(now) != 2 || now[1].ID != due[0].ID || now[1].Tries != 1 || now[1].Handle != due[0].Handle {
		t.Errorf("due are %+v, %v", now, err)
	}
	if all := h.dense(t, k.Conversation); all[len(all)-1].Change != nil {
		t.Error("readers are told of a file that was put off")
	}
}

func mediaFenced(t *testing.T, h *house) {
	in := h.page(t)
	_, due := h.pictured(t, in)
	first, err := h.TakeLease(t.Context(), in.ID, "a", long)
	need(t, err)
	need(t, h.ReleaseLease(t.Context(), in.ID, first))
	err = h.KeepMedia(t.Context(), centrala.Fetched{ID: due[0].ID, Part: &centrala.Part{Blob: "x"}, Term: first})
	if centrala.CodeOf(err) != centrala.Unavailable {
		t.Errorf("under a lost lease: %v", err)
	}
	if now, err := h.DueMedia(t.Context(), in.ID, 10); err != nil || len(now) != 2 {
		t.Errorf("due are %+v, %v", now, err)
	}
}

func mediaErased(t *testing.T, h *house) {
	in := h.page(t)
	k, due := h.pictured(t, in)
	need(t, h.KeepMedia(t.Context(), centrala.Fetched{ID: due[0].ID, Part: &centrala.Part{Blob: centrala.MediaBlob(due[0].ID)}}))
	blobs, err := h.Erase(t.Context(), h.conversation(t, k.Conversation).Contact, centrala.Author{Kind: centrala.ByAgent})
	if err != nil || !slices.Contains(blobs, centrala.MediaBlob(due[0].ID)) || !slices.Contains(blobs, centrala.MediaBlob(due[1].ID)) || slices.Contains(blobs, "") {
		t.Errorf("blobs to delete: %q, %v", blobs, err)
	}
	if err := h.KeepMedia(t.Context(), centrala.Fetched{ID: due[1].ID, Part: &centrala.Part{Blob: centrala.MediaBlob(due[1].ID)}}); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("a file of somebody who is gone: %v", err)
	}
}
