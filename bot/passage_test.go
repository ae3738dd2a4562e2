package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"centrala"
	"centrala/bot"
	"centrala/search"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	s := func(scores ...float64) (out []centrala.Suggestion) {
		for i, score := range scores {
			out = append(out, centrala.Suggestion{ID: centrala.ArticleID(i + 1), Score: score})
		}
		return out
	}
	for name, c := range map[string]struct {
		found []centrala.Suggestion
		want  centrala.ArticleID // 0: silent
	}{
		"nothing found":               {nil, 0},
		"one that is sure":            {s(search.Sure), 1},
		"one that is nearly sure":     {s(search.Sure - .001), 0},
		"two that are nearly alike":   {s(.9, .85), 0},
		"one that is clearly surer":   {s(.9, .8), 1},
		"in any order":                {s(.6, .95, .5), 2},
		"its rival is not sure":       {s(.52, .49), 0},
		"near 1 by their odds":        {s(.98, .935), 1},
		"near 1 and alike":            {s(.994, .992), 0},
		"both whole":                  {s(1, 1), 0},
		"a rival behind a weaker one": {s(.91, .3, .9), 0},
	} {
		got, ok := bot.Choose(c.found)
		if ok != (c.want != 0) || ok && got.ID != c.want {
			t.Errorf("%s: %v %v, want %d", name, got.ID, ok, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Paczkę nadajesz w dowolnym punkcie, na przykład nr 3.5 przy ul. Długiej. ", 30)
	a := centrala.Article{Content: centrala.Content{Title: "Zwrot", Body: "## Gdy termin minął\n\nWtedy **sprzedający** decyduje sam. Zapytaj go przez [formularz](/contact)\ni poczekaj dwa dni.\n\n## Długo\n\n" + long +
		"\n\n## Krótko\n\nTak.\n\n## Bez kropek\n\n" + strings.Repeat("słowo ", 300)}}
	p, ok := bot.Cut(a, "gdy-termin-minal")
	if want := "Wtedy sprzedający decyduje sam. Zapytaj go przez formularz i poczekaj dwa dni."; !ok || p.Text != want || !p.Whole || p.Heading != "Gdy termin minął" || p.Title != "Zwrot" {
		t.Errorf("a whole section: %+v %v", p, ok)
	}
	if p, ok := bot.Cut(a, ""); !ok || p.Heading != "Gdy termin minął" || p.Anchor != "gdy-termin-minal" {
		t.Errorf("it begins with what is below its first heading: %+v %v", p, ok)
	}
	p, ok = bot.Cut(a, "dlugo")
	if n := utf8.RuneCountInString(p.Text); !ok || p.Whole || n > 700 || n < 600 || !strings.HasSuffix(p.Text, "Długiej.") || !strings.HasPrefix(long, p.Text) {
		t.Errorf("a long section is cut at a sentence, verbatim: %d %q %v", n, p.Text, ok)
	}
	p, ok = bot.Cut(a, "bez-kropek")
	if n := utf8.RuneCountInString(p.Text); !ok || n > 702 || !strings.HasSuffix(p.Text, "słowo …") {
		t.Errorf("without sentences it is cut at a word: %d %q", n, p.Text)
	}
	for _, anchor := range []string{"krotko", "nie-ma"} {
		if p, ok := bot.Cut(a, anchor); ok {
			t.Errorf("%s is quoted: %+v", anchor, p)
		}
	}
}

func TestAsksForPerson(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Chcę rozmawiać z człowiekiem": true, "proszę o kontakt z KONSULTANTEM": true, "czy mogę z kimś porozmawiać": true,
		"I want to talk to a human": true, "a real person please": true, "Kann ich mit einem Mitarbeiter sprechen?": true,
		"jak zwrócić towar": false, "How do I change my personal data?": false, "agencja nie odpowiada": false, "": false,
	} {
		if got := bot.AsksForPerson(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Every move in every state leads where it may, and nowhere else.
func TestTurns(t *testing.T) {
	t.Parallel()
	moves := []centrala.BotMove{centrala.BotAgree, centrala.BotDecline, centrala.BotSolve, centrala.BotUnsolved, centrala.BotWords, centrala.BotTime, centrala.BotOver}
	ways := map[centrala.BotState]map[centrala.BotMove]centrala.BotState{
		centrala.BotAsked: {centrala.BotAgree: centrala.BotQuoted, centrala.BotDecline: centrala.BotDeclined, centrala.BotWords: centrala.BotDeclined,
			centrala.BotTime: centrala.BotLapsed, centrala.BotOver: centrala.BotLapsed},
		centrala.BotQuoted: {centrala.BotSolve: centrala.BotSolved, centrala.BotUnsolved: centrala.BotHandedOver, centrala.BotWords: centrala.BotHandedOver,
			centrala.BotTime: centrala.BotHandedOver, centrala.BotOver: centrala.BotLapsed},
		centrala.BotSolved: {}, centrala.BotHandedOver: {}, centrala.BotDeclined: {}, centrala.BotLapsed: {}, centrala.BotHeld: {},
	}
	for state, known := range ways {
		for _, m := range moves {
			turn := centrala.BotTurn{State: state, Why: "before"}
			got, err := turn.After(m)
			want, ok := known[m]
			if ok != (err == nil) || ok && got != want || !ok && (got != state || centrala.CodeOf(err) != centrala.Closed) {
				t.Errorf("%s, %s: %s %v, want %s", state, m, got, err, want)
			}
			if err == nil {
				turn.State, turn.Why = got, m
				if again, err := turn.After(m); err != nil || again != got {
					t.Errorf("%s, %s twice: %s %v", state, m, again, err)
				}
			}
		}
	}
	for _, c := range []struct {
		turn centrala.BotTurn
		want string
	}{
		{centrala.BotTurn{State: centrala.BotAsked}, "offered"},
		{centrala.BotTurn{State: centrala.BotDeclined}, "offered"},
		{centrala.BotTurn{State: centrala.BotQuoted, Quote: 2}, "offered opened"},
		{centrala.BotTurn{State: centrala.BotSolved, Quote: 2}, "offered opened solved"},
		{centrala.BotTurn{State: centrala.BotHandedOver, Why: centrala.BotUnsolved, Quote: 2}, "offered opened unsolved"},
		{centrala.BotTurn{State: centrala.BotHandedOver, Why: centrala.BotWords, Quote: 2}, "offered opened unsolved"},
		{centrala.BotTurn{State: centrala.BotHandedOver, Why: centrala.BotTime, Quote: 2}, "offered opened"},
		{centrala.BotTurn{State: centrala.BotLapsed, Quote: 2}, "offered opened"},
		{centrala.BotTurn{State: centrala.BotHeld}, "held"},
	} {
		if got := strings.Join(c.turn.Steps(), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.turn, got, c.want)
		}
	}
}
