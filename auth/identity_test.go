package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"centrala"
	"centrala/auth"
)

func goodClaims(now time.Time, change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{"sub": "user-1", "aud": "web", "exp": now.Add(time.Hour).Unix(),
		"side": "buyer", "name": "Zofia Łącka", "email": "zofia@example.org", "phone": "+48600100214", "locale": "pl"}
	for k, v := range change {
		if v == nil {
			delete(c, k)
		} else {
			c[k] = v
		}
	}
	return c
}

func sign(t *testing.T, secret string, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIdentityIsTakenWhole(t *testing.T) {
	t.Parallel()
	g, _, c := aGuard(t, auth.Options{})
	_, v, err := g.Visitor(t.Context(), web, sign(t, web.Secret, goodClaims(c.now(), nil)), "", "en")
	if err != nil {
		t.Fatal(err)
	}
	want := centrala.Claims{Subject: "user-1", Side: centrala.Buyer, Name: "Zofia Łącka", Email: "zofia@example.org", Phone: "+48600100214", Locale: "pl"}
	if v.Claims != want {
		t.Errorf("claims %+v, want %+v", v.Claims, want)
	}
	if k := auth.ContactOf(v); !k.EmailProven || !k.PhoneProven || k.Phone != want.Phone {
		t.Errorf("the contact of it: %+v", k)
	}
	if k := auth.ContactOf(centrala.Visitor{Claims: centrala.Claims{Email: "a@b.example", Phone: "+48600100214"}}); k.EmailProven || k.PhoneProven {
		t.Errorf("what nobody signed is proven: %+v", k)
	}
}

func TestBadIdentityIsNeverADowngrade(t *testing.T) {
	t.Parallel()
	g, _, c := aGuard(t, auth.Options{})
	now := c.now()
	refused := map[string]jwt.MapClaims{
		"expired":          {"exp": now.Add(-time.Minute).Unix()},
		"no expiry":        {"exp": nil},
		"lives too long":   {"exp": now.Add(25 * time.Hour).Unix()},
		"not yet":          {"nbf": now.Add(time.Hour).Unix()},
		"from the future":  {"iat": now.Add(time.Hour).Unix()},
		"no audience":      {"aud": nil},
		"another audience": {"aud": "help"},
		"no subject":       {"sub": nil},
		"long subject":     {"sub": strings.Repeat("a", 256)},
		"control subject":  {"sub": "a\x00b"},
		"side":             {"side": "admin"},
		"side's type":      {"side": 4},
		"name":             {"name": "a\nb"},
		"long name":        {"name": strings.Repeat("ł", 201)},
		"email":            {"email": "Zofia <zofia@example.org>"},
		"email's form":     {"email": "zofia"},
		"phone":            {"phone": "600 100 214"},
		"phone's length":   {"phone": "+4860010021460010"},
		"phone's zero":     {"phone": "+0600100214"},
		"phone's form":     {"phone": "+48600100214\n"},
		"locale":           {"locale": "pl<script>"},
	}
	for name, change := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, v, err := g.Visitor(t.Context(), web, sign(t, web.Secret, goodClaims(now, change)), "", "")
			if centrala.CodeOf(err) != centrala.Unauthorized || token != "" || v.ID != "" {
				t.Errorf("got token %q, visitor %+v, error %v; want unauthorized and nothing else", token, v, err)
			}
		})
	}
	for name, identity := range map[string]string{
		"another secret": sign(t, "somebody else's secret, also long", goodClaims(now, nil)),
		"not a token":    "identity",
		"huge":           strings.Repeat("a", 20_000),
		"empty parts":    "..",
		"none":           unsigned(t, goodClaims(now, nil)),
	} {
		if _, _, err := g.Visitor(t.Context(), web, identity, "", ""); centrala.CodeOf(err) != centrala.Unauthorized {
			t.Errorf("%s: %v, want unauthorized", name, err)
		}
	}
	plain := web
	plain.Secret = ""
	if _, _, err := g.Visitor(t.Context(), plain, sign(t, "", goodClaims(now, nil)), "", ""); centrala.CodeOf(err) != centrala.Unauthorized {
		t.Errorf("an inbox without any key took an identity: %v", err)
	}
}

func unsigned(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hostSite serves a key set whose keys a test may change.
type hostSite struct {
	*httptest.Server
	keys atomic.Pointer[[]map[string]string]
	hits atomic.Int64
}

func aHostSite(t *testing.T) *hostSite {
	t.Helper()
	h := new(hostSite)
	h.keys.Store(&[]map[string]string{})
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.hits.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": *h.keys.Load()})
	}))
	t.Cleanup(h.Close)
	return h
}

func b64(i *big.Int) string { return base64.RawURLEncoding.EncodeToString(i.Bytes()) }

