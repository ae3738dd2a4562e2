package email_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/channels/email/oauth"
	"centrala/lab"
)

// keeper keeps one mailbox's consent.
type keeper struct{ inbox centrala.Inbox }

func (k *keeper) Inbox(context.Context, centrala.InboxID) (centrala.Inbox, error) {
	return k.inbox, nil
}

func (k *keeper) KeepRefresh(_ context.Context, _ centrala.InboxID, _, is string) error {
	k.inbox.Mailbox.RefreshToken = is
	return nil
}

// signIn has a mailbox sign in with a provider.
func (p *post) signIn(t *testing.T, at *channelstest.Provider) func(*email.Config) {
	t.Helper()
	google := oauth.Google(channelstest.ClientID, channelstest.ClientSecret).At(at.URL+"/auth", at.URL+"/token")
	k := &keeper{}
	k.inbox = centrala.Inbox{ID: 7, Mailbox: &centrala.Mailbox{Login: centrala.ByGoogle, RefreshToken: at.Consented(), IMAP: centrala.Server{User: "bok"}}}
	return func(c *email.Config) {
		c.SignIn = oauth.New(oauth.Config{Providers: map[centrala.Login]oauth.Provider{centrala.ByGoogle: google}, Keeper: k, Settle: time.Millisecond})
	}
}

// A Dovecot that asks the provider whether a token is good: mail is read with XOAUTH2 and with
// OAUTHBEARER, a token that ends meanwhile is renewed, and a consent that is withdrawn stops the
// line with a sentence for the administrator.
func TestDovecotSignsInWithProvider(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"OAUTHBEARER": "", "XOAUTH2": "auth_mechanisms = plain xoauth2\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := channelstest.NewProvider(t)
			p := newPostAt(t, channelstest.NewDovecotLike(t, lab.DovecotConfig{Introspect: at.URL + "/introspect", More: more}), (&post{}).signIn(t, at))
			p.inbox.Mailbox.Login, p.inbox.Mailbox.RefreshToken, p.inbox.Mailbox.IMAPPassword = centrala.ByGoogle, "kept", ""
			p.swaks(t, "pierwsza")
			ended := make(chan error, 1)
			go func() { ended <- p.line.Listen(t.Context(), p.inbox, p.log) }()
			p.log.Wait(t, 1)
			channelstest.Eventually(t, "the health tells of the token", func() bool {
				h, _ := p.board.Line(7, channels.In)
				return h.State == channels.Working && time.Until(h.Expires) > 50*time.Minute && h.Renewal.Before(h.Expires) && h.Watch == channels.Idle
			})
			p.imap.Stop(t)
			p.imap.Start(t)
			p.swaks(t, "druga")
			p.log.Wait(t, 2)
			if n, _ := at.Asked(); n != 1 {
				t.Errorf("the provider was asked %d times for one token that is good for an hour", n)
			}
			p.inbox.Mailbox.SMTP = bearerSMTP(t, at, name)
			if found := wrong(p.line.Test(t.Context(), p.inbox)); len(found) != 0 {
				t.Errorf("the line test says %+v", found)
			}
			at.Be(channelstest.ProviderLike{NoToken: true})
			if found := wrong(p.line.Test(t.Context(), p.inbox)); len(found) != 2 || found[1].Check != "smtp.login" {
				t.Errorf("with tokens that no server takes, the line test says %+v", found)
			}
			at.Withdraw()
			p.imap.Stop(t)
			p.imap.Start(t)
			select {
			case err := <-ended:
				var stopped *channels.Stopped
				if !errors.As(err, &stopped) || stopped.Code != oauth.Withdrawn || stopped.Reason == "" {
					t.Errorf("listening ended with %v", err)
				}
				told := p.line.Trouble(p.inbox, channels.Health{Way: channels.In, Code: stopped.Code})
				if !strings.Contains(told.Text["pl"], "zgodę cofnięto") || !strings.Contains(told.Text["en"], "Google") {
					t.Errorf("told as %+v", told)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("a consent that was withdrawn does not stop the line")
			}
		})
	}
}

