package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"centrala"
)

// Receive takes what a channel read from outside. One transaction stores the message, its
// ledger entry and the mailbox's cursor; Unavailable when the lease was lost under which the
// mailbox was read. The same external id gives the first receipt again, with Repeated. A message whose outcome is not Ingested goes into the ledger only; a bounce
// also marks the delivery that it answers.
func (db *DB) Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	var r centrala.Receipt
	err := db.write(ctx, func(tx *Tx) error {
		if err := tx.moveCursor(in.Cursor); err != nil {
			return err
		}
		var err error
		r, err = tx.receive(in)
		return err
	})
	return r, err
}

func (tx *Tx) receive(in centrala.Inbound) (centrala.Receipt, error) {
	if r, found, err := tx.ledgered(in); found || err != nil {
		return r, err
	}
	if in.Outcome == "" {
		in.Outcome = centrala.Ingested
	}
	digest := digestOf(in)
	if in.Outcome == centrala.Ingested && in.MessageID != "" {
		var event centrala.EventID
		err := tx.row(`SELECT event FROM mail WHERE message_id = $1 AND inbox = $2 AND digest = $3 LIMIT 1`, []any{in.MessageID, in.Inbox, digest}, &event)
		if err == nil {
			in.Outcome, in.Reason = centrala.Duplicate, "the same mail came before, by another way"
		} else if !errors.Is(err, sql.ErrNoRows) {
			return centrala.Receipt{}, fmt.Errorf("look for the same mail: %w", err)
		}
	}
	if in.Outcome == centrala.Bounce {
		if err := tx.bounced(in); err != nil {
			return centrala.Receipt{}, err
		}
	}
	if in.Outcome != centrala.Ingested {
		return centrala.Receipt{}, tx.ledger(in, 0)
	}
	contact, err := tx.sender(in)
	if err != nil {
		return centrala.Receipt{}, err
	}
	if contact.Blocked {
		in.Outcome, in.Reason = centrala.Junk, "the sender is blocked"
		return centrala.Receipt{}, tx.ledger(in, 0)
	}
	return tx.admit(in, contact, digest)
}

// admit puts an ingested message into its conversation.
func (tx *Tx) admit(in centrala.Inbound, contact centrala.Contact, digest string) (centrala.Receipt, error) {
	c, stranger, err := tx.thread(in, contact)
	if err != nil {
		return centrala.Receipt{}, err
	}
	files, err := tx.parts(in.Attachments, c.ID)
	if err != nil {
		return centrala.Receipt{}, err
	}
	by := centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String(), Name: contact.Name}
	if by.Name == "" {
		by.Name = in.From.Address
	}
	if stranger {
		by.Name = strings.TrimSpace(in.From.Name + " <" + in.From.Address + ">")
	}
	r, err := tx.say(c, centrala.Receive{Text: in.Text}, words{by: by, text: clipText(in.Text), full: in.FullText, html: in.HTML,
		raw: in.Raw, files: files, channel: in.Channel})
	if err != nil {
		return r, err
	}
	for _, f := range files {
		if _, err := tx.exec(`UPDATE attachment SET event = $2, conversation = $3 WHERE id = $1`, f.ID, r.Event, c.ID); err != nil {
			return r, fmt.Errorf("attach: %w", err)
		}
	}
	if in.MessageID != "" {
		if err := tx.threadKey(in.MessageID, in.Inbox, c.ID, r.Event, digest, false); err != nil {
			return r, err
		}
	}
	return r, tx.ledger(in, r.Event)
}

// clipText cuts a text to what one message may hold; the whole is kept beside it.
func clipText(s string) string {
	if r := []rune(s); len(r) > centrala.MaxText {
		return string(r[:centrala.MaxText])
	}
	return s
}

