package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"centrala"
	"centrala/auth"
)

const password = "correct horse battery"

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	g, _, _ := aGuard(t, auth.Options{})
	hash, err := g.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", hash)
	}
	again, _ := g.HashPassword(t.Context(), password)
	if again == hash {
		t.Error("two hashes of one password are equal: no salt")
	}
	for _, c := range []struct {
		hash, password string
		want           bool
	}{
		{hash, password, true}, {again, password, true}, {hash, password + " ", false}, {hash, "", false},
		{"", password, false}, {"", "", false}, {"$argon2id$v=19$m=19456,t=2,p=1$$", "", false}, {strings.TrimRight(hash, "=")[:len(hash)-2], password, false},
		{hash, strings.Repeat("x", auth.MaxPassword+1), false},
	} {
		if got, err := g.CheckPassword(t.Context(), c.hash, c.password); err != nil || got != c.want {
			t.Errorf("%.20q with %.10q: %v, %v, want %v", c.hash, c.password, got, err, c.want)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // a turn may be free: then it is taken; it must never hang
		if _, err := g.HashPassword(gone, password); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestStrength(t *testing.T) {
	t.Parallel()
	ania := centrala.Agent{Email: "ania@demo.test", Name: "Ania Nowakowska"}
	for p, ok := range map[string]bool{
		"": false, "short": false, "aaaaaaaaaaaa": false, "ANIA@demo.test": false, "ania nowakowska": false,
		strings.Repeat("ab", 129): false, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6": false, "centrala-demo": true, "zażółć gęś": true,
	} {
		if err := auth.CheckStrength(p, ania); (err == nil) != ok {
			t.Errorf("%.20q: %v, want ok %v", p, err, ok)
		}
	}
}

func TestAgentSession(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	ania := m.hire(t, g, centrala.Agent{Email: "ania@demo.test", Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{3}}, password)
	token, a, err := g.Login(t.Context(), " Ania@Demo.test ", password, "192.0.2.1")
	if err != nil || a.ID != ania.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	p, err := g.Identify(t.Context(), token)
	if err != nil || p.Kind != auth.Agent || p.ID != ania.ID.String() || p.Scope.Agent != ania.ID || len(p.Scope.Teams) != 1 || p.Scope.All {
		t.Fatalf("%+v, %v", p, err)
	}
	for hash := range m.sessions {
		if strings.Contains(token, hash) || len(hash) != 32 {
			t.Error("the store holds the token itself")
		}
	}
	if err := g.Logout(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Revoked)

	token, _, _ = g.Login(t.Context(), ania.Email, password, "192.0.2.1")
	c.pass(auth.SessionIdle)
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Expired)

	token, _, _ = g.Login(t.Context(), ania.Email, password, "192.0.2.1")
	acc := m.agents[ania.ID]
	acc.Disabled = true
	m.agents[ania.ID] = acc
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Revoked)
	if _, _, err := g.Login(t.Context(), ania.Email, password, "192.0.2.1"); centrala.CodeOf(err) != centrala.Unauthorized {
		t.Errorf("a disabled agent signed in: %v", err)
	}
}

