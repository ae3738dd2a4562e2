package centrala

import (
	"strings"
	"unicode/utf8"
)

// Measure is how much one message of a channel holds. Zero numbers are no limits.
type Measure struct {
	Text    int  // characters
	Bytes   int  // of the text
	Caption int  // characters of a text that may go with a file; 0: they go apart
	Apart   bool // each file is a message of its own
}

// MeasureOf is what one message of a channel holds, by docs/meta.md, docs/telegram.md and
// docs/allegro.md. Mail, and the door for anything else, take an answer as it is.
func MeasureOf(ch Channel, thread string) Measure {
	switch ch {
	case Messenger:
		return Measure{Text: 2000, Apart: true}
	case Facebook:
		return Measure{Text: 8000, Apart: true}
	case Instagram:
		return Measure{Bytes: 1000, Apart: true}
	case WhatsApp:
		return Measure{Text: 4096, Caption: 1024, Apart: true}
	case Telegram:
		return Measure{Text: 4096, Caption: 1024, Apart: true}
	case Allegro:
		if strings.HasPrefix(thread, "iss:") {
			return Measure{Text: 20_000}
		}
		return Measure{Text: 2000}
	}
	return Measure{}
}

// Portion is what one message of a channel carries of an answer: some of its text, and the files
// From..To of it.
type Portion struct {
	Text     string
	From, To int
}

// Portions divide an answer with a number of files into messages that a channel takes, in order.
// Texts are cut at paragraphs, else lines, sentences or words. There is at least one portion; the
// same answer is always divided the same.
func Portions(m Measure, text string, files int) []Portion {
	var out []Portion
	texts := m.pieces(text)
	if !m.Apart {
		for i, t := range texts {
			p := Portion{Text: t, From: files, To: files}
			if i == 0 {
				p.From = 0
			}
			out = append(out, p)
		}
		if len(out) == 0 {
			out = []Portion{{To: files}}
		}
		return out
	}
	if m.Caption > 0 && files == 1 && len(texts) == 1 && utf8.RuneCountInString(texts[0]) <= m.Caption {
		return []Portion{{Text: texts[0], To: 1}}
	}
	for _, t := range texts {
		out = append(out, Portion{Text: t})
	}
	for n := range files {
		out = append(out, Portion{From: n, To: n + 1})
	}
	if len(out) == 0 {
		out = []Portion{{}}
	}
	return out
}

// pieces cuts a text into what single messages hold; none of an empty one.
func (m Measure) pieces(text string) []string {
	var out []string
	for text = strings.TrimSpace(text); text != ""; {
		n := m.fits(text)
		if n < len(text) {
			n = cutAt(text[:n])
		}
		if piece := strings.TrimSpace(text[:n]); piece != "" {
			out = append(out, piece)
		}
		text = strings.TrimSpace(text[n:])
	}
	return out
}

// fits is how many bytes of a text one message holds, at least one character.
func (m Measure) fits(text string) int {
	runes := 0
	for at, r := range text {
		runes++
		if at > 0 && (m.Text > 0 && runes > m.Text || m.Bytes > 0 && at+utf8.RuneLen(r) > m.Bytes) {
			return at
		}
	}
	return len(text)
}

// cutAt is where a text that is too long is best cut, in its second half if at all possible.
func cutAt(text string) int {
	for _, end := range []string{"\n\n", "\n", ". ", "! ", "? ", " "} {
		if at := strings.LastIndex(text, end); at > len(text)/2 {
			return at + len(end)
		}
	}
	return len(text)
}
