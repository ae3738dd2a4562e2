package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"centrala/store/column"

	"centrala"
)

// One mail may reach us more than once: fetched again after its server gave it another number,
// as a copy of our own, or through two of our addresses. All of it is decided under the lock of
// its sender, so that two nodes come to the same end in whichever order.

// again makes a message that this inbox has had before a duplicate of its first entry, whatever
// became of that: a mailbox that is numbered anew brings nothing in twice.
func (tx *Tx) again(in *centrala.Inbound) (place, error) {
	if in.MessageID == "" {
		return place{}, nil
	}
	var p place
	// The plus keeps SQLite from walking through all of the inbox instead.
	err := tx.Row(`SELECT conversation, delivery FROM intake WHERE message_id IN ($1, $5) AND +inbox = $2 AND digest = $3 AND digest <> '' AND id <> $4
		ORDER BY id LIMIT 1`, []any{in.MessageID, in.Inbox, in.Digest, in.Entry, erasedID(in.MessageID)}, &p.conversation, &p.delivery)
	if errors.Is(err, sql.ErrNoRows) { // from before entries had digests
		err = tx.Row(`SELECT conversation FROM mail WHERE message_id = $1 AND inbox = $2 AND digest = $3 AND ours = 0 LIMIT 1`,
			[]any{in.MessageID, in.Inbox, in.Digest}, &p.conversation)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, nil
	}
	if err != nil {
		return place{}, fmt.Errorf("look for the same mail: %w", err)
	}
	p.link = centrala.ByReference
	in.Outcome, in.Reason, in.Cause = centrala.Duplicate, "the same mail came before, by another way", centrala.Cause{Code: "same-mail"}
	return p, nil
}

// ours is what a Message-ID of one of our own mails belongs to; the zero place when it is none.
func (tx *Tx) ours(id string) (place, error) {
	p := place{link: centrala.ByReference}
	if id == "" {
		return place{}, nil
	}
	err := tx.Row(`SELECT id, conversation FROM delivery WHERE id = (SELECT event FROM mail WHERE message_id = $1 AND ours = 1 LIMIT 1)`,
		[]any{id}, &p.delivery, &p.conversation)
	if c, d, ok := centrala.OwnID(id); ok && errors.Is(err, sql.ErrNoRows) {
		err = tx.Row(`SELECT id, conversation FROM delivery WHERE id = $1 AND conversation = $2`, []any{d, c}, &p.delivery, &p.conversation)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, nil
	}
	return p, wrap(err, "look for a mail of ours")
}

// twin is the same mail in another inbox.
type twin struct {
	inbox        centrala.InboxID
	conversation centrala.ConversationID
	event        centrala.EventID
}

func (tx *Tx) twins(in centrala.Inbound) ([]twin, error) {
	if in.MessageID == "" || in.Channel != centrala.Email {
		return nil, nil
	}
	list, err := column.All(context.Background(), tx, func(t *twin) []any { return []any{&t.inbox, &t.conversation, &t.event} },
		`SELECT inbox, conversation, event FROM mail WHERE message_id = $1 AND digest = $2 AND inbox <> $3 AND ours = 0 ORDER BY event`,
		in.MessageID, in.Digest, in.Inbox)
	return list, wrap(err, "look for the mail in other inboxes")
}

// besides makes a mail that came through another of the same people's inboxes a duplicate, and
// says so in the conversation that has it.
func (tx *Tx) besides(in *centrala.Inbound) (place, error) {
	twins, err := tx.twins(*in)
	if err != nil || len(twins) == 0 {
		return place{}, err
	}
	door, err := tx.door(in.Inbox)
	if err != nil {
		return place{}, err
	}
	for _, t := range twins {
		other, err := tx.door(t.inbox)
		if err != nil {
			return place{}, err
		}
		if !other.Together(door.Inbox) {
			continue
		}
		c, err := tx.current(t.conversation)
		if err != nil {
			return place{}, err
		}
		in.Outcome, in.Reason = centrala.Duplicate, "the same mail came through another inbox of the team"
		in.Cause = centrala.Cause{Code: "same-mail-other-inbox", Detail: strconv.FormatInt(c.Number, 10)}
		return place{conversation: c.ID, link: centrala.ByReference}, tx.elsewhere(c, door, nil)
	}
	return place{}, nil
}

// acrossTeams tells the conversations that one mail began with several teams of each other, and
// so do the mail's entries in the book.
func (tx *Tx) acrossTeams(in centrala.Inbound, r centrala.Receipt) error {
	twins, err := tx.twins(in)
	if err != nil || len(twins) == 0 {
		return err
	}
	here, err := tx.door(in.Inbox)
	if err != nil {
		return err
	}
	for _, t := range twins {
		there, err := tx.door(t.inbox)
		if err != nil {
			return err
		}
		mine, err := tx.byID(r.Conversation)
		if err != nil {
			return err
		}
		theirs, err := tx.current(t.conversation)
		if err != nil {
			return err
		}
		if mine.ID == theirs.ID {
			continue
		}
		if err := tx.elsewhere(theirs, here, mine); err != nil {
			return err
		}
		if err := tx.elsewhere(mine, there, theirs); err != nil {
			return err
		}
		for event, number := range map[centrala.EventID]int64{r.Event: theirs.Number, t.event: mine.Number} {
			if _, err := tx.Exec(`UPDATE intake SET cause = 'same-mail-other-team', detail = $2 WHERE event = $1`, event, strconv.FormatInt(number, 10)); err != nil {
				return fmt.Errorf("note the other conversation: %w", err)
			}
		}
	}
	return nil
}

// elsewhere writes into a conversation's timeline that its mail also came through a door, and
// which conversation of another team it is in there.
func (tx *Tx) elsewhere(c *conversation, door inboxRow, other *conversation) error {
	facts := centrala.Facts{Kind: "elsewhere", Inbox: door.ID, InboxName: door.Name}
	if other != nil {
		facts.Into, facts.Number = other.ID, other.Number
	}
	if _, err := tx.record(c, centrala.Step{Type: centrala.MailElsewhere, Timeline: true, Data: facts}, words{by: system()}); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// current is a conversation as it goes on today: what it was merged into.
func (tx *Tx) current(id centrala.ConversationID) (*conversation, error) {
	c, err := tx.byID(id)
	if err == nil && c.MergedInto != 0 {
		c, err = tx.byID(c.MergedInto)
	}
	return c, wrap(err, "read the conversation")
}
