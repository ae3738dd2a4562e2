package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"centrala"
	"centrala/store/engine"
)

const contactColumns = `k.id, k.name, k.email, k.phone, k.side, k.locale, k.verified, coalesce(k.subject, ''), k.blocked, k.generation, k.no_surveys, k.created_at`

func contactFields(k *centrala.Contact) []any {
	return []any{&k.ID, &k.Name, &k.Email, &k.Phone, &k.Side, &k.Locale, &k.Verified, &k.ExternalID, &k.Blocked, &k.Generation, &k.NoSurveys, instant{&k.CreatedAt}}
}

// absent makes NotFound of an absent row.
func absent(err error, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return centrala.Errorf(centrala.NotFound, "%s", message)
	}
	return err
}

// ensureContact makes the contact's row with their first message, or reads it.
func (tx *Tx) ensureContact(k centrala.Contact) (centrala.Contact, error) {
	var subject any
	if k.ExternalID != "" {
		subject = k.ExternalID
	}
	n, err := tx.keep(`INSERT INTO contact (id, name, email, phone, side, locale, verified, subject, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
		k.ID, k.Name, strings.ToLower(k.Email), k.Phone, string(k.Side), k.Locale, flag(k.Verified), subject, micros(tx.now))
	if err != nil {
		return k, fmt.Errorf("make the contact: %w", err)
	}
	if n == 1 {
		return k, tx.emit(centrala.ContactCreated, centrala.Author{Kind: centrala.BySystem}, centrala.Facts{Kind: "created", Contact: k.ID, Side: k.Side})
	}
	return tx.contact(k.ID)
}

func (tx *Tx) contact(id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	err := tx.row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1`, []any{id}, contactFields(&k)...)
	return k, absent(err, "There is no such contact.")
}

// VisitorState is what a token's contact has become: the generation below which its tokens
// are void, whether it is blocked, and whether it has a row yet. A contact that was merged
// answers for the one it was merged into.
func (db *DB) VisitorState(ctx context.Context, id centrala.ContactID) (generation int64, blocked, exists bool, err error) {
	err = db.ro.QueryRowContext(ctx, `SELECT generation, blocked FROM contact WHERE id = $1`, id).Scan(&generation, &blocked)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, false, nil
	}
	return generation, blocked, err == nil, wrap(err, "read the contact")
}

// ContactNow follows merges: the contact that id is today, id itself when it was not merged.
func (db *DB) ContactNow(ctx context.Context, id centrala.ContactID) (centrala.ContactID, error) {
	for range 8 {
		var into centrala.ContactID
		err := db.ro.QueryRowContext(ctx, `SELECT merged_into FROM contact WHERE id = $1`, id).Scan(&into)
		if errors.Is(err, sql.ErrNoRows) || into == 0 {
			return id, nil
		}
		if err != nil {
			return id, fmt.Errorf("follow the merge: %w", err)
		}
		id = into
	}
	return id, nil
}

// ContactBySubject finds the contact that the host site's own id names.
func (db *DB) ContactBySubject(ctx context.Context, subject string) (centrala.ContactID, bool, error) {
	var id centrala.ContactID
	err := db.ro.QueryRowContext(ctx, `SELECT id FROM contact WHERE subject = $1`, subject).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, wrap(err, "look for the contact")
}

// contactWhere keeps contacts (alias k) within scope: those with a conversation in it.
func contactWhere(s centrala.Scope, args *[]any) string {
	if s.All {
		return "1 = 1"
	}
	return `EXISTS (SELECT 1 FROM conversation c WHERE c.contact = k.id AND ` + scopeWhere(s, args) + `)`
}

// Contact reads a contact; NotFound when scope sees none of their conversations.
func (db *DB) Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	args := []any{id}
	where := contactWhere(scope, &args)
	err := db.ro.QueryRowContext(ctx, `SELECT `+contactColumns+` FROM contact k WHERE k.id = $1 AND k.merged_into = 0 AND `+where, args...).Scan(contactFields(&k)...)
	return k, absent(err, "There is no such contact.")
}

