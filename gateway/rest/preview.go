package rest

import (
	"context"
	"html/template"

	"centrala/markdown/shown"
)

type previewInput struct {
	Body struct {
		Title   string `json:"title" required:"true" maxLength:"300"`
		Summary string `json:"summary,omitempty" maxLength:"500"`
		Body    string `json:"body" required:"true" maxLength:"200000" doc:"Markdown."`
		As      string `json:"as,omitempty" enum:"page,widget" doc:"The whole article, or what the widget offers of it; page if left out."`
	}
}

// Preview is an article as its readers would see it.
type Preview struct {
	HTML template.HTML `json:"html" doc:"Nothing in it runs, and nothing is loaded from elsewhere."`
}

func (s *server) preview(_ context.Context, _ caller, in *previewInput) (*answer[Preview], error) {
	b, out := in.Body, Preview{}
	var err error
	if b.As == "widget" {
		out.HTML, err = shown.Card(b.Title, b.Summary, b.Body)
	} else {
		out.HTML, err = shown.Preview(b.Title, b.Body)
	}
	return ok(out), err
}
