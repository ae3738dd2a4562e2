package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// way is how an answer leaves the house.
type way struct {
	channel  centrala.Channel
	other    bool   // than the conversation's own
	answers  string // the vendor's id of the message that it answers
	template *centrala.Template
}

// wayOut finds the way by which an answer leaves, nil where that is mail or none at all. What the
// way does not let through is refused: Closed, field window, when the vendor lets nobody write to
// the person any more.
func (tx *Tx) wayOut(c *conversation, p centrala.Post) (*way, error) {
	if p.Author.Kind == centrala.ByCustomer || p.Note {
		return nil, nil
	}
	answers, err := tx.answered(c, p.Answers)
	if err != nil {
		return nil, err
	}
	if p.Template != nil && (c.Channel != centrala.WhatsApp || p.Via != "" && p.Via != c.Channel) {
		return nil, centrala.InvalidField("template", "Only WhatsApp has templates.")
	}
	w := &way{channel: c.Channel, answers: answers, template: p.Template}
	switch {
	case p.Via == "" || p.Via == c.Channel:
		if !c.social() {
			return nil, nil
		}
		return w, tx.mayPass(c, p)
	case p.Via == centrala.Email:
		return &way{channel: centrala.Email, other: true}, tx.mailable(c)
	case p.Via == centrala.Messenger && c.Channel == centrala.Facebook && c.social():
		w.channel, w.other = p.Via, true
		return w, tx.privately(c, w)
	}
	return nil, centrala.InvalidField("via", "No answer to this conversation leaves by %.40q.", p.Via)
}

// mayPass holds an answer against the window of its conversation. Programs are no people.
func (tx *Tx) mayPass(c *conversation, p centrala.Post) error {
	person := p.Agent != 0 && authorAgent(p.Author) != 0
	if c.Window().Passes(tx.now, person, p.Template != nil) == centrala.Shut {
		return &centrala.Error{Code: centrala.Closed, Field: "window", Message: "The time within which this person may be answered here is over."}
	}
	return nil
}

// mailable refuses an answer by mail to somebody who has no address, or none that works.
func (tx *Tx) mailable(c *conversation) error {
	var k centrala.Contact
	if err := tx.peek(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1`, []any{c.Contact}, contactFields(&k)...); err != nil {
		return fmt.Errorf("read the contact: %w", err)
	}
	if k.Email == "" {
		return centrala.InvalidField("via", "The contact has no e-mail address.")
	}
	if _, _, err := tx.mailbox(c); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return centrala.InvalidField("via", "No mailbox is configured.")
		}
		return err
	}
	return nil
}

// answered is the vendor's id of an entry that an answer names, "" where it has none.
func (tx *Tx) answered(c *conversation, seq int64) (string, error) {
	if seq == 0 {
		return "", nil
	}
	var (
		id   int64
		kind centrala.EventType
	)
	err := tx.Row(`SELECT id, type FROM event WHERE conversation = $1 AND seq = $2`, []any{c.ID, seq}, &id, &kind)
	if errors.Is(err, sql.ErrNoRows) || err == nil && kind != centrala.MessageReceived && kind != centrala.MessageSent {
		return "", centrala.InvalidField("answers", "There is no message %d to answer.", seq)
	}
	if err != nil {
		return "", fmt.Errorf("read the answered message: %w", err)
	}
	return tx.vendorName(`m.event = $2 OR m.event IN (SELECT d.id FROM delivery d WHERE d.conversation = $1 AND d.event = $2)`, c.ID, id)
}

func (tx *Tx) vendorName(where string, args ...any) (string, error) {
	var name string
	err := tx.Row(`SELECT m.message_id FROM mail m WHERE m.conversation = $1 AND (`+where+`) ORDER BY m.event DESC LIMIT 1`, args, &name)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return name, wrap(err, "look for the vendor's id")
}

// queuePortions makes the deliveries of an answer at a vendor's: one for each message that it takes.
func (tx *Tx) queuePortions(c *conversation, r centrala.Receipt, w words) error {
	template := ""
	n := 1
	if w.way.template != nil {
		b, err := json.Marshal(w.way.template)
		if err != nil {
			return fmt.Errorf("template: %w", err)
		}
		template = string(b)
	} else {
		n = len(centrala.Portions(centrala.MeasureOf(w.way.channel, c.ThreadID), w.text, len(w.files)))
	}
	for portion := range n {
		d := centrala.DeliveryID(tx.NewID())
		if _, err := tx.keep(`INSERT INTO delivery (id, conversation, event, seq, from_seq, inbox, channel, address, message_id, notice, cc, state, attempts,
			reason, external_id, next_at, lease_until, made_at, at, portion, answers, template)
			VALUES ($1, $2, $3, $4, $4, $5, $6, $7, '', '', '', 'queued', 0, '', '', $8, 0, $8, $8, $9, $10, $11)`,
			d, c.ID, r.Event, r.Seq, c.Inbox, w.way.channel, c.peer, column.Micros(tx.now), portion, w.way.answers, template); err != nil {
			return fmt.Errorf("queue the delivery: %w", err)
		}
		facts := centrala.Facts{Kind: "delivery", Delivery: d, Seq: r.Seq, State: string(centrala.DeliveryQueued), Inbox: c.Inbox}
		if w.way.other {
			facts.Channel = w.way.channel
		}
		if _, err := tx.record(c, centrala.Step{Type: centrala.DeliveryUpdated, Data: facts}, words{by: system()}); err != nil {
			return err
		}
	}
	return nil
}

// portionOf is what one message of a vendor's carries of an answer.
func portionOf(ch centrala.Channel, thread, text string, files, portion int, template bool) centrala.Portion {
	if template {
		return centrala.Portion{Text: text}
	}
	if all := centrala.Portions(centrala.MeasureOf(ch, thread), text, files); portion < len(all) {
		return all[portion]
	}
	return centrala.Portion{}
}

// sameWay reports whether a post that comes again wants to leave as the first one did.
func (tx *Tx) sameWay(p centrala.Post, first *said) (bool, error) {
	var (
		template string
		own      centrala.Channel
	)
	err := tx.Row(`SELECT coalesce((SELECT max(template) FROM delivery WHERE conversation = $1 AND seq = $2), ''), channel FROM conversation WHERE id = $1`,
		[]any{first.receipt.Conversation, first.receipt.Seq}, &template, &own)
	if err != nil {
		return false, fmt.Errorf("read how the first one left: %w", err)
	}
	want := ""
	if p.Template != nil {
		b, err := json.Marshal(p.Template)
		if err != nil {
			return false, fmt.Errorf("template: %w", err)
		}
		want = string(b)
	}
	return want == template && (p.Via == first.via || p.Via == own && first.via == ""), nil
}
