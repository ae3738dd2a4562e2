package store

import (
	"context"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// trait is something known of a contact that, where it is missing, is lent by one that was joined
// with them, and is theirs only for as long. merger_part remembers by which joining each came.
type trait struct {
	name  string
	has   func(centrala.Contact) bool
	lend  func(to *centrala.Contact, from centrala.Contact)
	clear func(*centrala.Contact)
}

// traits are all that can be lent. What a person does not wish is lent too: whoever has once asked
// not to be asked is not asked under another name.
var traits = []trait{
	{"name", func(k centrala.Contact) bool { return k.Name != "" },
		func(to *centrala.Contact, from centrala.Contact) { to.Name = from.Name },
		func(k *centrala.Contact) { k.Name = "" }},
	{"email", func(k centrala.Contact) bool { return k.Email != "" },
		func(to *centrala.Contact, from centrala.Contact) {
			to.Email, to.EmailProven, to.Undeliverable = from.Email, from.EmailProven, from.Undeliverable
		},
		func(k *centrala.Contact) { k.Email, k.EmailProven, k.Undeliverable = "", false, nil }},
	{"phone", func(k centrala.Contact) bool { return k.Phone != "" },
		func(to *centrala.Contact, from centrala.Contact) {
			to.Phone, to.PhoneProven = from.Phone, from.PhoneProven
		},
		func(k *centrala.Contact) { k.Phone, k.PhoneProven = "", false }},
	{"side", func(k centrala.Contact) bool { return k.Side != centrala.NoSide },
		func(to *centrala.Contact, from centrala.Contact) { to.Side = from.Side },
		func(k *centrala.Contact) { k.Side = centrala.NoSide }},
	{"locale", func(k centrala.Contact) bool { return k.Locale != "" },
		func(to *centrala.Contact, from centrala.Contact) { to.Locale = from.Locale },
		func(k *centrala.Contact) { k.Locale = "" }},
	{"no_surveys", func(k centrala.Contact) bool { return k.NoSurveys },
		func(to *centrala.Contact, from centrala.Contact) { to.NoSurveys = from.NoSurveys },
		func(k *centrala.Contact) { k.NoSurveys = false }},
}

// borrows reports whether a contact takes a trait that it lacks from another. What nobody vouches
// for does not become the address or the number of somebody whom the host site signed: answers
// would go there.
func (t trait) borrows(to, from centrala.Contact) bool {
	if t.has(to) || !t.has(from) {
		return false
	}
	switch t.name {
	case "email":
		return from.EmailProven || !to.Verified
	case "phone":
		return from.PhoneProven || !to.Verified
	}
	return true
}

// lent is the condition that a contact k has a trait from one that was joined with it.
const lent = `SELECT p.ref FROM merger_part p JOIN merger m ON m.id = p.merger WHERE p.kind = 'trait' AND m.contact = `

// lentTo lists what a contact has from those who were joined with it.
func lentTo(ctx context.Context, q column.Querier, id centrala.ContactID) ([]trait, error) {
	names, err := column.All(ctx, q, func(s *string) []any { return []any{s} }, lent+`$1`, id)
	if err != nil {
		return nil, fmt.Errorf("read what was lent: %w", err)
	}
	var out []trait
	for _, t := range traits {
		if slices.Contains(names, t.name) {
			out = append(out, t)
		}
	}
	return out, nil
}

// own makes what was changed in a contact its own, so that it stays when those who lent it go.
func (tx *Tx) own(old, now centrala.Contact) error {
	for _, t := range traits {
		was, is := centrala.Contact{}, centrala.Contact{}
		t.lend(&was, old)
		t.lend(&is, now)
		was.Undeliverable, is.Undeliverable = nil, nil
		was.EmailProven, is.EmailProven, was.PhoneProven, is.PhoneProven = false, false, false, false
		if same(was, is) {
			continue
		}
		if _, err := tx.Exec(`DELETE FROM merger_part WHERE kind = 'trait' AND ref = $2 AND merger IN (SELECT id FROM merger WHERE contact = $1)`, now.ID, t.name); err != nil {
			return fmt.Errorf("keep what was changed: %w", err)
		}
	}
	return nil
}

// same compares what can be lent.
func same(a, b centrala.Contact) bool {
	return a.Name == b.Name && a.Email == b.Email && a.Phone == b.Phone && a.Side == b.Side && a.Locale == b.Locale && a.NoSurveys == b.NoSurveys
}

// borrow gives a contact what it lacks and those have who are joined with it, in the order in which
// they were, and takes back what it had from others. Then those follow whom it is joined with.
func (tx *Tx) borrow(id centrala.ContactID) error {
	for id != 0 {
		k, err := tx.contact(id)
		if err != nil {
			return err
		}
		had, err := lentTo(context.Background(), tx, id)
		if err != nil {
			return err
		}
		for _, t := range had {
			t.clear(&k)
		}
		if _, err := tx.Exec(`DELETE FROM merger_part WHERE kind = 'trait' AND merger IN (SELECT id FROM merger WHERE contact = $1)`, id); err != nil {
			return fmt.Errorf("take back what was lent: %w", err)
		}
		if err := tx.borrowFrom(&k); err != nil {
			return err
		}
		if err := tx.saveTraits(k); err != nil {
			return err
		}
		id = k.MergedInto
	}
	return nil
}

// borrowFrom fills what k lacks from everybody who is joined with it now.
func (tx *Tx) borrowFrom(k *centrala.Contact) error {
	type lender struct {
		merger centrala.MergerID
		other  centrala.ContactID
	}
	fields := func(l *lender) []any { return []any{&l.merger, &l.other} }
	list, err := column.All(context.Background(), tx, fields, `SELECT id, other FROM merger WHERE contact = $1 AND undone_at = 0 ORDER BY id`, k.ID)
	if err != nil {
		return fmt.Errorf("read who was joined: %w", err)
	}
	for _, l := range list {
		from, err := tx.contact(l.other)
		if err != nil {
			return err
		}
		for _, t := range traits {
			if !t.borrows(*k, from) {
				continue
			}
			t.lend(k, from)
			if _, err := tx.Exec(`INSERT INTO merger_part (merger, kind, ref) VALUES ($1, 'trait', $2)`, l.merger, t.name); err != nil {
				return fmt.Errorf("note what was lent: %w", err)
			}
		}
	}
	return nil
}

func (tx *Tx) saveTraits(k centrala.Contact) error {
	var bounced int64
	reason := ""
	if k.Undeliverable != nil {
		bounced, reason = column.Micros(k.Undeliverable.Since), string(k.Undeliverable.Reason)
	}
	_, err := tx.Exec(`UPDATE contact SET name = $2, email = $3, email_proven = $4, phone = $5, phone_proven = $6, side = $7, locale = $8, no_surveys = $9,
		bounced_at = $10, bounce_reason = $11 WHERE id = $1`, k.ID, k.Name, k.Email, column.Flag(k.EmailProven), k.Phone, column.Flag(k.PhoneProven), string(k.Side), k.Locale,
		column.Flag(k.NoSurveys), bounced, reason)
	return wrap(err, "write what was lent")
}
