package pages

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/words"
)

// contactView is the form with what is in it.
type contactView struct {
	Filled
	Inbox     string // slug
	AskSide   bool
	Sides     []sideView
	Wrong     map[string]string // sentence beside each field
	Alert     string            // above the form
	Files     bool              // files were chosen and must be chosen again
	Suggested []centrala.Suggestion
	Solved    *centrala.Suggestion // what was enough, to take back
	MaxText   int
}

// formInbox is the form's door: the one that is named, else the first that is open.
func (p *pages) formInbox(ctx context.Context, slug string) (centrala.Inbox, error) {
	closed := centrala.Errorf(centrala.NotFound, "There is no form at this address.")
	if slug != "" {
		in, err := p.Inboxes.InboxBySlug(ctx, slug)
		if err == nil && (!in.Enabled || in.Channel != centrala.Form) {
			err = closed
		}
		return in, err
	}
	doors, err := p.Inboxes.Inboxes(ctx)
	if err != nil {
		return centrala.Inbox{}, err
	}
	i := slices.IndexFunc(doors, func(d centrala.Inbox) bool { return d.Enabled && d.Channel == centrala.Form })
	if i < 0 {
		return centrala.Inbox{}, closed
	}
	return doors[i], nil
}

// contact shows the form, with what the address carries over from a search or an article.
func (p *pages) contact(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	inbox, err := p.formInbox(r.Context(), q.Get("inbox"))
	if err != nil {
		return err
	}
	speak := p.words(r)
	f := Filled{Key: rand.Text(), Locale: speak.Locale(), Text: cut(strings.ToValidUTF8(q.Get("text"), ""), centrala.MaxText)}
	if s := centrala.Side(q.Get("side")); s.Valid() {
		f.Side = s
	}
	return p.form(w, r, http.StatusOK, contactView{Filled: f, Inbox: inbox.Slug, AskSide: inbox.Side == centrala.NoSide})
}

