package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"centrala/store/column"

	"centrala"
)

// record writes one step into the log and the outbox, and gives it its n and, in the
// timeline, its seq. The conversation's row is written by the caller, afterwards.
func (tx *Tx) record(c *conversation, s centrala.Step, w words) (centrala.Event, error) {
	c.LastN++
	e := centrala.Event{ID: centrala.EventID(tx.NewID()), Type: s.Type, At: tx.now, Conversation: c.ID, N: c.LastN,
		Side: c.Side, Channel: c.Channel, Data: s.Data}
	if s.Timeline {
		c.LastSeq++
		e.Seq = c.LastSeq
	}
	if w.channel == "" {
		w.channel = c.Channel
	}
	isWords := strings.HasPrefix(string(s.Type), "message.") && s.Type != centrala.MessageChanged
	data := ""
	if isWords && w.way != nil && w.way.other {
		s.Data.Channel = w.way.channel
	}
	if !isWords || len(s.Data.Mentions) > 0 || s.Data.Trust != nil || s.Data.Channel != "" {
		b, err := json.Marshal(s.Data)
		if err != nil {
			return e, fmt.Errorf("event data: %w", err)
		}
		data = string(b)
	}
	extra, err := jsonList(w.files)
	if err != nil {
		return e, err
	}
	body := column.Flag(w.html != "") | column.Flag(w.full != "" && w.full != w.text)<<1 | column.Flag(w.pressed)*wasPressed
	if err := tx.insertEvent(e, w, data, extra, body); err != nil {
		return e, err
	}
	m := &centrala.Message{ID: e.ID, Conversation: c.ID, Seq: e.Seq, Author: w.by, Channel: w.channel, Text: w.text,
		HasHTML: body&1 != 0, HasMore: body&2 != 0, Attachments: w.files, Note: s.Type == centrala.MessageNoted, Mentions: s.Data.Mentions, Trust: s.Data.Trust, Answers: w.answers, Pressed: w.pressed, At: e.At,
		Sender: w.sender, Key: w.key}
	switch {
	case e.Seq == 0:
		m = nil
	case isWords:
		tx.preview(c, m)
	case s.Type == centrala.MessageChanged:
		m.Change = &centrala.Change{Of: s.Data.Seq, Kind: s.Data.Kind}
		reactionOf(m)
	default:
		facts := s.Data
		m.System = &facts
	}
	if w.key != "" {
		tx.w.pending.keys[senderKey{w.sender, w.key}] = &said{text: w.text, note: s.Type == centrala.MessageNoted, files: w.files, mentions: s.Data.Mentions, answers: w.answers, via: s.Data.Channel,
			receipt: centrala.Receipt{Conversation: c.ID, Seq: e.Seq, At: e.At, Event: e.ID}}
	}
	tx.commits = append(tx.commits, centrala.Commit{Event: e, Message: m})
	return e, nil
}

func (tx *Tx) insertEvent(e centrala.Event, w words, data, extra string, body int64) error {
	var key, sender any
	if w.key != "" {
		key = w.key
	}
	if w.sender != "" {
		sender = w.sender
	}
	tx.dirty = true
	p := &tx.w.pending
	p.events = append(p.events, int64(e.ID), null(int64(e.Conversation)), e.N, null(e.Seq), string(e.Type), column.Micros(e.At), string(e.Side),
		string(w.channel), string(w.by.Kind), w.by.ID, w.by.Name, w.text, data, extra, body, sender, key, w.answers)
	p.outbox = append(p.outbox, int64(e.ID), column.Micros(e.At))
	if body&3 != 0 || w.raw != "" {
		_, err := tx.keep(`INSERT INTO body (event, full_text, html, raw, policy) VALUES ($1, $2, $3, $4, $5)`, e.ID, w.full, w.html, w.raw, w.policy)
		if err != nil {
			return fmt.Errorf("keep the whole message: %w", err)
		}
	}
	for _, f := range w.files {
		if _, err := tx.keep(`UPDATE attachment SET event = $2, conversation = $3 WHERE id = $1`, f.ID, e.ID, e.Conversation); err != nil {
			return fmt.Errorf("attach: %w", err)
		}
	}
	return nil
}

// preview keeps the last public words for lists, and since when the customer has an answer
// waiting that they have not seen.
func (tx *Tx) preview(c *conversation, m *centrala.Message) {
	if m.Note {
		return
	}
	c.LastText = centrala.Preview{Seq: m.Seq, Author: m.Author, Text: short(m.Text, 200), At: m.At}
	switch {
	case c.Channel != centrala.Chat:
	case m.Author.Kind == centrala.ByAgent && c.unseenSince == 0:
		c.unseenSince = column.Micros(m.At)
	case m.Author.Kind == centrala.ByCustomer: // who writes has read
		c.unseenSince = 0
		c.ReadByCustomer = max(c.ReadByCustomer, m.Seq-1)
		c.ReceivedByCustomer = max(c.ReceivedByCustomer, m.Seq-1)
	}
	if m.Author.Kind == centrala.ByAgent {
		tx.teamRead(c, m.Seq)
	}
}

// settle gives every commit of this operation the conversation as it is at the end.
func (tx *Tx) settle(c *conversation) {
	final := c.Conversation
	for i := range tx.commits {
		if tx.commits[i].Event.Conversation == c.ID {
			tx.commits[i].Conversation = &final
		}
	}
}

// Emit writes an event that belongs to no conversation.
func (tx *Tx) Emit(t centrala.EventType, by centrala.Author, data centrala.Facts) error {
	e := centrala.Event{ID: centrala.EventID(tx.NewID()), Type: t, At: tx.now, Side: data.Side, Data: data}
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event data: %w", err)
	}
	if err := tx.insertEvent(e, words{by: by}, string(b), "", 0); err != nil {
		return err
	}
	tx.commits = append(tx.commits, centrala.Commit{Event: e})
	return nil
}

// EmitIn writes an event of a conversation that is not in its timeline.
func (tx *Tx) EmitIn(id centrala.ConversationID, t centrala.EventType, by centrala.Author, data centrala.Facts) error {
	c, err := tx.byID(id)
	if errors.Is(err, sql.ErrNoRows) {
		return noConversation(id)
	}
	if err != nil {
		return err
	}
	if _, err := tx.record(c, centrala.Step{Type: t, Data: data}, words{by: by}); err != nil {
		return err
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// null makes a zero the database's NULL.
func null(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// short cuts s to n characters on one line.
func short(s string, n int) string {
	if len(s) <= n && !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) && !strings.Contains(s, "  ") {
		return strings.Trim(s, " ")
	}
	s = strings.Join(strings.Fields(centrala.Clip(s, 4*n)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
