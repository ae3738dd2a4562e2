package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Append brings what a known person says into the log and returns once it is on disk. Any
// goroutine may call it; concurrent calls share one commit. The same sender and key give the
// first receipt again, with Repeated, whatever has become of the conversation; the same key
// with other words is a Conflict. Within a conversation seq follows the order of commits.
func (db *DB) Append(ctx context.Context, p centrala.Post) (centrala.Receipt, error) {
	if err := p.Check(); err != nil {
		return centrala.Receipt{}, err
	}
	p.Mentions = mentionsOf(p)
	var r centrala.Receipt
	n := need{key: senderKey{p.Sender, p.Key}, conversation: p.Conversation}
	if p.Conversation == 0 && p.Contact != nil {
		n.chat = chat{p.Contact.ID, p.Inbox}
	}
	err := db.writeWith(ctx, n, func(tx *Tx) error {
		var err error
		r, err = tx.append(p)
		return err
	})
	return r, err
}

func (tx *Tx) append(p centrala.Post) (centrala.Receipt, error) {
	if r, found, err := tx.first(p); found || err != nil {
		return r, err
	}
	c, err := tx.target(p)
	if err != nil {
		return centrala.Receipt{}, err
	}
	if err := tx.mentionable(p.Mentions); err != nil {
		return centrala.Receipt{}, err
	}
	files, err := tx.files(p.Sender, p.Attachments)
	if err != nil {
		return centrala.Receipt{}, err
	}
	out, err := tx.wayOut(c, p)
	if err != nil {
		return centrala.Receipt{}, err
	}
	return tx.say(c, command(p), words{
		by: p.Author, text: p.Text, note: p.Note, files: files, sender: p.Sender, key: p.Key, channel: p.Channel, answers: p.Answers, way: out,
	})
}

// command is what a post does to its conversation.
func command(p centrala.Post) centrala.Command {
	switch {
	case p.Author.Kind == centrala.ByCustomer:
		return centrala.Receive{Text: p.Text}
	case p.Note:
		return centrala.Jot{Mentions: p.Mentions}
	case p.NoClaim:
		return centrala.Reply{Text: p.Text, Human: p.Author.Kind == centrala.ByAgent}
	default:
		return centrala.Reply{Text: p.Text, Agent: p.Agent, AgentName: p.Author.Name, Reason: p.Reason, Human: p.Author.Kind == centrala.ByAgent}
	}
}

// first finds the receipt of a post that came before under the same key.
func (tx *Tx) first(p centrala.Post) (centrala.Receipt, bool, error) {
	k := senderKey{p.Sender, p.Key}
	if err := tx.lookUp(k); err != nil {
		return centrala.Receipt{}, false, err
	}
	s := tx.w.pending.keys[k]
	if s == nil {
		return centrala.Receipt{}, false, nil
	}
	r := s.receipt
	same := s.text == p.Text && s.note == p.Note && len(s.files) == len(p.Attachments) && slices.Equal(s.mentions, p.Mentions) &&
		(p.Conversation == 0 || p.Conversation == r.Conversation) && s.answers == p.Answers
	if same && p.Contact == nil && !p.Note {
		var err error
		if same, err = tx.sameWay(p, s); err != nil {
			return r, false, err
		}
	}
	for i := range s.files {
		same = same && s.files[i].ID == p.Attachments[i]
	}
	if !same {
		moved, err := tx.movedTo(p.Conversation, r)
		if err != nil || !moved || s.text != p.Text {
			return r, false, errors.Join(err, &centrala.Error{Code: centrala.Conflict, Field: "key", Message: "This key was used for another message."})
		}
	}
	r.Message, r.Repeated = centrala.MessageRef(r.Event), true
	return r, true, nil
}

// movedTo reports whether a post to from ended where r says: in a new conversation linked to
// an old one, in one that was merged, or, because from was over, in the contact's next chat.
func (tx *Tx) movedTo(from centrala.ConversationID, r centrala.Receipt) (bool, error) {
	to := r.Conversation
	if from == 0 || from == to {
		return false, nil
	}
	var n int
	err := tx.Row(`SELECT count(*) FROM conversation a JOIN conversation b ON b.id = $2
		WHERE a.id = $1 AND (a.previous = b.id OR b.merged_into = a.id OR a.merged_into = b.id
		OR a.contact = b.contact AND a.origin = b.origin AND a.inbox = b.inbox AND a.channel = 'chat' AND b.channel = 'chat'
		AND b.status = 'resolved' AND b.resolved_at <= $3)`, []any{to, from, column.Micros(r.At)}, &n)
	return n > 0, err
}

// target finds the conversation that a post is for, or begins it.
func (tx *Tx) target(p centrala.Post) (*conversation, error) {
	c, err := tx.addressed(p)
	if err == nil && c.blocked && p.Contact != nil {
		return nil, errBlocked()
	}
	return c, err
}

// errBlocked is what a blocked or erased contact is told.
func errBlocked() error { return centrala.Errorf(centrala.Closed, "This conversation is closed.") }

// addressed is target, before anybody asks whether the contact may write.
func (tx *Tx) addressed(p centrala.Post) (*conversation, error) {
	if p.Conversation != 0 {
		c, err := tx.seen(p.Scope, p.Conversation)
		if err != nil {
			return nil, err
		}
		if c.MergedInto != 0 {
			if c, err = tx.seen(p.Scope, c.MergedInto); err != nil {
				return nil, err
			}
		}
		if p.Contact == nil || c.Status != centrala.Resolved {
			return c, nil
		}
		return tx.continued(c, p)
	}
	if p.Contact == nil {
		return nil, centrala.InvalidField("conversation", "No conversation is named.")
	}
	c, err := tx.openChat(p.Contact.ID, p.Inbox)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return c, err
	}
	return tx.begin(p, 0)
}

