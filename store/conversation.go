package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
)

// conversationColumns is every column of a conversation with its contact's and agent's
// names, in the order that scanConversation reads.
const conversationColumns = `c.id, c.number, c.inbox, c.channel, c.side, c.status, c.turn, c.subject, c.contact,
	coalesce(k.name, ''), coalesce(k.verified, 0), c.team, c.assignee, coalesce(a.name, ''), c.last_assignee, c.priority, c.tags,
	c.complaint, c.spam, c.unasked, c.human_replied, c.answers, c.last_seq, c.last_n, c.preview_seq, c.preview_by, c.preview, c.preview_id, c.preview_name, c.preview_at, c.unread,
	c.read_customer, c.read_agent, c.received, c.opened_at, c.waiting_since, c.queued_at, c.first_reply, c.first_due, c.due, c.alarm,
	c.snoozed_until, c.resolved_at, c.updated_at, c.unseen_since, c.reason, c.previous, c.merged_into, c.version,
	c.mentions, c.participants, coalesce(k.blocked, 0), c.thread, c.peer, c.matters, c.heard_at, c.origin,
	CASE WHEN c.channel IN ('messenger', 'instagram') AND EXISTS (SELECT 1 FROM inbox i WHERE i.id = c.inbox AND i.settings LIKE '%"human_agent":true%') THEN 1 ELSE 0 END`

const conversationFrom = ` FROM conversation c LEFT JOIN contact k ON k.id = c.contact LEFT JOIN agent a ON a.id = c.assignee`

// conversation is a conversation with what only the store needs to know of it.
type conversation struct {
	centrala.Conversation
	unseenSince int64
	blocked     bool   // its contact may not write any more
	stored      int64  // the version that is in the table
	waits       bool   // to be written
	peer        string // the address of whom it is with at the vendor; "" where there is none
}

func (c *conversation) fields() []any {
	return []any{&c.ID, &c.Number, &c.Inbox, &c.Channel, &c.Side, &c.Status, &c.Turn, &c.Subject, &c.Contact,
		&c.ContactName, &c.Verified, &c.Team, &c.Assignee, &c.AssigneeName, &c.LastAssignee, &c.Priority, column.List(&c.Tags),
		&c.Complaint, &c.Spam, &c.Unasked, &c.HumanReplied, &c.Answers, &c.LastSeq, &c.LastN, &c.LastText.Seq, &c.LastText.Author.Kind, &c.LastText.Text,
		&c.LastText.Author.ID, &c.LastText.Author.Name, column.Instant(&c.LastText.At), &c.Unread,
		&c.ReadByCustomer, &c.ReadByAgent, &c.ReceivedByCustomer, column.Instant(&c.OpenedAt), column.Instant(&c.WaitingSince), column.Instant(&c.QueuedAt),
		column.Instant(&c.FirstReplyAt), column.Instant(&c.FirstReplyDue), column.Instant(&c.Due), &c.Alarm, column.Instant(&c.SnoozedUntil), column.Instant(&c.ResolvedAt),
		column.Instant(&c.UpdatedAt), &c.unseenSince, &c.Reason, &c.Previous, &c.MergedInto, &c.Version,
		column.List(&c.Mentions), column.List(&c.Participants), &c.blocked,
		&c.ThreadID, &c.peer, column.List(&c.Matters), column.Instant(&c.HeardAt), &c.Origin, &c.Human}
}

// byID reads and locks one conversation, or remembers it; ErrNoRows when there is none.
func (tx *Tx) byID(id centrala.ConversationID) (*conversation, error) {
	if c, ok := tx.w.recent.get(id); ok {
		return c, nil
	}
	return tx.conversation(`c.id = $1`, id)
}

// openChat is the unresolved chat of a contact, as whom they came, in an inbox; ErrNoRows when there is none. The channel
// is a literal: compared with a parameter, SQLite would plan the query anew for every value,
// because of the partial index.
func (tx *Tx) openChat(contact centrala.ContactID, inbox centrala.InboxID) (*conversation, error) {
	if c, ok := tx.w.recent.chat(contact, inbox); ok {
		return c, nil
	}
	return tx.conversation(cameAs("c", "$1")+` AND c.inbox = $2 AND c.status <> 'resolved' AND c.channel = 'chat'`, contact, inbox)
}

