package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"centrala/store/column"

	"centrala"
)

// earlyKept is for how long news wait for the message that they are about.
const earlyKept = 7 * 24 * time.Hour

// earlyRow is news that wait.
type earlyRow struct {
	id   int64
	item []byte
}

func earlyFields(r *earlyRow) []any { return []any{&r.id, &r.item} }

// early keeps news of something that is not here yet, sealed.
func (tx *Tx) early(in centrala.Inbound, about string) (told, error) {
	in.Attachments, in.Cursor = nil, nil
	plain, err := json.Marshal(in)
	if err != nil {
		return told{}, fmt.Errorf("early news: %w", err)
	}
	sealed, err := tx.w.db.sealed(plain)
	if err != nil {
		return told{}, err
	}
	if err := tx.sweepEarly(); err != nil {
		return told{}, err
	}
	_, err = tx.keep(`INSERT INTO early (id, inbox, about, item, at) VALUES ($1, $2, $3, $4, $5)`, tx.NewID(), in.Inbox, about, sealed, column.Micros(tx.now))
	return told{waits: true}, wrap(err, "keep early news")
}

func (tx *Tx) sweepEarly() error {
	_, err := tx.keep(`DELETE FROM early WHERE at < $1`, column.Micros(tx.now.Add(-earlyKept)))
	return wrap(err, "sweep early news")
}

// SweepEarly forgets news of messages that did not come within a week.
func (db *DB) SweepEarly(ctx context.Context) error {
	return db.write(ctx, func(tx *Tx) error { return tx.sweepEarly() })
}

// overdue takes in the news that waited for something that is here now, in the order in which they
// came. What the log refuses of them is said in the program's log and keeps nothing else back.
func (tx *Tx) overdue(inbox centrala.InboxID, about string) error {
	rows, err := many(tx, earlyFields, `SELECT id, item FROM early WHERE inbox = $1 AND about = $2 ORDER BY id`, inbox, about)
	if err != nil {
		return fmt.Errorf("look for early news: %w", err)
	}
	for _, r := range rows {
		if _, err := tx.keep(`DELETE FROM early WHERE id = $1`, r.id); err != nil {
			return fmt.Errorf("take early news: %w", err)
		}
		in, err := tx.w.db.earlyItem(r)
		if err == nil {
			_, err = tx.item(in)
		}
		if err != nil && tx.failed != nil {
			return err
		}
		if err != nil {
			tx.w.db.log.Error("early news of a message were not taken", "inbox", inbox.String(), "err", err)
		}
	}
	return nil
}

func (db *DB) earlyItem(r earlyRow) (in centrala.Inbound, err error) {
	plain, err := db.unseal(r.item)
	if err == nil {
		err = json.Unmarshal(plain, &in)
	}
	return in, wrap(err, "open early news")
}

// eraseEarly forgets the news that wait of what a contact wrote.
func (tx *Tx) eraseEarly(contact centrala.ContactID) error {
	theirs, err := many(tx, func(s *string) []any { return []any{s} }, `SELECT address FROM identity WHERE contact IN (`+persons+`)`, contact)
	if err != nil || len(theirs) == 0 {
		return wrap(err, "read the contact's addresses")
	}
	rows, err := many(tx, earlyFields, `SELECT id, item FROM early ORDER BY id`)
	if err != nil {
		return fmt.Errorf("read early news: %w", err)
	}
	for _, r := range rows {
		in, err := tx.w.db.earlyItem(r)
		if errors.Is(err, errNoSeal) {
			return err
		}
		if err == nil && !slices.ContainsFunc(addressesOf(in), func(a string) bool { return slices.Contains(theirs, a) }) {
			continue
		} // what cannot be opened any more may as well go
		if _, err := tx.keep(`DELETE FROM early WHERE id = $1`, r.id); err != nil {
			return fmt.Errorf("erase early news: %w", err)
		}
	}
	return nil
}
