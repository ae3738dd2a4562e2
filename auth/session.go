package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala"
)

// SessionIdle and SessionLongest are how long an agent's session counts without being used, and
// at all. LinkLife is how long a one-time link counts.
const (
	SessionIdle    = 12 * time.Hour
	SessionLongest = 30 * 24 * time.Hour
	LinkLife       = 24 * time.Hour
)

// LoginFailures is how many sign-ins may fail in a minute for one account, and from one address.
const LoginFailures = 10

const (
	sessionPrefix = "cs_"
	linkPrefix    = "cl_"
)

// PurposePassword is the purpose of the one-time links with which people set a password.
const PurposePassword = "password"

// Attempt is one try to sign in. Address is where it comes from (see ClientAddr); Code is the
// one-time code of an account that has a second factor.
type Attempt struct{ Email, Password, Code, Address string }

// Login is SignIn for an account without a second factor.
func (g *Guard) Login(ctx context.Context, email, password, addr string) (string, centrala.Agent, error) {
	return g.SignIn(ctx, Attempt{Email: email, Password: password, Address: addr})
}

// SignIn starts a session. A wrong account, password or code is the same Unauthorized, after the
// same time; TriesLeft tells how many are left. Only when the password was right and a code is
// asked for does the error name the field "totp". After ten failures in a minute, for the
// account or from the address, it is RateLimited. Both are audited.
func (g *Guard) SignIn(ctx context.Context, a Attempt) (string, centrala.Agent, error) {
	email := strings.ToLower(strings.TrimSpace(a.Email))
	place := limitKey(a.Address)
	left, err := g.admit(email, place)
	if err != nil {
		return "", centrala.Agent{}, err
	}
	agent, err := g.checkAttempt(ctx, email, a)
	var wrong *Wrong
	if errors.As(err, &wrong) {
		wrong.TriesLeft = left
		return "", centrala.Agent{}, g.failed(ctx, email, a.Address, err)
	}
	g.accounts.Return(email) // neither a success nor our own fault counts against them
	g.places.Return(place)
	if err != nil {
		return "", centrala.Agent{}, err
	}
	token, hash := secretToken(sessionPrefix)
	if err := g.store.StartSession(ctx, hash, agent.ID, g.now().UTC(), SessionIdle, SessionLongest); err != nil {
		return "", centrala.Agent{}, fmt.Errorf("start a session of %s: %w", agent.ID, err)
	}
	return token, agent, nil
}

// Wrong is the cause of a refused sign-in.
type Wrong struct{ TriesLeft int }

// Error implements error.
func (w *Wrong) Error() string { return "wrong account, password or code" }

// TriesLeft is how many sign-ins may still fail this minute after err; ok is false when err is
// not a refused sign-in.
func TriesLeft(err error) (left int, ok bool) {
	if w, ok := errors.AsType[*Wrong](err); ok {
		return w.TriesLeft, true
	}
	return 0, false
}

// admit takes one try of the account's and of the address's minute.
func (g *Guard) admit(email, place string) (left int, err error) {
	leftA, waitA, okA := g.accounts.Take(email)
	if !okA {
		return 0, tooOften(waitA)
	}
	leftP, waitP, okP := g.places.Take(place)
	if !okP {
		g.accounts.Return(email)
		return 0, tooOften(waitP)
	}
	return min(leftA, leftP), nil
}

func tooOften(wait time.Duration) error {
	return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait, Message: "Too many failed attempts; try again later."}
}

func (g *Guard) checkAttempt(ctx context.Context, email string, a Attempt) (centrala.Agent, error) {
	agent, hash, secret, err := g.store.Credentials(ctx, email)
	known := err == nil
	if !known && centrala.CodeOf(err) != centrala.NotFound {
		return centrala.Agent{}, fmt.Errorf("credentials: %w", err)
	}
	right, err := g.CheckPassword(ctx, hash, a.Password)
	if err != nil {
		return centrala.Agent{}, err
	}
	if !known || !right || agent.Disabled {
		return centrala.Agent{}, wrong("", "E-mail or password does not match.")
	}
	if secret == "" {
		return agent, nil
	}
	if a.Code == "" {
		return centrala.Agent{}, wrong("totp", "The one-time code of the authenticator is needed.")
	}
	if !g.codes.take(agent.ID, secret, a.Code, g.now()) {
		return centrala.Agent{}, wrong("totp", "The one-time code does not match.")
	}
	return agent, nil
}

