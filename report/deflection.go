package report

import (
	"strconv"

	"centrala/deflection"
	"centrala/words"
)

// DeflectionTable is what the Help Centre was worth as a table: the two groups and their difference,
// the places, the bot, and each article.
func DeflectionTable(r deflection.Report, locale string) Table {
	w := words.For(locale)
	columns := w.ReportColumns()
	t := Table{Locale: locale, From: r.From, To: r.To, Columns: columns[:]}
	groups(&t, w, r)
	steps := w.DeflectionSteps()
	for _, p := range r.Places {
		for i, n := range []int{p.Offered, p.Opened, p.Solved, p.Unsolved} {
			t.Rows = append(t.Rows, []string{w.DeflectionPlace(string(p.Place)) + ": " + steps[i], strconv.Itoa(n)})
		}
	}
	bot := w.BotFigures()
	for i, n := range []int{r.Bot.Answered, r.Bot.Solved, r.Bot.Unsolved, r.Bot.HandedOver} {
		t.define(bot[i])
		if i == 0 {
			t.Rows = append(t.Rows, []string{bot[i].Name, strconv.Itoa(n)})
			continue
		}
		t.share(bot[i].Name, n, r.Bot.Answered)
	}
	articles(&t, w, r)
	return t
}

// groups adds who was shown articles, who was held out, and the difference.
func groups(t *Table, w words.Words, r deflection.Report) {
	f := w.DeflectionFigures()
	for _, figure := range f {
		t.define(figure)
	}
	t.Rows = append(t.Rows, []string{f[0].Name, strconv.Itoa(r.Shown.People.People)})
	for i, n := range []int{r.Shown.Contacted, r.Shown.Opened, r.Shown.Solved} {
		t.share(f[1+i].Name, n, r.Shown.People.People)
	}
	t.share(f[4].Name, r.Shown.Quiet, r.Shown.Solved)
	t.share(f[5].Name, r.Shown.Unsolved, r.Shown.People.People)
	t.Rows = append(t.Rows, []string{f[6].Name, strconv.Itoa(r.Held.People)})
	t.share(f[7].Name, r.Held.Contacted, r.Held.People)
	d := w.DeflectionDifference()
	t.define(d)
	if r.Difference == nil || r.Low == nil || r.High == nil {
		t.Rows = append(t.Rows, []string{d.Name, w.TooFew(r.Least)})
		return
	}
	t.Rows = append(t.Rows, []string{d.Name, points(100 * *r.Difference), points(100 * *r.Low), points(100 * *r.High)})
}

// articles adds how often each helped, and how often nobody wrote after it was opened.
func articles(t *Table, w words.Words, r deflection.Report) {
	helps, quiet := w.ArticleFigure(), w.QuietFigure()
	t.define(helps)
	t.define(quiet)
	for _, a := range r.Articles {
		name := a.Title
		if name == "" {
			name = a.ID.String()
		}
		title := helps.Name + ": " + name
		if a.Flag != deflection.Fine {
			title += " (" + w.FlagFigure(a.Flag == deflection.WorseSince) + ")"
		}
		if a.Told < deflection.LeastTold {
			t.Rows = append(t.Rows, []string{title, strconv.Itoa(a.Solved), strconv.Itoa(a.Told), w.TooFew(deflection.LeastTold)})
		} else {
			t.share(title, a.Solved, a.Told)
		}
		t.share(quiet.Name+": "+name, a.Quiet, a.Watched)
	}
}

func (t *Table) define(f words.Figure) {
	t.Definitions = append(t.Definitions, [2]string{f.Name, f.Definition})
}

// share adds a row of a count and what it is a part of.
func (t *Table) share(name string, n, of int) {
	share := ""
	if of > 0 {
		share = points(100 * float64(n) / float64(of))
	}
	t.Rows = append(t.Rows, []string{name, strconv.Itoa(n), strconv.Itoa(of), share})
}
