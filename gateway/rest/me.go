package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

func (s *server) meRoutes() {
	add(s, get("/v1/me", "Who is signed in", auth.OwnAccount), s.me)
	add(s, patch("/v1/me", "Change the own name or language", auth.OwnAccount), s.patchMe)
	add(s, post("/v1/me/totp", "Begin a second factor: a secret for an authenticator", auth.OwnAccount).once(), s.offerTOTP)
	add(s, put("/v1/me/totp", "Switch the second factor on, proving both the password and the authenticator", auth.OwnAccount), s.setTOTP)
	add(s, remove("/v1/me/totp", "Switch the second factor off", auth.OwnAccount), s.endTOTP)
}

// Me is whoever is signed in, and what the console needs to know of the house.
type Me struct {
	Agent        Colleague  `json:"agent"`
	Organisation string     `json:"organisation"`
	Survey       SurveyTime `json:"survey"`
	TOTP         bool       `json:"totp" doc:"Whether a second factor is on."`
	Drafts       bool       `json:"drafts" doc:"Whether a language model drafts answers."`
}

// SurveyTime is when customers are asked.
type SurveyTime struct {
	DelayHours     float64 `json:"delay_hours"`
	QuarantineDays float64 `json:"quarantine_days"`
}

func (s *server) meOf(ctx context.Context, a centrala.Agent) (*answer[Me], error) {
	v, err := s.colleague(ctx, a)
	if err != nil {
		return nil, err
	}
	_, _, secret, err := s.Store.Credentials(ctx, a.Email)
	return ok(Me{Agent: v, Organisation: s.Organisation, Drafts: s.Scribe != nil, TOTP: secret != "",
		Survey: SurveyTime{s.SurveyDelay.Hours(), s.SurveyInterval.Hours() / 24}}), err
}

func (s *server) me(ctx context.Context, c caller, _ *nothing) (*answer[Me], error) {
	return s.meOf(ctx, *c.Agent)
}

type meChange struct {
	Body struct {
		Name   *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Locale *string `json:"locale,omitempty" enum:"pl,en"`
	}
}

func (s *server) patchMe(ctx context.Context, c caller, in *meChange) (*answer[Me], error) {
	a := *c.Agent
	set(&a.Name, in.Body.Name)
	set(&a.Locale, in.Body.Locale)
	a, err := s.Store.SaveAgent(ctx, a)
	if err != nil {
		return nil, err
	}
	detail := differ(map[string]bool{"name": a.Name != c.Agent.Name, "locale": a.Locale != c.Agent.Locale})
	if err := s.audited(ctx, c, "agent.changed", c.ID, detail); err != nil {
		return nil, err
	}
	return s.meOf(ctx, a)
}

// Authenticator is what an authenticator is told: the secret, and the same as an address for a
// QR code. It is not in force before it is proved.
type Authenticator struct {
	Secret string `json:"secret"`
	URL    string `json:"url"`
}

func (s *server) offerTOTP(_ context.Context, c caller, _ *struct{ Body *struct{} }) (*answer[Authenticator], error) {
	secret, url, err := s.Guard.OfferCode(*c.Agent, s.Organisation)
	return ok(Authenticator{secret, url}), err
}

type totpInput struct {
	Body struct {
		Secret   string `json:"secret" required:"true" maxLength:"64"`
		Code     string `json:"code" required:"true" maxLength:"10"`
		Password string `json:"password" required:"true" maxLength:"1024"`
	}
}

func (s *server) setTOTP(ctx context.Context, c caller, in *totpInput) (*nothing, error) {
	if !s.Guard.CheckCode(in.Body.Secret, in.Body.Code) {
		return nil, centrala.InvalidField("code", "The one-time code does not match.")
	}
	if err := s.Guard.Confirm(ctx, *c.Agent, in.Body.Password, c.addr); err != nil {
		return nil, err
	}
	if err := s.Store.SetTOTP(ctx, c.Agent.ID, in.Body.Secret); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "totp.set", c.ID, "")
}

type endTOTPInput struct {
	Body struct {
		Password string `json:"password" required:"true" maxLength:"1024"`
	}
}

func (s *server) endTOTP(ctx context.Context, c caller, in *endTOTPInput) (*nothing, error) {
	if err := s.Guard.Confirm(ctx, *c.Agent, in.Body.Password, c.addr); err != nil {
		return nil, err
	}
	if err := s.Store.SetTOTP(ctx, c.Agent.ID, ""); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "totp.ended", c.ID, "")
}
