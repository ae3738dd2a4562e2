package routing

import (
	"context"
	"errors"
	"fmt"

	"centrala"
)

// Promises is what the desk asks about the promised times.
type Promises interface {
	// Ringing lists conversations about whose promise something is to be said now.
	Ringing(ctx context.Context, limit int) ([]centrala.ConversationID, error)
}

// Ring says of every promise, once each, that it runs out and that it is broken: the events
// sla.warned and sla.breached. It is meant to be called every few seconds, on every node.
func (d *Desk) Ring(ctx context.Context) error {
	ids, err := d.promises.Ringing(ctx, 200)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if _, err := d.log.Do(ctx, centrala.Everything(), id, centrala.Ring{}, author()); err != nil && !passed(err) {
			errs = append(errs, fmt.Errorf("ring for %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}
