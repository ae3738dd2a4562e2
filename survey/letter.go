package survey

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"centrala"
	"centrala/words"
)

// Letter is what the mail of one survey is made of.
type Letter struct {
	Company string // as customers know it
	Base    string // address of the site, without a slash at its end
	Token   string
	Days    int // of the quarantine, 0 for none
	Survey  centrala.Survey
	Number  int64 // the conversation's, for people
	To      centrala.Address
}

// Notice is the mail: the question with a link for each score from 0 to 10 and one without,
// in text and in HTML. The links only open the page.
func (l Letter) Notice() (centrala.Notice, error) {
	w := words.For(l.Survey.Locale)
	html, err := l.html(w)
	if err != nil {
		return centrala.Notice{}, err
	}
	return centrala.Notice{
		Conversation: l.Survey.Conversation, To: l.To, Locale: w.Locale(), Subject: w.SurveySubject(l.Company, l.Number),
		Text: l.text(w), HTML: html, Unsubscribe: l.unsubscribe(),
	}, nil
}

func (l Letter) address() string         { return l.Base + "/s/" + l.Token }
func (l Letter) unsubscribe() string     { return l.address() + "/unsubscribe" }
func (l Letter) scored(score int) string { return l.address() + "?v=" + strconv.Itoa(score) }

func (l Letter) text(w words.Words) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n", w.SurveyIntro(l.Number), w.SurveyQuestion(l.Company), w.SurveyLow())
	for score := range 11 {
		fmt.Fprintf(&b, "%2d  %s\n", score, l.scored(score))
	}
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s: %s\n\n--\n%s %s: %s\n", w.SurveyHigh(), w.SurveyHow(), w.SurveyRate(), l.address(),
		w.SurveyOften(l.Days), w.SurveyStop(), l.unsubscribe())
	return b.String()
}

// page is plain: mail programs show little more than tables, and no image or style from
// elsewhere is asked for. No score has a colour that would suggest it.
const page = `<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#1d232b;background:#ffffff">
<p>{{.Intro}}</p>
<p style="font-size:18px"><strong>{{.Question}}</strong></p>
<table role="presentation" cellpadding="0" cellspacing="4"><tr>
{{- range .Keys}}
<td style="border:1px solid #7a828c;border-radius:4px"><a href="{{.Href}}" style="display:block;padding:10px 8px;min-width:18px;text-align:center;color:#1d232b;text-decoration:none">{{.Score}}</a></td>
{{- end}}
</tr></table>
<p style="font-size:14px">{{.Low}} · {{.High}}</p>
<p style="font-size:14px">{{.How}}</p>
<p><a href="{{.Address}}">{{.Rate}}</a></p>
<hr style="border:0;border-top:1px solid #d5d9de">
<p style="font-size:13px;color:#545c66">{{.Often}} <a href="{{.Unsubscribe}}" style="color:#545c66">{{.Stop}}</a></p>
</body></html>
`

func (l Letter) html(w words.Words) (string, error) {
	type key struct {
		Score int
		Href  string
	}
	keys := make([]key, 11)
	for score := range keys {
		keys[score] = key{score, l.scored(score)}
	}
	t, err := template.New("survey").Parse(page)
	if err != nil {
		return "", fmt.Errorf("survey mail: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Lang": w.Locale(), "Subject": w.SurveySubject(l.Company, l.Number), "Intro": w.SurveyIntro(l.Number), "Question": w.SurveyQuestion(l.Company),
		"Keys": keys, "Low": w.SurveyLow(), "High": w.SurveyHigh(), "How": w.SurveyHow(), "Rate": w.SurveyRate(), "Address": l.address(),
		"Often": w.SurveyOften(l.Days), "Stop": w.SurveyStop(), "Unsubscribe": l.unsubscribe(),
	})
	if err != nil {
		return "", fmt.Errorf("survey mail: %w", err)
	}
	return b.String(), nil
}
