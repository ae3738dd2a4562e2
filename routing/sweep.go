package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"centrala"
)

// Sweep does what no event announces: it wakes conversations whose snooze is over, takes open
// chats from agents who have been gone for longer than their lease and the grace after it and
// marks those offline, and then looks at all that wait, as Handle does, the reasons included.
// It is meant to be called every second or two, on every node.
func (d *Desk) Sweep(ctx context.Context) error {
	return errors.Join(d.wake(ctx), d.lapse(ctx), d.join(ctx, 0, true))
}

// wake ends the snoozes that are over.
func (d *Desk) wake(ctx context.Context) error {
	ids, err := d.house.DueSnoozes(ctx, 200)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if _, err := d.log.Do(ctx, centrala.Everything(), id, centrala.Wake{}, author()); err != nil && !passed(err) {
			errs = append(errs, fmt.Errorf("wake %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// passed reports whether an error means that somebody else has moved the conversation.
func passed(err error) bool {
	code := centrala.CodeOf(err)
	return code == centrala.Conflict || code == centrala.NotFound
}

// lapse frees the chats of agents who are gone. They keep their place in the queue, which is
// ahead of all that were queued after them. Mails can wait and stay where they are.
func (d *Desk) lapse(ctx context.Context) error {
	gone, err := d.house.LapsedAgents(ctx)
	if err != nil || len(gone) == 0 {
		return err
	}
	lines, err := d.house.Lines(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, agent := range gone {
		if slices.ContainsFunc(lines, func(l centrala.Line) bool { return l.Agent == agent }) {
			continue // back again
		}
		if err := d.release(ctx, agent); err != nil {
			errs = append(errs, fmt.Errorf("agent %s is gone: %w", agent, err))
		}
	}
	return errors.Join(errs...)
}

func (d *Desk) release(ctx context.Context, agent centrala.AgentID) error {
	if err := d.house.SetPresence(ctx, agent, centrala.Offline); err != nil {
		return err
	}
	held, _, err := d.log.Conversations(ctx, centrala.Everything(), centrala.Filter{Status: centrala.Open, Assignee: agent, Limit: 200})
	if err != nil {
		return err
	}
	for _, c := range held {
		if c.Channel != centrala.Chat {
			continue
		}
		_, err := d.log.Do(ctx, centrala.Everything(), c.ID, centrala.Unassign{Reason: d.words.LostConnection(c.AssigneeName), Version: c.Version}, author())
		if err != nil && !passed(err) {
			return err
		}
		d.slog.Info("taken from an agent who is gone", "conversation", c.ID.String(), "agent", agent.String())
	}
	return nil
}
