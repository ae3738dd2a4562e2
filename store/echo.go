package store

import (
	"cmp"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
)

// outside is the author's id of words that were written in the vendor's own app.
const outside = "outside"

// echo takes our own words as the vendor has them. Those that left by us are confirmed, whatever we
// know of them; others were written elsewhere and are an answer all the same.
func (tx *Tx) echo(in centrala.Inbound, door inboxRow) (told, error) {
	id, err := tx.ownDelivery(in.Inbox, in.About.Ours)
	if err != nil {
		return told{}, err
	}
	name := cmp.Or(in.ExternalID, in.About.ID)
	known, err := tx.known(in.Inbox, name, in.MessageID)
	if err != nil || id == 0 && known.event != 0 && known.delivery == 0 {
		return told{conversation: known.conversation, seq: known.seq, repeated: true}, err
	}
	if id == 0 {
		id = known.delivery
	}
	if id == 0 {
		if id, err = tx.likely(in); err != nil {
			return told{}, err
		}
	}
	if id != 0 {
		if err := tx.met(id, in, door); err != nil {
			return told{}, err
		}
		return tx.confirm(id, name)
	}
	return tx.elsewhereSaid(in, door, name)
}

// confirm settles a delivery that the vendor shows to have.
func (tx *Tx) confirm(id centrala.DeliveryID, name string) (told, error) {
	d, err := tx.delivery(id)
	if err != nil {
		return told{}, err
	}
	out := told{conversation: d.conversation, seq: d.seq, repeated: true}
	if d.state.MayBecome(centrala.DeliveryHandedOver) {
		out.repeated = false
		if err := tx.release(d.id, "the other side has it already"); err != nil {
			return told{}, err
		}
		if _, err := tx.keep(`UPDATE attempt SET ended_at = CASE WHEN ended_at = 0 THEN $3 ELSE ended_at END, outcome = 'handed_over', external_id = $4
			WHERE delivery = $1 AND number = $2 AND began_at <> 0`, d.id, d.attempts, column.Micros(tx.now), name); err != nil {
			return told{}, fmt.Errorf("end the attempt: %w", err)
		}
		if err := tx.move(d, centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: name}); err != nil {
			return told{}, err
		}
	}
	return out, tx.named(d, name)
}

// likely finds a delivery of ours that is under way, or of which nobody knows, to whom an echo went,
// or into its thread, and with the same words: of vendors that do not return our mark.
func (tx *Tx) likely(in centrala.Inbound) (centrala.DeliveryID, error) {
	type candidate struct {
		id             centrala.DeliveryID
		text, template string
		channel        centrala.Channel
		thread         string
		portion, files int
	}
	fields := func(c *candidate) []any {
		return []any{&c.id, &c.text, &c.template, &c.channel, &c.thread, &c.portion, &c.files}
	}
	if err := tx.flush(); err != nil {
		return 0, err
	}
	const columns = `SELECT d.id, e.text, d.template, d.channel, c.thread, d.portion, (SELECT count(*) FROM attachment f WHERE f.event = d.event)
		FROM delivery d JOIN event e ON e.id = d.event JOIN conversation c ON c.id = d.conversation WHERE d.inbox = $1 AND (d.address = $2 OR c.thread <> '' AND c.thread = $3) AND d.attempts > 0 AND d.external_id = '' AND `
	list, err := many(tx, fields, columns+`d.state IN ('queued', 'leased', 'handing_over')`+` UNION ALL `+columns+`d.state = 'unknown' ORDER BY 1`, in.Inbox, in.From.Address, in.ThreadID)
	if err != nil {
		return 0, fmt.Errorf("look for the answer of an echo: %w", err)
	}
	for _, c := range list {
		if c.thread != "" && in.ThreadID != "" && c.thread != in.ThreadID {
			continue // the same words to the same person, about something else
		}
		p := portionOf(c.channel, c.thread, c.text, c.files, c.portion, c.template != "")
		if p.Text == strings.TrimSpace(in.Text) && (p.Text != "" || p.To-p.From == len(in.Attachments)) {
			return c.id, nil
		}
	}
	return 0, nil
}

// elsewhereSaid is an answer that somebody gave in the vendor's own app. A conversation that
// begins with one waits for nobody here: it is over until the customer answers.
func (tx *Tx) elsewhereSaid(in centrala.Inbound, door inboxRow, name string) (told, error) {
	contact, err := tx.whoWrote(in, door)
	if err != nil {
		return told{}, err
	}
	if contact.Blocked && contact.Name == "" {
		return told{}, nil // erased
	}
	c, err := tx.talk(in, contact, door)
	if err != nil {
		return told{}, err
	}
	begins := c.LastSeq == 0
	answered, err := tx.known(in.Inbox, in.About.ID)
	if err != nil {
		return told{}, err
	}
	files, err := tx.parts(in.Inbox, in.Attachments, c.ID)
	if err != nil {
		return told{}, err
	}
	by := centrala.Author{Kind: centrala.ByAgent, ID: outside, Name: cmp.Or(in.Payload, string(in.Channel))}
	w := words{by: by, text: clipText(in.Text), full: in.FullText, files: files, channel: in.Channel}
	if answered.conversation == c.ID {
		w.answers = answered.seq
	}
	if err := tx.about(c, in.Matters); err != nil {
		return told{}, err
	}
	r, err := tx.say(c, centrala.Reply{Text: in.Text, Human: true, Outside: true}, w)
	if err != nil {
		return told{}, err
	}
	if begins {
		if _, err := tx.do(c, centrala.Resolve{Unasked: true}, system()); err != nil {
			return told{}, err
		}
	}
	return told{conversation: c.ID, seq: r.Seq, message: true}, tx.callIt(in.Inbox, c.ID, r.Event, name, in.MessageID)
}
