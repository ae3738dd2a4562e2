package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

// named waits until a conversation's customer has a name.
func (s *social) named(t *testing.T, conversation, want string) {
	t.Helper()
	channelstest.Eventually(t, "the customer is called "+want, func() bool {
		var c struct{ Contact struct{ Name string } }
		s.must(t, "GET", "/v1/conversations/"+conversation, s.ania, nil, &c)
		return c.Contact.Name == want
	})
}

// Who writes on Messenger or Instagram is asked for by name, after the message is in the log, and the
// console shows it at once; who did not allow it stays without, and an agent's name stays.
func TestNames(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		s.meta.Call(channelstest.MetaPerson, "Łucja Źdźbło")
		s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.1", "text": "Kto tam?"}))
		c := s.says(t, "Kto tam?")
		s.desk.wait(t, "the name, live", func(f frame) bool {
			return f.Type == "conversation" && strings.Contains(string(f.Raw), `"name":"Łucja Źdźbło"`)
		})
		s.named(t, c, "Łucja Źdźbło")
		if said := s.words(t, s.ania, c); strings.Contains(said[0].Author.Name, channelstest.MetaPerson) {
			t.Errorf("an id is shown as the name %q", said[0].Author.Name)
		}

		const shy, ola = "660000000000230", "660000000000009"
		s.meta.Call(ola, "ola_99")
		from := func(who, mid, text string) map[string]any {
			return channelstest.MetaEvent(who, channelstest.MetaInstagram, time.Now(), "message", map[string]any{"mid": mid, "text": text})
		}
		s.post(t, "instagram", channelstest.MetaHook("instagram", channelstest.MetaInstagram, from(shy, "a1", "nie powiem kim jestem"), from(ola, "a2", "hej, tu Ola")))
		s.named(t, s.says(t, "hej, tu Ola"), "ola_99")
		asked := func() int {
			return len(slices.DeleteFunc(s.meta.Asked(), func(a string) bool { return a != "GET /"+shy }))
		}
		channelstest.Eventually(t, "the shy one is asked for", func() bool { return asked() == 1 })
		s.post(t, "instagram", channelstest.MetaHook("instagram", channelstest.MetaInstagram, from(shy, "a3", "dalej nie powiem"), from(ola, "a4", "i jeszcze Ola")))
		s.says(t, "i jeszcze Ola")
		s.says(t, "dalej nie powiem")
		if n := asked(); n != 1 {
			t.Errorf("who did not allow it was asked for %d times", n)
		}
		if n := len(slices.DeleteFunc(s.meta.Asked(), func(a string) bool { return a != "GET /"+ola })); n != 1 {
			t.Errorf("a name that is known was asked for %d times", n)
		}
	})
}

// An agent who opens a conversation has the customer told, once, where the account wants that.
func TestReadByOpening(t *testing.T) {
	t.Parallel()
	s := newSocial(t, "")
	read := func(c string, upto int) {
		s.desk.ask(t, map[string]any{"type": "read", "conversation": c, "upto": upto})
	}
	insta := func(mid, text string) {
		s.post(t, "instagram", channelstest.MetaHook("instagram", channelstest.MetaInstagram,
			channelstest.MetaEvent("660000000000009", channelstest.MetaInstagram, time.Now(), "message", map[string]any{"mid": mid, "text": text})))
	}
	insta("a1", "bez potwierdzeń") // this account does not want it
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.1", "text": "Przeczyta ktoś?"}))
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.2", "text": "Halo, halo"}))
	quiet, c := s.says(t, "bez potwierdzeń"), s.says(t, "Halo, halo")
	s.says(t, "Przeczyta ktoś?")
	if seen := s.meta.Seen(); len(seen) != 0 {
		t.Fatalf("told before anybody has read it: %q", seen)
	}
	read(quiet, 1)
	read(c, 1)
	read(c, 2)
	read(c, 2)
	channelstest.Eventually(t, "the customer is told", func() bool { return slices.Equal(s.meta.Seen(), []string{channelstest.MetaPerson}) })
	s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.3", "text": "A to?"}))
	s.says(t, "A to?")
	read(c, 2)
	read(c, 100) // beyond the end is the end
	channelstest.Eventually(t, "and told again of what came since", func() bool { return len(s.meta.Seen()) == 2 })
	insta("a2", "nadal bez")
	s.says(t, "nadal bez")
	if seen := s.meta.Seen(); !slices.Equal(seen, []string{channelstest.MetaPerson, channelstest.MetaPerson}) {
		t.Errorf("told %q", seen)
	}
}

