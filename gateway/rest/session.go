package rest

import (
	"context"
	"net/http"

	"centrala/auth"
)

func (s *server) sessionRoutes() {
	add(s, post("/v1/sessions", "Sign in as an agent"), s.signIn)
	add(s, remove("/v1/sessions", "Sign out", auth.OwnAccount), s.signOut)
	add(s, post("/v1/passwords", "Set a password with a one-time link"), s.usePasswordLink)
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" required:"true" maxLength:"254"`
		Password string `json:"password" required:"true" maxLength:"1024"`
		TOTP     string `json:"totp,omitempty" maxLength:"10" doc:"The one-time code, for accounts with a second factor."`
	}
}

// SignedIn is a new session. Browsers get the token as a cookie too.
type SignedIn struct {
	Token string    `json:"token"`
	Agent Colleague `json:"agent"`
}

type signedIn struct {
	Cookie http.Cookie `header:"Set-Cookie"`
	Body   SignedIn
}

func (s *server) signIn(ctx context.Context, c caller, in *signInInput) (*signedIn, error) {
	token, a, err := s.Guard.SignIn(ctx, auth.Attempt{Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.TOTP, Address: c.addr})
	if err != nil {
		return nil, err
	}
	me, err := s.colleague(ctx, a)
	if err != nil {
		return nil, err
	}
	c.Principal = auth.Principal{Kind: auth.Agent, ID: a.ID.String(), Agent: &a}
	if err := s.audited(ctx, c, "session.started", a.ID.String(), ""); err != nil {
		return nil, err
	}
	return &signedIn{Cookie: *auth.SessionCookie(token, s.Site.Secure(c.r)), Body: SignedIn{token, me}}, nil
}

type signedOut struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

func (s *server) signOut(ctx context.Context, c caller, _ *nothing) (*signedOut, error) {
	token, _ := auth.TokenOf(c.r)
	if err := s.Guard.Logout(ctx, token); err != nil {
		return nil, err
	}
	s.Ended(c.ID)
	if err := s.audited(ctx, c, "session.ended", c.ID, ""); err != nil {
		return nil, err
	}
	return &signedOut{*auth.EndedCookie(s.Site.Secure(c.r))}, nil
}

type passwordInput struct {
	Body struct {
		Token    string `json:"token" required:"true" maxLength:"200"`
		Password string `json:"password" required:"true" maxLength:"1024"`
	}
}

func (s *server) usePasswordLink(ctx context.Context, c caller, in *passwordInput) (*nothing, error) {
	if _, wait, ok := s.visitors.Take("password " + auth.LimitKey(c.addr)); !ok {
		return nil, tooOften(wait)
	}
	id, err := s.Guard.UseLink(ctx, in.Body.Token, in.Body.Password)
	if err != nil {
		return nil, err
	}
	a, err := s.Store.Agent(ctx, id)
	if err != nil {
		return nil, err
	}
	s.Ended(id.String())
	c.Principal = auth.Principal{Kind: auth.Agent, ID: id.String(), Agent: &a}
	return nil, s.audited(ctx, c, "password.set", id.String(), "by a one-time link")
}

// linkAddress is where a one-time link leads. The token is behind the #, which browsers keep
// to themselves.
func (s *server) linkAddress(c caller, token string) string {
	base := ""
	switch {
	case s.Site.Base != nil:
		base = s.Site.Base.Scheme + "://" + s.Site.Base.Host
	case s.Site.Secure(c.r):
		base = "https://" + c.r.Host
	default:
		base = "http://" + c.r.Host
	}
	return base + "/console/set-password#" + token
}
