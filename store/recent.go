package store

import (
	"context"
	"strings"

	"centrala"
)

// maxRecent is how many conversations the writer remembers.
const maxRecent = 4096

// recent is what the writer remembers of conversations that it has just written, with their
// contacts' and agents' names, so that the next message of a chat does not read them again:
// that is a third of what a message costs. It is only ever a copy of the tables:
//
//   - a statement that writes forgets everything, except those that keep runs, which leave it
//     true or bring it up to date;
//   - so does a rollback, and a commit of another connection or process, which SQLite counts in
//     data_version;
//   - on PostgreSQL, where other nodes write in between, nothing is remembered.
//
// It belongs to the writer's goroutine.
type recent struct {
	off     bool
	version int64 // SQLite's data_version when it was last looked at
	byID    map[centrala.ConversationID]conversation
	chats   map[chat]centrala.ConversationID // unresolved ones
}

// chat is what an unresolved chat is unique by.
type chat struct {
	contact centrala.ContactID
	inbox   centrala.InboxID
}

func (r *recent) forget() {
	clear(r.byID)
	clear(r.chats)
}

// remember takes c as it has just been written.
func (r *recent) remember(c *conversation) {
	if r.off {
		return
	}
	if r.byID == nil || len(r.byID) >= maxRecent {
		r.byID, r.chats = map[centrala.ConversationID]conversation{}, map[chat]centrala.ConversationID{}
	}
	r.byID[c.ID] = *c
	key := chat{c.Contact, c.Inbox}
	switch {
	case c.Channel == centrala.Chat && c.Status != centrala.Resolved:
		r.chats[key] = c.ID
	case r.chats[key] == c.ID:
		delete(r.chats, key)
	}
}

// get gives a copy of what is remembered.
func (r *recent) get(id centrala.ConversationID) (*conversation, bool) {
	c, ok := r.byID[id]
	return &c, ok
}

// chat gives a copy of a contact's unresolved chat in an inbox, if it is remembered.
func (r *recent) chat(contact centrala.ContactID, inbox centrala.InboxID) (*conversation, bool) {
	id, ok := r.chats[chat{contact, inbox}]
	if !ok {
		return nil, false
	}
	return r.get(id)
}

// compare forgets everything if another connection has committed something. It is called
// inside the transaction, which keeps others from doing so until its end.
func (r *recent) compare(tx *Tx) error {
	if r.off {
		return nil
	}
	var v int64
	if err := tx.row("PRAGMA data_version", nil, &v); err != nil {
		return err
	}
	if v != r.version {
		r.forget()
		r.version = v
	}
	return nil
}

// keep writes without forgetting what is remembered of conversations: for statements that do
// not touch them, their contacts or their agents, and for the one that writes a conversation
// back, after which it is remembered anew.
func (tx *Tx) keep(query string, args ...any) (int64, error) {
	s, err := tx.stmt(query)
	if err != nil {
		return 0, err
	}
	tx.dirty = true
	r, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		tx.failed = err
		return 0, err
	}
	return r.RowsAffected()
}

// reads reports whether a statement changes nothing.
func reads(query string) bool {
	return strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "PRAGMA data_version")
}
