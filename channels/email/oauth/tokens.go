package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"centrala"
	"centrala/channels"
)

// Codes of what keeps a mailbox from signing in, for programs; see channels.Stopped.
const (
	Unknown   = "oauth.provider" // the provider is not configured here
	Missing   = "oauth.consent"  // nobody has consented yet
	Withdrawn = "oauth.withdrawn"
	Unusable  = "oauth.client" // the provider does not know our client id, or its secret
)

// Keeper keeps the refresh tokens. KeepRefresh writes a new one over the one that it came of,
// sealed; Conflict when that is not the one that is kept any more, and then nothing is written.
type Keeper interface {
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
	KeepRefresh(ctx context.Context, inbox centrala.InboxID, was, is string) error
}

// Config is what Tokens work with. Keeper is required.
type Config struct {
	Providers map[centrala.Login]Provider
	Keeper    Keeper
	Log       *slog.Logger
	Dialer    channels.Dialer
	Patience  time.Duration    // with a provider's answer, default 30 s
	Settle    time.Duration    // for another node to write down what it got, default 2 s
	Now       func() time.Time // nil: the real clock
}

// Tokens are the access tokens of all mailboxes that sign in with a provider. However many ask
// for a mailbox's at once, the provider is asked once. They are safe for concurrent use.
type Tokens struct {
	c  Config
	mu sync.Mutex
	of map[centrala.InboxID]*account
}

// account is what is known of one mailbox's sign-in. Its turn is held while the provider is
// asked, so that the others wait for the answer instead of asking too.
type account struct {
	turn chan struct{}

	mu      sync.Mutex // for what follows
	refresh string     // that access came of
	access  string
	expires time.Time
	renew   time.Time // 80 % of the lifetime
	unkept  string    // a rotated refresh token that could not be written down yet
}

// New makes Tokens.
func New(c Config) *Tokens {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Patience, c.Settle = cmp.Or(c.Patience, 30*time.Second), cmp.Or(c.Settle, 2*time.Second)
	return &Tokens{c: c, of: make(map[centrala.InboxID]*account)}
}

func (t *Tokens) account(id centrala.InboxID) *account {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.of[id]
	if a == nil {
		a = &account{turn: make(chan struct{}, 1)}
		t.of[id] = a
	}
	return a
}

// Offers reports whether mailboxes can sign in this way here.
func (t *Tokens) Offers(l centrala.Login) bool { return t.c.Providers[l].ClientID != "" }

// Token is an access token of an inbox's mailbox, renewed when four fifths of its life are over.
// It is *channels.Stopped when a person must act: nobody has consented, the consent was
// withdrawn, the provider does not know us. What may mend itself is any other error.
func (t *Tokens) Token(ctx context.Context, in centrala.Inbox) (string, error) {
	if in.Mailbox == nil || in.Mailbox.RefreshToken == "" {
		return "", missing(in)
	}
	a := t.account(in.ID)
	if access := a.fresh(t.c.Now()); access != "" {
		return access, nil
	}
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if access := a.fresh(t.c.Now()); access != "" { // somebody's answer came while we waited
		return access, nil
	}
	kept, err := t.c.Keeper.Inbox(ctx, in.ID) // the line may be older than the last rotation
	if err != nil {
		return "", fmt.Errorf("read the kept consent: %w", err)
	}
	return t.renewed(ctx, a, kept)
}

func missing(in centrala.Inbox) error {
	who := "the provider"
	if in.Mailbox != nil {
		who = cmp.Or(Name(in.Mailbox.Login), who)
	}
	return &channels.Stopped{Code: Missing, Reason: "Nobody has signed this mailbox in with " + who + " yet. Connect it in its settings."}
}

// fresh is the access token, "" when it is time for another or a rotation is not written down.
func (a *account) fresh(now time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unkept != "" || !now.Before(a.renew) {
		return ""
	}
	return a.access
}

// renewed asks the provider, in the account's turn.
func (t *Tokens) renewed(ctx context.Context, a *account, in centrala.Inbox) (string, error) {
	if in.Mailbox == nil || in.Mailbox.RefreshToken == "" {
		return "", missing(in)
	}
	p, ok := t.c.Providers[in.Mailbox.Login]
	if !ok || p.ClientID == "" {
		return "", &channels.Stopped{Code: Unknown, Reason: "Sign-in with " + Name(in.Mailbox.Login) + " is not set up in this server's configuration file."}
	}
	refresh := in.Mailbox.RefreshToken
	if unkept := a.rotated(refresh); unkept != "" {
		if err := t.keep(ctx, a, in.ID, refresh, unkept); err != nil {
			return "", err
		}
		if access := a.fresh(t.c.Now()); access != "" {
			return access, nil
		}
		refresh = unkept
	}
	got, err := p.config("").TokenSource(p.asking(ctx, t.c.Dialer, t.c.Patience), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		if now, changed := t.changed(ctx, in.ID, refresh, err); changed {
			return t.renewed(ctx, a, now)
		}
		return "", judged(in.Mailbox.Login, err)
	}
	next := cmp.Or(got.RefreshToken, refresh)
	a.take(refresh, next, got, t.c.Now())
	t.c.Log.Debug("sign-in renewed", "inbox", in.ID.String(), "rotated", next != refresh, "expires", got.Expiry)
	if next != refresh {
		if err := t.keep(ctx, a, in.ID, refresh, next); err != nil {
			return "", err
		}
	}
	return got.AccessToken, nil
}

