package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

// social is a program with a Messenger page, an Instagram account and a WhatsApp number at a fake
// Meta.
type social struct {
	seat
	h     *premises
	meta  *channelstest.Meta
	admin string
	hooks map[string]string // by channel
}

func newSocial(t *testing.T, dsn string) *social {
	t.Helper()
	s := &social{meta: channelstest.NewMeta(t), hooks: map[string]string{}}
	s.h = newPremises(t, dsn, fmt.Sprintf("[social]\nmeta_url = %q\n", s.meta.Base))
	s.process = s.h.serve(t)
	s.admin = s.h.furnish(t, s.process)
	s.ania = s.login(t, "ania@firma.test")
	s.desk = s.console(t, s.ania)
	for channel, account := range map[string]map[string]any{
		"messenger": {"id": channelstest.MetaPage, "human_agent": true, "comments": true, "mark_read": true},
		"instagram": {"id": channelstest.MetaInstagram, "business": channelstest.MetaPage},
		"whatsapp":  {"id": channelstest.MetaPhone, "business": channelstest.MetaBusiness},
	} {
		var door struct {
			ID         string
			HookSecret string `json:"hook_secret"`
		}
		s.must(t, "POST", "/v1/inboxes", s.admin, map[string]any{"channel": channel, "name": channel, "side": "buyer", "account": account,
			"token": channelstest.MetaToken, "app_secret": channelstest.MetaSecret}, &door)
		if door.HookSecret == "" {
			t.Errorf("%s has no verify token to show", channel)
		}
		s.hooks[channel] = "/hooks/" + door.ID
	}
	s.meta.Callback(s.Base + s.hooks["messenger"])
	return s
}

// post posts a body to an inbox and holds it to being taken.
func (s *social) post(t *testing.T, channel string, body []byte) {
	t.Helper()
	if status, err := s.meta.Post(s.Base+s.hooks[channel], body); err != nil || status != 200 {
		t.Fatalf("the post was answered with %d, %v", status, err)
	}
}

// sent waits until the fake has so many messages.
func (s *social) sent(t *testing.T, n int) []channelstest.MetaSent {
	t.Helper()
	var sent []channelstest.MetaSent
	channelstest.Eventually(t, fmt.Sprintf("%d messages are sent", n), func() bool { sent = s.meta.Sent(); return len(sent) >= n })
	if len(sent) != n {
		t.Fatalf("%d messages were sent, want %d: %+v", len(sent), n, sent)
	}
	return sent
}

func (f frame) seq(t *testing.T) int64 {
	t.Helper()
	var v struct{ Seq int64 }
	f.into(t, &v)
	return v.Seq
}

func messenger(at time.Time, key string, value map[string]any) []byte {
	return channelstest.MetaHook("page", channelstest.MetaPage, channelstest.MetaEvent(channelstest.MetaPerson, channelstest.MetaPage, at, key, value))
}

