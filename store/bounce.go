package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"centrala/store/column"

	"centrala"
)

// bounced books what a report says of one of our mails: the delivery came back, or a copy of it
// did, and the address may be given up. A report that belongs to no mail of ours marks nothing:
// anybody can write one.
func (tx *Tx) bounced(in centrala.Inbound) (place, error) {
	report := centrala.DeliveryReport{Action: "failed"}
	if in.Report != nil {
		report, in.Reason = *in.Report, in.Report.Sentence()
	}
	id, err := tx.reported(in, report)
	if err != nil || id == 0 {
		return place{}, err
	}
	d, err := tx.delivery(id)
	if err != nil {
		return place{}, err
	}
	about := place{conversation: d.conversation, delivery: id, link: centrala.ByReference}
	if who := address(report.Recipient); who != d.address && slices.ContainsFunc(d.cc, func(a centrala.Address) bool { return address(a.Address) == who }) {
		return about, tx.copyReturned(d, who, report, in.Reason)
	}
	if !report.Final() {
		if !report.Told() {
			return about, nil // it arrived
		}
		return about, tx.tell(d, d.state, in.Reason)
	}
	if !d.state.MayBecome(centrala.DeliveryBounced) {
		return about, nil // bounced already, or read: the book keeps this one
	}
	if err := tx.fails(d, d.address, report, in.Reason); err != nil {
		return about, err
	}
	if err := tx.move(d, centrala.Settlement{State: centrala.DeliveryBounced, Reason: in.Reason, Cause: report.Cause()}); err != nil || d.seq == 0 {
		return about, err
	}
	return about, tx.returned(d, report.Cause(), in.Reason)
}

