package storetest

import (
	"testing"
	"time"

	"centrala"
)

func keyCases() []testCase {
	return []testCase{{"key/added, found by its hash, revoked", keys}, {"key/what is wrong is refused and named", keyRefused}}
}

func keys(t *testing.T, h *house) {
	ctx := t.Context()
	k, err := h.AddKey(ctx, centrala.APIKey{Name: "ERP", Scopes: []string{"contacts:read"}, Sides: []centrala.Side{centrala.Seller}}, []byte("hash"))
	need(t, err)
	if k.ID == 0 || k.Created.IsZero() || k.Used != nil || k.Revoked != nil {
		t.Fatalf("got %+v, want a new key", k)
	}
	found, err := h.KeyByHash(ctx, []byte("hash"))
	need(t, err)
	same(t, "by its hash", found, k)
	_, err = h.KeyByHash(ctx, []byte("other"))
	refused(t, err, centrala.NotFound)
	found, err = h.KeyByHash(ctx, []byte("hash"))
	need(t, err)
	if found.Used == nil || found.Used.Before(k.Created) {
		t.Fatalf("used at %v, want the first use noted", found.Used)
	}
	h.clock.move(10 * time.Second)
	again, err := h.KeyByHash(ctx, []byte("hash"))
	need(t, err)
	same(t, "used within the minute", *again.Used, *found.Used)

	need(t, h.RevokeKey(ctx, k.ID))
	found, err = h.KeyByHash(ctx, []byte("hash"))
	need(t, err)
	if found.Revoked == nil {
		t.Fatal("the key is not revoked")
	}
	h.clock.move(time.Hour)
	need(t, h.RevokeKey(ctx, k.ID))
	all, err := h.Keys(ctx)
	need(t, err)
	same(t, "keys", []any{len(all), *all[0].Revoked}, []any{1, *found.Revoked})
	refused(t, h.RevokeKey(ctx, 42), centrala.NotFound)
}

func keyRefused(t *testing.T, h *house) {
	ctx := t.Context()
	_, err := h.AddKey(ctx, centrala.APIKey{Name: "one"}, []byte("hash"))
	need(t, err)
	_, err = h.AddKey(ctx, centrala.APIKey{Name: "two"}, []byte("hash"))
	refused(t, err, centrala.Conflict)
	for field, k := range map[string]centrala.APIKey{
		"name": {}, "scopes": {Name: "x", Scopes: []string{"everything"}}, "sides": {Name: "x", Sides: []centrala.Side{"courier"}},
	} {
		_, err := h.AddKey(ctx, k, []byte("another"))
		refused(t, err, centrala.Invalid, field)
	}
	if _, err := h.AddKey(ctx, centrala.APIKey{Name: "x"}, nil); err == nil {
		t.Fatal("a key without a hash was added")
	}
}
