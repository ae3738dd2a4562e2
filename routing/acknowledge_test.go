package routing_test

import (
	"testing"
	"time"

	"centrala"
	"centrala/routing"
	"centrala/words"
)

func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	day := []centrala.Span{{From: 480, To: 1200}}
	shop := centrala.Hours{Zone: "Europe/Warsaw", Week: [7][]centrala.Span{6: {{From: 540, To: 840}}, 1: day, 2: day, 3: day, 4: day, 5: day}}
	open := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) // a Friday, 10:00 in Warsaw
	closed := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		locale string
		hours  centrala.Hours
		at     time.Time
		want   string
	}{
		{"pl", shop, open, "Odpowiadamy: pon.–pt. 8:00–20:00, sob. 9:00–14:00. Dziś jesteśmy do 20:00."},
		{"en", shop, open, "We answer Mon–Fri 8:00–20:00, Sat 9:00–14:00. Today we are here until 20:00."},
		{"pl", shop, closed, "Odpowiadamy: pon.–pt. 8:00–20:00, sob. 9:00–14:00. Teraz nas nie ma, wracamy: poniedziałek 30.11, 8:00."},
		{"en", shop, closed, "We answer Mon–Fri 8:00–20:00, Sat 9:00–14:00. We are closed now and back on Monday 30 November at 8:00."},
		{"pl", centrala.Hours{}, open, "Odpowiadamy całą dobę."},
		{"en", centrala.Hours{Zone: "Nowhere/Else", Week: shop.Week}, open, ""},
		{"en", centrala.Hours{Zone: "Europe/Warsaw", Week: [7][]centrala.Span{3: {{From: 480, To: 720}, {From: 780, To: 960}}}}, closed,
			"We answer Wed 8:00–12:00 and 13:00–16:00. We are closed now and back on Wednesday 2 December at 8:00."},
	} {
		if got := routing.OfficeHours(words.For(c.locale), c.hours, c.at); got != c.want {
			t.Errorf("%s at %v: %q, want %q", c.locale, c.at, got, c.want)
		}
	}
	a := centrala.Acknowledgement{Conversation: centrala.Conversation{Number: 20417, Subject: "Zwrot butów", Side: centrala.Buyer}, To: centrala.Address{Name: "Jan"}, At: open,
		Teams: []centrala.Team{{ID: 1, Name: "Inni"}, {ID: 2, Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}, Hours: shop}}, // whose side it is, before anybody has it
		Inbox: centrala.Inbox{AckText: map[string]string{"pl": "{{name}}, mamy „{{subject}}” (#{{number}}). {{hours}}"}}}
	n := routing.Courtesy{}.Acknowledge(a)
	if want := "Jan, mamy „Zwrot butów” (#20417). Odpowiadamy: pon.–pt. 8:00–20:00, sob. 9:00–14:00. Dziś jesteśmy do 20:00.\n"; n.Text != want || n.Subject != "Re: Zwrot butów [#20417]" || n.Locale != "pl" {
		t.Errorf("got %+v, want the text %q", n, want)
	}
	a.Teams = a.Teams[1:]
	a.Conversation.Side = centrala.Seller
	if n := (routing.Courtesy{}).Acknowledge(a); n.Text != "Jan, mamy „Zwrot butów” (#20417). \n" {
		t.Errorf("hours are told of nobody: %q", n.Text)
	}
	a.Locale = "en"
	if n := (routing.Courtesy{Locale: "en"}).Acknowledge(a); n.Locale != "en" || n.Text[:6] != "Hello!" {
		t.Errorf("in English: %+v", n)
	}
}
