package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

const messageColumns = `e.id, coalesce(e.conversation, 0), e.n, coalesce(e.seq, 0), e.type, e.at, e.side, e.channel, e.author_kind, e.author_id,
	e.author_name, e.text, e.data, e.extra, e.body, coalesce(e.sender, ''), coalesce(e.key, ''), e.answers`

// entry is one row of the log: an event and, when it has a seq, its message.
type entry struct {
	event   centrala.Event
	message centrala.Message
	data    string
	body    int64 // what there is beside the text: 1 HTML, 2 a longer text, and what follows
}

const (
	wasEdited = 4 << iota
	wasUnsent
	hasReactions
	wasPressed
)

func (e *entry) fields() []any {
	return []any{&e.event.ID, &e.event.Conversation, &e.event.N, &e.event.Seq, &e.event.Type, column.Instant(&e.event.At), &e.event.Side,
		&e.message.Channel, &e.message.Author.Kind, &e.message.Author.ID, &e.message.Author.Name, &e.message.Text, &e.data,
		column.List(&e.message.Attachments), &e.body, &e.message.Sender, &e.message.Key, &e.message.Answers}
}

// finish fills what the two faces of the row share.
func (e *entry) finish() error {
	if e.data != "" {
		if err := json.Unmarshal([]byte(e.data), &e.event.Data); err != nil {
			return fmt.Errorf("data of event %s: %w", e.event.ID, err)
		}
	}
	e.event.Channel = e.message.Channel
	m := &e.message
	m.ID, m.Conversation, m.Seq, m.At = e.event.ID, e.event.Conversation, e.event.Seq, e.event.At
	m.HasHTML, m.HasMore, m.Edited, m.Unsent = e.body&1 != 0, e.body&2 != 0, e.body&wasEdited != 0, e.body&wasUnsent != 0
	m.Pressed = e.body&wasPressed != 0
	switch {
	case e.event.Type == centrala.MessageReceived:
		m.Trust = e.event.Data.Trust
	case e.event.Type == centrala.MessageNoted:
		m.Note, m.Mentions = true, e.event.Data.Mentions
	case e.event.Type == centrala.MessageChanged:
		m.Change = &centrala.Change{Of: e.event.Data.Seq, Kind: e.event.Data.Kind}
		reactionOf(m)
	case !strings.HasPrefix(string(e.event.Type), "message."):
		facts := e.event.Data
		m.System = &facts
	}
	return nil
}

// entries reads rows of the log.
func entries(ctx context.Context, q column.Querier, query string, args ...any) ([]entry, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	var out []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(e.fields()...); err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		if err := e.finish(); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return out, present(ctx, q, out)
}

// MaxPage is how many entries one page holds at most.
const MaxPage = 500

// Messages reads a part of a timeline in ascending seq: the latest entries, or those before
// or after a seq; more tells that there are others in that direction. A customer's scope gets
// the hidden entries too, without their words: the edge tells only that their seq exists.
func (db *DB) Messages(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, p centrala.Page) (msgs []centrala.Message, more bool, err error) {
	if _, err := db.Conversation(ctx, scope, id); err != nil {
		return nil, false, err
	}
	if p.Limit <= 0 || p.Limit > MaxPage {
		p.Limit = 50
	}
	where, order, bound := `e.seq > $2`, `ASC`, p.After
	if p.After == 0 {
		where, order, bound = `e.seq < $2`, `DESC`, p.Before
		if p.Before == 0 {
			bound = 1 << 62
		}
	}
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND `+where+
		` ORDER BY e.seq `+order+` LIMIT $3`, id, bound, p.Limit+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > p.Limit; more {
		rows = rows[:p.Limit]
	}
	if order == `DESC` {
		slices.Reverse(rows)
	}
	return scoped(scope, rows), more, nil
}

// scoped are the messages of rows as scope may read them.
func scoped(scope centrala.Scope, rows []entry) []centrala.Message {
	msgs := make([]centrala.Message, len(rows))
	for i, r := range rows {
		msgs[i] = r.message
		if !scope.Customer() {
			continue
		}
		if r.message.Hidden() {
			msgs[i] = centrala.Message{ID: r.message.ID, Conversation: r.message.Conversation, Seq: r.message.Seq,
				Note: r.message.Note, System: hiddenFacts(r.message), At: r.message.At, Channel: r.message.Channel}
			continue
		}
		msgs[i] = r.message.ForCustomer()
	}
	return msgs
}

// hiddenFacts keeps only the kind of a hidden move, so that Hidden still says so.
func hiddenFacts(m centrala.Message) *centrala.Facts {
	if m.System == nil {
		return nil
	}
	return &centrala.Facts{Kind: m.System.Kind}
}

// Tail reads up to limit entries after a seq in ascending order, with the conversation as it
// is at that moment: what a reader needs to catch up.
func (db *DB) Tail(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error) {
	c, err := db.Conversation(ctx, scope, id)
	if err != nil {
		return nil, c, err
	}
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq > $2
		ORDER BY e.seq LIMIT $3`, id, after, limit)
	return scoped(scope, rows), c, err
}

