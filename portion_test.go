package centrala

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPortions(t *testing.T) {
	t.Parallel()
	m := MeasureOf(Messenger, "")
	for name, c := range map[string]struct {
		measure Measure
		text    string
		files   int
		want    []Portion
	}{
		"short":                 {m, " dzień dobry ", 0, []Portion{{Text: "dzień dobry"}}},
		"nothing":               {m, " ", 0, []Portion{{}}},
		"files alone":           {m, "", 2, []Portion{{From: 0, To: 1}, {From: 1, To: 2}}},
		"text and file apart":   {m, "a", 1, []Portion{{Text: "a"}, {From: 0, To: 1}}},
		"a caption":             {MeasureOf(WhatsApp, ""), "a", 1, []Portion{{Text: "a", To: 1}}},
		"a caption of several":  {MeasureOf(WhatsApp, ""), "a", 2, []Portion{{Text: "a"}, {From: 0, To: 1}, {From: 1, To: 2}}},
		"too long a caption":    {Measure{Text: 10, Caption: 2, Apart: true}, "abc", 1, []Portion{{Text: "abc"}, {To: 1}}},
		"files with the text":   {MeasureOf(Allegro, ""), "a", 3, []Portion{{Text: "a", To: 3}}},
		"files without text":    {MeasureOf(Allegro, ""), "", 3, []Portion{{To: 3}}},
		"files with the first":  {Measure{Text: 3}, "aaa bbb", 2, []Portion{{Text: "aaa", To: 2}, {Text: "bbb", From: 2, To: 2}}},
		"the door takes it all": {MeasureOf(Webhook, ""), strings.Repeat("a", 100_000), 1, []Portion{{Text: strings.Repeat("a", 100_000), To: 1}}},
		"at a paragraph":        {Measure{Text: 20}, "pierwszy akapit\n\ndrugi", 0, []Portion{{Text: "pierwszy akapit"}, {Text: "drugi"}}},
		"at a sentence":         {Measure{Text: 16}, "Raz dwa trzy. Cztery pięć.", 0, []Portion{{Text: "Raz dwa trzy."}, {Text: "Cztery pięć."}}},
		"in a word":             {Measure{Text: 4}, "ąąąąąą", 0, []Portion{{Text: "ąąąą"}, {Text: "ąą"}}},
		"by bytes":              {Measure{Bytes: 5}, "ąąąą", 0, []Portion{{Text: "ąą"}, {Text: "ąą"}}},
		"less than a character": {Measure{Bytes: 1}, "ąę", 0, []Portion{{Text: "ą"}, {Text: "ę"}}},
	} {
		got := Portions(c.measure, c.text, c.files)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d portions, want %d: %+v", name, len(got), len(c.want), got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: portion %d is %+v, want %+v", name, i, got[i], c.want[i])
			}
		}
	}
	if MeasureOf(Allegro, "iss:1").Text <= MeasureOf(Allegro, "t").Text {
		t.Error("an issue holds no more than a message")
	}
}

// Whatever is divided, nothing of it is lost, nothing is too long, and each file goes once.
func FuzzPortions(f *testing.F) {
	f.Add("Zażółć gęślą jaźń. Drugie zdanie!\n\nAkapit", 2, 7, 0, true)
	f.Add("\xff\xfe x", 0, 0, 3, false)
	f.Add(strings.Repeat("żółw 🐢 ", 50), 10, 20, 40, true)
	f.Fuzz(func(t *testing.T, text string, files, characters, bytes int, apart bool) {
		if files < 0 || files > 20 || characters < 0 || bytes < 0 || len(text) > 10_000 {
			return
		}
		m := Measure{Text: characters, Bytes: bytes, Apart: apart}
		all := Portions(m, text, files)
		var said strings.Builder
		next := 0
		for _, p := range all {
			said.WriteString(p.Text)
			if n := utf8.RuneCountInString(p.Text); n > 1 && (characters > 0 && n > characters || bytes > 0 && len(p.Text) > bytes) {
				t.Fatalf("%q is too long for %+v", p.Text, m)
			}
			if p.To > p.From {
				if p.From != next {
					t.Fatalf("files %d..%d after %d", p.From, p.To, next)
				}
				next = p.To
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if next != files || bare(said.String()) != bare(text) || len(all) == 0 {
			t.Fatalf("%d of %d files; %q of %q", next, files, said.String(), text)
		}
	})
}
