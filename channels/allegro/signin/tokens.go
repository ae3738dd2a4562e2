package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"centrala"
	"centrala/channels"
)

// How long tokens are good: an access token twelve hours, of which it is used ten, and a refresh
// token three months. Every renewal gives new ones of both, and the old refresh token is void.
const (
	renewAfter  = 10 * time.Hour
	accessLife  = 12 * time.Hour
	RefreshLife = 90 * 24 * time.Hour
)

// Codes of what keeps an account from being used, for programs; see channels.Stopped.
const (
	NotConnected = "allegro.connect"   // nobody has connected the account, or it must be connected again
	Unusable     = "allegro.client"    // the vendor does not know the application
	Forbidden    = "allegro.forbidden" // the account or application may not do this
)

// Keeper keeps the tokens of accounts. KeepTokens writes new ones, sealed, over those whose refresh
// token was wasRefresh, and until when they are good; Conflict when another one is kept by now, and
// then nothing is written.
type Keeper interface {
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
	KeepTokens(ctx context.Context, inbox centrala.InboxID, wasRefresh, token, refresh string, expires time.Time) error
}

// pair is what the sign-in gives.
type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Life    int64  `json:"expires_in"` // of the access token, in seconds
}

// Tokens are the access tokens of all accounts. However many ask for one's at once, the vendor is
// asked once, and what it gives is on disk before it is used. They are safe for concurrent use.
type Tokens struct {
	c  Config
	mu sync.Mutex
	of map[centrala.InboxID]*held
}

// held is what is known of one account's tokens. Its turn is held while they are renewed.
type held struct {
	turn chan struct{}

	mu      sync.Mutex // for what follows
	access  string
	renew   time.Time // when it is to be renewed; zero: not known to be good
	expires time.Time // of the refresh token
	refused string    // an access token that the vendor did not take
	was     string    // the refresh token that unkept came of
	unkept  *pair     // a renewal that could not be written down yet
	until   time.Time // of its refresh token
}

func (t *Tokens) held(id centrala.InboxID) *held {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.of[id]
	if h == nil {
		h = &held{turn: make(chan struct{}, 1)}
		t.of[id] = h
	}
	return h
}

