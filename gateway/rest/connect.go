package rest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"centrala"
	"centrala/auth"
)

// Consent is how a mailbox is signed in with a provider: a page of theirs on which a person
// agrees, and what they send the browser back with.
type Consent interface {
	Begin(in centrala.Inbox, back, state, verifier string) (address string, err error)
	Finish(ctx context.Context, in centrala.Inbox, back, code, verifier string) error
}

// Seal keeps what a browser carries for us unread and unchanged.
type Seal interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

const (
	callback    = "/oauth/callback"
	consentTime = 15 * time.Minute // for a person to agree
)

// errand is what goes to the provider and comes back as the state (RFC 6749): which mailbox, and
// that it is still the same session of the same person. It is sealed, so that nothing is kept
// here and any node can take it; the verifier (RFC 7636) makes the code worthless to others.
type errand struct {
	Inbox    centrala.InboxID `json:"i"`
	Session  []byte           `json:"s"`
	Verifier string           `json:"v"`
	Until    time.Time        `json:"u"`
}

// sessionOf is what ties an errand to a session, without its token.
func sessionOf(r *http.Request) []byte {
	token, _ := auth.TokenOf(r)
	sum := sha256.Sum256([]byte("oauth\x00" + token))
	return sum[:]
}

// Connecting is where the browser has to go.
type Connecting struct {
	Address string `json:"address" doc:"The provider's page of consent. It sends the browser back to /oauth/callback."`
}

func (s *server) back() string { return s.Site.Base.String() + callback }

// connect begins the sign-in of a mailbox with its provider.
func (s *server) connect(ctx context.Context, c caller, in *inboxAct) (*answer[Connecting], error) {
	v, err := s.Store.Inbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if v.Mailbox == nil || v.Mailbox.Login == centrala.ByPassword {
		return nil, centrala.InvalidField("mailbox.login", "This mailbox signs in with a password.")
	}
	if s.Consent == nil || s.Seal == nil || s.Site.Base == nil {
		return nil, centrala.Errorf(centrala.Unavailable, "This server cannot sign mailboxes in.")
	}
	e := errand{v.ID, sessionOf(c.r), oauth2.GenerateVerifier(), s.Now().Add(consentTime)}
	plain, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	sealed, err := s.Seal.Seal(plain)
	if err != nil {
		return nil, err
	}
	address, err := s.Consent.Begin(v, s.back(), base64.RawURLEncoding.EncodeToString(sealed), e.Verifier)
	if err != nil {
		return nil, &centrala.Error{Code: centrala.Invalid, Field: "mailbox.login", Message: "Sign-in with this provider is not set up in this server's configuration file.", Err: err}
	}
	return ok(Connecting{address}), s.audited(ctx, c, "inbox.connect", v.ID.String(), string(v.Mailbox.Login))
}

// errandOf opens a state; an error when it is not ours, too old, or another session's.
func (s *server) errandOf(r *http.Request) (errand, error) {
	var e errand
	sealed, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("state"))
	if err != nil {
		return e, err
	}
	if s.Seal == nil {
		return e, errors.New("there is no seal")
	}
	plain, err := s.Seal.Open(sealed)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(plain, &e); err != nil {
		return e, err
	}
	switch {
	case string(e.Session) != string(sessionOf(r)):
		return e, errors.New("it was begun in another session")
	case s.Now().After(e.Until):
		return e, errors.New("it was begun too long ago")
	}
	return e, nil
}

// returned takes the browser that the provider sent back, and sends it on to the console, which
// says how it ended: ok, denied (the person did not agree), stale (begun elsewhere or too long
// ago) or failed.
func (s *server) returned(w http.ResponseWriter, r *http.Request) {
	inbox, outcome := "", "stale"
	e, err := s.errandOf(r)
	if err == nil {
		inbox = e.Inbox.String()
		outcome, err = s.finish(r, e)
	}
	if err != nil {
		s.Log.WarnContext(r.Context(), "a mailbox was not signed in", "inbox", inbox, "outcome", outcome, "err", err)
	}
	http.Redirect(w, r, "/console#settings/channels/"+url.PathEscape(inbox)+"/"+outcome, http.StatusSeeOther)
}

func (s *server) finish(r *http.Request, e errand) (outcome string, err error) {
	c := caller{addr: s.Site.Addr(r), r: r}
	if c.Principal, err = s.whoMay(r, []auth.Action{auth.ManageInboxes}); err != nil {
		return "stale", err
	}
	ctx, q := r.Context(), r.URL.Query()
	if q.Get("code") == "" {
		return "denied", errors.New("the provider says: " + clipped(q.Get("error"), 80))
	}
	in, err := s.Store.Inbox(ctx, e.Inbox)
	if err != nil {
		return "failed", err
	}
	if s.Consent == nil {
		return "failed", errors.New("no provider is set up")
	}
	if err := s.Consent.Finish(ctx, in, s.back(), q.Get("code"), e.Verifier); err != nil {
		return "failed", err
	}
	if err := s.audited(ctx, c, "inbox.connected", in.ID.String(), string(in.Mailbox.Login)); err != nil {
		return "failed", err
	}
	if s.Mended != nil {
		s.Mended(in.ID)
	}
	return "ok", nil
}

// clipped is a stranger's word, short enough for a log.
func clipped(s string, n int) string { return s[:min(len(s), n)] }