// Contacts looks for up to limit contacts by name, address or phone, the latest first; those
// made before one, when it is not zero.
func (db *DB) Contacts(ctx context.Context, scope centrala.Scope, text string, before centrala.ContactID, limit int) ([]centrala.Contact, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	args := []any{engine.Pattern(db.dialect == postgres, strings.TrimSpace(text)), limit, before}
	where := contactWhere(scope, &args)
	in := func(column string) string { return engine.Holds(db.dialect == postgres, column, "$1") }
	rows, err := db.ro.QueryContext(ctx, `SELECT `+contactColumns+` FROM contact k WHERE k.merged_into = 0 AND (`+in("k.name")+` OR `+in("k.email")+` OR `+in("k.phone")+`)
		AND k.id < $3 AND `+where+` ORDER BY k.id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("look for contacts: %w", err)
	}
	defer rows.Close()
	out := []centrala.Contact{}
	for rows.Next() {
		var k centrala.Contact
		if err := rows.Scan(contactFields(&k)...); err != nil {
			return nil, fmt.Errorf("look for contacts: %w", err)
		}
		out = append(out, k)
	}
	return out, wrap(rows.Err(), "look for contacts")
}

// UpdateContact changes what is known about a contact. A customer's own change makes the row
// if their first message has not come yet, and never touches what their host site signed.
func (db *DB) UpdateContact(ctx context.Context, scope centrala.Scope, id centrala.ContactID, ch centrala.ContactChange) (centrala.Contact, error) {
	var k centrala.Contact
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		if scope.Customer() && scope.Contact == id {
			k, err = tx.ensureContact(centrala.Contact{ID: id})
		} else {
			args := []any{id}
			where := contactWhere(scope, &args)
			err = absent(tx.row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1 AND `+where, args, contactFields(&k)...), "There is no such contact.")
		}
		if err != nil {
			return err
		}
		set := func(to *string, v *string) {
			if v != nil {
				*to = strings.TrimSpace(*v)
			}
		}
		set(&k.Name, ch.Name)
		set(&k.Phone, ch.Phone)
		set(&k.Locale, ch.Locale)
		if ch.Email != nil {
			k.Email = strings.ToLower(strings.TrimSpace(*ch.Email))
		}
		if ch.Side != nil {
			k.Side = *ch.Side
		}
		_, err = tx.exec(`UPDATE contact SET name = $2, email = $3, phone = $4, side = $5, locale = $6 WHERE id = $1`,
			id, k.Name, k.Email, k.Phone, string(k.Side), k.Locale)
		return wrap(err, "update the contact")
	})
	return k, err
}

// Block closes the door to a contact, or opens it again. Their tokens become void.
func (db *DB) Block(ctx context.Context, scope centrala.Scope, id centrala.ContactID, on bool, by centrala.Author) error {
	return db.write(ctx, func(tx *Tx) error {
		args := []any{id}
		var k centrala.Contact
		where := contactWhere(scope, &args)
		if err := tx.row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1 AND `+where, args, contactFields(&k)...); err != nil {
			return absent(err, "There is no such contact.")
		}
		_, err := tx.exec(`UPDATE contact SET blocked = $2, generation = generation + $3 WHERE id = $1`, id, flag(on), flag(on))
		return wrap(err, "block the contact")
	})
}

// EndVisitor makes all tokens of a contact void.
func (db *DB) EndVisitor(ctx context.Context, id centrala.ContactID) error {
	return db.write(ctx, func(tx *Tx) error {
		if _, err := tx.ensureContact(centrala.Contact{ID: id}); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE contact SET generation = generation + 1 WHERE id = $1`, id)
		return wrap(err, "end the tokens")
	})
}

// AbsorbVisitor gives an unverified contact's conversations of one inbox to the contact that
// they turned out to be. Of two unresolved chats the elder stays open; the other is resolved
// and linked. A verified contact is never absorbed.
func (db *DB) AbsorbVisitor(ctx context.Context, old centrala.ContactID, into centrala.Contact, inbox centrala.InboxID, by centrala.Author) error {
	return db.write(ctx, func(tx *Tx) error {
		k, err := tx.contact(old)
		if centrala.CodeOf(err) == centrala.NotFound {
			return nil // never wrote: nothing to give
		}
		if err != nil {
			return err
		}
		if k.Verified || old == into.ID {
			return centrala.Errorf(centrala.Conflict, "Only an unverified contact can be absorbed.")
		}
		if _, err := tx.ensureContact(into); err != nil {
			return err
		}
		if err := tx.joinChats(old, into.ID, inbox, by); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE conversation SET contact = $2 WHERE contact = $1 AND inbox = $3`, old, into.ID, inbox); err != nil {
			return fmt.Errorf("give the conversations: %w", err)
		}
		if _, err := tx.exec(`UPDATE contact SET merged_into = $2 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM conversation WHERE contact = $1)`, old, into.ID); err != nil {
			return fmt.Errorf("merge the contact: %w", err)
		}
		return tx.emit(centrala.ContactMerged, by, centrala.Facts{Kind: "merged", Contact: into.ID, Other: old, Inbox: inbox})
	})
}

// joinChats leaves one unresolved chat of two people who become one: the elder.
func (tx *Tx) joinChats(old, into centrala.ContactID, inbox centrala.InboxID, by centrala.Author) error {
	a, err := tx.openChat(into, inbox)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	b, err := tx.openChat(old, inbox)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	elder, younger := a, b
	if b.OpenedAt.Before(a.OpenedAt) {
		elder, younger = b, a
	}
	younger.Contact = elder.Contact // mergeInto asks for one contact; the rows follow right after
	_, err = tx.do(younger, centrala.Merge{Into: elder.ID}, by)
	return err
}
