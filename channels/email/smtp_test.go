package email_test

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/channels/email/letter"
	"centrala/channels/email/quote"
)

// sender is a line with an SMTP server that is not ours.
func sender(t *testing.T, o channelstest.SinkOptions, c email.Config) (*email.Channel, *channelstest.Sink, centrala.Outbound) {
	t.Helper()
	sink := channelstest.NewSink(t, o)
	blobs := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = blobs.Close() }) // in memory
	if err := blobs.WriteAll(t.Context(), "out/1", []byte("faktura nr 1"), nil); err != nil {
		t.Fatal(err)
	}
	c.Blobs, c.Secret = blobs, []byte("secret")
	return email.New(c), sink, centrala.Outbound{
		Delivery: 11, Attempt: 1, Conversation: 99, Number: 20417, Seq: 3, Locale: "pl", To: centrala.Address{Name: "Jan Źródłowski", Address: "jan@example.test"},
		Inbox: centrala.Inbox{ID: 7, Channel: centrala.Email, Mailbox: &centrala.Mailbox{Address: "bok@firma.test", FromName: "Pomoc: Łódź",
			SMTP: sink.Server, SMTPPassword: o.Password}},
		Subject: "Odp: Zwrot butów", Text: "Dzień dobry,\n\nzwrot jest przyjęty: https://firma.test/z?a=1&b=2.", Signature: "Ania\nZespół kupujących",
		InReplyTo: "CAx1@mail.example.test", References: []string{"CAx0@mail.example.test", "CAx1@mail.example.test"}, MessageID: "c.1.2@firma.test",
		Quoted: []centrala.Message{{Author: centrala.Author{Name: "Jan Źródłowski"}, Text: "Proszę o zwrot.\n<script>alert(1)</script>",
			At: time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)}},
		Attachments: []centrala.Attachment{{ID: 5, Name: "faktura – żółta.pdf", Type: "application/pdf", Blob: "out/1"}},
		At:          time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
	}
}

// What a program not ours took: it threads, it reads well in both forms, and it brings its
// answer home.
func TestSentMail(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	id, err := line.Send(t.Context(), out)
	if err != nil || id != "c.1.2@firma.test" {
		t.Fatalf("Send = %q, %v", id, err)
	}
	raw := sink.Wait(t, 1)[0]
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<c.1.2@firma.test>", "In-Reply-To": "<CAx1@mail.example.test>",
		"References":  "<CAx0@mail.example.test> <CAx1@mail.example.test>",
		"Return-Path": "<bok@firma.test>", "Date": "Mon, 02 Mar 2026 10:00:00 +0000", "Auto-Submitted": "", "List-Unsubscribe": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	reply, err := m.Header.AddressList("Reply-To")
	if err != nil || len(reply) != 1 || !strings.HasPrefix(reply[0].Address, "bok+t-") || !strings.HasSuffix(reply[0].Address, "@firma.test") {
		t.Errorf("Reply-To %v, %v", reply, err)
	}
	a, err := letter.Read(strings.NewReader(raw), false, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	if s := letter.Text(a.Header, "Subject"); s != "Re: Zwrot butów [#20417]" {
		t.Errorf("subject %q", s)
	}
	want := "Dzień dobry,\n\nzwrot jest przyjęty: https://firma.test/z?a=1&b=2.\n\n-- \nAnia\nZespół kupujących\n\n" +
		"W dniu 2.03.2026 10:05 Jan Źródłowski pisze:\n> Proszę o zwrot.\n> <script>alert(1)</script>"
	if a.Text != want {
		t.Errorf("text %q, want %q", a.Text, want)
	}
	if first := quote.ShownFirst(a.Text); !strings.HasSuffix(first, "a=1&b=2.") {
		t.Errorf("our own mail is not read as it is written: %q", first)
	}
	if !strings.Contains(a.HTML, `<a href="https://firma.test/z?a=1&amp;b=2">`) || strings.Contains(a.HTML, "<script") || !strings.Contains(a.HTML, `<blockquote type="cite">`) {
		t.Errorf("HTML %q", a.HTML)
	}
	if len(a.Files) != 1 || a.Files[0].Name != "faktura – żółta.pdf" || a.Files[0].Size != 12 || a.Files[0].Type != "application/pdf" {
		t.Errorf("files %+v", a.Files)
	}
	for l := range strings.Lines(raw) {
		if len(l) > 998 {
			t.Errorf("a line of %d bytes", len(l))
		}
	}

	// The answer, as a customer's program writes it, finds the conversation by its address.
	answer := "From: jan@example.test\r\nTo: " + reply[0].Address + "\r\nSubject: Re: x\r\n\r\nDziękuję\r\n"
	if c := line.ReadFor(t, answer).ReplyTo; c != 99 {
		t.Errorf("the answer is for conversation %v", c)
	}
	forged := strings.Replace(answer, "bok+t-0", "bok+t-1", 1)
	if c := line.ReadFor(t, forged).ReplyTo; c != 0 || forged == answer {
		t.Errorf("a forged address leads to conversation %v", c)
	}
}

// Every attempt at a message is the same bytes, so that servers on the other side can tell.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	for n := range 2 {
		out.Attempt = n + 1
		if _, err := line.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
	if mails := sink.Wait(t, 2); mails[0] != mails[1] {
		t.Errorf("two attempts differ:\n%s\n---\n%s", mails[0], mails[1])
	}
	out.MessageID = ""
	id, err := line.Send(t.Context(), out)
	again, err2 := line.Send(t.Context(), out)
	if err != nil || err2 != nil || id == "" || id != again || !strings.HasSuffix(id, "@firma.test") {
		t.Errorf("without an id from the log: %q and %q, %v, %v", id, again, err, err2)
	}
}