func wrong(field, message string) error {
	return &centrala.Error{Code: centrala.Unauthorized, Field: field, Message: message, Err: &Wrong{}}
}

// failed records a refused sign-in and returns the refusal. What was typed as the account is
// not recorded: it may be a password.
func (g *Guard) failed(ctx context.Context, email, address string, refusal error) error {
	subject := ""
	if agent, _, _, err := g.store.Credentials(ctx, email); err == nil {
		subject = agent.ID.String()
	}
	err := g.store.Audit(ctx, centrala.AuditEntry{At: g.now().UTC(), Action: "session.failed", Subject: subject,
		By: centrala.Author{Kind: centrala.BySystem, ID: "auth"}, Address: Prefix(address)})
	if err != nil {
		return fmt.Errorf("audit a failed sign-in: %w", err)
	}
	return refusal
}

// Logout ends the session of token; ending one that is over already is no error.
func (g *Guard) Logout(ctx context.Context, token string) error {
	if !strings.HasPrefix(token, sessionPrefix) {
		return nil
	}
	err := g.store.EndSession(ctx, hashToken(token))
	if err != nil && centrala.CodeOf(err) != centrala.NotFound {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

func (g *Guard) identifyAgent(ctx context.Context, token string) (Principal, error) {
	id, err := g.store.Session(ctx, hashToken(token))
	switch centrala.CodeOf(err) {
	case "":
	case centrala.NotFound:
		return Principal{}, refuse(Revoked)
	case centrala.Unauthorized:
		return Principal{}, refuse(Expired)
	default:
		return Principal{}, fmt.Errorf("session: %w", err)
	}
	return g.AgentPrincipal(ctx, id)
}

// AgentPrincipal is the agent as they are now, with their present role and teams. A disabled
// or unknown one is refused as revoked.
func (g *Guard) AgentPrincipal(ctx context.Context, id centrala.AgentID) (Principal, error) {
	a, err := g.store.Agent(ctx, id)
	if centrala.CodeOf(err) == centrala.NotFound || (err == nil && a.Disabled) {
		return Principal{}, refuse(Revoked)
	}
	if err != nil {
		return Principal{}, fmt.Errorf("agent %s: %w", id, err)
	}
	return Principal{Kind: Agent, ID: a.ID.String(), Agent: &a, Scope: AgentScope(a)}, nil
}

// Link makes a one-time link's token, good for a day, with which the agent sets a password.
// It voids the agent's earlier one.
func (g *Guard) Link(ctx context.Context, id centrala.AgentID) (string, error) {
	token, hash := secretToken(linkPrefix)
	if err := g.store.OneTime(ctx, hash, PurposePassword, id, g.now().UTC().Add(LinkLife)); err != nil {
		return "", fmt.Errorf("make a one-time link for %s: %w", id, err)
	}
	return token, nil
}

// UseLink sets the password of the agent that the one-time link was made for, and ends all their
// sessions. A link that is used, too old or not ours is NotFound; a weak password is Invalid and
// leaves the link good.
func (g *Guard) UseLink(ctx context.Context, token, password string) (centrala.AgentID, error) {
	if err := CheckStrength(password, centrala.Agent{}); err != nil {
		return 0, err
	}
	hash, err := g.HashPassword(ctx, password)
	if err != nil {
		return 0, err
	}
	id, err := g.store.UseOneTime(ctx, hashToken(token), PurposePassword)
	if err != nil {
		return 0, err
	}
	if err := g.store.SetPassword(ctx, id, hash); err != nil {
		return 0, fmt.Errorf("set the password of %s: %w", id, err)
	}
	return id, nil
}

// SetPassword sets an agent's password, as `agent passwd` does, and ends all their sessions.
func (g *Guard) SetPassword(ctx context.Context, a centrala.Agent, password string) error {
	if err := CheckStrength(password, a); err != nil {
		return err
	}
	hash, err := g.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	if err := g.store.SetPassword(ctx, a.ID, hash); err != nil {
		return fmt.Errorf("set the password of %s: %w", a.ID, err)
	}
	return nil
}
