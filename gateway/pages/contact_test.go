package pages_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gocloud.dev/blob"

	"centrala"
	"centrala/gateway/pages"
)

// fields is a form that is good.
func fields() url.Values {
	return url.Values{"key": {"k1"}, "lang": {"pl"}, "side": {"buyer"}, "text": {"Gdzie jest moja paczka"}, "subject": {"Zamówienie 2487"},
		"email": {"marta@poczta.example"}, "name": {"Marta Wiśniewska"}}
}

// send posts the form with files, given as name and content, from an address.
func (h *house) send(t testing.TB, address string, f url.Values, files ...string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range f {
		for _, v := range values {
			_ = m.WriteField(name, v)
		}
	}
	for i := 0; i+1 < len(files); i += 2 {
		w, err := m.CreateFormFile("files", files[i])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, files[i+1])
	}
	_ = m.Close()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/contact", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Origin", "http://localhost")
	r.RemoteAddr = address + ":1234"
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

func (h *house) conversations(t testing.TB) []centrala.Conversation {
	t.Helper()
	list, _, err := h.db.Conversations(context.Background(), centrala.Everything(), centrala.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (h *house) blobs(t testing.TB) int {
	t.Helper()
	n := 0
	list := h.config.Blobs.List(&blob.ListOptions{})
	for {
		_, err := list.Next(context.Background())
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

func TestFormBecomesAConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.send(t, "192.0.2.1", fields(), `C:\tmp\paragon.txt`, "129,00 zł", "zdjęcie.png", "\x89PNG\r\n\x1a\n0000")
	if got.Code != http.StatusSeeOther || !regexp.MustCompile(`^/contact/sent\?case=\d+&lang=pl$`).MatchString(got.Header().Get("Location")) {
		t.Fatalf("%d to %q: %s", got.Code, got.Header().Get("Location"), got.Body)
	}
	all := h.conversations(t)
	if len(all) != 1 || all[0].Side != centrala.Buyer || all[0].Subject != "Zamówienie 2487" || all[0].Channel != centrala.Form {
		t.Fatalf("%+v", all)
	}
	messages, _, err := h.db.Messages(context.Background(), centrala.Everything(), all[0].ID, centrala.Page{Limit: 10})
	if err != nil || len(messages) == 0 {
		t.Fatal(messages, err)
	}
	m := messages[0]
	if m.Text != "Gdzie jest moja paczka" || len(m.Attachments) != 2 || m.Attachments[0].Name != "paragon.txt" || m.Attachments[1].Type != "image/png" {
		t.Fatalf("%+v", m)
	}
	file, err := h.db.Attachment(context.Background(), centrala.Everything(), "", m.Attachments[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := h.config.Blobs.ReadAll(context.Background(), file.Blob); err != nil || string(b) != "129,00 zł" {
		t.Errorf("%q, %v", b, err)
	}

	// The same page sent again is the same message; changed words are another.
	if got := h.send(t, "192.0.2.1", fields(), "paragon.txt", "129,00 zł"); got.Code != http.StatusSeeOther || len(h.conversations(t)) != 1 {
		t.Errorf("again: %d, %d conversations", got.Code, len(h.conversations(t)))
	}
	if n := h.blobs(t); n != 2 {
		t.Errorf("%d files kept, want those of the first", n)
	}
	f := fields()
	f.Set("text", "A druga?")
	if h.send(t, "192.0.2.1", f); h.events(t, centrala.MessageReceived) != 2 {
		t.Error("changed words are lost")
	}
}

func TestFilesUpToTheLimitAreTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.send(t, "192.0.2.1", fields(), "1.txt", strings.Repeat("x", 20<<20), "2.csv", "a;b", "3.log", "x", "4.txt", "x", "5.txt", "x")
	if got.Code != http.StatusSeeOther || len(h.conversations(t)) != 1 {
		t.Errorf("five files of up to 20 MB: %d", got.Code)
	}
}

func TestWhatIsWrongWithAForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *pages.Config) { c.NoLimits = true })
	set := func(name, value string) url.Values {
		f := fields()
		f.Set(name, value)
		return f
	}
	big := strings.Repeat("x", 20<<20+1)
	for name, c := range map[string]struct {
		form  url.Values
		files []string
		field string
		want  int
	}{
		"no words":         {set("text", "  "), nil, "text", 422},
		"too many words":   {set("text", strings.Repeat("ą", centrala.MaxText+7)), nil, "text", 422},
		"no side":          {set("side", ""), nil, "side", 422},
		"a wrong side":     {set("side", "king"), nil, "side", 422},
		"no address":       {set("email", ""), nil, "email", 422},
		"a wrong address":  {set("email", "marta@"), nil, "email", 422},
		"two addresses":    {set("email", "a@b.example, c@d.example"), nil, "email", 422},
		"a long name":      {set("name", strings.Repeat("x", 200)), nil, "name", 422},
		"a long subject":   {set("subject", strings.Repeat("x", 300)), nil, "subject", 422},
		"a program":        {fields(), []string{"a.txt", "#!/bin/sh\n"}, "files", 422},
		"a web page":       {fields(), []string{"a.txt", "<!doctype html><script>"}, "files", 422},
		"a script's name":  {fields(), []string{"a.js", "alert(1)"}, "files", 422},
		"a large file":     {fields(), []string{"a.txt", big}, "files", 422},
		"six files":        {fields(), []string{"1.txt", "1", "2.txt", "2", "3.txt", "3", "4.txt", "4", "5.txt", "5", "6.txt", "6"}, "files", 422},
		"a field too long": {set("text", strings.Repeat("x", 200<<10)), nil, "text", 422},
	} {
		got := h.send(t, "192.0.2.1", c.form, c.files...)
		body := got.Body.String()
		if got.Code != c.want || !strings.Contains(body, `id="w-`+c.field+`"`) {
			t.Errorf("%s: %d, and no word beside %s", name, got.Code, c.field)
		}
		if c.field != "text" && !strings.Contains(body, "Gdzie jest moja paczka") {
			t.Errorf("%s: the words are lost", name)
		}
		if c.field != "email" && !strings.Contains(body, `value="marta@poczta.example"`) {
			t.Errorf("%s: the address is lost", name)
		}
		noInline(t, name, got)
	}
	if n := len(h.conversations(t)); n != 0 {
		t.Errorf("%d conversations of refused forms", n)
	}
	if n := h.blobs(t); n != 0 {
		t.Errorf("%d files of refused forms", n)
	}
}

func TestFormsLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 6 {
		f := fields()
		f.Set("key", fmt.Sprint("k", i))
		f.Set("text", fmt.Sprint("Pytanie ", i))
		f.Set("email", fmt.Sprintf("m%d@poczta.example", i))
		got := h.send(t, "192.0.2.1", f)
		if i < 5 && got.Code != http.StatusSeeOther {
			t.Fatalf("message %d: %d", i, got.Code)
		}
		if i == 5 && (got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "Pytanie 5</textarea>")) {
			t.Errorf("the sixth in an hour: %d, Retry-After %q", got.Code, got.Header().Get("Retry-After"))
		}
	}
	if got := h.send(t, "192.0.2.2", fields()); got.Code != http.StatusSeeOther {
		t.Errorf("another address: %d", got.Code)
	}
	if n := len(h.conversations(t)); n != 6 {
		t.Errorf("%d conversations, want 6", n)
	}
}

