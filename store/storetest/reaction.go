package storetest

import (
	"testing"
	"time"

	"centrala"
)

func reactionCases() []testCase {
	return []testCase{
		{"a reaction is one of each person, and no turn", reactions},
	}
}

func reactions(t *testing.T, h *house) {
	v := h.vendor(t, centrala.WhatsApp, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	h.say(t, h.reply(h.ania, first.Conversation, "a", "odpowiedź"))
	v.hand(t, "w1")
	before, _ := v.talk(t, first)
	old := v.tells(centrala.KindReaction, "Ola", centrala.About{ID: "w1", Emoji: "👎"})
	v.clock.move(time.Second)
	like := v.tells(centrala.KindReaction, "Ola", centrala.About{ID: "w1", Emoji: "👍"})
	v.posts(t, like)
	if v.posts(t, like).Outcome != centrala.HookRepeated || v.posts(t, old).Outcome != centrala.HookRepeated {
		t.Fatal("the same or an older reaction counted again")
	}
	c, all := v.talk(t, first)
	var answer, change centrala.Message
	for _, m := range all {
		if m.Text == "odpowiedź" {
			answer = m
		}
		if m.Change != nil {
			change = m
		}
	}
	if len(answer.Reactions) != 1 || answer.Reactions[0] != (centrala.Reaction{By: "customer", Emoji: "👍"}) || change.Change.Text != "👍" || change.Change.Of != answer.Seq ||
		change.Author.Name != "Ola" || change.Text != "" {
		t.Fatalf("%+v, %+v", answer, change)
	}
	if c.Turn != before.Turn || c.Unread != before.Unread || !c.HeardAt.After(before.HeardAt) || c.LastText != before.LastText {
		t.Fatalf("before %+v\nafter %+v", before, c)
	}
	gone := v.tells(centrala.KindReaction, "Ola", centrala.About{ID: "w1", Removed: true})
	v.posts(t, gone)
	if _, all := v.talk(t, first); len(all[answer.Seq-1].Reactions) != 0 || all[len(all)-1].Change.Text != "" {
		t.Fatalf("%+v", all)
	}
}
