package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// LeaseDeliveries takes mails of an inbox that are due for the length of the lease, one at a
// time per conversation and in order, and begins an attempt of each. What was being handed
// over when its lease ended becomes unknown, since nobody can say whether the other side has
// it; where a repeat is harmless it is due again.
func (db *DB) LeaseDeliveries(ctx context.Context, l centrala.Lease) ([]centrala.Outbound, error) {
	var ids []centrala.DeliveryID
	err := db.write(ctx, func(tx *Tx) error {
		if err := tx.lostHandOvers(l); err != nil {
			return err
		}
		if err := tx.unheard(l); err != nil {
			return err
		}
		var err error
		ids, err = tx.due(l)
		if err != nil {
			return fmt.Errorf("look for mail to send: %w", err)
		}
		for _, id := range ids {
			if err := tx.lease(id, l.For); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]centrala.Outbound, 0, len(ids))
	for _, id := range ids {
		o, err := db.outbound(ctx, id)
		if err != nil {
			return out, err
		}
		out = append(out, o)
	}
	return out, nil
}

// due finds what may be leased, the oldest first.
func (tx *Tx) due(l centrala.Lease) ([]centrala.DeliveryID, error) {
	const due = `d.inbox = $1 AND d.next_at <= $2 AND (d.state = 'queued' OR (d.state = 'leased' AND d.lease_until < $2))
		AND NOT EXISTS (SELECT 1 FROM delivery o WHERE o.conversation = d.conversation AND o.id < d.id AND (o.state IN ('queued', 'leased', 'handing_over')
		OR o.state = 'unknown' AND o.inbox = $1 AND o.made_at > $4 AND $5 = 1))`
	args := []any{l.Inbox, column.Micros(tx.now), l.Limit, column.Micros(tx.now.Add(-unheardFor)), column.Flag(l.Echo > 0)}
	apart := ""
	if l.Apart {
		domain, except := tx.w.db.dialect.Domain("d.address"), ""
		for n := 0; n < len(l.Except) || n&(n-1) != 0; n++ { // 1, 2, 4 …: few different statements
			args = append(args, l.Except[min(n, len(l.Except)-1)])
			except += fmt.Sprintf(" AND %s <> $%d", domain, len(args))
		}
		apart = ` AND d.id IN (SELECT min(d.id) FROM delivery d WHERE ` + due + except + ` GROUP BY ` + domain + `)`
	}
	return tx.deliveries(`SELECT d.id FROM delivery d WHERE `+due+apart+` ORDER BY d.id LIMIT $3`+tx.w.db.dialect.SkipLocked(), args...)
}

// lease begins an attempt. One that was leased before and never begun ends with it: nothing
// was sent.
func (tx *Tx) lease(id centrala.DeliveryID, length time.Duration) error {
	if err := tx.release(id, "the lease ended before it was begun"); err != nil {
		return err
	}
	var number int
	if err := tx.Row(`UPDATE delivery SET state = 'leased', attempts = attempts + 1, lease_until = $2 WHERE id = $1 RETURNING attempts`,
		[]any{id, column.Micros(tx.now.Add(length))}, &number); err != nil {
		return fmt.Errorf("lease the delivery: %w", err)
	}
	tx.wrote()
	if number == 1 {
		if err := tx.freeze(id); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO attempt (delivery, number, node, leased_at, began_at, ended_at, outcome, reason, external_id) VALUES ($1, $2, $3, $4, 0, 0, '', '', '')`,
		id, number, tx.w.db.node, column.Micros(tx.now))
	return wrap(err, "write the attempt down")
}

// release ends the attempts of a delivery that were leased and not begun.
func (tx *Tx) release(id centrala.DeliveryID, why string) error {
	_, err := tx.Exec(`UPDATE attempt SET ended_at = $2, outcome = 'queued', reason = $3 WHERE delivery = $1 AND began_at = 0 AND ended_at = 0`, id, column.Micros(tx.now), why)
	return wrap(err, "end the attempt")
}

// deliveries reads the ids that a query finds.
func (tx *Tx) deliveries(query string, args ...any) ([]centrala.DeliveryID, error) {
	rows, err := tx.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, err
	}
	var ids []centrala.DeliveryID
	for rows.Next() {
		var id centrala.DeliveryID
		if err := rows.Scan(&id); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	return ids, errors.Join(rows.Err(), rows.Close())
}

// unheardFor is for how long an answer that nobody heard of is sent again by itself.
const unheardFor = 48 * time.Hour

// unheard makes deliveries due again of which the other side would have told by now, had it taken
// them.
func (tx *Tx) unheard(l centrala.Lease) error {
	if l.Echo <= 0 {
		return nil
	}
	ids, err := tx.deliveries(`SELECT id FROM delivery WHERE inbox = $1 AND state = 'unknown' AND at < $2 AND made_at > $3 ORDER BY id`,
		l.Inbox, column.Micros(tx.now.Add(-l.Echo)), column.Micros(tx.now.Add(-unheardFor)))
	if err != nil {
		return fmt.Errorf("look for what was not heard of: %w", err)
	}
	for _, id := range ids {
		d, err := tx.delivery(id)
		if err != nil {
			return err
		}
		if d.state != centrala.DeliveryUnknown {
			continue // another node was first
		}
		if err := tx.move(d, centrala.Settlement{State: centrala.DeliveryQueued, Reason: "nothing was heard of it", Next: tx.now}); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) lostHandOvers(l centrala.Lease) error {
	ids, err := tx.deliveries(`SELECT id FROM delivery WHERE inbox = $1 AND state = 'handing_over' AND lease_until < $2`, l.Inbox, column.Micros(tx.now))
	if err != nil {
		return fmt.Errorf("look for lost hand-overs: %w", err)
	}
	s := centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "the program ended while it handed the mail over"}
	if l.Repeatable {
		s.State, s.Next = centrala.DeliveryQueued, tx.now
	}
	for _, id := range ids {
		d, err := tx.delivery(id)
		if err != nil {
			return err
		}
		if d.state != centrala.DeliveryHandingOver || d.until >= column.Micros(tx.now) {
			continue // another node was first
		}
		s.Attempt = d.attempts
		if err := tx.outcome(d, s); err != nil {
			return err
		}
	}
	return nil
}

// HandOver notes that the call to the other side begins now. An attempt whose delivery is not
// leased any more, or leased by another attempt, is a Conflict, and the call must not be made.
func (db *DB) HandOver(ctx context.Context, id centrala.DeliveryID, attempt int) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE delivery SET state = 'handing_over' WHERE id = $1 AND attempts = $3 AND state = 'leased' AND lease_until >= $2`, id, column.Micros(tx.now), attempt)
		if err == nil && n == 0 {
			return centrala.Errorf(centrala.Conflict, "The delivery is not leased any more.")
		}
		if err == nil {
			_, err = tx.Exec(`UPDATE attempt SET began_at = $3 WHERE delivery = $1 AND number = $2`, id, attempt, column.Micros(tx.now))
		}
		return wrap(err, "note the hand-over")
	})
}

