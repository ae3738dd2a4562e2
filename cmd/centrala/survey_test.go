package main

import (
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"centrala/channels/channelstest"
)

// plainText is the text/plain part of a mail.
func plainText(t *testing.T, m *mail.Message) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	text, ok := textOf(t, kind, params["boundary"], m.Header.Get("Content-Transfer-Encoding"), m.Body)
	if !ok {
		t.Fatal("the mail has no text")
	}
	return text
}

func textOf(t *testing.T, kind, boundary, encoding string, body io.Reader) (string, bool) {
	t.Helper()
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, boundary)
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return "", false
			}
			if err != nil {
				t.Fatal(err)
			}
			sub, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := textOf(t, sub, params["boundary"], part.Header.Get("Content-Transfer-Encoding"), part); ok {
				return text, true
			}
		}
	}
	if kind != "text/plain" {
		return "", false
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n"), true
}

// followUps are those that somebody may see.
func (p *process) followUps(t *testing.T, token string) []struct {
	ID, Conversation, Comment, State string
	Score                            int
} {
	t.Helper()
	var list struct {
		Items []struct {
			ID, Conversation, Comment, State string
			Score                            int
		}
	}
	p.must(t, "GET", "/v1/surveys/follow-ups", token, nil, &list)
	return list.Items
}

// results are the answers so far.
func (p *process) results(t *testing.T, token string) (r struct{ Asked, N, Detractors, Promoters int }) {
	t.Helper()
	p.must(t, "GET", "/v1/surveys/results", token, nil, &r)
	return r
}

// A customer who is connected is asked as soon as the conversation is resolved; a 3 opens a
// follow-up, which the team hears of at once; what is wrong is refused, what is answered again
// replaces.
func TestSurveyInChat(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		h := newPremises(t, dsn, "")
		p := h.serve(t)
		admin := h.furnish(t, p)
		ania := p.login(t, "ania@firma.test")
		desk, chat := p.console(t, ania), p.customer(t)
		c := chat.say(t, map[string]any{"text": "Sprzedawca nie odpowiada."}).Conversation
		desk.wait(t, "the chat at the console", func(f frame) bool {
			return f.Type == "conversation" && f.ID == c && strings.Contains(string(f.Raw), "Ania")
		})
		desk.say(t, map[string]any{"conversation": c, "text": "Już to sprawdzam."})
		p.must(t, "POST", "/v1/conversations/"+c+"/resolve", ania, nil, nil)

		asked := chat.wait(t, "the question", func(f frame) bool { return f.Type == "survey" })
		var q struct {
			Conversation, Kind, Question, Locale string
			Scale                                [2]int
		}
		asked.into(t, &q)
		if q.Conversation != c || q.Kind != "nps" || q.Question == "" || q.Scale != [2]int{0, 10} || q.Locale != "pl" {
			t.Errorf("the question is %s", asked.Raw)
		}
		for _, score := range []any{11, -1, 3.5, "3", nil} {
			if err := chat.send(map[string]any{"type": "survey.answer", "ref": fmt.Sprintf("bad %v", score), "survey": asked.Survey, "score": score}); err != nil {
				t.Fatal(err)
			}
			if f := chat.wait(t, "a refusal", func(f frame) bool { return f.Ref == fmt.Sprintf("bad %v", score) }); f.Code != "invalid" {
				t.Errorf("score %v: %s", score, f.Raw)
			}
		}
		if r := p.results(t, admin); r.N != 0 {
			t.Errorf("refused answers count: %+v", r)
		}
		desk.wait(t, "the console knows that it was asked", func(f frame) bool {
			return f.Type == "conversation" && f.ID == c && strings.Contains(string(f.Raw), `"resolved"`)
		})
		before := desk.count()
		chat.ask(t, map[string]any{"type": "survey.answer", "survey": asked.Survey, "score": 3, "comment": "Za długo to trwało."})
		list := p.followUps(t, ania)
		if len(list) != 1 || list[0].Conversation != c || list[0].Score != 3 || list[0].Comment != "Za długo to trwało." || list[0].State != "new" {
			t.Fatalf("the follow-ups are %+v", list)
		}
		if r := p.results(t, admin); r.N != 1 || r.Detractors != 1 {
			t.Errorf("the results are %+v", r)
		}
		desk.waitAfter(t, before, "the console hears of it", func(f frame) bool { return f.Type == "conversation" && f.ID == c })
		var counts struct {
			FollowUps int `json:"follow_ups"`
		}
		if p.must(t, "GET", "/v1/counts", ania, nil, &counts); counts.FollowUps != 1 {
			t.Errorf("the console counts %d follow-ups", counts.FollowUps)
		}
		if marek := p.followUps(t, p.login(t, "marek@firma.test")); len(marek) != 0 {
			t.Errorf("the other team sees %+v", marek)
		}
		chat.ask(t, map[string]any{"type": "survey.answer", "survey": asked.Survey, "score": 2})
		if r, n := p.results(t, admin), len(p.followUps(t, ania)); r.N != 1 || n != 1 {
			t.Errorf("after a second answer: %+v, %d follow-ups", r, n)
		}
	})
}

