package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
	"centrala/lab"
)

// telegramBot is a program with a bot at a fake Telegram, and the network between the two.
type telegramBot struct {
	seat
	h        *premises
	telegram *channelstest.Telegram
	network  *lab.Link
	admin    string
	inbox    string
	secret   string // that Telegram shows
}

const somebody = "5550001" // who writes to the bot

// newBot connects a bot, which Telegram posts to or, with polling, which fetches by itself.
func newBot(t *testing.T, dsn string, polling bool) *telegramBot {
	t.Helper()
	b := &telegramBot{telegram: channelstest.NewTelegram(t)}
	var err error
	if b.network, err = lab.NewLink(func() string { return strings.TrimPrefix(b.telegram.URL, "http://") }, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.network.Close(); err != nil {
			t.Error(err)
		}
	})
	b.h = newPremises(t, dsn, fmt.Sprintf("url = \"https://pomoc.jarmark.example\"\n[social]\ntelegram_url = \"http://%s\"\ntimeout = \"6s\"\n", b.network.Addr()))
	b.process = b.h.serve(t)
	b.admin = b.h.furnish(t, b.process)
	b.ania = b.login(t, "ania@firma.test")
	b.desk = b.console(t, b.ania)
	var door struct {
		ID         string
		HookSecret string `json:"hook_secret"`
	}
	b.must(t, "POST", "/v1/inboxes", b.admin, map[string]any{"channel": "telegram", "name": "Telegram", "side": "buyer",
		"account": map[string]any{"polling": polling}, "token": channelstest.TelegramToken}, &door)
	b.inbox, b.secret = door.ID, door.HookSecret
	if !polling {
		channelstest.Eventually(t, "the webhook is set", func() bool { return b.telegram.Hook().URL == "https://pomoc.jarmark.example/hooks/"+b.inbox })
		if h := b.telegram.Hook(); h.Secret != b.secret || h.Dropped {
			t.Errorf("the webhook that is set: %+v", h)
		}
	}
	return b
}

// post posts an update as Telegram does and holds the program to taking it.
func (b *telegramBot) post(t *testing.T, body []byte) {
	t.Helper()
	if status, err := b.telegram.Knock(t.Context(), b.Base+"/hooks/"+b.inbox, b.secret, body); err != nil || status != 200 {
		t.Fatalf("the post was answered with %d, %v", status, err)
	}
}

