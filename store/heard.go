package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"centrala"
)

// teamRead moves how far the team has read a conversation, never backwards. Who listens is told of
// those at vendors.
func (tx *Tx) teamRead(c *conversation, upto int64) {
	if upto <= c.ReadByAgent {
		return
	}
	if c.social() {
		tx.reads = append(tx.reads, centrala.TeamRead{Conversation: c.ID, After: c.ReadByAgent, Upto: upto})
	}
	c.ReadByAgent = upto
}

// Heard is the latest message of a customer's that the team has now read and had not before, as the
// vendor of the conversation knows it; one without an id when there is none.
func (db *DB) Heard(ctx context.Context, r centrala.TeamRead) (centrala.Heard, error) {
	var h centrala.Heard
	err := db.ro.QueryRowContext(ctx, `SELECT m.inbox, c.channel, c.thread, c.peer, m.message_id FROM event e
		JOIN mail m ON m.conversation = e.conversation AND m.event = e.id AND m.ours = 0 JOIN conversation c ON c.id = e.conversation
		WHERE e.conversation = $1 AND e.seq > $2 AND e.seq <= $3 AND e.type = 'message.received' AND e.channel = c.channel
		ORDER BY e.seq DESC, m.message_id LIMIT 1`, r.Conversation, r.After, r.Upto).Scan(&h.Inbox, &h.Channel, &h.Thread, &h.Peer, &h.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return centrala.Heard{}, nil
	}
	if err != nil {
		return h, fmt.Errorf("read what the team has read: %w", err)
	}
	return h, nil
}