func TestFailedSignInsAreAlikeLimitedAndAudited(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	m.hire(t, g, centrala.Agent{Email: "ania@demo.test", Role: centrala.RoleAgent}, password)
	m.hire(t, g, centrala.Agent{Email: "piotr@demo.test", Role: centrala.RoleAgent}, password)

	_, _, unknown := g.Login(t.Context(), "nobody@demo.test", password, "192.0.2.1")
	_, _, wrong := g.Login(t.Context(), "ania@demo.test", "wrong password", "192.0.2.1")
	if unknown.Error() != wrong.Error() {
		t.Errorf("an unknown account is told apart: %v / %v", unknown, wrong)
	}
	for _, e := range m.audit {
		if e.Action != "session.failed" || strings.Contains(e.Detail+e.Subject, "@") || e.Address != "192.0.2.0/24" {
			t.Errorf("audit entry %+v", e)
		}
	}
	// A success does not count.
	for range 3 {
		if _, _, err := g.Login(t.Context(), "ania@demo.test", password, "192.0.2.2"); err != nil {
			t.Fatal(err)
		}
	}
	// Nine more for the account, each from another address; then the account is shut for a minute.
	for i := range 9 {
		_, _, err := g.Login(t.Context(), "ania@demo.test", "wrong password", "198.51.100."+string(rune('1'+i)))
		if left, ok := auth.TriesLeft(err); !ok || left != 8-i {
			t.Errorf("failure %d: %v, tries left %d", i+2, err, left)
		}
	}
	_, _, err := g.Login(t.Context(), "ania@demo.test", password, "203.0.113.5")
	var e *centrala.Error
	if !errors.As(err, &e) || e.Code != centrala.RateLimited || e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
		t.Fatalf("the eleventh: %v", err)
	}
	if _, _, err := g.Login(t.Context(), "piotr@demo.test", password, "203.0.113.5"); err != nil {
		t.Errorf("another account from there: %v", err)
	}
	// Ten failures from one address, each for another account: the address is shut.
	for i := range 10 {
		_, _, _ = g.Login(t.Context(), "x"+string(rune('0'+i))+"@demo.test", "wrong password", "203.0.113.77")
	}
	if _, _, err := g.Login(t.Context(), "piotr@demo.test", password, "203.0.113.77"); centrala.CodeOf(err) != centrala.RateLimited {
		t.Errorf("from a shut address: %v", err)
	}
	// IPv6: the neighbours in the same /64 count as one.
	for i := range 10 {
		_, _, _ = g.Login(t.Context(), "y"+string(rune('0'+i))+"@demo.test", "wrong password", fmt.Sprintf("2606:4700:1:2::%x", i+1))
	}
	if _, _, err := g.Login(t.Context(), "piotr@demo.test", password, "2606:4700:1:2:ffff::1"); centrala.CodeOf(err) != centrala.RateLimited {
		t.Errorf("from a shut /64: %v", err)
	}
	c.pass(time.Minute)
	if _, _, err := g.Login(t.Context(), "ania@demo.test", password, "203.0.113.77"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestNoLimits(t *testing.T) {
	t.Parallel()
	g, _, _ := aGuard(t, auth.Options{NoLimits: true})
	for range 12 {
		if _, _, err := g.Login(t.Context(), "a@b.test", "wrong password", "192.0.2.1"); centrala.CodeOf(err) != centrala.Unauthorized {
			t.Fatal(err)
		}
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{NoLimits: true})
	a := m.hire(t, g, centrala.Agent{Email: "ola@demo.test", Role: centrala.RoleAgent}, password)
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "centrala", AccountName: a.Email})
	if err != nil {
		t.Fatal(err)
	}
	acc := m.agents[a.ID]
	acc.totp = key.Secret()
	m.agents[a.ID] = acc
	try := func(pw, code string) error {
		_, _, err := g.SignIn(t.Context(), auth.Attempt{Email: a.Email, Password: pw, Code: code, Address: "192.0.2.1"})
		return err
	}
	field := func(err error) string {
		var e *centrala.Error
		errors.As(err, &e)
		return e.Field
	}
	if err := try(password, ""); centrala.CodeOf(err) != centrala.Unauthorized || field(err) != "totp" {
		t.Errorf("without a code: %v", err)
	}
	if err := try("wrong password", ""); centrala.CodeOf(err) != centrala.Unauthorized || field(err) != "" {
		t.Errorf("a wrong password tells of the second factor: %v", err)
	}
	code, _ := totp.GenerateCode(key.Secret(), c.now())
	old, _ := totp.GenerateCode(key.Secret(), c.now().Add(-2*time.Minute))
	if err := try(password, old); centrala.CodeOf(err) != centrala.Unauthorized {
		t.Errorf("an old code: %v", err)
	}
	if err := try(password, code); err != nil {
		t.Errorf("the right code: %v", err)
	}
	if err := try(password, code); centrala.CodeOf(err) != centrala.Unauthorized {
		t.Errorf("the same code again: %v", err)
	}
	c.pass(30 * time.Second)
	code, _ = totp.GenerateCode(key.Secret(), c.now())
	if err := try(password, code); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestOneTimeLink(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	a := m.hire(t, g, centrala.Agent{Email: "ola@demo.test", Role: centrala.RoleAdmin}, password)
	session, _, err := g.Login(t.Context(), a.Email, password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	link, err := g.Link(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.UseLink(t.Context(), link, "weak"); centrala.CodeOf(err) != centrala.Invalid {
		t.Errorf("a weak password: %v", err)
	}
	if id, err := g.UseLink(t.Context(), link, "another good one"); err != nil || id != a.ID {
		t.Fatalf("%v, %v", id, err)
	}
	if _, err := g.UseLink(t.Context(), link, "yet another one"); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("used twice: %v", err)
	}
	_, err = g.Identify(t.Context(), session)
	wantReason(t, err, auth.Revoked)
	if _, _, err := g.Login(t.Context(), a.Email, "another good one", "192.0.2.1"); err != nil {
		t.Error(err)
	}
	late, _ := g.Link(t.Context(), a.ID)
	c.pass(auth.LinkLife)
	if _, err := g.UseLink(t.Context(), late, "another good one"); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("a day later: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	secret, hash := auth.NewKey()
	m.keys[string(hash)] = centrala.APIKey{ID: 5, Scopes: []string{"conversations:read"}, Sides: []centrala.Side{centrala.Seller}}
	p, err := g.Identify(t.Context(), secret)
	if err != nil || p.Kind != auth.Machine || p.Scope.All || len(p.Scope.Sides) != 1 || p.ID != centrala.KeyID(5).String() {
		t.Fatalf("%+v, %v", p, err)
	}
	gone := c.now()
	m.keys[string(hash)] = centrala.APIKey{ID: 5, Revoked: &gone}
	_, err = g.Identify(t.Context(), secret)
	wantReason(t, err, auth.Revoked)
	other, _ := auth.NewKey()
	_, err = g.Identify(t.Context(), other)
	wantReason(t, err, auth.Bad)
}

func TestFileAddresses(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	token, v, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := g.Identify(t.Context(), token)
	read := func(url string, id centrala.AttachmentID) (auth.Principal, error) {
		_, tok, _ := strings.Cut(url, "?t=")
		return g.FileReader(t.Context(), id, tok)
	}
	url := g.FileURL(p, 9)
	if got, err := read(url, 9); err != nil || got.ID != v.ID || got.Scope.Contact != v.Contact {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = read(url, 10)
	wantReason(t, err, auth.Bad)
	_, err = read(url[:len(url)-2]+"xx", 9)
	wantReason(t, err, auth.Bad)
	_, err = read("?t="+strings.TrimPrefix(token, "cv1."), 9) // a token of another purpose
	wantReason(t, err, auth.Bad)
	_, visitorFromFile := g.Identify(t.Context(), "cv1."+url[strings.Index(url, "?t=")+3:])
	wantReason(t, visitorFromFile, auth.Bad)

	a := m.hire(t, g, centrala.Agent{Email: "ola@demo.test", Role: centrala.RoleAgent, Teams: []centrala.TeamID{1}}, password)
	agent, _ := g.AgentPrincipal(t.Context(), a.ID)
	agentURL := g.FileURL(agent, 9)
	moved := m.agents[a.ID]
	moved.Teams = []centrala.TeamID{2}
	m.agents[a.ID] = moved
	if got, err := read(agentURL, 9); err != nil || len(got.Scope.Teams) != 1 || got.Scope.Teams[0] != 2 {
		t.Errorf("an agent who changed teams reads with %+v, %v", got.Scope, err)
	}

	m.meet(v.Contact, person{generation: 1})
	_, err = read(url, 9)
	wantReason(t, err, auth.Revoked)
	m.meet(v.Contact, person{})
	c.pass(auth.FileLife)
	_, err = read(url, 9)
	wantReason(t, err, auth.Expired)
}