func digestOf(in centrala.Inbound) string {
	if in.Digest != "" {
		return in.Digest
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d", in.Subject, in.FullText, in.HTML, len(in.Attachments))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func (tx *Tx) threadKey(id string, inbox centrala.InboxID, c centrala.ConversationID, e centrala.EventID, digest string, ours bool) error {
	_, err := tx.exec(`INSERT INTO mail (message_id, inbox, conversation, event, digest, ours) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, id, inbox, c, e, digest, flag(ours))
	return wrap(err, "keep the threading key")
}

// ledgered finds what became of a message that was fetched before.
func (tx *Tx) ledgered(in centrala.Inbound) (centrala.Receipt, bool, error) {
	var r centrala.Receipt
	if in.ExternalID == "" {
		return r, false, nil
	}
	err := tx.row(`SELECT event FROM intake WHERE inbox = $1 AND external_id = $2`, []any{in.Inbox, in.ExternalID}, &r.Event)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil || r.Event == 0 {
		r.Repeated = true
		return r, err == nil, wrap(err, "look into the ledger")
	}
	err = tx.row(`SELECT conversation, seq, at FROM event WHERE id = $1`, []any{r.Event}, &r.Conversation, &r.Seq, instant{&r.At})
	r.Message, r.Repeated = centrala.MessageRef(r.Event), true
	return r, err == nil, wrap(err, "look into the ledger")
}

// ledger notes the outcome of a fetched message.
func (tx *Tx) ledger(in centrala.Inbound, event centrala.EventID) error {
	if in.ExternalID == "" {
		return nil
	}
	_, err := tx.exec(`INSERT INTO intake (inbox, external_id, outcome, reason, sender, subject, raw, event, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		in.Inbox, in.ExternalID, string(in.Outcome), in.Reason, in.From.Address, short(in.Subject, 200), in.Raw, event, micros(tx.now))
	return wrap(err, "note the outcome")
}

// moveCursor notes how far a mailbox has been read, never backwards within one validity.
func (tx *Tx) moveCursor(c *centrala.Cursor) error {
	if c == nil {
		return nil
	}
	if err := tx.held(c); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO cursor (inbox, folder, validity, uid, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (inbox, folder) DO UPDATE SET uid = CASE WHEN cursor.validity = excluded.validity AND cursor.uid > excluded.uid
		THEN cursor.uid ELSE excluded.uid END, validity = excluded.validity, at = excluded.at`,
		c.Inbox, c.Folder, int64(c.Validity), int64(c.UID), micros(tx.now))
	return wrap(err, "move the cursor")
}

// Cursor is how far a folder of a mailbox has been read; the zero Cursor when never.
func (db *DB) Cursor(ctx context.Context, inbox centrala.InboxID, folder string) (centrala.Cursor, error) {
	c := centrala.Cursor{Inbox: inbox, Folder: folder}
	err := db.ro.QueryRowContext(ctx, `SELECT validity, uid FROM cursor WHERE inbox = $1 AND folder = $2`, inbox, folder).Scan(&c.Validity, &c.UID)
	if errors.Is(err, sql.ErrNoRows) {
		return centrala.Cursor{}, nil
	}
	return c, wrap(err, "read the cursor")
}

// sender finds the contact that an address belongs to, or makes one.
func (tx *Tx) sender(in centrala.Inbound) (centrala.Contact, error) {
	var k centrala.Contact
	address := strings.ToLower(strings.TrimSpace(in.From.Address))
	err := tx.row(`SELECT `+contactColumns+` FROM contact k WHERE k.email = $1 AND k.email <> '' AND k.merged_into = 0
		ORDER BY k.verified DESC, k.id LIMIT 1`, []any{address}, contactFields(&k)...)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return k, err
	}
	return tx.ensureContact(centrala.Contact{ID: centrala.ContactID(tx.id()), Name: in.From.Name, Email: address, Phone: in.Phone,
		Side: in.Side, Locale: in.Locale})
}

// thread finds the conversation that an inbound message continues, or begins one. What
// counts as continuing is decided by centrala.Inbound.Thread; here is only the looking up.
func (tx *Tx) thread(in centrala.Inbound, contact centrala.Contact) (c *conversation, stranger bool, err error) {
	var previous centrala.ConversationID
	try := func(link centrala.Link, where string, args ...any) error {
		found, err := tx.conversation(where, args...)
		if err == nil && found.MergedInto != 0 {
			found, err = tx.byID(found.MergedInto)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		t := in.Thread(found.Conversation, link, found.Contact == contact.ID, tx.now)
		if t.Join {
			c, stranger = found, t.Stranger
		} else if t.Follow && previous == 0 {
			previous = found.ID
		}
		return nil
	}
	if in.ReplyTo != 0 {
		err = try(centrala.ByToken, `c.id = $1`, in.ReplyTo)
	}
	for _, key := range in.ThreadKeys() {
		if c != nil || err != nil {
			break
		}
		err = try(centrala.ByReference, `c.id = (SELECT conversation FROM mail WHERE message_id = $1 ORDER BY event LIMIT 1)`, key)
	}
	if n, ok := centrala.ConversationNumber(in.Subject); ok && c == nil && err == nil {
		err = try(centrala.ByNumber, `c.number = $1`, n)
	}
	if c == nil && err == nil && in.Channel == centrala.Email {
		err = try(centrala.BySubject, `c.id = (SELECT max(id) FROM conversation WHERE contact = $1 AND inbox = $2)`, contact.ID, in.Inbox)
	}
	if err != nil || c != nil {
		return c, stranger, err
	}
	contact.Side = firstSide(in.Side, contact.Side)
	c, err = tx.begin(centrala.Post{Author: centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String(), Name: contact.Name},
		Inbox: in.Inbox, Channel: in.Channel, Contact: &contact, Subject: short(in.Subject, 200)}, previous)
	return c, false, err
}

func firstSide(sides ...centrala.Side) centrala.Side {
	for _, s := range sides {
		if s != centrala.NoSide {
			return s
		}
	}
	return centrala.NoSide
}

// parts notes the files of an inbound message that are in the blob store already.
func (tx *Tx) parts(parts []centrala.Part, c centrala.ConversationID) ([]centrala.Attachment, error) {
	var files []centrala.Attachment
	for _, p := range parts {
		f := centrala.Attachment{ID: centrala.AttachmentID(tx.id()), Name: p.Name, Type: p.Type, Size: p.Size, Blob: p.Blob, Inline: p.Inline, CID: p.CID}
		if err := tx.saveAttachment("inbound", f, 0, c); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Log writes down a conversation that happened elsewhere; the agent has it then. The same
// key of the same agent gives the first receipt again.
func (db *DB) Log(ctx context.Context, agent centrala.Agent, l centrala.Logged) (centrala.Receipt, error) {
	if l.Channel != centrala.Phone && l.Channel != centrala.WalkIn {
		return centrala.Receipt{}, centrala.InvalidField("channel", "By hand a call (phone) or a visit (walk_in) is logged.")
	}
	by := centrala.Author{Kind: centrala.ByAgent, ID: agent.ID.String(), Name: agent.Name}
	post := centrala.Post{Sender: agent.ID.String(), Key: l.Key, Author: by, Text: l.Text}
	if err := post.Check(); err != nil {
		return centrala.Receipt{}, err
	}
	var r centrala.Receipt
	err := db.write(ctx, func(tx *Tx) error {
		var found bool
		var err error
		if r, found, err = tx.first(post); found || err != nil {
			return err
		}
		r, err = tx.logged(agent, l, by)
		return err
	})
	return r, err
}

func (tx *Tx) logged(agent centrala.Agent, l centrala.Logged, by centrala.Author) (centrala.Receipt, error) {
	contact, err := tx.sender(centrala.Inbound{From: centrala.Address{Name: l.Name, Address: l.Email}, Phone: l.Phone, Side: l.Side})
	if err != nil {
		return centrala.Receipt{}, err
	}
	team := l.Team
	if team == 0 && len(agent.Teams) > 0 {
		team = agent.Teams[0]
	}
	c := &conversation{Conversation: centrala.Begin(centrala.ConversationID(tx.id()), centrala.Inbox{Channel: l.Channel, Team: team}, contact, l.Side, tx.now)}
	c.Subject = short(l.Subject, 200)
	if err := tx.insert(c); err != nil {
		return centrala.Receipt{}, err
	}
	opened := centrala.Step{Type: centrala.ConversationOpened, Data: centrala.Facts{Kind: "opened", Contact: c.Contact, Side: c.Side}}
	if _, err := tx.record(c, opened, words{by: by}); err != nil {
		return centrala.Receipt{}, err
	}
	after, steps, err := c.Apply(centrala.Assign{Agent: agent.ID, Name: agent.Name, Reason: "logged by hand"}, tx.now)
	if err != nil {
		return centrala.Receipt{}, err
	}
	c.Conversation = after
	customer := centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String(), Name: contact.Name}
	r, err := tx.say(c, centrala.Receive{Text: l.Text}, words{by: customer, text: l.Text, sender: agent.ID.String(), key: l.Key})
	if err != nil {
		return r, err
	}
	for _, s := range steps {
		if _, err := tx.record(c, s, words{by: by}); err != nil {
			return r, err
		}
	}
	tx.update(c)
	tx.settle(c)
	return r, nil
}
