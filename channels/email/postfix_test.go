package email_test

import (
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/lab"
)

// through is out leaving through another server.
func through(out centrala.Outbound, s centrala.Server, password string) centrala.Outbound {
	box := *out.Inbox.Mailbox
	box.SMTP, box.SMTPPassword = s, password
	out.Inbox.Mailbox = &box
	return out
}

// port is that of an address.
func port(t *testing.T, addr string) int {
	t.Helper()
	a, err := netip.ParseAddrPort(addr)
	fine(t, err)
	return int(a.Port())
}

// What every answer of a real mail server means, on the wire.
func TestPostfixAnswers(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	post := channelstest.NewPostfix(t, box)
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second, TLS: box.TLS})
	out = through(out, post.Server, "")
	for _, tt := range []struct{ to, want string }{
		{"jan@example.test", "sent"}, {"nobody@example.test", "never"}, {"full@example.test", "never"}, {"spam@example.test", "never"},
		{"later@example.test", "later"}, {"perhaps@example.test", "later"}, {"shut@example.test", "later"}, {"unsure@example.test", "later"},
		{"barred@example.test", "stopped"}, {"foul@example.test", "stopped"},
		{"rush@example.test", "busy example.test"}, {"busy@other.test", "busy other.test"}, {"anna@busy.test", "busy busy.test"},
	} {
		out := out
		out.To.Address, out.MessageID = tt.to, strings.ReplaceAll(tt.to, "@", ".")+"@firma.test"
		if _, err := line.Send(t.Context(), out); meaning(err) != tt.want {
			t.Errorf("%s: %s (%v), want %s", tt.to, meaning(err), err, tt.want)
		}
	}
	t.Run("greylisted, then taken", func(t *testing.T) {
		out := out
		out.To.Address, out.MessageID = "grey@example.test", "grey@firma.test"
		_, first := line.Send(t.Context(), out)
		_, second := line.Send(t.Context(), out)
		if meaning(first) != "later" || second != nil {
			t.Errorf("first %v, then %v", first, second)
		}
	})
	t.Run("too big", func(t *testing.T) {
		out := out
		out.Text, out.MessageID = strings.Repeat("Bardzo długi list. ", 200_000), "big@firma.test"
		if _, err := line.Send(t.Context(), out); meaning(err) != "never" || !strings.Contains(err.Error(), "552 5.3.4") {
			t.Errorf("%v", err)
		}
	})
	t.Run("two a minute", func(t *testing.T) {
		out := through(out, post.Metered, "")
		for n, want := range []string{"sent", "sent", "busy "} {
			out.MessageID = string(rune('a'+n)) + "@firma.test"
			if _, err := line.Send(t.Context(), out); meaning(err) != want {
				t.Errorf("mail %d: %v, want %s", n+1, err, want)
			}
		}
	})
	post.Wait(t, 4) // jan, grey, and the two
	if n := len(post.Wait(t, 4)); n != 4 {
		t.Errorf("people outside have got %d mails, want 4", n)
	}
}

// Login and encryption with a server that insists on both.
func TestPostfixLogin(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	post := channelstest.NewPostfix(t, box)
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second, TLS: box.TLS})
	untrusting, _, _ := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second})
	anonymous := post.Login
	anonymous.User = ""
	bare := post.Server
	bare.TLS = "starttls"
	clear := post.Login
	clear.TLS = "none"
	for _, tt := range []struct {
		what     string
		line     *email.Channel
		server   centrala.Server
		password string
		want     string
	}{
		{"STARTTLS", line, post.Login, channelstest.Password, "sent"},
		{"TLS", line, post.Secure, channelstest.Password, "sent"},
		{"a wrong password", line, post.Login, "zgadywane", "stopped"},
		{"no login", line, anonymous, "", "stopped"},
		{"no encryption although the server has it", line, clear, channelstest.Password, "stopped"},
		{"a certificate that nobody knows", untrusting, post.Login, channelstest.Password, "stopped"},
	} {
		if _, err := tt.line.Send(t.Context(), through(out, tt.server, tt.password)); meaning(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.what, err, tt.want)
		}
	}
	sink := channelstest.NewSink(t, channelstest.SinkOptions{}) // offers no STARTTLS
	plain := sink.Server
	plain.TLS = "starttls"
	if _, err := line.Send(t.Context(), through(out, plain, "")); meaning(err) != "stopped" || len(sink.Mails(t)) > 0 {
		t.Errorf("encryption that the server does not offer: %v", err)
	}
}

