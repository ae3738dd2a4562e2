package routing_test

import (
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/routing"
	"centrala/words"
)

func TestAcknowledgementNamesArticles(t *testing.T) {
	t.Parallel()
	c := routing.Courtesy{Locale: "pl", Base: "https://pomoc.example"}
	office := centrala.Hours{Zone: "Europe/Warsaw", Week: [7][]centrala.Span{1: {{From: 8 * 60, To: 16 * 60}}, 2: {{From: 8 * 60, To: 16 * 60}}}}
	night, noon := time.Date(2026, 11, 2, 22, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC) // a Monday
	one := func(id centrala.ArticleID, url string, readers ...centrala.Side) centrala.Suggestion {
		return centrala.Suggestion{ID: id, Title: "Kiedy wrócą pieniądze", Snippet: "Do 2 dni\nroboczych.", URL: url, Score: 0.9, Readers: readers}
	}
	all := []centrala.Suggestion{one(1, "/help/pl/a#karta"), one(2, "/help/en/b"), one(3, "/help/pl/tajny", centrala.Seller), one(4, "/help/pl/c"), one(5, "/help/pl/d"), one(6, "/help/pl/e")}
	ack := centrala.Acknowledgement{Conversation: centrala.Conversation{Number: 7, Subject: "Zwrot"}, Locale: "pl", Teams: []centrala.Team{{ID: 1, Hours: office}}, At: night, Articles: all}

	n := c.Acknowledge(ack)
	if len(n.Articles) != 3 || n.Articles[0] != 1 || n.Articles[1] != 4 || n.Articles[2] != 5 {
		t.Errorf("named %v", n.Articles)
	}
	want := "\n" + words.For("pl").MeanwhileRead() + "\n\nKiedy wrócą pieniądze\nDo 2 dni roboczych.\nhttps://pomoc.example/help/pl/a#karta\n\n"
	if !strings.Contains(n.Text, want) || strings.Contains(n.Text, "tajny") || strings.Contains(n.Text, "/en/") || strings.Contains(n.Text, "/pl/e") {
		t.Errorf("%s", n.Text)
	}
	if strings.Contains(n.Text, "?") && strings.Contains(n.Text, "pl/a?") {
		t.Error("a link carries something of its reader")
	}

	bare := ack
	bare.Articles = nil
	plain := c.Acknowledge(bare)
	for what, change := range map[string]func(*centrala.Acknowledgement){
		"while the team is there": func(a *centrala.Acknowledgement) { a.At = noon },
		"nothing found":           func(a *centrala.Acknowledgement) { a.Articles = nil },
		"in another language":     func(a *centrala.Acknowledgement) { a.Articles = all[1:2] },
		"around the clock":        func(a *centrala.Acknowledgement) { a.Teams = []centrala.Team{{ID: 1}} },
	} {
		a := ack
		change(&a)
		if got := c.Acknowledge(a); len(got.Articles) != 0 || strings.Contains(got.Text, "/help/") {
			t.Errorf("%s: %v\n%s", what, got.Articles, got.Text)
		}
	}
	held := ack
	held.Held = true
	if got := c.Acknowledge(held); got.Text != plain.Text || len(got.Articles) != 3 {
		t.Errorf("held back: %v\n%s", got.Articles, got.Text)
	}
}