// Settle notes how an attempt ended, or, with attempt 0, what the other side told of the
// delivery, and tells the conversation. The attempt keeps its outcome whenever it comes. The
// delivery follows it as centrala.DeliveryState says; an outcome that comes when the lease was
// lost and others went on changes it only where that prevents a second mail or ends a doubt,
// and says so in the reason.
func (db *DB) Settle(ctx context.Context, id centrala.DeliveryID, s centrala.Settlement) error {
	return db.write(ctx, func(tx *Tx) error {
		d, err := tx.delivery(id)
		if err != nil {
			return err
		}
		switch {
		case s.Attempt != 0:
			err = tx.outcome(d, s)
		case !d.state.MayBecome(s.State):
			return centrala.Errorf(centrala.Conflict, "A delivery that is %s does not become %s.", d.state, s.State)
		default:
			err = tx.move(d, s)
		}
		if err != nil {
			return err
		}
		return tx.named(d, s.ExternalID)
	})
}

// dispatch is a delivery as the ledger has it now.
type dispatch struct {
	id           centrala.DeliveryID
	conversation centrala.ConversationID
	seq          int64
	state        centrala.DeliveryState
	attempts     int
	until        int64 // end of the lease
	address      string
	cc           []centrala.Address
	channel      centrala.Channel
	inbox        centrala.InboxID
	made         int64
}

func (tx *Tx) delivery(id centrala.DeliveryID) (dispatch, error) {
	d := dispatch{id: id}
	err := tx.Row(`SELECT conversation, seq, state, attempts, lease_until, lower(address), cc, channel, inbox, made_at FROM delivery WHERE id = $1`+tx.w.db.dialect.ForUpdate("delivery"),
		[]any{id}, &d.conversation, &d.seq, &d.state, &d.attempts, &d.until, &d.address, column.List(&d.cc), &d.channel, &d.inbox, &d.made)
	return d, absent(err, "There is no such delivery.")
}

// outcome ends an attempt and moves its delivery.
func (tx *Tx) outcome(d dispatch, s centrala.Settlement) error {
	s.Reason = short(s.Reason, 500)
	if _, err := tx.Exec(`UPDATE attempt SET ended_at = $3, outcome = $4, reason = $5, external_id = $6 WHERE delivery = $1 AND number = $2`,
		d.id, s.Attempt, column.Micros(tx.now), string(s.State), s.Reason, s.ExternalID); err != nil {
		return fmt.Errorf("end the attempt: %w", err)
	}
	running := d.state == centrala.DeliveryLeased || d.state == centrala.DeliveryHandingOver
	if s.Attempt == d.attempts && running {
		if !d.state.MayBecome(s.State) {
			return centrala.Errorf(centrala.Conflict, "A delivery that is %s does not become %s.", d.state, s.State)
		}
		return tx.move(d, s)
	}
	return tx.late(d, s)
}

