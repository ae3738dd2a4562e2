package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"centrala"
)

// argon2id with the least that OWASP's password storage sheet asks for: 19 MiB, two passes, one
// lane. One hash runs at a time, so a flood of sign-ins cannot take the memory.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// MinPassword and MaxPassword bound a password's length, in characters and in bytes.
const (
	MinPassword = 10
	MaxPassword = 256
)

// CheckStrength refuses, as Invalid, a password that is too short, too long, a single repeated
// character, or the account's own address or name.
func CheckStrength(password string, a centrala.Agent) error {
	folded := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password) || utf8.RuneCountInString(password) < MinPassword:
		return centrala.InvalidField("password", "A password has at least %d characters.", MinPassword)
	case len(password) > MaxPassword:
		return centrala.InvalidField("password", "A password has at most %d bytes.", MaxPassword)
	case strings.Count(password, password[:1]) == len(password):
		return centrala.InvalidField("password", "A password is more than one repeated character.")
	case folded == strings.ToLower(a.Email) || folded == strings.ToLower(a.Name):
		return centrala.InvalidField("password", "A password is not the account's own name or address.")
	}
	return nil
}

// HashPassword makes the stored form of a password (PHC string format). It waits for its turn
// and returns ctx's error when that takes too long.
func (g *Guard) HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, err := g.argon(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key)), nil
}

// CheckPassword reports whether password is the one that hash was made of, in time that tells
// nothing. A hash that is not ours, "" included, matches no password and takes as long.
func (g *Guard) CheckPassword(ctx context.Context, hash, password string) (bool, error) {
	salt, want, known := parseHash(hash)
	if len(password) > MaxPassword {
		password, known = "", false
	}
	got, err := g.argon(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (g *Guard) argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case g.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", context.Cause(ctx))
	}
	defer func() { <-g.hashing }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey), nil
}

// parseHash reads what HashPassword wrote; known is false, and the parts have their usual
// lengths, for anything else.
func parseHash(s string) (salt, key []byte, known bool) {
	salt, key = make([]byte, argonSalt), make([]byte, argonKey)
	head := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonLanes)
	rest, ok := strings.CutPrefix(s, head)
	if !ok {
		return salt, key, false
	}
	a, b, ok := strings.Cut(rest, "$")
	if !ok {
		return salt, key, false
	}
	gotSalt, err1 := base64.RawStdEncoding.DecodeString(a)
	gotKey, err2 := base64.RawStdEncoding.DecodeString(b)
	if err1 != nil || err2 != nil || len(gotSalt) != argonSalt || len(gotKey) != argonKey {
		return salt, key, false
	}
	return gotSalt, gotKey, true
}
