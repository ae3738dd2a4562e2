package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Receive takes what a channel read from outside. One transaction stores the message, its
// ledger entry and the mailbox's cursor, and what comes of it: who reads along, what an
// acknowledgement says, which delivery came back. Unavailable when the lease was lost under
// which the mailbox was read. The same external id gives the first receipt again, with
// Repeated. A message whose outcome is not Ingested goes into the ledger only.
func (db *DB) Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	rs, err := db.ReceiveAll(ctx, []centrala.Inbound{in})
	if err != nil {
		return centrala.Receipt{}, err
	}
	return rs[0], nil
}

// ReceiveAll is Receive of several, in their order: all of them are in one commit, or none is.
func (db *DB) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	if slices.ContainsFunc(ins, func(in centrala.Inbound) bool { return in.Raw != "" || len(in.Attachments) > 0 }) {
		if err := db.KeepFiles(); err != nil {
			return nil, err
		}
	}
	var (
		receipts []centrala.Receipt
		blown    []centrala.Fuse
	)
	err := db.write(ctx, func(tx *Tx) error {
		receipts, tx.blown = make([]centrala.Receipt, len(ins)), nil
		if err := tx.aloneWith(ins); err != nil {
			return err
		}
		for i, in := range ins {
			if err := tx.moveCursor(in.Cursor); err != nil {
				return err
			}
			var err error
			if receipts[i], err = tx.receive(in); err != nil {
				return err
			}
		}
		blown = tx.blown
		return nil
	})
	if err == nil {
		db.fuses(blown)
	}
	return receipts, err
}

// aloneWith lets no other node be here with the senders of several messages: in their alphabet, so
// that two nodes do not wait for each other.
func (tx *Tx) aloneWith(ins []centrala.Inbound) error {
	var senders []string
	for _, in := range ins {
		senders = append(senders, address(in.From.Address))
	}
	slices.Sort(senders)
	for _, s := range slices.Compact(senders) {
		if err := tx.Alone("mail from " + s); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) receive(in centrala.Inbound) (centrala.Receipt, error) {
	if r, found, err := tx.ledgered(in); found || err != nil {
		return r, err
	}
	if in.Outcome == "" {
		in.Outcome = centrala.Ingested
	}
	in.Digest = digestOf(in)
	if err := tx.Alone("mail from " + address(in.From.Address)); err != nil {
		return centrala.Receipt{}, err
	}
	about, err := tx.judge(&in)
	if err != nil {
		return centrala.Receipt{}, err
	}
	if in.Outcome == centrala.Bounce {
		if about, err = tx.bounced(in); err != nil {
			return centrala.Receipt{}, err
		}
	}
	if in.Outcome != centrala.Ingested {
		return centrala.Receipt{}, tx.ledger(in, 0, about)
	}
	contact, err := tx.sender(in)
	if err != nil {
		return centrala.Receipt{}, err
	}
	if contact.Blocked {
		in.Outcome, in.Reason, in.Cause = centrala.Junk, "the sender is blocked", centrala.Cause{Code: "blocked"}
		return centrala.Receipt{}, tx.ledger(in, 0, place{})
	}
	r, err := tx.admit(in, contact, in.Digest)
	if err != nil {
		return r, err
	}
	if err := tx.acrossTeams(in, r); err != nil {
		return r, err
	}
	if in.Entry != 0 { // read again: whoever wrote it has waited for a person, not for a program
		return r, nil
	}
	return r, tx.acknowledge(in, contact, &r)
}

// judge is what only the log can say of a message: that it came before, that it is our own, that
// its sender has blown a fuse. It changes the outcome and says what the message is about then.
func (tx *Tx) judge(in *centrala.Inbound) (place, error) {
	about, err := tx.again(in)
	if err != nil || in.Outcome == centrala.Duplicate {
		return about, err
	}
	if in.Outcome == centrala.Bounce {
		return place{}, nil
	}
	if own, err := tx.ours(in.MessageID); err != nil || own != (place{}) {
		in.Outcome, in.Reason, in.Cause = centrala.Automatic, "a mail of ours came back", centrala.Cause{Code: "own-mail"}
		return own, err
	}
	if in.Outcome != centrala.Ingested {
		return place{}, nil
	}
	if about, err = tx.besides(in); err != nil || in.Outcome != centrala.Ingested {
		return about, err
	}
	if in.Entry != 0 {
		return place{}, nil
	}
	return place{}, tx.flood(in)
}

// admit puts an ingested message into its conversation.
func (tx *Tx) admit(in centrala.Inbound, contact centrala.Contact, digest string) (centrala.Receipt, error) {
	c, stranger, link, err := tx.thread(in, contact)
	if err != nil {
		return centrala.Receipt{}, err
	}
	files, err := tx.parts(in.Inbox, in.Attachments, c.ID)
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
		raw: in.Raw, policy: in.Policy, files: files, sender: in.Visitor, channel: in.Channel, trust: in.Trust.Shown()})
	if err != nil {
		return r, err
	}
	for _, f := range files {
		if _, err := tx.Exec(`UPDATE attachment SET event = $2, conversation = $3 WHERE id = $1`, f.ID, r.Event, c.ID); err != nil {
			return r, fmt.Errorf("attach: %w", err)
		}
	}
	if in.MessageID != "" {
		if err := tx.threadKey(in.MessageID, in.Inbox, c.ID, r.Event, digest, false); err != nil {
			return r, err
		}
	}
	if !stranger && link <= centrala.ByReference && in.Trust.Verdict != centrala.Contradict {
		if err := tx.readAlong(c, in, by); err != nil {
			return r, err
		}
	}
	if err := tx.reachable(c, in.From.Address); err != nil {
		return r, err
	}
	return r, tx.ledger(in, r.Event, place{conversation: c.ID, link: link})
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
	_, err := tx.keep(`INSERT INTO mail (message_id, inbox, conversation, event, digest, ours) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, id, inbox, c, e, digest, column.Flag(ours))
	return wrap(err, "keep the threading key")
}

// moveCursor notes how far a mailbox has been read, never backwards within one validity.
func (tx *Tx) moveCursor(c *centrala.Cursor) error {
	if c == nil {
		return nil
	}
	if err := tx.held(c); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO cursor (inbox, folder, validity, uid, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (inbox, folder) DO UPDATE SET uid = CASE WHEN cursor.validity = excluded.validity AND cursor.uid > excluded.uid
		THEN cursor.uid ELSE excluded.uid END, validity = excluded.validity, at = excluded.at`,
		c.Inbox, c.Folder, int64(c.Validity), int64(c.UID), column.Micros(tx.now))
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

