package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// Merge joins two contacts whom scope sees: they are one person from now on, who has the
// conversations and identities of both. The one that the host site signed answers for them, else
// the elder; what it lacks it has from the other for as long as they are joined. Every conversation
// keeps its customer: the tokens of both go on showing what they showed, and no more.
//
// It is a Conflict to join two whom the host site signed as two, one of whom only one is blocked,
// one whose address our own mail server says is not theirs, or a contact that is joined already.
func (db *DB) Merge(ctx context.Context, scope centrala.Scope, contact, other centrala.ContactID, by centrala.Author) (centrala.Merger, error) {
	var m centrala.Merger
	err := db.write(ctx, func(tx *Tx) error {
		a, b, err := tx.two(scope, contact, other)
		if err != nil {
			return err
		}
		if err := tx.joinable(a, b); err != nil {
			return err
		}
		m, err = tx.bind(a, b, by, nil)
		return err
	})
	return m, err
}

// unite joins two contacts of whom a vendor told that they are one, and returns who they are then.
// It follows what they were joined with before. It does nothing, and gives a zero MergerID, for two
// who are one already, and for two of whom somebody has said, or signed, that they are not. When
// one of them is blocked, both are afterwards.
func (tx *Tx) unite(into, other centrala.ContactID, by centrala.Author, evidence []centrala.Evidence) (centrala.MergerID, centrala.ContactID, error) {
	for _, id := range []*centrala.ContactID{&into, &other} {
		k, err := tx.contact(*id)
		if err == nil {
			k, err = tx.person(k)
		}
		if err != nil {
			return 0, into, err
		}
		*id = k.ID
	}
	if into == other {
		return 0, into, nil
	}
	a, b, err := tx.two(centrala.Everything(), into, other)
	if err != nil {
		return 0, into, err
	}
	if not, err := unalike(context.Background(), tx, a.ID, b.ID); err != nil || not {
		return 0, into, err
	}
	if a.Blocked != b.Blocked {
		free := a.ID
		if a.Blocked {
			free = b.ID
		}
		if _, err := tx.Exec(`UPDATE contact SET blocked = 1, generation = generation + 1 WHERE id IN (`+persons+`)`, free); err != nil {
			return 0, into, fmt.Errorf("block the contact: %w", err)
		}
		a.Blocked, b.Blocked = true, true
	}
	if err := tx.joinable(a, b); centrala.CodeOf(err) == centrala.Conflict {
		return 0, into, nil
	} else if err != nil {
		return 0, into, err
	}
	m, err := tx.bind(a, b, by, evidence)
	if err != nil {
		return 0, into, err
	}
	return m.ID, m.Contact, tx.audit(centrala.AuditEntry{At: tx.now, By: by, Action: "contact.joined", Subject: m.Contact.String(), Detail: "joined with " + m.Other.String()})
}

// two reads and locks two different contacts whom scope sees, always in the same order.
func (tx *Tx) two(scope centrala.Scope, contact, other centrala.ContactID) (a, b centrala.Contact, err error) {
	if contact == other {
		return a, b, centrala.InvalidField("other", "These are not two people.")
	}
	first, second := &a, &b
	one, two := contact, other
	if other < contact {
		first, second, one, two = &b, &a, other, contact
	}
	if *first, err = tx.seenContact(scope, one); err == nil {
		*second, err = tx.seenContact(scope, two)
	}
	return a, b, err
}

// joinable says why two contacts cannot be joined.
func (tx *Tx) joinable(a, b centrala.Contact) error {
	switch {
	case a.ExternalID != "" && b.ExternalID != "":
		return &centrala.Error{Code: centrala.Conflict, Field: "other", Message: "The host site has signed that these are two people."}
	case a.Blocked != b.Blocked:
		return &centrala.Error{Code: centrala.Conflict, Field: "other", Message: "One of them is blocked: block the other one too, or neither, and join them then."}
	case a.Doubted || b.Doubted:
		return &centrala.Error{Code: centrala.Conflict, Field: "other", Message: "Our own mail server says that one of them uses an address that is not theirs."}
	}
	return nil
}

// survives reports whether a answers for both.
func survives(a, b centrala.Contact) bool {
	switch {
	case a.Verified != b.Verified:
		return a.Verified
	case !a.CreatedAt.Equal(b.CreatedAt):
		return a.CreatedAt.Before(b.CreatedAt)
	}
	return a.ID < b.ID
}

