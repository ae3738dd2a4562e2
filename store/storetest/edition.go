package storetest

import (
	"fmt"
	"strings"
	"testing"

	"centrala"
)

func editionCases() []testCase {
	return []testCase{
		{"an edit before the original waits for it, and the highest version wins", edits},
		{"words that are taken back are gone, their place stays", unsends},
	}
}

func edits(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Telegram, centrala.Account{})
	if early := v.posts(t, v.edited("Ola", "m1", 2, "drugie")); early.Conversation != 0 {
		t.Fatalf("an edit of nothing is in %+v", early)
	}
	first := v.posts(t, v.wrote("Ola", "m1", "pierwsze"))
	c, all := v.talk(t, first)
	if len(all) != 2 || all[0].Text != "drugie" || !all[0].Edited || all[1].Change == nil || all[1].Change.Of != 1 || all[1].Change.Text != "drugie" || c.LastText.Text != "drugie" {
		t.Fatalf("%+v", all)
	}
	for _, again := range []centrala.Inbound{v.edited("Ola", "m1", 2, "drugie"), v.edited("Ola", "m1", 1, "zerowe"), v.edited("Ola", "m1", 3, "drugie"), v.edited("Ola", "m1", 3, "trzecie")} {
		if hook := v.posts(t, again); hook.Outcome != centrala.HookRepeated {
			t.Fatalf("%q of version %d changed something: %+v", again.Text, again.About.Version, hook)
		}
	}
	v.posts(t, v.edited("Ola", "m1", 4, strings.Repeat("ą", centrala.MaxText+5)))
	m, full, _, err := h.Message(t.Context(), centrala.Everything(), first.Conversation, 1)
	if err != nil || !m.HasMore || len([]rune(full)) != centrala.MaxText+5 || len([]rune(m.Text)) != centrala.MaxText {
		t.Fatalf("%d of %d characters, %v", len([]rune(m.Text)), len([]rune(full)), err)
	}
	v.posts(t, v.edited("Ola", "m1", 5, "krótko"))
	if m, full, _, _ := h.Message(t.Context(), centrala.Everything(), first.Conversation, 1); full != "krótko" || m.HasMore {
		t.Fatalf("%q, %q", m.Text, full)
	}
	c, all = v.talk(t, first)
	if len(all) != 4 || c.Unread != 1 || c.Turn != centrala.AgentsTurn {
		t.Fatalf("%d entries, %+v", len(all), c)
	}
	if n := h.raw(t, `SELECT count(*) FROM edition WHERE text = 'pierwsze'`); n != "1" {
		t.Fatalf("the first words are kept %s times", n)
	}
}

func unsends(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Instagram, centrala.Account{})
	back := v.tells(centrala.KindUnsend, "Ola", centrala.About{ID: "m2"})
	v.posts(t, back)
	in := v.wrote("Ola", "m1", "sekret")
	in.Attachments = []centrala.Part{{Name: "a.png", Type: "image/png", Size: 3, Blob: "b/1"}, {Name: "b.png", Type: "image/png", Handle: "https://cdn.test/x"}}
	first := v.posts(t, in)
	v.posts(t, v.edited("Ola", "m1", 1, "inny sekret"))
	v.posts(t, v.tells(centrala.KindUnsend, "Ola", centrala.About{ID: "m1"}))
	if v.posts(t, v.tells(centrala.KindUnsend, "Ola", centrala.About{ID: "m1"})).Outcome != centrala.HookRepeated {
		t.Fatal("taken back twice")
	}
	v.posts(t, v.edited("Ola", "m1", 9, "wraca"))
	v.posts(t, v.wrote("Ola", "m2", "też"))
	c, all := v.talk(t, first)
	if m := all[0]; m.Text != "" || !m.Unsent || len(m.Attachments) != 0 || m.HasMore {
		t.Fatalf("%+v", m)
	}
	for _, m := range all {
		if strings.Contains(fmt.Sprint(m.Text, m.Change), "sekret") || m.Change != nil && len(m.Attachments) > 0 {
			t.Fatalf("the words are still in %+v", m)
		}
	}
	last := all[len(all)-1]
	if last.Change == nil || last.Change.Kind != "unsend" || c.LastText.Text != "" {
		t.Fatalf("an unsend that came first: %+v, preview %q", last, c.LastText.Text)
	}
	for _, q := range []string{`SELECT count(*) FROM edition`, `SELECT count(*) FROM attachment`, `SELECT count(*) FROM event WHERE text LIKE '%sekret%'`, `SELECT count(*) FROM early`} {
		if n := h.raw(t, q); n != "0" {
			t.Errorf("%s: %s", q, n)
		}
	}
	if n := h.raw(t, `SELECT count(*) FROM audit WHERE action = 'message.unsent'`); n != "2" {
		t.Errorf("%s lines in the audit log", n)
	}
}
