package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/webhook"
)

var came = time.Date(2026, 1, 5, 10, 12, 0, 0, time.UTC)

// read is a body as it is read.
func read(t testing.TB, c *webhook.Channel, inbox centrala.Inbox, body string) centrala.Reading {
	t.Helper()
	r, err := c.Read(inbox, centrala.Hook{Inbox: inbox.ID, Channel: centrala.Webhook, At: came, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one is what a single event tells.
func one(t testing.TB, event string) centrala.Inbound {
	t.Helper()
	r := read(t, webhook.New(webhook.Config{}), centrala.Inbox{ID: 7}, `{"v":1,"events":[`+event+`]}`)
	if len(r.Items) != 1 || len(r.Bad) != 0 || len(r.Skipped) != 0 {
		t.Fatalf("%s: %+v", event, r)
	}
	return r.Items[0]
}

func TestWhoIsMeant(t *testing.T) {
	t.Parallel()
	in := one(t, `{"type":"message","id":"a1","text":"Hej","from":{"id":"u-77","aliases":["old-77"],"name":" Ola\u202e\n","email":"Ola@Example.test","phone":"600 100 200",
		"side":"seller","locale":"pl-PL","verified":["email","shoe size"]},"new field":{"is":["ignored"]}}`)
	if in.From != (centrala.Address{Name: "Ola", Address: "u-77"}) || !slices.Equal(in.Aliases, []string{"old-77"}) || in.Email != "ola@example.test" || in.Phone != "600 100 200" ||
		in.Side != centrala.Seller || in.Locale != "pl-PL" || in.Proven != (centrala.Proven{Email: true}) || !in.At.Equal(came) {
		t.Errorf("%+v", in)
	}
	for from, want := range map[string]string{
		`{"phone":"600 100 200"}`:                            "tel:+48600100200",
		`{"phone":"0048 600-100-200","email":"a@b.test"}`:    "tel:+48600100200",
		`{"phone":"anonymous","email":"Ola@Example.test"}`:   "mailto:ola@example.test",
		`{"id":"u-1","phone":"anonymous"}`:                   "u-1",
		`{"id":"u-1","verified":["phone"],"phone":"hidden"}`: "u-1",
	} {
		in := one(t, `{"type":"message","id":"a","text":"x","from":`+from+`}`)
		if in.From.Address != want || in.Proven != (centrala.Proven{}) {
			t.Errorf("%s is %q, %+v", from, in.From.Address, in.Proven)
		}
	}
}

func TestEveryTypeTellsWhatThePageSays(t *testing.T) {
	t.Parallel()
	const from = `"from":{"id":"u-1","phone":"+48 600 100 200"}`
	at, ours := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), centrala.DeliveryID(31)
	for event, want := range map[string]centrala.Inbound{
		`{"type":"message","id":"a1",` + from + `,"text":"Hej\r\nho\u0000","conversation":"order-31","answers":"their-1","at":"2026-01-05T11:00:00+01:00"}`: {
			Kind: centrala.KindMessage, ExternalID: "a1", Text: "Hej\nho", ThreadID: "order-31", About: &centrala.About{ID: "their-1"}, At: at},
		`{"type":"message","id":"a2",` + from + `,"text":"z przyszłości","at":"2039-01-01T00:00:00Z"}`: {Kind: centrala.KindMessage, ExternalID: "a2", Text: "z przyszłości", At: came},
		`{"type":"message","id":"a3",` + from + `,"text":"x","answers":"` + ours.String() + `"}`: {
			Kind: centrala.KindMessage, ExternalID: "a3", Text: "x", About: &centrala.About{ID: ours.String(), Ours: ours}, At: came},
		`{"type":"postback","id":"p1",` + from + `,"text":"Tak","payload":"YES"}`: {Kind: centrala.KindPostback, ExternalID: "p1", Text: "Tak", Payload: "YES", At: came},
		`{"type":"postback","id":"p2",` + from + `,"payload":"YES"}`:              {Kind: centrala.KindPostback, ExternalID: "p2", Text: "YES", Payload: "YES", At: came},
		`{"type":"comment","id":"c1",` + from + `,"text":"Ile?","post":{"id":"77","title":"Rower","url":"https://x.test/77"}}`: {
			Kind: centrala.KindComment, ExternalID: "c1", Text: "Ile?", At: came, Matters: []centrala.Matter{{Kind: "post", ID: "77", Title: "Rower", URL: "https://x.test/77"}}},
		`{"type":"edit","id":"e1","about":"a1","text":"Hej, ho","version":3}`:   {Kind: centrala.KindEdit, ExternalID: "edit:e1", Text: "Hej, ho", About: &centrala.About{ID: "a1", Version: 3}, At: came},
		`{"type":"edit","about":"a1","text":"Hej","at":"2026-01-05T10:00:00Z"}`: {Kind: centrala.KindEdit, Text: "Hej", About: &centrala.About{ID: "a1", Version: at.UnixMilli()}, At: at},
		`{"type":"unsend","about":"a1"}`:                                        {Kind: centrala.KindUnsend, About: &centrala.About{ID: "a1"}, At: came},
		`{"type":"reaction","about":"their-1","emoji":"👍"}`:                     {Kind: centrala.KindReaction, About: &centrala.About{ID: "their-1", Emoji: "👍"}, At: came},
		`{"type":"reaction","about":"their-1","removed":true}`:                  {Kind: centrala.KindReaction, About: &centrala.About{ID: "their-1", Removed: true}, At: came},
		`{"type":"delivery","about":"their-1","state":"delivered"}`:             {Kind: centrala.KindDelivery, About: &centrala.About{ID: "their-1", State: centrala.Delivered}, At: came},
		`{"type":"delivery","delivery":"` + ours.String() + `","state":"failed","reason":"off","cause":"unreachable"}`: {
			Kind: centrala.KindDelivery, About: &centrala.About{Ours: ours, State: centrala.DeliveryFailed, Reason: "off", Cause: centrala.Unreachable}, At: came},
		`{"type":"delivery","about":"` + ours.String() + `","state":"read","cause":"we made this up"}`: {
			Kind: centrala.KindDelivery, About: &centrala.About{ID: ours.String(), Ours: ours, State: centrala.DeliveryRead}, At: came},
		`{"type":"read",` + from + `,"upto":"2026-01-05T10:00:00Z"}`: {Kind: centrala.KindRead, About: &centrala.About{Upto: at, State: centrala.DeliveryRead}, At: came},
		`{"type":"read","about":"their-1"}`:                          {Kind: centrala.KindRead, About: &centrala.About{ID: "their-1", State: centrala.DeliveryRead}, At: came},
		`{"type":"echo","id":"x-1","delivery":"` + ours.String() + `"}`: {
			Kind: centrala.KindEcho, ExternalID: "echo:x-1", About: &centrala.About{ID: "x-1", Ours: ours}, At: came},
		`{"type":"echo","id":"x-2",` + from + `,"text":"z telefonu"}`: {Kind: centrala.KindEcho, ExternalID: "x-2", Text: "z telefonu", At: came},
		`{"type":"reach",` + from + `,"removed":true}`:                {Kind: centrala.KindReach, About: &centrala.About{Removed: true, Version: came.UnixMilli()}, At: came},
		`{"type":"matter",` + from + `,"matters":[{"kind":"order","id":"31","status":"SENT","due":"2026-01-05T10:00:00Z"}]}`: {
			Kind: centrala.KindMatter, Matters: []centrala.Matter{{Kind: "order", ID: "31", Status: "SENT", Due: at}}, At: came},
	} {
		got := one(t, event)
		if got.Channel != centrala.Webhook || got.Inbox != 7 || got.Digest == "" || got.FullText != got.Text {
			t.Errorf("%s: %+v", event, got)
		}
		if got.Kind != want.Kind || got.ExternalID != want.ExternalID || got.Text != want.Text || got.Payload != want.Payload || got.ThreadID != want.ThreadID ||
			fmt.Sprintf("%+v", got.About) != fmt.Sprintf("%+v", want.About) || fmt.Sprintf("%+v", got.Matters) != fmt.Sprintf("%+v", want.Matters) || !got.At.Equal(want.At) {
			t.Errorf("%s:\n%+v %+v\n%+v %+v", event, got, got.About, want, want.About)
		}
	}
}

func TestACallIsAConversationOfItsOwn(t *testing.T) {
	t.Parallel()
	const from = `"from":{"phone":"+48 22 000 20 20","name":"Hurtownia"}`
	in := one(t, `{"type":"call","id":"c-88",`+from+`,"direction":"in","duration_s":200,"recording":"https://pbx.example.test/r/88.mp3","text":"Prosi o fakturę."}`)
	if in.Kind != centrala.KindMessage || in.Channel != centrala.Phone || in.ThreadID != "call:c-88" || in.ExternalID != "c-88" ||
		in.Text != "☎ ← +48 22 000 20 20 · 3:20\nProsi o fakturę." || len(in.Attachments) != 1 || in.Attachments[0].Name != "88.mp3" || in.Attachments[0].Handle != "https://pbx.example.test/r/88.mp3" {
		t.Errorf("%+v", in)
	}
	if m := in.Matters; len(m) != 1 || m[0] != (centrala.Matter{Kind: "call", ID: "c-88", Title: "+48 22 000 20 20", Status: "in, 200 s"}) {
		t.Errorf("%+v", m)
	}
	if in := one(t, `{"type":"call","id":"c-89",`+from+`,"direction":"out","missed":true}`); in.Text != "☎ → +48 22 000 20 20 · ✕" || in.Matters[0].Status != "out, missed" {
		t.Errorf("%+v", in)
	}
	if in := one(t, `{"type":"call","id":"c-90",`+from+`,"duration_s":3725}`); in.Text != "☎ ← +48 22 000 20 20 · 1:02:05" {
		t.Errorf("%+v", in)
	}
	in = one(t, `{"type":"callback","id":"cb-12",`+from+`,"due":"2026-01-05T13:00:00+01:00","text":"Po 12."}`)
	if in.Kind != centrala.KindMessage || in.Channel != centrala.Phone || in.ThreadID != "call:cb-12" || in.Text != "☎ ↺ +48 22 000 20 20\nPo 12." ||
		in.Matters[0] != (centrala.Matter{Kind: "callback", ID: "cb-12", Title: "+48 22 000 20 20", Due: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}) {
		t.Errorf("%+v", in)
	}
}

// What cannot be read is named, and leaves the others alone.
func TestOneBadEventLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	const good = `{"type":"message","id":"ok","from":{"id":"u"},"text":"dobra"}`
	for event, why := range map[string]string{
		`[]`:                 "is a array",
		`{"id":"a"}`:         "type is missing",
		`{"type":"message"}`: "from is missing",
		`{"type":"message","from":{"id":"u"},"text":"x"}`:                                                       "id is missing",
		`{"type":"message","id":"a","from":{"id":"u"}}`:                                                         "neither text nor a file",
		`{"type":"message","id":"a","from":{},"text":"x"}`:                                                      "from has no id",
		`{"type":"message","id":"a","from":{"phone":"12"},"text":"x"}`:                                          "from has no id",
		`{"type":"message","id":"a","from":{"id":"u","email":"x"},"text":"x"}`:                                  "from.email",
		`{"type":"message","id":"a","from":{"id":"u","side":"boss"},"text":"x"}`:                                "from.side",
		`{"type":"message","id":"a","from":{"id":7},"text":"x"}`:                                                "from.id is a number",
		`{"type":"message","id":"a","from":{"id":"u"},"text":"x","at":"yesterday"}`:                             "RFC 3339",
		`{"type":"message","id":"` + strings.Repeat("a", 201) + `","from":{"id":"u"},"text":"x"}`:               "id has more than 200 bytes",
		`{"type":"message","id":"a\u0007","from":{"id":"u"},"text":"x"}`:                                        "id has more than",
		`{"type":"message","id":"a","from":{"id":"u"},"text":"x","matters":[{"kind":"fish","id":"1"}]}`:         "kind is one of",
		`{"type":"matter","from":{"id":"u"},"matters":[{"kind":"order","id":"1","url":"javascript:alert(1)"}]}`: "url is an http",
		`{"type":"matter","from":{"id":"u"}}`:                                                                   "matters is missing",
		`{"type":"edit","text":"x"}`:                                                                            "about is missing",
		`{"type":"edit","about":"a"}`:                                                                           "an unsend",
		`{"type":"unsend"}`:                                                                                     "about is missing",
		`{"type":"reaction","about":"a"}`:                                                                       "emoji is missing",
		`{"type":"delivery","about":"a","state":"lost"}`:                                                        "state is",
		`{"type":"delivery","delivery":"x","state":"read"}`:                                                     "none of our ids",
		`{"type":"delivery","state":"read"}`:                                                                    "about and delivery are missing",
		`{"type":"read","upto":"2026-01-05T10:00:00Z"}`:                                                         "from is missing",
		`{"type":"echo","id":"x","from":{"id":"u"}}`:                                                            "neither delivery",
		`{"type":"call","id":"c","from":{"id":"u"},"direction":"up"}`:                                           "direction is",
		`{"type":"call","id":"c","from":{"id":"u"},"duration_s":-1}`:                                            "duration_s",
		`{"type":"callback","id":"c","from":{"id":"u"}}`:                                                        "from.phone is missing",
	} {
		r := read(t, webhook.New(webhook.Config{}), centrala.Inbox{ID: 7}, `{"v":1,"events":[`+good+`,`+event+`,`+good+`]}`)
		if len(r.Items) != 2 || len(r.Bad) != 1 || r.Bad[0].Code != "webhook.event" || !strings.HasPrefix(r.Bad[0].Detail, "event 2: ") || !strings.Contains(r.Bad[0].Detail, why) {
			t.Errorf("%s: %d items, %+v", event, len(r.Items), r.Bad)
		}
	}
}

func TestAFileThatCannotBeTakenLosesNoWords(t *testing.T) {
	t.Parallel()
	c := webhook.New(webhook.Config{})
	for _, address := range []string{"http://a.test/x", "file:///etc/passwd", "https://u:p@a.test/x", "https:///x", "//a.test/x", "javascript:1", "https://a.test/" + strings.Repeat("x", 3000)} {
		r := read(t, c, centrala.Inbox{ID: 7}, fmt.Sprintf(`{"v":1,"type":"message","id":"a","from":{"id":"u"},"text":"x","files":[{"url":%q},{"url":"https://a.test/d/../b%%20c.pdf?x=1","type":"application/pdf; x=y"}]}`, address))
		if len(r.Items) != 1 || len(r.Bad) != 1 || len(r.Items[0].Attachments) != 1 || strings.Contains(r.Bad[0].Detail, "passwd") {
			t.Fatalf("%s: %+v", address, r)
		}
		if p := r.Items[0].Attachments[0]; p.Name != "b c.pdf" || p.Type != "application/pdf" {
			t.Errorf("%+v", p)
		}
	}
	r := read(t, c, centrala.Inbox{ID: 7}, `{"v":1,"type":"message","id":"a","from":{"id":"u"},"files":[`+strings.Repeat(`{"url":"https://a.test/x","name":"../../etc/passwd"},`, 11)+`{"url":"https://a.test/y"}]}`)
	if len(r.Items) != 1 || len(r.Items[0].Attachments) != 10 || len(r.Bad) != 1 || r.Items[0].Attachments[0].Name != "passwd" {
		t.Errorf("%+v", r)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	c := webhook.New(webhook.Config{})
	r := read(t, c, centrala.Inbox{ID: 7}, `{"v":1,"events":[{"type":"typing","from":7},{"type":"message","id":"a","from":{"id":"u"},"text":"x"},{"type":"hologram"}]}`)
	if !slices.Equal(r.Skipped, []string{"typing", "hologram"}) || len(r.Items) != 1 || len(r.Bad) != 0 || r.What != "typing, message, hologram" || r.Parser == 0 {
		t.Errorf("%+v", r)
	}
	for body, code := range map[string]string{
		`{"v":2,"events":[]}`: "webhook.version", `{"v":1.0,"type":"ping"}`: "webhook.version", `{"events":[]}`: "webhook.post", `{"v":1}`: "webhook.post", `[]`: "webhook.post", ``: "webhook.post",
		`{"v":1,"events":{}}`: "webhook.post", `{"v":1,"events":[` + strings.Repeat(`{"type":"typing"},`, 1000) + `{"type":"typing"}]}`: "webhook.post",
	} {
		_, err := c.Read(centrala.Inbox{ID: 7}, centrala.Hook{Body: []byte(body)})
		if channels.FaultCode(err) != code {
			t.Errorf("%.60s: %v", body, err)
		}
	}
	if r := read(t, c, centrala.Inbox{ID: 7}, `{"v":1,"events":[]}`); len(r.Items)+len(r.Bad)+len(r.Skipped) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestAThousandEventsAtOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&b, `,{"type":"message","id":"m%d","from":{"id":"u%d"},"text":"Wiadomość %d"}`, n, n%50, n)
	}
	body := `{"v":1,"events":[` + b.String()[1:] + `]}`
	began := time.Now()
	r := read(t, webhook.New(webhook.Config{}), centrala.Inbox{ID: 7}, body)
	if len(r.Items) != 1000 || len(r.Bad) != 0 || r.Items[999].Text != "Wiadomość 999" || time.Since(began) > 10*time.Second {
		t.Errorf("%d items in %v, %v", len(r.Items), time.Since(began), r.Bad)
	}
}

