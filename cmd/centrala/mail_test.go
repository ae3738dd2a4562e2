package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"centrala"
	"centrala/channels/channelstest"
)

// post is the mail servers around an installation: the mailbox customers write to, the server
// that puts mail into it, and the one that takes what goes out.
type post struct {
	box     *channelstest.Dovecot
	in, out *channelstest.Sink
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{box: channelstest.NewDovecot(t)}
	p.in = channelstest.NewSink(t, channelstest.SinkOptions{Folder: p.box.Folder})
	p.out = channelstest.NewSink(t, channelstest.SinkOptions{})
	return p
}

// mailbox is the post as the configuration file describes it.
func (p *post) mailbox(password, more string) string {
	return fmt.Sprintf(`
[[mailbox]]
slug = "pomoc"
name = "Pomoc"
address = "pomoc@firma.test"
from_name = "Pomoc Jarmark"
%s
imap_host = "localhost"
imap_port = %d
imap_tls = "none"
imap_user = "bok"
imap_password = %q
smtp_host = "127.0.0.1"
smtp_port = %d
smtp_tls = "none"
`, more, p.box.Server.Port, password, p.out.Server.Port)
}

// write has a customer's mail program write to the mailbox.
func (p *post) write(t *testing.T, from, subject, body string, more ...string) {
	t.Helper()
	channelstest.Swaks(t, p.in.Server, append([]string{"--from", from, "--to", "pomoc@firma.test", "--header", "Subject: " + subject,
		"--add-header", "Content-Type: text/plain; charset=utf-8", "--body", body}, more...)...)
}

// got is the mails that went out to an address, once there are n.
func (p *post) got(t *testing.T, to string, n int) []*mail.Message {
	t.Helper()
	var mails []*mail.Message
	channelstest.Eventually(t, fmt.Sprintf("%d mails to %s", n, to), func() bool {
		mails = p.sent(t, to)
		return len(mails) >= n
	})
	if len(mails) > n {
		t.Fatalf("%d mails went to %s, want %d", len(mails), to, n)
	}
	return mails
}

func (p *post) sent(t *testing.T, to string) []*mail.Message {
	t.Helper()
	var mails []*mail.Message
	for _, raw := range p.out.Mails(t) {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatalf("a mail went out that cannot be read: %v\n%s", err, raw)
		}
		if strings.Contains(m.Header.Get("To"), to) {
			mails = append(mails, m)
		}
	}
	return mails
}

// answer has the customer's program answer a mail, as programs do.
func (p *post) answer(t *testing.T, from string, to *mail.Message, text string) {
	t.Helper()
	back := to.Header.Get("Reply-To")
	if back == "" {
		back = to.Header.Get("From")
	}
	address, err := mail.ParseAddress(back)
	if err != nil {
		t.Fatalf("where to answer: %q: %v", back, err)
	}
	id := to.Header.Get("Message-Id")
	channelstest.Swaks(t, p.in.Server, "--from", from, "--to", address.Address, "--header", "Subject: Odp: sprawa",
		"--add-header", "In-Reply-To: "+id, "--add-header", "References: "+strings.TrimSpace(to.Header.Get("References")+" "+id),
		"--add-header", "Content-Type: text/plain; charset=utf-8", "--body", text)
}

// A mail by a program not ours becomes a conversation of the right team and is answered from
// the console; what the customer answers comes back into it; the mail server goes away in the
// middle and nothing is lost or doubled.
func TestMail(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		outside := newPost(t)
		h := newPremises(t, dsn, "")
		p := h.serve(t)
		h.furnish(t, p)
		if code := p.end(t); code != 0 {
			t.Fatalf("the server ended with %d:\n%s", code, p.said())
		}
		h.configure(t, outside.mailbox(channelstest.Password, `team = "sprzedający"`))
		p = h.serve(t)
		marek, ania := p.login(t, "marek@firma.test"), p.login(t, "ania@firma.test")
		desk := p.console(t, marek)

		c := p.firstMail(t, outside, desk)
		if mine := p.matters(t, ania, ""); len(mine) != 0 {
			t.Errorf("the other team sees %+v", mine)
		}
		p.exchangeOfMails(t, outside, desk, marek, c)
		p.mailServerGoesAway(t, outside, marek, c)
		h.killedWhileMailArrives(t, p, outside, "szefowa@firma.test")
	})
}

