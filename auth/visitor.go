package auth

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"centrala"
)

// VisitorLife is how long a visitor's token counts; RotateAfter is when it is worth a new one.
const (
	VisitorLife = 180 * 24 * time.Hour
	RotateAfter = 7 * 24 * time.Hour
)

const visitorPrefix = "cv1."

// maxToken bounds what is parsed at all: a token of ours is far shorter.
const maxToken = 4096

// visitorToken is the inside of a visitor's token. Only its own server reads it.
type visitorToken struct {
	ID         string             `json:"v"`
	Contact    centrala.ContactID `json:"c"`
	Inbox      centrala.InboxID   `json:"i"`
	Generation int64              `json:"g,omitempty"`
	Claims     centrala.Claims    `json:"k"`
	IssuedAt   int64              `json:"t"` // Unix seconds
}

func (g *Guard) sealVisitor(v centrala.Visitor) (string, error) {
	data, err := json.Marshal(visitorToken{v.ID, v.Contact, v.Inbox, v.Generation, v.Claims, v.IssuedAt.Unix()})
	if err != nil {
		return "", fmt.Errorf("write a visitor token: %w", err)
	}
	return visitorPrefix + seal(g.visitor, data), nil
}

// openVisitor checks signature and age; whether the token was revoked, the store knows.
func (g *Guard) openVisitor(token string) (centrala.Visitor, error) {
	sealed, ok := strings.CutPrefix(token, visitorPrefix)
	if !ok || len(token) > maxToken {
		return centrala.Visitor{}, refuse(Bad)
	}
	data, ok := open(g.visitor, sealed)
	if !ok {
		return centrala.Visitor{}, refuse(Bad)
	}
	var t visitorToken
	if err := json.Unmarshal(data, &t); err != nil || t.ID == "" || t.Contact == 0 || t.Inbox == 0 {
		return centrala.Visitor{}, refuse(Bad)
	}
	v := centrala.Visitor{ID: t.ID, Contact: t.Contact, Inbox: t.Inbox, Generation: t.Generation,
		Claims: t.Claims, IssuedAt: time.Unix(t.IssuedAt, 0).UTC()}
	if !g.now().Before(v.IssuedAt.Add(VisitorLife)) {
		return centrala.Visitor{}, refuse(Expired)
	}
	return v, nil
}

func (g *Guard) identifyVisitor(ctx context.Context, token string) (Principal, error) {
	v, err := g.openVisitor(token)
	if err != nil {
		return Principal{}, err
	}
	generation, _, _, err := g.store.VisitorState(ctx, v.Contact)
	if err != nil {
		return Principal{}, fmt.Errorf("state of visitor %s: %w", v.Contact, err)
	}
	if generation != v.Generation {
		return Principal{}, refuse(Revoked)
	}
	return visitorPrincipal(v), nil
}

func visitorPrincipal(v centrala.Visitor) Principal {
	return Principal{Kind: Visitor, ID: v.ID, Visitor: &v, Expires: v.IssuedAt.Add(VisitorLife),
		Scope: centrala.Scope{Contact: v.Contact, Inbox: v.Inbox}}
}

// Visitor lets a customer in through inbox. identity is what the host site signed about them,
// oldToken the token of a visitor who is already talking; either may be "". A bad identity or
// old token is Unauthorized: nobody is made an anonymous visitor in its place.
//
// With an identity, the same subject is the same contact everywhere. The contact of oldToken, if
// it was nobody in particular, is absorbed with its conversations of this inbox, and that is
// audited; the key space of what they send stays theirs.
func (g *Guard) Visitor(ctx context.Context, inbox centrala.Inbox, identity, oldToken, locale string) (string, centrala.Visitor, error) {
	old, err := g.oldVisitor(ctx, inbox, oldToken)
	if err != nil {
		return "", centrala.Visitor{}, err
	}
	v := centrala.Visitor{Inbox: inbox.ID, IssuedAt: g.now().UTC().Truncate(time.Second)}
	switch {
	case identity != "":
		err = g.identified(ctx, inbox, identity, old, &v)
	case old != nil:
		v.ID, v.Contact, v.Generation, v.Claims = old.ID, old.Contact, old.Generation, old.Claims
	default:
		v.ID, v.Contact = newVisitorID(), g.store.NewContactID()
	}
	if err != nil {
		return "", centrala.Visitor{}, err
	}
	if l := cleanLocale(locale); l != "" && v.Claims.Locale == "" {
		v.Claims.Locale = l
	}
	token, err := g.sealVisitor(v)
	return token, v, err
}

