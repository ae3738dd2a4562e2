package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"centrala"
)

// OfferCode makes the secret of a second factor (RFC 6238) and its address for a QR code. It is
// in force when the store has it.
func (g *Guard) OfferCode(a centrala.Agent, organisation string) (secret, url string, err error) {
	if organisation == "" {
		organisation = "centrala"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: organisation, AccountName: a.Email, Period: codePeriod, Digits: otp.DigitsSix})
	if err != nil {
		return "", "", fmt.Errorf("make a second factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// CheckCode reports whether code is what an authenticator with secret shows now, give or take
// a step.
func (g *Guard) CheckCode(secret, code string) bool {
	return newUsedCodes().take(0, secret, code, g.now())
}

// Confirm asks an agent who is signed in for their password once more. A wrong one is
// Forbidden and counts as a failed sign-in.
func (g *Guard) Confirm(ctx context.Context, a centrala.Agent, password, address string) error {
	place := limitKey(address)
	if _, err := g.admit(a.Email, place); err != nil {
		return err
	}
	_, hash, _, err := g.store.Credentials(ctx, a.Email)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	right, err := g.CheckPassword(ctx, hash, password)
	if err != nil {
		return err
	}
	if !right {
		return &centrala.Error{Code: centrala.Forbidden, Field: "password", Message: "The password does not match."}
	}
	g.accounts.Return(a.Email)
	g.places.Return(place)
	return nil
}

// usedCodes remembers the last one-time code of each agent, so that one that was overheard does
// not serve again (RFC 6238, section 5.2).
type usedCodes struct {
	mu   sync.Mutex
	last map[centrala.AgentID]int64 // the highest time step that was used
}

func newUsedCodes() *usedCodes { return &usedCodes{last: make(map[centrala.AgentID]int64)} }

const codePeriod = 30 // seconds

// take reports whether code is right at now, one step earlier or later, and not used before.
func (u *usedCodes) take(agent centrala.AgentID, secret, code string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	opts := totp.ValidateOpts{Period: codePeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for _, d := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(d) * codePeriod * time.Second)
		step := at.Unix() / codePeriod
		ok, err := totp.ValidateCustom(code, secret, at, opts)
		if err == nil && ok && step > u.last[agent] {
			u.last[agent] = step
			return true
		}
	}
	return false
}
