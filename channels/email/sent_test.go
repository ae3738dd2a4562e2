package email_test

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/channels/email"
)

// kept is what a folder of the mailbox holds: the mails, and whether all are read.
func kept(t *testing.T, s centrala.Server, folder string) (mails []string, read bool) {
	t.Helper()
	client, err := imapclient.DialInsecure(channelstest.Address(s), nil)
	fine(t, err)
	defer client.Close()
	fine(t, client.Login(s.User, channelstest.Password).Wait())
	if selected, err := client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil || selected.NumMessages == 0 {
		return nil, false
	}
	section := &imap.FetchItemBodySection{Peek: true}
	got, err := client.Fetch(imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	fine(t, err)
	read = true
	for _, m := range got {
		mails = append(mails, string(m.FindBodySection(section)))
		seen := false
		for _, f := range m.Flags {
			seen = seen || f == imap.FlagSeen
		}
		read = read && seen
	}
	return mails, read
}

// An answer that was sent is also in the folder of sent mail: the same bytes, read, once, however
// often it was sent. What the program writes by itself is not.
func TestCopyToSent(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second, TLS: box.TLS})
	mine := *out.Inbox.Mailbox
	mine.IMAP, mine.IMAPPassword, mine.SentFolder = box.Server, channelstest.Password, "Wysłane"
	mine.DKIMSelector, mine.DKIMKey = "centrala", signingKeys(t)["ed25519-sha256"]
	out.Inbox.Mailbox = &mine
	for n := range 2 {
		out.Attempt = n + 1
		if _, err := line.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		fine(t, line.Keep(t.Context(), out))
	}
	mails, read := kept(t, box.Server, "Wysłane")
	if len(mails) != 1 || !read {
		t.Fatalf("%d copies, read: %v", len(mails), read)
	}
	_, sent, _ := strings.Cut(sink.Wait(t, 1)[0], "\r\nDKIM-Signature:")
	if _, copied, _ := strings.Cut("\r\n"+mails[0], "\r\nDKIM-Signature:"); copied != sent {
		t.Errorf("the copy differs from what was sent:\n%s\n---\n%s", copied, sent)
	}
	var written strings.Builder
	line.Written(t, out, &written)
	if written.String() != mails[0] {
		t.Error("the copy is not the bytes that were written")
	}
	robot := out
	robot.Automatic, robot.MessageID = true, "robot@firma.test"
	fine(t, line.Keep(t.Context(), robot))
	next := out
	next.MessageID = "next@firma.test"
	fine(t, line.Keep(t.Context(), next))
	if mails, _ := kept(t, box.Server, "Wysłane"); len(mails) != 2 {
		t.Errorf("%d copies in the end, want 2", len(mails))
	}
	wrong := mine
	wrong.IMAPPassword = "zgadywane"
	out.Inbox.Mailbox = &wrong
	if err := line.Keep(t.Context(), out); err == nil || !strings.Contains(err.Error(), "Wysłane") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// A mailbox whose folder of sent mail is read, too, takes nothing from there as a message.
func TestSentFolderThatIsRead(t *testing.T) {
	t.Parallel()
	o, _ := newPostOffice(t, centrala.Mailbox{SentFolder: "Sent"})
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: centrala.Address{Address: "jan@example.test"}, Subject: "Pytanie o paczkę", Text: "Gdzie?"})
	channelstest.Eventually(t, "the mail is a conversation", func() bool { return len(o.conversations(t)) == 1 })
	c := o.conversations(t)[0].ID
	o.reply(t, c, "k1", "Tutaj.")
	o.delivery(t, c, 0, centrala.DeliveryHandedOver)
	var mails []string
	channelstest.Eventually(t, "the answer is in the folder", func() bool {
		mails, _ = kept(t, o.imap.Server, "Sent")
		return len(mails) == 1
	})
	fine(t, o.imap.Put([]byte(mails[0]))) // where it is read
	other := strings.Replace(mails[0], "bok@firma.test", "inny@firma.test", 1)
	fine(t, o.imap.Put([]byte(other))) // as another of our addresses would send it
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: centrala.Address{Address: "ewa@example.test"}, Subject: "Całkiem co innego", Text: "Dzień dobry"})
	channelstest.Eventually(t, "the mail behind them is a conversation", func() bool { return len(o.conversations(t)) >= 2 })
	if n, all := len(o.messages(t, c)), len(o.conversations(t)); n != 2 || all != 2 {
		t.Errorf("%d messages, want 2; %d conversations, want 2", n, all)
	}
}
