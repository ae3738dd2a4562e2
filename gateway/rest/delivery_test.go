package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"centrala"
)

// The ledger of a conversation has every attempt, with what became of it.
func TestDeliveriesTellTheirAttempts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	id, _ := h.mailed("")
	if got := h.do(call{method: "POST", path: "/v1/conversations/" + id.String() + "/messages", token: h.tokens["agent"], body: obj{"text": "Dzień dobry"}}); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	attempt := func(n int, s centrala.Settlement) {
		t.Helper()
		out := must[[]centrala.Outbound](t)(h.db.LeaseDeliveries(ctx, centrala.Lease{Inbox: h.mail.ID, For: time.Minute, Limit: 1}))
		if len(out) != 1 || out[0].Attempt != n {
			t.Fatalf("leased: %+v", out)
		}
		s.Attempt = n
		if err := errors.Join(h.db.HandOver(ctx, out[0].Delivery, n), h.db.Settle(ctx, out[0].Delivery, s)); err != nil {
			t.Fatal(err)
		}
	}
	attempt(1, centrala.Settlement{State: centrala.DeliveryQueued, Reason: "451 later", Next: time.Now()})
	attempt(2, centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "cut off"})
	got := h.do(call{method: "GET", path: "/v1/conversations/" + id.String() + "/deliveries", token: h.tokens["agent"]})
	var list struct {
		Items []struct {
			State   string
			History []struct {
				Number          int
				Outcome, Reason string
				Leased          time.Time `json:"leased_at"`
				Began           time.Time `json:"began_at"`
				Ended           time.Time `json:"ended_at"`
			}
		}
	}
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list.Items) != 1 || list.Items[0].State != "unknown" || len(list.Items[0].History) != 2 {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	for i, want := range [][2]string{{"queued", "451 later"}, {"unknown", "cut off"}} {
		a := list.Items[0].History[i]
		if a.Number != i+1 || a.Outcome != want[0] || a.Reason != want[1] || a.Leased.IsZero() || a.Began.Before(a.Leased) || a.Ended.Before(a.Began) {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
	}
}