var (
	surveyAt = regexp.MustCompile(`http://[^/\s]+(/s/[A-Za-z0-9_-]+)`)
	nonceIn  = regexp.MustCompile(`name="nonce" value="([^"]+)"`)
)

// A customer who wrote by mail is asked by mail. Opening the link answers nothing, however
// often; sending the page's form does. A conversation that is taken up again before its mail is
// due is not asked about.
func TestSurveyByMail(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		outside := newPost(t)
		h := newPremises(t, dsn, "[survey]\nmail_after = \"4s\"\n")
		h.configure(t, outside.mailbox(channelstest.Password, ""))
		p := h.serve(t)
		admin := h.furnish(t, p)
		again := p.mailAnswered(t, outside, admin, "wraca@example.test")
		asked := p.mailAnswered(t, outside, admin, "jan@example.test")
		p.must(t, "POST", "/v1/conversations/"+again+"/resolve", admin, nil, nil)
		p.must(t, "POST", "/v1/conversations/"+again+"/reopen", admin, nil, nil)
		p.must(t, "POST", "/v1/conversations/"+asked+"/resolve", admin, nil, nil)

		question := outside.got(t, "jan@example.test", 2)
		var path string
		for _, m := range question {
			if at := surveyAt.FindStringSubmatch(plainText(t, m)); at != nil {
				path = at[1]
				if m.Header.Get("List-Unsubscribe") == "" {
					t.Error("the question has no List-Unsubscribe")
				}
			}
		}
		if path == "" {
			t.Fatal("no mail holds the address of the question")
		}
		if n := len(outside.sent(t, "wraca@example.test")); n != 1 { // due before the other one, and not sent
			t.Errorf("%d mails went to somebody whose conversation was taken up again, want the answer alone", n)
		}
		p.answerOnPage(t, admin, path, asked)
	})
}

// mailAnswered is a conversation by mail that was answered.
func (p *process) mailAnswered(t *testing.T, outside *post, admin, from string) (conversation string) {
	t.Helper()
	outside.write(t, from, "Zwrot pieniędzy "+from, "Proszę o zwrot.")
	eventually(t, "the mail of "+from, func() error {
		for _, m := range p.matters(t, admin, "") {
			if strings.HasSuffix(m.Subject, from) {
				conversation = m.ID
				return nil
			}
		}
		return fmt.Errorf("not there")
	})
	p.must(t, "POST", "/v1/conversations/"+conversation+"/messages", admin, map[string]any{"text": "Zwrot jest zlecony."}, nil)
	outside.got(t, from, 1)
	return conversation
}

// answerOnPage opens the question's page and answers it.
func (p *process) answerOnPage(t *testing.T, admin, path, conversation string) {
	t.Helper()
	var page string
	for _, q := range []string{"", "?v=3", "?v=10", "?v=3&score=3"} {
		status, body := p.get(t, path+q)
		if status != http.StatusOK {
			t.Fatalf("%s answers %d", q, status)
		}
		page = body
	}
	if r := p.results(t, admin); r.N != 0 || len(p.followUps(t, admin)) != 0 {
		t.Fatalf("looking at the page answered: %+v", r)
	}
	nonce := nonceIn.FindStringSubmatch(page)
	if nonce == nil {
		t.Fatalf("the page has no nonce:\n%s", page)
	}
	send := func(nonce string) int {
		form := url.Values{"nonce": {nonce}, "score": {"3"}, "comment": {"Długo."}}
		r, err := http.NewRequestWithContext(t.Context(), "POST", p.Base+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", p.Base)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if status := send("zgaduję"); status != http.StatusForbidden || p.results(t, admin).N != 0 {
		t.Errorf("a guessed nonce: %d, %+v", status, p.results(t, admin))
	}
	if status := send(html.UnescapeString(nonce[1])); status != http.StatusSeeOther {
		t.Fatalf("the answer gets %d", status)
	}
	list := p.followUps(t, admin)
	if r := p.results(t, admin); r.N != 1 || r.Detractors != 1 || len(list) != 1 || list[0].Conversation != conversation || list[0].Comment != "Długo." {
		t.Errorf("results %+v, follow-ups %+v", r, list)
	}
}
