package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"centrala/store/column"

	"centrala"
)

const contactColumns = `k.id, k.name, k.email, k.phone, k.side, k.locale, k.verified, coalesce(k.subject, ''), k.blocked, k.generation, k.no_surveys, k.created_at,
	k.merged_into, k.email_proven, k.phone_proven,
	CASE WHEN k.bounced_at <> 0 THEN k.bounced_at END, k.bounce_reason, k.doubted`

func contactFields(k *centrala.Contact) []any {
	return []any{&k.ID, &k.Name, &k.Email, &k.Phone, &k.Side, &k.Locale, &k.Verified, &k.ExternalID, &k.Blocked, &k.Generation, &k.NoSurveys, column.Instant(&k.CreatedAt),
		&k.MergedInto, &k.EmailProven, &k.PhoneProven,
		undeliverable{k}, undeliverable{k}, &k.Doubted}
}

// undeliverable scans since when, and then why, mail does not reach a contact.
type undeliverable struct{ k *centrala.Contact }

// Scan implements sql.Scanner.
func (u undeliverable) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		u.k.Undeliverable = nil
	case int64:
		u.k.Undeliverable = &centrala.Undeliverable{Since: column.Time(v)}
	case string:
		if u.k.Undeliverable != nil {
			u.k.Undeliverable.Reason = centrala.BounceCause(v)
		}
	}
	return nil
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
	n, err := tx.keep(`INSERT INTO contact (id, name, email, phone, side, locale, verified, subject, created_at, doubted, email_proven, phone_proven)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
		k.ID, k.Name, strings.ToLower(k.Email), k.Phone, string(k.Side), k.Locale, column.Flag(k.Verified), subject, column.Micros(tx.now), column.Flag(k.Doubted),
		column.Flag(k.EmailProven && k.Email != ""), column.Flag(k.PhoneProven && k.Phone != ""))
	if err != nil {
		return k, fmt.Errorf("make the contact: %w", err)
	}
	if n == 1 {
		return k, tx.Emit(centrala.ContactCreated, centrala.Author{Kind: centrala.BySystem}, centrala.Facts{Kind: "created", Contact: k.ID, Side: k.Side})
	}
	had, err := tx.lockContact(k.ID)
	if err != nil {
		return had, err
	}
	return had, tx.prove(&had, k)
}

func (tx *Tx) contact(id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	err := tx.Row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1`, []any{id}, contactFields(&k)...)
	return k, absent(err, "There is no such contact.")
}

// VisitorState is what a token's contact has become: the generation below which its tokens
// are void, whether it is blocked, and whether it has a row yet. Joining contacts changes nothing
// of it: each goes on under its own tokens, and blocking a person blocks all of them.
func (db *DB) VisitorState(ctx context.Context, id centrala.ContactID) (generation int64, blocked, exists bool, err error) {
	err = db.ro.QueryRowContext(ctx, `SELECT generation, blocked FROM contact WHERE id = $1`, id).Scan(&generation, &blocked)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, false, nil
	}
	return generation, blocked, err == nil, wrap(err, "read the contact")
}

