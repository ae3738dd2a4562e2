package rest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"centrala"
	"centrala/deflection"
	"centrala/store/library"
)

func TestQuestionsToAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	lib := library.New(h.db)
	a, err := lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "zwrot", Title: "Zwrot za usługę", Body: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	k := h.talk()
	h.act("agent", k, "claim", nil)
	said := h.do(call{method: "POST", path: path(k, "/messages"), token: h.tokens["agent"], headers: []string{"Idempotency-Key", "q1"}, body: obj{"text": "Usługę zwraca warsztat, my oddajemy prowizję."}})
	if said.status != 201 {
		t.Fatalf("%d %s", said.status, said.body)
	}
	for i, q := range []centrala.Question{
		{Text: "zwrot za wulkanizację", Visitor: "v_1", Conversation: k.id, Nearest: a.ID, Score: 0.4},
		{Text: "Zwrot za wulkanizacje", Visitor: "v_2", Nearest: a.ID, Score: 0.5},
		{Text: "faktura niemcy", Side: centrala.Seller, Visitor: "v_3"},
		{Text: "hasło", Found: 2, Visitor: "v_4"},
	} {
		q.Locale = "pl"
		if _, err := lib.Asked(ctx, q); err != nil {
			t.Fatal(i, err)
		}
	}
	ask := func(role, query string) deflection.Questions {
		t.Helper()
		var out deflection.Questions
		got := h.do(call{method: "GET", path: "/v1/questions?" + query, token: h.tokens[role]})
		if got.status != 200 {
			t.Fatalf("%s %s: %d %s", role, query, got.status, got.body)
		}
		got.into(t, &out)
		return out
	}
	all := ask("admin", "")
	if all.Days != 30 || all.Asked != 4 || all.Searches != 3 || all.Questions != 2 || len(all.Items) != 2 {
		t.Fatalf("%+v", all)
	}
	q := all.Items[0]
	if !strings.HasPrefix(q.Text, "zwrot za wulkanizacj") || q.Count != 2 || q.Conversations != 1 || q.Nearest == nil || q.Nearest.URL != "/help/pl/zwrot" || q.Score < 0.44 || q.Score > 0.46 {
		t.Errorf("%+v", q)
	}
	if len(q.Answers) != 1 || q.Answers[0].Text != "Usługę zwraca warsztat, my oddajemy prowizję." || q.Answers[0].Score != nil || q.Answers[0].Conversation != k.id || q.Answers[0].Author == "" || q.Answers[0].At.IsZero() {
		t.Errorf("answers %+v", q.Answers)
	}
	if got := ask("agent", "").Items; len(got) == 0 || len(got[0].Answers) != 1 {
		t.Errorf("who has the conversation reads the answer: %+v", got)
	}
	if got := ask("other agent", "").Items; len(got) == 0 || got[0].Count != 2 || len(got[0].Answers) != 0 || got[0].Conversations != 1 {
		t.Errorf("who may not read the conversation sees that there was one, and no words of it: %+v", got)
	}
	if got := ask("admin", "side=seller&limit=1"); len(got.Items) != 1 || got.Items[0].Text != "faktura niemcy" || got.Asked != 1 || got.Items[0].Nearest != nil {
		t.Errorf("%+v", got)
	}
	if got := ask("admin", "locale=en"); got.Asked != 0 || len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	if got := h.do(call{method: "GET", path: "/v1/questions?side=advertiser", token: h.tokens["agent"]}); got.status != 422 || got.problem(t).Field != "side" {
		t.Errorf("another side's questions: %d %s", got.status, got.body)
	}
	key := h.keyOf("reports:read")
	var out deflection.Questions
	if got := h.do(call{method: "GET", path: "/v1/questions", token: key}); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	} else if got.into(t, &out); len(out.Items) != 2 || len(out.Items[0].Answers) != 0 {
		t.Errorf("a key without conversations:read reads no messages: %+v", out.Items)
	}
}

func TestWhatTheHelpCentreWasWorth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	lib := library.New(h.db)
	a, err := lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "zwrot", Title: "=Zwrot", Body: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		d := centrala.Deflection{Kind: "solved", Place: centrala.AtWidget, Articles: []centrala.ArticleID{a.ID}, Visitor: fmt.Sprint("v_", i)}
		if i%4 == 0 {
			d.Kind = "unsolved"
		}
		for _, kind := range []string{"offered", "opened", d.Kind} {
			d.Kind = kind
			if err := lib.Offer(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	var r deflection.Report
	got := h.do(call{method: "GET", path: "/v1/reports/deflection?days=30", token: h.tokens["agent"]})
	got.into(t, &r)
	if got.status != 200 || r.Shown.People.People != 0 || r.Difference != nil || !strings.Contains(got.body, `"difference":null`) || !strings.Contains(got.body, `"people":0`) || r.Least != 100 ||
		len(r.Places) != 1 || r.Places[0] != (deflection.PlaceCount{Place: "widget", Offered: 40, Opened: 40, Solved: 30, Unsolved: 10}) {
		t.Errorf("%d %s", got.status, got.body)
	}
	var help deflection.Help
	h.do(call{method: "GET", path: "/v1/manuscripts/" + a.ID.String() + "/help", token: h.tokens["supervisor"]}).into(t, &help)
	if help.Days != 30 || help.Opened != 40 || help.Told != 40 || help.Solved != 30 || help.Watched != 0 || len(help.Versions) != 1 || help.Versions[0] != (deflection.VersionHelp{Number: 1, Told: 40, Solved: 30}) {
		t.Errorf("%+v", help)
	}
	if got := h.do(call{method: "GET", path: "/v1/manuscripts/" + centrala.ArticleID(77).String() + "/help", token: h.tokens["supervisor"]}); got.status != 404 {
		t.Errorf("of no article: %d", got.status)
	}
	table := h.do(call{method: "GET", path: "/v1/reports/deflection.csv?days=30", token: h.tokens["agent"], headers: []string{"Accept-Language", "pl"}})
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table.body, "\uFEFF"))).ReadAll()
	if err != nil || table.status != 200 || len(rows) < 20 {
		t.Fatalf("%d %v %s", table.status, err, table.body)
	}
	text := table.body
	for _, want := range []string{"Okres", "Definicja", "za mało", "Artykuł: pomaga: =Zwrot,30,40,75.0", "Widżet: pomogły,30"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}
