package pages

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"centrala"
	"centrala/words"
)

// surveyView is the question with what is chosen.
type surveyView struct {
	Token, Nonce string
	Question     string
	Date         string
	Scores       []scoreView
	Chosen       int // -1: none
	FromMail     bool
	Comment      string
	Alert        string
}

type scoreView struct {
	N       int
	Checked bool
}

// thanksView is what follows an answer.
type thanksView struct {
	Token, Nonce string
	Score        int
	Low          bool
	Commented    bool
	Comment      string
	Alert        string
}

// private is for pages whose address is a secret.
func private(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// asked is the survey behind the address, as long as it can be answered. When it cannot, the
// same neutral page has been written, which tells a stranger nothing, and ok is false.
func (p *pages) asked(w http.ResponseWriter, r *http.Request) (s centrala.Survey, speak words.Words, ok bool, err error) {
	private(w)
	s, err = p.Surveys.SurveyByToken(r.Context(), p.Secrets.Hash(r.PathValue("token")))
	speak = p.words(r)
	if centrala.CodeOf(err) == centrala.NotFound {
		return s, speak, false, p.gone(w, speak, http.StatusNotFound)
	}
	if err != nil {
		return s, speak, false, err
	}
	if !known(r.URL.Query().Get("lang")) && known(s.Locale) {
		speak = words.For(s.Locale)
	}
	if p.over(s) {
		return s, speak, false, p.gone(w, speak, http.StatusGone)
	}
	return s, speak, true, nil
}

// over reports whether a survey takes no answer any more: not the first, and not another one.
func (p *pages) over(s centrala.Survey) bool {
	if s.Score != nil {
		return !p.Now().Before(s.AnsweredAt.Add(centrala.AnswerWindow))
	}
	return s.Cancelled || !p.Now().Before(s.ExpiresAt)
}

func (p *pages) gone(w http.ResponseWriter, speak words.Words, status int) error {
	return p.show(w, status, "gone", view{W: speak, Title: speak.LinkGone(), Robots: "noindex", Plain: true})
}

// survey shows the question. It records nothing, whoever opens it and however often: programs
// that look at mails open every link there is.
func (p *pages) survey(w http.ResponseWriter, r *http.Request) error {
	s, speak, ok, err := p.asked(w, r)
	if !ok {
		return err
	}
	v := surveyView{Chosen: -1, Comment: s.Comment}
	if s.Score != nil {
		v.Chosen = *s.Score
	}
	if n, ok := score(r.URL.Query().Get("v")); ok {
		v.Chosen, v.FromMail = n, true
	}
	return p.question(w, r, http.StatusOK, s, speak, v)
}

func (p *pages) question(w http.ResponseWriter, r *http.Request, status int, s centrala.Survey, speak words.Words, v surveyView) error {
	v.Token = r.PathValue("token")
	v.Nonce = p.Secrets.Nonce(v.Token, p.Now())
	v.Question, v.Date = p.SurveyQuestion(speak.Locale()), speak.Day(s.CreatedAt)
	for n := range 11 {
		v.Scores = append(v.Scores, scoreView{n, n == v.Chosen})
	}
	return p.show(w, status, "survey", view{W: speak, Title: speak.SurveyTitle(), Robots: "noindex", Plain: true, Data: v})
}

// score reads a whole number from 0 to 10, written as people write it.
func score(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n <= 10 && s == strconv.Itoa(n)
}

// filled reads the small form behind a survey's address.
func (p *pages) filled(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxSmall)
	if err := r.ParseForm(); err != nil {
		return err
	}
	for name, values := range r.PostForm {
		for i := range values {
			values[i] = strings.ReplaceAll(strings.ToValidUTF8(strings.ReplaceAll(values[i], "\x00", ""), ""), "\r\n", "\n")
		}
		r.PostForm[name] = values
	}
	return nil
}

// answer records a score, and the words with it, when the form comes from a page of ours for
// this survey, not older than a day.
func (p *pages) answer(w http.ResponseWriter, r *http.Request) error {
	s, speak, ok, err := p.asked(w, r)
	if !ok {
		return err
	}
	if err := p.filled(w, r); err != nil {
		return p.unreadable(w, r, err)
	}
	v := surveyView{Chosen: -1, Comment: r.PostFormValue("comment")}
	n, good := score(r.PostFormValue("score"))
	if good {
		v.Chosen = n
	}
	switch {
	case !p.ours(r), !p.Secrets.CheckNonce(r.PathValue("token"), r.PostFormValue("nonce"), p.Now()):
		v.Alert = speak.SurveyStale()
		return p.question(w, r, http.StatusForbidden, s, speak, v)
	case !good:
		v.Alert = speak.ScoreMissing()
		return p.question(w, r, http.StatusUnprocessableEntity, s, speak, v)
	case r.PostFormValue("website") != "": // a field that people do not see: a program is told what people are told
		p.Log.Info("a program answered a survey; not recorded", "survey", s.ID)
		return p.thank(w, r, speak)
	}
	_, _, err = p.Surveys.AnswerSurvey(context.WithoutCancel(r.Context()), s.ID, 0, n, v.Comment)
	switch centrala.CodeOf(err) {
	case "":
		return p.thank(w, r, speak)
	case centrala.Closed, centrala.Conflict:
		return p.gone(w, speak, http.StatusGone)
	case centrala.TooLong, centrala.Invalid:
		v.Alert = speak.TooLongBy(len([]rune(v.Comment)) - centrala.MaxText)
		return p.question(w, r, http.StatusUnprocessableEntity, s, speak, v)
	}
	number := faultNumber()
	p.Log.Error("survey's answer", "survey", s.ID, "number", number, "err", err)
	v.Alert = speak.FormFault(number)
	return p.question(w, r, http.StatusServiceUnavailable, s, speak, v)
}