// continued is where a customer's message goes whose conversation is over: the unresolved chat
// that they have in that inbox by now, since there is at most one; else the conversation
// itself; else, when it was over too long ago, a new one that is linked to it.
func (tx *Tx) continued(old *conversation, p centrala.Post) (*conversation, error) {
	if old.Channel == centrala.Chat {
		c, err := tx.openChat(old.Visitor(), old.Inbox)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return c, err
		}
	}
	if old.Continues(tx.now) {
		return old, nil
	}
	p.Inbox, p.Channel, p.Contact.ID, p.Subject = old.Inbox, old.Channel, old.Visitor(), old.Subject
	return tx.begin(p, old.ID)
}

// begin opens a conversation: the contact's row too, if this is their first word.
func (tx *Tx) begin(p centrala.Post, previous centrala.ConversationID) (*conversation, error) {
	contact, err := tx.ensureContact(*p.Contact)
	if err != nil {
		return nil, err
	}
	if contact.Blocked {
		return nil, errBlocked()
	}
	in := centrala.Inbox{ID: p.Inbox, Channel: p.Channel}
	side := p.Contact.Side // signed; else what they said of themselves before
	if side == centrala.NoSide {
		side = contact.Side
	}
	if err := tx.Row(`SELECT CASE WHEN side <> '' THEN side ELSE $2 END, team FROM inbox WHERE id = $1`, []any{p.Inbox, string(side)}, &side, &in.Team); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, &centrala.Error{Code: centrala.NotFound, Field: "inbox", Message: "There is no such inbox."}
		}
		return nil, err
	}
	c, err := tx.newConversation(in, contact, side)
	if err != nil {
		return nil, err
	}
	c.Previous, c.Subject = previous, p.Subject
	if err := tx.insert(c); err != nil {
		return nil, err
	}
	_, err = tx.record(c, centrala.Step{Type: centrala.ConversationOpened, Data: centrala.Facts{Kind: "opened", Contact: c.Contact, Inbox: c.Inbox, Side: c.Side}}, words{by: p.Author})
	return c, err
}

// newConversation is a conversation, not in the table yet, of a contact or of who that contact
// turned out to be.
func (tx *Tx) newConversation(in centrala.Inbox, contact centrala.Contact, side centrala.Side) (*conversation, error) {
	person, err := tx.person(contact)
	if err != nil {
		return nil, err
	}
	origin := centrala.ContactID(0)
	if person.ID != contact.ID {
		origin, side = contact.ID, firstSide(side, person.Side)
	}
	c := &conversation{Conversation: centrala.Begin(centrala.ConversationID(tx.NewID()), in, person, side, tx.now)}
	c.Origin = origin
	return c, nil
}

// words is who said what, beside the step that it causes.
type words struct {
	by          centrala.Author
	text        string
	full, html  string
	raw         string
	policy      int // by which html was cleaned
	note        bool
	files       []centrala.Attachment
	sender, key string
	channel     centrala.Channel
	trust       *centrala.SenderTrust
	answers     int64 // seq of the message that they answer in particular
	pressed     bool  // they are on a button
	way         *way  // by which an answer leaves; nil: as mail, or not at all
}

// say applies a command that brings words and records everything that comes of it.
func (tx *Tx) say(c *conversation, cmd centrala.Command, w words) (centrala.Receipt, error) {
	mentions := c.Mentions
	after, steps, err := c.Apply(cmd, tx.now)
	if err != nil {
		return centrala.Receipt{}, err
	}
	c.Conversation = after
	var r centrala.Receipt
	for _, s := range steps {
		isWords := strings.HasPrefix(string(s.Type), "message.")
		said := words{by: w.by}
		if isWords {
			said = w
			s.Data.Trust = w.trust
		}
		e, err := tx.record(c, s, said)
		if err != nil {
			return r, err
		}
		if isWords {
			r = centrala.Receipt{Conversation: c.ID, Message: centrala.MessageRef(e.ID), Seq: e.Seq, At: e.At, Event: e.ID}
		}
	}
	if c.LastSeq == 1 && c.Status == centrala.Waiting {
		if _, err := tx.record(c, centrala.Step{Type: centrala.ConversationQueued,
			Data: centrala.Facts{Kind: "queued", Team: c.Team, Side: c.Side}}, words{by: centrala.Author{Kind: centrala.BySystem}}); err != nil {
			return r, err
		}
	}
	if reply, ok := cmd.(centrala.Reply); ok && !reply.Outside {
		if err := tx.send(c, r, w); err != nil {
			return r, err
		}
	}
	c.ReadMention(authorAgent(w.by), r.Seq) // who writes has read
	if err := tx.keepMentions(c, mentions); err != nil {
		return r, err
	}
	tx.update(c)
	tx.settle(c)
	return r, nil
}

// files takes the uploads that a post names: its sender's own, and used by no other message.
func (tx *Tx) files(owner string, ids []centrala.AttachmentID) ([]centrala.Attachment, error) {
	var files []centrala.Attachment
	for i, id := range ids {
		if slices.Index(ids, id) != i {
			return nil, centrala.InvalidField("attachments", "An attachment is named twice.")
		}
		var f centrala.Attachment
		err := tx.Row(`SELECT id, name, type, size, blob FROM attachment WHERE id = $1 AND owner = $2 AND event = 0`, []any{id, owner},
			&f.ID, &f.Name, &f.Type, &f.Size, &f.Blob)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, centrala.InvalidField("attachments", "There is no unused attachment %s of yours.", id)
		}
		if err != nil {
			return nil, fmt.Errorf("read the attachment: %w", err)
		}
		files = append(files, f)
	}
	return files, nil
}
