package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"centrala/store/column"

	"centrala"
)

// hookItems is how many things of one hook are taken in one commit: everybody else waits meanwhile.
const hookItems = 1000

// ReadHooks takes what hooks tell into the log: all of them in one commit, or none. A hook that is
// no longer new is left as it is. A hook of more than a thousand things is taken a thousand at a
// time, and is new until the last of them is there. When the log refuses something of a hook that
// comes alone, the rest of it is taken and the hook is left unread. Unavailable when the lease was
// lost under which it was read.
func (db *DB) ReadHooks(ctx context.Context, reads []centrala.HookRead) error {
	ready := make([]reading, len(reads))
	for i, r := range reads {
		var err error
		if ready[i], err = db.readAhead(ctx, r); err != nil {
			return err
		}
	}
	var outcomes []centrala.HookOutcome
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		outcomes, err = tx.readHooks(ready)
		return err
	})
	if err != nil && len(reads) == 1 && len(reads[0].Reading.Items) > 1 && refused(err) {
		outcomes, err = db.readApart(ctx, reads[0])
	}
	if err == nil {
		db.stats.hooks(outcomes)
	}
	return err
}

// refused reports whether an error is about what the log was given.
func refused(err error) bool {
	switch centrala.CodeOf(err) {
	case centrala.Unavailable, centrala.NotFound:
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// reading is a reading of which the rest is still to be taken; repeated counts what was known of
// the others.
type reading struct {
	centrala.HookRead
	rest     []centrala.Inbound
	repeated int
}

// readAhead takes all but the last thousand things of a hook, a thousand in a commit.
func (db *DB) readAhead(ctx context.Context, r centrala.HookRead) (reading, error) {
	out := reading{HookRead: r, rest: r.Reading.Items}
	for len(out.rest) > hookItems {
		repeated, err := db.readPart(ctx, r, out.rest[:hookItems])
		switch {
		case err == nil:
			out.rest, out.repeated = out.rest[hookItems:], out.repeated+repeated
		case refused(err): // which of them was, is found out with all of them
			return reading{HookRead: r, rest: r.Reading.Items}, nil
		default:
			return out, err
		}
	}
	return out, nil
}

// readPart takes a part of what a hook tells, which stays new, and says how much of it was known.
func (db *DB) readPart(ctx context.Context, r centrala.HookRead, items []centrala.Inbound) (repeated int, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		repeated = 0
		if err := tx.aloneWith(items); err != nil {
			return err
		}
		h, err := tx.lockHook(r)
		if err != nil || h == nil {
			return err
		}
		if err := tx.takeItems(h, items); err != nil {
			return err
		}
		repeated = h.repeated
		if _, err := tx.keep(`UPDATE hook SET messages = $2, conversation = $3, number = $4, seq = $5 WHERE id = $1`, h.ID, h.Messages, h.Conversation, h.Number, h.Seq); err != nil {
			return fmt.Errorf("note a part of the hook: %w", err)
		}
		return tx.alsoTold(h)
	})
	return repeated, err
}

// readApart takes the things of a hook one by one, and leaves it unread for those that the log
// does not take.
func (db *DB) readApart(ctx context.Context, r centrala.HookRead) ([]centrala.HookOutcome, error) {
	done := reading{HookRead: r}
	for i, in := range r.Reading.Items {
		repeated, err := db.readPart(ctx, r, r.Reading.Items[i:i+1])
		switch {
		case err == nil:
			done.repeated += repeated
			continue
		case !refused(err):
			return nil, err
		}
		db.log.Error("a thing that a hook tells was not taken", "hook", r.Hook.String(), "kind", string(in.Kind), "err", err)
		done.Reading.Bad = append(slices.Clip(done.Reading.Bad), centrala.Cause{Code: "log", Detail: string(centrala.CodeOf(err))})
	}
	var outcomes []centrala.HookOutcome
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		outcomes, err = tx.readHooks([]reading{done})
		return err
	})
	return outcomes, err
}

