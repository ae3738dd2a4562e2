package pages

import (
	"cmp"
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
	Visitor   string            // who fills it in, for a day
	Held      bool              // of the group that is suggested nothing
	Door      centrala.Side     // the inbox's, when it has one
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
	v := p.blank(r, inbox)
	v.Filled = f
	return p.form(w, r, http.StatusOK, v)
}

// blank is an inbox's form for who asks for it.
func (p *pages) blank(r *http.Request, inbox centrala.Inbox) contactView {
	v := contactView{Inbox: inbox.Slug, AskSide: inbox.Side == centrala.NoSide, Door: inbox.Side, Visitor: p.stranger(r)}
	v.Held = p.HoldOut.Holds(v.Visitor, p.Now())
	return v
}

// stranger names who asks, for a day, without anything kept in their browser.
func (p *pages) stranger(r *http.Request) string {
	return p.HoldOut.Stranger(auth.LimitKey(p.Site.Addr(r)), r.UserAgent(), p.Now())
}

// form writes the form with v in it.
func (p *pages) form(w http.ResponseWriter, r *http.Request, status int, v contactView) error {
	speak := words.For(v.Locale)
	for _, s := range centrala.Sides() {
		v.Sides = append(v.Sides, sideOf(speak, s))
	}
	v.MaxText = centrala.MaxText
	if v.Suggested == nil && v.Text != "" && v.Solved == nil {
		v.Suggested = p.suggested(r.Context(), v)
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.show(w, status, "contact", view{W: speak, Title: speak.WriteToUs(), Data: v, Other: switched(speak, in(other(speak).Locale(), "/contact"))})
}

// suggested are the articles that may answer already: none for who is held out, which is
// remembered when there would have been some. An index that is away costs nothing but the
// suggestions.
func (p *pages) suggested(ctx context.Context, v contactView) []centrala.Suggestion {
	found, err := p.Suggester.Suggest(ctx, centrala.Query{Text: cut(v.Text, maxQuery), Locale: v.Locale, Side: cmp.Or(v.Door, v.Side), Limit: related})
	if err != nil {
		p.Log.Warn("suggestions", "err", err)
	}
	if !v.Held || len(found) == 0 {
		return found
	}
	if err := p.Shelf.Offer(ctx, v.step("held", p.Now(), ids(found)...)); err != nil {
		p.Log.Warn("remember what was held back", "err", err)
	}
	return []centrala.Suggestion{}
}

// step is one of a suggestion's way at the form.
func (v contactView) step(kind string, at time.Time, articles ...centrala.ArticleID) centrala.Deflection {
	return centrala.Deflection{Kind: kind, Place: centrala.AtForm, Articles: articles, Visitor: v.Visitor, Side: cmp.Or(v.Door, v.Side), Locale: v.Locale, At: at}
}

func ids(found []centrala.Suggestion) []centrala.ArticleID {
	out := make([]centrala.ArticleID, len(found))
	for i, s := range found {
		out[i] = s.ID
	}
	return out
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
	v := p.blank(r, inbox)
	v.Filled, v.Files = up.Filled, len(up.Files) > 0 || err != nil
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
	m.Visitor = v.Visitor
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
	p.ask(r.Context(), centrala.Question{Text: v.Text, Locale: v.Locale, Side: cmp.Or(v.Door, v.Side), Place: centrala.AtForm, Visitor: v.Visitor, Conversation: receipt.Conversation})
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
// enough, or take that back. action is look, or solved or
// undo and an article.
func (p *pages) beforeSending(w http.ResponseWriter, r *http.Request, v contactView, action string) error {
	v.Suggested = p.suggested(r.Context(), v)
	id, solved := strings.CutPrefix(action, "solved:")
	step := v.step("offered", p.Now(), ids(v.Suggested)...)
	for i, s := range v.Suggested {
		if solved && s.ID.String() == id {
			step.Kind, step.Articles, v.Solved = "solved", []centrala.ArticleID{s.ID}, &v.Suggested[i]
			break
		}
	}
	if back, undone := strings.CutPrefix(action, "undo:"); undone {
		step.Kind, step.Articles = "unsolved", nil
		for _, s := range v.Suggested {
			if s.ID.String() == back {
				step.Articles = []centrala.ArticleID{s.ID}
			}
		}
	}
	if len(step.Articles) > 0 {
		if err := p.Shelf.Offer(r.Context(), step); err != nil {
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
