package storetest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
)

func idempotencyCases() []testCase {
	return []testCase{
		{"idempotency/of many at once one does the work", idempotentRace},
		{"idempotency/the first answer comes again for two days", idempotentAnswer},
		{"idempotency/a key whose work was given up or abandoned is free again", idempotentAgain},
	}
}

func idempotentRace(t *testing.T, h *house) {
	var takers atomic.Int32
	atOnce(t, 50, centrala.Conflict, func(int) error {
		_, _, found, err := h.Idempotent(context.Background(), "a_1", "POST /v1/agents", "key", []byte("body"))
		if err == nil && !found {
			takers.Add(1)
		}
		return err
	})
	same(t, "who does the work", takers.Load(), 1)
}

func idempotentAnswer(t *testing.T, h *house) {
	ctx := t.Context()
	take := func(principal, route, body string) (string, int, bool, error) {
		stored, status, found, err := h.Idempotent(ctx, principal, route, "key", []byte(body))
		return string(stored), status, found, err
	}
	_, _, found, err := take("a_1", "POST /v1/agents", "body")
	need(t, err)
	same(t, "the first time", found, false)
	need(t, h.Remember(ctx, "a_1", "POST /v1/agents", "key", 201, []byte(`{"id":1}`)))
	need(t, h.Remember(ctx, "a_1", "POST /v1/agents", "key", 500, []byte(`{}`)))
	h.clock.move(47 * time.Hour)
	stored, status, found, err := take("a_1", "POST /v1/agents", "body")
	need(t, err)
	same(t, "again", []any{stored, status, found}, []any{`{"id":1}`, 201, true})
	_, _, _, err = take("a_1", "POST /v1/agents", "another body")
	refused(t, err, centrala.Conflict, "Idempotency-Key")
	for _, other := range [][2]string{{"a_2", "POST /v1/agents"}, {"a_1", "POST /v1/teams"}} {
		_, _, found, err := take(other[0], other[1], "another body")
		need(t, err)
		same(t, "somebody else's or another route's", found, false)
	}
	h.clock.move(2 * time.Hour)
	_, _, found, err = take("a_1", "POST /v1/agents", "another body")
	need(t, err)
	same(t, "after two days", found, false)
	for _, key := range []string{"", strings.Repeat("k", 65), "a\nb", "\xff"} {
		_, _, _, err := h.Idempotent(ctx, "a_1", "r", key, nil)
		refused(t, err, centrala.Invalid, "Idempotency-Key")
	}
}

func idempotentAgain(t *testing.T, h *house) {
	ctx := t.Context()
	take := func(key string) (bool, error) {
		_, _, found, err := h.Idempotent(ctx, "a_1", "r", key, []byte("body"))
		return found, err
	}
	_, err := take("given up")
	need(t, err)
	need(t, h.Forget(ctx, "a_1", "r", "given up"))
	found, err := take("given up")
	need(t, err)
	same(t, "given up", found, false)

	_, err = take("abandoned")
	need(t, err)
	h.clock.move(50 * time.Second)
	_, err = take("abandoned")
	refused(t, err, centrala.Conflict)
	h.clock.move(20 * time.Second)
	found, err = take("abandoned")
	need(t, err)
	same(t, "abandoned", found, false)
	_, err = take("abandoned")
	refused(t, err, centrala.Conflict) // whoever took it over has their own minute

	need(t, h.Remember(ctx, "a_1", "r", "abandoned", 204, nil))
	need(t, h.Forget(ctx, "a_1", "r", "abandoned")) // too late: it is answered
	found, err = take("abandoned")
	need(t, err)
	same(t, "answered", found, true)
}
