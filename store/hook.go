package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

// forgedPerMinute is how many forged posts to an inbox get a row of their own within a minute.
const forgedPerMinute = 10

// hookBytes is how many bytes of bodies UnreadHooks gives at once, unless one alone is larger.
const hookBytes = 8 << 20

// hookRow is a hook on its way into its table.
type hookRow struct {
	centrala.Hook
	sealed []byte
}

// KeepHooks keeps what was posted or fetched, sealed, together with the mark behind it. It returns
// once all of them are on disk. One whose key is known in its inbox is not kept again. Of a forged
// one only the row is kept; more than ten a minute of them are counted on the latest. Unavailable
// when the mark's lease was lost.
func (db *DB) KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error {
	rows := make([]hookRow, len(hooks))
	for i, h := range hooks {
		rows[i].Hook = h
		if h.Outcome == centrala.HookForged {
			continue
		}
		sealed, err := db.sealed(h.Body)
		if err != nil {
			return fmt.Errorf("keep the hook: %w", err)
		}
		rows[i].sealed, rows[i].Key, rows[i].Outcome = sealed, hookKey(h), centrala.HookNew
	}
	return db.write(ctx, func(tx *Tx) error {
		if err := tx.moveMark(upto); err != nil {
			return err
		}
		for _, r := range rows {
			keep := tx.keepHook
			if r.Outcome == centrala.HookForged {
				keep = tx.keepForged
			}
			if err := keep(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// hookKey is what a hook is known by in its inbox: the vendor's id of it if there is one that can
// be kept, else a digest.
func hookKey(h centrala.Hook) string {
	if h.Key != "" && len(h.Key) <= 200 && column.Storable(h.Key) {
		return h.Key
	}
	told := h.Body
	if h.Key != "" {
		told = []byte(h.Key)
	}
	sum := sha256.Sum256(told)
	return hex.EncodeToString(sum[:])
}

func (tx *Tx) keepHook(r hookRow) error {
	id := centrala.HookID(tx.NewID())
	n, err := tx.insertHook(id, r)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.keep(`INSERT INTO hook_body (hook, body) VALUES ($1, $2)`, id, r.sealed)
	return wrap(err, "keep the hook's body")
}

func (tx *Tx) insertHook(id centrala.HookID, r hookRow) (int64, error) {
	at, items := r.At, 0
	if at.IsZero() {
		at = tx.now
	}
	if r.Outcome == centrala.HookForged {
		items = 1
	}
	n, err := tx.keep(`INSERT INTO hook (id, inbox, channel, key, what, outcome, cause, detail, size, kept, parser, tries, items, messages, conversation, number, seq, address, at, read_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, 0, 0, 0, 0, $12, $13, 0) ON CONFLICT DO NOTHING`,
		id, r.Inbox, string(r.Channel), r.Key, tidy(r.What, 200), string(r.Outcome), tidy(r.Cause.Code, 100), tidy(r.Cause.Detail, 300),
		max(int64(len(r.Body)), r.Size), column.Flag(r.sealed != nil), items, tidy(r.Address, 60), column.Micros(at))
	return n, wrap(err, "keep the hook")
}

// keepForged notes a forged post: in a row of its own, or by counting it on the latest.
func (tx *Tx) keepForged(r hookRow) error {
	var n int
	var latest centrala.HookID
	err := tx.w.conn.Row(`SELECT count(*), coalesce(max(id), 0) FROM hook WHERE inbox = $1 AND outcome = 'forged' AND at > $2`,
		[]any{r.Inbox, column.Micros(tx.now.Add(-time.Minute))}, &n, &latest)
	if err != nil {
		return tx.noted(fmt.Errorf("count the forged hooks: %w", err))
	}
	if n >= forgedPerMinute {
		_, err = tx.keep(`UPDATE hook SET items = items + 1 WHERE id = $1`, latest)
		return wrap(err, "count the forged hook")
	}
	r.Key = ""
	_, err = tx.insertHook(centrala.HookID(tx.NewID()), r)
	return err
}

// tidy makes a text of at most n characters that both engines can keep.
func tidy(s string, n int) string {
	if !column.Storable(s) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
	}
	return short(s, n)
}

// moveMark notes how far a poller has come.
func (tx *Tx) moveMark(m *centrala.Mark) error {
	if m == nil {
		return nil
	}
	if err := tx.held(&centrala.Cursor{Inbox: m.Inbox, Term: m.Term}); err != nil {
		return err
	}
	_, err := tx.keep(`INSERT INTO mark (inbox, name, value, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (inbox, name) DO UPDATE SET value = excluded.value, at = excluded.at`, m.Inbox, m.Name, m.Value, column.Micros(tx.now))
	return wrap(err, "move the mark")
}

// Mark is how far a poller has come, "" when it has not begun.
func (db *DB) Mark(ctx context.Context, inbox centrala.InboxID, name string) (string, error) {
	var value string
	err := db.ro.QueryRowContext(ctx, `SELECT value FROM mark WHERE inbox = $1 AND name = $2`, inbox, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, wrap(err, "read the mark")
}

// UnreadHooks gives an inbox's hooks that wait to be read, with their bodies, the oldest first: at
// most limit of them, and about 8 MB. One whose body does not open comes with none, and the log
// says why.
func (db *DB) UnreadHooks(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Hook, error) {
	rows, err := db.ro.QueryContext(ctx, `SELECT `+hookColumns+`, b.body FROM hook h LEFT JOIN hook_body b ON b.hook = h.id
		WHERE h.inbox = $1 AND h.outcome = 'new' ORDER BY h.id LIMIT $2`, inbox, limit)
	if err != nil {
		return nil, fmt.Errorf("list the hooks: %w", err)
	}
	defer rows.Close()
	var hooks []centrala.Hook
	for size := int64(0); size < hookBytes && rows.Next(); {
		h, err := db.scanHook(rows)
		if err != nil {
			return nil, err
		}
		hooks = append(hooks, h)
		size += h.Size
	}
	return hooks, wrap(rows.Err(), "list the hooks")
}

// scanHook reads a hook with its body.
func (db *DB) scanHook(rows *sql.Rows) (centrala.Hook, error) {
	var h centrala.Hook
	var sealed []byte
	if err := rows.Scan(append(hookFields(&h), &sealed)...); err != nil {
		return h, fmt.Errorf("list the hooks: %w", err)
	}
	if len(sealed) == 0 {
		return h, nil
	}
	body, err := db.unseal(sealed)
	if err != nil { // one that cannot be opened keeps no other back
		db.log.Error("the body of a hook does not open", "hook", h.ID.String(), "err", err)
		return h, nil
	}
	h.Body = body
	return h, nil
}