// Message reads one entry whole: its full text and its sanitised HTML, "" when it has none.
func (db *DB) Message(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, seq int64) (m centrala.Message, full, html string, err error) {
	if _, err = db.Conversation(ctx, scope, id); err != nil {
		return m, "", "", err
	}
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq = $2`, id, seq)
	if err != nil {
		return m, "", "", err
	}
	if len(rows) == 0 || scope.Customer() && rows[0].message.Hidden() {
		return m, "", "", &centrala.Error{Code: centrala.NotFound, Field: "seq", Message: fmt.Sprintf("There is no message %d.", seq)}
	}
	m = scoped(scope, rows)[0]
	full = m.Text
	if rows[0].body != 0 {
		var whole string
		err = db.ro.QueryRowContext(ctx, `SELECT full_text, html, policy FROM body WHERE event = $1`, m.ID).Scan(&whole, &html, &m.Policy)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return m, "", "", fmt.Errorf("read the whole message: %w", err)
		}
		if whole != "" {
			full = whole
		}
	}
	return m, full, html, nil
}

// Since reads up to limit events after an event in the order of their identifiers, with the
// conversations as they are now. It is the agents' catch-up: at least once, since with several
// nodes a lower identifier may appear later.
func (db *DB) Since(ctx context.Context, scope centrala.Scope, after centrala.EventID, limit int) ([]centrala.Commit, error) {
	args := []any{after, limit}
	where := scopeWhere(scope, &args)
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e LEFT JOIN conversation c ON c.id = e.conversation
		WHERE e.id > $1 AND (e.conversation IS NULL OR `+where+`) ORDER BY e.id LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	conversations := map[centrala.ConversationID]*centrala.Conversation{}
	out := make([]centrala.Commit, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		cm := centrala.Commit{Event: r.event}
		if id := r.event.Conversation; id != 0 {
			if conversations[id] == nil {
				c, err := db.Conversation(ctx, centrala.Everything(), id)
				if err != nil {
					return nil, err
				}
				conversations[id] = &c
			}
			cm.Conversation = conversations[id]
		}
		if r.event.Seq != 0 {
			cm.Message = &r.message
		}
		out = append(out, cm)
	}
	return out, nil
}

// LastEvent is the highest identifier in the log, 0 when it is empty.
func (db *DB) LastEvent(ctx context.Context) (centrala.EventID, error) {
	var id centrala.EventID
	err := db.ro.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM event`).Scan(&id)
	return id, wrap(err, "read the end of the log")
}

// Seen moves how far somebody has received and read a conversation, never backwards: a
// customer's own marks, or the team's when by is an agent, whose mentions are read by it too. Marks beyond the end count as the
// end. Receiving is told as a delivery, reading as a read mark, both by the returned commit's
// listeners; nothing is written when nothing moves.
func (db *DB) Seen(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, by centrala.Author, received, read int64) error {
	return db.writeWith(ctx, need{conversation: id}, func(tx *Tx) error {
		c, err := tx.seen(scope, id)
		if err != nil {
			return err
		}
		received, read = min(max(received, read), c.LastSeq), min(read, c.LastSeq)
		if by.Kind != centrala.ByCustomer {
			return tx.readByTeam(c, by, read)
		}
		if received <= c.ReceivedByCustomer && read <= c.ReadByCustomer {
			return nil
		}
		c.ReceivedByCustomer, c.ReadByCustomer = max(c.ReceivedByCustomer, received), max(c.ReadByCustomer, read)
		if c.ReadByCustomer >= c.LastText.Seq {
			c.unseenSince = 0
		}
		tx.update(c)
		return nil
	})
}