// ContactNow is who a contact is today: the one that it was joined with, itself when it was not.
func (db *DB) ContactNow(ctx context.Context, id centrala.ContactID) (centrala.ContactID, error) {
	for {
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

// contactWhere keeps contacts (alias k) within scope: for the team people, not those who they were
// before they were joined, with a conversation that it sees; for a customer themselves, once they
// have said something.
func contactWhere(s centrala.Scope, args *[]any) string {
	if s.All {
		return "k.merged_into = 0"
	}
	if s.Customer() {
		*args = append(*args, s.Contact)
		return fmt.Sprintf("k.id = $%d AND EXISTS (SELECT 1 FROM conversation c WHERE ", len(*args)) + scopeWhere(s, args) + `)`
	}
	return `k.merged_into = 0 AND EXISTS (SELECT 1 FROM conversation c WHERE c.contact = k.id AND ` + scopeWhere(s, args) + `)`
}

// Contact reads a contact with their identities; NotFound when scope sees none of their
// conversations. A customer is shown what they were before they were joined with somebody.
func (db *DB) Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	args := []any{id}
	where := contactWhere(scope, &args)
	err := db.ro.QueryRowContext(ctx, `SELECT `+contactColumns+` FROM contact k WHERE k.id = $1 AND `+where, args...).Scan(contactFields(&k)...)
	if err != nil {
		return k, absent(err, "There is no such contact.")
	}
	if scope.Customer() {
		lent, err := lentTo(ctx, db.ro, id)
		for _, t := range lent {
			t.clear(&k)
		}
		return k, err
	}
	k.Identities, err = identities(ctx, db.ro, id)
	return k, err
}

// Contacts looks for up to limit contacts by name, address or phone, also by those of whom they
// were joined with, the latest first; those
// made before one, when it is not zero.
func (db *DB) Contacts(ctx context.Context, scope centrala.Scope, text string, before centrala.ContactID, limit int) ([]centrala.Contact, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	args := []any{db.dialect.Pattern(strings.TrimSpace(text)), limit, before}
	where := contactWhere(scope, &args)
	in := func(column string) string { return db.dialect.Holds(column, "$1") }
	named := in("k.name") + ` OR ` + in("k.email") + ` OR ` + in("k.phone")
	rows, err := db.ro.QueryContext(ctx, `SELECT `+contactColumns+` FROM contact k WHERE (`+named+` OR k.id IN (`+joinedWith(named)+`))
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
// if their first message has not come yet, and never touches what their host site signed. A new
// address or number is nobody's proof any more.
func (db *DB) UpdateContact(ctx context.Context, scope centrala.Scope, id centrala.ContactID, ch centrala.ContactChange) (centrala.Contact, error) {
	var k centrala.Contact
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		if scope.Customer() && scope.Contact == id {
			k, err = tx.ensureContact(centrala.Contact{ID: id})
		} else {
			k, err = tx.seenContact(scope, id)
		}
		if err != nil {
			return err
		}
		old := k
		change(&k, ch)
		_, err = tx.Exec(`UPDATE contact SET name = $2, email = $3, phone = $4, side = $5, locale = $6,
			bounced_at = CASE WHEN $7 = 1 THEN 0 ELSE bounced_at END, email_proven = $8, phone_proven = $9 WHERE id = $1`,
			id, k.Name, k.Email, k.Phone, string(k.Side), k.Locale, column.Flag(k.Undeliverable == nil), column.Flag(k.EmailProven), column.Flag(k.PhoneProven))
		if err != nil {
			return fmt.Errorf("update the contact: %w", err)
		}
		return tx.own(old, k)
	})
	return k, err
}

// change makes the changes in k.
func change(k *centrala.Contact, ch centrala.ContactChange) {
	set := func(to *string, v *string) {
		if v != nil {
			*to = strings.TrimSpace(*v)
		}
	}
	set(&k.Name, ch.Name)
	set(&k.Locale, ch.Locale)
	if ch.Phone != nil && strings.TrimSpace(*ch.Phone) != k.Phone {
		k.Phone, k.PhoneProven = strings.TrimSpace(*ch.Phone), false
	}
	if ch.Email != nil && strings.ToLower(strings.TrimSpace(*ch.Email)) != k.Email {
		k.Undeliverable = nil
		k.Email, k.EmailProven = strings.ToLower(strings.TrimSpace(*ch.Email)), false
	}
	if ch.Side != nil {
		k.Side = *ch.Side
	}
}

// seenContact reads and locks a contact if scope may see them.
func (tx *Tx) seenContact(scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	args := []any{id}
	where := contactWhere(scope, &args)
	err := tx.Row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1 AND `+where+tx.w.db.dialect.ForUpdate("k"), args, contactFields(&k)...)
	return k, absent(err, "There is no such contact.")
}

// Block closes the door to a person, or opens it again: to all contacts who they are. Their tokens
// become void.
func (db *DB) Block(ctx context.Context, scope centrala.Scope, id centrala.ContactID, on bool, by centrala.Author) error {
	return db.write(ctx, func(tx *Tx) error {
		if _, err := tx.seenContact(scope, id); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE contact SET blocked = $2, generation = generation + $3 WHERE id IN (`+persons+`)`, id, column.Flag(on), column.Flag(on))
		return wrap(err, "block the contact")
	})
}

// EndVisitor makes all tokens of a contact void.
func (db *DB) EndVisitor(ctx context.Context, id centrala.ContactID) error {
	return db.write(ctx, func(tx *Tx) error {
		if _, err := tx.ensureContact(centrala.Contact{ID: id}); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE contact SET generation = generation + 1 WHERE id = $1`, id)
		return wrap(err, "end the tokens")
	})
}

// AbsorbVisitor gives an unverified contact's conversations of one inbox to the contact that
// they turned out to be, for good. Of two unresolved chats the elder stays open; the other is
// resolved and linked. A verified contact is never absorbed.
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
		if into, err = tx.ensureContact(into); err != nil {
			return err
		}
		if err := tx.joinChats(old, into.ID, inbox, by); err != nil {
			return err
		}
		return tx.absorb(old, into, inbox, by)
	})
}

// absorb moves the conversations that old came with, and old itself when it has no others.
func (tx *Tx) absorb(old centrala.ContactID, into centrala.Contact, inbox centrala.InboxID, by centrala.Author) error {
	person, err := tx.person(into)
	if err != nil {
		return err
	}
	origin := centrala.ContactID(0)
	if person.ID != into.ID {
		origin = into.ID
	}
	if _, err := tx.Exec(`UPDATE conversation SET contact = $2, origin = $4 WHERE id IN (SELECT c.id FROM conversation c WHERE `+cameAs("c", "$1")+` AND c.inbox = $3)`,
		old, person.ID, inbox, origin); err != nil {
		return fmt.Errorf("give the conversations: %w", err)
	}
	if _, err := tx.Exec(`UPDATE contact SET merged_into = $2 WHERE id = $1 AND merged_into = 0
		AND NOT EXISTS (SELECT 1 FROM conversation WHERE contact = $1) AND NOT EXISTS (SELECT 1 FROM contact WHERE merged_into = $1)`, old, into.ID); err != nil {
		return fmt.Errorf("merge the contact: %w", err)
	}
	return tx.Emit(centrala.ContactMerged, by, centrala.Facts{Kind: "merged", Contact: into.ID, Other: old, Inbox: inbox})
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
	younger.Contact, younger.Origin = elder.Contact, elder.Origin // mergeInto asks for one contact; the rows follow right after
	_, err = tx.do(younger, centrala.Merge{Into: elder.ID}, by)
	return err
}
