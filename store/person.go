package store

import (
	"context"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
)

// A person is a contact with all contacts that were joined with it: merged_into leads from each of
// those to another, and in the end to the one that answers for all of them. A conversation names
// that one as its contact and, where they differ, the contact as whom the customer came as its
// origin. Which conversations whoever has when two are told apart again therefore needs no memory:
// it follows from the origins.

// persons are the identifiers of everybody whom the person $1 was found to be, $1 first.
const persons = `WITH RECURSIVE them (id) AS (SELECT CAST($1 AS bigint)
	UNION SELECT k.id FROM contact k JOIN them ON k.merged_into = them.id AND k.merged_into <> 0) SELECT id FROM them`

// cameAs is the condition that the customer of a conversation came as a contact. Both halves have
// an index.
func cameAs(alias, contact string) string {
	return strings.NewReplacer("c.", alias+".", "$", contact).Replace("(c.contact = $ AND c.origin = 0 OR c.origin = $ AND c.origin <> 0)")
}

// joinedWith are the people who were joined, over however many steps, with a contact k for whom a
// condition holds.
func joinedWith(condition string) string {
	return `WITH RECURSIVE up (id, merged_into) AS (SELECT k.id, k.merged_into FROM contact k WHERE k.merged_into <> 0 AND (` + condition + `)
		UNION SELECT p.id, p.merged_into FROM contact p JOIN up ON p.id = up.merged_into) SELECT id FROM up WHERE merged_into = 0`
}

// person is who a contact is today.
func (tx *Tx) person(k centrala.Contact) (centrala.Contact, error) {
	var err error
	for k.MergedInto != 0 && err == nil {
		k, err = tx.contact(k.MergedInto)
	}
	return k, err
}

// lockContact reads a contact that another node must not join, or tell apart, in the meantime.
func (tx *Tx) lockContact(id centrala.ContactID) (centrala.Contact, error) {
	var k centrala.Contact
	err := tx.Row(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1`+tx.w.db.dialect.ForUpdate("k"), []any{id}, contactFields(&k)...)
	return k, absent(err, "There is no such contact.")
}

// prove takes over what a host site has signed since about a contact that has a row: an address or
// number that the row does not have, or has only from hearsay. What somebody of the team has
// written there meanwhile stays.
func (tx *Tx) prove(had *centrala.Contact, now centrala.Contact) error {
	if !now.Verified || had.ExternalID != now.ExternalID {
		return nil
	}
	old := *had
	if e := strings.ToLower(now.Email); now.EmailProven && e != "" && (had.Email == "" || had.Email == e) {
		had.Email, had.EmailProven = e, true
	}
	if now.PhoneProven && now.Phone != "" && (had.Phone == "" || centrala.Digits(had.Phone) == centrala.Digits(now.Phone)) {
		had.Phone, had.PhoneProven = now.Phone, true
	}
	if had.Email == old.Email && had.EmailProven == old.EmailProven && had.Phone == old.Phone && had.PhoneProven == old.PhoneProven {
		return nil
	}
	_, err := tx.Exec(`UPDATE contact SET email = $2, email_proven = $3, phone = $4, phone_proven = $5 WHERE id = $1`,
		had.ID, had.Email, column.Flag(had.EmailProven), had.Phone, column.Flag(had.PhoneProven))
	if err != nil {
		return fmt.Errorf("keep what was signed: %w", err)
	}
	return tx.own(old, *had)
}

// confirmed notes that our own mail server vouches for the address that a mail came from. It says
// nothing about a customer of a widget who typed that address there.
func (tx *Tx) confirmed(k *centrala.Contact, in centrala.Inbound) error {
	if in.Trust.Verdict != centrala.Confirmed || k.EmailProven || k.Verified {
		return nil
	}
	n, err := tx.Exec(`UPDATE contact SET email_proven = 1 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM conversation c
		WHERE `+cameAs("c", "$1")+` AND c.channel = 'chat')`, k.ID)
	k.EmailProven = n == 1
	return wrap(err, "note that the address is confirmed")
}

// identities are the addresses of a person on social channels, the first one first.
func identities(ctx context.Context, q column.Querier, id centrala.ContactID) ([]centrala.Identity, error) {
	fields := func(i *centrala.Identity) []any {
		return []any{&i.Channel, &i.Inbox, &i.Address, &i.Name, column.Instant(&i.Since), &i.Lost}
	}
	list, err := column.All(ctx, q, fields, `SELECT channel, inbox, address, name, at, lost FROM identity WHERE contact IN (`+persons+`) ORDER BY at, channel, address`, id)
	return list, wrap(err, "read the identities")
}

// Persons are all contacts who the person id was found to be, id first.
func (db *DB) Persons(ctx context.Context, id centrala.ContactID) ([]centrala.ContactID, error) {
	return personsOf(ctx, db.ro, id)
}

func personsOf(ctx context.Context, q column.Querier, id centrala.ContactID) ([]centrala.ContactID, error) {
	list, err := column.All(ctx, q, func(k *centrala.ContactID) []any { return []any{k} }, persons, id)
	return list, wrap(err, "read who was joined")
}
