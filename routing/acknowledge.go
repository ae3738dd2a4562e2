package routing

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/words"
)

// Courtesy writes the mail that tells somebody at once that theirs came, and when it will be
// answered. Locale is for people whose language is not known; "" is Polish.
type Courtesy struct{ Locale string }

// Acknowledge is the mail: the inbox's own words in the reader's language, else the house's, with
// {{number}}, {{subject}}, {{name}} and {{hours}} filled in.
func (c Courtesy) Acknowledge(a centrala.Acknowledgement) centrala.Notice {
	w := words.For(cmp.Or(a.Locale, c.Locale))
	text := strings.Join([]string{w.Greeting(), "", w.Acknowledged(a.Number), "{{hours}}", "", w.AnswerToAdd(), ""}, "\n")
	for _, locale := range []string{w.Locale(), cmp.Or(c.Locale, words.Polish)} {
		if own := strings.TrimSpace(a.Inbox.AckText[locale]); own != "" {
			text = own + "\n"
			break
		}
	}
	text = strings.NewReplacer("{{number}}", strconv.FormatInt(a.Number, 10), "{{subject}}", a.Subject, "{{name}}", a.To.Name,
		"{{hours}}", OfficeHours(w, a.Hours, a.At)).Replace(text)
	return centrala.Notice{Locale: w.Locale(), Subject: centrala.ReplySubject(a.Subject, a.Number), Text: text}
}

// OfficeHours says when a team with these hours answers, and whether it is there at now.
func OfficeHours(w words.Words, h centrala.Hours, now time.Time) string {
	if h.Always() {
		return w.AroundTheClock()
	}
	clock, err := NewClock(h)
	if err != nil {
		return ""
	}
	var said []string
	week := make([][]int, len(h.Week))
	for d, spans := range h.Week {
		for _, s := range spans {
			week[d] = append(week[d], s.From, s.To)
		}
	}
	if timetable := w.Timetable(week); timetable != "" {
		said = append(said, w.WeAnswer(timetable))
	}
	changes, ok := clock.Changes(now)
	switch {
	case !ok:
	case !clock.Open(now):
		said = append(said, w.BackAt(changes))
	case changes.YearDay() == now.In(changes.Location()).YearDay():
		said = append(said, w.HereUntil(changes))
	}
	return strings.Join(said, " ")
}
