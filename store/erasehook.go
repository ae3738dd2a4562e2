package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"centrala/store/column"

	"centrala"
)

// bodiesAtOnce is how many bodies of hooks are looked through in one query, and bodiesLate for how
// long a hook may be on its way into the table under an id that is smaller than one that is there.
const (
	bodiesAtOnce = 500
	bodiesLate   = time.Minute
)

// calling is what a person is called by in what vendors post: an address towards an account of
// ours, or towards any of them.
type calling struct{ account, address string }

// callings are what a person, with all who were joined with them, is called by.
func callings(ctx context.Context, q column.Querier, id centrala.ContactID) ([]calling, error) {
	list, err := column.All(ctx, q, func(c *calling) []any { return []any{&c.account, &c.address} },
		`SELECT account, address FROM identity WHERE contact IN (`+persons+`) UNION SELECT '', email FROM contact WHERE email <> '' AND id IN (`+persons+`) ORDER BY 1, 2`, id)
	return list, wrap(err, "read the contact's addresses")
}

// trace is where a person's addresses are in what vendors posted.
type trace struct {
	of    []calling
	hooks map[centrala.HookID][]string // with which of the addresses
	upto  centrala.HookID              // all up to there were looked through
}

// traced looks for a person in the raw hooks that are in no conversation, or not in one alone: they
// may hold words of theirs that nothing else leads to. It reads every one that came after a hook.
func (db *DB) traced(ctx context.Context, q column.Querier, of []calling, after centrala.HookID) (trace, error) {
	t := trace{of: of, hooks: map[centrala.HookID][]string{}, upto: after}
	if len(of) == 0 {
		return t, nil
	}
	doors, err := column.All(ctx, q, (*inboxRow).fields, inboxColumns)
	if err != nil {
		return t, fmt.Errorf("read the inboxes: %w", err)
	}
	towards := map[centrala.InboxID][]string{}
	for _, d := range doors {
		for _, c := range of {
			if (c.account == "" || c.account == d.account()) && !slices.Contains(towards[d.ID], c.address) {
				towards[d.ID] = append(towards[d.ID], c.address)
			}
		}
	}
	for {
		n, err := db.traceSome(ctx, q, &t, towards)
		if err != nil || n < bodiesAtOnce {
			return t, err
		}
	}
}

func (db *DB) traceSome(ctx context.Context, q column.Querier, t *trace, towards map[centrala.InboxID][]string) (n int, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+hookColumns+`, b.body FROM hook_body b JOIN hook h ON h.id = b.hook
		WHERE b.hook > $1 AND (h.outcome IN ('new', 'unread', 'nothing') OR h.conversation = 0 OR h.items > 1) ORDER BY b.hook LIMIT `+strconv.Itoa(bodiesAtOnce), t.upto)
	if err != nil {
		return 0, fmt.Errorf("look through the hooks: %w", err)
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		h, err := db.scanHook(rows)
		if err != nil {
			return n, err
		}
		t.upto = h.ID
		if found := named(h.Body, towards[h.Inbox]); len(found) > 0 {
			t.hooks[h.ID] = found
		}
	}
	return n, wrap(rows.Err(), "look through the hooks")
}

// named are those of some addresses that a body has as words of their own, whatever their case and
// however the JSON that they are in writes them.
func named(body []byte, addresses []string) (found []string) {
	if len(addresses) == 0 {
		return nil
	}
	plain := bytes.ToLower(unescaped(body))
	for _, a := range addresses {
		if hasWord(plain, []byte(strings.ToLower(a))) {
			found = append(found, a)
		}
	}
	return found
}

// hasWord reports whether a text has a word that is not a part of a longer one.
func hasWord(text, word []byte) bool {
	for len(word) > 0 {
		at := bytes.Index(text, word)
		if at < 0 {
			return false
		}
		end := at + len(word)
		if (at == 0 || !inWord(text[at-1])) && (end == len(text) || !inWord(text[end])) {
			return true
		}
		text = text[at+1:]
	}
	return false
}

func inWord(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '_' || c == '-' || c == '@'
}