// bearerSMTP is an SMTP server that lets in whom the provider vouches for, and says why not
// before it refuses, as Google's does.
func bearerSMTP(t *testing.T, at *channelstest.Provider, mech string) centrala.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // ends the loop
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				c := textproto.NewConn(conn)
				say := func(s string) { _ = c.PrintfLine("%s", s) } // the other side may be gone
				say("220 here")
				for line, err := c.ReadLine(); err == nil; line, err = c.ReadLine() {
					verb, rest, _ := strings.Cut(line, " ")
					_, first, _ := strings.Cut(rest, " ")
					raw, _ := base64.StdEncoding.DecodeString(first)
					_, token, _ := strings.Cut(strings.TrimRight(string(raw), "\x01"), "auth=Bearer ")
					switch {
					case verb == "EHLO":
						say("250-here\r\n250 AUTH PLAIN " + mech)
					case verb != "AUTH":
						say("250 fine")
					case strings.HasPrefix(rest, mech+" ") && at.Good(token):
						say("235 2.7.0 in")
					default:
						say("334 eyJzdGF0dXMiOiI0MDAifQ==")
						_, _ = c.ReadLine() // what the mechanism answers to that
						say("535 5.7.8 no")
					}
				}
			}()
		}
	}()
	return centrala.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", User: "bok"}
}

// bearerSession is an IMAP server that takes what a provider vouches for.
type bearerSession struct {
	imapserver.SessionIMAP4rev2
	at   *channelstest.Provider
	mech []string
}

func (s *bearerSession) AuthenticateMechanisms() []string { return s.mech }

func (s *bearerSession) Authenticate(mech string) (sasl.Server, error) {
	check := func(token string) error {
		if !s.at.Good(token) {
			return imapserver.ErrAuthFailed
		}
		return s.Login("bok", "x")
	}
	if mech == sasl.OAuthBearer {
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if o.Username != "bok" || check(o.Token) != nil {
				return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
			}
			return nil
		}), nil
	}
	return &xoauth2Server{check: check}, nil
}

// xoauth2Server says why it refuses before it does, as Google's does.
type xoauth2Server struct {
	check func(string) error
	told  bool
}

func (x *xoauth2Server) Next(response []byte) ([]byte, bool, error) {
	if x.told {
		return nil, false, imapserver.ErrAuthFailed
	}
	token, ok := strings.CutPrefix(string(response), "user=bok\x01auth=Bearer ")
	if ok && x.check(strings.TrimSuffix(token, "\x01\x01")) == nil {
		return nil, true, nil
	}
	x.told = true
	return []byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`), false, nil
}

// A server of Go's own that refuses as the providers' do: the first refusal costs the token, and
// five in a row stop the line before the account is locked.
func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	for _, mech := range []string{"XOAUTH2", sasl.OAuthBearer} {
		t.Run(mech, func(t *testing.T) {
			t.Parallel()
			at := channelstest.NewProvider(t)
			user := imapmemserver.NewUser("bok", "x")
			if err := user.Create("INBOX", nil); err != nil {
				t.Fatal(err)
			}
			mem := imapmemserver.New()
			mem.AddUser(user)
			server := imapserver.New(&imapserver.Options{InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}, imap.CapSASLIR: {}},
				NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
					return &bearerSession{mem.NewSession().(imapserver.SessionIMAP4rev2), at, []string{mech}}, nil, nil
				}})
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = server.Serve(l) }() // until Close
			t.Cleanup(func() { _ = server.Close() })
			c := email.Config{Board: &channels.Board{}, Timeout: 10 * time.Second, Wait: func(int, time.Duration) time.Duration { return 0 }}
			(&post{}).signIn(t, at)(&c)
			line := email.New(c)
			inbox := centrala.Inbox{ID: 7, Channel: centrala.Email, Mailbox: &centrala.Mailbox{Address: "bok@firma.test", Login: centrala.ByGoogle, RefreshToken: "kept",
				IMAP: centrala.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", User: "bok"}}}
			for _, f := range line.Test(t.Context(), inbox) {
				if !f.OK && strings.HasPrefix(f.Check, "imap") {
					t.Errorf("a good token: %+v", f)
				}
			}
			at.Be(channelstest.ProviderLike{NoToken: true})
			err = line.Listen(t.Context(), inbox, &channelstest.Recorder{})
			var stopped *channels.Stopped
			if !errors.As(err, &stopped) || strings.Contains(err.Error(), "access-") {
				t.Fatalf("listening ended with %v", err)
			}
			if n, _ := at.Asked(); n != 5 {
				t.Errorf("%d tokens were asked for, want a new one after each of the first four refusals", n)
			}
		})
	}
}
