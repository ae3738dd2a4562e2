package store

import (
	"context"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// When a vendor is asked for a name, beside a time: when the person next writes, or no more.
const (
	askThen  = 0
	askNever = -1
)

// nameless reports whether the vendor of an inbox is asked for the name of somebody who wrote.
func nameless(in centrala.Inbound, door inboxRow) bool {
	return in.From.Name == "" && in.Kind.Says() && in.Channel == door.Channel
}

// ask notes that a vendor is to be asked who somebody is, whom it has told of before.
func (tx *Tx) ask(in centrala.Inbound, door inboxRow, address string) error {
	_, err := tx.keep(`UPDATE identity SET ask_at = $4, inbox = $5 WHERE channel = $1 AND account = $2 AND address = $3`,
		in.Channel, door.account(), address, column.Micros(tx.now), in.Inbox)
	return wrap(err, "note whose name is to be asked for")
}

// DueNames lists people of an inbox whose vendor is to be asked for their names now, those who have
// waited longest first.
func (db *DB) DueNames(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Unnamed, error) {
	fields := func(u *centrala.Unnamed) []any {
		return []any{&u.Inbox, &u.Account, &u.Channel, &u.Address, &u.Tries}
	}
	due, err := column.All(ctx, db.ro, fields, `SELECT inbox, account, channel, address, asked FROM identity
		WHERE inbox = $1 AND ask_at > 0 AND ask_at <= $2 ORDER BY ask_at LIMIT $3`, inbox, column.Micros(db.now()), limit)
	return due, wrap(err, "list the names to ask for")
}

// KeepName writes down how asking for a name ended. A contact that has no name gets it, and whoever
// shows one of their conversations is told; one that an agent, a sign-in or the contact has named
// keeps that. NotFound when the person was erased meanwhile, Unavailable when the lease was lost.
func (db *DB) KeepName(ctx context.Context, n centrala.Named) error {
	return db.write(ctx, func(tx *Tx) error { return tx.keepName(n) })
}

func (tx *Tx) keepName(n centrala.Named) error {
	var id centrala.ContactID
	err := tx.Row(`SELECT contact FROM identity WHERE channel = $1 AND account = $2 AND address = $3`+tx.w.db.dialect.ForUpdate("identity"),
		[]any{n.Channel, n.Account, n.Address}, &id)
	if err != nil {
		return absent(err, "There is no such person.")
	}
	if err := tx.held(&centrala.Cursor{Inbox: n.Inbox, Term: n.Term}); err != nil {
		return err
	}
	name, at, tries := short(tidy(n.Name, 200), 200), int64(askNever), n.Tries+1
	switch {
	case name != "":
		tries = n.Tries
	case !n.Next.IsZero():
		at = column.Micros(n.Next)
	case n.Spent:
		at, tries = askThen, 0
	}
	if _, err := tx.keep(`UPDATE identity SET ask_at = $4, asked = $5, name = CASE WHEN $6 = '' THEN name ELSE $6 END WHERE channel = $1 AND account = $2 AND address = $3`,
		n.Channel, n.Account, n.Address, at, tries, name); err != nil {
		return fmt.Errorf("note the name: %w", err)
	}
	if name == "" {
		return nil
	}
	return tx.call(id, name)
}

// call gives a contact that has no name one, and whom it was joined with, if that has none.
func (tx *Tx) call(id centrala.ContactID, name string) error {
	n, err := tx.Exec(`UPDATE contact SET name = $2 WHERE id = $1 AND name = ''`, id, name)
	if err != nil || n == 0 {
		return wrap(err, "name the contact")
	}
	k, err := tx.contact(id)
	if err != nil {
		return err
	}
	if k.MergedInto != 0 {
		if err := tx.borrow(k.MergedInto); err != nil {
			return err
		}
	}
	today, err := tx.contactToday(id)
	if err != nil {
		return err
	}
	facts := centrala.Facts{Kind: "named", Contact: today}
	open, err := column.All(context.Background(), tx, func(c *centrala.ConversationID) []any { return []any{c} },
		`SELECT id FROM conversation WHERE contact = $1 AND merged_into = 0 ORDER BY id DESC LIMIT 50`, today)
	if err != nil {
		return fmt.Errorf("list the contact's conversations: %w", err)
	}
	for _, c := range open {
		if err := tx.EmitIn(c, centrala.ContactNamed, system(), facts); err != nil {
			return err
		}
	}
	return tx.Emit(centrala.ContactNamed, system(), facts)
}
