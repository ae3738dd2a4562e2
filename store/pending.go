package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
	"centrala/store/engine"
)

// A group commit works as a group. What its operations need to know, they say beforehand (need),
// and it is looked up for all of them at once; each then runs on what the writer holds in memory;
// what they bring into the log is pending until the end, or until a statement must see it in the
// tables, and then goes out in as few statements as there can be (flush). If that fails, so does
// the transaction, and each operation runs again alone.

// need is what an operation can say of itself beforehand. The zero value needs nothing.
type need struct {
	key          senderKey
	conversation centrala.ConversationID
	chat         chat
}

// senderKey names a message, by its sender, before it has an identifier.
type senderKey struct{ sender, key string }

// said is what a sender said under a key.
type said struct {
	receipt  centrala.Receipt
	text     string
	note     bool
	files    []centrala.Attachment
	mentions []centrala.AgentID
	answers  int64
	via      centrala.Channel
}

// pending is what the running transaction has not written yet, and what it knows of keys.
type pending struct {
	events, outbox []any // rows of eventRows and outboxRows
	changed        []centrala.ConversationID
	keys           map[senderKey]*said // nil: nobody has used it
}

var (
	eventRows = engine.NewRows(`INSERT INTO event (id, conversation, n, seq, type, at, side, channel, author_kind, author_id, author_name,
		text, data, extra, body, sender, key, answers) VALUES `, 18, ``)
	outboxRows = engine.NewRows(`INSERT INTO outbox (event, at) VALUES `, 2, ``)
	markRows   = engine.NewRows(`DELETE FROM outbox WHERE event IN (`, 1, `)`)
	keyRows    = engine.NewRows(`SELECT sender, key, id, conversation, seq, at, text, extra, data, CASE WHEN type = 'message.noted' THEN 1 ELSE 0 END, answers
		FROM event WHERE key IS NOT NULL AND (key, sender) IN (VALUES `, 2, `)`)
)

// empty drops what has been written, or never will be.
func (p *pending) empty() { p.events, p.outbox, p.changed = nil, nil, nil }