// killedWhileMailArrives kills the program in the middle of a backlog.
func (h *premises) killedWhileMailArrives(t *testing.T, p *process, outside *post, admin string) {
	t.Helper()
	const all = 12
	for i := range all {
		outside.write(t, "seria@example.test", fmt.Sprintf("Seria numer %03d", i), "Treść.")
		if i == all/2 {
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = p.Wait() // it was killed
		}
	}
	p = h.serve(t)
	token := p.login(t, admin)
	got := map[string]int{}
	eventually(t, "the whole series", func() error {
		clear(got)
		for _, m := range p.matters(t, token, "") {
			if strings.HasPrefix(m.Subject, "Seria") {
				got[m.Subject] += len(p.words(t, token, m.ID))
			}
		}
		if len(got) < all {
			return fmt.Errorf("%d of %d", len(got), all)
		}
		return nil
	})
	for subject, n := range got {
		if n != 1 {
			t.Errorf("%s was taken %d times", subject, n)
		}
	}
}

// filesOf is the files in a mail, by name.
func filesOf(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.FileName() == "" {
			continue
		}
		name, err := new(mime.WordDecoder).DecodeHeader(part.FileName())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
}

// What is written in the contact form is a conversation of its side's team; its answer goes out
// by mail, and the answer to that comes back.
func TestForm(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	h := newPremises(t, "", "")
	h.configure(t, outside.mailbox(channelstest.Password, ""))
	p := h.serve(t)
	admin := h.furnish(t, p)
	p.must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "form", "name": "Formularz", "slug": "formularz"}, nil)
	marek := p.login(t, "marek@firma.test")
	desk := p.console(t, marek)
	send := func() (status int, location string) {
		form := url.Values{"key": {"klucz-formularza-0001"}, "lang": {"pl"}, "inbox": {"formularz"}, "side": {"seller"}, "email": {"ewa@example.test"}, "name": {"Ewa Źródło"},
			"subject": {"Zamówienie 12"}, "text": {"Nie widzę wypłaty.\n" + script}}
		r, err := http.NewRequestWithContext(t.Context(), "POST", p.Base+"/contact", strings.NewReader(form.Encode()))
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
		return res.StatusCode, res.Header.Get("Location")
	}
	for range 2 { // a form that is sent twice is one message
		if status, at := send(); status != http.StatusSeeOther || !strings.HasPrefix(at, "/contact/sent") {
			t.Fatalf("the form gets %d %q", status, at)
		}
	}
	desk.wait(t, "the form at the console", func(f frame) bool { return f.Type == "conversation" && strings.Contains(string(f.Raw), "Marek") })
	all := p.matters(t, marek, "")
	if len(all) != 1 || all[0].Channel != "form" || all[0].Side != "seller" || all[0].Contact.Name != "Ewa Źródło" {
		t.Fatalf("the conversations are %+v", all)
	}
	if said := p.words(t, marek, all[0].ID); len(said) != 1 || !strings.HasSuffix(said[0].Text, script) {
		t.Errorf("it says %+v", said)
	}
	desk.say(t, map[string]any{"conversation": all[0].ID, "text": "Wypłata jest w drodze."})
	ours := outside.got(t, "ewa@example.test", 1)[0]
	outside.answer(t, "ewa@example.test", ours, "Doszła, dziękuję.")
	f := desk.wait(t, "her answer at the console", func(f frame) bool {
		_, text := f.words()
		return f.Type == "message" && strings.Contains(text, "Doszła")
	})
	if f.Conversation != all[0].ID {
		t.Errorf("her answer is in %s, want %s", f.Conversation, all[0].ID)
	}
}

