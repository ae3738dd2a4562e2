package main

import (
	"strings"
	"testing"

	"centrala/channels/channelstest"
)

// A chat answer that nobody sees goes to the address that the customer left, once; what the
// customer answers to the mail is in the same conversation, and in the chat window when it is
// opened again.
func TestUnseenAnswerIsCarriedOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		outside := newPost(t)
		h := newPremises(t, dsn, "[chat]\ncarry_on_after = \"1s\"\n")
		h.configure(t, outside.mailbox(channelstest.Password, ""))
		p := h.serve(t)
		h.furnish(t, p)
		ania := p.login(t, "ania@firma.test")
		desk := p.console(t, ania)

		s, token, err := p.visitor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		chat := s.listen(t)
		c := chat.say(t, map[string]any{"text": "Gdzie jest moja paczka?"}).Conversation
		chat.ask(t, map[string]any{"type": "contact.set", "email": "ewa@example.test", "name": "Ewa Źródło"})
		desk.wait(t, "the chat at the console", func(f frame) bool {
			return f.Type == "conversation" && f.ID == c && strings.Contains(string(f.Raw), "Ania")
		})
		_ = chat.CloseNow()

		desk.say(t, map[string]any{"conversation": c, "text": "Paczka jest w sortowni."})
		desk.say(t, map[string]any{"conversation": c, "text": "Będzie jutro do południa."})
		ours := outside.got(t, "ewa@example.test", 1)[0]
		text := plainText(t, ours)
		for _, want := range []string{"Paczka jest w sortowni.", "Będzie jutro do południa."} {
			if strings.Count(text, want) != 1 {
				t.Errorf("%q is %d times in the mail:\n%s", want, strings.Count(text, want), text)
			}
		}
		if back := ours.Header.Get("Reply-To") + ours.Header.Get("From"); !strings.Contains(back, "pomoc+t-") {
			t.Errorf("no reply token in %q", back)
		}

		outside.answer(t, "ewa@example.test", ours, "Dziękuję, czekam.")
		f := desk.wait(t, "the answer by mail at the console", func(f frame) bool {
			_, text := f.words()
			return f.Type == "message" && strings.Contains(text, "Dziękuję, czekam.")
		})
		if f.Conversation != c {
			t.Errorf("the answer is in %s, want %s", f.Conversation, c)
		}
		said := p.words(t, ania, c)
		if len(said) != 4 || said[3].Channel != "email" || said[3].Author.Kind != "customer" {
			t.Errorf("the conversation says %+v", said)
		}

		s, err = p.dial(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		var history struct{ Messages []entry }
		s.listen(t).ask(t, map[string]any{"type": "history", "conversation": c}).into(t, &history)
		var texts []string
		for _, m := range history.Messages {
			texts = append(texts, m.Text)
		}
		if len(history.Messages) < 4 {
			t.Errorf("the chat window shows %q", texts)
		}
		outside.got(t, "ewa@example.test", 1) // still one
	})
}
