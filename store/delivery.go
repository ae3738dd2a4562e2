package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
)

// MaxReferences is how many earlier Message-IDs an answer names: the first, and the last 20.
const MaxReferences = 21

// send makes the delivery row of an agent's reply on a channel that leaves the house. Chat is
// delivered by the gateway and has a row only when mail takes over (CarryOn).
func (tx *Tx) send(c *conversation, r centrala.Receipt, w words) error {
	switch {
	case w.way != nil && w.way.channel != centrala.Email:
		return tx.queuePortions(c, r, w)
	case w.way == nil && c.Channel == centrala.Chat:
		return nil
	}
	return tx.queue(c, r.Event, r.Seq, r.Seq, nil)
}

// queue makes a delivery by mail of the entries from..seq, or of a notice.
func (tx *Tx) queue(c *conversation, event centrala.EventID, from, seq int64, notice *centrala.Notice) error {
	to, err := tx.recipient(c, notice)
	if err != nil {
		return err
	}
	d := centrala.DeliveryID(tx.NewID())
	state, reason, messageID := centrala.DeliveryQueued, "", ""
	inbox, domain, err := tx.mailbox(c)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		state, reason = centrala.DeliveryFailed, "no mailbox is configured"
	case err != nil:
		return err
	case to == "":
		if c.Channel == centrala.Phone || c.Channel == centrala.WalkIn || notice != nil && c.social() {
			return nil // said in person, or somebody whom no mail can be written to
		}
		state, reason = centrala.DeliveryFailed, "the contact has no e-mail address"
	default:
		messageID = "c." + c.ID.String()[2:] + "." + d.String()[2:] + "@" + domain
	}
	copies := ""
	if cc := c.Copies(); notice == nil && c.Channel != centrala.Chat && len(cc) > 0 {
		b, err := json.Marshal(cc)
		if err != nil {
			return fmt.Errorf("copies: %w", err)
		}
		copies = string(b)
	}
	body := ""
	if notice != nil {
		b, err := json.Marshal(notice)
		if err != nil {
			return fmt.Errorf("notice: %w", err)
		}
		body = string(b)
	}
	_, err = tx.Exec(`INSERT INTO delivery (id, conversation, event, seq, from_seq, inbox, channel, address, message_id, notice, cc, state, attempts,
		reason, external_id, next_at, lease_until, made_at, at)
		VALUES ($1, $2, $3, $4, $5, $6, 'email', $7, $8, $9, $10, $11, 0, $12, '', $13, 0, $13, $13)`,
		d, c.ID, event, seq, from, inbox, to, messageID, body, copies, string(state), reason, column.Micros(tx.now))
	if err != nil {
		return fmt.Errorf("queue the delivery: %w", err)
	}
	if messageID != "" {
		if err := tx.threadKey(messageID, inbox, c.ID, centrala.EventID(d), "", true); err != nil {
			return err
		}
	}
	_, err = tx.record(c, centrala.Step{Type: centrala.DeliveryUpdated, Data: centrala.Facts{Kind: "delivery", Delivery: d, Seq: seq,
		State: string(state), Reason: reason, Inbox: inbox}}, words{by: centrala.Author{Kind: centrala.BySystem}})
	return err
}

// recipient is where a conversation is answered by mail: the address of whom the customer came as,
// else that of the person they are.
func (tx *Tx) recipient(c *conversation, notice *centrala.Notice) (string, error) {
	if notice != nil && notice.To.Address != "" {
		return notice.To.Address, nil
	}
	var to string
	err := tx.Row(`SELECT email FROM contact WHERE id IN ($1, $2) ORDER BY CASE WHEN id = $1 AND email <> '' THEN 0 WHEN id = $2 THEN 1 ELSE 2 END LIMIT 1`,
		[]any{c.Visitor(), c.Contact}, &to)
	return to, wrap(err, "read the contact's address")
}

