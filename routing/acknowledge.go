package routing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/words"
)

// Courtesy writes the mail that tells somebody at once that theirs came, and when it will be
// answered. Locale is for people whose language is not known; "" is Polish.
type Courtesy struct {
	Locale string
	Base   string // the site's address, which those of articles begin with
}

// Acknowledge is the mail: the inbox's own words in the reader's language, else the house's, with
// {{number}}, {{subject}}, {{name}} and {{hours}} filled in.
func (c Courtesy) Acknowledge(a centrala.Acknowledgement) centrala.Notice {
	w := words.For(cmp.Or(a.Locale, c.Locale))
	text := strings.Join([]string{w.Greeting(), "", w.Acknowledged(a.Conversation.Number), "{{hours}}", "", w.AnswerToAdd(), ""}, "\n")
	for _, locale := range []string{w.Locale(), cmp.Or(c.Locale, words.Polish)} {
		if own := strings.TrimSpace(a.Inbox.AckText[locale]); own != "" {
			text = own + "\n"
			break
		}
	}
	number, subject, hours := a.Conversation.Number, a.Conversation.Subject, ""
	team, known := TeamOf(a.Conversation, a.Teams, nil)
	if known {
		hours = OfficeHours(w, team.Hours, a.At)
	}
	text = strings.NewReplacer("{{number}}", strconv.FormatInt(number, 10), "{{subject}}", subject, "{{name}}", a.To.Name, "{{hours}}", hours).Replace(text)
	n := centrala.Notice{Locale: w.Locale(), Subject: centrala.ReplySubject(subject, number), Text: text}
	var named []centrala.Suggestion
	if open, _ := Office(team.Hours, a.At); known && !open {
		named = c.named(w, a)
	}
	for _, s := range named {
		n.Articles = append(n.Articles, s.ID)
	}
	if len(named) > 0 && !a.Held {
		n.Text += "\n" + c.list(w, named)
	}
	return n
}

// named are the articles of an acknowledgement, in the mail's language.
func (c Courtesy) named(w words.Words, a centrala.Acknowledgement) []centrala.Suggestion {
	var out []centrala.Suggestion
	for _, s := range a.Articles {
		if strings.HasPrefix(s.URL, "/help/"+w.Locale()+"/") && len(s.Readers) == 0 && len(out) < centrala.MostNamed {
			out = append(out, s)
		}
	}
	return out
}

// list is what an acknowledgement says of articles: each with its title, a line and its address,
// which is the same for everybody.
func (c Courtesy) list(w words.Words, named []centrala.Suggestion) string {
	parts := []string{w.MeanwhileRead()}
	for _, s := range named {
		line := strings.Join(strings.Fields(s.Snippet), " ")
		parts = append(parts, strings.Join(slices.DeleteFunc([]string{s.Title, line, c.Base + s.URL}, func(l string) bool { return l == "" }), "\n"))
	}
	return strings.Join(parts, "\n\n") + "\n"
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
