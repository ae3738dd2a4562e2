package email_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/channels/email/letter"
	"centrala/store"
	"centrala/store/storetest"
)

// lock seals the passwords in the database.
type lock struct{ cipher.AEAD }

func (l lock) Seal(plain []byte) ([]byte, error)  { return l.AEAD.Seal(nil, nil, plain, nil), nil }
func (l lock) Open(sealed []byte) ([]byte, error) { return l.AEAD.Open(nil, nil, sealed, nil) }

// office is the mail part of the program as it really runs: the log in SQLite, a Dovecot, an
// SMTP server that delivers into it, and one that people outside read.
type office struct {
	db      *store.DB
	imap    *channelstest.Dovecot
	in, out *channelstest.Sink
	inbox   centrala.Inbox
	agent   centrala.Agent
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{imap: channelstest.NewDovecot(t), out: channelstest.NewSink(t, channelstest.SinkOptions{})}
	o.open(t, centrala.Mailbox{SMTP: o.out.Server})
	return o
}

// newPostOffice is an office whose mails go out through a Postfix, which returns what it cannot
// deliver.
func newPostOffice(t *testing.T, box centrala.Mailbox) (*office, *channelstest.Postfix) {
	t.Helper()
	o := &office{imap: channelstest.NewDovecot(t)}
	post := channelstest.NewPostfix(t, o.imap)
	if box.SMTP = post.Server; box.SMTPPassword != "" {
		box.SMTP = post.Login
	}
	o.open(t, box)
	return o, post
}

func (o *office) open(t *testing.T, box centrala.Mailbox) {
	t.Helper()
	o.in = channelstest.NewSink(t, channelstest.SinkOptions{Folder: o.imap.Folder})
	block, err := aes.NewCipher(make([]byte, 32))
	fine(t, err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	fine(t, err)
	o.db, err = store.Open(t.Context(), storetest.SQLite(t), store.Options{Seal: lock{gcm}})
	fine(t, err)
	t.Cleanup(func() { fine(t, o.db.Close()) })
	team, err := o.db.SaveTeam(t.Context(), centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}, Signature: "Zespół kupujących"})
	fine(t, err)
	o.agent, err = o.db.SaveAgent(t.Context(), centrala.Agent{Email: "ania@firma.test", Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{team.ID}})
	fine(t, err)
	box.Address, box.FromName, box.IMAP, box.IMAPPassword = "bok@firma.test", "Firma", o.imap.Server, channelstest.Password
	o.inbox, err = o.db.SaveInbox(t.Context(), centrala.Inbox{Slug: "bok", Name: "BOK", Channel: centrala.Email, Side: centrala.Buyer, Team: team.ID, Enabled: true, Mailbox: &box})
	fine(t, err)
	o.run(t)
}

func (o *office) run(t *testing.T) {
	blobs := memblob.OpenBucket(nil)
	line := email.New(email.Config{Blobs: blobs, Secret: []byte("secret"), PollEvery: time.Hour, TLS: o.imap.TLS, Connections: 2,
		Wait: func(int, time.Duration) time.Duration { return 20 * time.Millisecond }})
	quiet := slog.New(slog.DiscardHandler)
	exchange := channels.NewExchange(channels.ExchangeConfig{Doors: o.db, Intake: o.db, Leases: o.db, Node: "a", Listeners: []channels.Listener{line}, Log: quiet})
	courier := channels.NewCourier(channels.CourierConfig{Log: o.db, Doors: o.db, Senders: []channels.Sender{line}, Logger: quiet})
	o.db.OnCommit(func(commits []centrala.Commit) {
		for _, c := range commits {
			if c.Event.Type == centrala.DeliveryUpdated {
				if err := courier.Handle(context.Background(), c.Event); err != nil {
					t.Error(err)
				}
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- exchange.Run(ctx) }()
	go func() { done <- courier.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		}
		fine(t, blobs.Close())
	})
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) conversations(t *testing.T) []centrala.Conversation {
	t.Helper()
	all, _, err := o.db.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Limit: 100})
	fine(t, err)
	return all
}

func (o *office) messages(t *testing.T, c centrala.ConversationID) []centrala.Message {
	t.Helper()
	all, _, err := o.db.Messages(t.Context(), centrala.Everything(), c, centrala.Page{Limit: 100})
	fine(t, err)
	words := all[:0]
	for _, m := range all {
		if m.System == nil {
			words = append(words, m)
		}
	}
	return words
}

func (o *office) reply(t *testing.T, c centrala.ConversationID, key, text string) {
	t.Helper()
	_, err := o.db.Append(t.Context(), centrala.Post{Sender: o.agent.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByAgent, ID: o.agent.ID.String(), Name: o.agent.Name},
		Conversation: c, Agent: o.agent.ID, Scope: centrala.Everything(), Text: text})
	fine(t, err)
}

func (o *office) delivery(t *testing.T, c centrala.ConversationID, n int, want centrala.DeliveryState) centrala.Delivery {
	t.Helper()
	var d centrala.Delivery
	channelstest.Eventually(t, "delivery "+string(want), func() bool {
		all, err := o.db.Deliveries(t.Context(), centrala.Everything(), c)
		fine(t, err)
		if len(all) > n {
			d = all[n]
		}
		return d.State == want
	})
	return d
}

