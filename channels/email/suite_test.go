package email_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/channels/email/letter"
)

// The line between a Dovecot, an SMTP server that delivers into it, another that people
// outside read, and their mail program, swaks.
func TestEmail(t *testing.T) {
	t.Parallel()
	channelstest.Run(t, func(t testing.TB) channelstest.Line {
		imap := channelstest.NewDovecot(t)
		in := channelstest.NewSink(t, channelstest.SinkOptions{Folder: imap.Folder})
		out := channelstest.NewSink(t, channelstest.SinkOptions{})
		blobs := memblob.OpenBucket(nil)
		t.Cleanup(func() { _ = blobs.Close() }) // in memory
		dir := t.TempDir()
		return channelstest.Line{
			Channel: email.New(email.Config{Blobs: blobs, Secret: []byte("secret"), TLS: imap.TLS, PollEvery: time.Hour, Timeout: 5 * time.Second}),
			Inbox: centrala.Inbox{ID: 7, Channel: centrala.Email, Enabled: true, Mailbox: &centrala.Mailbox{
				Address: "bok@firma.test", FromName: "Firma", IMAP: imap.Server, IMAPPassword: channelstest.Password, SMTP: out.Server,
			}},
			Can:     channelstest.Features{Files: true, FilesOut: true, Subjects: true, Markup: true, Threads: true, Knows: true, Automatic: true},
			Write:   func(t testing.TB, _ channels.Intake, l channelstest.Letter) { swaks(t, in.Server, dir, l) },
			Got:     func(t testing.TB) []channelstest.Letter { return letters(t, out.Mails(t)) },
			Someone: centrala.Address{Name: "Jan", Address: "jan@example.test"},
			Gone:    "nobody@example.test", Away: "later@example.test", Silent: "cut@example.test",
		}
	})
}

func swaks(t testing.TB, to centrala.Server, dir string, l channelstest.Letter) {
	t.Helper()
	rcpt := l.To
	if rcpt == "" {
		rcpt = "bok@firma.test"
	}
	from := l.From.Address
	if l.From.Name != "" {
		from = `"` + l.From.Name + `" <` + l.From.Address + ">"
	}
	args := []string{"--from", l.From.Address, "--to", rcpt, "--header", "From: " + from, "--header", "Subject: " + l.Subject}
	if l.ID != "" {
		args = append(args, "--header", "Message-Id: <"+l.ID+">", "--header", "Date: Mon, 02 Mar 2026 10:00:00 +0100")
	}
	if l.Answers != "" {
		args = append(args, "--add-header", "In-Reply-To: <"+l.Answers+">", "--add-header", "References: <"+l.Answers+">")
	}
	if l.Robot {
		args = append(args, "--add-header", "Auto-Submitted: auto-replied")
	}
	attach := func(option, name, kind, data string) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--attach-type", kind, option, "@"+path)
	}
	if l.ID != "" { // the same letter is the same bytes: no boundaries by chance
		args = append(args, "--add-header", "Content-Type: text/plain; charset=utf-8", "--body", l.Text)
	} else if l.Text != "" {
		attach("--attach-body", "body.txt", "text/plain; charset=utf-8", l.Text)
	}
	if l.HTML != "" {
		attach("--attach-body", "body.html", "text/html; charset=utf-8", l.HTML)
	}
	for _, f := range l.Files {
		attach("--attach", f.Name, f.Type, f.Data)
	}
	channelstest.Swaks(t, to, args...)
}

// letters is what a person's mail program shows of raw mails.
func letters(t testing.TB, raws []string) []channelstest.Letter {
	t.Helper()
	var got []channelstest.Letter
	for _, raw := range raws {
		a, err := letter.Read(strings.NewReader(raw), false, letter.Measure)
		if err != nil {
			t.Fatal(err)
		}
		l := channelstest.Letter{ID: letter.MessageID(a.Header), Subject: letter.Text(a.Header, "Subject"), Text: a.Text, HTML: a.HTML}
		if to := letter.Addresses(a.Header.Get("Reply-To")); len(to) > 0 {
			l.To = to[0].Address
		}
		got = append(got, l)
	}
	return got
}
