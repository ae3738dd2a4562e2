package meta

import (
	"context"
	"net/http"
	"time"

	"centrala"
	"centrala/channels/meta/hook"
)

// sendMessage is a call of the Send API.
type sendMessage struct {
	Recipient recipient    `json:"recipient"`
	Type      string       `json:"messaging_type,omitempty"`
	Tag       string       `json:"tag,omitempty"`
	ReplyTo   *answered    `json:"reply_to,omitempty"`
	Message   *sentMessage `json:"message,omitempty"`
	Action    string       `json:"sender_action,omitempty"`
}

type recipient struct {
	ID      string `json:"id,omitempty"`
	Comment string `json:"comment_id,omitempty"`
}

type answered struct {
	MID string `json:"mid"`
}

type sentMessage struct {
	Text       string          `json:"text,omitempty"`
	Attachment *sentAttachment `json:"attachment,omitempty"`
	Metadata   string          `json:"metadata,omitempty"`
}

type sentAttachment struct {
	Type    string      `json:"type"`
	Payload sentPayload `json:"payload"`
}

type sentPayload struct {
	ID       string `json:"attachment_id,omitempty"`
	Reusable bool   `json:"is_reusable,omitempty"`
}

// passage says how a message passes its window now; an error when it does not.
func (l *line) passage(out centrala.Outbound) (centrala.Passage, error) {
	byPerson := !out.Automatic && out.Author.Kind == centrala.ByAgent
	how := out.Window.Passes(l.c.Now(), byPerson, out.Template != nil)
	if how == centrala.Shut {
		return how, &centrala.Rejected{Reason: "the time in which Meta lets this person be written to is over", Cause: centrala.OutsideWindow}
	}
	return how, nil
}

// Send implements channels.Sender. In a conversation below a post the answer is a comment, and by
// Messenger a private reply to the comment; otherwise it is a message. Files go alone.
func (p *page) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	root, comments := hook.RootComment(out.ThreadID)
	if comments && out.Channel != centrala.Messenger {
		return p.sendComment(ctx, root, out)
	}
	if len(out.Attachments) > 1 || len(out.Attachments) == 1 && out.Text != "" {
		return "", &centrala.Rejected{Reason: "a message holds words or one file, not both"}
	}
	m := sendMessage{Type: "RESPONSE", Recipient: recipient{ID: out.To.Address}, Message: &sentMessage{Text: out.Text, Metadata: markOf(out.Delivery)}}
	if comments { // within seven days of the comment, and once: Meta holds the count
		m.Recipient = recipient{Comment: comment(out.Answers, root)}
	} else {
		how, err := p.passage(out)
		if err != nil {
			return "", err
		}
		if how == centrala.ByHuman {
			m.Type, m.Tag = "MESSAGE_TAG", "HUMAN_AGENT"
		}
		if out.Answers != "" {
			m.ReplyTo = &answered{out.Answers}
		}
	}
	a, _ := account(out.Inbox)
	if len(out.Attachments) == 1 {
		file, err := p.upload(ctx, out.Inbox, out.Attachments[0])
		if err != nil {
			return "", err
		}
		m.Message.Attachment = file
	}
	var sent struct {
		ID text `json:"message_id"`
	}
	err := p.call(ctx, out.Inbox, http.MethodPost, "/"+p.node(a)+"/messages", nil, m, &sent)
	return string(sent.ID), err
}

func comment(answers, root string) string {
	if answers != "" {
		return answers
	}
	return root
}

// sendComment answers in public. It always goes below the comment that the conversation begins with,
// so that what follows stays in one conversation.
func (p *page) sendComment(ctx context.Context, root string, out centrala.Outbound) (string, error) {
	path := "/" + root + "/comments"
	var sent struct {
		ID text `json:"id"`
	}
	if len(out.Attachments) == 0 {
		err := p.call(ctx, out.Inbox, http.MethodPost, path, nil, map[string]string{"message": out.Text}, &sent)
		return string(sent.ID), err
	}
	if len(out.Attachments) > 1 || !picture(out.Attachments[0].Type) {
		return "", &centrala.Rejected{Reason: "a comment takes one picture and no other files", Cause: centrala.BadFile}
	}
	fields := [][2]string{}
	if out.Text != "" {
		fields = append(fields, [2]string{"message", out.Text})
	}
	err := p.post(ctx, out.Inbox, path, fields, "source", out.Attachments[0], &sent)
	return string(sent.ID), err
}

// Sent implements channels.Checker: it looks through the latest messages of the conversation, or the
// comments, for the words. Files cannot be told from each other, and are not looked for.
func (p *page) Sent(ctx context.Context, out centrala.Outbound) (string, bool, error) {
	if out.Text == "" {
		return "", false, nil
	}
	a, _ := account(out.Inbox)
	all, err := p.latest(ctx, out, a)
	if err != nil {
		return "", false, err
	}
	began := out.At.Add(-2 * time.Minute) // clocks differ
	for _, m := range all {
		if mine := m.From.V.ID == text(a.ID) || a.Business != "" && m.From.V.ID == text(a.Business); !mine || m.Created.Before(began) {
			continue
		}
		if string(m.Message) == out.Text {
			return string(m.ID), true, nil
		}
	}
	return "", false, nil
}

// said is a message or comment as the Graph API lists it.
type said struct {
	ID      text   `json:"id"`
	Message text   `json:"message"`
	Created moment `json:"created_time"`
	From    object[struct {
		ID text `json:"id"`
	}] `json:"from"`
}

// moment is a time as the Graph API writes it.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	var s text
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if at, err := time.Parse(layout, string(s)); err == nil {
			m.Time = at
			return nil
		}
	}
	return nil
}

// latest are what was said last where a message goes.
func (p *page) latest(ctx context.Context, out centrala.Outbound, a centrala.Account) ([]said, error) {
	if root, ok := hook.RootComment(out.ThreadID); ok && out.Channel != centrala.Messenger {
		var got struct {
			Data []said `json:"data"`
		}
		q := values("fields", "id,message,created_time,from", "order", "reverse_chronological", "limit", "50")
		return got.Data, p.call(ctx, out.Inbox, http.MethodGet, "/"+root+"/comments", q, nil, &got)
	}
	var got struct {
		Data []struct {
			Messages struct {
				Data []said `json:"data"`
			} `json:"messages"`
		} `json:"data"`
	}
	q := values("platform", string(p.kind), "user_id", out.To.Address, "fields", "messages.limit(50){id,message,created_time,from}")
	if err := p.call(ctx, out.Inbox, http.MethodGet, "/"+p.node(a)+"/conversations", q, nil, &got); err != nil {
		return nil, err
	}
	var all []said
	for _, c := range got.Data {
		all = append(all, c.Messages.Data...)
	}
	return all, nil
}

// MarkRead implements channels.Receipts: the person sees that all of it was read.
func (p *page) MarkRead(ctx context.Context, inbox centrala.Inbox, thread, peer, _ string) error {
	a, _ := account(inbox)
	if _, comments := hook.RootComment(thread); comments || peer == "" {
		return nil
	}
	m := sendMessage{Recipient: recipient{ID: peer}, Action: "mark_seen"}
	return harmless(p.call(ctx, inbox, http.MethodPost, "/"+p.node(a)+"/messages", nil, m, nil))
}
