package email_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"
	"golang.org/x/text/encoding/charmap"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
)

// post is a real mailbox: an IMAP server, an SMTP server that delivers into it, and a line
// that reads it.
type post struct {
	imap  *channelstest.Dovecot
	smtp  *channelstest.Sink
	line  *email.Channel
	board *channels.Board
	inbox centrala.Inbox
	log   *channelstest.Recorder
}

func newPost(t *testing.T, change ...func(*email.Config)) *post {
	t.Helper()
	return newPostAt(t, channelstest.NewDovecot(t), change...)
}

// newPostAt is one whose mails lie on a given server.
func newPostAt(t *testing.T, at *channelstest.Dovecot, change ...func(*email.Config)) *post {
	t.Helper()
	p := &post{board: &channels.Board{}, log: &channelstest.Recorder{}, imap: at}
	p.smtp = channelstest.NewSink(t, channelstest.SinkOptions{Folder: p.imap.Folder})
	blobs := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = blobs.Close() }) // in memory
	c := email.Config{Blobs: blobs, Board: p.board, TLS: p.imap.TLS, Secret: []byte("secret"), PollEvery: time.Hour,
		Wait: func(int, time.Duration) time.Duration { return 20 * time.Millisecond }}
	for _, f := range change {
		f(&c)
	}
	p.line = email.New(c)
	p.inbox = centrala.Inbox{ID: 7, Channel: centrala.Email, Enabled: true, Mailbox: &centrala.Mailbox{
		Address: "bok@firma.test", FromName: "Firma", IMAP: p.imap.Server, IMAPPassword: channelstest.Password, SMTP: p.smtp.Server,
	}}
	return p
}

// wrong is what a line test found amiss.
func wrong(found []channels.Finding) []channels.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f channels.Finding) bool { return f.OK })
}

// listen reads the mailbox until the test ends, or until the returned function is called.
func (p *post) listen(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.line.Listen(ctx, p.inbox, p.log) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("listening ended with %v", err)
			}
		case <-time.After(15 * time.Second):
			t.Error("listening did not end with its context")
		}
	}
	t.Cleanup(stop)
	return stop
}

func (p *post) swaks(t *testing.T, subject string, more ...string) {
	t.Helper()
	channelstest.Swaks(t, p.smtp.Server, append([]string{"--from", "jan@example.test", "--to", "bok@firma.test", "--header", "Subject: " + subject}, more...)...)
}

