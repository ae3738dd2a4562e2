package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// theirMail is the condition that an entry i of the book is about the contact $1: it is in, or
// about, a conversation of theirs, or was sent from an address that is theirs.
const theirMail = `(i.conversation IN (SELECT id FROM conversation WHERE contact = $1)
	OR i.event IN (SELECT e.id FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1)
	OR lower(i.sender) IN (SELECT lower(k.email) FROM contact k WHERE k.id IN (` + persons + `) AND k.email <> ''))`

// Erase takes a contact's words and traits out of the log for good: texts, names, addresses,
// files. The shape of their conversations stays, so that no seq has a hole and the counts
// hold. The book of fetched mail forgets them too, and so do the raw hooks: those that told of them, and
// those that have an address of theirs. Whoever was joined with the contact goes as well:
// they are one person. It returns the blobs to delete (a name that
// ends with a slash is all that begins so), and makes the contact's tokens void.
func (db *DB) Erase(ctx context.Context, id centrala.ContactID, by centrala.Author) (blobs []string, err error) {
	of, err := callings(ctx, db.ro, id)
	if err != nil {
		return nil, err
	}
	seen, err := db.traced(ctx, db.ro, of, 0) // ahead: they are many, and nobody is held up
	if err != nil {
		return nil, err
	}
	err = db.write(ctx, func(tx *Tx) error {
		blobs = nil
		if _, err := tx.seenContact(centrala.Everything(), id); err != nil {
			return err
		}
		if blobs, err = tx.blobs(id); err != nil {
			return err
		}
		of, err := callings(context.Background(), tx, id)
		if err != nil {
			return err
		}
		if err := tx.eraseHooks(seen, of); err != nil {
			return err
		}
		people, err := personsOf(context.Background(), tx, id)
		if err != nil {
			return err
		}
		for _, k := range people {
			if err := tx.erase(k, by); err != nil {
				return err
			}
		}
		return nil
	})
	return blobs, err
}