// unescaped is JSON with its characters as they are; anything else stays what it was.
func unescaped(body []byte) []byte {
	if !bytes.ContainsRune(body, '\\') {
		return body
	}
	var units []uint16 // of a character that is written in two halves
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if code, ok := escape(body[i:]); ok {
			units = append(units, code)
			i += 6
			continue
		}
		if len(units) > 0 {
			out, units = append(out, string(utf16.Decode(units))...), units[:0]
		}
		c := body[i]
		if i++; c == '\\' && i < len(body) {
			if c = body[i]; strings.IndexByte("bfnrt", c) >= 0 {
				c = ' '
			}
			i++
		}
		out = append(out, c)
	}
	return append(out, string(utf16.Decode(units))...)
}

// escape reads \u and four digits.
func escape(b []byte) (uint16, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return uint16(code), err == nil
}

// eraseHooks takes a person out of the raw hooks that the person's conversations do not lead to.
// Most of them were looked through before; what came since is looked through now. A body that has
// been read goes, and of one that could not be read nothing more will come. One that still waits
// may tell of others: it goes once it is read, and what it says of the person is not taken.
func (tx *Tx) eraseHooks(before trace, now []calling) error {
	ctx, since := context.Background(), min(before.upto, centrala.HookID(centrala.FirstID(tx.now.Add(-bodiesLate))))
	if !slices.Equal(before.of, now) {
		before.hooks, since = map[centrala.HookID][]string{}, 0
	}
	late, err := tx.w.db.traced(ctx, tx, now, since)
	if err != nil {
		return err
	}
	maps.Copy(before.hooks, late.hooks)
	for _, id := range slices.Sorted(maps.Keys(before.hooks)) {
		h, err := column.One(ctx, tx, hookFields, `SELECT `+hookColumns+` FROM hook h WHERE h.id = $1`+tx.w.db.dialect.ForUpdate("h"), id)
		if err != nil {
			return wrap(err, "read the hook")
		}
		if err := tx.eraseHook(h, before.hooks[id]); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) eraseHook(h centrala.Hook, addresses []string) error {
	var open bool // somebody reads the inbox
	err := tx.Row(`SELECT enabled FROM inbox WHERE id = $1`, []any{h.Inbox}, &open)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return wrap(err, "read the inbox")
	}
	if h.Outcome != centrala.HookNew || h.Cause.Code == centrala.CauseReplayed || !open {
		return tx.forgetWords(h.ID)
	}
	marks := forgotten(h)
	for _, a := range addresses {
		if m := forgetMark(a); !slices.Contains(marks, m) {
			marks = append(marks, m)
		}
	}
	_, err = tx.Exec(`UPDATE hook SET cause = $2, detail = $3 WHERE id = $1`, h.ID, centrala.CauseErased, strings.Join(marks, " "))
	return wrap(err, "mark the hook")
}

// forgetWords takes what a hook says for good; its row stays.
func (tx *Tx) forgetWords(id centrala.HookID) error {
	for _, q := range []string{`UPDATE hook SET kept = 0, detail = '', cause = CASE WHEN outcome = 'new' THEN 'erased' ELSE cause END,
		outcome = CASE WHEN outcome = 'new' THEN 'nothing' ELSE outcome END WHERE id = $1`, `DELETE FROM hook_body WHERE hook = $1`} {
		if _, err := tx.Exec(q, id); err != nil {
			return fmt.Errorf("forget a hook's words: %w", err)
		}
	}
	return nil
}

// forgotten are the marks of those who are not to be heard of in a hook that waits.
func forgotten(h centrala.Hook) []string {
	if h.Outcome != centrala.HookNew || h.Cause.Code != centrala.CauseErased {
		return nil
	}
	return strings.Fields(h.Cause.Detail)
}

// forgets reports whether a thing is of somebody who is not to be heard of any more.
func (h *openHook) forgets(in centrala.Inbound) bool {
	return slices.ContainsFunc(append(addressesOf(in), in.Email), func(a string) bool { return slices.Contains(h.forget, forgetMark(a)) })
}

// forgetMark stands for an address without telling it.
func forgetMark(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return hex.EncodeToString(sum[:16])
}
