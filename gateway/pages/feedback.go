package pages

import (
	"errors"
	"net/http"
	"strings"

	"centrala"
	"centrala/auth"
)

// maxSmall is the most bytes that a small form of ours has.
const maxSmall = 128 << 10

// feedback records what a reader says about articles: kind offered, opened or solved; place
// help or form; article, one or more ids. A script gets 204, a form goes back to the article.
func (p *pages) feedback(w http.ResponseWriter, r *http.Request) error {
	if !p.ours(r) {
		return p.refuse(w, r)
	}
	if _, _, ok := p.clicks.Take(auth.LimitKey(p.Site.Addr(r))); !ok {
		p.say(w, r, http.StatusTooManyRequests, p.words(r).TooManyTries(), p.words(r).PageGoneWhy())
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSmall)
	if err := r.ParseForm(); err != nil {
		return p.unreadable(w, r, err)
	}
	d := centrala.Deflection{Kind: r.PostFormValue("kind"), Place: "form", At: p.Now()}
	if r.PostFormValue("place") == "help" {
		d.Place = "help"
	}
	for _, id := range r.PostForm["article"] {
		var a centrala.ArticleID
		if err := a.UnmarshalText([]byte(id)); err != nil || a == 0 {
			return p.unreadable(w, r, err)
		}
		d.Articles = append(d.Articles, a)
	}
	if err := p.Shelf.Offer(r.Context(), d); err != nil {
		if centrala.CodeOf(err) == centrala.Invalid {
			return p.unreadable(w, r, err)
		}
		return err
	}
	if back := r.PostFormValue("back"); inHelp(back) {
		http.Redirect(w, r, back+"?thanks#tell", http.StatusSeeOther)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// inHelp reports whether an address is a page of the Help Centre and nothing cleverer.
func inHelp(s string) bool {
	return strings.HasPrefix(s, "/help/") && !strings.ContainsAny(s, "?#\\\r\n") && !strings.Contains(s, "//")
}

// ours reports whether a form may have been sent by one of our own pages. Pages that tell
// nobody where their readers come from send Origin: null (Fetch, "append a request Origin
// header"); then the browser's own word counts.
func (p *pages) ours(r *http.Request) bool {
	if r.Header.Get("Origin") == "null" {
		site := r.Header.Get("Sec-Fetch-Site")
		return site == "" || site == "same-origin"
	}
	return p.Site.SameOrigin(r)
}

// refuse answers a form that another site sent.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request) error {
	p.say(w, r, http.StatusForbidden, p.words(r).NotFromHere(), p.words(r).NotFromHereWhy())
	return nil
}

// unreadable answers what no page of ours sends.
func (p *pages) unreadable(w http.ResponseWriter, r *http.Request, err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		p.say(w, r, http.StatusRequestEntityTooLarge, p.words(r).TooLarge(), p.words(r).TooLargeWhy())
		return nil
	}
	p.say(w, r, http.StatusUnprocessableEntity, p.words(r).NotUnderstood(), p.words(r).NotUnderstoodWhy())
	return nil
}