// A connection that ends: before the data nothing was taken; once the client has written all of a
// mail nobody knows.
func TestPostfixHangsUp(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	post := channelstest.NewPostfix(t, box)
	relay, err := lab.NewSMTPRelay(post.Addr)
	fine(t, err)
	t.Cleanup(func() { fine(t, relay.Close()) })
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second})
	at := post.Server
	at.Port = port(t, relay.Addr())
	out = through(out, at, "")
	taken := 0
	for _, tt := range []struct {
		trouble lab.Trouble
		want    string
		taken   int
	}{
		{lab.HungUp, "later", 0}, {lab.Torn, "unknown", 0}, {lab.Refused, "later", 0}, {lab.PutOff, "later", 0},
		{lab.Unheard, "unknown", 1}, {lab.OutOfStep, "unknown", 1}, {lab.NoTrouble, "sent", 1},
	} {
		fine(t, relay.Make(tt.trouble, 0))
		out.MessageID = strings.ReplaceAll(string(tt.trouble), " ", "") + "x@firma.test"
		if _, err := line.Send(t.Context(), out); meaning(err) != tt.want {
			t.Errorf("%q: %v, want %s", tt.trouble, err, tt.want)
		}
		taken += tt.taken
		if n := len(post.Wait(t, taken)); n != taken {
			t.Errorf("%q: people outside have got %d mails, want %d", tt.trouble, n, taken)
		}
	}
}

// One mail goes to the person and to all who read along; who of those is refused does not keep
// it from the others, and is named.
func TestSeveralRecipients(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	post := channelstest.NewPostfix(t, box)
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 10 * time.Second})
	out = through(out, post.Server, "")
	out.Cc = []centrala.Address{{Name: "Ewa Żółć", Address: "ewa@example.test"}, {Address: "nobody@example.test"}, {Address: "JAN@example.test"},
		{Address: "bok@firma.test"}, {Address: "no address"}, {Address: "olek@other.test"}, {Address: "barred@example.test"}}
	id, err := line.Send(t.Context(), out)
	const note = "sent, but refused for: nobody@example.test: 550 5.1.1"
	if got := meaning(err); id != out.MessageID || !strings.HasPrefix(got, note) || !strings.Contains(got, "barred@example.test: 554 5.7.1") || strings.Contains(got, "ewa") {
		t.Errorf("%q, %s", id, got)
	}
	who := map[string]bool{}
	for _, raw := range post.Wait(t, 3) {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		fine(t, err)
		who[m.Header.Get("Delivered-To")] = true
		cc, err := m.Header.AddressList("Cc")
		if err != nil || len(cc) != 4 || cc[0].Name != "Ewa Żółć" {
			t.Errorf("Cc %v, %v", cc, err)
		}
	}
	if len(who) != 3 || !who["jan@example.test"] || !who["ewa@example.test"] || !who["olek@other.test"] {
		t.Errorf("it came to %v", who)
	}

	// One who is put off holds it back while greylisting may be why.
	out.MessageID, out.Cc = "second@firma.test", []centrala.Address{{Address: "later@example.test"}, {Address: "ewa@example.test"}}
	for attempt, want := range []string{"later", "later", "sent, but refused for: later@example.test: 450 4.2.0"} {
		out.Attempt = attempt + 1
		if _, err := line.Send(t.Context(), out); !strings.HasPrefix(meaning(err), want) {
			t.Errorf("attempt %d: %v, want %s", out.Attempt, err, want)
		}
	}
	post.Wait(t, 5)

	// Whom it is for must be taken, or nobody gets it.
	out.Cc, out.MessageID = []centrala.Address{{Address: "ewa@example.test"}}, "third@firma.test"
	for to, want := range map[string]string{"nobody@example.test": "never", "later@example.test": "later"} {
		out.To.Address = to
		if _, err := line.Send(t.Context(), out); meaning(err) != want {
			t.Errorf("to %s: %v, want %s", to, err, want)
		}
	}
	if n := len(post.Wait(t, 5)); n != 5 {
		t.Errorf("%d mails arrived, want 5", n)
	}
}

