package floor

import "context"

// Turnstile lets so many through at a time as it has places, in the order in which they came.
type Turnstile chan struct{}

// NewTurnstile makes one with some places.
func NewTurnstile(places int) Turnstile { return make(Turnstile, places) }

// Enter waits for a place, or until ctx ends. Whoever got one has to Leave.
func (t Turnstile) Enter(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Leave gives the place back.
func (t Turnstile) Leave() { <-t }
