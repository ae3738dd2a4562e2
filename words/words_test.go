package words_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/words"
)

// spoken calls every text there is with the same arguments and gives what it says.
func spoken(t *testing.T, w words.Words) map[string]string {
	t.Helper()
	out := map[string]string{}
	v := reflect.ValueOf(w)
	for m, method := range v.Methods() {
		args := make([]reflect.Value, 0, method.Type().NumIn())
		for in := range method.Type().Ins() {
			args = append(args, sample(t, m.Name, in))
		}
		for i, result := range method.Call(args) {
			out[fmt.Sprintf("%s.%d", m.Name, i)] = fmt.Sprint(result.Interface())
		}
	}
	return out
}

func sample(t *testing.T, name string, in reflect.Type) reflect.Value {
	t.Helper()
	switch in.Kind() {
	case reflect.String:
		return reflect.ValueOf("Łuczak").Convert(in)
	case reflect.Int, reflect.Int64:
		return reflect.ValueOf(5).Convert(in)
	case reflect.Bool:
		return reflect.ValueOf(true)
	case reflect.Float64:
		return reflect.ValueOf(1.5)
	case reflect.Slice:
		s := reflect.MakeSlice(in, 1, 1)
		s.Index(0).Set(sample(t, name, in.Elem()))
		return s
	case reflect.Struct:
		if in == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Date(2026, 12, 28, 9, 0, 0, 0, time.UTC))
		}
		return reflect.Zero(in)
	default:
		if in == reflect.TypeFor[time.Weekday]() {
			return reflect.ValueOf(time.Monday)
		}
		t.Fatalf("%s takes a %s, and this test does not know one", name, in)
		return reflect.Value{}
	}
}

// same are the texts that are rightly the same in both languages.
func same() []string { return []string{"Clock.0", "Number.0", "Kept.0", "FileSize.0"} }

func TestBothLanguagesHaveEveryText(t *testing.T) {
	t.Parallel()
	pl, en := spoken(t, words.For("pl")), spoken(t, words.For("en"))
	if len(pl) < 30 {
		t.Fatalf("only %d texts were found", len(pl))
	}
	for name, text := range pl {
		if strings.TrimSpace(text) == "" || strings.TrimSpace(en[name]) == "" {
			t.Errorf("%s is missing in a language: pl %q, en %q", name, text, en[name])
		}
		if text == en[name] && !slices.Contains(same(), name) {
			t.Errorf("%s is the same in both languages: %q", name, text)
		}
		for _, s := range []string{text, en[name]} {
			if strings.Contains(s, "%!") || strings.Contains(s, "  ") || s != strings.TrimSpace(s) {
				t.Errorf("%s is badly put together: %q", name, s)
			}
			if strings.Contains(s, "!") && !strings.HasPrefix(s, "Dzień dobry!") && !strings.HasPrefix(s, "Hello!") {
				t.Errorf("%s exclaims: %q", name, s)
			}
		}
	}
}

// Past forms of what a person did tell whether it was a man or a woman, and we never say which;
// nor do we decline names or voice regrets.
func TestPolishVoice(t *testing.T) {
	t.Parallel()
	gendered := regexp.MustCompile(`(?i)(^|[^\p{L}])\p{L}+(łem|łam|łeś|łaś|ął|ęła|iał|iała|ował|owała|ywał|ywała|dał|dała|pisał|pisała)([^\p{L}]|$)`)
	notPast := regexp.MustCompile(`(?i)\p{L}*(dział|działa)([^\p{L}]|$)`) // nouns, and what something does
	for name, text := range spoken(t, words.For("pl")) {
		for _, m := range gendered.FindAllString(notPast.ReplaceAllString(text, ""), -1) {
			t.Errorf("%s gives a person a gender: %q in %q", name, m, text)
		}
		for _, w := range []string{"niestety", "prosimy o cierpliwość", "Łuczaka", "Łuczakowi"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
				t.Errorf("%s says %q: %q", name, w, text)
			}
		}
	}
	for _, yes := range []string{"Marta dopisała coś", "zacząłeś"} {
		if !gendered.MatchString(yes) {
			t.Errorf("the check for gender overlooks %q", yes)
		}
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"": "pl", "pl": "pl", "PL-pl": "pl", "pl_PL.UTF-8": "pl", "en": "en", "en-GB": "en", "de": "en", "plx": "en"} {
		if got := words.For(locale).Locale(); got != want {
			t.Errorf("For(%q) speaks %s, want %s", locale, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	pl, en := words.For("pl"), words.For("en")
	monday := time.Date(2026, 12, 28, 9, 5, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{pl.HoldNoFree("Reklamy"), "Czeka: nikt z\u00a0zespołu Reklamy nie ma wolnej linii"},
		{en.HoldNoFree("Ads"), "Waiting: no one in Ads has a free line"},
		{pl.ReasonMostFree("Kupujący", 5, 6), "Najwięcej wolnych linii w\u00a0zespole Kupujący: 5 z\u00a06"},
		{pl.HoldClosed("Reklamy", monday), "Czeka: zespół Reklamy wraca na linię: poniedziałek 28.12, 9:05"},
		{en.HoldClosed("Ads", monday), "Waiting: Ads is back on the line on Monday 28 December at 9:05"},
		{pl.ChipTeam("buyer", "Kupujący"), "Kupujący → Kupujący"},
		{pl.SurveyOften(1), "Pytamy najwyżej raz na 1\u00a0dzień."},
		{pl.SurveyOften(90), "Pytamy najwyżej raz na 90\u00a0dni."},
		{en.SurveyOften(1), "We ask at most once in 1 day."},
		{pl.Number(1204), "1\u00a0204"}, {en.Number(-1204567), "-1,204,567"}, {pl.Number(-204), "-204"}, {en.Number(999), "999"},
		{pl.ReportColumns()[3], "Udział w\u00a0%"},
		{pl.TileUnder6h().Name, "Poniżej 6\u00a0h"}, {pl.TileUnder4hOfAll().Name, "Poniżej 4\u00a0h ze wszystkich"},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}
