package auth

import (
	"context"
	"errors"
	"net/mail"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"centrala"
)

// IdentityLife is how far ahead a signed identity may expire.
const IdentityLife = 24 * time.Hour

// clockSkew is how far the host site's clock may be off.
const clockSkew = 30 * time.Second

// identityClaims is what a host site signs (docs/protocol.md, section 1).
type identityClaims struct {
	jwt.RegisteredClaims
	Side   string `json:"side"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Phone  string `json:"phone"`
	Locale string `json:"locale"`
}

// verifyIdentity reads a signed identity for inbox. Which algorithms count is the inbox's
// setting, never the token's: HS256 needs a secret, ES256 and RS256 a key set, and neither
// kind of key is ever used with the other's algorithm.
func (g *Guard) verifyIdentity(ctx context.Context, inbox centrala.Inbox, identity string) (centrala.Claims, error) {
	var allowed []string
	if inbox.Secret != "" {
		allowed = append(allowed, "HS256")
	}
	if inbox.JWKS != "" {
		allowed = append(allowed, "ES256", "RS256")
	}
	if len(allowed) == 0 || len(identity) > 2*maxToken {
		return centrala.Claims{}, badIdentity("This inbox takes no signed identities.", nil)
	}
	parser := jwt.NewParser(jwt.WithValidMethods(allowed), jwt.WithAudience(inbox.Slug), jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew), jwt.WithIssuedAt(), jwt.WithTimeFunc(g.now), jwt.WithStrictDecoding())
	var claims identityClaims
	_, err := parser.ParseWithClaims(identity, &claims, func(t *jwt.Token) (any, error) {
		if t.Method.Alg() == "HS256" {
			return []byte(inbox.Secret), nil
		}
		return g.keys.key(ctx, inbox.JWKS, t)
	})
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return centrala.Claims{}, badIdentity("The identity has expired.", reason(Expired))
	case err != nil:
		return centrala.Claims{}, badIdentity("The identity is not valid for this inbox.", err)
	case claims.ExpiresAt.After(g.now().Add(IdentityLife + clockSkew)):
		return centrala.Claims{}, badIdentity("The identity lives for more than 24 hours.", nil)
	}
	return claims.check()
}

func badIdentity(message string, cause error) error {
	return &centrala.Error{Code: centrala.Unauthorized, Field: "identity", Message: message, Err: cause}
}

// check takes over the claims, each of them whole or not at all: a host site that signs nonsense
// must hear of it.
func (c identityClaims) check() (centrala.Claims, error) {
	side := centrala.Side(c.Side)
	switch {
	case !cleanText(c.Subject, 255) || c.Subject == "":
		return centrala.Claims{}, badIdentity("The identity's sub must have 1 to 255 printable characters.", nil)
	case side != centrala.NoSide && !side.Valid():
		return centrala.Claims{}, badIdentity("The identity's side must be buyer, seller or advertiser.", nil)
	case !cleanText(c.Name, 200):
		return centrala.Claims{}, badIdentity("The identity's name must have at most 200 printable characters.", nil)
	case c.Email != "" && !validEmail(c.Email):
		return centrala.Claims{}, badIdentity("The identity's email is not an address.", nil)
	case c.Phone != "" && !e164.MatchString(c.Phone):
		return centrala.Claims{}, badIdentity("The identity's phone is not a number as E.164 writes it, like +48600100214.", nil)
	case c.Locale != "" && cleanLocale(c.Locale) == "":
		return centrala.Claims{}, badIdentity("The identity's locale is not a language tag.", nil)
	}
	return centrala.Claims{Subject: c.Subject, Side: side, Name: c.Name, Email: c.Email, Phone: c.Phone, Locale: cleanLocale(c.Locale)}, nil
}

func cleanText(s string, longest int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > longest {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && cleanText(s, 254)
}

// e164 is a whole number as it is called from abroad (ITU-T E.164).
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// cleanLocale is s when it looks like a language tag (RFC 5646), else "".
func cleanLocale(s string) string {
	if !languageTag.MatchString(s) {
		return ""
	}
	return s
}
