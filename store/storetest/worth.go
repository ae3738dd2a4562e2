package storetest

import (
	"fmt"
	"testing"
	"time"

	"centrala"
	"centrala/deflection"
)

func worthCases() []testCase {
	return []testCase{
		{"worth/people of both groups, once their day is over", worthOfPeople},
		{"worth/articles, who wrote after them, and places", worthOfArticles},
		{"worth/an article that stopped helping is told of", worthFlags},
		{"worth/of the bot", worthOfBot},
		{"question/listed by time, language and side, with what was answered", questionsListed},
	}
}

// worth is what is told of the last days.
func (h *house) worth(t *testing.T, days int, sides ...centrala.Side) deflection.Report {
	t.Helper()
	now := h.clock.now()
	r, err := h.Deflected(t.Context(), now.Add(-time.Duration(days)*deflection.Day), now.Add(time.Minute), sides)
	need(t, err)
	return r
}

func worthOfPeople(t *testing.T, h *house) {
	a := h.written(t)
	writes := func(visitor centrala.Contact) {
		h.say(t, h.post(visitor, "1", "pytanie"))
	}
	var shown, held []centrala.Contact
	for range 5 {
		k, _ := h.customer()
		shown = append(shown, k)
		h.step(t, "offered", h.post(k, "", "").Sender, a.ID)
	}
	for range 3 {
		k, _ := h.customer()
		held = append(held, k)
		h.step(t, "held", h.post(k, "", "").Sender, a.ID)
	}
	visitor := func(i int) string { return h.post(shown[i], "", "").Sender }
	h.step(t, "opened", visitor(0), a.ID)
	h.step(t, "solved", visitor(0), a.ID)
	h.step(t, "opened", visitor(1), a.ID)
	h.step(t, "solved", visitor(1), a.ID)
	h.step(t, "unsolved", visitor(2), a.ID)
	h.clock.move(time.Hour)
	writes(shown[1])
	writes(shown[2])
	writes(held[0])
	writes(held[1])
	h.handled(t)
	h.clock.move(22 * time.Hour)
	if r := h.worth(t, 30); r.Shown.People.People != 0 || r.Held.People != 0 {
		t.Errorf("their day is not over: %+v", r)
	}
	h.clock.move(3 * time.Hour)
	writes(shown[3]) // 26 hours later
	h.handled(t)
	r := h.worth(t, 30)
	same(t, "shown", r.Shown, deflection.Shown{People: deflection.People{People: 5, Contacted: 2}, Opened: 2, Solved: 2, Quiet: 1, Unsolved: 1})
	same(t, "held", r.Held, deflection.People{People: 3, Contacted: 2})
	if r.Difference != nil || r.Low != nil || r.High != nil || r.Least != deflection.LeastPeople {
		t.Errorf("of so few nothing is told: %+v", r)
	}
	same(t, "of buyers", h.worth(t, 30, centrala.Buyer).Shown, r.Shown)
	same(t, "of sellers", h.worth(t, 30, centrala.Seller).Shown, deflection.Shown{})
	h.clock.move(40 * deflection.Day)
	same(t, "long ago", h.worth(t, 30).Shown, deflection.Shown{})
}

