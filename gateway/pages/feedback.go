package pages

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"centrala"
	"centrala/asking"
	"centrala/auth"
)

// maxSmall is the most bytes that a small form of ours has.
const maxSmall = 128 << 10

// feedback records what a reader says about articles: kind offered, opened, solved or unsolved;
// place help or form; article, one or more ids. With q, the words that an article was opened for,
// or kind asked and no article, it keeps a question. A script gets 204, a form goes back to the
// article.
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
	d, err := p.told(r)
	if err != nil {
		return p.unreadable(w, r, err)
	}
	if words := strings.TrimSpace(r.PostFormValue("q")); words != "" && (d.Kind == "asked" || d.Kind == "opened") {
		p.ask(r.Context(), centrala.Question{Text: words, Locale: d.Locale, Side: d.Side, Place: d.Place, Visitor: d.Visitor, Opened: d.Kind == "opened"})
	}
	if d.Kind != "asked" {
		if err := p.Shelf.Offer(r.Context(), d); err != nil {
			if centrala.CodeOf(err) == centrala.Invalid {
				return p.unreadable(w, r, err)
			}
			return err
		}
	}
	if back := r.PostFormValue("back"); inHelp(back) {
		http.Redirect(w, r, back+"?thanks#tell", http.StatusSeeOther)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// told is the step that a form of ours tells of. Who is held out was offered nothing, whatever
// their page says.
func (p *pages) told(r *http.Request) (centrala.Deflection, error) {
	d := centrala.Deflection{Kind: r.PostFormValue("kind"), Place: centrala.AtForm, Visitor: p.stranger(r), At: p.Now()}
	if r.PostFormValue("place") == string(centrala.AtHelp) {
		d.Place = centrala.AtHelp
	}
	if l := r.PostFormValue("locale"); known(l) {
		d.Locale = l
	}
	if s := centrala.Side(r.PostFormValue("side")); s.Valid() {
		d.Side = s
	}
	if d.Kind == "held" {
		return d, centrala.Errorf(centrala.Invalid, "Who is held out is for us to say.")
	}
	if d.Kind == "offered" && d.Place == centrala.AtForm && p.HoldOut.Holds(d.Visitor, d.At) {
		d.Kind = "held"
	}
	for _, id := range r.PostForm["article"] {
		var a centrala.ArticleID
		if err := a.UnmarshalText([]byte(id)); err != nil || a == 0 {
			return d, centrala.Errorf(centrala.Invalid, "That is no article.")
		}
		d.Articles = append(d.Articles, a)
	}
	return d, nil
}

// ask keeps a question, at most one of a person in a while. That it could not be kept is logged
// and costs nobody anything.
func (p *pages) ask(ctx context.Context, q centrala.Question) {
	if p.Questions == nil {
		return
	}
	if _, _, ok := p.looks.Take(q.Visitor); !ok {
		return
	}
	q.At = p.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	if err := asking.Keep(ctx, p.Suggester, p.Questions, q, centrala.Everybody); err != nil {
		p.Log.Warn("keep a question", "err", err)
	}
}

// askTime is how long a question may take to be kept.
const askTime = 3 * time.Second

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
