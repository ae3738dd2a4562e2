package store

import (
	"database/sql"
	"encoding/json"
	"errors"

	"centrala/store/column"

	"centrala"
)

// place is where a fetched message ended: the conversation that it is in or about, by what it
// found that, and the delivery of ours that it is about.
type place struct {
	conversation centrala.ConversationID
	delivery     centrala.DeliveryID
	link         centrala.Link
}

// facts are what an entry of the book remembers and nobody looks for.
type facts struct {
	Trust  centrala.Trust           `json:"trust,omitzero"`
	Report *centrala.DeliveryReport `json:"report,omitempty"`
}

func factsOf(in centrala.Inbound) (string, error) {
	f := facts{in.Trust, in.Report}
	if f == (facts{}) {
		return "", nil
	}
	b, err := json.Marshal(f)
	return string(b), wrap(err, "what is known of the mail")
}

// ledgered finds what became of a message that was fetched before.
func (tx *Tx) ledgered(in centrala.Inbound) (centrala.Receipt, bool, error) {
	var r centrala.Receipt
	if in.ExternalID == "" || in.Entry != 0 {
		return r, false, nil
	}
	err := tx.Row(`SELECT event FROM intake WHERE inbox = $1 AND external_id = $2`, []any{in.Inbox, in.ExternalID}, &r.Event)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil || r.Event == 0 {
		r.Repeated = true
		return r, err == nil, wrap(err, "look into the ledger")
	}
	err = tx.Row(`SELECT conversation, seq, at FROM event WHERE id = $1`, []any{r.Event}, &r.Conversation, &r.Seq, column.Instant(&r.At))
	r.Message, r.Repeated = centrala.MessageRef(r.Event), true
	return r, err == nil, wrap(err, "look into the ledger")
}

// ledger notes the outcome of a fetched message: a new line, or on the one that it has.
func (tx *Tx) ledger(in centrala.Inbound, event centrala.EventID, p place) error {
	if in.ExternalID == "" {
		return nil
	}
	facts, err := factsOf(in)
	if err != nil {
		return err
	}
	link, folder, uid := "", "", uint32(0)
	if p.conversation != 0 {
		link = p.link.String()
	}
	if in.Cursor != nil {
		folder, uid = in.Cursor.Folder, in.Cursor.UID
	}
	if in.Entry != 0 {
		_, err = tx.Exec(`UPDATE intake SET outcome = $2, reason = $3, cause = $4, detail = $5, sender = $6, sender_name = $7, recipient = $8, subject = $9,
			message_id = $10, event = $11, written_at = $12, conversation = $13, delivery = $14, link = $15, parser = $16, facts = $17, digest = $18 WHERE id = $1`,
			in.Entry, string(in.Outcome), in.Reason, in.Cause.Code, short(in.Cause.Detail, 300), in.From.Address, short(in.From.Name, 200), firstOf(in.To),
			short(in.Subject, 200), in.MessageID, event, column.Micros(in.At), p.conversation, p.delivery, link, in.Parser, facts, in.Digest)
		return wrap(err, "note the new outcome")
	}
	_, err = tx.Exec(`INSERT INTO intake (id, inbox, external_id, folder, uid, outcome, reason, cause, detail, sender, sender_name, recipient, subject, message_id, digest,
		size, raw, event, written_at, at, conversation, delivery, link, parser, facts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`,
		tx.NewID(), in.Inbox, in.ExternalID, folder, int64(uid), string(in.Outcome), in.Reason, in.Cause.Code, short(in.Cause.Detail, 300),
		in.From.Address, short(in.From.Name, 200), firstOf(in.To), short(in.Subject, 200), in.MessageID, in.Digest,
		in.Size, in.Raw, event, column.Micros(in.At), column.Micros(tx.now), p.conversation, p.delivery, link, in.Parser, facts)
	return wrap(err, "note the outcome")
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