// Somebody writes to the page, whatever happens to the posts on their way; agents answer, whatever
// happens to the answers; nothing is lost, doubled or out of place, also over a restart.
func TestMessenger(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		now := time.Now()

		// News of a message before the message, and the message twice.
		s.post(t, "messenger", messenger(now, "message_edit", map[string]any{"mid": "mid.1", "text": "Gdzie jest paczka 55-882?", "num_edit": 2}))
		s.post(t, "messenger", messenger(now, "message_edit", map[string]any{"mid": "mid.1", "text": "Gdzie jest paczka 55-880?", "num_edit": 1}))
		s.post(t, "messenger", messenger(now, "message", map[string]any{"mid": "mid.1", "text": "Gdzie jest moja paczka 55-881?"}))
		s.post(t, "messenger", messenger(now, "message", map[string]any{"mid": "mid.1", "text": "Gdzie jest moja paczka 55-881?"}))
		s.post(t, "messenger", messenger(now, "message", map[string]any{"mid": "mid.2", "text": "Dzień dobry, zażółć gęślą jaźń"}))
		c := s.says(t, "zażółć gęślą jaźń")
		if said := s.words(t, s.ania, c); len(said) < 2 || said[0].Text != "Gdzie jest paczka 55-882?" || said[0].Author.Kind != "customer" {
			t.Fatalf("the conversation says %+v", said)
		}

		var whole struct {
			Edited  bool
			Earlier []string
		}
		s.must(t, "GET", "/v1/conversations/"+c+"/messages/1", s.ania, nil, &whole)
		if !whole.Edited || !slices.Equal(whole.Earlier, []string{"Gdzie jest moja paczka 55-881?"}) {
			t.Errorf("the edited message: %+v", whole)
		}

		// What the vendor sends that we do not know is kept; what is not the vendor's is not taken.
		s.post(t, "messenger", messenger(now, "something_new", map[string]any{"x": 1}))
		s.meta.Fault(func(f *channelstest.MetaFaults) { f.BadSignature = true })
		if status, err := s.meta.Post(s.Base+s.hooks["messenger"], messenger(now, "message", map[string]any{"mid": "mid.x", "text": "podrobione"})); err != nil || status != 401 {
			t.Errorf("a forged post was answered with %d, %v", status, err)
		}
		s.meta.Fault(func(f *channelstest.MetaFaults) { f.BadSignature = false })
		channelstest.Eventually(t, "the book tells what became of all of it", func() bool {
			var tally map[string]int
			s.must(t, "GET", "/v1/hooks/tally", s.admin, nil, &tally)
			return tally["new"] == 0 && tally["taken"] == 4 && tally["repeated"] == 1 && tally["nothing"] == 1 && tally["forged"] == 1 && tally["unread"] == 0
		})

		s.answers(t, c)
		s.restarts(t, c)
		s.files(t, c)
	})
}

// answers: an echo before the reply, a reply that was lost, too many calls, and what was read.
func (s *social) answers(t *testing.T, c string) {
	first := s.desk.say(t, map[string]any{"conversation": c, "text": "Sprawdzam, chwilka."})
	if sent := s.sent(t, 1); sent[0].Text != "Sprawdzam, chwilka." || sent[0].To != channelstest.MetaPerson || sent[0].Kind != "RESPONSE" {
		t.Errorf("sent %+v", sent[0])
	}
	s.state(t, c, first.seq(t), "handed_over")
	channelstest.Eventually(t, "the customer is told that theirs was read", func() bool { return len(s.meta.Seen()) == 1 })

	s.meta.Fault(func(f *channelstest.MetaFaults) { f.EchoFirst, f.Unheard = true, 1 })
	second := s.desk.say(t, map[string]any{"conversation": c, "text": "Paczka jest w sortowni."})
	s.state(t, c, second.seq(t), "handed_over")
	s.meta.Fault(func(f *channelstest.MetaFaults) { f.EchoFirst, f.Limited = false, 1 })
	third := s.desk.say(t, map[string]any{"conversation": c, "text": "Będzie jutro do południa."})
	s.state(t, c, third.seq(t), "handed_over")
	sent := s.sent(t, 3) // the one of which nobody heard once, the refused one once

	s.post(t, "messenger", messenger(time.Now(), "read", map[string]any{"watermark": time.Now().Add(time.Second).UnixMilli()})) // by a clock that is not ours
	for _, f := range []frame{first, second, third} {
		s.state(t, c, f.seq(t), "read")
	}
	s.post(t, "messenger", messenger(time.Now(), "delivery", map[string]any{"mids": []string{sent[0].ID}, "watermark": time.Now().UnixMilli()}))
	s.post(t, "messenger", messenger(time.Now(), "reaction", map[string]any{"reaction": "love", "emoji": "❤", "action": "react", "mid": sent[2].ID}))
	s.desk.wait(t, "the reaction", func(f frame) bool { return f.Type == "message" && strings.Contains(string(f.Raw), `"kind":"reaction"`) })
	s.state(t, c, first.seq(t), "read") // never backwards

	// Somebody answers in Meta's own inbox: it is an answer, and nothing is sent for it.
	s.post(t, "messenger", channelstest.MetaHook("page", channelstest.MetaPage, channelstest.MetaEvent(channelstest.MetaPage, channelstest.MetaPerson, time.Now(), "message",
		map[string]any{"is_echo": true, "app_id": 4455667788, "mid": "mid.out", "text": "Odpisane z telefonu."})))
	s.says(t, "Odpisane z telefonu.")
	s.sent(t, 3)
}

