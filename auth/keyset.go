package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// How long a fetched key set serves, how long it may serve while it cannot be fetched again,
// and how often an unknown key may cause another look.
const (
	keySetFresh = 15 * time.Minute
	keySetStale = 24 * time.Hour
	keySetRetry = 30 * time.Second
	maxKeySet   = 256 << 10
	maxKeySets  = 256
)

// keySets fetches and keeps host sites' public keys. It fetches when a token asks for them and
// has no goroutine of its own.
type keySets struct {
	client *http.Client
	now    func() time.Time
	mu     sync.Mutex
	sets   map[string]*keySet
}

type keySet struct {
	mu      sync.Mutex // held while fetching: one fetch an address at a time
	keys    keyfunc.Keyfunc
	fetched time.Time
	tried   time.Time
}

func newKeySets(client *http.Client, now func() time.Time) *keySets {
	return &keySets{client: client, now: now, sets: make(map[string]*keySet)}
}

func (k *keySets) of(address string) *keySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.sets[address]
	if s == nil {
		if len(k.sets) >= maxKeySets { // addresses are settings of inboxes: this is many
			clear(k.sets)
		}
		s = new(keySet)
		k.sets[address] = s
	}
	return s
}

// key is the public key that signed t, out of the set at address.
func (k *keySets) key(ctx context.Context, address string, t *jwt.Token) (any, error) {
	s := k.of(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil || k.now().Sub(s.fetched) > keySetFresh {
		if err := k.fetch(ctx, address, s); err != nil && (s.keys == nil || k.now().Sub(s.fetched) > keySetStale) {
			return nil, err
		}
	}
	key, err := s.keys.KeyfuncCtx(ctx)(t)
	if err == nil || k.now().Sub(s.tried) < keySetRetry {
		return key, err
	}
	if err := k.fetch(ctx, address, s); err != nil { // the host site may have changed its keys
		return nil, err
	}
	return s.keys.KeyfuncCtx(ctx)(t)
}

func (k *keySets) fetch(ctx context.Context, address string, s *keySet) error {
	if !s.tried.IsZero() && k.now().Sub(s.tried) < keySetRetry {
		return errors.New("the key set could not be fetched a moment ago")
	}
	s.tried = k.now()
	if u, err := url.Parse(address); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return errors.New("the key set's address is not a plain https address")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("key set: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("fetch the key set: %w", err)
	}
	defer res.Body.Close() // read-only
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch the key set: status %d", res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet))
	if err != nil {
		return fmt.Errorf("read the key set: %w", err)
	}
	keys, err := keyfunc.NewJWKSetJSON(raw)
	if err != nil {
		return fmt.Errorf("understand the key set: %w", err)
	}
	s.keys, s.fetched = keys, k.now()
	return nil
}
