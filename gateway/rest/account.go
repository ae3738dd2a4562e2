package rest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"centrala"
)

// accountBody is what may be said of the account of a social inbox. Secrets are sent to set them
// and never answered.
type accountBody struct {
	Account      maybe[*centrala.Account] `json:"account,omitempty"`
	Token        string                   `json:"token,omitempty" maxLength:"2000" doc:"By which the vendor is called."`
	AppSecret    string                   `json:"app_secret,omitempty" maxLength:"1000" doc:"By which the vendor signs what it posts; several, with a space between them, while it is changed."`
	ClientSecret string                   `json:"client_secret,omitempty" maxLength:"1000" doc:"Allegro: of the registered application."`
}

// secrets names those that were given.
func (b *accountBody) secrets() []string {
	var names []string
	for _, s := range []struct{ name, value string }{{"token", b.Token}, {"app_secret", b.AppSecret}, {"client_secret", b.ClientSecret}} {
		if s.value != "" {
			names = append(names, s.name)
		}
	}
	return names
}

// onto writes what was said over the account of an inbox. What the vendor tells us stays as it is
// unless it is of another account or token; so does a secret that is not given. A new bot looks for
// what is new by itself where Telegram cannot post to us.
func (b *accountBody) onto(in *centrala.Inbox, reachable bool) {
	if !b.Account.set || b.Account.v == nil {
		if in.Account == nil && len(b.secrets()) > 0 {
			in.Account = &centrala.Account{}
		}
	} else {
		a, kept := *b.Account.v, centrala.Account{}
		if in.Account != nil {
			kept = *in.Account
		}
		a.HookSecret, a.AppSecret, a.ClientSecret, a.Expires = kept.HookSecret, kept.AppSecret, kept.ClientSecret, time.Time{}
		switch in.Channel { // of these it follows from the token
		case centrala.Telegram:
			a.ID = kept.ID
		case centrala.Allegro:
			if a.ID = kept.ID; a.Client != kept.Client || a.Sandbox != kept.Sandbox {
				a.ID = ""
			}
		}
		if in.Account == nil || !a.Elsewhere(in.Account) {
			a.Token, a.Refresh, a.Expires = kept.Token, kept.Refresh, kept.Expires
		}
		in.Account = &a
	}
	a := in.Account
	if a == nil {
		return
	}
	if in.ID == 0 && in.Channel == centrala.Telegram && !reachable {
		a.Polling = true
	}
	a.ID, a.Name, a.Business, a.Client, a.Endpoint = strings.TrimSpace(a.ID), strings.TrimSpace(a.Name), strings.TrimSpace(a.Business), strings.TrimSpace(a.Client), strings.TrimSpace(a.Endpoint)
	if b.Token != "" {
		a.Token, a.Expires = strings.TrimSpace(b.Token), time.Time{}
		if in.Channel == centrala.Telegram {
			a.ID, _, _ = strings.Cut(a.Token, ":")
		}
	}
	if b.AppSecret != "" {
		a.AppSecret = strings.Join(strings.Fields(b.AppSecret), "\n")
	}
	if b.ClientSecret != "" {
		a.ClientSecret = strings.TrimSpace(b.ClientSecret)
	}
}

// given leaves only the secrets that were said: what is renewed meanwhile is not written over by
// what was read before.
func (b *accountBody) given(in centrala.Inbox) centrala.Inbox {
	if in.Account == nil {
		return in
	}
	a := *in.Account
	a.Refresh = ""
	if b.Token == "" {
		a.Token = ""
	}
	if b.AppSecret == "" {
		a.AppSecret = ""
	}
	if b.ClientSecret == "" {
		a.ClientSecret = ""
	}
	in.Account = &a
	return in
}

// movesSecrets reports the secret that would be shown to another account, or as another
// application, than the one that it is for; "" when none would.
func movesSecrets(kept centrala.Inbox, b accountBody) string {
	if kept.Account == nil || !b.Account.set || b.Account.v == nil {
		return ""
	}
	is, was := b.Account.v, kept.Account
	switch kept.Channel {
	case centrala.Messenger, centrala.Instagram, centrala.WhatsApp:
		if (is.ID != was.ID || is.Business != was.Business) && was.Token != "" && b.Token == "" {
			return "token"
		}
	case centrala.Allegro:
		if (is.Client != was.Client || is.Sandbox != was.Sandbox) && was.ClientSecret != "" && b.ClientSecret == "" {
			return "client_secret"
		}
	}
	return ""
}

var (
	digits   = regexp.MustCompile(`^[0-9]{3,30}$`)
	botToken = regexp.MustCompile(`^[0-9]{3,20}:[A-Za-z0-9_-]{20,200}$`)
	printed  = regexp.MustCompile(`^[\x21-\x7e]+$`) // fit for a header
)