// line is how the inbox does, as an administrator reads it in a language.
func (b *telegramBot) line(t *testing.T, locale string) (is lineState) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.Base+"/v1/inboxes", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.admin)
	r.Header.Set("Accept-Language", locale)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var page struct {
		Items []struct {
			ID    string
			State lineState
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	for _, i := range page.Items {
		if i.ID == b.inbox {
			return i.State
		}
	}
	t.Fatalf("there is no inbox %s", b.inbox)
	return is
}

// lineState is the state of an inbox as REST tells it.
type lineState struct {
	OK           bool
	Error        string
	Code         string
	Warning      string
	LastOK       time.Time `json:"last_ok_at"`
	FailingSince time.Time `json:"failing_since"`
	LimitedUntil time.Time `json:"limited_until"`
	Behind       int
	Lag          int64 `json:"lag_s"`
	Delay        int64 `json:"delay_ms"`
	Queued       int
}

// fares waits until the line is as it should be.
func (b *telegramBot) fares(t *testing.T, what string, ok func(lineState) bool) (is lineState) {
	t.Helper()
	channelstest.Eventually(t, what, func() bool { is = b.line(t, "pl"); return ok(is) })
	return is
}

// tally waits until the book of webhooks holds so many of each outcome and of no other.
func (b *telegramBot) tally(t *testing.T, want map[string]int) {
	t.Helper()
	var got map[string]int
	defer func() {
		if t.Failed() {
			t.Logf("the book holds %v", got)
		}
	}()
	channelstest.Eventually(t, fmt.Sprintf("the book holds %v", want), func() bool {
		got = nil
		b.must(t, "GET", "/v1/hooks/tally", b.admin, nil, &got)
		for _, o := range []string{"new", "taken", "nothing", "repeated", "unread", "forged"} {
			if got[o] != want[o] {
				return false
			}
		}
		return true
	})
}

// message is one of a conversation, with its files, as REST tells it.
func (b *telegramBot) message(t *testing.T, conversation, text string) (m spoken) {
	t.Helper()
	for _, m := range b.messages(t, conversation) {
		if m.Text == text {
			return m
		}
	}
	t.Fatalf("%s does not say %q", conversation, text)
	return m
}

type spoken struct {
	Seq, Answers    int64
	Text            string
	Edited, Pressed bool
	System, Change  any
	Attachments     []struct {
		Name, Type, URL, State, Cause string
		Size                          int64
	}
}

// messages are what people said in a conversation.
func (b *telegramBot) messages(t *testing.T, conversation string) []spoken {
	t.Helper()
	var page struct{ Items []spoken }
	b.must(t, "GET", "/v1/conversations/"+conversation+"/messages?limit=100", b.ania, nil, &page)
	return slices.DeleteFunc(page.Items, func(m spoken) bool { return m.System != nil || m.Change != nil })
}

// texts are their words.
func (b *telegramBot) texts(t *testing.T, conversation string) (texts []string) {
	t.Helper()
	for _, m := range b.messages(t, conversation) {
		texts = append(texts, m.Text)
	}
	return texts
}

func said(update, number int64, text string) []byte {
	return channelstest.TelegramNews(update, "message", number, somebody, map[string]any{"text": text})
}

// Telegram posts, in whatever order and however often; what is said is in the log once, and nothing
// that is not Telegram's.
func TestTelegramPosts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, false)
		edit := channelstest.TelegramNews(880003, "edited_message", 41, somebody, map[string]any{"text": "Nie działa kod LATO15", "edit_date": time.Now().Unix() + 70})
		b.post(t, edit)
		b.post(t, said(880001, 41, "Nie działa kod LATO10"))
		b.post(t, said(880001, 41, "Nie działa kod LATO10"))
		b.post(t, said(880006, 44, "i jeszcze jedno"))
		b.post(t, channelstest.TelegramNews(880005, "message", 43, somebody, map[string]any{"text": "o ten kod chodzi", "reply_to_message": map[string]any{
			"message_id": 41, "date": 1, "chat": map[string]any{"id": json.Number(somebody), "type": "private"}, "text": "Nie działa kod LATO10"}}))
		b.post(t, edit)
		b.post(t, said(880006, 44, "i jeszcze jedno"))
		c := b.says(t, "o ten kod chodzi")
		b.tally(t, map[string]int{"taken": 4, "repeated": 0})
		if texts := b.texts(t, c); !slices.Equal(texts, []string{"Nie działa kod LATO15", "i jeszcze jedno", "o ten kod chodzi"}) {
			t.Errorf("the conversation says %q", texts)
		}
		var whole struct {
			Edited  bool
			Earlier []string
		}
		first := b.message(t, c, "Nie działa kod LATO15")
		b.must(t, "GET", fmt.Sprintf("/v1/conversations/%s/messages/%d", c, first.Seq), b.ania, nil, &whole)
		if !whole.Edited || !slices.Equal(whole.Earlier, []string{"Nie działa kod LATO10"}) {
			t.Errorf("the edited message: %+v", whole)
		}
		if m := b.message(t, c, "o ten kod chodzi"); m.Answers != first.Seq {
			t.Errorf("it answers %d, want %d", m.Answers, first.Seq)
		}
		b.skips(t)
		b.starts(t)
	})
}