// conversation reads and locks one conversation; ErrNoRows when there is none.
func (tx *Tx) conversation(where string, args ...any) (*conversation, error) {
	c := &conversation{}
	err := tx.Row(`SELECT `+conversationColumns+conversationFrom+` WHERE `+where+tx.w.db.dialect.ForUpdate("c"), args, c.fields()...)
	if err == nil {
		c.stored = c.Version
		kept := *c
		tx.w.recent.remember(&kept)
	}
	return c, err
}

// seen reads and locks the conversation if scope may see it.
func (tx *Tx) seen(scope centrala.Scope, id centrala.ConversationID) (*conversation, error) {
	c, err := tx.byID(id)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !scope.Sees(&c.Conversation)) {
		return nil, noConversation(id)
	}
	return c, err
}

func noConversation(id centrala.ConversationID) error {
	return &centrala.Error{Code: centrala.NotFound, Field: "conversation", Message: fmt.Sprintf("There is no conversation %s.", id)}
}

// insert makes the row of a new conversation and gives it its number.
func (tx *Tx) insert(c *conversation) error {
	tx.wrote()
	err := tx.noted(tx.w.conn.Row(`UPDATE counter SET value = value + 1 WHERE name = 'conversation' RETURNING value`, nil, &c.Number))
	if err != nil {
		return fmt.Errorf("number a conversation: %w", err)
	}
	_, err = tx.keep(`INSERT INTO conversation (id, number, inbox, channel, side, status, turn, subject, contact, team, assignee,
		last_assignee, priority, tags, complaint, spam, human_replied, answers, last_seq, last_n, preview_seq, preview_by, preview,
		unread, read_customer, read_agent, received, opened_at, waiting_since, queued_at, first_reply, first_due, due,
		snoozed_until, resolved_at, updated_at, unseen_since, reason, previous, merged_into, version, thread, peer, origin)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, '[]', 0, 0, 0, 0, 0, 0, 0, '', '', 0, 0, 0, 0, $11, 0, $12, 0, 0, 0,
		0, 0, $11, 0, '', $13, 0, 1, $14, $15, $16)`,
		c.ID, c.Number, c.Inbox, c.Channel, c.Side, c.Status, c.Turn, c.Subject, c.Contact, c.Team,
		column.Micros(c.OpenedAt), column.Micros(c.QueuedAt), c.Previous, c.ThreadID, c.peer, c.Origin)
	return wrap(err, "open a conversation")
}

// Do applies cmd to a conversation that scope may see and returns it as it is afterwards.
// What the state does not allow is refused with the vocabulary's own error, and a command
// that changes nothing writes nothing.
func (db *DB) Do(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error) {
	var out centrala.Conversation
	err := db.writeWith(ctx, need{conversation: id}, func(tx *Tx) error {
		c, err := tx.seen(scope, id)
		if err != nil {
			return err
		}
		out, err = tx.do(c, cmd, by)
		return err
	})
	return out, err
}

// do applies a command without words and records what comes of it.
func (tx *Tx) do(c *conversation, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error) {
	if err := tx.allow(c, cmd); err != nil {
		return centrala.Conversation{}, err
	}
	after, steps, err := c.Apply(cmd, tx.now)
	if err != nil || len(steps) == 0 {
		return after, err
	}
	c.Conversation = after
	if m, ok := cmd.(centrala.Merge); ok {
		if err := tx.mergeInto(m.Into, c); err != nil {
			return after, err
		}
	}
	for _, s := range steps {
		if _, err := tx.record(c, s, words{by: by}); err != nil {
			return after, err
		}
	}
	if err := tx.served(cmd); err != nil {
		return after, err
	}
	tx.update(c)
	tx.settle(c)
	return c.Conversation, nil
}

// allow checks what the conversation alone cannot know: that the agent exists and, for an
// assignment that asks for it, that there is room.
func (tx *Tx) allow(c *conversation, cmd centrala.Command) error {
	var agent centrala.AgentID
	within := false
	switch cmd := cmd.(type) {
	case centrala.Assign:
		agent, within = cmd.Agent, cmd.Within
	case centrala.Transfer:
		agent = cmd.Agent
	}
	if agent == 0 {
		return nil
	}
	var capacity int
	err := tx.Row(`SELECT capacity FROM agent WHERE id = $1 AND disabled = 0`+tx.w.db.dialect.ForUpdate("agent"), []any{agent}, &capacity)
	if errors.Is(err, sql.ErrNoRows) {
		return &centrala.Error{Code: centrala.NotFound, Field: "agent", Message: fmt.Sprintf("There is no agent %s.", agent)}
	}
	if err != nil || !within {
		return err
	}
	if there, err := tx.online(agent); err != nil || !there {
		return errors.Join(err, &centrala.Error{Code: centrala.Conflict, Field: "agent", Message: "The agent is not on the line."})
	}
	var load int
	if err := tx.Row(`SELECT `+loadSum+` FROM conversation WHERE assignee = $1 AND assignee <> 0 AND status = 'open'`, []any{agent}, &load); err != nil {
		return err
	}
	if load+c.Channel.Cost() > capacity {
		return &centrala.Error{Code: centrala.Conflict, Field: "agent", Message: "The agent has no free line."}
	}
	return nil
}

