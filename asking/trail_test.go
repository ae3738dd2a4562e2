package asking_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/asking"
)

// A step is what happens: words that are typed, or what begins with a sign: >sent, !an article is
// opened, .gone.
func TestAsking(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration
		what  string
	}
	const s = time.Second
	for name, c := range map[string]struct {
		steps []step
		want  []string
	}{
		"each keystroke is one question": {
			[]step{{0, "kie"}, {s, "kiedy wr"}, {s, "kiedy wrócą pieniądze"}, {s, ">kiedy wrócą pieniądze"}}, []string{"kiedy wrócą pieniądze"}},
		"gone after a rest":          {[]step{{0, "kiedy wrócą"}, {s, "kiedy wrócą pieniądze"}, {5 * s, "."}}, []string{"kiedy wrócą pieniądze"}},
		"gone without a rest":        {[]step{{0, "kiedy wrócą pieniądze"}, {4 * s, "."}}, nil},
		"two words are not enough":   {[]step{{0, "kiedy wrócą"}, {60 * s, "."}}, nil},
		"two words are, when opened": {[]step{{0, "zwrot butów"}, {s, "!"}, {60 * s, "."}}, []string{"zwrot butów"}},
		"something else after a rest": {
			[]step{{0, "jak zwrócić buty"}, {6 * s, "gdzie"}, {s, "gdzie jest paczka"}, {20 * s, "."}}, []string{"jak zwrócić buty", "gdzie jest paczka"}},
		"deleted letter by letter after a rest": {
			[]step{{0, "jak zwrócić buty"}, {6 * s, "jak zwrócić bu"}, {s, "jak "}, {s, "jak odwołać zakup"}, {20 * s, "."}}, []string{"jak zwrócić buty", "jak odwołać zakup"}},
		"deleted at once": {[]step{{0, "jak zwrócić buty"}, {s, "jak zwr"}, {s, "jak zwróci kurier"}, {6 * s, "."}}, []string{"jak zwróci kurier"}},
		"opened and then sent is asked once": {
			[]step{{0, "kiedy wrócą pieniądze"}, {s, "!"}, {20 * s, ">kiedy wrócą pieniądze"}}, []string{"kiedy wrócą pieniądze+"}},
		"not two within ten seconds": {[]step{{0, ">pierwsze pytanie o zwrot"}, {9 * s, ">drugie pytanie o zwrot"}, {s, ">trzecie pytanie o zwrot"}},
			[]string{"pierwsze pytanie o zwrot", "trzecie pytanie o zwrot"}},
		"nothing is nothing": {[]step{{0, ""}, {s, "!"}, {s, ">"}, {s, "."}}, nil},
		"the same again":     {[]step{{0, ">gdzie jest paczka"}, {60 * s, ">gdzie jest paczka"}}, []string{"gdzie jest paczka"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a asking.Trail
			var got []string
			now := noon
			for _, st := range c.steps {
				now = now.Add(st.after)
				var q asking.Looked
				var ok bool
				switch {
				case st.what == "!":
					q, ok = a.Open(now)
				case st.what == ".":
					q, ok = a.End(now)
				case strings.HasPrefix(st.what, ">"):
					q, ok = a.Send(st.what[1:], now)
				default:
					q, ok = a.Look(asking.Looked{Text: st.what, At: now})
				}
				if ok {
					if text := q.Text; name == "opened and then sent is asked once" && q.Opened {
						got = append(got, text+"+")
					} else {
						got = append(got, text)
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("asked %q, want %q", got, c.want)
			}
		})
	}
}