// A mail by a program not ours, in the charset of an older one, with a file: it is read at
// once by IDLE alone, with every word and byte of it.
func TestMailIsReadFromDovecot(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.listen(t)
	channelstest.Eventually(t, "the mailbox is open", func() bool {
		h, ok := p.board.Line(7, channels.In)
		return ok && h.State == channels.Working
	})
	body := filepath.Join(t.TempDir(), "treść.txt")
	latin, err := charmap.ISO8859_2.NewEncoder().String("Dzień dobry,\n\nproszę o zwrot pieniędzy. Zażółć gęślą jaźń.\n\nPozdrawiam\nJan Źródłowski\n")
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(t.TempDir(), "zdjęcie.png")
	writeFile(t, body, latin)
	writeFile(t, picture, "\x89PNG\r\n\x1a\n\x00\xff")
	sent := time.Now()
	p.swaks(t, "=?iso-8859-2?Q?Zwrot_but=F3w_za_ma=B3ych?=", "--attach-type", "text/plain; charset=iso-8859-2", "--attach-body", "@"+body,
		"--attach-type", "image/png", "--attach", "@"+picture)
	in := p.log.Wait(t, 1)[0]
	t.Logf("taken after %v", time.Since(sent).Round(time.Millisecond))
	if in.Outcome != centrala.Ingested || in.Subject != "Zwrot butów za małych" || in.From.Address != "jan@example.test" {
		t.Errorf("outcome %s (%s), subject %q, from %v", in.Outcome, in.Reason, in.Subject, in.From)
	}
	if want := "Dzień dobry,\n\nproszę o zwrot pieniędzy. Zażółć gęślą jaźń.\n\nPozdrawiam\nJan Źródłowski"; in.Text != want {
		t.Errorf("text %q, want %q", in.Text, want)
	}
	if len(in.Attachments) != 1 || in.Attachments[0].Type != "image/png" || in.Attachments[0].Size != 10 || in.Attachments[0].Blob == "" {
		t.Fatalf("attachments %+v", in.Attachments)
	}
	for range 2 {
		r, err := in.Attachments[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "\x89PNG\r\n\x1a\n\x00\xff" {
			t.Errorf("the file holds %q, %v", got, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if in.Raw == "" || in.Cursor == nil || in.Cursor.UID == 0 || in.Cursor.Validity == 0 {
		t.Errorf("raw %q, cursor %+v", in.Raw, in.Cursor)
	}
	if flags, err := filepath.Glob(filepath.Join(p.imap.Folder, "*", "*:2,*S*")); err != nil || len(flags) != 0 {
		t.Errorf("a mail was marked as read: %v, %v", flags, err)
	}
}

func writeFile(t *testing.T, path, s string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The server is stopped while a backlog is being fetched, more mail comes meanwhile, and the
// line is closed and opened again: nothing is lost, nothing is taken twice, all is in order.
func TestServerStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	const before, meanwhile, after = 30, 5, 3
	for n := range before {
		p.swaks(t, fmt.Sprintf("sprawa %03d", n))
	}
	halfway := make(chan struct{})
	hold := make(chan struct{})
	seen := 0
	p.log.Refuse(func(centrala.Inbound) error { // runs under the recorder's lock
		if seen++; seen == 12 {
			close(halfway)
			<-hold
		}
		return nil
	})
	stop := p.listen(t)
	<-halfway
	p.imap.Stop(t)
	close(hold)
	for n := range meanwhile {
		p.swaks(t, fmt.Sprintf("sprawa %03d", before+n))
	}
	channelstest.Eventually(t, "the line says that it fails", func() bool {
		h, _ := p.board.Line(7, channels.In)
		return h.State == channels.Failing && h.LastError != ""
	})
	p.imap.Start(t)
	p.log.Wait(t, before+meanwhile)
	stop()
	for n := range after {
		p.swaks(t, fmt.Sprintf("sprawa %03d", before+meanwhile+n))
	}
	p.listen(t)
	taken := p.log.Wait(t, before+meanwhile+after)
	if len(taken) != before+meanwhile+after {
		t.Errorf("%d mails taken of %d", len(taken), before+meanwhile+after)
	}
	for n, in := range taken {
		if want := fmt.Sprintf("sprawa %03d", n); in.Subject != want {
			t.Errorf("mail %d is %q", n, in.Subject)
		}
	}
	if _, again := p.log.Taken(); again != 0 {
		t.Errorf("%d mails were given to the log twice", again)
	}
}

// A mailbox that gives its messages new numbers is read again; the log knows what it has.
func TestRenumberedMailbox(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for n := range 5 {
		p.swaks(t, fmt.Sprintf("sprawa %d", n))
	}
	stop := p.listen(t)
	first := p.log.Wait(t, 5)
	stop()
	p.imap.Stop(t)
	p.imap.Renumber(t)
	p.imap.Start(t)
	p.swaks(t, "sprawa 5")
	p.listen(t)
	taken := p.log.Wait(t, 6)
	if taken[5].Subject != "sprawa 5" || len(taken) != 6 {
		t.Errorf("taken after the renumbering: %d, the last %q", len(taken), taken[len(taken)-1].Subject)
	}
	if a, b := first[0].Cursor.Validity, taken[5].Cursor.Validity; a == b {
		t.Errorf("the mailbox was not renumbered: %d", a)
	}
	if _, again := p.log.Taken(); again != 5 {
		t.Errorf("%d mails were known again, want 5", again)
	}
}

func TestRefusedLoginStops(t *testing.T) {
	t.Parallel()
	tries := 0
	p := newPost(t, func(c *email.Config) {
		c.Wait = func(failures int, limit time.Duration) time.Duration {
			if tries = failures; limit < 10*time.Minute {
				t.Errorf("a refused login is tried again within %v", limit)
			}
			return 0
		}
	})
	p.inbox.Mailbox.IMAPPassword = "zgadywane"
	err := p.line.Listen(t.Context(), p.inbox, p.log)
	var stopped *channels.Stopped
	if !errors.As(err, &stopped) || stopped.Reason == "" {
		t.Fatalf("listening ended with %v", err)
	}
	if tries != 4 {
		t.Errorf("tried again %d times, want 4", tries)
	}
	found := wrong(p.line.Test(t.Context(), p.inbox))
	if len(found) != 1 || found[0].Check != "imap.login" || found[0].Text["pl"] == "" || found[0].Text["en"] == "" {
		t.Errorf("the line test says %+v", found)
	}
}

// A server that accepts and then is silent, at the greeting or later, does not hold the line
// for ever.
func TestHangingServer(t *testing.T) {
	t.Parallel()
	for name, talk := range map[string]func(net.Conn){
		"at the greeting": func(net.Conn) {},
		"at the login": func(c net.Conn) {
			_, _ = io.WriteString(c, "* OK [CAPABILITY IMAP4rev1] hello\r\n") // the other side may be gone
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			visits := make(chan struct{}, 100)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					visits <- struct{}{}
					talk(conn)
					defer conn.Close()
				}
			}()
			t.Cleanup(func() { _ = l.Close() }) // ends the loop
			board := &channels.Board{}
			line := email.New(email.Config{Board: board, Timeout: 50 * time.Millisecond,
				Wait: func(int, time.Duration) time.Duration { return time.Millisecond }})
			inbox := centrala.Inbox{ID: 7, Channel: centrala.Email, Mailbox: &centrala.Mailbox{Address: "bok@firma.test",
				IMAP: centrala.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", User: "bok"}}}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- line.Listen(ctx, inbox, &channelstest.Recorder{}) }()
			for range 3 {
				select {
				case <-visits:
				case <-time.After(20 * time.Second):
					t.Fatal("the line hangs with the server")
				}
			}
			channelstest.Eventually(t, "its health says so", func() bool {
				h, _ := board.Line(7, channels.In)
				return h.State == channels.Failing && h.LastError != ""
			})
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("listening did not end")
			}
			if found := wrong(line.Test(t.Context(), inbox)); len(found) == 0 || found[0].Text["pl"] == "" {
				t.Errorf("the line test says %+v", found)
			}
		})
	}
}

func TestEncryptedMailbox(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for _, how := range []string{"tls", "starttls"} {
		p.inbox.Mailbox.IMAP = p.imap.Encrypted(t, how)
		found := p.line.Test(t.Context(), p.inbox)
		if len(wrong(found)) != 0 {
			t.Errorf("%s: %+v", how, found)
		}
		if !strings.Contains(found[1].Text["pl"], "TLS 1.3, certyfikat do ") || found[1].Check != "imap.tls" {
			t.Errorf("%s is told as %+v", how, found[1])
		}
		stranger := email.New(email.Config{Timeout: 10 * time.Second})
		if found := wrong(stranger.Test(t.Context(), p.inbox)); len(found) == 0 || found[0].Check != "imap.certificate" {
			t.Errorf("%s with a certificate that nobody vouches for: %+v", how, found)
		}
	}
	p.inbox.Mailbox.IMAP.TLS = ""
	if found := wrong(p.line.Test(t.Context(), p.inbox)); len(found) == 0 {
		t.Error("a mailbox without a word about encryption passes")
	}
}

// A log that is away costs time, not mail; a message that it refuses is put aside.
func TestLogRefuses(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for _, s := range []string{"raz", "zły", "trzy"} {
		p.swaks(t, s)
	}
	away := 5
	p.log.Refuse(func(in centrala.Inbound) error {
		if away--; away >= 0 {
			return centrala.Errorf(centrala.Unavailable, "The disk is full.")
		}
		if in.Outcome == centrala.Ingested && in.Subject == "zły" {
			return centrala.InvalidField("text", "The text is not valid.")
		}
		return nil
	})
	p.listen(t)
	taken := p.log.Wait(t, 3)
	if taken[0].Subject != "raz" || taken[1].Outcome != centrala.Quarantined || taken[1].Raw == "" || taken[2].Subject != "trzy" {
		t.Errorf("taken: %q, %s (%s), %q", taken[0].Subject, taken[1].Outcome, taken[1].Reason, taken[2].Subject)
	}
}

// A mail over the limit is known by its header alone, and what follows it is read.
func TestOversize(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	big := "From: jan@example.test\r\nTo: bok@firma.test\r\nSubject: wielkie\r\nMessage-ID: <big@example.test>\r\n\r\n" + strings.Repeat(strings.Repeat("a", 76)+"\r\n", 73<<20/78)
	writeFile(t, filepath.Join(p.imap.Folder, "tmp", "1.big.x"), big)
	if err := os.Chmod(filepath.Join(p.imap.Folder, "tmp", "1.big.x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(p.imap.Folder, "tmp", "1.big.x"), filepath.Join(p.imap.Folder, "new", "1.big.x")); err != nil {
		t.Fatal(err)
	}
	p.listen(t)
	first := p.log.Wait(t, 1)[0]
	if first.Outcome != centrala.Oversize || first.Subject != "wielkie" || first.From.Address != "jan@example.test" || first.MessageID != "big@example.test" {
		t.Errorf("outcome %s (%s), subject %q, from %v", first.Outcome, first.Reason, first.Subject, first.From)
	}
	p.swaks(t, "małe")
	if second := p.log.Wait(t, 2)[1]; second.Outcome != centrala.Ingested || second.Subject != "małe" {
		t.Errorf("after it: %s, %q", second.Outcome, second.Subject)
	}
}