// A customer writes, is answered, answers, is answered again; an answer bounces; the mailbox
// is renumbered. It is one conversation all along, with every word once.
func TestConversationByMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	customer := channelstest.Letter{From: centrala.Address{Name: "Jan Źródłowski", Address: "jan@example.test"}, ID: "pierwszy@example.test",
		Subject: "Zwrot butów", Text: "Dzień dobry, proszę o zwrot."}
	swaks(t, o.in.Server, t.TempDir(), customer)
	channelstest.Eventually(t, "the mail is a conversation", func() bool { return len(o.conversations(t)) == 1 })
	c := o.conversations(t)[0]
	if c.Channel != centrala.Email || c.Side != centrala.Buyer || c.Team != o.inbox.Team || c.Subject != "Zwrot butów" || c.ContactName != "Jan Źródłowski" {
		t.Errorf("the conversation is %+v", c)
	}
	o.reply(t, c.ID, "k1", "Dzień dobry, zwrot jest przyjęty.")
	raw := o.out.Wait(t, 1)[0]
	o.delivery(t, c.ID, 0, centrala.DeliveryHandedOver)
	a, err := letter.Read(strings.NewReader(raw), false, letter.Measure)
	fine(t, err)
	if got := letter.IDs(a.Header, "In-Reply-To"); len(got) != 1 || got[0] != "pierwszy@example.test" {
		t.Errorf("In-Reply-To %q", got)
	}
	if !strings.Contains(a.Text, "zwrot jest przyjęty.\n\n-- \nZespół kupujących\n\n") || !strings.Contains(a.Text, "> Dzień dobry, proszę o zwrot.") {
		t.Errorf("text %q", a.Text)
	}
	ours := letters(t, []string{raw})[0]

	// His program answers to our address and names our id; his wife's only knows the id.
	for n, l := range []channelstest.Letter{
		{From: customer.From, To: ours.To, Subject: "Odp: cokolwiek", Text: "Dziękuję."},
		{From: customer.From, Answers: ours.ID, Subject: "Odp: cokolwiek", Text: "A kiedy?"},
		{From: centrala.Address{Name: "Ewa", Address: "ewa@example.test"}, Answers: ours.ID, Subject: "Odp: cokolwiek", Text: "Też pytam."},
		{From: customer.From, Subject: "Zwrot butów", Text: "Jeszcze jedno."},
	} {
		swaks(t, o.in.Server, t.TempDir(), l)
		channelstest.Eventually(t, "the answer is in the conversation: "+l.Text, func() bool { return len(o.messages(t, c.ID)) == n+3 })
	}
	all := o.messages(t, c.ID)
	if all[2].Text != "Dziękuję." || all[3].Text != "A kiedy?" || !strings.Contains(all[4].Author.Name, "ewa@example.test") || len(o.conversations(t)) != 1 {
		t.Errorf("%d conversations, messages %+v", len(o.conversations(t)), all)
	}

	// The second answer comes back.
	o.reply(t, c.ID, "k2", "We wtorek.")
	o.out.Wait(t, 2)
	d := o.delivery(t, c.ID, 1, centrala.DeliveryHandedOver)
	var second string
	for _, l := range letters(t, o.out.Mails(t)) {
		if strings.HasPrefix(l.Text, "We wtorek.") {
			second = l.ID
		}
	}
	report := "multipart/report; report-type=delivery-status; boundary=ds"
	channelstest.Swaks(t, o.in.Server, "--from", "", "--to", "bok@firma.test", "--header", "From: MAILER-DAEMON@mx.example.test", "--header", "Subject: Undelivered Mail Returned to Sender",
		"--add-header", "Content-Type: "+report, "--body", "To jest raport.\n--ds\n\nFailed.\n--ds\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; jan@example.test\n"+
			"Action: failed\nStatus: 5.1.1\n--ds\nContent-Type: message/rfc822\n\nMessage-ID: <"+second+">\n\nx\n--ds--\n")
	if d = o.delivery(t, c.ID, 1, centrala.DeliveryBounced); !strings.Contains(d.Reason, "5.1.1") {
		t.Errorf("the bounce's reason is %q", d.Reason)
	}

	before := len(o.messages(t, c.ID))
	o.imap.Stop(t)
	o.imap.Renumber(t)
	o.imap.Start(t)
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: customer.From, To: ours.To, Subject: "x", Text: "Po wszystkim."})
	channelstest.Eventually(t, "the mail after the renumbering is there", func() bool {
		all := o.messages(t, c.ID)
		return all[len(all)-1].Text == "Po wszystkim."
	})
	if after := len(o.messages(t, c.ID)); after != before+1 || len(o.conversations(t)) != 1 {
		t.Errorf("after the renumbering: %d messages, want %d, in %d conversations", after, before+1, len(o.conversations(t)))
	}
}

// An answer that cannot be delivered says so on itself.
func TestAnswerRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: centrala.Address{Address: "nobody@example.test"}, Subject: "Pytanie o paczkę", Text: "Gdzie?"})
	channelstest.Eventually(t, "the mail is a conversation", func() bool { return len(o.conversations(t)) == 1 })
	c := o.conversations(t)[0]
	o.reply(t, c.ID, "k1", "Tutaj.")
	if d := o.delivery(t, c.ID, 0, centrala.DeliveryFailed); !strings.Contains(d.Reason, "550 5.1.1") {
		t.Errorf("the reason is %q", d.Reason)
	}
}
