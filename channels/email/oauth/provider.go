// Package oauth is how a mailbox signs in with a provider instead of a password: the consent
// that an administrator gives in the browser, and the access tokens that are renewed with it
// from then on. Access tokens live in memory only; the refresh token is the caller's to keep.
package oauth

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"centrala"
	"centrala/channels"
)

// A Provider is who signs a mailbox in: its addresses, and who we are to it.
type Provider struct {
	ClientID, ClientSecret string
	AuthURL, TokenURL      string // where people consent, and where tokens are given
	Scopes                 []string
	Ask                    map[string]string // said beside, so that a refresh token is given
}

// Google is Gmail and Google Workspace. Without a client id it cannot be used.
func Google(clientID, secret string) Provider {
	return Provider{
		ClientID: clientID, ClientSecret: secret,
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token",
		Scopes: []string{"https://mail.google.com/"},
		Ask:    map[string]string{"access_type": "offline", "prompt": "consent"},
	}
}

// Microsoft is Outlook and Microsoft 365; tenant is the organisation's, or "" for any.
func Microsoft(clientID, secret, tenant string) Provider {
	at := "https://login.microsoftonline.com/" + url.PathEscape(cmp.Or(tenant, "common")) + "/oauth2/v2.0/"
	return Provider{
		ClientID: clientID, ClientSecret: secret, AuthURL: at + "authorize", TokenURL: at + "token",
		Scopes: []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"},
	}
}

// At is the provider under other addresses, where they are given: a national cloud's, a test's.
func (p Provider) At(authURL, tokenURL string) Provider {
	p.AuthURL, p.TokenURL = cmp.Or(authURL, p.AuthURL), cmp.Or(tokenURL, p.TokenURL)
	return p
}

// Check says why the provider cannot be used as it is configured. Tokens only travel encrypted,
// or within this machine.
func (p Provider) Check() error {
	if p.ClientID == "" {
		return nil // not used
	}
	for _, s := range []string{p.AuthURL, p.TokenURL} {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname()))) {
			return fmt.Errorf("%q is not an https address", s)
		}
	}
	return nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p Provider) config(back string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Scopes: p.Scopes, RedirectURL: back,
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
}

// Consent is the provider's page on which user is asked whether we may read and send. The
// provider sends the browser to back, with state and a code.
func (p Provider) Consent(back, state, verifier, user string) string {
	ask := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", user)}
	for name, value := range p.Ask {
		ask = append(ask, oauth2.SetAuthURLParam(name, value))
	}
	return p.config(back).AuthCodeURL(state, ask...)
}

// client asks providers: guarded, patient for a while, and never led elsewhere.
func (p Provider) client(dialer channels.Dialer, patience time.Duration) *http.Client {
	dialer.LoopbackOnly = strings.HasPrefix(p.TokenURL, "http:")
	return &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: patience, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (p Provider) asking(ctx context.Context, dialer channels.Dialer, patience time.Duration) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, p.client(dialer, patience))
}

// Name is a provider as people know it.
func Name(l centrala.Login) string {
	return map[centrala.Login]string{centrala.ByGoogle: "Google", centrala.ByMicrosoft: "Microsoft"}[l]
}