// openHook is a hook while it is read.
type openHook struct {
	centrala.Hook
	repeated, fresh int // things that were known, messages that are new
	all             map[centrala.ConversationID]bool
	forget          []string // marks of those who were erased while it waited
}

func (tx *Tx) readHooks(reads []reading) ([]centrala.HookOutcome, error) {
	var all []centrala.Inbound
	for _, r := range reads {
		all = append(all, r.rest...)
	}
	if err := tx.aloneWith(all); err != nil {
		return nil, err
	}
	var outcomes []centrala.HookOutcome
	for _, r := range reads {
		h, err := tx.lockHook(r.HookRead)
		if err != nil {
			return nil, err
		}
		if h == nil {
			continue
		}
		h.repeated = r.repeated
		if err := tx.takeItems(h, r.rest); err != nil {
			return nil, err
		}
		if err := tx.noteRead(h, r.HookRead); err != nil {
			return nil, err
		}
		outcomes = append(outcomes, h.Outcome)
	}
	return outcomes, nil
}

// lockHook reads a hook that is to be read, under its lease; nil when it is no longer new.
func (tx *Tx) lockHook(r centrala.HookRead) (*openHook, error) {
	h, err := tx.openHook(r.Hook, tx.w.db.dialect.ForUpdate("h"))
	if err != nil {
		return nil, err
	}
	if err := tx.held(&centrala.Cursor{Inbox: h.Inbox, Term: r.Term}); err != nil {
		return nil, err
	}
	if h.Outcome != centrala.HookNew {
		return nil, nil
	}
	return h, nil
}

func (tx *Tx) openHook(id centrala.HookID, lock string) (*openHook, error) {
	h := &openHook{all: map[centrala.ConversationID]bool{}}
	err := tx.w.conn.Row(`SELECT `+hookColumns+` FROM hook h WHERE h.id = $1`+lock, []any{id}, hookFields(&h.Hook)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, absent(err, "There is no such hook.")
	}
	h.forget = forgotten(h.Hook)
	return h, tx.noted(wrap(err, "read the hook"))
}

// takeItems takes things that a hook tells into the log, in their order.
func (tx *Tx) takeItems(h *openHook, items []centrala.Inbound) error {
	for _, in := range items {
		if h.forgets(in) {
			h.repeated++
			continue
		}
		in.Inbox, in.Entry, in.Cursor = h.Inbox, 0, nil
		if in.Channel == "" {
			in.Channel = h.Channel
		}
		t, err := tx.item(in)
		if err != nil {
			return err
		}
		h.repeated += int(column.Flag(t.repeated))
		if t.message {
			h.fresh++
			h.Messages++
		}
		if t.conversation == 0 {
			continue
		}
		h.all[t.conversation] = true
		if h.Conversation == 0 {
			c, err := tx.byID(t.conversation)
			if err != nil {
				return wrap(err, "read the hook's conversation")
			}
			h.Conversation, h.Number = t.conversation, c.Number
		}
		if h.Seq == 0 && t.message && t.conversation == h.Conversation {
			h.Seq = t.seq
		}
	}
	return nil
}

// noteRead writes down what became of a hook.
func (tx *Tx) noteRead(h *openHook, r centrala.HookRead) error {
	h.Outcome, h.Cause = becomes(h, r)
	what := tidy(r.Reading.What, 200)
	if what == "" {
		what = h.What
	}
	_, err := tx.keep(`UPDATE hook SET outcome = $2, cause = $3, detail = $4, what = $5, parser = $6, tries = tries + $7,
		items = $8, messages = $9, conversation = $10, number = $11, seq = $12, read_at = $13 WHERE id = $1`,
		h.ID, string(h.Outcome), tidy(h.Cause.Code, 100), tidy(h.Cause.Detail, 300), what, r.Reading.Parser, column.Flag(h.Outcome == centrala.HookUnread),
		len(r.Reading.Items), h.Messages, h.Conversation, h.Number, h.Seq, column.Micros(tx.now))
	if err != nil {
		return fmt.Errorf("note what became of the hook: %w", err)
	}
	if len(h.forget) > 0 {
		if err := tx.forgetWords(h.ID); err != nil {
			return err
		}
	}
	return tx.alsoTold(h)
}