// Token is an access token of an account. It is *channels.Stopped when a person must connect the
// account; what may mend itself is any other error.
func (t *Tokens) Token(ctx context.Context, id centrala.InboxID) (string, error) {
	h := t.held(id)
	if access := h.fresh(t.c.Now()); access != "" {
		return access, nil
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if access := h.fresh(t.c.Now()); access != "" { // somebody's answer came while we waited
		return access, nil
	}
	return t.renewed(ctx, h, id, true)
}

// fresh is the access token, "" when another one is needed.
func (h *held) fresh(now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unkept != nil || !now.Before(h.renew) {
		return ""
	}
	return h.access
}

// Refuse forgets an access token that the vendor did not take.
func (t *Tokens) Refuse(id centrala.InboxID, access string) {
	h := t.held(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = access
	if h.access == access {
		h.renew = time.Time{}
	}
}

// Life is until when the connection is good and when its access token is renewed; zero when not
// known.
func (t *Tokens) Life(id centrala.InboxID) (expires, renewal time.Time) {
	h := t.held(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.expires, h.renew
}

// renewed is the kept access token if it is still good, else a new one, in the account's turn.
func (t *Tokens) renewed(ctx context.Context, h *held, id centrala.InboxID, again bool) (string, error) {
	if err := t.keep(ctx, h, id); err != nil {
		return "", err
	}
	in, err := t.c.Keeper.Inbox(ctx, id) // what the caller has may be older than the last renewal
	if err != nil {
		return "", fmt.Errorf("read the kept connection: %w", err)
	}
	a := in.Account
	if a == nil || a.Refresh == "" {
		return "", Missing(nil)
	}
	now := t.c.Now()
	if access := h.kept(a, now); access != "" {
		return access, nil
	}
	got, err := t.c.grant(ctx, a, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.Refresh}})
	var refusal *refused
	if errors.As(err, &refusal) && refusal.lasting() {
		if again && t.changed(ctx, id, a.Refresh) {
			return t.renewed(ctx, h, id, false)
		}
		return "", refusal.stopped()
	}
	if err != nil {
		return "", fmt.Errorf("renew the connection with Allegro: %w", err)
	}
	h.take(a.Refresh, got, now)
	t.c.Log.Debug("connection renewed", "inbox", id.String())
	if err := t.keep(ctx, h, id); err != nil {
		return "", err
	}
	return t.renewedBy(ctx, h, id, got)
}

// renewedBy is the access token after a renewal: ours, or that of whoever was quicker.
func (t *Tokens) renewedBy(ctx context.Context, h *held, id centrala.InboxID, got pair) (string, error) {
	if access := h.fresh(t.c.Now()); access != "" {
		return access, nil
	}
	in, err := t.c.Keeper.Inbox(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read the kept connection: %w", err)
	}
	if in.Account == nil || in.Account.Token == "" {
		return "", Missing(nil)
	}
	h.kept(in.Account, t.c.Now())
	return cmp.Or(h.fresh(t.c.Now()), in.Account.Token, got.Access), nil
}

// kept takes what is on disk, and is the access token of it if that is young enough and was not
// refused. The refresh token's end says when both were given.
func (h *held) kept(a *centrala.Account, now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expires = a.Expires; a.Token == "" || a.Token == h.refused {
		return ""
	}
	renew := now.Add(renewAfter)
	if !a.Expires.IsZero() {
		renew = a.Expires.Add(renewAfter - RefreshLife)
	}
	if h.access == a.Token && !h.renew.IsZero() && h.renew.Before(renew) {
		renew = h.renew
	}
	if !now.Before(renew) {
		return ""
	}
	h.access, h.renew = a.Token, renew
	return a.Token
}

// take holds what the vendor gave, as not written down yet.
func (h *held) take(was string, got pair, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	life := cmp.Or(time.Duration(got.Life)*time.Second, accessLife)
	h.access, h.was, h.unkept, h.until = got.Access, was, &got, now.Add(RefreshLife)
	h.renew = now.Add(min(renewAfter, life*5/6))
}

// keep writes a renewal down. Until it could, the new tokens stay in memory and are not used. When
// another sign-in is kept by now, that one counts.
func (t *Tokens) keep(ctx context.Context, h *held, id centrala.InboxID) error {
	h.mu.Lock()
	unkept, was, until := h.unkept, h.was, h.until
	h.mu.Unlock()
	if unkept == nil {
		return nil
	}
	// Let nobody's impatience lose what was given once only.
	kctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.c.Timeout)
	defer cancel()
	err := t.c.Keeper.KeepTokens(kctx, id, was, unkept.Access, unkept.Refresh, until)
	lost := centrala.CodeOf(err) == centrala.Conflict
	if err != nil && !lost && centrala.CodeOf(err) != centrala.NotFound {
		return fmt.Errorf("keep the renewed connection: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unkept = nil; lost {
		h.access, h.renew = "", time.Time{}
	} else {
		h.expires = until
	}
	return nil
}

// changed tells whether a refused refresh token is not the kept one any more. What another node got a
// moment ago may not be written down yet, so it looks twice.
func (t *Tokens) changed(ctx context.Context, id centrala.InboxID, used string) bool {
	for again := false; ; again = true {
		now, err := t.c.Keeper.Inbox(ctx, id)
		if err == nil && now.Account != nil && now.Account.Refresh != "" && now.Account.Refresh != used {
			return true
		}
		if again || !pause(ctx, t.c.Settle) {
			return false
		}
	}
}

// refused is the sign-in's way to say no.
type refused struct {
	code   string
	status int
}

// Error implements error.
func (s *refused) Error() string {
	return fmt.Sprintf("Allegro's sign-in answered %d %s", s.status, s.code)
}

// lasting reports whether asking again is of no use.
func (s *refused) lasting() bool {
	return s.status >= 400 && s.status < 500 && s.status != http.StatusTooManyRequests && s.status != http.StatusRequestTimeout
}

func (s *refused) stopped() error {
	if s.code == "invalid_client" || s.code == "unauthorized_client" || s.status == http.StatusUnauthorized {
		return &channels.Stopped{Code: Unusable, Reason: "Allegro does not know the client id or its secret. Correct them in the inbox's settings and connect the account again.", Err: s}
	}
	return Missing(s)
}

// Missing says that a person must connect the account, because of err or because nobody has yet.
func Missing(err error) error {
	if err == nil {
		return &channels.Stopped{Code: NotConnected, Reason: "Nobody has connected this account with Allegro yet. Connect it in its settings."}
	}
	return &channels.Stopped{Code: NotConnected, Reason: "Allegro does not let us into this account any more. Connect again in its settings.", Err: err}
}