// Reasons that say that an outcome came when nobody waited for it any more.
const (
	lateReason  = "told late, after it had been given up"
	twiceReason = "an earlier attempt was taken after all: the mail may arrive twice"
)

// late takes in an outcome that came when its lease was lost: the delivery became unknown
// meanwhile, or is on its way once more.
func (tx *Tx) late(d dispatch, s centrala.Settlement) error {
	taken := s.State == centrala.DeliveryHandedOver
	switch {
	case d.state == centrala.DeliveryUnknown && s.Attempt == d.attempts && d.state.MayBecome(s.State),
		taken && (d.state == centrala.DeliveryQueued || d.state == centrala.DeliveryLeased || d.state == centrala.DeliveryUnknown):
		if err := tx.release(d.id, "an earlier attempt was taken after all"); err != nil {
			return err
		}
		if s.Reason != "" {
			s.Reason = lateReason + ": " + s.Reason
		} else {
			s.Reason = lateReason
		}
		return tx.move(d, s)
	case taken && d.state != centrala.DeliveryBounced && s.Attempt != d.attempts:
		return tx.tell(d, d.state, twiceReason)
	}
	return nil // the attempt's row says it; the delivery has gone further
}

// move writes the new state of a delivery and tells the conversation.
func (tx *Tx) move(d dispatch, s centrala.Settlement) error {
	if _, err := tx.Exec(`UPDATE delivery SET state = $2, reason = $3, external_id = CASE WHEN $4 <> '' THEN $4 ELSE external_id END,
		next_at = $5, at = $6, cause = $7 WHERE id = $1`, d.id, string(s.State), short(s.Reason, 500), s.ExternalID, column.Micros(s.Next), column.Micros(tx.now), string(s.Cause)); err != nil {
		return fmt.Errorf("move the delivery: %w", err)
	}
	if d.channel == centrala.Email {
		if err := tx.refused(d, s); err != nil {
			return err
		}
	} else if s.Cause == centrala.Unreachable && s.State == centrala.DeliveryFailed {
		if err := tx.lose(d); err != nil {
			return err
		}
	}
	return tx.tellOf(d, s)
}

func (tx *Tx) tell(d dispatch, state centrala.DeliveryState, reason string) error {
	return tx.tellOf(d, centrala.Settlement{State: state, Reason: reason})
}

// tellOf tells the conversation; of an answer in several portions, where the least of them is.
func (tx *Tx) tellOf(d dispatch, s centrala.Settlement) error {
	if d.channel != centrala.Email && d.seq != 0 {
		states, err := column.All(context.Background(), tx, func(s *centrala.DeliveryState) []any { return []any{s} },
			`SELECT state FROM delivery WHERE conversation = $1 AND seq = $2`, d.conversation, d.seq)
		if err != nil {
			return fmt.Errorf("read the portions: %w", err)
		}
		s.State = centrala.LeastState(states...)
	}
	return tx.EmitIn(d.conversation, centrala.DeliveryUpdated, centrala.Author{Kind: centrala.BySystem},
		centrala.Facts{Kind: "delivery", Delivery: d.id, Seq: d.seq, State: string(s.State), Reason: short(s.Reason, 500), Cause: s.Cause})
}

// attempts fills in the history of a conversation's deliveries.
func (db *DB) attempts(ctx context.Context, id centrala.ConversationID, of []centrala.Delivery) error {
	at := make(map[centrala.DeliveryID]int, len(of))
	for i, d := range of {
		at[d.ID] = i
	}
	rows, err := db.ro.QueryContext(ctx, `SELECT a.delivery, a.number, a.node, a.leased_at, a.began_at, a.ended_at, a.outcome, a.reason, a.external_id
		FROM attempt a JOIN delivery d ON d.id = a.delivery WHERE d.conversation = $1 ORDER BY a.delivery, a.number`, id)
	if err != nil {
		return fmt.Errorf("list attempts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			d centrala.DeliveryID
			a centrala.Attempt
		)
		if err := rows.Scan(&d, &a.Number, &a.Node, column.Instant(&a.Leased), column.Instant(&a.Began), column.Instant(&a.Ended), &a.Outcome, &a.Reason, &a.ExternalID); err != nil {
			return fmt.Errorf("list attempts: %w", err)
		}
		if i, ok := at[d]; ok {
			of[i].History = append(of[i].History, a)
		}
	}
	return wrap(rows.Err(), "list attempts")
}