// restarts: the program ends, and goes on where it was.
func (s *social) restarts(t *testing.T, c string) {
	if code := s.end(t); code != 0 {
		t.Fatalf("the program ended with %d", code)
	}
	s.process = s.h.serve(t)
	s.meta.Callback(s.Base + s.hooks["messenger"])
	s.desk = s.console(t, s.ania)
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.2", "text": "Dzień dobry, zażółć gęślą jaźń"}))
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.3", "text": "Jestem po przerwie", "reply_to": map[string]any{"mid": "mid.1"}}))
	if again := s.says(t, "Jestem po przerwie"); again != c {
		t.Errorf("it is in %s, want %s", again, c)
	}
	var page struct {
		Items []struct {
			Seq, Answers int64
			Text         string
		}
	}
	s.must(t, "GET", "/v1/conversations/"+c+"/messages?limit=100", s.ania, nil, &page)
	twice, answers := 0, int64(0)
	for _, m := range page.Items {
		if strings.Contains(m.Text, "zażółć") {
			twice++
		}
		if m.Text == "Jestem po przerwie" {
			answers = m.Answers
		}
	}
	if twice != 1 || answers != 1 {
		t.Errorf("the old message is there %d times; the new one answers %d, want 1", twice, answers)
	}
}

// files: a picture whose address has ended is asked for again, comes, and can be opened.
func (s *social) files(t *testing.T, c string) {
	const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR obrazek"
	address := s.meta.Keep(channelstest.File{Name: "zdjecie.png", Type: "image/png", Data: png})
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.4", "attachments": []any{map[string]any{"type": "image", "payload": map[string]any{"url": address}}}}))
	var link string
	channelstest.Eventually(t, "the picture can be opened", func() bool {
		for _, e := range s.words(t, s.ania, c) {
			if len(e.Attachments) == 1 && e.Attachments[0].URL != "" {
				link = e.Attachments[0].URL
			}
		}
		return link != ""
	})
	if _, body := s.get(t, strings.TrimPrefix(link, s.Base)); body != png {
		t.Errorf("the picture has %d bytes", len(body))
	}
}

// A thousand messages in one post are a thousand messages.
func TestThousandInOnePost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		var events []map[string]any
		for n := range 1000 {
			person := fmt.Sprintf("71000000000%05d", n%200)
			events = append(events, channelstest.MetaEvent(person, channelstest.MetaPage, time.Now(), "message", map[string]any{"mid": fmt.Sprintf("mid.%d", n), "text": fmt.Sprintf("Wiadomość %d", n)}))
		}
		body := channelstest.MetaHook("page", channelstest.MetaPage, events...)
		s.post(t, "messenger", body)
		s.post(t, "messenger", body)
		channelstest.Eventually(t, "all of them are in the log", func() bool {
			var page struct {
				Items []struct{ Messages, Items int }
			}
			s.must(t, "GET", "/v1/hooks?outcome=taken", s.admin, nil, &page)
			return len(page.Items) == 1 && page.Items[0].Messages == 1000 && page.Items[0].Items == 1000
		})
		if all := s.matters(t, s.admin, ""); len(all) != 200 {
			t.Errorf("%d conversations, want 200", len(all))
		}
	})
}

