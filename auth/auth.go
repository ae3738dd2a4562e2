// Package auth knows who is on the other end and what they may see and do: visitors with
// signed tokens, agents with sessions, programs with API keys.
//
// A Guard is made once, by New, and is safe for concurrent use. Nothing here logs or keeps a
// secret: what the store holds of sessions, keys and one-time links is their SHA-256.
package auth

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"centrala"
)

// Kind says which of the three ways in a principal took.
type Kind string

// The kinds of principal.
const (
	Visitor Kind = "visitor"
	Agent   Kind = "agent"
	Machine Kind = "machine"
)

// Principal is whoever made a request or opened a socket. Exactly one of Visitor, Agent and
// Key is set, by Kind. Scope goes into every query; ID is the key space of what they send.
type Principal struct {
	Kind    Kind
	ID      string // visitor id, or the wire form of the AgentID or KeyID
	Visitor *centrala.Visitor
	Agent   *centrala.Agent
	Key     *centrala.APIKey
	Scope   centrala.Scope
	Expires time.Time // of a visitor's token; zero when the store alone knows
}

// Author is how the log names the principal.
func (p Principal) Author() centrala.Author {
	switch p.Kind {
	case Visitor:
		return centrala.Author{Kind: centrala.ByCustomer, ID: p.Visitor.Contact.String(), Name: p.Visitor.Claims.Name}
	case Agent:
		return centrala.Author{Kind: centrala.ByAgent, ID: p.ID, Name: p.Agent.Name}
	case Machine:
		return centrala.Author{Kind: centrala.ByBot, ID: p.ID, Name: p.Key.Name}
	}
	return centrala.Author{}
}

// Asker is as whom p asks the Help Centre: who may read articles in the house is told of all; a
// visitor whose side their host site has signed, of that side's too; anybody else of what
// everybody reads.
func (p Principal) Asker() centrala.Asker {
	switch {
	case p.Kind != Visitor && Can(p, ReadArticles):
		return centrala.Inside
	case p.Visitor != nil && p.Visitor.Claims.Subject != "" && p.Visitor.Claims.Side.Valid():
		return centrala.Proved
	}
	return centrala.Everybody
}

// AgentID is the agent, zero for everybody else.
func (p Principal) AgentID() centrala.AgentID {
	if p.Agent == nil {
		return 0
	}
	return p.Agent.ID
}

// Role is the agent's role, "" for everybody else.
func (p Principal) Role() centrala.Role {
	if p.Agent == nil {
		return ""
	}
	return p.Agent.Role
}

// Options are what a Guard may be told. The zero value is right for production.
type Options struct {
	Now      func() time.Time // nil: time.Now
	NoLimits bool             // load tests on loopback only
	Client   *http.Client     // fetches host sites' public keys; nil: Outgoing(false)
}

// Guard tells who somebody is. It holds no connection and starts no goroutine.
type Guard struct {
	store   Store
	now     func() time.Time
	visitor []byte // key of visitor tokens
	file    []byte // key of attachment addresses
	derive  []byte // key of contact ids made from subjects

	hashing  chan struct{} // one password hash at a time: 19 MiB each
	accounts *Limiter
	places   *Limiter
	codes    *usedCodes
	keys     *keySets
}

// New makes a Guard over store. secret is the installation's own, at least 32 random bytes;
// whoever has it can be any visitor. Changing it ends all visitor tokens.
func New(store Store, secret []byte, o Options) *Guard {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	client := o.Client
	if client == nil {
		client = Outgoing(false)
	}
	perMinute := LoginFailures
	if o.NoLimits {
		perMinute = 0
	}
	return &Guard{
		store: store, now: now,
		visitor: subkey(secret, "visitor token"), file: subkey(secret, "attachment address"), derive: subkey(secret, "contact id"),
		hashing:  make(chan struct{}, 1),
		accounts: NewLimiter(perMinute, time.Minute, now),
		places:   NewLimiter(perMinute, time.Minute, now),
		codes:    newUsedCodes(),
		keys:     newKeySets(client, now),
	}
}

// subkey derives the key of one purpose, so that a value signed for one never serves another.
func subkey(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "centrala "+purpose, sha256.Size)
	if err != nil {
		panic(err) // the length is constant and far below HKDF's limit
	}
	return key
}

// Identify tells who token is: a visitor token, an agent's session token or an API key. A token
// that does not count is an Unauthorized error; Reason says whether it is expired, revoked or
// bad. Any other error means that the store could not be asked.
func (g *Guard) Identify(ctx context.Context, token string) (Principal, error) {
	switch {
	case strings.HasPrefix(token, visitorPrefix):
		return g.identifyVisitor(ctx, token)
	case strings.HasPrefix(token, sessionPrefix):
		return g.identifyAgent(ctx, token)
	case strings.HasPrefix(token, keyPrefix):
		return g.identifyKey(ctx, token)
	}
	return Principal{}, refuse(Bad)
}

// The reasons a token is refused for, as close 4001 and the problem document tell them.
const (
	Expired = "expired"
	Revoked = "revoked"
	Bad     = "bad"
)

type reason string

func (r reason) Error() string { return "token " + string(r) }

func refuse(why string) error {
	text := map[string]string{
		Expired: "The token has expired.",
		Revoked: "The token was revoked.",
		Bad:     "The token is not valid.",
	}[why]
	return &centrala.Error{Code: centrala.Unauthorized, Message: text, Err: reason(why)}
}

// Reason is why Identify refused: "expired", "revoked" or "bad"; "" when err is no refusal.
func Reason(err error) string {
	if r, ok := errors.AsType[reason](err); ok {
		return string(r)
	}
	if centrala.CodeOf(err) == centrala.Unauthorized {
		return Bad
	}
	return ""
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}

// seal appends a signature to data; open takes it off again, or reports that it is not ours.
func seal(key, data []byte) string {
	body := base64.RawURLEncoding.EncodeToString(data)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(key, body))
}

func open(key []byte, sealed string) ([]byte, bool) {
	body, sign, ok := strings.Cut(sealed, ".")
	if !ok {
		return nil, false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(sign)
	if err != nil || !hmac.Equal(got, mac(key, body)) {
		return nil, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(body)
	return data, err == nil
}

// secretToken is prefix and 256 random bits, and the hash under which it is kept.
func secretToken(prefix string) (token string, hash []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	token = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