// statements write everything that is pending. What they bind belongs to them.
func (w *writer) statements() ([]engine.Statement, error) {
	list := append(eventRows.Statements(w.pending.events), outboxRows.Statements(w.pending.outbox)...)
	for _, id := range w.pending.changed {
		c := w.recent.byID[id]
		s, err := c.row()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// flush writes what is pending.
func (tx *Tx) flush() error {
	if len(tx.w.pending.events) == 0 && len(tx.w.pending.changed) == 0 {
		return nil
	}
	return tx.finish()
}

// finish writes what is pending, and then does the other statements: all in one go.
func (tx *Tx) finish(then ...engine.Statement) error {
	list, err := tx.w.statements()
	if err != nil {
		return tx.noted(err)
	}
	if err := tx.w.conn.Send(append(list, then...)); err != nil {
		return tx.noted(secondChat(err))
	}
	tx.w.recent.written(tx.w.pending.changed)
	tx.w.pending.empty()
	return nil
}

// update takes what a command or a message has changed; it is written with what is pending.
func (tx *Tx) update(c *conversation) {
	tx.dirty = true
	if tx.w.recent.change(c) {
		tx.w.pending.changed = append(tx.w.pending.changed, c.ID)
	}
}

// lookUp finds out which keys have been used, of those that are not known yet.
func (tx *Tx) lookUp(keys ...senderKey) error {
	var args []any
	for _, k := range keys {
		if _, known := tx.w.pending.keys[k]; !known {
			args = append(args, k.key, k.sender)
			tx.w.pending.keys[k] = nil
		}
	}
	if len(args) == 0 {
		return nil
	}
	s := keyRows.One(args)
	rows, err := tx.w.conn.Query(s.Query, s.Args...)
	if err != nil {
		return tx.noted(fmt.Errorf("look for the keys: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var (
			k     senderKey
			s     said
			facts centrala.Facts
		)
		if err := rows.Scan(&k.sender, &k.key, &s.receipt.Event, &s.receipt.Conversation, &s.receipt.Seq, column.Instant(&s.receipt.At), &s.text,
			column.List(&s.files), column.Object(&facts), &s.note, &s.answers); err != nil {
			return tx.noted(fmt.Errorf("look for the keys: %w", err))
		}
		s.mentions, s.via = facts.Mentions, facts.Channel
		tx.w.pending.keys[k] = &s
	}
	return tx.noted(wrap(rows.Err(), "look for the keys"))
}

// prepare looks up what the operations of a batch need. SQLite reads a conversation when it is
// asked for, and keeps it; on PostgreSQL all are read and locked here, in the order of their
// identifiers, so that two nodes do not wait for each other.
func (tx *Tx) prepare(batch []*op) error {
	var (
		keys             []senderKey
		ids              []int64
		contact, inboxes []int64
	)
	for _, o := range batch {
		if o.need.key.key != "" {
			keys = append(keys, o.need.key)
		}
		if o.need.conversation != 0 {
			ids = append(ids, int64(o.need.conversation))
		}
		if o.need.chat.contact != 0 {
			contact, inboxes = append(contact, int64(o.need.chat.contact)), append(inboxes, int64(o.need.chat.inbox))
		}
	}
	clear(tx.w.pending.keys)
	if err := tx.lookUp(keys...); err != nil || tx.w.db.dialect != engine.Postgres || len(ids)+len(contact) == 0 {
		return err
	}
	rows, err := tx.w.conn.Query(`SELECT `+conversationColumns+conversationFrom+` WHERE c.id IN (SELECT unnest($1::bigint[]) UNION
		SELECT o.id FROM unnest($2::bigint[], $3::bigint[]) AS w (contact, inbox) JOIN conversation o ON `+cameAs("o", "w.contact")+` AND o.inbox = w.inbox
		AND o.status <> 'resolved' AND o.channel = 'chat') ORDER BY c.id FOR UPDATE OF c`, ids, contact, inboxes)
	if err != nil {
		return tx.noted(fmt.Errorf("lock the conversations: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		c := &conversation{}
		if err := rows.Scan(c.fields()...); err != nil {
			return tx.noted(fmt.Errorf("lock the conversations: %w", err))
		}
		c.stored = c.Version
		tx.w.recent.remember(c)
	}
	return tx.noted(wrap(rows.Err(), "lock the conversations"))
}

// row is the statement that writes a conversation back. It leaves the columns that indexes are
// made of alone where the version is as it was, as after a message: SQLite would write every
// index anew.
func (c *conversation) row() (engine.Statement, error) {
	words := []any{string(c.Turn), column.Flag(c.HumanReplied), int64(c.Answers), c.LastSeq, c.LastN, c.LastText.Seq, string(c.LastText.Author.Kind),
		c.LastText.Text, int64(c.Unread), c.ReadByCustomer, c.ReadByAgent, c.ReceivedByCustomer, column.Micros(c.WaitingSince), column.Micros(c.FirstReplyAt),
		column.Micros(c.FirstReplyDue), column.Micros(c.Due), column.Micros(c.UpdatedAt), c.unseenSince, c.LastText.Author.ID, c.LastText.Author.Name,
		column.Micros(c.LastText.At), int64(c.Alarm), column.Micros(c.HeardAt), c.peer}
	if c.stored == c.Version {
		return engine.Statement{Query: wordsOfConversation, Args: append(words, int64(c.ID))}, nil
	}
	tags, err := json.Marshal(column.Some(c.Tags))
	if err != nil {
		return engine.Statement{}, fmt.Errorf("tags: %w", err)
	}
	matters, err := jsonList(c.Matters)
	if err != nil {
		return engine.Statement{}, err
	}
	return engine.Statement{Query: wholeConversation, Args: append(words, string(c.Side), string(c.Status), c.Subject, int64(c.Team), int64(c.Assignee),
		int64(c.LastAssignee), int64(c.Priority), string(tags), column.Flag(c.Complaint), column.Flag(c.Spam), column.Micros(c.QueuedAt), column.Micros(c.SnoozedUntil),
		column.Micros(c.ResolvedAt), c.Reason, int64(c.MergedInto), c.Version, column.Flag(c.Unasked), matters, int64(c.ID))}, nil
}

const (
	wordColumns = `turn = $1, human_replied = $2, answers = $3, last_seq = $4, last_n = $5, preview_seq = $6, preview_by = $7, preview = $8, unread = $9,
		read_customer = $10, read_agent = $11, received = $12, waiting_since = $13, first_reply = $14, first_due = $15, due = $16, updated_at = $17,
		unseen_since = $18, preview_id = $19, preview_name = $20, preview_at = $21, alarm = $22, heard_at = $23, peer = $24`
	wordsOfConversation = `UPDATE conversation SET ` + wordColumns + ` WHERE id = $25`
	wholeConversation   = `UPDATE conversation SET ` + wordColumns + `, side = $25, status = $26, subject = $27, team = $28, assignee = $29,
		last_assignee = $30, priority = $31, tags = $32, complaint = $33, spam = $34, queued_at = $35, snoozed_until = $36, resolved_at = $37,
		reason = $38, merged_into = $39, version = $40, unasked = $41, matters = $42 WHERE id = $43`
)

// oneChat is the index that holds a contact to one unresolved chat in an inbox.
const oneChat = "conversation_one_chat"

// secondChat makes the refusal of what would give somebody a second one.
func secondChat(err error) error {
	if engine.Duplicate(err) && (strings.Contains(err.Error(), oneChat) || strings.Contains(err.Error(), "conversation.contact, conversation.inbox")) {
		return centrala.Errorf(centrala.Conflict, "The customer has another chat by now that is not over.")
	}
	return err
}