// online reports whether an agent takes conversations now.
func (tx *Tx) online(agent centrala.AgentID) (bool, error) {
	var n int
	err := tx.Row(`SELECT count(*) FROM presence WHERE agent = $1 AND status = 'online' AND lease_until > $2`, []any{agent, column.Micros(tx.now)}, &n)
	return n == 1, err
}

// loadSum adds up what open conversations cost; see centrala.Channel.Cost.
const loadSum = `coalesce(sum(CASE channel WHEN 'chat' THEN 4 WHEN 'email' THEN 2 WHEN 'form' THEN 2 WHEN 'phone' THEN 2 WHEN 'walk_in' THEN 2 ELSE 3 END), 0)`

// served remembers when an agent was last given something, so that turns go round.
func (tx *Tx) served(cmd centrala.Command) error {
	a, ok := cmd.(centrala.Assign)
	if !ok {
		return nil
	}
	_, err := tx.Exec(`UPDATE presence SET served_at = $2 WHERE agent = $1`, a.Agent, column.Micros(tx.now))
	return err
}

// mergeInto checks the other side of a merge, and has those who were mentioned see it too.
func (tx *Tx) mergeInto(into centrala.ConversationID, c *conversation) error {
	elder, err := tx.byID(into)
	if errors.Is(err, sql.ErrNoRows) {
		return noConversation(into)
	}
	if err != nil {
		return err
	}
	if elder.Contact != c.Contact {
		return &centrala.Error{Code: centrala.Conflict, Field: "into", Message: "The two conversations are of different people."}
	}
	if elder.Visitor() != c.Visitor() {
		return &centrala.Error{Code: centrala.Conflict, Field: "into",
			Message: "They came as two people who were joined: each keeps their own conversation, so that they can be told apart again."}
	}
	if elder.MergedInto != 0 {
		return &centrala.Error{Code: centrala.Conflict, Field: "into", Message: "The other conversation was merged itself."}
	}
	return tx.carryMentions(elder, c)
}

// Conversation reads one conversation; NotFound outside the scope. A merged one is returned
// as it is, with MergedInto.
func (db *DB) Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error) {
	c := &conversation{}
	err := db.ro.QueryRowContext(ctx, `SELECT `+conversationColumns+conversationFrom+` WHERE c.id = $1`, id).Scan(c.fields()...)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !scope.Sees(&c.Conversation)) {
		return centrala.Conversation{}, noConversation(id)
	}
	return c.Conversation, wrap(err, "read the conversation")
}

// scopeWhere is the condition that keeps a query on conversations (alias c) within scope;
// it appends its arguments to args.
func scopeWhere(s centrala.Scope, args *[]any) string {
	arg := func(v any) string {
		*args = append(*args, v)
		return fmt.Sprintf("$%d", len(*args))
	}
	if s.All {
		return "1 = 1"
	}
	if s.Contact != 0 {
		cond := cameAs("c", arg(s.Contact))
		if s.Inbox != 0 {
			cond += " AND c.inbox = " + arg(s.Inbox)
		}
		return cond
	}
	var any []string
	if s.Agent != 0 {
		me := arg(s.Agent)
		any = append(any, "c.assignee = "+me)
		if !s.Own {
			any = append(any, "c.id IN (SELECT m.conversation FROM mention m WHERE m.agent = "+me+")")
		}
	}
	for _, t := range s.Teams {
		any = append(any, "c.team = "+arg(t))
	}
	for _, side := range s.Sides {
		any = append(any, "c.side = "+arg(side))
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// Within is the condition that keeps a query on conversations (alias c) within scope, for the rooms
// below this one; it appends its arguments to args.
func Within(s centrala.Scope, args *[]any) string { return scopeWhere(s, args) }