func worthOfArticles(t *testing.T, h *house) {
	ctx := t.Context()
	a := h.written(t)
	b, err := h.SaveArticle(ctx, article("b"))
	need(t, err)
	for i := range 4 {
		k, _ := h.customer()
		v := h.post(k, "", "").Sender
		h.step(t, "offered", v, a.ID, b.ID)
		h.step(t, "opened", v, a.ID)
		switch i {
		case 0:
			h.step(t, "solved", v, a.ID)
		case 1:
			h.step(t, "unsolved", v, a.ID)
			h.clock.move(time.Hour)
			h.begins(t, k, "1")
		case 2: // wrote, then opened another one: that prevents nothing any more
			h.clock.move(time.Minute)
			h.begins(t, k, "1")
			h.clock.move(time.Minute)
			h.step(t, "opened", v, b.ID)
		}
	}
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "solved", Place: centrala.AtHelp, Articles: []centrala.ArticleID{b.ID}}))
	h.clock.move(deflection.Day + 2*time.Hour)
	h.step(t, "opened", "v_today", a.ID)
	r := h.worth(t, 30)
	same(t, "articles", r.Articles, []deflection.ArticleHelp{
		{ID: a.ID, Title: a.Title, Opened: 5, Told: 2, Solved: 1, Watched: 4, Quiet: 2},
		{ID: b.ID, Title: b.Title, Opened: 1, Told: 1, Solved: 1},
	})
	same(t, "places", r.Places, []deflection.PlaceCount{{Place: centrala.AtHelp, Solved: 1}, {Place: centrala.AtWidget, Offered: 8, Opened: 6, Solved: 1, Unsolved: 1}})
	need(t, h.RemoveArticle(ctx, b.ID))
	same(t, "of an article that is gone the counts stay", h.worth(t, 30).Articles[1], deflection.ArticleHelp{ID: b.ID, Opened: 1, Told: 1, Solved: 1})
	help, err := h.Help(ctx, a.ID, 30)
	need(t, err)
	same(t, "at the article", help, deflection.Help{Days: 30, Opened: 5, Told: 2, Solved: 1, Quiet: 2, Watched: 4, Versions: []deflection.VersionHelp{{Number: 1, Told: 2, Solved: 1}}})
	help, err = h.Help(ctx, 42, 7)
	need(t, err)
	same(t, "of none", help, deflection.Help{Days: 7, Versions: []deflection.VersionHelp{}})
}

// judged has several people say something of an article.
func (h *house) judged(t *testing.T, a centrala.Article, solved, unsolved int) {
	t.Helper()
	for i := range solved + unsolved {
		kind := "solved"
		if i >= solved {
			kind = "unsolved"
		}
		need(t, h.Offer(t.Context(), centrala.Deflection{Kind: kind, Place: centrala.AtHelp, Articles: []centrala.ArticleID{a.ID}}))
	}
}

func worthFlags(t *testing.T, h *house) {
	ctx := t.Context()
	a := h.written(t)
	h.judged(t, a, 36, 4)
	h.clock.move(40 * deflection.Day)
	h.judged(t, a, 18, 17)
	flag := func() deflection.Flag {
		t.Helper()
		help, err := h.Help(ctx, a.ID, 30)
		need(t, err)
		if r := h.worth(t, 30); len(r.Articles) > 0 && r.Articles[0].Flag != help.Flag {
			t.Errorf("the report says %q", r.Articles[0].Flag)
		}
		return help.Flag
	}
	same(t, "it helps less than it did", flag(), deflection.Worse)
	a.Body += "\n\nInaczej."
	_, err := h.SaveArticle(ctx, a)
	need(t, err)
	h.clock.move(time.Minute)
	h.judged(t, a, 5, 30)
	same(t, "its newest version helps less", flag(), deflection.WorseSince)
	help, err := h.Help(ctx, a.ID, 30)
	need(t, err)
	same(t, "versions", help.Versions, []deflection.VersionHelp{{Number: 2, Told: 35, Solved: 5}, {Number: 1, Told: 75, Solved: 54}})
	h.clock.move(130 * deflection.Day)
	same(t, "of long ago nothing is said", flag(), deflection.Fine)
}

