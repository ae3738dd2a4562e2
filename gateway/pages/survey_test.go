package pages_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/gateway/pages"
	"centrala/survey"
)

// nonce is what stands in the form of a survey's page.
func (h *house) nonce(t testing.TB, path string) string {
	t.Helper()
	m := regexp.MustCompile(`name="nonce" value="([^"]+)"`).FindStringSubmatch(h.ask(t, "GET", path).Body.String())
	if m == nil {
		t.Fatalf("%s has no nonce", path)
	}
	return m[1]
}

func (h *house) answerByForm(t testing.TB, path string, score int) {
	t.Helper()
	got := h.post(t, path, url.Values{"score": {fmt.Sprint(score)}, "nonce": {h.nonce(t, path)}})
	if got.Code != http.StatusSeeOther || !strings.HasPrefix(got.Header().Get("Location"), path+"/thanks") {
		t.Fatalf("answer: %d to %q", got.Code, got.Header().Get("Location"))
	}
}

func (h *house) survey(t testing.TB, token string) centrala.Survey {
	t.Helper()
	s, err := h.db.SurveyByToken(t.Context(), survey.Hash(token))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLookingAtASurveyRecordsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.asked(t, "tok")
	before, err := h.db.LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for v := range 11 { // as a program that opens every link of a mail
		got := h.ask(t, "GET", fmt.Sprintf("%s?v=%d", path, v))
		if got.Code != http.StatusOK || !regexp.MustCompile(fmt.Sprintf(`value="%d" required checked`, v)).MatchString(got.Body.String()) {
			t.Errorf("v=%d: %d, not chosen", v, got.Code)
		}
	}
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "DELETE"} {
		for _, p := range []string{path + "?v=3", path + "/thanks", path + "/comment", path + "/unsubscribe"} {
			h.ask(t, method, p)
		}
	}
	h.ask(t, "GET", path+"/unsubscribe")
	h.ask(t, "GET", path+"/comment?text=x")
	for _, v := range []string{"11", "-1", "9.5", "+9", "09", "x", "%00", "٣"} {
		if got := h.ask(t, "GET", path+"?v="+v); got.Code != http.StatusOK || strings.Contains(got.Body.String(), " checked") {
			t.Errorf("v=%s: %d, or something is chosen", v, got.Code)
		}
	}
	s := h.survey(t, "tok")
	contact, err := h.db.Contact(t.Context(), centrala.Everything(), s.Contact)
	if err != nil {
		t.Fatal(err)
	}
	after, err := h.db.LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Score != nil || s.Cancelled || contact.NoSurveys || after != before {
		t.Errorf("looking changed something: %+v, no surveys %v, events %v to %v", s, contact.NoSurveys, before, after)
	}
}

func TestSurveyPagesAreSecretsOfTheirReader(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.asked(t, "tok")
	for _, p := range []string{path, path + "/thanks", path + "/unsubscribe", "/s/nothing", "/s/nothing/thanks", "/s/nothing/unsubscribe"} {
		head := h.ask(t, "GET", p).Header()
		if head.Get("Cache-Control") != "no-store" || head.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(head.Get("X-Robots-Tag"), "noindex") || head.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", p, head)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path, foreign := h.asked(t, "tok"), h.asked(t, "other")
	good := h.nonce(t, path)
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
		want    int
	}{
		"no nonce":            {url.Values{"score": {"9"}}, nil, 403},
		"a made-up nonce":     {url.Values{"score": {"9"}, "nonce": {"AAAA"}}, nil, 403},
		"a foreign nonce":     {url.Values{"score": {"9"}, "nonce": {h.nonce(t, foreign)}}, nil, 403},
		"an old nonce":        {url.Values{"score": {"9"}, "nonce": {h.secret.Nonce("tok", time.Now().Add(-25*time.Hour))}}, nil, 403},
		"another site":        {url.Values{"score": {"9"}, "nonce": {good}}, []string{"Origin", "https://evil.example"}, 403},
		"no score":            {url.Values{"nonce": {good}}, nil, 422},
		"eleven":              {url.Values{"score": {"11"}, "nonce": {good}}, nil, 422},
		"less than nothing":   {url.Values{"score": {"-1"}, "nonce": {good}}, nil, 422},
		"half":                {url.Values{"score": {"9.5"}, "nonce": {good}}, nil, 422},
		"too many words":      {url.Values{"score": {"9"}, "nonce": {good}, "comment": {strings.Repeat("x", centrala.MaxText+1)}}, nil, 422},
		"a body that is huge": {url.Values{"score": {"9"}, "nonce": {good}, "comment": {strings.Repeat("x", 1<<20)}}, nil, 413},
		"a program":           {url.Values{"score": {"9"}, "nonce": {good}, "website": {"x"}}, nil, 303},
	} {
		c.form.Set("comment", c.form.Get("comment")+" bo tak")
		got := h.post(t, path, c.form, c.headers...)
		if got.Code != c.want {
			t.Errorf("%s: %d, want %d", name, got.Code, c.want)
		}
		if c.want == 403 && !strings.Contains(got.Body.String(), "bo tak</textarea>") {
			t.Errorf("%s: the words are lost", name)
		}
	}
	if s := h.survey(t, "tok"); s.Score != nil {
		t.Fatalf("a refused answer was recorded: %d", *s.Score)
	}

	// A page that tells nobody its address sends Origin: null.
	got := h.post(t, path, url.Values{"score": {"3"}, "nonce": {good}, "comment": {"<script>alert(1)</script>"}}, "Origin", "null")
	if got.Code != http.StatusSeeOther {
		t.Fatalf("answer: %d", got.Code)
	}
	if s := h.survey(t, "tok"); s.Score == nil || *s.Score != 3 || s.Comment != "<script>alert(1)</script>" {
		t.Fatalf("%+v", s)
	}
	body := h.ask(t, "GET", path+"/thanks").Body.String()
	if !strings.Contains(body, "Przykro nam") || !strings.Contains(body, "<b>3</b>") {
		t.Errorf("thanks: %s", body)
	}
	noInline(t, "question", h.ask(t, "GET", path))
	h.answerByForm(t, path, 10)
	if body := h.ask(t, "GET", path+"/thanks").Body.String(); !strings.Contains(body, "Dziękujemy") {
		t.Error("a better answer is still regretted")
	}
	if n := h.events(t, centrala.FollowUpOpened); n != 1 {
		t.Errorf("%d follow-ups", n)
	}
}