// form writes the form with v in it.
func (p *pages) form(w http.ResponseWriter, r *http.Request, status int, v contactView) error {
	speak := words.For(v.Locale)
	for _, s := range centrala.Sides() {
		v.Sides = append(v.Sides, sideOf(speak, s))
	}
	v.MaxText = centrala.MaxText
	if v.Suggested == nil && v.Text != "" && v.Solved == nil {
		v.Suggested = p.suggested(r.Context(), v.Filled)
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.show(w, status, "contact", view{W: speak, Title: speak.WriteToUs(), Data: v, Other: switched(speak, in(other(speak).Locale(), "/contact"))})
}

// suggested are the articles that may answer already. An index that is away costs nothing
// but the suggestions.
func (p *pages) suggested(ctx context.Context, f Filled) []centrala.Suggestion {
	found, err := p.Suggester.Suggest(ctx, centrala.Query{Text: cut(f.Text, maxQuery), Locale: f.Locale, Side: f.Side, Limit: related})
	if err != nil {
		p.Log.Warn("suggestions", "err", err)
	}
	return found
}

// write takes the form. Whatever is wrong, the page comes back with every word in it.
func (p *pages) write(w http.ResponseWriter, r *http.Request) error {
	if !p.ours(r) {
		return p.refuse(w, r)
	}
	address := auth.LimitKey(p.Site.Addr(r))
	_, wait, ok := p.tries.Take(address)
	if !ok {
		p.tooMany(w, wait)
		p.say(w, r, http.StatusTooManyRequests, p.words(r).TooManyTries(), p.words(r).TryAgainIn(wait))
		return nil
	}
	up, err := p.read(w, r)
	if up.Locale == "" || !known(up.Locale) {
		up.Locale = p.words(r).Locale()
	}
	inbox, inboxErr := p.formInbox(r.Context(), up.inbox)
	if inboxErr != nil {
		p.drop(r.Context(), up.Files)
		return inboxErr
	}
	v := contactView{Filled: up.Filled, Inbox: inbox.Slug, AskSide: inbox.Side == centrala.NoSide, Files: len(up.Files) > 0 || err != nil}
	speak := words.For(up.Locale)
	switch {
	case err != nil:
		return p.back(w, r, v, err)
	case up.action != "":
		p.drop(r.Context(), up.Files)
		return p.beforeSending(w, r, v, up.action)
	}
	m, err := p.Form(inbox, up.once(), p.Now())
	if err != nil {
		p.drop(r.Context(), up.Files)
		return p.back(w, r, v, err)
	}
	if m.Outcome != centrala.Ingested { // a program wrote it: it is told the same as everybody
		p.drop(r.Context(), up.Files)
		m.Attachments = nil
	}
	if _, wait, ok := p.sends.Take(address); !ok {
		p.drop(r.Context(), up.Files)
		p.tooMany(w, wait)
		v.Alert = speak.TooManyMessages(wait)
		return p.form(w, r, http.StatusTooManyRequests, v)
	}
	return p.receive(w, r, m, v)
}

// receive puts the message into the log, and then says that it is there.
func (p *pages) receive(w http.ResponseWriter, r *http.Request, m centrala.Inbound, v contactView) error {
	receipt, err := p.Intake.Receive(context.WithoutCancel(r.Context()), m)
	if err != nil || receipt.Repeated {
		p.drop(r.Context(), m.Attachments)
	}
	if err != nil {
		p.sends.Return(auth.LimitKey(p.Site.Addr(r)))
		return p.back(w, r, v, err)
	}
	to := url.Values{"lang": {v.Locale}}
	if receipt.Conversation != 0 {
		c, err := p.Intake.Conversation(r.Context(), centrala.Everything(), receipt.Conversation)
		if err != nil {
			p.Log.Warn("number of a conversation", "conversation", receipt.Conversation, "err", err) // it is in the log all the same
		} else {
			to.Set("case", strconv.FormatInt(c.Number, 10))
		}
	}
	http.Redirect(w, r, "/contact/sent?"+to.Encode(), http.StatusSeeOther)
	return nil
}

// beforeSending is for those without scripts: they look at suggestions, say that one is
// enough, or take that back. action is look, undo, or solved and an article.
func (p *pages) beforeSending(w http.ResponseWriter, r *http.Request, v contactView, action string) error {
	v.Suggested = p.suggested(r.Context(), v.Filled)
	id, solved := strings.CutPrefix(action, "solved:")
	kind, articles := "offered", []centrala.ArticleID{}
	for i, s := range v.Suggested {
		articles = append(articles, s.ID)
		if solved && s.ID.String() == id {
			kind, articles, v.Solved = "solved", []centrala.ArticleID{s.ID}, &v.Suggested[i]
			break
		}
	}
	if action != "undo" && len(articles) > 0 {
		if err := p.Shelf.Offer(r.Context(), centrala.Deflection{Kind: kind, Place: "form", Articles: articles, At: p.Now()}); err != nil {
			return err
		}
	}
	if action == "look" && len(v.Suggested) == 0 {
		v.Alert = words.For(v.Locale).NothingFitsShort()
	}
	return p.form(w, r, http.StatusOK, v)
}

// back shows the form again with what is wrong with it.
func (p *pages) back(w http.ResponseWriter, r *http.Request, v contactView, err error) error {
	speak := words.For(v.Locale)
	var e *centrala.Error
	status := http.StatusUnprocessableEntity
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		status, v.Wrong = http.StatusRequestEntityTooLarge, map[string]string{"files": speak.FilesTooLarge(maxFile >> 20)}
	case errors.As(err, &e) && (e.Code == centrala.Invalid || e.Code == centrala.TooLong || e.Code == centrala.TooMany || e.Code == centrala.BadFrame):
		v.Wrong = map[string]string{e.Field: wrong(speak, e, v.Filled)}
	case errors.As(err, &e) && e.Code == centrala.Closed:
		status, v.Alert = http.StatusForbidden, speak.FormClosed()
	default:
		number := faultNumber()
		p.Log.Error("form", "number", number, "err", err)
		status, v.Alert = http.StatusServiceUnavailable, speak.FormFault(number)
	}
	if s, ok := v.Wrong[""]; ok || v.Wrong["key"] != "" {
		v.Alert = s
		if !ok {
			v.Alert, v.Key = speak.FormStale(), rand.Text()
		}
	}
	return p.form(w, r, status, v)
}

// wrong is what is wrong with a field, in the reader's language.
func wrong(w words.Words, e *centrala.Error, f Filled) string {
	switch e.Field {
	case "text":
		if e.Code == centrala.TooLong {
			return w.TooLongBy(len([]rune(f.Text)) - centrala.MaxText)
		}
		return w.TextMissing()
	case "side":
		return w.SideMissing()
	case "email":
		return w.EmailWrong()
	case "name", "subject":
		return w.FieldTooLong()
	case "files":
		switch e.Code {
		case centrala.TooLong:
			return w.FilesTooLarge(maxFile >> 20)
		case centrala.TooMany:
			return w.FilesTooMany(maxFiles)
		}
		return w.FileKind()
	}
	return w.NotUnderstood()
}

func (p *pages) tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
}

// sentView says that a message is in the log.
type sentView struct{ Number string }

func (p *pages) sent(w http.ResponseWriter, r *http.Request) error {
	speak := p.words(r)
	v := sentView{}
	if n, err := strconv.Atoi(r.URL.Query().Get("case")); err == nil && n > 0 {
		v.Number = "#" + strconv.Itoa(n)
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.show(w, http.StatusOK, "sent", view{W: speak, Title: speak.MessageTaken(), Robots: "noindex", Data: v})
}