// The signature is known by a vector that was made by hand: printf '%s.%s' … | openssl dgst.
func TestSignatures(t *testing.T) {
	t.Parallel()
	const body, stamp = `{"v":1,"type":"ping"}`, 1767607920
	at := time.Unix(stamp, 0)
	good := webhook.Sign([]string{"sekret"}, []byte(body), at)
	if want := "t=1767607920,v1=" + vector; good != want {
		t.Fatalf("%s, want %s", good, want)
	}
	both := webhook.Sign([]string{"nowy", "sekret"}, []byte(body), at)
	for _, c := range []struct {
		secrets, header, body string
		at                    time.Time
		ok                    bool
	}{
		{"sekret", good, body, at, true},
		{"nowy sekret", good, body, at.Add(5 * time.Minute), true},
		{"sekret", both, body, at.Add(-5 * time.Minute), true},
		{"sekret", "v1=00, t=1767607920 ,v2=77, v1=" + vector + ",v1=zz", body, at, true},
		{"sekret", good, body + " ", at, false},
		{"inny", good, body, at, false},
		{"", good, body, at, false},
		{"sekret", good, body, at.Add(5*time.Minute + time.Second), false},
		{"sekret", good, body, at.Add(-5*time.Minute - time.Second), false},
		{"sekret", strings.Replace(good, "1767607920", "1767607921", 1), body, at, false},
		{"sekret", good + ",t=1767607920", body, at, false},
		{"sekret", "t=1767607920", body, at, false},
		{"sekret", "v1=" + vector, body, at, false},
		{"sekret", "t=x,v1=" + vector, body, at, false},
		{"sekret", "t=99999999999999999999,v1=" + vector, body, at, false},
		{"sekret", "t=1767607920" + strings.Repeat(",v1="+strings.Repeat("0", 64), 8) + ",v1=" + vector, body, at, false},
		{"sekret", strings.ToUpper(good), body, at, false},
		{"sekret", "", body, at, false},
	} {
		inbox := centrala.Inbox{Account: &centrala.Account{HookSecret: strings.ReplaceAll(c.secrets, " ", "\n")}}
		key, err := webhook.New(webhook.Config{}).Admit(inbox, channels.Posting{Header: http.Header{"Centrala-Signature": {c.header}}, Body: []byte(c.body), At: c.at})
		var forged *channels.Forged
		if (err == nil) != c.ok || err != nil && !errors.As(err, &forged) || key != "" {
			t.Errorf("%q, %q at %v: %q, %v", c.secrets, c.header, c.at, key, err)
		}
	}
	if _, err := webhook.New(webhook.Config{}).Admit(centrala.Inbox{}, channels.Posting{}); err == nil {
		t.Error("an inbox without an account lets somebody in")
	}
}

const vector = "cd476cf48ba567ced835b3b66592f0717e78a1bd0e84c2ca286e2f1d4d3d2f4e"
