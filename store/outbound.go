package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

// outbound is a leased delivery with everything that its sender needs.
func (db *DB) outbound(ctx context.Context, id centrala.DeliveryID) (centrala.Outbound, error) {
	o := centrala.Outbound{Delivery: id}
	var (
		from   int64
		inbox  centrala.InboxID
		notice string
		frozen string
	)
	err := db.ro.QueryRowContext(ctx, `SELECT attempts, inbox, conversation, seq, from_seq, address, message_id, notice, head, cc, made_at, channel, portion, answers, template
		FROM delivery WHERE id = $1`, id).
		Scan(&o.Attempt, &inbox, &o.Conversation, &o.Seq, &from, &o.To.Address, &o.MessageID, &notice, &frozen, column.List(&o.Cc), column.Instant(&o.At),
			&o.Channel, &o.Portion, &o.Answers, column.Object(&o.Template))
	if err != nil {
		return o, fmt.Errorf("read the delivery: %w", err)
	}
	if o.Inbox, err = db.Inbox(ctx, inbox); err != nil {
		return o, err
	}
	h, err := head{}, error(nil)
	if frozen != "" {
		err = json.Unmarshal([]byte(frozen), &h)
	} else {
		err = db.ro.QueryRowContext(ctx, headQuery, id).Scan(h.fields()...)
	}
	if err != nil {
		return o, fmt.Errorf("read the head of delivery %s: %w", id, err)
	}
	o.Number, o.To.Name, o.Locale, o.Signature = h.Number, h.Name, h.Locale, h.Signature
	o.Subject = centrala.ReplySubject(h.Subject, h.Number)
	if notice != "" {
		if err := db.noticed(&o, notice); err != nil || !o.Reply {
			return o, err
		}
		return o, db.references(ctx, &o)
	}
	if err := db.letter(ctx, &o, from); err != nil {
		return o, err
	}
	if o.Channel != centrala.Email {
		return o, db.atVendor(ctx, &o)
	}
	if h.Subject == "" {
		if err := db.entitled(ctx, &o); err != nil {
			return o, err
		}
	}
	return o, db.references(ctx, &o)
}

// atVendor makes an answer what one message of a vendor's carries of it, and says where it goes.
func (db *DB) atVendor(ctx context.Context, o *centrala.Outbound) error {
	var (
		contact centrala.ContactID
		heard   time.Time
	)
	err := db.ro.QueryRowContext(ctx, `SELECT contact, thread, heard_at, CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.delivery = $2 AND a.number < $3
		AND (a.outcome = 'unknown' OR a.began_at <> 0 AND a.ended_at = 0)) THEN 1 ELSE 0 END FROM conversation WHERE id = $1`, o.Conversation, o.Delivery, o.Attempt).
		Scan(&contact, &o.ThreadID, column.Instant(&heard), &o.Doubtful)
	if err != nil {
		return fmt.Errorf("read the conversation: %w", err)
	}
	o.Window = centrala.WindowOf(o.Channel, heard, o.Inbox.Account != nil && o.Inbox.Account.HumanAgent)
	if o.Channel == centrala.Messenger && centrala.OfPost(o.ThreadID) { // a comment is answered in private: Meta gives that as long as people have
		o.Window = centrala.Window{Until: heard.Add(centrala.HumanWindow)}
	}
	p := portionOf(o.Channel, o.ThreadID, o.Text, len(o.Attachments), o.Portion, o.Template != nil)
	o.Text, o.Attachments = p.Text, o.Attachments[p.From:p.To]
	o.Aliases, err = column.All(ctx, db.ro, func(s *string) []any { return []any{s} }, `SELECT address FROM identity WHERE contact IN (`+persons+`) AND channel = $2 AND account = $3
		AND address <> $4 ORDER BY at, address`, contact, o.Channel, account(o.Inbox), o.To.Address)
	return wrap(err, "read the person's addresses")
}

// head is what a mail takes from where it may change meanwhile. It is what it was at the first
// attempt: a repeated mail is the same bytes.
type head struct {
	Number    int64  `json:"number"`
	Subject   string `json:"subject"`
	Name      string `json:"name"`
	Locale    string `json:"locale"`
	Signature string `json:"signature"`
}

