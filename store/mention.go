package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// A mention is kept twice: as a row, by which the lists, counts and scopes of an agent find
// their conversations, and in the conversation's own column, so that whoever reads it knows
// without another query who sees it. Both are written here and nowhere else.

// keepMentions writes what has changed in a conversation's mentions; was is how they were. It
// does nothing when nothing has, which is so for nearly every message.
func (tx *Tx) keepMentions(c *conversation, was []centrala.Mention) error {
	if slices.Equal(was, c.Mentions) {
		return nil
	}
	for _, m := range c.Mentions {
		if slices.Contains(was, m) {
			continue
		}
		_, err := tx.Exec(`INSERT INTO mention (agent, conversation, seq, unread) VALUES ($1, $2, $3, $4)
			ON CONFLICT (agent, conversation) DO UPDATE SET seq = excluded.seq, unread = excluded.unread`, m.Agent, c.ID, m.Seq, column.Flag(!m.Read))
		if err != nil {
			return fmt.Errorf("keep a mention: %w", err)
		}
	}
	all, err := json.Marshal(c.Mentions)
	if err != nil {
		return fmt.Errorf("mentions: %w", err)
	}
	_, err = tx.Exec(`UPDATE conversation SET mentions = $2 WHERE id = $1`, c.ID, string(all))
	return wrap(err, "keep the mentions")
}

// mentionable refuses, as Invalid, a note that names somebody who is not a colleague any more
// or never was.
func (tx *Tx) mentionable(agents []centrala.AgentID) error {
	for _, a := range agents {
		var n int
		if err := tx.Row(`SELECT count(*) FROM agent WHERE id = $1 AND disabled = 0`, []any{a}, &n); err != nil {
			return fmt.Errorf("look for a colleague: %w", err)
		}
		if n == 0 {
			return centrala.InvalidField("mentions", "There is no colleague %s.", a)
		}
	}
	return nil
}

// mentionsOf are the colleagues that a post names, each once and in one order.
func mentionsOf(p centrala.Post) []centrala.AgentID {
	return slices.Compact(slices.Sorted(slices.Values(p.Mentions)))
}

// authorAgent is the agent that an author is, zero for everybody else.
func authorAgent(by centrala.Author) (id centrala.AgentID) {
	if by.Kind != centrala.ByAgent || id.UnmarshalText([]byte(by.ID)) != nil {
		return 0
	}
	return id
}

// readByTeam moves how far the team has read a conversation, and marks as read what mentions
// the one who reads.
func (tx *Tx) readByTeam(c *conversation, by centrala.Author, read int64) error {
	was := c.Mentions
	c.ReadMention(authorAgent(by), read)
	if err := tx.keepMentions(c, was); err != nil || read <= c.ReadByAgent {
		return err
	}
	tx.teamRead(c, read)
	if read >= c.LastSeq || read >= c.LastText.Seq {
		c.Unread = 0
	}
	tx.update(c)
	return nil
}

// carryMentions has those who were mentioned in a merged conversation see the one that it went
// into.
func (tx *Tx) carryMentions(into, from *conversation) error {
	was := into.Mentions
	into.TakeMentions(&from.Conversation)
	return tx.keepMentions(into, was)
}

// toRead counts the conversations in which a note waits for the agent to read it.
func (db *DB) toRead(ctx context.Context, agent centrala.AgentID) (n int, err error) {
	err = db.ro.QueryRowContext(ctx, `SELECT count(*) FROM mention m JOIN conversation c ON c.id = m.conversation
		WHERE m.agent = $1 AND m.unread = 1 AND c.merged_into = 0`, agent).Scan(&n)
	return n, wrap(err, "count the mentions")
}