func TestFormOfAnotherSiteOrAProgram(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, headers := range map[string][]string{
		"another site":    {"Origin", "https://evil.example"},
		"a hidden origin": {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
		"a cross-site":    {"Origin", "", "Sec-Fetch-Site", "cross-site"},
	} {
		if got := h.post(t, "/contact", fields(), headers...); got.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.Code)
		}
	}
	f := fields()
	f.Set("website", "https://spam.example")
	if got := h.send(t, "192.0.2.1", f, "a.txt", "x"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/contact/sent?lang=pl" {
		t.Errorf("a program: %d to %q", got.Code, got.Header().Get("Location"))
	}
	if n := len(h.conversations(t)); n != 0 {
		t.Errorf("%d conversations", n)
	}
	if n := h.blobs(t); n != 0 {
		t.Errorf("%d files of a program", n)
	}
	if got := h.ask(t, "GET", "/contact?inbox=web"); got.Code != http.StatusNotFound {
		t.Errorf("the form of a chat: %d", got.Code)
	}
}

func TestSuggestionsBeforeSendingWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	f := fields()
	f.Set("text", "kiedy wrócą pieniądze")
	f.Set("action", "look")
	body := h.post(t, "/contact", f).Body.String()
	id := regexp.MustCompile(`value="solved:([^"]+)"`).FindStringSubmatch(body)
	if id == nil || !strings.Contains(body, "kiedy wrócą pieniądze</textarea>") {
		t.Fatalf("no suggestion, or no words: %.2000s", body)
	}
	f.Set("action", "solved:"+id[1])
	body = h.post(t, "/contact", f).Body.String()
	if !strings.Contains(body, "Cieszymy się") || !strings.Contains(body, `value="undo:`) || !strings.Contains(body, "kiedy wrócą pieniądze</textarea>") {
		t.Errorf("no thanks to take back: %.2000s", body)
	}
	if n := h.events(t, centrala.SuggestionSolved); n != 1 {
		t.Errorf("%d recorded as solved", n)
	}
	if n := h.events(t, centrala.SuggestionOffered); n != 1 {
		t.Errorf("%d recorded as offered", n)
	}
	if len(h.conversations(t)) != 0 {
		t.Error("a message was sent")
	}
}

func TestHTMLInTheFormIsInert(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const evil = `</textarea><script>alert(1)</script>"><img src=x onerror=alert(1)>`
	f := url.Values{"key": {evil}, "lang": {evil}, "inbox": {""}, "side": {evil}, "text": {evil}, "subject": {evil}, "email": {evil}, "name": {evil}}
	got := h.send(t, "192.0.2.1", f)
	if got.Code != http.StatusUnprocessableEntity || strings.Contains(got.Body.String(), "<script>") || strings.Contains(got.Body.String(), "<img") {
		t.Errorf("%d: %s", got.Code, got.Body)
	}
	noInline(t, "form", got)
	for _, q := range []string{"text", "side", "lang", "inbox"} {
		noInline(t, q, h.ask(t, "GET", "/contact?"+url.Values{q: {evil}}.Encode()))
	}
	if got := h.ask(t, "GET", "/contact/sent?case="+url.QueryEscape(evil)); strings.Contains(got.Body.String(), "alert") {
		t.Error("the number is anything")
	}
}
