package centrala_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"centrala"
)

var update = flag.Bool("update-portions", false, "write testdata/portions.json anew")

// sharedPortion is one of the answers in testdata/portions.json. Text is pieces with how often
// each is repeated; Want the portions by their size and their ends.
type sharedPortion struct {
	About   string           `json:"about"`
	Channel centrala.Channel `json:"channel"`
	Thread  string           `json:"thread,omitempty"`
	Text    [][2]any         `json:"text"`
	Files   int              `json:"files,omitempty"`
	Want    []sharedShape    `json:"want"`
}

type sharedShape struct {
	Chars int    `json:"chars"`
	Bytes int    `json:"bytes"`
	From  int    `json:"from"`
	To    int    `json:"to"`
	Ends  string `json:"ends"` // the last eight characters
}

// The console tells agents into how many messages an answer will be divided before it is sent
// (web/console/state/portions.ts). Both are held to the same file.
func TestPortionsAreThoseOfTheConsole(t *testing.T) {
	t.Parallel()
	const path = "testdata/portions.json"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []sharedPortion
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		got := shapes(centrala.Portions(centrala.MeasureOf(s.Channel, s.Thread), s.text(t), s.Files))
		if *update {
			all[i].Want = got
			continue
		}
		a, b := marshalled(t, got), marshalled(t, s.Want)
		if a != b {
			t.Errorf("%s:\n got %s\nwant %s", s.About, a, b)
		}
	}
	if *update {
		out, err := json.MarshalIndent(all, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s sharedPortion) text(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, p := range s.Text {
		words, isText := p[0].(string)
		times, isNumber := p[1].(float64)
		if !isText || !isNumber {
			t.Fatalf("%s: %v is not a text with how often it is repeated", s.About, p)
		}
		b.WriteString(strings.Repeat(words, int(times)))
	}
	return b.String()
}

func shapes(all []centrala.Portion) []sharedShape {
	out := make([]sharedShape, len(all))
	for i, p := range all {
		runes := []rune(p.Text)
		out[i] = sharedShape{utf8.RuneCountInString(p.Text), len(p.Text), p.From, p.To, string(runes[max(0, len(runes)-8):])}
	}
	return out
}

func marshalled(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