// sender finds the contact that an address belongs to, or makes one. Whom our own mail server
// contradicts is another person than the address's owner: their conversations show nothing of
// the owner's. Who was joined with somebody since is found as who they were.
func (tx *Tx) sender(in centrala.Inbound) (centrala.Contact, error) {
	var k centrala.Contact
	from, doubted := address(in.From.Address), in.Trust.Verdict == centrala.Contradict
	err := tx.Row(`SELECT `+contactColumns+` FROM contact k WHERE k.email = $1 AND k.email <> '' AND k.doubted = $2
		AND (k.merged_into = 0 OR EXISTS (SELECT 1 FROM merger m WHERE m.other = k.id AND m.undone_at = 0)) AND 'email' NOT IN (`+lent+`k.id)
		ORDER BY k.verified DESC, k.id LIMIT 1`, []any{from, column.Flag(doubted)}, contactFields(&k)...)
	if err == nil {
		return k, tx.confirmed(&k, in)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return k, err
	}
	return tx.ensureContact(centrala.Contact{ID: centrala.ContactID(tx.NewID()), Name: in.From.Name, Email: from, Phone: in.Phone,
		Side: in.Side, Locale: in.Locale, Doubted: doubted, EmailProven: in.Trust.Verdict == centrala.Confirmed})
}

func firstSide(sides ...centrala.Side) centrala.Side {
	for _, s := range sides {
		if s != centrala.NoSide {
			return s
		}
	}
	return centrala.NoSide
}

// parts notes the files of an inbound message: those that are in the blob store already, and those
// that are still to be fetched.
func (tx *Tx) parts(inbox centrala.InboxID, parts []centrala.Part, c centrala.ConversationID) ([]centrala.Attachment, error) {
	var files []centrala.Attachment
	for _, p := range parts {
		f := centrala.Attachment{ID: centrala.AttachmentID(tx.NewID()), Name: p.Name, Type: p.Type, Size: p.Size, Blob: p.Blob, Inline: p.Inline, CID: p.CID, Card: p.Card}
		if err := tx.saveAttachment("inbound", f, 0, c); err != nil {
			return nil, err
		}
		if p.Handle != "" && p.Blob == "" {
			if err := tx.await(f.ID, inbox, p.Handle); err != nil {
				return nil, err
			}
			f.State = centrala.FileFetching
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
	c, err := tx.newConversation(centrala.Inbox{Channel: l.Channel, Team: team}, contact, l.Side)
	if err != nil {
		return centrala.Receipt{}, err
	}
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
