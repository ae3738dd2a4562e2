package shown

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"centrala"
	"centrala/markdown"
)

// looks are how an article is shown: whole draws what stands below its title, article that with
// the title, card what the widget offers.
var looks = template.Must(template.New("whole").Parse(
	`{{with .Short}}<section class="short" aria-labelledby="{{.ID}}"><h2 id="{{.ID}}">{{.Heading}}</h2><table><thead class="sr"><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>` +
		`<tbody>{{range .Rows}}<tr><th scope="row">{{index . 0}}</th><td>{{index . 1}}</td></tr>{{end}}</tbody></table></section>{{end}}
<div class="body">{{.HTML}}</div>
{{define "article"}}<h1>{{.Title}}</h1>
{{.Whole}}{{end}}{{define "card"}}<b>{{.Title}}</b>{{with .Words}}<p>{{.}}</p>{{end}}{{end}}`))

// Whole is a page below its title: the box at the top and the text.
func (p Page) Whole() (template.HTML, error) { return draw("whole", p) }

func draw(name string, of any) (template.HTML, error) {
	var out bytes.Buffer
	if err := looks.ExecuteTemplate(&out, name, of); err != nil {
		return "", fmt.Errorf("draw an article: %w", err)
	}
	return template.HTML(out.String()), nil
}

// Preview is an article as its page will show it.
func Preview(title, article string) (template.HTML, error) {
	p, err := Of(article)
	if err != nil {
		return "", err
	}
	whole, err := p.Whole()
	if err != nil {
		return "", err
	}
	return draw("article", struct {
		Title string
		Whole template.HTML
	}{centrala.Plain(title), whole})
}

// inCard is how many bytes of an article a card holds.
const inCard = 240

// Card is an article as the widget will offer it to who has asked nothing in particular: its
// summary, or else how it begins.
func Card(title, summary, article string) (template.HTML, error) {
	text := strings.TrimSpace(centrala.Plain(summary))
	if text == "" {
		text = markdown.Sections(article)[0].Text
	}
	text = strings.Join(strings.Fields(text), " ")
	if short := centrala.Clip(text, inCard); short != text {
		text = short + "…"
	}
	return draw("card", struct{ Title, Words string }{centrala.Plain(title), text})
}