// bind makes two locked contacts one. Without evidence it looks for it.
func (tx *Tx) bind(a, b centrala.Contact, by centrala.Author, evidence []centrala.Evidence) (centrala.Merger, error) {
	if !survives(a, b) {
		a, b = b, a
	}
	m := centrala.Merger{ID: centrala.MergerID(tx.NewID()), Contact: a.ID, Other: b.ID, Name: b.Name, By: by, Evidence: evidence, At: tx.now}
	x, err := known(context.Background(), tx, centrala.Everything(), a)
	if err != nil {
		return m, err
	}
	y, err := known(context.Background(), tx, centrala.Everything(), b)
	if err != nil {
		return m, err
	}
	if evidence == nil {
		m.Evidence = centrala.Compare(x, y)
	}
	m.Channels = y.Channels
	proof, err := jsonList(m.Evidence)
	if err != nil {
		return m, err
	}
	for _, q := range []struct {
		what, query string
		args        []any
	}{
		{"write down the joining", `INSERT INTO merger (id, contact, other, by_kind, by_id, by_name, evidence, at, undone_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`,
			[]any{m.ID, a.ID, b.ID, string(by.Kind), by.ID, by.Name, proof, column.Micros(tx.now)}},
		{"join the contacts", `UPDATE contact SET merged_into = $2 WHERE id = $1`, []any{b.ID, a.ID}},
		{"give the conversations", `UPDATE conversation SET contact = $2, origin = CASE WHEN origin = 0 THEN $1 ELSE origin END WHERE contact = $1`, []any{b.ID, a.ID}},
		{"forget that they are two", `DELETE FROM unlike WHERE a = $1 AND b = $2`, []any{min(a.ID, b.ID), max(a.ID, b.ID)}},
	} {
		if _, err := tx.Exec(q.query, q.args...); err != nil {
			return m, fmt.Errorf("%s: %w", q.what, err)
		}
	}
	if err := tx.borrow(a.ID); err != nil {
		return m, err
	}
	return m, tx.announce(centrala.ContactMerged, "joined", m, a.ID)
}

// announce says in the open conversations of people, and outside of any, that two contacts were joined
// or told apart.
func (tx *Tx) announce(t centrala.EventType, kind string, m centrala.Merger, people ...centrala.ContactID) error {
	facts := centrala.Facts{Kind: kind, Contact: m.Contact, Other: m.Other, Merger: m.ID}
	if len(m.Channels) > 0 {
		facts.Channel = m.Channels[0]
	}
	for _, k := range people {
		open, err := column.All(context.Background(), tx, func(id *centrala.ConversationID) []any { return []any{id} },
			`SELECT id FROM conversation WHERE contact = $1 AND status <> 'resolved' ORDER BY id`, k)
		if err != nil {
			return fmt.Errorf("look for open conversations: %w", err)
		}
		for _, id := range open {
			c, err := tx.byID(id)
			if err != nil {
				return fmt.Errorf("read the conversation: %w", err)
			}
			if _, err := tx.record(c, centrala.Step{Type: t, Timeline: true, Data: facts}, words{by: m.By}); err != nil {
				return err
			}
			tx.update(c)
			tx.settle(c)
		}
	}
	return tx.Emit(t, m.By, facts)
}

// Unmerge tells the two of a merger apart again, by which the person contact came about. Each has
// their own conversations, those that came since included, identities and traits; what either was
// joined with otherwise stays joined with them. They are not suggested again. NotFound when there
// is no such merger of that contact, Conflict when it was undone already.
func (db *DB) Unmerge(ctx context.Context, scope centrala.Scope, contact centrala.ContactID, merger centrala.MergerID, by centrala.Author) (centrala.Merger, error) {
	var m centrala.Merger
	err := db.write(ctx, func(tx *Tx) error {
		k, err := tx.seenContact(scope, contact)
		if err != nil {
			return err
		}
		if m, err = tx.merger(k.ID, merger); err != nil {
			return err
		}
		m.By = by
		return tx.part(k, m)
	})
	return m, err
}

// merger reads one by which the person came about.
func (tx *Tx) merger(person centrala.ContactID, id centrala.MergerID) (centrala.Merger, error) {
	m, err := column.One(context.Background(), tx, mergerFields, mergerColumns+` WHERE m.id = $2 AND m.contact IN (`+persons+`)`, person, id)
	if errors.Is(err, sql.ErrNoRows) {
		return m, &centrala.Error{Code: centrala.NotFound, Field: "merger", Message: "There is no such merger of this contact."}
	}
	if err != nil {
		return m, fmt.Errorf("read the merger: %w", err)
	}
	if !m.Undone.IsZero() {
		return m, &centrala.Error{Code: centrala.Conflict, Field: "merger", Message: "They were told apart before."}
	}
	m.Channels, err = channelsOf(context.Background(), tx, m)
	return m, err
}

// part undoes a merger of the person k.
func (tx *Tx) part(k centrala.Contact, m centrala.Merger) error {
	for _, q := range []struct {
		what, query string
		args        []any
	}{
		{"undo the joining", `UPDATE merger SET undone_at = $2 WHERE id = $1`, []any{m.ID, column.Micros(tx.now)}},
		{"part the contacts", `UPDATE contact SET merged_into = 0 WHERE id = $1`, []any{m.Other}},
		{"give the conversations back", `UPDATE conversation SET contact = $1, origin = CASE WHEN origin = $1 THEN 0 ELSE origin END
			WHERE origin <> 0 AND origin IN (` + persons + `)`, []any{m.Other}},
		{"note that they are two", `INSERT INTO unlike (a, b, at) VALUES ($1, $2, $3) ON CONFLICT (a, b) DO NOTHING`,
			[]any{min(m.Contact, m.Other), max(m.Contact, m.Other), column.Micros(tx.now)}},
	} {
		if _, err := tx.Exec(q.query, q.args...); err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
	}
	if err := tx.borrow(m.Contact); err != nil {
		return err
	}
	for _, person := range []centrala.ContactID{m.Contact, m.Other} {
		if err := tx.ownAddresses(person); err != nil {
			return err
		}
	}
	return tx.announce(centrala.ContactParted, "parted", m, slices.Compact([]centrala.ContactID{k.ID, m.Other})...)
}
