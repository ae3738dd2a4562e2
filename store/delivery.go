package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"centrala"
)

// MaxReferences is how many earlier Message-IDs an answer names.
const MaxReferences = 20

// send makes the delivery row of an agent's reply on a channel that leaves the house. Chat is
// delivered by the gateway and has a row only when mail takes over (CarryOn).
func (tx *Tx) send(c *conversation, r centrala.Receipt, reply centrala.Reply) error {
	if c.Channel == centrala.Chat {
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
	d := centrala.DeliveryID(tx.id())
	state, reason, messageID := centrala.DeliveryQueued, "", ""
	inbox, domain, err := tx.mailbox(c)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		state, reason = centrala.DeliveryFailed, "no mailbox is configured"
	case err != nil:
		return err
	case to == "":
		if c.Channel == centrala.Phone || c.Channel == centrala.WalkIn {
			return nil // said in person
		}
		state, reason = centrala.DeliveryFailed, "the contact has no e-mail address"
	default:
		messageID = "c." + c.ID.String()[2:] + "." + d.String()[2:] + "@" + domain
	}
	body := ""
	if notice != nil {
		b, err := json.Marshal(notice)
		if err != nil {
			return fmt.Errorf("notice: %w", err)
		}
		body = string(b)
	}
	_, err = tx.exec(`INSERT INTO delivery (id, conversation, event, seq, from_seq, inbox, channel, address, message_id, notice, state, attempts,
		reason, external_id, next_at, lease_until, made_at, at)
		VALUES ($1, $2, $3, $4, $5, $6, 'email', $7, $8, $9, $10, 0, $11, '', $12, 0, $12, $12)`,
		d, c.ID, event, seq, from, inbox, to, messageID, body, string(state), reason, micros(tx.now))
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

func (tx *Tx) recipient(c *conversation, notice *centrala.Notice) (string, error) {
	if notice != nil && notice.To.Address != "" {
		return notice.To.Address, nil
	}
	var to string
	err := tx.row(`SELECT email FROM contact WHERE id = $1`, []any{c.Contact}, &to)
	return to, wrap(err, "read the contact's address")
}

// mailbox is the mail inbox that answers a conversation: its own, its team's, or any.
func (tx *Tx) mailbox(c *conversation) (centrala.InboxID, string, error) {
	var (
		id centrala.InboxID
		in settings
	)
	err := tx.row(`SELECT id, settings FROM inbox WHERE channel = 'email' AND enabled = 1
		ORDER BY CASE WHEN id = $1 THEN 0 WHEN team = $2 AND team <> 0 THEN 1 WHEN side = $3 AND side <> '' THEN 2 WHEN team = 0 THEN 3 ELSE 4 END, id LIMIT 1`,
		[]any{c.Inbox, c.Team, string(c.Side)}, &id, asJSON(&in))
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
	if err := tx.queue(c, 0, 0, 0, &n); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// CarryOn sends the chat answers that a customer has not seen to their address, once.
func (db *DB) CarryOn(ctx context.Context, id centrala.ConversationID) error {
	return db.write(ctx, func(tx *Tx) error {
		c, err := tx.seen(centrala.Everything(), id)
		if err != nil || c.unseenSince == 0 {
			return err
		}
		from := max(c.ReadByCustomer+1, 1)
		var last int64
		var event centrala.EventID
		err = tx.row(`SELECT seq, id FROM event WHERE conversation = $1 AND seq >= $2 AND type = 'message.sent' AND seq > coalesce(
			(SELECT max(seq) FROM delivery WHERE conversation = $1), 0) ORDER BY seq DESC LIMIT 1`, []any{id, from}, &last, &event)
		c.unseenSince = 0
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil {
			if err := tx.queue(c, event, from, last, nil); err != nil {
				return err
			}
		}
		tx.update(c)
		tx.settle(c)
		return nil
	})
}

// bounced marks the delivery that a bounce answers.
func (tx *Tx) bounced(in centrala.Inbound) error {
	for _, key := range in.ThreadKeys() {
		var id centrala.DeliveryID
		err := tx.row(`SELECT id FROM delivery WHERE message_id = $1`, []any{key}, &id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look for the bounced mail: %w", err)
		}
		d, err := tx.delivery(id)
		if err != nil || !d.state.MayBecome(centrala.DeliveryBounced) {
			return err // bounced already, or read: the intake's ledger keeps this one
		}
		return tx.move(d, centrala.Settlement{State: centrala.DeliveryBounced, Reason: in.Reason})
	}
	return nil
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
	rows, err := db.ro.QueryContext(ctx, `SELECT id, conversation, seq, channel, state, attempts, reason, at FROM delivery WHERE conversation = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close()
	out := []centrala.Delivery{}
	for rows.Next() {
		d := centrala.Delivery{History: []centrala.Attempt{}}
		if err := rows.Scan(&d.ID, &d.Conversation, &d.Seq, &d.Channel, &d.State, &d.Attempts, &d.Reason, instant{&d.At}); err != nil {
			return nil, fmt.Errorf("list deliveries: %w", err)
		}
		out = append(out, d)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return out, db.attempts(ctx, id, out)
}
