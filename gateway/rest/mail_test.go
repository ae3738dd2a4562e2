package rest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/rest"
)

// fetched is a mail as a mailbox brings it, with its raw form in the blob store.
func (h *house) fetched(outcome, from, subject, text string, headers ...string) centrala.Entry {
	h.t.Helper()
	ctx := context.Background()
	n := h.serial.Add(1)
	raw := fmt.Sprintf("From: Jan <%s>\r\nTo: pomoc@shop.example\r\nSubject: %s\r\nMessage-ID: <f%d@poczta.example>\r\nDate: Thu, 19 Nov 2026 10:03:51 +0100\r\n%sContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		from, subject, n, strings.Join(headers, ""), text)
	key := fmt.Sprintf("in/te/%d/0", n)
	if err := h.blobs.WriteAll(ctx, key, []byte(raw), nil); err != nil {
		h.t.Fatal(err)
	}
	in := centrala.Inbound{Inbox: h.mail.ID, Channel: centrala.Email, ExternalID: fmt.Sprint("INBOX:1:", n), Outcome: centrala.Outcome(outcome), Reason: "because",
		Cause: centrala.Cause{Code: "dmarc", Detail: "poczta.example"}, From: centrala.Address{Name: "Jan", Address: from}, To: []string{"pomoc@shop.example"}, Subject: subject,
		Text: text, FullText: text, MessageID: fmt.Sprintf("f%d@poczta.example", n), Raw: key, Size: int64(len(raw)), Parser: 1, At: time.Now(),
		Trust: centrala.Trust{Verdict: centrala.Contradict, By: "mx.shop.example", DMARC: "fail"}}
	must[centrala.Receipt](h.t)(h.db.Receive(ctx, in))
	items, _, err := h.db.Entries(ctx, centrala.Everything(), centrala.EntryFilter{Limit: 1})
	if err != nil || len(items) != 1 || items[0].ExternalID != in.ExternalID {
		h.t.Fatalf("the entry of %s: %v, %v", in.ExternalID, items, err)
	}
	return items[0]
}

func (h *house) ask(method, path string, body any, want int) reply {
	h.t.Helper()
	got := h.do(call{method: method, path: path, token: h.tokens["supervisor"], body: body})
	if got.status != want {
		h.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got.status, want, got.body)
	}
	return got
}

func TestBookOfMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.fetched("ingested", "jan@poczta.example", "Zwrot butów za duże", "dzień dobry")
	e := h.fetched("quarantined", "jan@poczta.example", "=?utf-8?Q?Dokumenty_do_wyp=C5=82aty?=", "w załączeniu", "In-Reply-To: <"+first.MessageID+">\r\n", "X-Long: a\r\n  b\r\n")
	h.fetched("automatic", "=robot@poczta.example", "Nie ma mnie", "wrócę")

	var page rest.MailPage
	h.ask("GET", "/v1/mail?q=JAN%40poczta", nil, 200).into(t, &page)
	if len(page.Items) != 2 || page.Tally["ingested"] != 1 || page.Tally["quarantined"] != 1 || page.Tally["spam"] != 0 || len(page.Tally) != 7 {
		t.Fatalf("the book: %+v", page)
	}
	h.ask("GET", fmt.Sprintf("/v1/mail?conversation=%s&seq=%d", first.Conversation, first.Seq), nil, 200).into(t, &page)
	if len(page.Items) != 1 || page.Items[0].ID != first.ID {
		t.Errorf("the entry of a message: %+v", page.Items)
	}
	var one rest.MailEntry
	h.ask("GET", "/v1/mail/"+e.ID.String(), nil, 200).into(t, &one)
	if one.Sender.Wrote != 1 || one.Sender.Answers || one.Sender.Conversation != first.Conversation || one.Trust.DMARC != "fail" || one.Cause.Code != "dmarc" || !one.HasRaw {
		t.Errorf("one entry: %+v", one)
	}
	raw := h.ask("GET", "/v1/mail/"+e.ID.String()+"/raw", nil, 200)
	if raw.header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(raw.header.Get("Content-Disposition"), "attachment;") ||
		raw.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(raw.header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(raw.body, "w załączeniu") {
		t.Errorf("raw: %v %s", raw.header, raw.body)
	}
	var head rest.MailHeaders
	h.ask("GET", "/v1/mail/"+e.ID.String()+"/headers", nil, 200).into(t, &head)
	if len(head.Headers) != 8 || head.Headers[2] != (rest.MailHeader{Name: "Subject", Value: "Dokumenty do wypłaty"}) || head.Headers[6].Value != "a b" || head.Cut || !strings.HasPrefix(head.Text, "From: Jan") {
		t.Errorf("headers: %+v", head)
	}
	table := h.ask("GET", "/v1/mail.csv?outcome=automatic&from=2026-01-01T00:00:00Z", nil, 200)
	r := csv.NewReader(strings.NewReader(table.body))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 8 || rows[0][1] != "2026-01-01T00:00:00Z" || rows[4][1] != "automatic" || rows[6][0] != "id" || rows[7][9] != "'=robot@poczta.example" {
		t.Errorf("table: %v %v", rows, err)
	}

	h.ask("POST", "/v1/mail/"+e.ID.String()+"/release", obj{"was": "spam"}, 409)
	h.ask("POST", "/v1/mail/"+e.ID.String()+"/release", obj{"was": "quarantined"}, 200).into(t, &one)
	if one.Outcome != "ingested" || one.Conversation != first.Conversation || one.Seq == 0 || one.DecidedBy != h.staff["supervisor"].ID || one.Subject != "Dokumenty do wypłaty" {
		t.Errorf("released: %+v", one.Entry)
	}
	h.ask("POST", "/v1/mail/"+e.ID.String()+"/release", obj{}, 409)
	h.ask("POST", "/v1/mail/"+e.ID.String()+"/spam", obj{}, 200).into(t, &one)
	if one.Outcome != "spam" || one.Cause.Code != "by-hand" {
		t.Errorf("spam: %+v", one.Entry)
	}
	var actions []string
	lines, _, err := h.db.AuditLog(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		actions = append(actions, l.Action+" "+l.Detail)
		if strings.Contains(l.Detail, "Dokumenty") || l.Subject != e.ID.String() {
			t.Errorf("audit line %+v", l)
		}
	}
	if strings.Join(actions, ", ") != "mail.spam ingested → spam, mail.released quarantined → ingested" {
		t.Errorf("audit: %v", actions)
	}
}

func TestMailIsReadAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.fetched("ingested", "jan@poczta.example", "Zwrot", "Nowe słowa")
	address := "/v1/mail/" + e.ID.String() + "/reread"
	if err := h.blobs.WriteAll(t.Context(), rawKey(t, h, e), []byte("From: jan@poczta.example\r\nSubject: Zwrot\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nLepsze słowa\r\n"), nil); err != nil {
		t.Fatal(err)
	}
	said := func() string {
		m, _, _, err := h.db.Message(t.Context(), centrala.Everything(), e.Conversation, e.Seq)
		if err != nil {
			t.Fatal(err)
		}
		return m.Text
	}
	var got struct {
		Applied bool
		Entry   rest.MailEntry
		Reading struct {
			Outcome string
			Inbound []struct{ Text string }
		}
	}
	h.ask("POST", address, obj{"apply": false}, 200).into(t, &got)
	if got.Applied || got.Reading.Outcome != "ingested" || got.Reading.Inbound[0].Text != "Lepsze słowa" || said() != "Nowe słowa" {
		t.Fatalf("the preview: %+v, said %q", got, said())
	}
	h.ask("POST", address, obj{"apply": true}, 200).into(t, &got)
	if !got.Applied || said() != "Lepsze słowa" || got.Entry.Parser <= 1 {
		t.Fatalf("applied: %+v, said %q", got, said())
	}
	if err := h.blobs.Delete(t.Context(), rawKey(t, h, e)); err != nil {
		t.Fatal(err)
	}
	h.ask("POST", address, obj{"apply": false}, 404)
	h.ask("GET", "/v1/mail/"+e.ID.String()+"/raw", nil, 404)
	h.ask("GET", "/v1/mail/"+e.ID.String(), nil, 200)
}

