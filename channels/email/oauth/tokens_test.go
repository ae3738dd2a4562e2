package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email/oauth"
)

// shelf keeps the refresh token of one mailbox, as the database does.
type shelf struct {
	mu     sync.Mutex
	inbox  centrala.Inbox
	broken bool
	kept   int
}

func (s *shelf) Inbox(context.Context, centrala.InboxID) (centrala.Inbox, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.inbox
	box := *in.Mailbox
	in.Mailbox = &box
	return in, nil
}

func (s *shelf) KeepRefresh(_ context.Context, _ centrala.InboxID, was, is string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return centrala.Errorf(centrala.Unavailable, "The disk is full.")
	}
	if s.inbox.Mailbox.RefreshToken != was {
		return centrala.Errorf(centrala.Conflict, "Another one is kept.")
	}
	s.inbox.Mailbox.RefreshToken = is
	s.kept++
	return nil
}

func (s *shelf) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

type desk struct {
	at     *channelstest.Provider
	shelf  *shelf
	tokens *oauth.Tokens
	log    *bytes.Buffer
	mu     sync.Mutex
	ahead  time.Duration
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{at: channelstest.NewProvider(t), log: &bytes.Buffer{}}
	d.shelf = &shelf{inbox: centrala.Inbox{ID: 7, Mailbox: &centrala.Mailbox{Address: "bok@firma.test", Login: centrala.ByMicrosoft,
		IMAP: centrala.Server{User: "bok@firma.test"}, RefreshToken: d.at.Consented()}}}
	d.tokens = d.node()
	return d
}

// node is another process that signs the same mailbox in.
func (d *desk) node() *oauth.Tokens {
	p := oauth.Microsoft(channelstest.ClientID, channelstest.ClientSecret, "").At(d.at.URL+"/auth", d.at.URL+"/token")
	return oauth.New(oauth.Config{Providers: map[centrala.Login]oauth.Provider{centrala.ByMicrosoft: p}, Keeper: d.shelf, Patience: 5 * time.Second, Settle: 100 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return time.Now().Add(d.ahead) }})
}

func (d *desk) later(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ahead += by
}

func (d *desk) token(t *testing.T) (string, error) {
	t.Helper()
	in, err := d.shelf.Inbox(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	return d.tokens.Token(t.Context(), in)
}

func (d *desk) good(t *testing.T) string {
	t.Helper()
	token, err := d.token(t)
	if err != nil {
		t.Fatal(err)
	}
	if !d.at.Good(token) {
		t.Fatal("the token is not the provider's")
	}
	return token
}

// An access token is used until four fifths of its life are over; however many ask then, the
// provider is asked once.
func TestRenewedOnceAndInTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.at.Be(channelstest.ProviderLike{Slow: 50 * time.Millisecond})
	ask := func(n int) map[string]bool {
		var all sync.Map
		var people sync.WaitGroup
		for range n {
			people.Go(func() {
				if token, err := d.token(t); err != nil {
					t.Error(err)
				} else {
					all.Store(token, true)
				}
			})
		}
		people.Wait()
		got := map[string]bool{}
		all.Range(func(k, _ any) bool { got[k.(string)] = true; return true })
		return got
	}
	if got := ask(20); len(got) != 1 {
		t.Errorf("twenty at once got %d tokens", len(got))
	}
	d.later(47 * time.Minute)
	ask(20)
	if n, atOnce := d.at.Asked(); n != 1 || atOnce != 1 {
		t.Errorf("asked %d times, %d at once, before four fifths of an hour were over", n, atOnce)
	}
	d.later(2 * time.Minute)
	ask(20)
	if n, _ := d.at.Asked(); n != 2 {
		t.Errorf("asked %d times after four fifths of an hour", n)
	}
	expires, renewal := d.tokens.Life(7)
	if left := expires.Sub(renewal); left < 11*time.Minute || left > 13*time.Minute {
		t.Errorf("renewed %v before the end of an hour", left)
	}
}

// What only a person can mend stops the mailbox with a sentence; what time can heal does not.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		like ProviderChange
		stop string // the code it stops with, "" when it does not
	}{
		"withdrawn":            {func(p *channelstest.Provider) { p.Withdraw() }, oauth.Withdrawn},
		"invalid grant":        {be(channelstest.ProviderLike{Refuse: "invalid_grant"}), oauth.Withdrawn},
		"asks for a person":    {be(channelstest.ProviderLike{Refuse: "interaction_required"}), oauth.Withdrawn},
		"does not know us":     {be(channelstest.ProviderLike{Refuse: "invalid_client"}), oauth.Unusable},
		"broken":               {be(channelstest.ProviderLike{Broken: true}), ""},
		"too busy":             {be(channelstest.ProviderLike{Refuse: "temporarily_unavailable"}), ""},
		"slower than patience": {be(channelstest.ProviderLike{Slow: 6 * time.Second}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c.like(d.at)
			_, err := d.token(t)
			var stopped *channels.Stopped
			if got := channels.FaultCode(err); got != c.stop || (c.stop != "") != errors.As(err, &stopped) {
				t.Fatalf("%q, %v", got, err)
			}
			if stopped != nil && (stopped.Reason == "" || strings.Contains(err.Error(), "refresh-")) {
				t.Errorf("said %q", err)
			}
			if c.stop != "" {
				return
			}
			d.at.Be(channelstest.ProviderLike{})
			d.good(t)
		})
	}
}