func TestAutomaticMail(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	out.Automatic, out.Subject, out.Text, out.HTML = true, "Jak poszło?", "Oceń rozmowę: https://firma.test/s/1", "<p>Oceń <b>rozmowę</b></p>"
	out.Unsubscribe, out.Quoted, out.Signature = "https://firma.test/u/1", nil, ""
	if _, err := line.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	raw := sink.Wait(t, 1)[0]
	a, err := letter.Read(strings.NewReader(raw), false, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Precedence": "bulk", email.LoopHeader: "1",
		"List-Unsubscribe": "<https://firma.test/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if s := letter.Text(a.Header, "Subject"); s != "Jak poszło?" || !strings.Contains(a.HTML, "<b>rozmowę</b>") {
		t.Errorf("subject %q, HTML %q", s, a.HTML)
	}
	if e := line.Explain(t.Context(), strings.NewReader(raw)); e.Outcome != centrala.Automatic {
		t.Errorf("our own automatic mail is read as %s (%s)", e.Outcome, e.Reason)
	}
}

// What every answer of a server means for the message and for the line.
func TestOutcomesOfSending(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 2 * time.Second})
	const sent, later, never, unknown, stopped = "sent", "later", "never", "unknown", "stopped"
	for to, want := range map[string]string{
		"jan": sent, "nobody": never, "later": later, "spam": never, "full": later, "barred": stopped, "silent": unknown, "cut": unknown, "odd": unknown,
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			out := out
			out.To.Address, out.MessageID = to+"@example.test", to+"@firma.test"
			_, err := line.Send(t.Context(), out)
			if got := meaning(err); got != want {
				t.Errorf("%s: %s (%v), want %s", to, got, err, want)
			}
		})
	}
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		out := out
		for _, to := range []string{"", "jan", "jan@example.test\r\nRCPT TO:<x@y>", "a b@c"} {
			out.To.Address = to
			if _, err := line.Send(t.Context(), out); meaning(err) != never {
				t.Errorf("%q: %v", to, err)
			}
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		out := out
		box := *out.Inbox.Mailbox
		box.SMTP.Port = 1
		out.Inbox.Mailbox = &box
		if _, err := line.Send(t.Context(), out); meaning(err) != later {
			t.Errorf("%v", err)
		}
	})
	t.Run("the file is gone", func(t *testing.T) {
		t.Parallel()
		out := out
		out.Attachments = []centrala.Attachment{{ID: 6, Name: "x", Blob: "out/none"}}
		if _, err := line.Send(t.Context(), out); meaning(err) != later {
			t.Errorf("%v", err)
		}
	})
	t.Run("ended while the server is silent", func(t *testing.T) {
		t.Parallel()
		out := out
		out.To.Address = "silent@example.test"
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := line.Send(ctx, out); meaning(err) != unknown || time.Since(began) > 1500*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
	t.Cleanup(func() {
		if n := len(sink.Mails(t)); n != 1 {
			t.Errorf("%d mails were taken, want only the one for jan", n)
		}
	})
}

func meaning(err error) string {
	var (
		rejected  *centrala.Rejected
		ambiguous *centrala.Ambiguous
		stopped   *channels.Stopped
		busy      *channels.Busy
		noted     *channels.Noted
	)
	switch {
	case err == nil:
		return "sent"
	case errors.As(err, &noted):
		return "sent, but " + noted.Reason
	case errors.As(err, &busy):
		return "busy " + busy.Domain
	case errors.As(err, &rejected):
		return "never"
	case errors.As(err, &ambiguous):
		return "unknown"
	case errors.As(err, &stopped):
		return "stopped"
	}
	return "later"
}

func TestLogin(t *testing.T) {
	t.Parallel()
	cert := channelstest.NewCertificate(t)
	line, sink, out := sender(t, channelstest.SinkOptions{Password: "tajne", Cert: cert.Path}, email.Config{TLS: cert.Trust})
	if _, err := line.Send(t.Context(), out); err != nil {
		t.Fatalf("with the right password: %v", err)
	}
	sink.Wait(t, 1)
	box := *out.Inbox.Mailbox
	box.SMTPPassword = "zgadywane"
	out.Inbox.Mailbox = &box
	if _, err := line.Send(t.Context(), out); meaning(err) != "stopped" {
		t.Errorf("with a wrong password: %v", err)
	}
	if found := line.Test(t.Context(), out.Inbox); found[1].OK || found[1].Check != "smtp.login" {
		t.Errorf("the line test says %+v", found[1])
	}
	box.SMTP.TLS = "none"
	if _, err := line.Send(t.Context(), out); meaning(err) != "stopped" {
		t.Errorf("without the encryption that the server asks for: %v", err)
	}
	box.SMTP.Host = "192.0.2.1" // a test address that leads nowhere: it must not be tried in the clear
	began := time.Now()
	if _, err := line.Send(t.Context(), out); err == nil || !strings.Contains(err.Error(), "without encryption") || time.Since(began) > 5*time.Second {
		t.Errorf("in the clear to a stranger: %v", err)
	}
}

func TestManyReferences(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	out.References = nil
	for n := range 60 {
		out.References = append(out.References, strings.Repeat("x", 60)+string(rune('a'+n%26))+strings.Repeat("y", n)+"@mail.example.test")
	}
	if _, err := line.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	a, err := letter.Read(bytes.NewReader([]byte(sink.Wait(t, 1)[0])), false, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	got := letter.IDs(a.Header, "References")
	if len(got) != 21 || got[0] != out.References[0] || got[20] != out.InReplyTo || got[19] != out.References[59] {
		t.Errorf("%d references, from %q to %q", len(got), got[0], got[len(got)-1])
	}
}
