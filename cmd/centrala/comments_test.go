package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

const (
	somePost   = channelstest.MetaPage + "_1"
	commenter  = "7200000000000005"
	topComment = "1_100"
)

// comment is news of a comment below the page's post; parent is "" for one at its top.
func comment(verb, id, parent, from, name, text string) []byte {
	v := map[string]any{"item": "comment", "verb": verb, "comment_id": id, "post_id": somePost, "parent_id": somePost,
		"from": map[string]any{"id": from, "name": name}, "message": text, "created_time": time.Now().Unix()}
	if parent != "" {
		v["parent_id"] = parent
	}
	return channelstest.MetaFeed(time.Now(), v)
}

// A comment is a conversation with whoever wrote it, by name; what is answered in public stands once,
// whatever the page itself says there is nobody's question, edits and removals are followed, and who
// is answered in private goes on there, once.
func TestComments(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		s.post(t, "messenger", comment("add", "1_50", "", channelstest.MetaPage, "Jarmark", "Nasz własny wpis pod postem"))
		s.post(t, "messenger", comment("add", "1_51", "1_49", channelstest.MetaPage, "Jarmark", "Odpowiedź pod nieznanym komentarzem"))
		s.post(t, "messenger", comment("add", topComment, "", commenter, "Ewa Pytająca", "Czy wysyłacie za granicę?"))
		c := s.says(t, "Czy wysyłacie za granicę?")
		s.named(t, c, "Ewa Pytająca")
		all := s.matters(t, s.admin, "")
		for _, m := range all {
			for _, e := range s.words(t, s.admin, m.ID) {
				if strings.Contains(e.Text, "Nasz własny") || strings.Contains(e.Text, "pod nieznanym") && e.Author.Kind == "customer" {
					t.Errorf("the page's own words are a customer's: %+v", e)
				}
			}
		}

		answer := s.desk.say(t, map[string]any{"conversation": c, "text": "Tak, do całej Unii."})
		s.state(t, c, answer.seq(t), "handed_over")
		if sent := s.sent(t, 1); !sent[0].Public || sent[0].Comment != topComment || sent[0].Text != "Tak, do całej Unii." {
			t.Errorf("sent %+v", sent[0])
		}
		s.post(t, "messenger", comment("add", "1_101", topComment, channelstest.MetaPage, "Jarmark", "Dopisane w Business Suite"))
		s.post(t, "messenger", comment("add", "1_102", topComment, "7200000000000006", "Inny Klient", "Ja też pytam"))
		s.post(t, "messenger", comment("edited", topComment, "", commenter, "Ewa Pytająca", "Czy wysyłacie do Czech?"))
		if other := s.says(t, "Ja też pytam"); other != c {
			t.Errorf("another's comment below is in %s, want %s", other, c)
		}
		s.says(t, "Czy wysyłacie do Czech?")
		s.post(t, "messenger", comment("remove", "1_102", topComment, "7200000000000006", "Inny Klient", ""))
		channelstest.Eventually(t, "the removed comment is gone", func() bool {
			return !slices.ContainsFunc(s.words(t, s.ania, c), func(e entry) bool { return strings.Contains(e.Text, "Ja też pytam") })
		})
		said, ours := s.words(t, s.ania, c), 0
		for _, e := range said {
			if e.Text == "Tak, do całej Unii." {
				ours++
			}
			if e.Text == "Dopisane w Business Suite" && e.Author.Kind != "agent" {
				t.Errorf("the page's words are %+v", e)
			}
		}
		if ours != 1 || said[0].Text != "Czy wysyłacie do Czech?" {
			t.Errorf("our answer stands there %d times: %+v", ours, said)
		}

		private := s.desk.say(t, map[string]any{"conversation": c, "text": "Proszę o numer zamówienia.", "via": "messenger"})
		s.state(t, c, private.seq(t), "handed_over")
		if sent := s.sent(t, 2); sent[1].Public || sent[1].Comment != topComment || sent[1].To != channelstest.MetaPerson {
			t.Errorf("sent %+v", sent[1])
		}
		if status, err := s.call(t.Context(), "POST", "/v1/conversations/"+c+"/messages", s.ania, map[string]any{"text": "I jeszcze jedno.", "via": "messenger"}, nil); err == nil {
			t.Errorf("a second private answer was taken: %d", status)
		}
		s.sent(t, 2)

		// The commenter answers in private, under the id that the private answer went to.
		s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.p1", "text": "To zamówienie 55-881"}))
		p := s.says(t, "To zamówienie 55-881")
		if p == c {
			t.Error("private words are in the public conversation")
		}
		var v struct{ Previous string }
		s.must(t, "GET", "/v1/conversations/"+p, s.ania, nil, &v)
		if v.Previous != c {
			t.Errorf("the private conversation is linked to %q, want %s", v.Previous, c)
		}
	})
}