// ProviderChange is what happens to a provider.
type ProviderChange func(*channelstest.Provider)

func be(like channelstest.ProviderLike) ProviderChange {
	return func(p *channelstest.Provider) { p.Be(like) }
}

// A refresh token that was replaced is written down before anything is done with what it gave,
// and nothing is lost while it cannot be.
func TestRotated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.at.Be(channelstest.ProviderLike{Rotate: true})
	d.shelf.set(true)
	first := d.shelf.inbox.Mailbox.RefreshToken
	if _, err := d.token(t); err == nil {
		t.Fatal("a token was given though its successor's consent could not be kept")
	}
	d.shelf.set(false)
	d.good(t)
	if n, _ := d.at.Asked(); n != 1 {
		t.Errorf("asked %d times: the old consent would be refused now", n)
	}
	if now := d.shelf.inbox.Mailbox.RefreshToken; now == first || d.shelf.kept != 1 {
		t.Errorf("kept %d times", d.shelf.kept)
	}
	d.later(time.Hour)
	d.good(t)
	if d.shelf.kept != 2 {
		t.Errorf("kept %d times after the second renewal", d.shelf.kept)
	}
}

// Two nodes renew one mailbox's consent though the provider takes each refresh token once.
func TestRotatedByAnotherNode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.at.Be(channelstest.ProviderLike{Rotate: true, Slow: 20 * time.Millisecond})
	nodes := []*oauth.Tokens{d.tokens, d.node(), d.node()}
	in, _ := d.shelf.Inbox(t.Context(), 7) // as all nodes read it when their lines were opened
	for range 3 {
		var all sync.WaitGroup
		for _, n := range nodes {
			all.Go(func() {
				if token, err := n.Token(t.Context(), in); err != nil || !d.at.Good(token) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		d.later(time.Hour)
	}
}

// A mail server that does not take a token gets another one the next time.
func TestRefusedByTheMailServer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.good(t)
	d.tokens.Refused(7, "another")
	if d.good(t) != first {
		t.Error("somebody else's refusal cost a token")
	}
	d.tokens.Refused(7, first)
	if d.good(t) == first {
		t.Error("a refused token is given again")
	}
}

func TestNobodyConsented(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shelf.inbox.Mailbox.RefreshToken = ""
	if _, err := d.token(t); channels.FaultCode(err) != oauth.Missing {
		t.Errorf("%v", err)
	}
	d.shelf.inbox.Mailbox.RefreshToken, d.shelf.inbox.Mailbox.Login = "x", centrala.ByGoogle
	if _, err := d.token(t); channels.FaultCode(err) != oauth.Unknown || d.tokens.Offers(centrala.ByGoogle) {
		t.Errorf("%v", err)
	}
}

// The browser goes to the provider and comes back with a code, which only we can use.
func TestConsent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shelf.inbox.Mailbox.RefreshToken = ""
	in := d.shelf.inbox
	const back = "http://localhost/oauth/callback"
	verifier := oauth2.GenerateVerifier()
	page, err := d.tokens.Begin(in, back, "state-1", verifier)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	went, err := browser.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	_ = went.Body.Close() // it has none
	to, err := url.Parse(went.Header.Get("Location"))
	if err != nil || to.Query().Get("state") != "state-1" || !strings.HasPrefix(to.String(), back) {
		t.Fatalf("sent back to %v, %v", to, err)
	}
	code := to.Query().Get("code")
	if err := d.tokens.Finish(t.Context(), in, back, "guessed", verifier); err == nil {
		t.Error("a code that nobody gave is good")
	}
	if err := d.tokens.Finish(t.Context(), in, back, code, verifier); err != nil {
		t.Fatal(err)
	}
	d.good(t)
	if err := d.tokens.Finish(t.Context(), in, back, code, verifier); err == nil {
		t.Error("a code is good twice")
	}
	for _, secret := range []string{"access-", "refresh-", channelstest.ClientSecret, verifier} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, d.log)
		}
	}
}

func TestAddressesOfProviders(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://login.example/token": true, "http://127.0.0.1:9/token": true, "http://login.example/token": false, "ftp://login.example": false, "login.example": false,
	} {
		p := oauth.Google("id", "secret").At("", address)
		if err := p.Check(); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
	if got := oauth.Microsoft("id", "s", "a/b?c").TokenURL; got != "https://login.microsoftonline.com/a%2Fb%3Fc/oauth2/v2.0/token" {
		t.Error(got)
	}
}
