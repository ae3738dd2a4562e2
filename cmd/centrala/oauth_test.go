package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"centrala/auth"
	"centrala/channels/channelstest"
	"centrala/lab"
)

// An administrator connects a mailbox with the provider in the browser; the mail comes over a
// real IMAP server that asks the provider about us. When the consent is withdrawn, the console
// says so in the reader's language, and connecting again is all there is to do.
func TestMailboxSignsInWithProvider(t *testing.T) {
	t.Parallel()
	at := channelstest.NewProvider(t)
	outside := &post{box: channelstest.NewDovecotLike(t, lab.DovecotConfig{Introspect: at.URL + "/introspect"})}
	outside.in = channelstest.NewSink(t, channelstest.SinkOptions{Folder: outside.box.Folder})
	h := newPremises(t, "", fmt.Sprintf("[oauth.google]\nclient_id = %q\nclient_secret = %q\nauth_url = %q\ntoken_url = %q\n",
		channelstest.ClientID, channelstest.ClientSecret, at.URL+"/auth", at.URL+"/token"))
	outside.write(t, "jan@example.test", "Gdzie paczka", "Czekam od rana.")
	p := h.serve(t)
	admin := h.furnish(t, p)
	server := map[string]any{"host": "localhost", "port": outside.box.Server.Port, "tls": "none", "user": "bok"}
	var box struct{ ID string }
	p.must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "email", "name": "Poczta", "side": "buyer",
		"mailbox": map[string]any{"address": "bok@firma.test", "login": "google", "imap": server, "smtp": server}}, &box)
	type state struct {
		OK        bool
		Error     string
		Code      string
		Watch     string
		ExpiresAt time.Time `json:"expires_at"`
		RenewsAt  time.Time `json:"renews_at"`
	}
	is := func(what string, want func(state) bool) {
		t.Helper()
		eventually(t, what, func() error {
			var list struct {
				Items []struct {
					ID    string
					State state
				}
			}
			p.must(t, "GET", "/v1/inboxes", admin, nil, &list)
			for _, i := range list.Items {
				if i.ID == box.ID && want(i.State) {
					return nil
				}
			}
			return fmt.Errorf("%+v", list.Items)
		})
	}
	is("the console says what is missing", func(s state) bool {
		return !s.OK && s.Code == "oauth.consent" && strings.Contains(s.Error, "nie jest jeszcze połączona")
	})
	connect := func() {
		t.Helper()
		var to struct{ Address string }
		p.must(t, "POST", "/v1/inboxes/"+box.ID+"/connect", admin, map[string]any{}, &to)
		went := follow(t, to.Address, "")
		if !strings.HasPrefix(went, p.Base+"/oauth/callback?") {
			t.Fatalf("the provider sends the browser to %s", went)
		}
		if got := follow(t, went, ""); !strings.HasSuffix(got, "/stale") {
			t.Errorf("a browser without the session is sent to %s", got)
		}
		if got := follow(t, went, admin); got != "/console#settings/channels/"+url.PathEscape(box.ID)+"/ok" {
			t.Errorf("the administrator's browser is sent to %s", got)
		}
	}
	connect()
	eventually(t, "the mail comes", func() error {
		if all := p.matters(t, admin, ""); len(all) != 1 || all[0].Subject != "Gdzie paczka" {
			return fmt.Errorf("%+v", all)
		}
		return nil
	})
	is("the console tells of the token", func(s state) bool {
		return s.OK && s.Watch == "idle" && time.Until(s.ExpiresAt) > 50*time.Minute && s.RenewsAt.Before(s.ExpiresAt)
	})
	at.Withdraw()
	outside.box.Stop(t)
	outside.box.Start(t)
	// The access token is void as well: the first refusal has another asked for, which is refused.
	is("the console says that the consent is gone", func(s state) bool {
		return !s.OK && s.Code == "oauth.withdrawn" && strings.Contains(s.Error, "zgodę cofnięto")
	})
	connect()
	is("the line works again", func(s state) bool { return s.OK })
	for _, secret := range []string{"access-", "refresh-", channelstest.ClientSecret} {
		p.mu.Lock()
		held := strings.Contains(p.log.String(), secret)
		p.mu.Unlock()
		if held {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// follow asks an address as a browser does and gives where it is sent.
func follow(t *testing.T, address, session string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if session != "" {
		r.AddCookie(&http.Cookie{Name: auth.SessionCookieName, Value: session})
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // where it leads is in the header
	return res.Header.Get("Location")
}