// alsoTold notes the conversations, besides the first, that a hook told something of.
func (tx *Tx) alsoTold(h *openHook) error {
	for c := range h.all {
		if c == h.Conversation {
			continue
		}
		if _, err := tx.keep(`INSERT INTO hook_also (hook, conversation) VALUES ($1, $2) ON CONFLICT DO NOTHING`, h.ID, c); err != nil {
			return fmt.Errorf("note the hook's conversations: %w", err)
		}
	}
	return nil
}

// becomes is the outcome of a reading, and why. What is in the log by an earlier reading of the
// same hook makes it no repetition of another one.
func becomes(h *openHook, r centrala.HookRead) (centrala.HookOutcome, centrala.Cause) {
	counted := centrala.Cause{Code: centrala.CauseRead, Detail: countKinds(r.Reading.Items)}
	taken := centrala.Cause{Code: centrala.CauseReplayed, Detail: string(centrala.HookTaken)}
	switch {
	case r.Failed != nil:
		return centrala.HookUnread, *r.Failed
	case len(r.Reading.Bad) > 0:
		return centrala.HookUnread, r.Reading.Bad[0]
	case len(r.Reading.Items) == 0:
		return centrala.HookNothing, centrala.Cause{Code: centrala.CauseNothing, Detail: strings.Join(r.Reading.Skipped, ", ")}
	case h.repeated < len(r.Reading.Items) || h.Messages > 0 || h.Cause == taken:
		return centrala.HookTaken, counted
	case len(h.forget) > 0:
		return centrala.HookNothing, centrala.Cause{Code: centrala.CauseErased}
	}
	return centrala.HookRepeated, counted
}

// countKinds says how many things there are of each kind, in the order in which they first come:
// "message 1, delivery 3".
func countKinds(items []centrala.Inbound) string {
	var order []string
	n := map[string]int{}
	for _, in := range items {
		kind := cmp.Or(string(in.Kind), string(centrala.KindMessage))
		if n[kind]++; n[kind] == 1 {
			order = append(order, kind)
		}
	}
	for i, kind := range order {
		order[i] = kind + " " + strconv.Itoa(n[kind])
	}
	return strings.Join(order, ", ")
}

// errUndone ends a transaction of which nothing is to stay.
var errUndone = errors.New("only looked at")

// PreviewHooks tells what would come of hooks if they were read so. Nothing of it stays, and nobody
// is told of it.
func (db *DB) PreviewHooks(ctx context.Context, reads []centrala.HookRead) (centrala.HookPreview, error) {
	var p centrala.HookPreview
	err := db.write(ctx, func(tx *Tx) error {
		p = centrala.HookPreview{}
		for _, r := range reads {
			h, err := tx.openHook(r.Hook, "")
			if err != nil {
				return err
			}
			if err := tx.takeItems(h, r.Reading.Items); err != nil {
				return err
			}
			p.Hooks, p.Messages, p.Repeated = p.Hooks+1, p.Messages+h.fresh, p.Repeated+h.repeated
		}
		into, opened := map[centrala.ConversationID]bool{}, map[centrala.ConversationID]bool{}
		for _, c := range tx.commits {
			if c.Event.Conversation != 0 {
				into[c.Event.Conversation] = true
			}
			if c.Event.Type == centrala.ConversationReopened {
				opened[c.Event.Conversation] = true
			}
		}
		p.Conversations, p.Reopened = len(into), len(opened)
		return errUndone
	})
	if errors.Is(err, errUndone) {
		err = nil
	}
	return p, err
}