const headQuery = `SELECT c.number, c.subject, coalesce(k.name, ''), coalesce(k.locale, ''), coalesce(t.signature, '') FROM delivery d
	JOIN conversation c ON c.id = d.conversation LEFT JOIN contact k ON k.id = CASE WHEN c.origin <> 0 THEN c.origin ELSE c.contact END LEFT JOIN team t ON t.id = c.team WHERE d.id = $1`

func (h *head) fields() []any { return []any{&h.Number, &h.Subject, &h.Name, &h.Locale, &h.Signature} }

// freeze keeps the head of a delivery that is attempted for the first time.
func (tx *Tx) freeze(id centrala.DeliveryID) error {
	var h head
	if err := tx.Row(headQuery, []any{id}, h.fields()...); err != nil {
		return fmt.Errorf("read the head of delivery %s: %w", id, err)
	}
	_, err := tx.Exec(`UPDATE delivery SET head = $2 WHERE id = $1`, id, column.JSON(&h))
	return wrap(err, "keep the head of the delivery")
}

func (db *DB) noticed(o *centrala.Outbound, notice string) error {
	var n centrala.Notice
	if err := json.Unmarshal([]byte(notice), &n); err != nil {
		return fmt.Errorf("notice of delivery %s: %w", o.Delivery, err)
	}
	o.Automatic, o.Reply, o.Subject, o.Text, o.HTML, o.Unsubscribe = true, n.Reply, n.Subject, n.Text, n.HTML, n.Unsubscribe
	if n.Locale != "" {
		o.Locale = n.Locale
	}
	if n.To.Name != "" {
		o.To.Name = n.To.Name
	}
	return nil
}

// letter puts the answers from..Seq into one text, with what the customer wrote before them.
func (db *DB) letter(ctx context.Context, o *centrala.Outbound, from int64) error {
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq BETWEEN $2 AND $3
		AND e.type = 'message.sent' ORDER BY e.seq`, o.Conversation, from, o.Seq)
	if err != nil {
		return err
	}
	var texts []string
	for _, r := range rows {
		texts = append(texts, r.message.Text)
		files, err := db.AttachmentsOf(ctx, r.event.ID)
		if err != nil {
			return err
		}
		o.Attachments = append(o.Attachments, files...)
		o.Author = r.message.Author
	}
	o.Text = strings.Join(texts, "\n\n")
	before, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq < $2
		AND e.type = 'message.received' ORDER BY e.seq DESC LIMIT 1`, o.Conversation, from)
	if err != nil {
		return err
	}
	for _, r := range before {
		o.Quoted = append(o.Quoted, r.message)
	}
	return nil
}

// references names the mails that the answer continues: those that were there when it was given,
// whenever it is sent.
func (db *DB) references(ctx context.Context, o *centrala.Outbound) error {
	rows, err := db.ro.QueryContext(ctx, `SELECT m.message_id, m.ours FROM mail m WHERE m.conversation = $1 AND m.message_id <> $2 AND m.event < $3
		AND (m.ours = 1 AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = m.event AND d.channel = 'email')
		OR m.ours = 0 AND EXISTS (SELECT 1 FROM event e WHERE e.id = m.event AND e.channel IN ('email', 'form'))) ORDER BY m.event`, o.Conversation, o.MessageID, o.Delivery)
	if err != nil {
		return fmt.Errorf("read the thread: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id   string
			ours bool
		)
		if err := rows.Scan(&id, &ours); err != nil {
			return fmt.Errorf("read the thread: %w", err)
		}
		o.References = append(o.References, id)
		if !ours {
			o.InReplyTo = id
		}
	}
	if n := len(o.References); n > MaxReferences {
		o.References = append(o.References[:1:1], o.References[n-MaxReferences+1:]...)
	}
	if o.InReplyTo == "" && len(o.References) > 0 {
		o.InReplyTo = o.References[len(o.References)-1]
	}
	return wrap(rows.Err(), "read the thread")
}

// entitled names a chat that is carried on by the customer's first words: the same in each mail,
// so that their mail program keeps them together.
func (db *DB) entitled(ctx context.Context, o *centrala.Outbound) error {
	first, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.type = 'message.received'
		AND e.text <> '' ORDER BY e.seq LIMIT 1`, o.Conversation)
	for _, r := range first {
		o.Subject = centrala.ReplySubject(short(r.message.Text, 60), o.Number)
	}
	return err
}
