package asking

import (
	"strings"
	"time"
	"unicode"

	"centrala"
)

// When words are a question that somebody asked, and how often one is kept.
const (
	Words    = 3                // at least so many, unless they were sent or an article was opened for them
	Rest     = 5 * time.Second  // they stood so long
	Between  = 10 * time.Second // two questions of one person
	MaxAsked = 200              // characters that are kept
)

// Looked is what stands in a field at one moment, and what was found for it.
type Looked struct {
	Text   string
	Found  int // how many surely answer
	Best   centrala.ArticleID
	Score  float64 // of the best
	Opened bool
	At     time.Time
}

// Trail follows one person's words until they are a question. Words that go on, or go back, are
// one question in the making: of them only the last counts. The zero value is ready; it is not
// safe for concurrent use.
type Trail struct {
	now  Looked
	kept string    // what was settled last
	at   time.Time // and when
}

// Look notes what stands there now. When that is something else altogether, what stood there
// before may have been a question: it is returned as settled.
func (a *Trail) Look(l Looked) (Looked, bool) {
	l.Text = strings.TrimSpace(l.Text)
	before := a.now
	switch {
	case l.Text == before.Text:
		return Looked{}, false
	case strings.HasPrefix(l.Text, before.Text):
		l.Opened = before.Opened
	case strings.HasPrefix(before.Text, l.Text): // being deleted: what had rested is what was asked
		if before.Opened || rested(before, l.At) {
			return Looked{}, false
		}
	default:
		q, ok := a.rest(l.At)
		a.now = l
		return q, ok
	}
	a.now = l
	return Looked{}, false
}

// Pending reports whether words stand there that nobody has sent.
func (a *Trail) Pending() bool { return a.now.Text != "" }

// Open notes that an article was opened for what stands there, which settles it.
func (a *Trail) Open(at time.Time) (Looked, bool) {
	if a.now.Text == "" {
		return Looked{}, false
	}
	a.now.Opened = true
	return a.settle(a.now, at)
}

// Send says that the words were sent, and settles them: as what stood there if they are that,
// else with nothing known of what was found.
func (a *Trail) Send(text string, at time.Time) (Looked, bool) {
	l := a.now
	if text = strings.TrimSpace(text); text != l.Text {
		l = Looked{Text: text, Opened: l.Opened && related(l.Text, text), At: at}
	}
	a.now = Looked{}
	if text == "" {
		return Looked{}, false
	}
	return a.settle(l, at)
}

// End says that the person is gone: what stands there is a question if it rested.
func (a *Trail) End(at time.Time) (Looked, bool) {
	q, ok := a.rest(at)
	a.now = Looked{}
	return q, ok
}

func (a *Trail) rest(at time.Time) (Looked, bool) {
	if !rested(a.now, at) {
		return Looked{}, false
	}
	return a.settle(a.now, at)
}

// rested reports whether words are enough and stood long enough to have been meant.
func rested(l Looked, at time.Time) bool {
	words := strings.FieldsFunc(l.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) >= Words && at.Sub(l.At) >= Rest
}

// settle keeps a question once, and not too soon after another one.
func (a *Trail) settle(l Looked, at time.Time) (Looked, bool) {
	if l.Text == a.kept || !a.at.IsZero() && at.Sub(a.at) < Between {
		return Looked{}, false
	}
	a.kept, a.at = l.Text, at
	return l, true
}

// related reports whether of two texts one begins with the other.
func related(a, b string) bool {
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
