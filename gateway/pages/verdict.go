package pages

import (
	"net/http"
	"slices"
	"strings"

	"centrala"
	"centrala/auth"
)

// The cookie that keeps what a reader said about articles, and of how many.
const (
	verdictCookie = "helped"
	maxVerdicts   = 40
)

// verdict takes whether an article helped: kind solved or unsolved, and asked, what its reader had
// looked for. Once for each reader and article: what they say afterwards changes nothing. A script
// gets 204; a form goes back to the article, or with unsolved on to the form.
func (p *pages) verdict(w http.ResponseWriter, r *http.Request) error {
	if !p.ours(r) {
		return p.refuse(w, r)
	}
	address := auth.LimitKey(p.Site.Addr(r))
	if _, _, ok := p.clicks.Take(address); !ok {
		p.say(w, r, http.StatusTooManyRequests, p.words(r).TooManyTries(), p.words(r).PageGoneWhy())
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSmall)
	if err := r.ParseForm(); err != nil {
		return p.unreadable(w, r, err)
	}
	kind := r.PostFormValue("kind")
	if kind != "solved" && kind != "unsolved" {
		return p.unreadable(w, r, nil)
	}
	c, _, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	locale, speak, err := p.shelfLocale(r, c)
	if err != nil {
		return err
	}
	a, to, err := p.at(r.Context(), c, locale, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if to != "" { // it has moved meanwhile
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	var side *sideView
	d := centrala.Deflection{Kind: kind, Place: centrala.AtHelp, Articles: []centrala.ArticleID{a.ID}, Locale: locale, Visitor: p.stranger(r), At: p.Now()}
	if len(a.Sides) == 1 {
		one := sideIn(speak, locale, a.Sides[0])
		side, d.Side = &one, one.Side
	}
	// Two presses on the same button come before the cookie does.
	_, _, first := p.tells.Take(address + " " + r.UserAgent() + " " + a.ID.String())
	if first && verdictOf(r, a.ID) == "" {
		if err := p.Shelf.Offer(r.Context(), d); err != nil {
			return err
		}
		p.keepVerdict(w, r, a.ID, kind)
	}
	switch {
	case scripted(r):
		w.WriteHeader(http.StatusNoContent)
	case kind == "unsolved":
		http.Redirect(w, r, unhelped(speak, side, a, question(r.PostFormValue("asked"))), http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/help/"+locale+"/"+a.Slug+"#tell", http.StatusSeeOther)
	}
	return nil
}

// verdicts are what a reader said: "ar_…:solved", the latest first.
func verdicts(r *http.Request) []string {
	c, err := r.Cookie(verdictCookie)
	if err != nil || c.Value == "" {
		return nil
	}
	all := strings.Split(c.Value, "|")
	return all[:min(len(all), maxVerdicts)]
}

// verdictOf is what a reader said about an article, "" when they did not.
func verdictOf(r *http.Request, id centrala.ArticleID) string {
	for _, v := range verdicts(r) {
		if of, kind, _ := strings.Cut(v, ":"); of == id.String() && (kind == "solved" || kind == "unsolved") {
			return kind
		}
	}
	return ""
}

// keepVerdict remembers in the reader's browser what they said; nothing of it tells who they are.
func (p *pages) keepVerdict(w http.ResponseWriter, r *http.Request, id centrala.ArticleID, kind string) {
	all := slices.DeleteFunc(verdicts(r), func(v string) bool {
		return strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") != ""
	})
	all = append([]string{id.String() + ":" + kind}, all[:min(len(all), maxVerdicts-1)]...)
	http.SetCookie(w, &http.Cookie{Name: verdictCookie, Value: strings.Join(all, "|"), Path: "/help/", MaxAge: 90 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Site.Secure(r)})
}