func worthOfBot(t *testing.T, h *house) {
	ctx := t.Context()
	a := h.written(t)
	var in []centrala.Conversation
	for range 4 {
		in = append(in, h.matter(t, centrala.Buyer))
	}
	step := func(i int, kind string) {
		t.Helper()
		need(t, h.Offer(ctx, centrala.Deflection{Kind: kind, Place: centrala.AtBot, Articles: []centrala.ArticleID{a.ID}, Conversation: in[i].ID, Visitor: fmt.Sprint("v_bot", i), Side: centrala.Buyer}))
	}
	for i := range 4 {
		step(i, "offered")
	}
	for i := range 3 {
		step(i, "opened")
	}
	step(0, "solved")
	h.do(t, in[0].ID, centrala.Resolve{})
	step(1, "unsolved")
	h.say(t, h.reply(h.ania, in[1].ID, "1", "Dzień dobry, już pomagam."))
	h.do(t, in[2].ID, centrala.Resolve{}) // and nobody said anything
	same(t, "the bot", h.worth(t, 30).Bot, deflection.Bot{Answered: 3, Solved: 1, Unsolved: 1, HandedOver: 1})
}

func questionsListed(t *testing.T, h *house) {
	ctx := t.Context()
	ask := func(q centrala.Question) {
		t.Helper()
		_, err := h.Asked(ctx, q)
		need(t, err)
		h.clock.move(time.Second)
	}
	c := h.matter(t, centrala.Buyer)
	ask(centrala.Question{Text: "dawno temu", Locale: "pl", Side: centrala.Buyer})
	h.clock.move(31 * deflection.Day)
	ask(centrala.Question{Text: "limit kampanii", Locale: "pl", Side: centrala.Advertiser, Found: 1, Nearest: 7, Score: 0.6})
	ask(centrala.Question{Text: "campaign limit", Locale: "en", Side: centrala.Advertiser})
	ask(centrala.Question{Text: "zwrot za wulkanizację", Locale: "pl", Side: centrala.Buyer, Conversation: c.ID})
	ask(centrala.Question{Text: "kto to wie", Locale: "pl"})
	since := h.clock.now().Add(-30 * deflection.Day)
	for _, w := range []struct {
		locale string
		sides  []centrala.Side
		want   int
	}{{"", nil, 4}, {"pl", nil, 3}, {"", []centrala.Side{centrala.Buyer, centrala.NoSide}, 2}, {"en", []centrala.Side{centrala.Buyer}, 0}, {"", []centrala.Side{}, 0}} {
		got, n, err := h.Looked(ctx, since, w.locale, w.sides)
		need(t, err)
		if len(got) != w.want || n != w.want {
			t.Errorf("%+v: %d of %d", w, len(got), n)
		}
	}
	all, _, err := h.Looked(ctx, since, "pl", []centrala.Side{centrala.Advertiser})
	need(t, err)
	same(t, "as it was asked", []any{all[0].Text, all[0].Stems, all[0].Answered, all[0].Nearest, all[0].Score}, []any{"limit kampanii", deflection.Stems("pl", "limit kampanii"), true, centrala.ArticleID(7), 0.6})

	h.say(t, h.reply(h.ania, c.ID, "1", "Usługę zwraca warsztat."))
	h.say(t, centrala.Post{Sender: h.ania.ID.String(), Key: "2", Author: centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}, Conversation: c.ID, Agent: h.ania.ID,
		Note: true, Scope: centrala.Scope{Agent: h.ania.ID, Teams: h.ania.Teams}, Text: "notatka dla zespołu"})
	in := []centrala.ConversationID{c.ID, 42}
	said, err := h.Said(ctx, centrala.Scope{Teams: []centrala.TeamID{h.team.ID}, Agent: h.piotr.ID}, in)
	need(t, err)
	if len(said) != 1 || said[0].Text != "Usługę zwraca warsztat." || said[0].Author != "Ania" || said[0].Score != -1 || said[0].Conversation != c.ID {
		t.Errorf("answers %+v; notes are no answers", said)
	}
	said, err = h.Said(ctx, centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, in)
	need(t, err)
	same(t, "who does not see the conversation reads nothing of it", len(said), 0)
	_, _, err = h.AnswerSurvey(ctx, h.asked(t, c).ID, c.Contact, 9, "")
	need(t, err)
	said, err = h.Said(ctx, centrala.Everything(), in)
	need(t, err)
	same(t, "with its score", said[0].Score, 9)
}