// rotated is the refresh token that followed the kept one and is not written down.
func (a *account) rotated(kept string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refresh != kept { // somebody consented anew meanwhile
		a.unkept = ""
	}
	return a.unkept
}

// take keeps an answer: the rotated refresh token as not written down yet.
func (a *account) take(was, next string, got *oauth2.Token, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	life := time.Until(got.Expiry)
	if got.Expiry.IsZero() {
		life = 5 * time.Minute // a provider that does not say is asked often
	}
	a.refresh, a.access = was, got.AccessToken
	a.expires, a.renew = now.Add(life), now.Add(life*4/5)
	if next != was {
		a.unkept = next
	}
}

// keep writes a rotated refresh token down. Until it could, the token stays in memory and no
// access token is handed out, so that the old one is not forgotten for one that may be lost.
func (t *Tokens) keep(ctx context.Context, a *account, id centrala.InboxID, was, is string) error {
	err := t.c.Keeper.KeepRefresh(ctx, id, was, is)
	if err != nil && centrala.CodeOf(err) != centrala.Conflict {
		return fmt.Errorf("keep the renewed consent: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refresh, a.unkept = is, ""
	return nil
}

// changed tells whether a refused refresh token is not the kept one any more: another node
// renewed it, or somebody consented anew. What another node got a moment ago may not be written
// down yet, so it looks twice.
func (t *Tokens) changed(ctx context.Context, id centrala.InboxID, used string, refusal error) (now centrala.Inbox, is bool) {
	var answer *oauth2.RetrieveError
	if !errors.As(refusal, &answer) || answer.ErrorCode != "invalid_grant" {
		return now, false
	}
	for again := false; ; again = true {
		now, err := t.c.Keeper.Inbox(ctx, id)
		if err == nil && now.Mailbox != nil && now.Mailbox.RefreshToken != "" && now.Mailbox.RefreshToken != used {
			return now, true
		}
		if again {
			return now, false
		}
		select {
		case <-ctx.Done():
			return now, false
		case <-time.After(t.c.Settle):
		}
	}
}

// judged says whether time can heal what a provider answered. Its words are kept, its tokens
// are not in them.
func judged(l centrala.Login, err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return fmt.Errorf("renew the sign-in with %s: %w", Name(l), err)
	}
	why := fmt.Errorf("%s answered %s", Name(l), plain(answer))
	switch answer.ErrorCode {
	case "invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied":
		return &channels.Stopped{Code: Withdrawn, Reason: Name(l) + " does not let this mailbox in any more: its consent was withdrawn or has run out. Connect it again in its settings.", Err: why}
	case "invalid_client", "unauthorized_client":
		return &channels.Stopped{Code: Unusable, Reason: Name(l) + " does not know the client id or its secret. Correct them in the configuration file.", Err: why}
	}
	return fmt.Errorf("renew the sign-in: %w", why)
}

// plain is a provider's answer without what may be secret in its body.
func plain(answer *oauth2.RetrieveError) string {
	s := "without a word"
	if answer.Response != nil {
		s = answer.Response.Status
	}
	if answer.ErrorCode != "" {
		s += ": " + clip(answer.ErrorCode, 80)
	}
	if answer.ErrorDescription != "" {
		s += " (" + clip(answer.ErrorDescription, 300) + ")"
	}
	return s
}

func clip(s string, n int) string {
	var out []rune
	for _, r := range s {
		if r < ' ' {
			r = ' '
		}
		if out = append(out, r); len(out) >= n {
			break
		}
	}
	return string(out)
}

// Refused forgets an access token that a mail server did not take, so that the next is new.
func (t *Tokens) Refused(id centrala.InboxID, access string) {
	a := t.account(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.access == access {
		a.renew = time.Time{}
	}
}

// Life is until when the access token is good and when it is renewed; zero when there is none.
func (t *Tokens) Life(id centrala.InboxID) (expires, renewal time.Time) {
	a := t.account(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.expires, a.renew
}

// Begin is the provider's page for a mailbox's consent; Stopped when the provider is not set up.
func (t *Tokens) Begin(in centrala.Inbox, back, state, verifier string) (string, error) {
	if in.Mailbox == nil || !t.Offers(in.Mailbox.Login) {
		return "", &channels.Stopped{Code: Unknown, Reason: "Sign-in with this provider is not set up in this server's configuration file."}
	}
	return t.c.Providers[in.Mailbox.Login].Consent(back, state, verifier, in.Mailbox.IMAP.User), nil
}

// Finish takes the code that the provider sent the browser back with, and keeps what it gives
// for it. What the mailbox had before is forgotten.
func (t *Tokens) Finish(ctx context.Context, in centrala.Inbox, back, code, verifier string) error {
	if in.Mailbox == nil || !t.Offers(in.Mailbox.Login) {
		return missing(in)
	}
	p := t.c.Providers[in.Mailbox.Login]
	got, err := p.config(back).Exchange(p.asking(ctx, t.c.Dialer, t.c.Patience), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return judged(in.Mailbox.Login, err)
	}
	if got.RefreshToken == "" {
		return fmt.Errorf("%s gave no refresh token", Name(in.Mailbox.Login))
	}
	if err := t.c.Keeper.KeepRefresh(ctx, in.ID, in.Mailbox.RefreshToken, got.RefreshToken); err != nil {
		return fmt.Errorf("keep the consent: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, in.ID)
	return nil
}
