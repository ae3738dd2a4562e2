package routing_test

import (
	"slices"
	"testing"
	"time"

	"centrala"
)

// Nobody has to look at a conversation for its clock to be heard: warned first, then broken,
// each once, however often and by however many desks it is asked.
func TestRing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		d, other := b.desk(), b.desk()
		id := b.opens(b.widget, centrala.Buyer)
		rung := func() (types []string) {
			t.Helper()
			b.must(d.Ring(t.Context()))
			b.must(other.Ring(t.Context()))
			events, err := b.Unpublished(t.Context(), 0, 100)
			b.must(err)
			for _, e := range events {
				if e.Conversation == id && (e.Type == centrala.SLAWarned || e.Type == centrala.SLABreached) {
					types = append(types, string(e.Type))
				}
			}
			return types
		}
		for _, round := range []struct {
			pass time.Duration
			want []string
		}{{0, nil}, {7 * time.Minute, []string{"sla.warned"}}, {4 * time.Minute, []string{"sla.warned", "sla.breached"}}} {
			b.wait(round.pass)
			if got := rung(); !slices.Equal(got, round.want) {
				t.Errorf("%v later: %v, want %v", round.pass, got, round.want)
			}
		}
	})
}
