package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// maxInline is how much the files of one answer have together.
const maxInline = 5 << 20

// outgoing is what is posted.
type outgoing struct {
	V            int           `json:"v"`
	Type         string        `json:"type"`
	ID           string        `json:"id,omitempty"`
	Inbox        string        `json:"inbox"`
	At           *time.Time    `json:"at,omitempty"`
	Conversation *conversation `json:"conversation,omitempty"`
	Seq          int64         `json:"seq,omitempty"`
	To           *recipient    `json:"to,omitempty"`
	Author       *author       `json:"author,omitempty"`
	Locale       string        `json:"locale,omitempty"`
	Subject      string        `json:"subject,omitempty"`
	Text         string        `json:"text,omitempty"`
	Answers      string        `json:"answers,omitempty"`
	Automatic    bool          `json:"automatic,omitempty"`
	Files        []inline      `json:"files,omitempty"`
}

type conversation struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
	Key    string `json:"key,omitempty"`
}

type recipient struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Phone   string   `json:"phone,omitempty"`
	Email   string   `json:"email,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
}

type author struct {
	Kind centrala.AuthorKind `json:"kind"`
	Name string              `json:"name,omitempty"`
}

type inline struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	Data []byte `json:"data"` // base64 in JSON
}

// Key implements channels.Repeater: the other side takes a delivery once.
func (c *Channel) Key(out centrala.Outbound) string { return out.Delivery.String() }

// Send implements channels.Sender.
func (c *Channel) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	to, err := endpoint(out.Inbox)
	if err != nil {
		return "", err
	}
	post, err := c.compose(ctx, out)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	a, err := c.post(ctx, to, out.Inbox, post, c.Key(out))
	if err != nil {
		return "", err
	}
	return taken(a, c.Key(out), time.Now())
}

func (c *Channel) compose(ctx context.Context, out centrala.Outbound) (outgoing, error) {
	at := out.At.UTC()
	post := outgoing{
		V: Version, Type: "message", ID: c.Key(out), Inbox: out.Inbox.ID.String(), At: &at, Seq: out.Seq,
		Conversation: &conversation{ID: out.Conversation.String(), Number: out.Number, Key: out.ThreadID},
		To:           &recipient{ID: out.To.Address, Name: out.To.Name, Aliases: out.Aliases},
		Author:       &author{Kind: out.Author.Kind, Name: out.Author.Name},
		Locale:       out.Locale, Subject: out.Subject, Text: out.Text, Answers: out.Answers, Automatic: out.Automatic,
	}
	post.To.Phone, _ = strings.CutPrefix(out.To.Address, "tel:")
	if post.To.Phone == out.To.Address {
		post.To.Phone = ""
	}
	if email, ok := strings.CutPrefix(out.To.Address, "mailto:"); ok {
		post.To.Email = email
	}
	left := int64(maxInline)
	for _, a := range out.Attachments {
		if left -= a.Size; left < 0 {
			return post, &centrala.Rejected{Reason: "the files of one answer have 5 MB together at most", Cause: centrala.BadFile}
		}
		data, err := c.content(ctx, a)
		if err != nil {
			return post, err
		}
		post.Files = append(post.Files, inline{Name: a.Name, Type: a.Type, Size: int64(len(data)), Data: data})
	}
	return post, nil
}

func (c *Channel) content(ctx context.Context, a centrala.Attachment) ([]byte, error) {
	if c.c.Files == nil {
		return nil, errNoFiles
	}
	r, err := c.c.Files.NewReader(ctx, a.Blob, nil)
	if err != nil {
		return nil, fmt.Errorf("a file of the answer: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxInline+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("a file of the answer: %w", err)
	}
	if len(data) > maxInline {
		return nil, &centrala.Rejected{Reason: "the files of one answer have 5 MB together at most", Cause: centrala.BadFile}
	}
	return data, nil
}

// post signs and posts. Whether it was heard does not matter: the other side takes a key once.
func (c *Channel) post(ctx context.Context, to string, inbox centrala.Inbox, v outgoing, key string) (vendor.Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return vendor.Answer{}, fmt.Errorf("post: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return vendor.Answer{}, &channels.Stopped{Code: faultSettings, Reason: "the address to post answers to cannot be read"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(Header, Sign(inbox.Account.HookSecrets(), body, time.Now()))
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return c.posts.Do(r)
}

// taken is what an answer means for the delivery.
func taken(a vendor.Answer, key string, now time.Time) (string, error) {
	var said struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
		Cause  string `json:"cause"`
	}
	unread := json.Unmarshal(a.Body, &said) // an answer without words is one, too
	switch {
	case a.OK():
		if id := vendor.Line(said.ID, maxID); unread == nil && id != "" {
			return id, nil
		}
		return key, nil
	case a.Status == http.StatusTooManyRequests:
		return "", &channels.Busy{For: a.RetryAfter(now, 0), Err: errors.New("the other side wants fewer messages")}
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || a.Status == http.StatusNotFound || a.Status < 400:
		return "", &channels.Stopped{Code: faultShut, Reason: fmt.Sprintf("the address that answers are posted to says %d", a.Status)}
	case a.Status == http.StatusRequestTimeout || a.Status == http.StatusTooEarly || a.Status >= 500:
		return "", fmt.Errorf("the other side says %d", a.Status)
	}
	reason := vendor.Line(said.Reason, 300)
	if reason == "" {
		reason = fmt.Sprintf("the other side says %d", a.Status)
	}
	return "", &centrala.Rejected{Reason: reason, Cause: causeOf(said.Cause)}
}
