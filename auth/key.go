package auth

import (
	"context"
	"fmt"

	"centrala"
)

const keyPrefix = "ck_"

// NewKey makes the secret of an API key, shown once, and the hash under which it is stored.
func NewKey() (secret string, hash []byte) { return secretToken(keyPrefix) }

func (g *Guard) identifyKey(ctx context.Context, token string) (Principal, error) {
	k, err := g.store.KeyByHash(ctx, hashToken(token))
	switch {
	case centrala.CodeOf(err) == centrala.NotFound:
		return Principal{}, refuse(Bad)
	case err != nil:
		return Principal{}, fmt.Errorf("api key: %w", err)
	case k.Revoked != nil:
		return Principal{}, refuse(Revoked)
	}
	return Principal{Kind: Machine, ID: k.ID.String(), Key: &k, Scope: KeyScope(k)}, nil
}
