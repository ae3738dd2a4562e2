package store

import (
	"context"
	"fmt"

	"centrala"
)

// Erase takes a contact's words and traits out of the log for good: texts, names, addresses,
// files. The shape of their conversations stays, so that no seq has a hole and the counts
// hold. It returns the blobs to delete, and makes the contact's tokens void.
func (db *DB) Erase(ctx context.Context, id centrala.ContactID, by centrala.Author) (blobs []string, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		blobs = nil
		if _, err := tx.contact(id); err != nil {
			return err
		}
		if blobs, err = tx.blobs(id); err != nil {
			return err
		}
		const theirs = ` IN (SELECT id FROM conversation WHERE contact = $1)`
		for _, q := range []string{
			`DELETE FROM body WHERE event IN (SELECT e.id FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1)`,
			`UPDATE event SET text = '', extra = '', body = 0, author_name = CASE WHEN author_kind = 'customer' THEN '' ELSE author_name END WHERE conversation` + theirs,
			`UPDATE intake SET sender = '', subject = '', raw = '' WHERE event IN (SELECT e.id FROM event e JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1)`,
			`UPDATE delivery SET address = '', notice = '', reason = '' WHERE conversation` + theirs,
			`UPDATE attempt SET reason = '' WHERE delivery IN (SELECT id FROM delivery WHERE conversation` + theirs + `)`,
			`DELETE FROM attachment WHERE conversation` + theirs,
			`UPDATE conversation SET subject = '', preview = '', preview_name = '' WHERE contact = $1`,
			`UPDATE survey_answer SET comment = '' WHERE survey IN (SELECT id FROM survey WHERE conversation` + theirs + `)`,
			`UPDATE survey SET comment = '', token_hash = NULL, cancelled = CASE WHEN score IS NULL THEN 1 ELSE cancelled END WHERE conversation` + theirs,
			`UPDATE follow_up SET note = '' WHERE conversation` + theirs,
			`UPDATE suggestion SET visitor = '' WHERE conversation` + theirs,
			`UPDATE contact SET name = '', email = '', phone = '', subject = NULL, blocked = 1, generation = generation + 1 WHERE id = $1`,
		} {
			if _, err := tx.exec(q, id); err != nil {
				return fmt.Errorf("erase the contact: %w", err)
			}
		}
		return tx.emit(centrala.ContactErased, by, centrala.Facts{Kind: "erased", Contact: id})
	})
	return blobs, err
}

func (tx *Tx) blobs(id centrala.ContactID) ([]string, error) {
	rows, err := tx.QueryContext(context.Background(), `SELECT f.blob FROM attachment f JOIN conversation c ON c.id = f.conversation WHERE c.contact = $1
		UNION SELECT b.raw FROM body b JOIN event e ON e.id = b.event JOIN conversation c ON c.id = e.conversation WHERE c.contact = $1 AND b.raw <> ''`, id)
	if err != nil {
		return nil, fmt.Errorf("list the contact's files: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var b string
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("list the contact's files: %w", err)
		}
		out = append(out, b)
	}
	return out, wrap(rows.Err(), "list the contact's files")
}