// The whole circle: an answer is taken by a real mail server, which returns it later into the
// mailbox; the delivery says so and why. One that is only late stays handed over.
func TestAnswerComesBack(t *testing.T) {
	t.Parallel()
	o, post := newPostOffice(t, centrala.Mailbox{SMTPPassword: channelstest.Password})
	for _, who := range []string{"gone", "slow", "jan"} {
		swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: centrala.Address{Name: who, Address: who + "@example.test"}, Subject: "Pytanie od " + who, Text: "Gdzie jest moja paczka?"})
	}
	channelstest.Eventually(t, "the mails are conversations", func() bool { return len(o.conversations(t)) == 3 })
	of := map[string]centrala.ConversationID{}
	for _, c := range o.conversations(t) {
		of[c.ContactName] = c.ID
		o.reply(t, c.ID, "k"+c.ContactName, "W drodze.")
	}
	if d := o.delivery(t, of["gone"], 0, centrala.DeliveryBounced); !strings.Contains(d.Reason, "5.1.1") || len(d.History) != 1 || d.History[0].Outcome != centrala.DeliveryHandedOver {
		t.Errorf("the answer that came back: %+v", d)
	}
	channelstest.Eventually(t, "the report of a delay is in the mailbox", func() bool {
		return strings.Contains(post.Log(), "sender delay notification")
	})
	o.delivery(t, of["jan"], 0, centrala.DeliveryHandedOver)
	post.Wait(t, 1)
	if d := o.delivery(t, of["slow"], 0, centrala.DeliveryHandedOver); len(d.History) != 1 {
		t.Errorf("the answer that is late: %+v", d)
	}
	if n := len(o.conversations(t)); n != 3 {
		t.Errorf("what came back began a conversation: %d", n)
	}
}

// A mail of which nobody knows whether it was taken is shown and left alone; an agent who sends
// it once more sends the same bytes under the same Message-ID, whatever has happened meanwhile.
func TestRepeatedByHand(t *testing.T) {
	t.Parallel()
	o := &office{imap: channelstest.NewDovecot(t)}
	post := channelstest.NewPostfix(t, o.imap)
	relay, err := lab.NewSMTPRelay(post.Addr)
	fine(t, err)
	t.Cleanup(func() { fine(t, relay.Close()) })
	at := post.Server
	at.Port = port(t, relay.Addr())
	o.open(t, centrala.Mailbox{SMTP: at, DKIMSelector: "centrala", DKIMKey: signingKeys(t)["rsa-sha256"]})
	jan := centrala.Address{Name: "Jan", Address: "jan@example.test"}
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: jan, Subject: "Pytanie o paczkę", Text: "Gdzie?"})
	channelstest.Eventually(t, "the mail is a conversation", func() bool { return len(o.conversations(t)) == 1 })
	c := o.conversations(t)[0].ID
	fine(t, relay.Make(lab.Unheard, 0))
	o.reply(t, c, "k1", "W drodze.")
	d := o.delivery(t, c, 0, centrala.DeliveryUnknown)
	fine(t, relay.Make(lab.NoTrouble, 0))

	// He writes again and is answered, and the team signs otherwise.
	swaks(t, o.in.Server, t.TempDir(), channelstest.Letter{From: jan, Subject: "Odp: Pytanie o paczkę", Text: "Halo?"})
	channelstest.Eventually(t, "he has written again", func() bool { return len(o.messages(t, c)) == 3 })
	o.reply(t, c, "k2", "Już zaraz.")
	o.delivery(t, c, 1, centrala.DeliveryHandedOver)
	teams, err := o.db.Teams(t.Context())
	fine(t, err)
	teams[0].Signature = "Zupełnie inny podpis"
	_, err = o.db.SaveTeam(t.Context(), teams[0])
	fine(t, err)
	if again := o.delivery(t, c, 0, centrala.DeliveryUnknown); again.Attempts != 1 {
		t.Errorf("it was sent again by itself: %+v", again)
	}
	fine(t, o.db.Redeliver(t.Context(), centrala.Everything(), d.ID))
	if again := o.delivery(t, c, 0, centrala.DeliveryHandedOver); again.Attempts != 2 {
		t.Errorf("sent by hand: %+v", again)
	}
	var same []string
	for _, raw := range post.Wait(t, 3) {
		if _, ours, ok := strings.Cut(raw, "\nDKIM-Signature:"); ok && strings.Contains(ours, "W drodze.") && !strings.Contains(ours, "zaraz") {
			same = append(same, ours)
		}
	}
	if len(same) != 2 || same[0] != same[1] {
		t.Errorf("sent %d times, differently:\n%s", len(same), strings.Join(same, "\n---\n"))
	}
}
