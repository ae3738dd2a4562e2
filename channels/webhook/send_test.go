package webhook_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/webhook"
)

func TestAnAnswerHasEverythingThePageSays(t *testing.T) {
	t.Parallel()
	p := channelstest.NewPartner(t, secret)
	files := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = files.Close() }) // in memory
	if err := files.WriteAll(t.Context(), "out/1", []byte("%PDF-"), nil); err != nil {
		t.Fatal(err)
	}
	c := webhook.New(webhook.Config{Files: files})
	out := centrala.Outbound{
		Delivery: 31, Inbox: centrala.Inbox{ID: 7, Account: &centrala.Account{Endpoint: p.URL, HookSecret: secret + "\nolder"}}, Conversation: 41, Number: 20417, Seq: 2,
		To: centrala.Address{Name: "Ola", Address: "tel:+48600100200"}, Author: centrala.Author{Kind: centrala.ByAgent, Name: "Ania"}, Text: "Paczka jest w drodze.",
		ThreadID: "order-31", Answers: "sms-1001", At: came, Attachments: []centrala.Attachment{{Name: "etykieta.pdf", Type: "application/pdf", Size: 5, Blob: "out/1"}},
	}
	for range 2 { // the same again is the same message
		id, err := c.Send(t.Context(), out)
		if err != nil || id != "their-1" {
			t.Fatalf("%q, %v", id, err)
		}
		out.Attempt++
	}
	got := p.Got()
	if len(got) != 1 {
		t.Fatalf("%d posts taken", len(got))
	}
	g := got[0]
	if g.V != 1 || g.Type != "message" || g.ID != c.Key(out) || g.Conversation.Key != "order-31" || g.Conversation.Number != 20417 || g.To.ID != "tel:+48600100200" || g.To.Phone != "+48600100200" ||
		g.Author.Name != "Ania" || g.Text != "Paczka jest w drodze." || g.Answers != "sms-1001" || len(g.Files) != 1 || g.Files[0].Data != "JVBERi0=" {
		t.Errorf("%+v", g)
	}
	out.Attachments[0].Size = 5<<20 + 1
	var rejected *centrala.Rejected
	if _, err := c.Send(t.Context(), out); !errors.As(err, &rejected) || rejected.Cause != centrala.BadFile {
		t.Errorf("files of more than 5 MB: %v", err)
	}
}

func TestWhatTheOtherSideAnswers(t *testing.T) {
	t.Parallel()
	var status int
	var body, after string
	theirs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		w.Header().Set("Location", "https://elsewhere.example.test/")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // whoever asked may be gone
	}))
	t.Cleanup(theirs.Close)
	c := webhook.New(webhook.Config{})
	out := centrala.Outbound{Delivery: 31, Inbox: centrala.Inbox{ID: 7, Account: &centrala.Account{Endpoint: theirs.URL, HookSecret: secret}}, To: centrala.Address{Address: "u"}, Text: "x"}
	for _, x := range []struct {
		status int
		body   string
		check  func(string, error) bool
	}{
		{200, `{"id":"their-9","more":1}`, func(id string, err error) bool { return id == "their-9" && err == nil }},
		{204, ``, func(id string, err error) bool { return id == c.Key(out) && err == nil }},
		{202, `<html>`, func(id string, err error) bool { return id == c.Key(out) && err == nil }},
		{422, `{"reason":"too\nlong","cause":"bad-file"}`, func(_ string, err error) bool {
			var r *centrala.Rejected
			return errors.As(err, &r) && r.Reason == "too long" && r.Cause == centrala.BadFile
		}},
		{410, `nothing`, func(_ string, err error) bool {
			var r *centrala.Rejected
			return errors.As(err, &r) && r.Reason == "the other side says 410" && r.Cause == ""
		}},
		{409, `{"cause":"we made this up"}`, func(_ string, err error) bool {
			var r *centrala.Rejected
			return errors.As(err, &r) && r.Cause == ""
		}},
		{429, ``, func(_ string, err error) bool {
			var b *channels.Busy
			return errors.As(err, &b) && b.For == 7*time.Second && b.Domain == ""
		}},
		{401, ``, stopped}, {403, ``, stopped}, {404, ``, stopped}, {302, ``, stopped},
		{500, ``, passes}, {503, ``, passes}, {408, ``, passes},
	} {
		status, body, after = x.status, x.body, "7"
		if id, err := c.Send(t.Context(), out); !x.check(id, err) {
			t.Errorf("%d %s: %q, %v", x.status, x.body, id, err)
		}
	}
}