// erase takes one contact out of the log.
func (tx *Tx) erase(id centrala.ContactID, by centrala.Author) error {
	const theirs = ` IN (SELECT id FROM conversation WHERE contact = $1)`
	const theirHooks = ` IN (SELECT id FROM hook WHERE conversation` + theirs + ` UNION SELECT hook FROM hook_also WHERE conversation` + theirs + `)`
	const email = `(SELECT email FROM contact WHERE id = $1 AND email <> '')`
	const alongside = ` IN (SELECT conversation FROM participant WHERE address = ` + email + `)`
	// Under which ids they wrote, and were shown articles.
	const browsers = ` IN (SELECT e.sender FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1 AND e.author_kind = 'customer' AND e.sender IS NOT NULL)`
	if err := tx.leaveAll(id); err != nil {
		return err
	}
	if err := errors.Join(tx.seal(id), tx.eraseEarly(id)); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM body WHERE event IN (SELECT e.id FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1)`,
		`UPDATE event SET text = '', extra = '', body = 0, author_name = CASE WHEN author_kind = 'customer' THEN '' ELSE author_name END WHERE conversation` + theirs,
		`UPDATE body SET raw = '' WHERE event IN (SELECT i.event FROM intake i WHERE i.event <> 0 AND ` + theirMail + `)`,
		`UPDATE intake AS i SET sender = '', sender_name = '', recipient = '', subject = '', raw = '', detail = '', facts = '', reason = cause
				WHERE ` + theirMail,
		`UPDATE delivery SET address = '', notice = '', reason = '', cc = '', head = '', template = '' WHERE conversation` + theirs,
		`DELETE FROM edition WHERE event IN (SELECT e.id FROM event e WHERE e.conversation` + theirs + `)`,
		`DELETE FROM reaction WHERE event IN (SELECT e.id FROM event e WHERE e.conversation` + theirs + `)`,
		`UPDATE conversation SET thread = '', peer = '', matters = '' WHERE contact = $1`,
		`UPDATE attempt SET reason = '' WHERE delivery IN (SELECT id FROM delivery WHERE conversation` + theirs + `)`,
		`UPDATE event SET text = '' WHERE type IN ('participant.joined', 'participant.left', 'delivery.returned') AND conversation` + alongside,
		`UPDATE delivery SET cc = '' WHERE conversation` + theirs + ` OR conversation` + alongside,
		`UPDATE conversation SET participants = '' WHERE contact = $1`,
		`DELETE FROM participant WHERE conversation` + theirs + ` OR address = ` + email,
		`DELETE FROM bounce WHERE address = ` + email,
		`DELETE FROM robot_mail WHERE address = ` + email,
		`DELETE FROM fuse WHERE name = ` + email,
		`DELETE FROM attachment WHERE conversation` + theirs,
		`UPDATE hook SET kept = 0, detail = '', cause = CASE WHEN outcome = 'new' THEN 'erased' ELSE cause END,
				outcome = CASE WHEN outcome = 'new' THEN 'nothing' ELSE outcome END WHERE id` + theirHooks,
		`DELETE FROM hook_body WHERE hook` + theirHooks,
		`UPDATE conversation SET subject = '', preview = '', preview_name = '' WHERE contact = $1`,
		`UPDATE survey_answer SET comment = '' WHERE survey IN (SELECT id FROM survey WHERE conversation` + theirs + `)`,
		`UPDATE survey SET comment = '', token_hash = NULL, cancelled = CASE WHEN score IS NULL THEN 1 ELSE cancelled END WHERE conversation` + theirs,
		`UPDATE follow_up SET note = '' WHERE conversation` + theirs,
		`UPDATE bot_turn SET visitor = '' WHERE conversation` + theirs,
		`UPDATE suggestion SET visitor = '' WHERE conversation` + theirs + ` OR visitor <> '' AND visitor` + browsers,
		`UPDATE deflection SET visitor = '' WHERE visitor <> '' AND visitor` + browsers,
		`UPDATE question SET visitor = '', text = '', stems = '' WHERE conversation <> 0 AND conversation` + theirs + ` OR visitor <> '' AND visitor` + browsers,
		`DELETE FROM identity WHERE contact = $1`,
		`DELETE FROM merger_part WHERE merger IN (SELECT id FROM merger WHERE contact = $1 OR other = $1)`,
		`DELETE FROM merger WHERE contact = $1 OR other = $1`,
		`DELETE FROM unlike WHERE a = $1 OR b = $1`,
		`UPDATE contact SET name = '', email = '', phone = '', subject = NULL, bounced_at = 0, bounce_reason = '', email_proven = 0, phone_proven = 0, blocked = 1, generation = generation + 1 WHERE id = $1`,
	} {
		if _, err := tx.Exec(q, id); err != nil {
			return fmt.Errorf("erase the contact: %w", err)
		}
	}
	return tx.Emit(centrala.ContactErased, by, centrala.Facts{Kind: "erased", Contact: id})
}

// erasedID stands for the Message-ID of a mail whose sender was erased: it says nothing, and still
// tells the same mail when the mailbox brings it again.
func erasedID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return erasedMark + hex.EncodeToString(sum[:16])
}

const erasedMark = "erased:"

// seal makes the Message-IDs of a contact's entries in the book unreadable.
func (tx *Tx) seal(contact centrala.ContactID) error {
	type entry struct {
		id      centrala.EntryID
		message string
	}
	fields := func(e *entry) []any { return []any{&e.id, &e.message} }
	list, err := column.All(context.Background(), tx, fields, `SELECT i.id, i.message_id FROM intake i WHERE i.message_id <> '' AND `+theirMail, contact)
	if err != nil {
		return fmt.Errorf("list the contact's mails: %w", err)
	}
	for _, e := range list {
		if _, err := tx.Exec(`UPDATE intake SET message_id = $2 WHERE id = $1`, e.id, erasedID(e.message)); err != nil {
			return fmt.Errorf("seal the mail's id: %w", err)
		}
	}
	return nil
}

func (tx *Tx) blobs(id centrala.ContactID) ([]string, error) {
	fetching, err := column.All(context.Background(), tx, func(a *centrala.AttachmentID) []any { return []any{a} },
		`SELECT f.id FROM attachment f JOIN conversation c ON c.id = f.conversation WHERE c.contact = $1 AND f.state = 'fetching'`, id)
	if err != nil {
		return nil, fmt.Errorf("list the contact's files: %w", err)
	}
	rows, err := tx.QueryContext(context.Background(), `SELECT f.blob FROM attachment f JOIN conversation c ON c.id = f.conversation WHERE c.contact = $1 AND f.blob <> ''
		UNION SELECT b.raw FROM body b JOIN event e ON e.id = b.event JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1 AND b.raw <> ''
		UNION SELECT CASE WHEN i.raw LIKE '%/0' AND (i.event = 0 OR i.event IN (SELECT e.id FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1)) THEN substr(i.raw, 1, length(i.raw) - 1) ELSE i.raw END FROM intake i WHERE i.raw <> '' AND `+theirMail, id)
	if err != nil {
		return nil, fmt.Errorf("list the contact's files: %w", err)
	}
	defer rows.Close()
	var out []string
	for _, a := range fetching { // it may have come already and not be noted yet
		out = append(out, centrala.MediaBlob(a))
	}
	for rows.Next() {
		var b string
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("list the contact's files: %w", err)
		}
		out = append(out, b)
	}
	return out, wrap(rows.Err(), "list the contact's files")
}

// leaveAll takes a contact out of the conversations of others that they read along.
func (tx *Tx) leaveAll(id centrala.ContactID) error {
	var email string
	if err := tx.Row(`SELECT email FROM contact WHERE id = $1`, []any{id}, &email); err != nil || email == "" {
		return wrap(err, "read the contact's address")
	}
	list, err := column.All(context.Background(), tx, func(c *centrala.ConversationID) []any { return []any{c} },
		`SELECT conversation FROM participant WHERE address = $1 AND left_at = 0`, email)
	if err != nil {
		return fmt.Errorf("look where the contact reads along: %w", err)
	}
	for _, of := range list {
		c, err := tx.byID(of)
		if err != nil {
			return wrap(err, "read the conversation")
		}
		c.Participants = slices.DeleteFunc(slices.Clone(c.Participants), func(p centrala.Participant) bool { return p.Address == email })
		if err := tx.readers(c, centrala.ParticipantLeft, "left", "", system()); err != nil {
			return err
		}
	}
	return nil
}