func rsaJWK(kid string, k *rsa.PublicKey) map[string]string {
	return map[string]string{"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": b64(k.N), "e": b64(big.NewInt(int64(k.E)))}
}

func ecJWK(t *testing.T, kid string, k *ecdsa.PublicKey) map[string]string {
	t.Helper()
	raw, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig", "x": enc(raw[1:33]), "y": enc(raw[33:])}
}

func signWith(t *testing.T, m jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	t.Helper()
	tok := jwt.NewWithClaims(m, claims)
	tok.Header["kid"] = kid
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIdentityByKeySet(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	site := aHostSite(t)
	site.keys.Store(&[]map[string]string{rsaJWK("r1", &rsaKey.PublicKey), ecJWK(t, "e1", &ecKey.PublicKey)})
	g, _, c := aGuard(t, auth.Options{Client: auth.Outgoing(true)})
	inbox := centrala.Inbox{ID: 7, Slug: "web", JWKS: site.URL}
	enter := func(identity string) error {
		_, _, err := g.Visitor(t.Context(), inbox, identity, "", "")
		return err
	}
	for name, identity := range map[string]string{
		"RS256": signWith(t, jwt.SigningMethodRS256, rsaKey, "r1", goodClaims(c.now(), nil)),
		"ES256": signWith(t, jwt.SigningMethodES256, ecKey, "e1", goodClaims(c.now(), nil)),
	} {
		if err := enter(identity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := site.hits.Load(); n != 1 {
		t.Errorf("the key set was fetched %d times, want once", n)
	}

	// The public key is known to everybody: it must not serve as an HS256 secret.
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	both := inbox
	both.Secret = web.Secret
	for name, identity := range map[string]string{
		"HS256 with the public key as PEM": signWith(t, jwt.SigningMethodHS256, public, "r1", goodClaims(c.now(), nil)),
		"HS256 with the public key as DER": signWith(t, jwt.SigningMethodHS256, der, "r1", goodClaims(c.now(), nil)),
		"RS512":                            signWith(t, jwt.SigningMethodRS512, rsaKey, "r1", goodClaims(c.now(), nil)),
		"PS256":                            signWith(t, jwt.SigningMethodPS256, rsaKey, "r1", goodClaims(c.now(), nil)),
		"another key's kid":                signWith(t, jwt.SigningMethodRS256, rsaKey, "e1", goodClaims(c.now(), nil)),
		"unknown kid":                      signWith(t, jwt.SigningMethodRS256, rsaKey, "r9", goodClaims(c.now(), nil)),
	} {
		for _, in := range []centrala.Inbox{inbox, both} {
			if _, _, err := g.Visitor(t.Context(), in, identity, "", ""); centrala.CodeOf(err) != centrala.Unauthorized {
				t.Errorf("%s: %v, want unauthorized", name, err)
			}
		}
	}

	// The host site changes its key: found after the pause, without waiting for the set to age.
	next, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	site.keys.Store(&[]map[string]string{rsaJWK("r2", &next.PublicKey)})
	c.pass(time.Minute)
	if err := enter(signWith(t, jwt.SigningMethodRS256, next, "r2", goodClaims(c.now(), nil))); err != nil {
		t.Errorf("after a key change: %v", err)
	}
	// It is down: the set it gave serves on.
	site.Close()
	c.pass(time.Hour)
	if err := enter(signWith(t, jwt.SigningMethodRS256, next, "r2", goodClaims(c.now(), nil))); err != nil {
		t.Errorf("while the host site is down: %v", err)
	}
	c.pass(25 * time.Hour)
	if err := enter(signWith(t, jwt.SigningMethodRS256, next, "r2", goodClaims(c.now(), nil))); centrala.CodeOf(err) != centrala.Unauthorized {
		t.Errorf("a day later: %v, want unauthorized", err)
	}
}

func TestOutgoingStaysOutOfTheHouse(t *testing.T) {
	t.Parallel()
	site := aHostSite(t)
	client := auth.Outgoing(false)
	get := func(url string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(site.URL, "http://"), ":")
	for _, url := range []string{site.URL, "https://127.0.0.1:" + port, "https://localhost:" + port, "https://[::1]:" + port,
		"https://[::ffff:127.0.0.1]:" + port, "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "http://203.0.113.9/"} {
		if err := get(url); err == nil {
			t.Errorf("%s was reached", url)
		}
	}
	if n := site.hits.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	private := []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "0.1.2.3",
		"224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "::ffff:10.0.0.1"}
	for _, a := range private {
		if auth.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s counts as public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "193.0.14.129", "2606:4700::1111"} {
		if !auth.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not count as public", a)
		}
	}
}
