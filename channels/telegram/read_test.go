package telegram_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
	"centrala/channels/telegram"
)

// read is an update as it is read.
func read(t testing.TB, body string) centrala.Reading {
	t.Helper()
	r, err := telegram.New(telegram.Config{}).Read(inboxOf(false), centrala.Hook{Key: "7700077:1", Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Bad) > 0 {
		t.Fatalf("%s: %+v", body, r.Bad)
	}
	return r
}

// sample is an update of the contract.
func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func first(t testing.TB, body string) centrala.Inbound {
	t.Helper()
	r := read(t, body)
	if len(r.Items) != 1 || len(r.Skipped) != 0 {
		t.Fatalf("%s: %+v", body, r)
	}
	return r.Items[0]
}

// private wraps the fields of a message into an update of a private chat.
func private(fields string) string {
	return `{"update_id":1,"message":{"message_id":50,"date":1767607920,"from":{"id":5550001,"first_name":"Ola","last_name":"Nowak","language_code":"pl"},"chat":{"id":5550001,"type":"private"},` + fields + `}}`
}

func TestTheUpdatesOfTheContract(t *testing.T) {
	t.Parallel()
	ola := centrala.Address{Name: "Ola", Address: "5550001"}
	in := first(t, sample(t, "text"))
	if in.Kind.Says() != true || in.ExternalID != "7700077:5550001:41" || in.From != ola || in.Text != "Dzien dobry, nie dziala kod rabatowy LATO10" || in.Locale != "pl" || in.At.Unix() != 1767607920 || in.Digest == "" {
		t.Errorf("text: %+v", in)
	}
	in = first(t, sample(t, "photo"))
	if in.Text != "zrzut ekranu" || len(in.Attachments) != 1 || !same(in.Attachments[0], "photo-42.jpg", "image/jpeg", 180000, "AgA-x") {
		t.Errorf("photo: %+v", in)
	}
	in = first(t, sample(t, "edited"))
	if in.Kind != centrala.KindEdit || *in.About != (centrala.About{ID: "7700077:5550001:41", Version: 1767607990}) || in.Text != "Dzien dobry, nie dziala kod LATO15" || in.At.Unix() != 1767607990 || in.ExternalID == "7700077:5550001:41" {
		t.Errorf("edited: %+v", in)
	}
	in = first(t, sample(t, "document"))
	if in.About == nil || in.About.ID != "7700077:5550001:40" || in.Text != "" || in.Attachments[0].Name != "reklamacja.pdf" || in.Attachments[0].Type != "application/pdf" {
		t.Errorf("document: %+v", in)
	}
	if in = first(t, sample(t, "voice")); !same(in.Attachments[0], "voice-44.ogg", "audio/ogg", 9001, "AwA-1") {
		t.Errorf("voice: %+v", in)
	}
	if in = first(t, sample(t, "blocked")); in.Kind != centrala.KindReach || !in.About.Removed || in.From != ola || in.ExternalID == "" {
		t.Errorf("blocked: %+v", in)
	}
	if in = first(t, strings.Replace(sample(t, "blocked"), `"status":"kicked"`, `"status":"member"`, 1)); in.About.Removed {
		t.Errorf("back: %+v", in)
	}
	in = first(t, sample(t, "button"))
	if in.Kind != centrala.KindPostback || in.Text != "Zwrot" || in.Payload != "REFUND" || in.About.ID != "7700077:5550001:39" {
		t.Errorf("button: %+v", in)
	}
}

func same(p centrala.Part, name, mimeType string, size int64, handle string) bool {
	return p.Name == name && p.Type == mimeType && p.Size == size && p.Handle == handle && p.Open == nil
}

func TestEveryContentOfAMessage(t *testing.T) {
	t.Parallel()
	const f = `"file_id":"F","file_unique_id":"u","file_size":7`
	for fields, want := range map[string]string{
		`"audio":{` + f + `,"file_name":"piosenka.mp3","mime_type":"audio/mpeg"}`: "|piosenka.mp3 audio/mpeg",
		`"audio":{` + f + `}`:                            "|audio-50.mp3 audio/mpeg",
		`"video":{` + f + `},"caption":"film"`:           "film|video-50.mp4 video/mp4",
		`"video_note":{` + f + `}`:                       "|video-50.mp4 video/mp4",
		`"animation":{` + f + `},"document":{` + f + `}`: "|animation-50.mp4 video/mp4",
		`"document":{` + f + `,"file_name":"../../x\u202egpj.exe","mime_type":"nonsense"}`:                                               "|xgpj.exe ",
		`"sticker":{` + f + `,"emoji":"😀"}`:                                                                                              "😀|sticker-50.webp image/webp",
		`"sticker":{` + f + `,"emoji":"😀","is_animated":true}`:                                                                           "😀|sticker-50.tgs application/gzip",
		`"sticker":{` + f + `,"is_video":true}`:                                                                                          "|sticker-50.webm video/webm",
		`"contact":{"phone_number":"+48600100200","first_name":"Jan","last_name":"Kos"}`:                                                 "👤 Jan Kos, +48600100200",
		`"contact":{"phone_number":"+48600100200","first_name":""}`:                                                                      "👤 +48600100200",
		`"location":{"latitude":52.2297,"longitude":21.0122}`:                                                                            "📍 52.229700, 21.012200",
		`"venue":{"title":"Kiosk","address":"Prosta 1","location":{"latitude":1,"longitude":2}},"location":{"latitude":1,"longitude":2}`: "📍 Kiosk, Prosta 1 (1.000000, 2.000000)",
		`"poll":{"question":"Kawa?","options":[{"text":"Tak"},{"text":"Nie"}]}`:                                                          "📊 Kawa?\n○ Tak\n○ Nie",
		`"dice":{"emoji":"🎲","value":4}`:                                                                                                 "🎲 4",
		`"game":{"title":"Wąż"}`:                                                                                                         "🎮 Wąż",
		`"story":{"id":1,"chat":{"id":2}}`:                                                                                               "▢ story",
		`"paid_media":{"star_count":1}`:                                                                                                  "▢ paid media",
		`"text":"Patrz","forward_origin":{"type":"hidden_user","sender_user_name":"Kurier","date":1}`:                                    "↪ Kurier\nPatrz",
		`"text":"Patrz","forward_origin":{"type":"channel","chat":{"id":-1,"title":"Promocje"},"date":1}`:                                "↪ Promocje\nPatrz",
		`"text":"Patrz","forward_origin":{"type":"user","sender_user":{"id":1,"first_name":"Jan","last_name":"Kos"},"date":1}`:           "↪ Jan Kos\nPatrz",
		`"text":"a\u0000b\r\nc"`:                                                                                                         "ab\nc",
	} {
		in := first(t, private(fields))
		got := in.Text
		for _, p := range in.Attachments {
			got += "|" + p.Name + " " + p.Type
		}
		if got != want || in.From != (centrala.Address{Name: "Ola Nowak", Address: "5550001"}) {
			t.Errorf("%s is %q, want %q", fields, got, want)
		}
	}
	if in := first(t, private(`"contact":{"phone_number":"+48600100200","first_name":"Ola","user_id":5550001}`)); in.Phone != "+48600100200" || in.Proven.Phone {
		t.Errorf("the person's own number: %+v", in)
	}
	if in := first(t, private(`"contact":{"phone_number":"+48600100200","first_name":"Jan","user_id":5}`)); in.Phone != "" {
		t.Errorf("somebody else's number: %+v", in)
	}
	if in := first(t, private(`"text":"/start order-31"`)); in.Kind != centrala.KindPostback || in.Text != "/start order-31" || in.Payload != "order-31" {
		t.Errorf("a deep link: %+v", in)
	}
}

func TestWhatIsKeptAndSkipped(t *testing.T) {
	t.Parallel()
	group := func(kind, chat string) string {
		return `{"update_id":1,"` + kind + `":{"message_id":5,"date":1,"from":{"id":5550001,"first_name":"Ola"},"chat":{"id":-100,"type":"` + chat + `"},"text":"x"}}`
	}
	for body, want := range map[string]string{
		group("message", "supergroup"):                         "message in a supergroup",
		group("message", "group"):                              "message in a group",
		group("edited_message", "group"):                       "edited_message in a group",
		group("channel_post", "channel"):                       "channel_post",
		group("business_message", "none"):                      "business_message",
		`{"update_id":1,"message_reaction":{"chat":{"id":1}}}`: "message_reaction",
		`{"update_id":1,"made_up_in_2031":[1,2]}`:              "made_up_in_2031",
		`{"update_id":1}`:                                      "nothing",
		private(`"new_chat_title":"x"`):                        "message: new_chat_title",
		private(`"hologram":{},"gift_of":{}`):                  "message: gift_of, hologram",
		private(`"text":""`):                                   "message: text",
		private(`"text":"/start"`):                             "message: /start, without a payload",
		private(`"entities":[]`):                               "message: empty",
		private(`"text":"x","business_connection_id":"b"`):     "message of a business connection",
		`{"update_id":1,"message":{"message_id":5,"from":{"id":7,"is_bot":true},"chat":{"id":7,"type":"private"},"text":"x"}}`:       "message of a bot",
		`{"update_id":1,"edited_message":{"message_id":5,"chat":{"id":7,"type":"private"},"location":{"latitude":1,"longitude":2}}}`: "edited_message: a live location moved",
		`{"update_id":1,"my_chat_member":{"chat":{"id":-7,"type":"group"},"new_chat_member":{"status":"member"}}}`:                   "my_chat_member in a group",
		`{"update_id":1,"my_chat_member":{"chat":{"id":7,"type":"private"},"new_chat_member":{"status":"sleepy"}}}`:                  "my_chat_member: sleepy",
		`{"update_id":1,"callback_query":{"id":"q","from":{"id":7},"inline_message_id":"i","data":"x"}}`:                             "callback_query without its message",
	} {
		r := read(t, body)
		if len(r.Items) != 0 || !slices.Equal(r.Skipped, []string{want}) || r.What == "" {
			t.Errorf("%s: %+v, want %q", body, r, want)
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := telegram.New(telegram.Config{})
	for body, code := range map[string]string{
		``: "telegram.json", `[]`: "telegram.json", `null`: "telegram.json", `{"update_id":`: "telegram.json",
		`{"update_id":1,"message":"tajne słowa klienta"}`: "telegram.shape", `{"update_id":"tajne","message":{}}`: "telegram.shape",
		`{"update_id":1,"message":{"message_id":1e99}}`: "telegram.shape",
	} {
		_, err := c.Read(inboxOf(false), centrala.Hook{Body: []byte(body)})
		if channels.FaultCode(err) != code || strings.Contains(err.Error(), "tajne") {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`{"update_id":1,"message":{"chat":{"type":"private"},"text":"x"}}`, `{"update_id":1,"callback_query":{"message":{"chat":{"id":7,"type":"private"}}}}`} {
		r, err := c.Read(inboxOf(false), centrala.Hook{Body: []byte(body)})
		if err != nil || len(r.Bad) != 1 || r.Bad[0].Code != "telegram.incomplete" {
			t.Errorf("%s: %+v, %v", body, r, err)
		}
	}
}

// Ids have up to 52 bits, and a number that was read as a float would be another one.
func TestLargeIds(t *testing.T) {
	t.Parallel()
	in := first(t, `{"update_id":9007199254740993,"message":{"message_id":9007199254740993,"date":1,"chat":{"id":4503599627370497,"type":"private"},"text":"x"}}`)
	if in.From.Address != "4503599627370497" || in.ExternalID != "7700077:4503599627370497:9007199254740993" {
		t.Errorf("%+v", in)
	}
}

// The same hook is read the same after the inbox got another bot, whose message numbers are others.
func TestAnUpdateStaysThatOfItsBot(t *testing.T) {
	t.Parallel()
	c, inbox := telegram.New(telegram.Config{}), inboxOf(false)
	inbox.Account.Token = "88:another"
	for key, want := range map[string]string{"7700077:1": "7700077:5550001:41", "88:1": "88:5550001:41", "": "88:5550001:41"} {
		r, err := c.Read(inbox, centrala.Hook{Key: key, Body: []byte(sample(t, "text"))})
		if err != nil || r.Items[0].ExternalID != want {
			t.Errorf("%q: %+v, %v", key, r, err)
		}
	}
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	c := telegram.New(telegram.Config{})
	for shown, ok := range map[string]bool{secret: true, "the-one-before-it": true, "": false, secret + "x": false, strings.ToUpper(secret): false, "\n": false, secret + "\nthe-one-before-it": false} {
		key, err := c.Admit(inboxOf(false), channels.Posting{Header: http.Header{"X-Telegram-Bot-Api-Secret-Token": {shown}}, Body: []byte(sample(t, "text"))})
		var forged *channels.Forged
		if (err == nil) != ok || err != nil && !errors.As(err, &forged) || ok && key != "7700077:880001" {
			t.Errorf("%q: %q, %v", shown, key, err)
		}
	}
	bare := inboxOf(false)
	bare.Account.HookSecret = ""
	if _, err := c.Admit(bare, channels.Posting{Header: http.Header{}}); err == nil {
		t.Error("without a secret everybody is let in")
	}
	if _, err := c.Admit(centrala.Inbox{}, channels.Posting{Header: http.Header{}}); err == nil {
		t.Error("without an account everybody is let in")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	e := telegram.New(telegram.Config{}).Explain(t.Context(), strings.NewReader(sample(t, "edited")))
	if e.Outcome != centrala.Ingested || len(e.Inbound) != 1 || e.Inbound[0].Kind != "edit" || e.Inbound[0].About == nil {
		t.Errorf("%+v", e)
	}
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal("no samples")
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	c, inbox := telegram.New(telegram.Config{}), inboxOf(false)
	f.Fuzz(func(t *testing.T, body []byte) {
		h := centrala.Hook{Key: "7700077:1", At: time.Unix(1767607920, 0), Body: body}
		r, err := c.Read(inbox, h)
		if err != nil {
			if channels.FaultCode(err) == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("%v has no code", err)
			}
			return
		}
		if len(r.Items)+len(r.Skipped)+len(r.Bad) != 1 {
			t.Errorf("an update is told of %d times", len(r.Items)+len(r.Skipped)+len(r.Bad))
		}
		for _, in := range r.Items {
			if !utf8.ValidString(in.Text+in.From.Name+in.ExternalID+in.Payload) || bytes.ContainsRune([]byte(in.Text), 0) || in.ExternalID == "" || in.From.Address == "" || in.From.Address == "0" {
				t.Errorf("%+v cannot be stored", in)
			}
		}
		again, err := c.Read(inbox, h)
		if err != nil || fmt.Sprint(again.Items) != fmt.Sprint(r.Items) && len(r.Items) == 0 {
			t.Error("read otherwise the second time")
		}
	})
}
