package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// react puts somebody's emoji on a message, replaces it or takes it away. An older one than the
// present one changes nothing.
func (tx *Tx) react(in centrala.Inbound, door inboxRow) (told, error) {
	of, err := tx.known(in.Inbox, in.About.ID)
	if err != nil {
		return told{}, err
	}
	if of.event == 0 {
		return tx.early(in, in.About.ID)
	}
	contact, err := tx.whoWrote(in, door)
	if err != nil || contact.Blocked {
		return told{}, err
	}
	emoji := short(in.About.Emoji, 32)
	if in.About.Removed {
		emoji = ""
	}
	const by = string(centrala.ByCustomer)
	was, at := "", int64(-1)
	err = tx.peek(`SELECT emoji, at FROM reaction r WHERE r.event = $1 AND r.by = $2`, []any{of.event, by}, &was, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return told{}, fmt.Errorf("read the reaction: %w", err)
	}
	if at > column.Micros(in.At) {
		return told{conversation: of.conversation, repeated: true}, nil
	}
	if _, err := tx.keep(`INSERT INTO reaction (event, by, emoji, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (event, by) DO UPDATE SET emoji = excluded.emoji, at = excluded.at`, of.event, by, emoji, column.Micros(in.At)); err != nil {
		return told{}, fmt.Errorf("keep the reaction: %w", err)
	}
	if was == emoji {
		return told{conversation: of.conversation, repeated: true}, nil
	}
	if err := tx.amend(`UPDATE event SET body = body | 16 WHERE id = $1`, of.event); err != nil {
		return told{}, fmt.Errorf("note the reaction: %w", err)
	}
	c, err := tx.byID(of.conversation)
	if err != nil {
		return told{}, wrap(err, "read the conversation")
	}
	c.hear(in)
	return told{conversation: c.ID}, tx.changed(c, centrala.Facts{Kind: "reaction", Seq: of.seq}, words{by: byContact(contact, in), text: emoji, channel: in.Channel})
}

// changed tells that an entry is not what it was.
func (tx *Tx) changed(c *conversation, what centrala.Facts, w words) error {
	if _, err := tx.record(c, centrala.Step{Type: centrala.MessageChanged, Timeline: true, Data: what}, w); err != nil {
		return err
	}
	c.UpdatedAt = tx.now
	tx.update(c)
	tx.settle(c)
	return nil
}

// reactionOf makes m, the entry of a reaction, tell it.
func reactionOf(m *centrala.Message) {
	if m.Change.Kind == "reaction" {
		m.Change.Text, m.Text = m.Text, ""
	}
}

// reactions are those to a message, the eldest first.
func reactions(ctx context.Context, q column.Querier, event centrala.EventID) ([]centrala.Reaction, error) {
	list, err := column.All(ctx, q, func(r *centrala.Reaction) []any { return []any{&r.By, &r.Emoji} },
		`SELECT r.by, r.emoji FROM reaction r WHERE r.event = $1 AND r.emoji <> '' ORDER BY r.at, r.by`, event)
	if len(list) == 0 {
		list = nil
	}
	return list, wrap(err, "read the reactions")
}