// Somebody without a number is somebody; when their number comes, they are the same. After a day
// nothing but an approved template reaches them, and the refusal says so before anything is sent.
func TestWhatsApp(t *testing.T) {
	t.Parallel()
	s := newSocial(t, "")
	s.meta.Callback(s.Base + s.hooks["whatsapp"])
	ago := time.Now().Add(-25 * time.Hour)
	person := func(value map[string]any, id, text string, at time.Time) []byte {
		m := channelstest.MetaMessage("", id, at, "text", map[string]any{"body": text})
		delete(m, "from")
		m["from_user_id"] = "PL.998877"
		value["messages"] = []any{m}
		return channelstest.MetaWhatsApp(value)
	}
	s.post(t, "whatsapp", person(map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Ola Testowa"}, "user_id": "PL.998877"}}}, "wamid.1", "Czy można zwrócić buty?", ago))
	c := s.says(t, "Czy można zwrócić buty?")

	status, err := s.call(t.Context(), "POST", "/v1/conversations/"+c+"/messages", s.ania, map[string]any{"text": "Tak, 30 dni."}, nil)
	if err == nil || !strings.Contains(err.Error(), "window") {
		t.Fatalf("an answer outside the window: %d, %v", status, err)
	}
	s.must(t, "POST", "/v1/conversations/"+c+"/messages", s.ania,
		map[string]any{"text": "Dzień dobry Ola, wracamy do Twojej sprawy.", "template": map[string]any{"name": "odpowiedz_bok", "locale": "pl", "params": []string{"Ola", "butów"}}}, nil)
	if sent := s.sent(t, 1); sent[0].Template != "odpowiedz_bok" || !slices.Equal(sent[0].Params, []string{"Ola", "butów"}) || sent[0].To != "PL.998877" {
		t.Errorf("sent %+v", sent[0])
	}

	s.post(t, "whatsapp", person(map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Ola Testowa"}, "user_id": "PL.998877", "wa_id": channelstest.MetaNumber}}},
		"wamid.2", "Dziękuję", time.Now()))
	if again := s.says(t, "Dziękuję"); again != c {
		t.Errorf("it is in %s, want %s", again, c)
	}
	s.must(t, "POST", "/v1/conversations/"+c+"/messages", s.ania, map[string]any{"text": "Etykieta w drodze."}, nil)
	s.sent(t, 2)
	var contact struct {
		Phone      string
		Identities json.RawMessage
	}
	s.must(t, "GET", "/v1/contacts/"+s.matters(t, s.ania, "")[0].Contact.ID, s.ania, nil, &contact)
	if !strings.Contains(string(contact.Identities), channelstest.MetaNumber) || !strings.Contains(string(contact.Identities), "PL.998877") {
		t.Errorf("the person is known as %s, phone %q", contact.Identities, contact.Phone)
	}
}

// What somebody takes back on Instagram is gone, also when that comes before the message.
func TestUnsent(t *testing.T) {
	t.Parallel()
	s := newSocial(t, "")
	event := func(mid string, more map[string]any) map[string]any {
		more["mid"] = mid
		return channelstest.MetaEvent("660000000000009", channelstest.MetaInstagram, time.Now(), "message", more)
	}
	s.post(t, "instagram", channelstest.MetaHook("instagram", channelstest.MetaInstagram, event("a_2", map[string]any{"is_deleted": true}), event("a_1", map[string]any{"text": "hej, jest rozmiar M?"})))
	c := s.says(t, "hej, jest rozmiar M?")
	s.post(t, "instagram", channelstest.MetaHook("instagram", channelstest.MetaInstagram, event("a_2", map[string]any{"text": "tajne jeden"}), event("a_1", map[string]any{"is_deleted": true}),
		event("a_3", map[string]any{"text": "trzecia"})))
	s.says(t, "trzecia")
	for _, m := range s.words(t, s.ania, c) {
		if strings.Contains(m.Text, "rozmiar") || strings.Contains(m.Text, "tajne") {
			t.Errorf("it still says %q", m.Text)
		}
	}
}
