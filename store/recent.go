package store

import (
	"centrala"
	"centrala/store/engine"
)

// maxRecent is how many conversations the writer remembers between two transactions.
const maxRecent = 4096

// recent is what the writer knows of conversations without asking: those that it has read or
// changed, with their contacts' and agents' names. Reading one is a third of what a message
// costs. It is the tables' content and what flush is about to write:
//
//   - a statement that may write what it holds makes it forget everything; see Tx.before and keep;
//   - so does a rollback, and a commit of another connection or process, which SQLite counts in
//     data_version;
//   - on PostgreSQL, where other nodes write in between, it knows only what this transaction has
//     locked.
//
// It belongs to the writer's goroutine. Inboxes are remembered likewise.
type recent struct {
	version int64                                     // SQLite's data_version when it was last looked at
	byID    map[centrala.ConversationID]*conversation // its own copies
	chats   map[chat]centrala.ConversationID          // unresolved ones
	doors   map[centrala.InboxID]inboxRow             // inboxes, without their secrets
}

// chat is what an unresolved chat is unique by.
type chat struct {
	contact centrala.ContactID
	inbox   centrala.InboxID
}

func (r *recent) forget() {
	clear(r.byID)
	clear(r.chats)
	clear(r.doors)
}

// remember takes c as it is now; the caller leaves it alone afterwards.
func (r *recent) remember(c *conversation) {
	if r.byID == nil {
		r.byID, r.chats = map[centrala.ConversationID]*conversation{}, map[chat]centrala.ConversationID{}
	}
	r.byID[c.ID] = c
	key := chat{c.Visitor(), c.Inbox}
	switch {
	case c.Channel == centrala.Chat && c.Status != centrala.Resolved:
		r.chats[key] = c.ID
	case r.chats[key] == c.ID:
		delete(r.chats, key)
	}
}

// change takes c as it is to be written, and reports whether that is news: c does not wait to be
// written already.
func (r *recent) change(c *conversation) bool {
	old, known := r.byID[c.ID]
	changed := *c
	changed.waits = true
	r.remember(&changed)
	return !known || !old.waits
}

// written notes that conversations are in the tables as they are here.
func (r *recent) written(ids []centrala.ConversationID) {
	for _, id := range ids {
		c := r.byID[id]
		c.waits, c.stored = false, c.Version
	}
}

// get gives a copy of what is remembered.
func (r *recent) get(id centrala.ConversationID) (*conversation, bool) {
	kept := r.byID[id]
	if kept == nil {
		return nil, false
	}
	c := *kept
	return &c, true
}

// chat gives a copy of a contact's unresolved chat in an inbox, if it is remembered.
func (r *recent) chat(contact centrala.ContactID, inbox centrala.InboxID) (*conversation, bool) {
	id, ok := r.chats[chat{contact, inbox}]
	if !ok {
		return nil, false
	}
	return r.get(id)
}

// compare forgets everything if it may be wrong by now, or has become too much. It is called at
// the beginning of a transaction, which keeps others from writing until its end.
func (r *recent) compare(tx *Tx) error {
	if tx.w.db.dialect == engine.Postgres {
		r.forget()
		return nil
	}
	var v int64
	if err := tx.w.conn.Row("PRAGMA data_version", nil, &v); err != nil {
		return err
	}
	if v != r.version || len(r.byID) >= maxRecent {
		r.forget()
		r.version = v
	}
	return nil
}