// mailbox is the mail inbox that answers a conversation: its own, its team's, or any.
func (tx *Tx) mailbox(c *conversation) (centrala.InboxID, string, error) {
	var (
		id centrala.InboxID
		in settings
	)
	err := tx.Row(`SELECT id, settings FROM inbox WHERE channel = 'email' AND enabled = 1
		ORDER BY CASE WHEN id = $1 THEN 0 WHEN team = $2 AND team <> 0 THEN 1 WHEN side = $3 AND side <> '' THEN 2 WHEN team = 0 THEN 3 ELSE 4 END, id LIMIT 1`,
		[]any{c.Inbox, c.Team, string(c.Side)}, &id, column.JSON(&in))
	if err != nil || in.Mailbox == nil {
		return id, "localhost", err
	}
	_, domain, _ := strings.Cut(in.Mailbox.Address, "@")
	return id, domain, nil
}

// QueueNotice sends a mail that the program wrote by itself.
func (db *DB) QueueNotice(ctx context.Context, n centrala.Notice) error {
	return db.write(ctx, func(tx *Tx) error { return tx.queueNotice(n) })
}

func (tx *Tx) queueNotice(n centrala.Notice) error {
	c, err := tx.seen(centrala.Everything(), n.Conversation)
	if err != nil {
		return err
	}
	return tx.writeBySelf(c, n)
}

// CarryOn sends the chat answers that a customer has not seen to their address, each once, below
// the words that they answer.
func (db *DB) CarryOn(ctx context.Context, id centrala.ConversationID) error {
	return db.write(ctx, func(tx *Tx) error {
		c, err := tx.seen(centrala.Everything(), id)
		if err != nil || c.unseenSince == 0 {
			return err
		}
		var from, last int64
		err = tx.Row(`SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM event WHERE conversation = $1 AND seq > $2 AND type = 'message.sent' AND seq > coalesce(
			(SELECT max(seq) FROM delivery WHERE conversation = $1), 0)`, []any{id, c.ReadByCustomer}, &from, &last)
		var event centrala.EventID
		if err == nil && last != 0 {
			err = tx.Row(`SELECT id FROM event WHERE conversation = $1 AND seq = $2`, []any{id, last}, &event)
		}
		if err != nil {
			return fmt.Errorf("look for what was not seen: %w", err)
		}
		c.unseenSince = 0
		if last != 0 {
			if err := tx.queue(c, event, from, last, nil); err != nil {
				return err
			}
		}
		tx.update(c)
		tx.settle(c)
		return nil
	})
}

// Redeliver tries a failed, bounced or unknown delivery again, with the same Message-ID.
func (db *DB) Redeliver(ctx context.Context, scope centrala.Scope, id centrala.DeliveryID) error {
	return db.write(ctx, func(tx *Tx) error {
		d, err := tx.delivery(id)
		if err != nil {
			return err
		}
		switch d.state {
		case centrala.DeliveryFailed, centrala.DeliveryBounced, centrala.DeliveryUnknown:
		default:
			return centrala.Errorf(centrala.NotFound, "There is no such failed delivery.")
		}
		if _, err := tx.seen(scope, d.conversation); err != nil {
			return err
		}
		return tx.move(d, centrala.Settlement{State: centrala.DeliveryQueued, Next: tx.now})
	})
}

// Deliveries lists a conversation's ledger in order, each with its attempts.
func (db *DB) Deliveries(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) ([]centrala.Delivery, error) {
	if _, err := db.Conversation(ctx, scope, id); err != nil {
		return nil, err
	}
	rows, err := db.ro.QueryContext(ctx, `SELECT id, conversation, seq, channel, portion, state, attempts, reason, at,
		CASE WHEN state = 'bounced' AND cause = '' THEN coalesce((SELECT max(b.reason) FROM bounce b WHERE b.delivery = delivery.id), '') ELSE cause END
		FROM delivery WHERE conversation = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close()
	out := []centrala.Delivery{}
	for rows.Next() {
		d := centrala.Delivery{History: []centrala.Attempt{}}
		if err := rows.Scan(&d.ID, &d.Conversation, &d.Seq, &d.Channel, &d.Portion, &d.State, &d.Attempts, &d.Reason, column.Instant(&d.At), &d.Cause); err != nil {
			return nil, fmt.Errorf("list deliveries: %w", err)
		}
		out = append(out, d)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return out, db.attempts(ctx, id, out)
}
