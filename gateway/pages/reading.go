package pages

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"

	"centrala"
	"centrala/auth"
	"centrala/markdown/shown"
)

// readingView is an article as the widget shows it: Shown of web/widget/parts/Article.svelte.
type readingView struct {
	ID    centrala.ArticleID `json:"id"`
	Title string             `json:"title"`
	HTML  template.HTML      `json:"html"`          // escaped, and without HTML of its author's
	URL   string             `json:"url,omitempty"` // of its page; "" when it has none that everybody reads
}

// reading gives the widget an article to show. Who bears the token of a visitor whose side is
// signed reads that side's too; for anybody else those do not exist.
func (p *pages) reading(w http.ResponseWriter, r *http.Request) error {
	none := centrala.Errorf(centrala.NotFound, "There is no such article.")
	in, err := p.Inboxes.InboxBySlug(r.Context(), r.PathValue("inbox"))
	if err != nil {
		return err
	}
	var id centrala.ArticleID
	if err := id.UnmarshalText([]byte(r.PathValue("id"))); err != nil || !in.Enabled || in.Channel != centrala.Chat {
		return none
	}
	side, proved, err := p.proven(r, in)
	if err != nil {
		return err
	}
	a, err := p.Shelf.ArticleByID(r.Context(), id)
	if err != nil {
		return err
	}
	if a.Version == 0 || !a.For(side, proved) {
		return none
	}
	v := readingView{ID: a.ID, Title: a.Title}
	if len(a.Readers) == 0 {
		v.URL = a.URL()
	}
	if v.HTML, err = shown.Text(a.Body); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("an article for the widget: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(raw) // the reader went away
	return nil
}

// proven is the side that the bearer of a token has proved to this inbox, if any. A token that
// no longer counts proves nothing; the session of a colleague is no visitor's.
func (p *pages) proven(r *http.Request, in centrala.Inbox) (centrala.Side, bool, error) {
	token, cookie := auth.TokenOf(r)
	if token == "" || cookie || p.Guard == nil {
		return centrala.NoSide, false, nil
	}
	who, err := p.Guard.Identify(r.Context(), token)
	if centrala.CodeOf(err) == centrala.Unauthorized {
		return centrala.NoSide, false, nil
	}
	if err != nil || who.Visitor == nil || who.Visitor.Inbox != in.ID || who.Asker() != centrala.Proved {
		return centrala.NoSide, false, err
	}
	return who.Visitor.Claims.Side, true, nil
}