// oldVisitor reads the token of somebody who is already talking in this inbox.
func (g *Guard) oldVisitor(ctx context.Context, inbox centrala.Inbox, token string) (*centrala.Visitor, error) {
	if token == "" {
		return nil, nil
	}
	p, err := g.Identify(ctx, token)
	if err != nil {
		return nil, err
	}
	if p.Visitor == nil || p.Visitor.Inbox != inbox.ID {
		return nil, refuse(Bad)
	}
	return p.Visitor, nil
}

// identified fills v from a signed identity and absorbs who they were before.
func (g *Guard) identified(ctx context.Context, inbox centrala.Inbox, identity string, old, v *centrala.Visitor) error {
	claims, err := g.verifyIdentity(ctx, inbox, identity)
	if err != nil {
		return err
	}
	v.Claims = claims
	if v.Contact, v.Generation, err = g.contactOf(ctx, claims.Subject); err != nil {
		return err
	}
	if old == nil || (old.Claims.Subject != "" && old.Claims.Subject != claims.Subject) {
		v.ID = newVisitorID() // a new browser, or another person at the same one
		return nil
	}
	v.ID = old.ID
	if old.Claims.Subject != "" || old.Contact == v.Contact {
		return nil
	}
	return g.absorb(ctx, old, v)
}

func (g *Guard) absorb(ctx context.Context, old, v *centrala.Visitor) error {
	_, _, exists, err := g.store.VisitorState(ctx, old.Contact)
	if err != nil {
		return fmt.Errorf("state of visitor %s: %w", old.Contact, err)
	}
	if !exists { // never wrote: there is nothing to move
		return nil
	}
	by := centrala.Author{Kind: centrala.BySystem, ID: "identity"}
	if err := g.store.AbsorbVisitor(ctx, old.Contact, ContactOf(*v), v.Inbox, by); err != nil {
		return fmt.Errorf("absorb visitor %s into %s: %w", old.Contact, v.Contact, err)
	}
	err = g.store.Audit(ctx, centrala.AuditEntry{At: g.now().UTC(), By: by, Action: "contact.merged",
		Subject: v.Contact.String(), Detail: "absorbed " + old.Contact.String()})
	if err != nil {
		return fmt.Errorf("audit the absorbing of %s: %w", old.Contact, err)
	}
	return nil
}

// ContactOf is the contact that a visitor's first message makes: what the host site signed, or
// nothing but the language.
func ContactOf(v centrala.Visitor) centrala.Contact {
	signed := v.Claims.Subject != ""
	return centrala.Contact{ID: v.Contact, Name: v.Claims.Name, Email: v.Claims.Email, Phone: v.Claims.Phone, Side: v.Claims.Side,
		Locale: v.Claims.Locale, Verified: signed, ExternalID: v.Claims.Subject,
		EmailProven: signed && v.Claims.Email != "", PhoneProven: signed && v.Claims.Phone != ""}
}

// contactOf is the contact of a subject and its generation. Before the contact has a row its id
// is derived, so that two browsers of one person that come at once get the same one.
func (g *Guard) contactOf(ctx context.Context, sub string) (centrala.ContactID, int64, error) {
	id, found, err := g.store.ContactBySubject(ctx, sub)
	if err != nil {
		return 0, 0, fmt.Errorf("contact of a subject: %w", err)
	}
	if !found {
		id = g.derivedContact(sub)
	}
	generation, _, exists, err := g.store.VisitorState(ctx, id)
	if err != nil {
		return 0, 0, fmt.Errorf("state of contact %s: %w", id, err)
	}
	if exists && !found { // it was theirs and has been erased: they begin anew
		return g.store.NewContactID(), 0, nil
	}
	return id, generation, nil
}

// derivedContact has its highest bit set, which no identifier made from a clock before the
// autumn of 2060 has.
func (g *Guard) derivedContact(sub string) centrala.ContactID {
	sum := mac(g.derive, sub)
	return centrala.ContactID(1<<62 | binary.BigEndian.Uint64(sum)>>2)
}

// Rotate gives a visitor whose token is older than a week a new one. The old one stays valid to
// its own expiry. ok is false for everybody else.
func (g *Guard) Rotate(p Principal) (token string, ok bool) {
	if p.Visitor == nil || g.now().Before(p.Visitor.IssuedAt.Add(RotateAfter)) {
		return "", false
	}
	v := *p.Visitor
	v.IssuedAt = g.now().UTC().Truncate(time.Second)
	token, err := g.sealVisitor(v)
	return token, err == nil
}

// newVisitorID is "v_" and 128 random bits.
func newVisitorID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "v_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
