package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Who reads along is kept twice, like a mention: as rows, which also remember whom an agent has
// taken out, and in the conversation's own column, for whoever reads it.

// readAlong makes participants of those whom a mail also went to. Chats have none.
func (tx *Tx) readAlong(c *conversation, in centrala.Inbound, by centrala.Author) error {
	if c.Channel == centrala.Chat || len(in.Others) == 0 {
		return nil
	}
	out, err := tx.outsiders(c, in)
	if err != nil {
		return err
	}
	ours, err := column.All(context.Background(), tx, func(a *string) []any { return []any{a} }, `SELECT address FROM inbox WHERE address <> ''`)
	if err != nil {
		return fmt.Errorf("read our own addresses: %w", err)
	}
	own := func(a string) bool {
		return slices.ContainsFunc(ours, func(o string) bool { return centrala.BareAddress(o) == centrala.BareAddress(a) })
	}
	return tx.join(c, centrala.Join(c.Participants, in.Others, own, out), by)
}

// outsiders are the contact, the sender, and whom an agent has taken out.
func (tx *Tx) outsiders(c *conversation, in centrala.Inbound) (func(string) bool, error) {
	gone, err := column.All(context.Background(), tx, func(a *string) []any { return []any{a} },
		`SELECT address FROM participant WHERE conversation = $1 AND left_at <> 0 UNION SELECT email FROM contact WHERE id IN ($2, $3)`, c.ID, c.Contact, c.Visitor())
	gone = append(gone, address(in.From.Address))
	return func(a string) bool { return slices.Contains(gone, a) }, wrap(err, "read who does not read along")
}

// join writes who reads along from now on, and says so in the timeline. Their addresses are the
// entry's words, so that they go when words are erased.
func (tx *Tx) join(c *conversation, joined []centrala.Participant, by centrala.Author) error {
	if len(joined) == 0 {
		return nil
	}
	var names []string
	for _, p := range joined {
		if _, err := tx.Exec(`INSERT INTO participant (conversation, address, name, left_at) VALUES ($1, $2, $3, 0)
			ON CONFLICT (conversation, address) DO UPDATE SET name = excluded.name, left_at = 0, bounced = ''`, c.ID, p.Address, short(p.Name, 200)); err != nil {
			return fmt.Errorf("let somebody read along: %w", err)
		}
		names = append(names, p.Address)
	}
	c.Participants = slices.Concat(c.Participants, joined)
	return tx.readers(c, centrala.ParticipantJoined, "joined", strings.Join(names, ", "), by)
}

// readers writes a change of the participants into the conversation and, unless it has no name,
// its timeline.
func (tx *Tx) readers(c *conversation, t centrala.EventType, kind, who string, by centrala.Author) error {
	list, err := json.Marshal(column.Some(c.Participants))
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	if _, err := tx.Exec(`UPDATE conversation SET participants = $2 WHERE id = $1`, c.ID, string(list)); err != nil {
		return fmt.Errorf("keep who reads along: %w", err)
	}
	c.Version++
	if _, err := tx.record(c, centrala.Step{Type: t, Timeline: true, Data: centrala.Facts{Kind: kind}}, words{by: by, text: who}); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// AddParticipant has somebody read a conversation along by mail from now on. Whoever does so
// already is left as they are.
func (db *DB) AddParticipant(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, who centrala.Address, by centrala.Author) (centrala.Conversation, error) {
	return db.changeReaders(ctx, scope, id, func(tx *Tx, c *conversation) error {
		if c.Channel == centrala.Chat {
			return &centrala.Error{Code: centrala.Conflict, Field: "conversation", Message: "Nobody reads a chat along."}
		}
		if c.Participates(who.Address) {
			return nil
		}
		if len(c.Participants) >= centrala.MaxParticipants {
			return centrala.InvalidField("address", "At most %d people read along.", centrala.MaxParticipants)
		}
		never := func(string) bool { return false }
		joined := centrala.Join(c.Participants, []centrala.Address{who}, never, never)
		var n int
		err := tx.Row(`SELECT (SELECT count(*) FROM inbox WHERE address = $1) + (SELECT count(*) FROM contact WHERE id IN ($2, $3) AND email = $1)`,
			[]any{address(who.Address), c.Contact, c.Visitor()}, &n)
		if err == nil && (n > 0 || len(joined) == 0) {
			return centrala.InvalidField("address", "%.80q cannot read along.", who.Address)
		}
		return errors.Join(err, tx.join(c, joined, by))
	})
}

// RemoveParticipant ends somebody's reading along. A mail that names them again does not bring
// them back; an agent can.
func (db *DB) RemoveParticipant(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, who string, by centrala.Author) (centrala.Conversation, error) {
	return db.changeReaders(ctx, scope, id, func(tx *Tx, c *conversation) error {
		at := slices.IndexFunc(c.Participants, func(p centrala.Participant) bool { return p.Address == address(who) })
		if at < 0 {
			return centrala.Errorf(centrala.NotFound, "%.80q does not read along.", who)
		}
		c.Participants = slices.Delete(slices.Clone(c.Participants), at, at+1)
		if _, err := tx.Exec(`UPDATE participant SET left_at = $3 WHERE conversation = $1 AND address = $2`, id, address(who), column.Micros(tx.now)); err != nil {
			return fmt.Errorf("end the reading along: %w", err)
		}
		return tx.readers(c, centrala.ParticipantLeft, "left", address(who), by)
	})
}

func (db *DB) changeReaders(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, change func(*Tx, *conversation) error) (out centrala.Conversation, err error) {
	err = db.writeWith(ctx, need{conversation: id}, func(tx *Tx) error {
		c, err := tx.seen(scope, id)
		if err == nil {
			err = change(tx, c)
		}
		if err == nil {
			out = c.Conversation
		}
		return err
	})
	return out, err
}