func rawKey(t *testing.T, h *house, e centrala.Entry) string {
	t.Helper()
	e, err := h.db.Entry(t.Context(), centrala.Everything(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	return e.Raw
}

// What an erased person sent is gone from the blob store, with files that no message took.
func TestErasedMailIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	taken := h.fetched("ingested", "jan@poczta.example", "Zwrot", "a")
	aside := h.fetched("quarantined", "jan@poczta.example", "Oferta", "b")
	file := strings.TrimSuffix(aside.Raw, "0") + "1"
	if err := h.blobs.WriteAll(t.Context(), file, []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	c, err := h.db.Conversation(t.Context(), centrala.Everything(), taken.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.do(call{method: "DELETE", path: "/v1/contacts/" + c.Contact.String(), token: h.tokens["admin"]}); got.status != 204 {
		t.Fatal(got)
	}
	for _, key := range []string{taken.Raw, aside.Raw, file} {
		if there, err := h.blobs.Exists(t.Context(), key); err != nil || there {
			t.Errorf("%s is there: %t, %v", key, there, err)
		}
	}
}

// A remote picture is fetched by the server for the one reader who asked for it, and the other
// side learns nothing about them.
func TestRemotePictures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var asked atomic.Int64
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		for name, v := range r.Header {
			if name != "Accept" && name != "User-Agent" && name != "Accept-Encoding" && name != "Connection" {
				t.Errorf("the sender learns %s: %v", name, v)
			}
		}
		switch r.URL.Path {
		case "/ok.png":
			_, _ = w.Write(png)
		case "/moved":
			http.Redirect(w, r, "/ok.png", http.StatusFound)
		case "/page.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("<html><script>alert(1)</script>"))
		case "/svg.png":
			_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`))
		case "/huge.png":
			_, _ = w.Write(append(png[:len(png):len(png)], make([]byte, rest.MaxPicture)...))
		default:
			http.NotFound(w, r)
		}
	}))
	defer far.Close()
	for path, want := range map[string]int{"/ok.png": 200, "/moved": 200, "/page.png": 404, "/svg.png": 404, "/huge.png": 404, "/none": 404} {
		id, r := h.mailed(`<img src="remote:` + far.URL + path + `" alt="logo">`)
		address := fmt.Sprintf("/v1/conversations/%s/messages/%d/html", id, r.Seq)
		before := asked.Load()
		if got := h.ask("GET", address, nil, 200); strings.Contains(got.body, far.URL) || !strings.Contains(got.body, "▨ logo") {
			t.Errorf("not asked for: %s", got.body)
		}
		if path == "/ok.png" {
			id, r := h.mailed(`<img src="remote:` + far.URL + path + `" alt="pixel" width="1" height="1">`)
			tiny := h.ask("GET", fmt.Sprintf("/v1/conversations/%s/messages/%d/html?images=true", id, r.Seq), nil, 200)
			if strings.Contains(tiny.body, "/v1/images") || strings.Contains(tiny.body, "pixel") {
				t.Errorf("a picture that nobody sees: %s", tiny.body)
			}
		}
		with := h.ask("GET", address+"?images=true", nil, 200)
		src := regexp.MustCompile(`src="(/v1/images\?t=[^"]+)"`).FindStringSubmatch(with.body)
		if src == nil {
			t.Fatalf("asked for: %s", with.body)
		}
		if asked.Load() != before {
			t.Errorf("%s was fetched before a browser asked", path)
		}
		got := h.do(call{method: "GET", path: src[1]})
		if got.status != want || want == 200 && (got.body != string(png) || got.header.Get("Content-Type") != "image/png" || got.header.Get("Set-Cookie") != "" ||
			!strings.HasPrefix(got.header.Get("Cache-Control"), "private")) {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if other := h.do(call{method: "GET", path: src[1] + "x"}); other.status != 401 {
			t.Errorf("a changed token: %d", other.status)
		}
	}
}

// The server's neighbours are no pictures, whatever their name resolves to.
func TestPicturesOfNeighboursAreRefused(t *testing.T) {
	t.Parallel()
	near := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a neighbour was asked") }))
	defer near.Close()
	h := newHouse(t, func(c *rest.Config) { c.Pictures = nil })
	p := auth.Principal{Kind: auth.Agent, Agent: new(centrala.Agent)}
	*p.Agent = h.staff["agent"]
	for _, address := range []string{near.URL, strings.Replace(near.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest/meta-data", "http://[::1]/x.png", "file:///etc/passwd", "ftp://example.test/x"} {
		if got := h.do(call{method: "GET", path: h.guard.PictureURL(p, address)}); got.status != 404 {
			t.Errorf("%s: %d %s", address, got.status, got.body)
		}
	}
}

// What an older policy let through is cleaned by that of today when it is shown.
func TestOldHTMLIsCleanedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := must[centrala.Receipt](t)(h.db.Receive(t.Context(), centrala.Inbound{Inbox: h.mail.ID, Channel: centrala.Email, ExternalID: "old", Outcome: centrala.Ingested,
		From: centrala.Address{Address: "jan@example.org"}, Subject: "Paczka", Text: "a", HTML: `<p><font size="7" title="let through once">a</font><marquee>b</marquee></p>`, Policy: 1}))
	address := fmt.Sprintf("/v1/conversations/%s/messages/%d", r.Conversation, r.Seq)
	for _, path := range []string{address, address + "/html"} {
		if got := h.ask("GET", path, nil, 200); strings.Contains(got.body, "let through once") || strings.Contains(got.body, "marquee") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

// Of many pictures at once only some are fetched at the same time, whoever asks.
func TestPicturesAreFetchedAFewAtATime(t *testing.T) {
	t.Parallel()
	const atOnce, all = 16, 40
	h := newHouse(t)
	var now, most atomic.Int64
	full := make(chan struct{})
	var once sync.Once
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == atOnce {
			once.Do(func() { close(full) })
		}
		<-full
		_, _ = w.Write(png)
	}))
	defer far.Close()
	agent := h.staff["agent"]
	address := h.guard.PictureURL(auth.Principal{Kind: auth.Agent, Agent: &agent}, far.URL)
	var done sync.WaitGroup
	for range all {
		done.Go(func() {
			if got := h.do(call{method: "GET", path: address}); got.status != 200 {
				t.Errorf("status %d", got.status)
			}
		})
	}
	done.Wait()
	if most.Load() != atOnce {
		t.Errorf("%d at the same time", most.Load())
	}
}