// skips: what says nothing to us is kept and named; what is not Telegram's is refused and not kept.
func (b *telegramBot) skips(t *testing.T) {
	t.Helper()
	group := map[string]any{"id": -100555, "type": "supergroup", "title": "Sąsiedzi"}
	b.post(t, channelstest.TelegramNews(880010, "message", 7, somebody, map[string]any{"chat": group, "text": "kto kupuje grilla?"}))
	b.post(t, []byte(`{"update_id":880011,"my_chat_member":{"chat":{"id":-100555,"type":"supergroup"},"from":{"id":5550001},"date":1767608100,"new_chat_member":{"status":"member"}}}`))
	b.post(t, channelstest.TelegramNews(880012, "channel_post", 8, somebody, map[string]any{"chat": map[string]any{"id": -100777, "type": "channel"}, "text": "ogłoszenie"}))
	b.post(t, []byte(`{"update_id":880013,"message_reaction":{"chat":{"id":5550001,"type":"private"},"message_id":41,"new_reaction":[{"type":"emoji","emoji":"👍"}]}}`))
	b.post(t, channelstest.TelegramNews(880014, "message", 47, somebody, map[string]any{"gift_of_tomorrow": map[string]any{"text": "prezent"}}))
	b.post(t, []byte(`["to nie jest update"]`))
	for _, secret := range []string{"", "another_secret", b.secret + "x"} {
		if status, err := b.telegram.Knock(t.Context(), b.Base+"/hooks/"+b.inbox, secret, said(880020, 99, "podrobione")); err != nil || status != 401 {
			t.Errorf("with the secret %q it was answered with %d, %v", secret, status, err)
		}
	}
	b.tally(t, map[string]int{"taken": 4, "nothing": 5, "unread": 1, "forged": 3})
	var page struct {
		Items []struct {
			ID, Outcome, What string
			HasBody           bool `json:"has_body"`
			Cause             struct{ Code, Detail string }
		}
	}
	b.must(t, "GET", "/v1/hooks?limit=100", b.admin, nil, &page)
	why := map[string]bool{}
	for _, h := range page.Items {
		if h.HasBody != (h.Outcome != "forged") {
			t.Errorf("%s: its body is kept: %v", h.Outcome, h.HasBody)
		}
		why[h.Cause.Code+" "+h.Cause.Detail] = true
	}
	for _, want := range []string{"nothing message in a supergroup", "nothing my_chat_member in a supergroup", "nothing channel_post", "nothing message_reaction", "nothing message: gift_of_tomorrow",
		"telegram.json not a JSON object"} {
		if !why[want] {
			t.Errorf("nothing in the book says %q: %v", want, why)
		}
	}
	for _, m := range b.matters(t, b.admin, "") {
		for _, e := range b.words(t, b.admin, m.ID) {
			if strings.Contains(e.Text, "podrobione") || strings.Contains(e.Text, "grilla") || strings.Contains(e.Text, "ogłoszenie") {
				t.Errorf("the log says %q", e.Text)
			}
		}
	}
}

// starts: opening the chat says nothing by itself; a link of ours that opened it does.
func (b *telegramBot) starts(t *testing.T) {
	t.Helper()
	const newcomer = "5550077"
	b.post(t, channelstest.TelegramNews(880030, "message", 1, newcomer, map[string]any{"text": "/start"}))
	b.tally(t, map[string]int{"taken": 4, "nothing": 6, "unread": 1, "forged": 3})
	if all := b.matters(t, b.admin, ""); len(all) != 1 {
		t.Errorf("/start began a conversation: %d of them", len(all))
	}
	b.post(t, channelstest.TelegramNews(880031, "message", 2, newcomer, map[string]any{"text": "/start order-31"}))
	c := b.says(t, "/start order-31")
	if m := b.message(t, c, "/start order-31"); !m.Pressed {
		t.Errorf("the link: %+v", m)
	}
}