func (p *pages) thank(w http.ResponseWriter, r *http.Request, speak words.Words) error {
	to := "/s/" + r.PathValue("token") + "/thanks"
	if l := r.URL.Query().Get("lang"); known(l) {
		to = in(speak.Locale(), to)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// thanks says what is recorded and until when it can be changed.
func (p *pages) thanks(w http.ResponseWriter, r *http.Request) error {
	s, speak, ok, err := p.asked(w, r)
	if !ok {
		return err
	}
	return p.thanked(w, r, http.StatusOK, s, speak, thanksView{Commented: s.Comment != ""})
}

func (p *pages) thanked(w http.ResponseWriter, r *http.Request, status int, s centrala.Survey, speak words.Words, v thanksView) error {
	if s.Score == nil {
		http.Redirect(w, r, "/s/"+r.PathValue("token"), http.StatusSeeOther)
		return nil
	}
	v.Token = r.PathValue("token")
	v.Nonce = p.Secrets.Nonce(v.Token, p.Now())
	v.Score, v.Low = *s.Score, centrala.BandOf(*s.Score) == centrala.Detractor
	return p.show(w, status, "thanks", view{W: speak, Title: speak.ThankYou(), Robots: "noindex", Plain: true, Data: v})
}

// comment adds words to the answer.
func (p *pages) comment(w http.ResponseWriter, r *http.Request) error {
	s, speak, ok, err := p.asked(w, r)
	if !ok {
		return err
	}
	if err := p.filled(w, r); err != nil {
		return p.unreadable(w, r, err)
	}
	v := thanksView{Comment: r.PostFormValue("text")}
	if !p.ours(r) || !p.Secrets.CheckNonce(r.PathValue("token"), r.PostFormValue("nonce"), p.Now()) {
		v.Alert = speak.SurveyStale()
		return p.thanked(w, r, http.StatusForbidden, s, speak, v)
	}
	if strings.TrimSpace(v.Comment) == "" || r.PostFormValue("website") != "" {
		return p.thank(w, r, speak)
	}
	_, err = p.Surveys.CommentSurvey(context.WithoutCancel(r.Context()), s.ID, 0, v.Comment)
	switch centrala.CodeOf(err) {
	case "":
		return p.thank(w, r, speak)
	case centrala.Closed, centrala.Conflict:
		return p.gone(w, speak, http.StatusGone)
	case centrala.TooLong, centrala.Invalid:
		v.Alert = speak.TooLongBy(len([]rune(v.Comment)) - centrala.MaxText)
		return p.thanked(w, r, http.StatusUnprocessableEntity, s, speak, v)
	}
	return err
}

// unsubscribing asks before it does: a GET changes nothing.
func (p *pages) unsubscribing(w http.ResponseWriter, r *http.Request) error {
	private(w)
	speak := p.words(r)
	s, err := p.Surveys.SurveyByToken(r.Context(), p.Secrets.Hash(r.PathValue("token")))
	if centrala.CodeOf(err) == centrala.NotFound {
		return p.gone(w, speak, http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if !known(r.URL.Query().Get("lang")) && known(s.Locale) {
		speak = words.For(s.Locale)
	}
	return p.unsubscribePage(w, r, speak, false)
}

type unsubscribeView struct {
	Token string
	Done  bool
}

func (p *pages) unsubscribePage(w http.ResponseWriter, r *http.Request, speak words.Words, done bool) error {
	return p.show(w, http.StatusOK, "unsubscribe", view{W: speak, Title: speak.NoMoreSurveys(), Robots: "noindex", Plain: true,
		Data: unsubscribeView{r.PathValue("token"), done}})
}

// unsubscribe stops the questions for good. Mail programs send it with one click (RFC 8058):
// the token in the address is all the proof there is, and all that is needed to stop.
func (p *pages) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	private(w)
	speak := p.words(r)
	s, err := p.Surveys.SurveyByToken(r.Context(), p.Secrets.Hash(r.PathValue("token")))
	if err == nil {
		err = p.Surveys.Unsubscribe(context.WithoutCancel(r.Context()), s.Contact)
	}
	var e *centrala.Error
	if errors.As(err, &e) && e.Code == centrala.NotFound {
		return p.gone(w, speak, http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if known(s.Locale) {
		speak = words.For(s.Locale)
	}
	return p.unsubscribePage(w, r, speak, true)
}