func TestCommentAfterTheScore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.asked(t, "tok")
	if got := h.ask(t, "GET", path+"/thanks"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != path {
		t.Errorf("thanks before an answer: %d", got.Code)
	}
	h.answerByForm(t, path, 7)
	if got := h.post(t, path+"/comment", url.Values{"text": {"Bo długo"}}); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "Bo długo</textarea>") {
		t.Errorf("without a nonce: %d", got.Code)
	}
	if got := h.post(t, path+"/comment", url.Values{"text": {"Bo długo"}, "nonce": {h.nonce(t, path+"/thanks")}}); got.Code != http.StatusSeeOther {
		t.Errorf("comment: %d", got.Code)
	}
	if s := h.survey(t, "tok"); s.Comment != "Bo długo" || *s.Score != 7 {
		t.Errorf("%+v", s)
	}
}

func TestSurveysThatAreOver(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newHouse(t, func(c *pages.Config) { c.Now = func() time.Time { return now } })
	path, answered, taken := h.asked(t, "open"), h.asked(t, "answered"), h.asked(t, "taken")
	h.answerByForm(t, answered, 8)
	if err := h.db.CancelSurveys(t.Context(), h.survey(t, "taken").Conversation); err != nil {
		t.Fatal(err)
	}
	strange := h.ask(t, "GET", "/s/nothing")
	if strange.Code != http.StatusNotFound {
		t.Errorf("an unknown address: %d", strange.Code)
	}
	gone := func(p string) {
		t.Helper()
		got := h.ask(t, "GET", p+"?v=9")
		if got.Code != http.StatusGone || got.Body.String() != strange.Body.String() {
			t.Errorf("%s: %d, or it tells more than an unknown address does", p, got.Code)
		}
		if got := h.post(t, p, url.Values{"score": {"9"}, "nonce": {h.secret.Nonce(strings.TrimPrefix(p, "/s/"), now)}}); got.Code != http.StatusGone {
			t.Errorf("answering %s: %d", p, got.Code)
		}
	}
	gone(taken)
	now = now.Add(25 * time.Hour) // the store's own clock has not moved: what follows is the page's word
	gone(path)
	gone(answered)
	if s := h.survey(t, "open"); s.Score != nil {
		t.Error("an answer came too late and was recorded")
	}
	if got := h.post(t, "/s/nothing", url.Values{"score": {"9"}}); got.Code != http.StatusNotFound {
		t.Errorf("answering nothing: %d", got.Code)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.asked(t, "tok")
	got := h.post(t, path+"/unsubscribe", url.Values{"List-Unsubscribe": {"One-Click"}}, "Origin", "", "Sec-Fetch-Site", "")
	if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Nie będzie więcej ankiet") {
		t.Errorf("one click: %d", got.Code)
	}
	c, err := h.db.Contact(t.Context(), centrala.Everything(), h.survey(t, "tok").Contact)
	if err != nil || !c.NoSurveys {
		t.Errorf("%+v, %v", c, err)
	}
	if got := h.post(t, path+"/unsubscribe", nil); got.Code != http.StatusOK {
		t.Errorf("once more: %d", got.Code)
	}
	if got := h.post(t, "/s/nothing/unsubscribe", nil); got.Code != http.StatusNotFound {
		t.Errorf("nobody: %d", got.Code)
	}
}