// Files come with a message, and what is wrong with one is told to the agent.
func TestTelegramFiles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, false)
		const png, pdf, ogg = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR duże zdjęcie", "%PDF-1.7 reklamacja", "OggS\x00\x02 głos"
		keep := func(data string) string { return b.telegram.Keep(channelstest.File{Data: data}) }
		file := func(id, name, kind string, size int) map[string]any {
			return map[string]any{"file_id": id, "file_unique_id": "u", "file_name": name, "mime_type": kind, "file_size": size}
		}
		picture := keep(png)
		b.telegram.Expire() // the first address of a file has run out
		b.post(t, channelstest.TelegramNews(880002, "message", 42, somebody, map[string]any{"caption": "zrzut ekranu", "photo": []any{
			map[string]any{"file_id": keep("mniejsze"), "width": 90, "height": 60}, map[string]any{"file_id": picture, "width": 1280, "height": 853, "file_size": len(png)}}}))
		b.post(t, channelstest.TelegramNews(880004, "message", 43, somebody, map[string]any{"caption": "pismo", "document": file(keep(pdf), "reklamacja łóżka.pdf", "application/pdf", len(pdf))}))
		b.post(t, channelstest.TelegramNews(880005, "message", 44, somebody, map[string]any{"voice": map[string]any{"file_id": keep(ogg), "duration": 4, "mime_type": "audio/ogg", "file_size": len(ogg)}}))
		gone := keep("przepadło")
		b.telegram.Forget(gone)
		b.post(t, channelstest.TelegramNews(880006, "message", 45, somebody, map[string]any{"caption": "film", "document": file(keep(strings.Repeat("x", 20<<20+1)), "film.mp4", "video/mp4", 20<<20+1)}))
		b.post(t, channelstest.TelegramNews(880007, "message", 46, somebody, map[string]any{"caption": "stare", "document": file(gone, "stare.pdf", "application/pdf", 10)}))
		c := b.says(t, "stare")
		channelstest.Eventually(t, "nothing is fetched any more", func() bool {
			all := b.messages(t, c)
			return len(all) >= 5 && !slices.ContainsFunc(all, func(m spoken) bool { return len(m.Attachments) > 0 && m.Attachments[0].State == "fetching" })
		})
		for _, want := range []struct{ said, name, kind, data, lost string }{
			{"zrzut ekranu", "photo-42.jpg", "image/jpeg", png, ""},
			{"pismo", "reklamacja łóżka.pdf", "application/pdf", pdf, ""},
			{"", "voice-44.ogg", "audio/ogg", ogg, ""},
			{"film", "film.mp4", "video/mp4", "", "too-large"},
			{"stare", "stare.pdf", "application/pdf", "", "gone"},
		} {
			m := b.message(t, c, want.said)
			if len(m.Attachments) != 1 {
				t.Errorf("%q has the files %+v", want.said, m.Attachments)
				continue
			}
			f := m.Attachments[0]
			if f.Name != want.name || f.Type != want.kind || (f.State == "lost") != (want.lost != "") || f.Cause != want.lost {
				t.Errorf("%q has %+v, want %+v", want.said, f, want)
			}
			if want.lost != "" {
				continue
			}
			at, err := url.Parse(f.URL)
			if err != nil {
				t.Fatal(err)
			}
			if status, body := b.get(t, at.RequestURI()); status != 200 || body != want.data || f.Size != int64(len(want.data)) {
				t.Errorf("%s has %d bytes, answered with %d, said to have %d; want %d", f.Name, len(body), status, f.Size, len(want.data))
			}
		}
	})
}

// Whoever blocks the bot cannot be reached, which the agent sees; until they let it in again.
func TestTelegramBlocked(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, false)
		b.post(t, said(1, 41, "halo?"))
		c := b.says(t, "halo?")
		contact := b.matters(t, b.ania, "")[0].Contact.ID
		lost := func() bool {
			var is struct{ Identities []struct{ Lost bool } }
			b.must(t, "GET", "/v1/contacts/"+contact, b.ania, nil, &is)
			return len(is.Identities) == 1 && is.Identities[0].Lost
		}
		member := func(update int, status string) []byte {
			return fmt.Appendf(nil, `{"update_id":%d,"my_chat_member":{"chat":{"id":%s,"type":"private"},"from":{"id":%[2]s,"first_name":"Ola"},"date":%[4]d,"new_chat_member":{"user":{"id":7700077,"is_bot":true},"status":%[3]q}}}`,
				update, somebody, status, time.Now().Unix()+int64(update))
		}
		b.post(t, member(2, "kicked"))
		channelstest.Eventually(t, "they are lost", lost)
		b.post(t, member(3, "member"))
		channelstest.Eventually(t, "they are back", func() bool { return !lost() })
		b.post(t, member(2, "kicked")) // doubled, and late
		b.tally(t, map[string]int{"taken": 3})
		if lost() {
			t.Error("an old block counts")
		}
		answer := b.desk.say(t, map[string]any{"conversation": c, "text": "Jestem."})
		b.state(t, c, answer.seq(t), "handed_over")

		b.post(t, channelstest.TelegramNews(4, "message", 1, channelstest.TelegramBlocked, map[string]any{"text": "zaraz Was zablokuję"}))
		d := b.says(t, "zaraz Was zablokuję")
		answer = b.desk.say(t, map[string]any{"conversation": d, "text": "Proszę nie."})
		w := b.state(t, d, answer.seq(t), "failed")[0]
		if w.Cause != "unreachable" || w.Reason != "Forbidden: bot was blocked by the user" || len(w.History) != 1 {
			t.Errorf("the delivery: %+v", w)
		}
	})
}