// reported finds the delivery that a report is about: by the Message-ID that the report names, by
// those that it answers, or, when it came to a reply address, the last one of that conversation
// to the recipient. An id of ours names its delivery also where the thread has lost it.
func (tx *Tx) reported(in centrala.Inbound, r centrala.DeliveryReport) (id centrala.DeliveryID, err error) {
	keys := in.ThreadKeys()
	if r.OriginalMessageID != "" {
		keys = append([]string{r.OriginalMessageID}, keys...)
	}
	for _, key := range keys {
		p, err := tx.ours(key)
		if err != nil || p.delivery != 0 {
			return p.delivery, err
		}
	}
	if in.ReplyTo == 0 {
		return 0, nil
	}
	err = tx.Row(`SELECT id FROM delivery WHERE conversation = $1 AND message_id <> '' AND ($2 = '' OR lower(address) = $2 OR cc LIKE '%"' || $2 || '"%')
		ORDER BY id DESC LIMIT 1`, []any{in.ReplyTo, address(r.Recipient)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, wrap(err, "look for the bounced mail")
}

// returned tells the conversation's owner.
func (tx *Tx) returned(d dispatch, cause centrala.BounceCause, reason string) error {
	c, err := tx.byID(d.conversation)
	if err != nil || c.MergedInto != 0 {
		return err
	}
	mentions := c.Mentions
	after, steps, err := c.Apply(centrala.Return{Delivery: d.id, Of: d.seq, Cause: cause, Reason: short(reason, 500)}, tx.now)
	if err != nil {
		return err
	}
	c.Conversation = after
	for _, s := range steps {
		if _, err := tx.record(c, s, words{by: system()}); err != nil {
			return err
		}
	}
	if err := tx.keepMentions(c, mentions); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// fails books a failure of an address and gives it up when it was one too many.
func (tx *Tx) fails(d dispatch, who string, r centrala.DeliveryReport, reason string) error {
	if who == "" {
		return nil
	}
	if _, err := tx.keep(`INSERT INTO bounce (id, address, at, hard, status, reason, conversation, delivery) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		tx.NewID(), who, column.Micros(tx.now), column.Flag(r.Hard()), short(r.Status, 20), string(r.Cause()), d.conversation, d.id); err != nil {
		return fmt.Errorf("book the bounce: %w", err)
	}
	if !r.Hard() {
		var soft int
		if err := tx.Row(`SELECT count(*) FROM bounce WHERE address = $1 AND at > $2`, []any{who, column.Micros(tx.now.Add(-centrala.SoftWindow))}, &soft); err != nil {
			return fmt.Errorf("count the bounces: %w", err)
		}
		if soft < centrala.SoftBounces {
			return nil
		}
	}
	_, err := tx.keep(`UPDATE contact SET bounced_at = $2, bounce_reason = $3 WHERE email = $1 AND bounced_at = 0`, who, column.Micros(tx.now), string(r.Cause()))
	return wrap(err, "mark the address")
}

var enhanced = regexp.MustCompile(`\b5\.\d{1,3}\.\d{1,3}\b`)

// refused books a refusal for good that a server gave at once: it is as good as a report.
func (tx *Tx) refused(d dispatch, s centrala.Settlement) error {
	r := centrala.DeliveryReport{Action: "failed", Status: enhanced.FindString(s.Reason)}
	if s.State != centrala.DeliveryFailed && s.State != centrala.DeliveryBounced || !r.Hard() {
		return nil
	}
	return tx.fails(d, d.address, r, s.Reason)
}

// copyReturned marks a participant whom a copy did not reach. The answer itself is not touched.
func (tx *Tx) copyReturned(d dispatch, who string, r centrala.DeliveryReport, reason string) error {
	if !r.Final() {
		return nil
	}
	if err := tx.fails(d, who, r, reason); err != nil {
		return err
	}
	c, err := tx.byID(d.conversation)
	if err != nil || !c.Participates(who) {
		return wrap(err, "read the conversation")
	}
	if err := tx.markReader(c, who, r.Cause()); err != nil {
		return err
	}
	facts := centrala.Facts{Kind: "copy_returned", Seq: d.seq, Cause: r.Cause(), Reason: short(reason, 500)}
	if _, err := tx.record(c, centrala.Step{Type: centrala.DeliveryReturned, Timeline: true, Data: facts}, words{by: system(), text: who}); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// markReader says of a participant why mail does not reach them, or that it does again.
func (tx *Tx) markReader(c *conversation, who string, cause centrala.BounceCause) error {
	c.Participants = slices.Clone(c.Participants)
	for i := range c.Participants {
		if c.Participants[i].Address == who {
			c.Participants[i].Bounced = cause
		}
	}
	if _, err := tx.Exec(`UPDATE participant SET bounced = $3 WHERE conversation = $1 AND address = $2`, c.ID, who, string(cause)); err != nil {
		return fmt.Errorf("mark the participant: %w", err)
	}
	list, err := json.Marshal(column.Some(c.Participants))
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	_, err = tx.Exec(`UPDATE conversation SET participants = $2 WHERE id = $1`, c.ID, string(list))
	c.Version++
	return wrap(err, "mark the participant")
}

// reachable takes the marks off an address that has written: somebody is there.
func (tx *Tx) reachable(c *conversation, from string) error {
	who := address(from)
	if who == "" {
		return nil
	}
	if _, err := tx.keep(`UPDATE contact SET bounced_at = 0, bounce_reason = '' WHERE email = $1 AND bounced_at <> 0`, who); err != nil {
		return fmt.Errorf("take the mark off the address: %w", err)
	}
	if !slices.ContainsFunc(c.Participants, func(p centrala.Participant) bool { return p.Address == who && p.Bounced != "" }) {
		return nil
	}
	if err := tx.markReader(c, who, ""); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// Reachable takes the mark off a contact's address: a person knows better than the bounces.
func (db *DB) Reachable(ctx context.Context, scope centrala.Scope, id centrala.ContactID) error {
	return db.write(ctx, func(tx *Tx) error {
		args := []any{id}
		where := contactWhere(scope, &args)
		n, err := tx.Exec(`UPDATE contact AS k SET bounced_at = 0, bounce_reason = '' WHERE k.id = $1 AND `+where, args...)
		if err == nil && n == 0 {
			err = errNone
		}
		return column.Missing(err, "contact", id.String())
	})
}