// The end of a token is told a week ahead; when it has ended the answers wait, and leave with the next
// one.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		id := strings.TrimPrefix(s.hooks["messenger"], "/hooks/")
		type state struct {
			OK          bool
			Code        string
			Queued      int
			ExpiresAt   *time.Time `json:"expires_at"`
			ExpiresSoon bool       `json:"expires_soon"`
		}
		health := func() state {
			t.Helper()
			var all struct {
				Items []struct {
					ID    string
					State state
				}
			}
			s.must(t, "GET", "/v1/inboxes", s.admin, nil, &all)
			for _, in := range all.Items {
				if in.ID == id {
					return in.State
				}
			}
			t.Fatal("the inbox is gone")
			return state{}
		}
		channelstest.Eventually(t, "the end of the token is known, and far", func() bool { h := health(); return h.OK && h.ExpiresAt != nil && !h.ExpiresSoon })
		soon := time.Now().Add(6 * 24 * time.Hour).Truncate(time.Second)
		s.meta.Expire(soon)
		s.must(t, "PATCH", "/v1/inboxes/"+id, s.admin, map[string]any{"token": channelstest.MetaToken, "name": "Jarmark"}, nil)
		channelstest.Eventually(t, "the end is near", func() bool { h := health(); return h.ExpiresSoon && h.ExpiresAt != nil && h.ExpiresAt.Equal(soon) })

		s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.1", "text": "Jest tam kto?"}))
		c := s.says(t, "Jest tam kto?")
		const next = "EAANewTokenOfTheFakeMeta0123456789"
		s.meta.Renew(next)
		answer := s.desk.say(t, map[string]any{"conversation": c, "text": "Jestem, tylko bez klucza."})
		channelstest.Eventually(t, "the line is stopped, and the answer waits", func() bool { h := health(); return !h.OK && h.Code == "token" && h.Queued == 1 })
		s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid.2", "text": "Piszę dalej"}))
		s.says(t, "Piszę dalej")
		s.state(t, c, answer.seq(t), "queued")

		s.must(t, "PATCH", "/v1/inboxes/"+id, s.admin, map[string]any{"token": next}, nil)
		s.state(t, c, answer.seq(t), "handed_over")
		s.sent(t, 1)
		channelstest.Eventually(t, "the line works", func() bool { h := health(); return h.OK && h.Queued == 0 })
	})
}

// What does not come of a customer's files is told to the agent, with the reason.
func TestLostFiles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		s := newSocial(t, dsn)
		files := map[string]struct {
			kind string
			file channelstest.File
		}{
			"too-large": {"video", channelstest.File{Name: "film.mp4", Type: "video/mp4", Data: strings.Repeat("a", 25<<20+1)}},
			"bad-file":  {"file", channelstest.File{Name: "faktura.pdf", Type: "application/pdf", Data: "MZ\x90\x00program"}},
			"gone":      {"image", channelstest.File{}},
		}
		for reason, f := range files {
			address := s.meta.Keep(f.file)
			if reason == "gone" {
				address = strings.Replace(address, "/cdn/", "/cdn/ended", 1)
			}
			s.post(t, "messenger", messenger(time.Now(), "message", map[string]any{"mid": "mid." + reason, "text": "plik " + reason,
				"attachments": []any{map[string]any{"type": f.kind, "payload": map[string]any{"url": address}}}}))
		}
		type entry struct {
			Text        string
			Attachments []struct{ State, Cause, URL string }
		}
		for reason := range files {
			c := s.says(t, "plik "+reason)
			channelstest.Eventually(t, "it is told why: "+reason, func() bool {
				var page struct{ Items []entry }
				s.must(t, "GET", "/v1/conversations/"+c+"/messages?limit=100", s.ania, nil, &page)
				for _, e := range page.Items {
					if e.Text == "plik "+reason && len(e.Attachments) == 1 {
						return e.Attachments[0].State == "lost" && e.Attachments[0].Cause == reason && e.Attachments[0].URL == ""
					}
				}
				return false
			})
		}
		s.desk.wait(t, "the reason, live", func(f frame) bool {
			return f.Type == "message" && strings.Contains(string(f.Raw), `"kind":"file"`) && json.Valid(f.Raw) && strings.Contains(string(f.Raw), `"cause":"too-large"`)
		})
	})
}
