package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
)

func TestVisitorTokenSaysWhoItIs(t *testing.T) {
	t.Parallel()
	g, _, _ := aGuard(t, auth.Options{})
	token, v, err := g.Visitor(t.Context(), web, "", "", "pl")
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Identify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if p.Kind != auth.Visitor || p.ID != v.ID || *p.Visitor != v || p.Visitor.Claims.Locale != "pl" {
		t.Errorf("got %+v, want visitor %+v", p, v)
	}
	if want := (centrala.Scope{Contact: v.Contact, Inbox: web.ID}); p.Scope.Contact != want.Contact || p.Scope.Inbox != want.Inbox || p.Scope.All {
		t.Errorf("scope %+v, want %+v", p.Scope, want)
	}
	if !strings.HasPrefix(v.ID, "v_") || len(v.ID) != 2+26 {
		t.Errorf("visitor id %q is not v_ and 128 bits", v.ID)
	}
}

func TestEveryChangedByteMakesATokenBad(t *testing.T) {
	t.Parallel()
	g, _, _ := aGuard(t, auth.Options{})
	token, _, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range token {
		b := []byte(token)
		b[i] ^= 1
		if _, err := g.Identify(t.Context(), string(b)); auth.Reason(err) != auth.Bad {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, bad := range []string{"", "x", token + "A", token[:len(token)-1], "cv1.", "cv1..", "cv1." + strings.Repeat("A", 5000), "cs_none", "ck_none"} {
		_, err := g.Identify(t.Context(), bad)
		if centrala.CodeOf(err) != centrala.Unauthorized {
			t.Errorf("%.20q: %v, want unauthorized", bad, err)
		}
	}
}

func TestTokenOfAnotherInstallationIsBad(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	other := auth.New(m, []byte("thirty-two bytes of someone else"), auth.Options{Now: c.now})
	token, _, err := other.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Bad)
	_, _, err = g.Visitor(t.Context(), web, "", token, "")
	wantReason(t, err, auth.Bad) // never swapped for a new visitor silently
}

func TestVisitorTokenExpiresAndRotates(t *testing.T) {
	t.Parallel()
	g, _, c := aGuard(t, auth.Options{})
	token, v, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := g.Identify(t.Context(), token)
	if _, ok := g.Rotate(p); ok {
		t.Error("a fresh token was rotated")
	}
	c.pass(auth.RotateAfter)
	newer, ok := g.Rotate(p)
	if !ok {
		t.Fatal("a week old token was not rotated")
	}
	q, err := g.Identify(t.Context(), newer)
	if err != nil || q.ID != v.ID || q.Visitor.Contact != v.Contact || !q.Visitor.IssuedAt.After(v.IssuedAt) {
		t.Errorf("rotated into %+v, %v", q.Visitor, err)
	}
	if _, err := g.Identify(t.Context(), token); err != nil {
		t.Errorf("the old token stopped counting: %v", err)
	}
	c.pass(auth.VisitorLife - auth.RotateAfter)
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Expired)
	if _, err := g.Identify(t.Context(), newer); err != nil {
		t.Errorf("the rotated token expired with the old one: %v", err)
	}
}

func TestRaisedGenerationRevokes(t *testing.T) {
	t.Parallel()
	g, m, _ := aGuard(t, auth.Options{})
	token, v, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	m.meet(v.Contact, person{generation: 1})
	_, err = g.Identify(t.Context(), token)
	wantReason(t, err, auth.Revoked)
}

func TestOldTokenKeepsTheVisitor(t *testing.T) {
	t.Parallel()
	g, _, c := aGuard(t, auth.Options{})
	token, v, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	c.pass(time.Hour)
	_, again, err := g.Visitor(t.Context(), web, "", token, "en")
	if err != nil || again.ID != v.ID || again.Contact != v.Contact {
		t.Errorf("got %+v, %v, want visitor %s", again, err, v.ID)
	}
	other := web
	other.ID, other.Slug = 8, "help"
	_, _, err = g.Visitor(t.Context(), other, "", token, "")
	wantReason(t, err, auth.Bad)
}

func TestIdentifyingAVisitorAbsorbsWhoTheyWere(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	identity := sign(t, web.Secret, goodClaims(c.now(), nil))
	token, anonymous, err := g.Visitor(t.Context(), web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}

	// Before they wrote anything there is nothing to absorb.
	_, known, err := g.Visitor(t.Context(), web, identity, token, "")
	if err != nil || known.ID != anonymous.ID || known.Contact == anonymous.Contact || len(m.absorbed) != 0 {
		t.Fatalf("got %+v, %v, absorbed %v", known, err, m.absorbed)
	}

	m.meet(anonymous.Contact, person{})
	verified, known, err := g.Visitor(t.Context(), web, identity, token, "")
	if err != nil || len(m.absorbed) != 1 || m.absorbed[0] != [2]centrala.ContactID{anonymous.Contact, known.Contact} {
		t.Fatalf("%v, absorbed %v", err, m.absorbed)
	}
	if n := len(m.audit); n != 1 || m.audit[0].Action != "contact.merged" || m.audit[0].Subject != known.Contact.String() {
		t.Errorf("audit log %+v", m.audit)
	}

	// A verified contact is never absorbed: another person at the same browser starts anew.
	m.meet(known.Contact, person{sub: "user-1"})
	claims := goodClaims(c.now(), nil)
	claims["sub"] = "user-2"
	_, second, err := g.Visitor(t.Context(), web, sign(t, web.Secret, claims), verified, "")
	if err != nil || second.Contact == known.Contact || second.ID == known.ID || len(m.absorbed) != 1 {
		t.Errorf("user-2 became %+v, %v, absorbed %v", second, err, m.absorbed)
	}
	// The same person again keeps key space and contact.
	_, same, err := g.Visitor(t.Context(), web, identity, verified, "")
	if err != nil || same.Contact != known.Contact || same.ID != known.ID || len(m.absorbed) != 1 {
		t.Errorf("user-1 again became %+v, %v", same, err)
	}
}

func TestOneSubjectIsOneContactBeforeItHasARow(t *testing.T) {
	t.Parallel()
	g, _, c := aGuard(t, auth.Options{})
	identity := sign(t, web.Secret, goodClaims(c.now(), nil))
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		ids = map[centrala.ContactID]bool{}
	)
	for range 20 {
		wg.Go(func() {
			_, v, err := g.Visitor(t.Context(), web, identity, "", "")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[v.Contact] = true
		})
	}
	wg.Wait()
	if len(ids) != 1 {
		t.Errorf("one subject became %d contacts", len(ids))
	}
}

func TestErasedSubjectBeginsAnew(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	identity := sign(t, web.Secret, goodClaims(c.now(), nil))
	_, v, err := g.Visitor(t.Context(), web, identity, "", "")
	if err != nil {
		t.Fatal(err)
	}
	m.meet(v.Contact, person{generation: 1}) // erased: the row stays, its subject is gone
	token, again, err := g.Visitor(t.Context(), web, identity, "", "")
	if err != nil || again.Contact == v.Contact {
		t.Fatalf("got %+v, %v", again, err)
	}
	if _, err := g.Identify(t.Context(), token); err != nil {
		t.Errorf("the new token: %v", err)
	}
}
