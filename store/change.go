package store

import (
	"context"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// present gives every edit among rows the words that the entry it is about has now and every
// change of files the files (what was edited again, or erased, is not kept here), and every message
// its reactions.
func present(ctx context.Context, q column.Querier, rows []entry) error {
	for i := range rows {
		m := &rows[i].message
		if rows[i].body&hasReactions != 0 {
			var err error
			if m.Reactions, err = reactions(ctx, q, m.ID); err != nil {
				return err
			}
		}
		if m.Change == nil || m.Change.Kind != "edit" && m.Change.Kind != "file" {
			continue
		}
		err := func() error {
			found, err := q.QueryContext(ctx, `SELECT e.text, e.extra, e.body FROM event e WHERE e.conversation = $1 AND e.seq = $2`, m.Conversation, m.Change.Of)
			if err != nil {
				return err
			}
			defer found.Close()
			var now entry
			if found.Next() {
				if err := found.Scan(&now.message.Text, column.List(&now.message.Attachments), &now.body); err != nil {
					return err
				}
			}
			if m.Change.Kind == "file" {
				m.Attachments = now.message.Attachments
				return found.Err()
			}
			now.message.HasHTML, now.message.HasMore = now.body&1 != 0, now.body&2 != 0
			editOf(m, now.message)
			return found.Err()
		}()
		if err != nil {
			return fmt.Errorf("read what was edited: %w", err)
		}
	}
	return nil
}

// editOf makes m, the entry of an edit, say what the edited entry has become.
func editOf(m *centrala.Message, now centrala.Message) {
	c := *m.Change
	c.Text = now.Text
	m.Change, m.HasHTML, m.HasMore, m.Attachments = &c, now.HasHTML, now.HasMore, now.Attachments
}

// edit replaces the words of a message that is in the log. Its seq and ids stay; a new entry
// tells those who have read it. What remains of its files keeps their ids; the blobs of those
// that are gone are returned.
func (tx *Tx) edit(c *conversation, event centrala.EventID, seq int64, w words, parts []centrala.Part) (dropped []string, err error) {
	w.files, dropped, err = tx.replaceFiles(c, event, parts)
	if err != nil {
		return nil, err
	}
	extra, err := jsonList(w.files)
	if err != nil {
		return nil, err
	}
	body := column.Flag(w.html != "") | column.Flag(w.full != "" && w.full != w.text)<<1
	if _, err := tx.Exec(`UPDATE event SET text = $2, extra = $3, body = $4 WHERE id = $1`, event, w.text, extra, body); err != nil {
		return nil, fmt.Errorf("edit the message: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO body (event, full_text, html, raw, policy) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event)
		DO UPDATE SET full_text = excluded.full_text, html = excluded.html, raw = excluded.raw, policy = excluded.policy`, event, w.full, w.html, w.raw, w.policy)
	if err != nil {
		return nil, fmt.Errorf("edit the whole message: %w", err)
	}
	if c, err = tx.byID(c.ID); err != nil { // what the statements above may have touched was forgotten
		return nil, err
	}
	if c.LastText.Seq == seq {
		c.LastText.Text = short(w.text, 200)
	}
	if _, err := tx.record(c, centrala.Step{Type: centrala.MessageChanged, Timeline: true, Data: centrala.Facts{Kind: "edit", Seq: seq}}, words{by: w.by}); err != nil {
		return nil, err
	}
	editOf(tx.commits[len(tx.commits)-1].Message, centrala.Message{Text: w.text, HasHTML: body&1 != 0, HasMore: body&2 != 0, Attachments: w.files})
	tx.update(c)
	tx.settle(c)
	return dropped, nil
}

// replaceFiles makes parts the files of a message. A file of the same name and size is the
// same one and keeps its id.
func (tx *Tx) replaceFiles(c *conversation, event centrala.EventID, parts []centrala.Part) (files []centrala.Attachment, dropped []string, err error) {
	old, err := attachmentsOf(context.Background(), tx, event)
	if err != nil {
		return nil, nil, err
	}
	kept := map[string]bool{}
	for _, p := range parts {
		f := centrala.Attachment{Name: p.Name, Type: p.Type, Size: p.Size, Blob: p.Blob, Inline: p.Inline, CID: p.CID, Card: p.Card}
		for i, o := range old {
			if o.ID != 0 && o.Name == p.Name && o.Size == p.Size {
				f.ID, old[i].ID = o.ID, 0
				break
			}
		}
		if f.ID == 0 {
			f.ID = centrala.AttachmentID(tx.NewID())
		}
		kept[f.Blob], files = true, append(files, f)
	}
	if _, err := tx.Exec(`DELETE FROM attachment WHERE event = $1`, event); err != nil {
		return nil, nil, fmt.Errorf("replace the files: %w", err)
	}
	for _, f := range files {
		if err := tx.saveAttachment("inbound", f, event, c.ID); err != nil {
			return nil, nil, err
		}
	}
	for _, o := range old {
		if !kept[o.Blob] {
			dropped = append(dropped, o.Blob)
		}
	}
	return files, dropped, nil
}