// checkAccount says what is missing or cannot be. reachable tells that the public internet can
// post to this server.
func checkAccount(in *centrala.Inbox, reachable bool) error {
	a := in.Account
	if a == nil {
		return centrala.InvalidField("account", "This channel needs an account.")
	}
	if len([]rune(a.Name)) > 100 {
		return centrala.InvalidField("account.name", "The name of an account has at most 100 characters.")
	}
	for _, s := range []struct{ field, value string }{{"token", a.Token}, {"client_secret", a.ClientSecret}} {
		if s.value != "" && !printed.MatchString(s.value) {
			return centrala.InvalidField(s.field, "There is a character in it that no key has, such as a space.")
		}
	}
	if slices.ContainsFunc(a.AppSecrets(), func(s string) bool { return !printed.MatchString(s) }) {
		return centrala.InvalidField("app_secret", "There is a character in it that no secret has.")
	}
	switch in.Channel {
	case centrala.Messenger, centrala.Instagram, centrala.WhatsApp:
		return checkMeta(in.Channel, a)
	case centrala.Telegram:
		return checkBot(a, reachable)
	case centrala.Allegro:
		if !printed.MatchString(a.Client) || len(a.Client) > 100 {
			return centrala.InvalidField("account.client", "The application's client id is missing.")
		}
		if a.ClientSecret == "" {
			return centrala.InvalidField("client_secret", "The application's secret is missing.")
		}
	case centrala.Webhook:
		return checkEndpoint(a.Endpoint)
	}
	return nil
}

func checkMeta(ch centrala.Channel, a *centrala.Account) error {
	what := map[centrala.Channel]string{
		centrala.Messenger: "The page's id is a number.", centrala.Instagram: "The professional account's id is a number.",
		centrala.WhatsApp: "The phone number's id is a number, and not the phone number.",
	}
	if !digits.MatchString(a.ID) {
		return centrala.InvalidField("account.id", "%s", what[ch])
	}
	if ch == centrala.WhatsApp && !digits.MatchString(a.Business) {
		return centrala.InvalidField("account.business", "The business account's id is a number.")
	}
	if a.Token == "" {
		return centrala.InvalidField("token", "The access token is missing.")
	}
	if len(a.AppSecrets()) == 0 {
		return centrala.InvalidField("app_secret", "The app's secret is missing: without it nobody can tell what Meta posts from what others do.")
	}
	return nil
}

func checkBot(a *centrala.Account, reachable bool) error {
	if a.Token == "" {
		return centrala.InvalidField("token", "The bot's token is missing.")
	}
	if !botToken.MatchString(a.Token) {
		return centrala.InvalidField("token", "A bot's token is a number, a colon and letters, as @BotFather shows it.")
	}
	if !a.Polling && !reachable {
		return centrala.InvalidField("account.polling", "Telegram cannot post to this server, because its address (the key url) is not a public https one: let it look for what is new instead.")
	}
	return nil
}

func checkEndpoint(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || len(s) > 2000:
		return centrala.InvalidField("account.endpoint", "The endpoint is an address such as https://shop.example/centrala.")
	case u.User != nil || u.Fragment != "":
		return centrala.InvalidField("account.endpoint", "The endpoint has no user, password or fragment in it: what is posted is signed.")
	case u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())):
		return centrala.InvalidField("account.endpoint", "The endpoint begins with https://.")
	}
	return nil
}

func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Reachable reports whether vendors can post to an address: https, and no name of this machine or
// its surroundings.
func Reachable(base *url.URL) bool {
	if base == nil || base.Scheme != "https" {
		return false
	}
	host := base.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsGlobalUnicast() && !addr.IsPrivate()
	}
	return host != "localhost" && strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") && !strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".internal")
}

// postedTo reports whether an inbox's vendor posts to us, so that it has a secret of ours.
func postedTo(ch centrala.Channel) bool {
	return ch.Social() && ch != centrala.Allegro && ch != centrala.Facebook
}

// hookURL is where an inbox's vendor posts to, "" when it does not.
func (s *server) hookURL(in centrala.Inbox) string {
	if !postedTo(in.Channel) || s.Site.Base == nil || in.ID == 0 {
		return ""
	}
	return s.Site.Base.JoinPath("hooks", in.ID.String()).String()
}

// newHookSecret is 32 random bytes in characters that every vendor takes.
func newHookSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// renewHookSecret puts a new secret before the one that is in use, which stays valid beside it
// until the next time.
func renewHookSecret(a *centrala.Account) (secret string) {
	secret = newHookSecret()
	lines := append([]string{secret}, a.HookSecrets()...)
	a.HookSecret = strings.Join(lines[:min(len(lines), 2)], "\n")
	return secret
}

func (s *server) listTemplates(ctx context.Context, _ caller, in *inboxPath) (*answer[List[centrala.Template]], error) {
	v, err := s.Store.Inbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if s.Templates == nil || v.Account == nil {
		return page[centrala.Template](nil, ""), nil
	}
	items, err := s.Templates(ctx, v)
	if err != nil {
		return nil, &centrala.Error{Code: centrala.Unavailable, Message: "The vendor does not tell its templates just now.", Err: err}
	}
	return page(items, ""), nil
}
