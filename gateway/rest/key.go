package rest

import (
	"context"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// Ledger is API keys, and the audit log.
type Ledger interface {
	Keys(ctx context.Context) ([]centrala.APIKey, error)
	AddKey(ctx context.Context, k centrala.APIKey, hash []byte) (centrala.APIKey, error)
	RevokeKey(ctx context.Context, id centrala.KeyID) error
	Audit(ctx context.Context, e centrala.AuditEntry) error
	AuditLog(ctx context.Context, cursor string, limit int) (entries []centrala.AuditEntry, next string, err error)
}

func (s *server) keyRoutes() {
	add(s, get("/v1/keys", "The API keys, without their secrets", auth.ManageKeys), s.listKeys)
	add(s, post("/v1/keys", "A new API key; its secret is shown this once", auth.ManageKeys).creates().once(), s.createKey)
	add(s, remove("/v1/keys/{id}", "Make a key void", auth.ManageKeys), s.revokeKey)
}

// KeyView is an API key as it is listed.
type KeyView struct {
	ID         centrala.KeyID  `json:"id"`
	Name       string          `json:"name"`
	Hint       string          `json:"hint" doc:"How its secret begins."`
	Scopes     []string        `json:"scopes"`
	Sides      []centrala.Side `json:"sides" doc:"None: all."`
	CreatedAt  time.Time       `json:"created_at"`
	LastUsedAt *time.Time      `json:"last_used_at,omitempty"`
	RevokedAt  *time.Time      `json:"revoked_at,omitempty"`
}

func keyView(k centrala.APIKey) KeyView {
	return KeyView{ID: k.ID, Name: k.Name, Hint: "ck_…", Scopes: k.Scopes, Sides: k.Sides, CreatedAt: k.Created.UTC(), LastUsedAt: k.Used, RevokedAt: k.Revoked}
}

func (s *server) listKeys(ctx context.Context, _ caller, _ *nothing) (*answer[List[KeyView]], error) {
	keys, err := s.Store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]KeyView, len(keys))
	for i, k := range keys {
		out[i] = keyView(k)
	}
	return page(out, ""), nil
}

type newKey struct {
	Body struct {
		Name   string          `json:"name" required:"true" minLength:"1" maxLength:"100"`
		Scopes []string        `json:"scopes" required:"true" minItems:"1" maxItems:"20"`
		Sides  []centrala.Side `json:"sides,omitempty" maxItems:"3" doc:"None: all."`
		Days   *int            `json:"days,omitempty" doc:"null: the key counts until it is revoked. Nothing else is possible yet."`
	}
}

// MadeKey is a new key with its secret.
type MadeKey struct {
	Key    KeyView `json:"key"`
	Secret string  `json:"secret"`
}

func (s *server) createKey(ctx context.Context, c caller, in *newKey) (*answer[MadeKey], error) {
	b := in.Body
	if b.Days != nil {
		return nil, centrala.InvalidField("days", "Keys that end by themselves are not possible yet; leave days out and revoke the key.")
	}
	for _, sc := range b.Scopes {
		if !slices.Contains(centrala.KeyScopes(), sc) {
			return nil, centrala.InvalidField("scopes", "%.40q is not a scope; there are %s.", sc, strings.Join(centrala.KeyScopes(), ", "))
		}
	}
	for _, sd := range b.Sides {
		if !sd.Valid() {
			return nil, centrala.InvalidField("sides", "%.20q is not a side.", sd)
		}
	}
	secret, hash := auth.NewKey()
	k, err := s.Store.AddKey(ctx, centrala.APIKey{Name: b.Name, Scopes: b.Scopes, Sides: b.Sides}, hash)
	if err != nil {
		return nil, err
	}
	return ok(MadeKey{keyView(k), secret}), s.audited(ctx, c, "key.created", k.ID.String(), strings.Join(k.Scopes, " "))
}

type keyPath struct {
	ID keyRef `path:"id"`
}

func (s *server) revokeKey(ctx context.Context, c caller, in *keyPath) (*nothing, error) {
	if err := s.Store.RevokeKey(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	s.Ended(in.ID.ID.String())
	return nil, s.audited(ctx, c, "key.revoked", in.ID.ID.String(), "")
}
