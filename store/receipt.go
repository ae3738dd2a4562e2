package store

import (
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// receipt takes what the other side tells of our answers: that one was taken, delivered, read, or
// came to nothing. News never go backwards, however they come.
func (tx *Tx) receipt(in centrala.Inbound) (told, error) {
	a := in.About
	if in.Kind == centrala.KindRead {
		a.State = centrala.DeliveryRead
	} else if a.State == "" {
		a.State = centrala.Delivered
	}
	ids, err := tx.receipted(in)
	if err != nil {
		return told{}, err
	}
	if len(ids) == 0 && a.ID != "" {
		if of, err := tx.known(in.Inbox, a.ID); err != nil || of.event != 0 {
			return told{conversation: of.conversation, repeated: true}, err // not sent by us
		}
		if a.Upto.IsZero() {
			return tx.early(in, a.ID)
		}
	}
	out := told{repeated: true}
	for _, id := range ids {
		d, err := tx.delivery(id)
		if err != nil {
			return told{}, err
		}
		out.conversation = d.conversation
		moved, err := tx.moveByReceipt(d, *a)
		if err != nil {
			return told{}, err
		}
		out.repeated = out.repeated && !moved
	}
	if in.Kind == centrala.KindRead && !a.Upto.IsZero() {
		return out, tx.readUpto(in, &out)
	}
	return out, nil
}

// receipted are the deliveries that a receipt is about: by the mark that we sent along, by the
// vendor's id, and all that were handed over to the person up to a time. Begun, not ended, is what
// is compared with it: the vendor has a message before we know that it has.
func (tx *Tx) receipted(in centrala.Inbound) ([]centrala.DeliveryID, error) {
	var ids []centrala.DeliveryID
	own := in.About.Ours
	if own == 0 && in.About.ID != "" {
		of, err := tx.known(in.Inbox, in.About.ID)
		if err != nil {
			return nil, err
		}
		own = of.delivery
	}
	if own != 0 {
		id, err := tx.ownDelivery(in.Inbox, own)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			ids = append(ids, id)
		}
	}
	if in.About.Upto.IsZero() {
		return ids, nil
	}
	more, err := many(tx, func(id *centrala.DeliveryID) []any { return []any{id} }, `SELECT d.id FROM delivery d JOIN attempt a ON a.delivery = d.id AND a.number = d.attempts
		WHERE d.inbox = $1 AND d.address = $2 AND d.state IN ('handed_over', 'delivered', 'unknown') AND d.state <> 'unknown' AND a.began_at <= $3 ORDER BY d.id`,
		in.Inbox, in.From.Address, column.Micros(in.About.Upto))
	return append(ids, more...), wrap(err, "look for what was read")
}

// ownDelivery is a delivery of an inbox, 0 when there is none.
func (tx *Tx) ownDelivery(inbox centrala.InboxID, id centrala.DeliveryID) (centrala.DeliveryID, error) {
	var n int
	err := tx.peek(`SELECT count(*) FROM delivery WHERE id = $1 AND inbox = $2 AND channel <> 'email'`, []any{id, inbox}, &n)
	if n == 0 {
		id = 0
	}
	return id, wrap(err, "look for the delivery")
}

// moveByReceipt moves a delivery if the news may follow what is known of it.
func (tx *Tx) moveByReceipt(d dispatch, a centrala.About) (moved bool, err error) {
	if moved = d.state.MayBecome(a.State); moved {
		if d.state == centrala.DeliveryLeased {
			err = tx.release(d.id, "the other side has it already")
		}
		if err == nil {
			err = tx.move(d, centrala.Settlement{State: a.State, ExternalID: a.ID, Reason: a.Reason, Cause: a.Cause})
		}
		if err == nil && a.State == centrala.DeliveryFailed && d.state == centrala.DeliveryHandedOver && d.seq != 0 {
			err = tx.returned(d, a.Cause, a.Reason)
		}
	}
	if err == nil && a.Ours != 0 {
		err = tx.named(d, a.ID)
	}
	if err == nil && moved && a.State == centrala.DeliveryRead {
		err = tx.readBy(d)
	}
	return moved, err
}

// readBy moves how far a customer has read, once all portions of an answer are.
func (tx *Tx) readBy(d dispatch) error {
	var rest int
	if err := tx.Row(`SELECT count(*) FROM delivery WHERE conversation = $1 AND seq = $2 AND state <> 'read'`, []any{d.conversation, d.seq}, &rest); err != nil || rest > 0 {
		return wrap(err, "read the portions")
	}
	return tx.readTo(d.conversation, d.seq)
}

func (tx *Tx) readTo(id centrala.ConversationID, seq int64) error {
	c, err := tx.byID(id)
	if err != nil {
		return wrap(err, "read the conversation")
	}
	if seq <= c.ReadByCustomer {
		return nil
	}
	c.ReadByCustomer, c.ReceivedByCustomer = seq, max(c.ReceivedByCustomer, seq)
	tx.update(c)
	tx.settle(c)
	return nil
}

// readUpto moves how far a customer has read over answers that were given elsewhere.
func (tx *Tx) readUpto(in centrala.Inbound, out *told) error {
	door, err := tx.door(in.Inbox)
	if err != nil {
		return err
	}
	owner, err := tx.ownerOf(in, door)
	if err != nil || owner == 0 {
		return err
	}
	c, err := tx.talked(in, owner)
	if err != nil || c == nil {
		return err
	}
	var seq int64
	err = tx.Row(`SELECT coalesce(max(seq), 0) FROM event WHERE conversation = $1 AND seq > $2 AND type = 'message.sent' AND author_id = 'outside' AND at <= $3`,
		[]any{c.ID, c.ReadByCustomer, column.Micros(in.About.Upto.Add(time.Second))}, &seq)
	if err != nil {
		return fmt.Errorf("look for what was read: %w", err)
	}
	if seq > c.ReadByCustomer {
		out.conversation, out.repeated = c.ID, false
	}
	return tx.readTo(c.ID, seq)
}

// ownerOf is who has the address that a thing came from, 0 for nobody.
func (tx *Tx) ownerOf(in centrala.Inbound, door inboxRow) (centrala.ContactID, error) {
	var id centrala.ContactID
	err := tx.peek(`SELECT contact FROM identity WHERE channel = $1 AND account = $2 AND address = $3`, []any{in.Channel, door.account(), in.From.Address}, &id)
	if errors.Is(err, errNone) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for the person: %w", err)
	}
	return tx.contactToday(id)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