// firstMail is the customer's first mail: Polish in an old charset, with a file.
func (p *process) firstMail(t *testing.T, outside *post, desk *receiver) (conversation string) {
	t.Helper()
	dir := t.TempDir()
	body, file := filepath.Join(dir, "treść.txt"), filepath.Join(dir, "zdjęcie.png")
	const words = "Dzień dobry,\n\nzażółć gęślą jaźń. Proszę o zwrot."
	latin, err := charmap.ISO8859_2.NewEncoder().String(words + "\n")
	if err != nil {
		t.Fatal(err)
	}
	const picture = "\x89PNG\r\n\x1a\n\x00\xff zdjęcie"
	for name, data := range map[string]string{body: latin, file: picture} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	channelstest.Swaks(t, outside.in.Server, "--from", "jan@example.test", "--to", "pomoc@firma.test",
		"--header", "Subject: =?iso-8859-2?Q?Zwrot_but=F3w_za_ma=B3ych?=", "--header", "Message-Id: <pierwszy@example.test>",
		"--attach-type", "text/plain; charset=iso-8859-2", "--attach-body", "@"+body, "--attach-type", "image/png", "--attach", "@"+file)

	f := desk.wait(t, "the mail at the console of the team's agent", func(f frame) bool {
		return f.Type == "conversation" && strings.Contains(string(f.Raw), "Zwrot butów za małych") && strings.Contains(string(f.Raw), "Marek")
	})
	if f.Reason == "" {
		t.Errorf("no reason is given: %s", f.Raw)
	}
	token := p.login(t, "marek@firma.test")
	found := p.matters(t, token, "")
	if len(found) != 1 || found[0].Channel != "email" || found[0].Subject != "Zwrot butów za małych" || found[0].Status != "open" || found[0].Side != "" {
		t.Fatalf("the conversations are %+v", found)
	}
	said := p.words(t, token, found[0].ID)
	if len(said) != 1 || said[0].Text != words || said[0].Author.Kind != "customer" || len(said[0].Attachments) != 1 {
		t.Fatalf("it says %+v", said)
	}
	res, err := http.Get(p.Base + said[0].Attachments[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != picture || res.StatusCode != http.StatusOK {
		t.Errorf("the file is %q (%s), %v", got, res.Status, err)
	}
	return found[0].ID
}

// exchangeOfMails is the agent's answer, and the customer's to it.
func (p *process) exchangeOfMails(t *testing.T, outside *post, desk *receiver, agent, c string) {
	t.Helper()
	const label = "%PDF-1.4\nżółta etykieta\n%%EOF\n"
	file, status := p.attach(t.Context(), agent, "etykieta zwrotna żółta.pdf", label)
	if status != http.StatusCreated {
		t.Fatalf("the upload gets %d", status)
	}
	ack := desk.say(t, map[string]any{"conversation": c, "text": "Dzień dobry, zwrot jest przyjęty. Żółta etykieta w załączeniu.", "attachments": []string{file}})
	if ack.Conversation != c {
		t.Fatalf("acknowledged for %s", ack.Conversation)
	}
	ours := outside.got(t, "jan@example.test", 1)[0]
	if got := ours.Header.Get("In-Reply-To"); got != "<pierwszy@example.test>" {
		t.Errorf("In-Reply-To: %q", got)
	}
	if got := ours.Header.Get("References"); !strings.Contains(got, "<pierwszy@example.test>") {
		t.Errorf("References: %q", got)
	}
	if back := ours.Header.Get("Reply-To") + ours.Header.Get("From"); !strings.Contains(back, "pomoc+t-") {
		t.Errorf("no reply token in %q", back)
	}
	if got := filesOf(t, ours); len(got) != 1 || got["etykieta zwrotna żółta.pdf"] != label {
		t.Errorf("the mail carries %q", got)
	}
	if id := ours.Header.Get("Message-Id"); !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@firma.test>") {
		t.Errorf("Message-Id: %q", id)
	}
	desk.wait(t, "the console hears that it left", func(f frame) bool {
		return f.Type == "delivery" && f.Seq == ack.Seq && strings.Contains(string(f.Raw), string(centrala.DeliveryHandedOver))
	})

	outside.answer(t, "jan@example.test", ours, "Dziękuję, a kiedy przelew?")
	f := desk.wait(t, "his answer at the console", func(f frame) bool {
		_, text := f.words()
		return f.Type == "message" && strings.Contains(text, "a kiedy przelew?")
	})
	if f.Conversation != c {
		t.Errorf("his answer is in %s, want %s", f.Conversation, c)
	}
	if all := p.matters(t, agent, ""); len(all) != 1 {
		t.Errorf("there are %d conversations: %+v", len(all), all)
	}
}

// mailServerGoesAway stops the mail server while mails arrive.
func (p *process) mailServerGoesAway(t *testing.T, outside *post, agent, c string) {
	t.Helper()
	const before, away, after = 4, 6, 3
	write := func(from, n int) {
		for i := from; i < from+n; i++ {
			outside.write(t, fmt.Sprintf("klient%d@example.test", i), fmt.Sprintf("Sprawa numer %03d", i), fmt.Sprintf("Treść sprawy %03d.", i))
		}
	}
	write(0, before)
	admin := p.login(t, "szefowa@firma.test")
	outside.box.Stop(t) // some of them are taken by now, some are not
	write(before, away)
	eventually(t, "the inbox says that it fails", func() error {
		if s := p.door(t, admin, "pomoc").State; s.OK || s.Error == "" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	outside.box.Start(t)
	write(before+away, after)
	const all = before + away + after
	eventually(t, "every mail is a conversation", func() error {
		if n := len(p.matters(t, agent, "")); n < all+1 {
			return fmt.Errorf("%d of %d", n, all+1)
		}
		return nil
	})
	var subjects []string
	for _, m := range p.matters(t, agent, "") {
		if m.ID == c {
			continue
		}
		said := p.words(t, agent, m.ID)
		if len(said) != 1 || !strings.HasPrefix(said[0].Text, "Treść sprawy "+strings.TrimPrefix(m.Subject, "Sprawa numer ")) {
			t.Errorf("%s says %+v", m.Subject, said)
		}
		subjects = append(subjects, m.Subject)
	}
	slices.Sort(subjects)
	if len(subjects) != all || len(slices.Compact(subjects)) != all {
		t.Errorf("%d mails became %d conversations: %v", all, len(subjects), subjects)
	}
	if said := p.words(t, agent, c); len(said) != 3 {
		t.Errorf("the first conversation has %d messages, want 3: %+v", len(said), said)
	}
	eventually(t, "the inbox is well again", func() error {
		if s := p.door(t, admin, "pomoc").State; !s.OK {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}

// inboxView is an inbox as REST lists it.
type inboxView struct {
	ID, Slug string
	Mailbox  struct {
		IMAP struct{ Port int }
	}
	State struct {
		OK    bool
		Error string
	}
}

func (p *process) door(t *testing.T, token, slug string) inboxView {
	t.Helper()
	var list struct{ Items []inboxView }
	p.must(t, "GET", "/v1/inboxes", token, nil, &list)
	i := slices.IndexFunc(list.Items, func(v inboxView) bool { return v.Slug == slug })
	if i < 0 {
		t.Fatalf("there is no inbox %s: %+v", slug, list.Items)
	}
	return list.Items[i]
}

// A mailbox that refuses the login: the doctor explains it and fails, the console shows it, the
// rest goes on; with the right password, saved in the console, the mails come.
func TestMailboxRefusesLogin(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	h := newPremises(t, "", "")
	h.configure(t, outside.mailbox("zgadnij", `side = "seller"`))
	outside.write(t, "jan@example.test", "Czekam od rana", "Nikt nie odbiera.")
	p := h.serve(t)
	admin := h.furnish(t, p)
	out, code := h.run(t, "", "doctor")
	if code != 1 || !strings.Contains(out, "pomoc") || !strings.Contains(out, "bok") || !strings.Contains(out, "password") {
		t.Errorf("the doctor ends with %d and says:\n%s", code, out)
	}
	if strings.Contains(out, "zgadnij") {
		t.Error("the doctor prints the password")
	}
	eventually(t, "the inbox shows the error", func() error {
		if s := p.door(t, admin, "pomoc").State; s.OK || s.Error == "" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	if status, _ := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d because of one mailbox", status)
	}

	box := p.door(t, admin, "pomoc")
	p.must(t, "PATCH", "/v1/inboxes/"+box.ID, admin, map[string]any{"imap_password": channelstest.Password}, nil)
	eventually(t, "the mail comes", func() error {
		if all := p.matters(t, admin, ""); len(all) != 1 || all[0].Subject != "Czekam od rana" || all[0].Side != "seller" {
			return fmt.Errorf("%+v", all)
		}
		return nil
	})
	if s := p.door(t, admin, "pomoc").State; !s.OK {
		t.Errorf("the inbox still says %+v", s)
	}
}

// Mails that are broken, hostile or written by programs do not stop the line: the honest mail
// behind them comes, and what is shown of a hostile one can do nothing.
func TestMalformedMail(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	h := newPremises(t, "", "")
	h.configure(t, outside.mailbox(channelstest.Password, ""))
	raw := func(name, data string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		channelstest.Swaks(t, outside.in.Server, "--from", "zly@example.test", "--to", "pomoc@firma.test", "--data", "@"+path)
	}
	raw("granica", "From: Zły <zly@example.test>\nSubject: granica\nMessage-ID: <g@x>\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nUcięte")
	raw("base64", "From: zly@example.test\nSubject: base64\nContent-Type: application/pdf; name=\"../../etc/passwd\"\nContent-Transfer-Encoding: base64\n\n!!!!\n")
	raw("adres", "From: <<>>,,@\nSubject: =?x?Q?\n\nkto to")
	raw("nic", "\n")
	raw("gniazdo", strings.ReplaceAll(nestedMail(150), "\r\n", "\n"))
	raw("robot", "From: zly@example.test\nSubject: Nie ma mnie\nAuto-Submitted: auto-replied\nMessage-ID: <r@x>\n\nJestem na urlopie.")
	raw("html", "From: zly@example.test\nSubject: strona\nMessage-ID: <h@x>\nContent-Type: text/html; charset=utf-8\n\n<p onclick=\"x()\">Dzień <b>dobry</b></p>"+script+
		"<form action=https://zly.example><input></form><a href=\"javascript:alert(5)\">klik</a><style>body{background:url(https://zly.example)}</style>")
	outside.write(t, "jan@example.test", "Uczciwa sprawa", "Dzień dobry.")
	p := h.serve(t)
	admin := h.furnish(t, p)
	found := map[string]matter{}
	eventually(t, "the honest mail", func() error {
		for _, m := range p.matters(t, admin, "") {
			found[m.Subject] = m
		}
		if _, ok := found["Uczciwa sprawa"]; !ok {
			return fmt.Errorf("%v", found)
		}
		return nil
	})
	if _, ok := found["Nie ma mnie"]; ok {
		t.Error("a program's answer became a conversation")
	}
	if m, ok := found["granica"]; !ok || !strings.Contains(fmt.Sprint(p.words(t, admin, m.ID)), "Ucięte") {
		t.Error("the words of a mail that ends too soon are lost")
	}
	page, ok := found["strona"]
	if !ok {
		t.Fatalf("the mail in HTML is not there: %v", found)
	}
	seq := p.words(t, admin, page.ID)[0].Seq
	header, body := p.fetch(t, fmt.Sprintf("/v1/conversations/%s/messages/%d/html", page.ID, seq), admin)
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("its policy is %q", policy)
	}
	if !strings.Contains(string(body), "<b>dobry</b>") {
		t.Errorf("its words are gone: %s", body)
	}
	for _, live := range []string{"<script", "onclick", "onerror", "javascript:", "<form", "zly.example"} {
		if strings.Contains(string(body), live) {
			t.Errorf("it still holds %s: %s", live, body)
		}
	}
	if s := p.door(t, admin, "pomoc").State; !s.OK {
		t.Errorf("the inbox says %+v", s)
	}
	if len(outside.out.Mails(t)) != 0 {
		t.Error("something was answered by itself")
	}
}