func stopped(_ string, err error) bool {
	var s *channels.Stopped
	return errors.As(err, &s)
}

func passes(_ string, err error) bool {
	var (
		r *centrala.Rejected
		a *centrala.Ambiguous
	)
	return err != nil && !errors.As(err, &r) && !errors.As(err, &a) && !stopped("", err)
}

func TestAnswersGoOnlyWhereNobodyListens(t *testing.T) {
	t.Parallel()
	c := webhook.New(webhook.Config{})
	for _, address := range []string{"", "http://pbx.example.test/", "ftp://127.0.0.1/", "https://user:secret@pbx.example.test/", "https://", "://"} {
		_, err := c.Send(t.Context(), centrala.Outbound{Inbox: centrala.Inbox{Account: &centrala.Account{Endpoint: address, HookSecret: secret}}, Text: "x"})
		if !stopped("", err) || strings.Contains(err.Error(), "user:secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// No name and no address leads to what is inside.
func TestFilesAreFetchedFromTheOpenInternetOnly(t *testing.T) {
	t.Parallel()
	asked := false
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	c := webhook.New(webhook.Config{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "172.16.9.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"} {
		_, err := c.Fetch(t.Context(), centrala.Inbox{}, centrala.Media{Handle: "https://" + host + port + "/secret"})
		if err == nil || !strings.Contains(err.Error(), "refused to connect") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := c.Fetch(t.Context(), centrala.Inbox{}, centrala.Media{Handle: "http://example.test/"}); err == nil {
		t.Error("fetched without encryption")
	}
	if asked {
		t.Error("the inside was asked")
	}
}

func TestWhatAFilesServerSays(t *testing.T) {
	t.Parallel()
	status := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://169.254.169.254/")
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	c := webhook.New(webhook.Config{PrivateFiles: true, PrivateHTTP: true})
	for code, final := range map[int]bool{404: true, 403: true, 302: true, 204: true, 429: false, 500: false} {
		status = code
		_, err := c.Fetch(t.Context(), centrala.Inbox{}, centrala.Media{Handle: s.URL + "/f?token=geheim"})
		var rejected *centrala.Rejected
		if err == nil || errors.As(err, &rejected) != final || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestTheLineTestPostsAPing(t *testing.T) {
	t.Parallel()
	status := 200
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(b), `"type":"ping"`) || r.Header.Get("Idempotency-Key") != "" {
			t.Errorf("%s, %v", b, err)
		}
		w.WriteHeader(status)
	}))
	inbox := centrala.Inbox{ID: 7, Account: &centrala.Account{Endpoint: s.URL, HookSecret: secret}}
	c := webhook.New(webhook.Config{Timeout: 2 * time.Second})
	for _, code := range []int{200, 204, 401, 500} {
		status = code
		found := c.Test(t.Context(), inbox)
		if f := found[len(found)-1]; f.OK != (code < 300) || f.Check != "webhook.endpoint" || !strings.Contains(f.Text["pl"]+f.Cause, fmt.Sprint(code)) {
			t.Errorf("%d: %+v", code, f)
		}
	}
	s.Close()
	if found := c.Test(t.Context(), inbox); found[1].OK || found[1].Text["en"] == "" {
		t.Errorf("nobody there: %+v", found)
	}
	inbox.Account.Endpoint = ""
	if found := c.Test(t.Context(), inbox); !found[1].OK || !found[1].Skipped {
		t.Errorf("one way only: %+v", found)
	}
}
