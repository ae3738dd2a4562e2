package allegro

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels/allegro/signin"
)

// What one file may be, by the API's description.
const maxFile = 5 << 20

var fileTypes = []string{"image/png", "image/gif", "image/bmp", "image/tiff", "image/jpeg", "application/pdf"}

// remembered is how many of our own messages are known by the vendor's id.
const remembered = 2000

// Send implements channels.Sender: it says something in a thread or an issue. Nothing leaves that no
// person wrote: the marketplace wants no surveys and no advertising in its message centre.
func (c *Channel) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	switch {
	case out.Automatic:
		return "", &centrala.Rejected{Reason: "nothing that no person wrote is sent through Allegro's message centre", Cause: centrala.Refused}
	case out.Inbox.Account == nil:
		return "", signin.Missing(nil)
	}
	if most := centrala.MeasureOf(centrala.Allegro, out.ThreadID).Text; utf8.RuneCountInString(out.Text) > most {
		return "", &centrala.Rejected{Reason: fmt.Sprintf("Allegro takes at most %d characters", most), Cause: centrala.TooLarge}
	}
	files, err := c.attach(ctx, out)
	if err != nil {
		return "", err
	}
	path, version, v := said(out, files)
	if path == "" {
		return "", &centrala.Rejected{Reason: "it is in no thread of Allegro's, and for nobody", Cause: centrala.Unreachable}
	}
	leave, err := c.mayLeave(ctx, out.Inbox.ID)
	if err != nil {
		return "", err
	}
	got, err := c.call(ctx, out.Inbox, http.MethodPost, path, version, v)
	leave()
	if err != nil {
		return "", posted(err)
	}
	var m named
	if err := got.JSON(&m); err != nil || m.ID == "" {
		return "", &centrala.Ambiguous{Err: fmt.Errorf("the answer (%d) names no message", got.Status)}
	}
	id := string(m.ID)
	if strings.HasPrefix(out.ThreadID, issueMark) {
		id = issueMark + id
	}
	c.remember(id, out.Delivery)
	return id, nil
}

// said is a message as the vendor takes it, and where.
func said(out centrala.Outbound, files []named) (path, version string, v any) {
	type message struct {
		Recipient *struct {
			Login string `json:"login"`
		} `json:"recipient,omitempty"`
		Text        string  `json:"text"`
		Attachments []named `json:"attachments,omitempty"`
		Type        string  `json:"type,omitempty"`
	}
	m := message{Text: out.Text, Attachments: files}
	if id, ok := strings.CutPrefix(out.ThreadID, issueMark); ok {
		m.Type = "REGULAR"
		return "/sale/issues/" + url.PathEscape(id) + "/message", beta, m
	}
	if id, ok := strings.CutPrefix(out.ThreadID, threadMark); ok {
		return "/messaging/threads/" + url.PathEscape(id) + "/messages", public, m
	}
	if out.ThreadID != "" || out.To.Address == "" {
		return "", "", nil
	}
	m.Recipient = &struct {
		Login string `json:"login"`
	}{out.To.Address}
	return "/messaging/messages", public, m
}

// posted is what a failure to post means for the message.
func posted(err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	switch {
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden, r.status == http.StatusTooManyRequests,
		r.status == http.StatusNotAcceptable, r.status == http.StatusUnsupportedMediaType:
		return err // of the account as a whole, or ours
	case r.status == http.StatusConflict:
		return &centrala.Rejected{Reason: "the conversation is closed at Allegro: " + r.Error(), Cause: centrala.NotOpen}
	case r.status == http.StatusNotFound:
		return &centrala.Rejected{Reason: "Allegro does not know the thread or person: " + r.Error(), Cause: centrala.Unreachable}
	case r.status == http.StatusServiceUnavailable || r.status == http.StatusRequestTimeout:
		return err
	case r.status >= 500 || r.status < 400:
		return &centrala.Ambiguous{Err: r}
	}
	return &centrala.Rejected{Reason: r.Error(), Cause: centrala.Refused}
}

// mayLeave waits for the account's turn: the vendor takes a message a second. leave gives the turn to
// the next.
func (c *Channel) mayLeave(ctx context.Context, id centrala.InboxID) (leave func(), err error) {
	t := c.turn(id)
	select {
	case t.send <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if wait := time.Until(t.next); wait > 0 && !pause(ctx, wait) {
		<-t.send
		return nil, ctx.Err()
	}
	return func() {
		t.next = time.Now().Add(c.c.Gap)
		<-t.send
	}, nil
}

// attach puts the files of a message at the vendor's. Those of an attempt that fails are forgotten
// there by themselves.
func (c *Channel) attach(ctx context.Context, out centrala.Outbound) ([]named, error) {
	for _, f := range out.Attachments {
		kind, _, err := mime.ParseMediaType(f.Type)
		switch {
		case err != nil || !slices.Contains(fileTypes, kind):
			return nil, &centrala.Rejected{Reason: fmt.Sprintf("Allegro takes pictures and PDF, and “%s” is neither", clip(f.Name, 80)), Cause: centrala.BadFile}
		case f.Size > maxFile:
			return nil, &centrala.Rejected{Reason: fmt.Sprintf("Allegro takes files of at most 5 MB, and “%s” is larger", clip(f.Name, 80)), Cause: centrala.BadFile}
		}
	}
	var ids []named
	for _, f := range out.Attachments {
		data, err := c.file(ctx, f)
		if err != nil {
			return nil, err
		}
		id, err := c.put(ctx, out, f, data)
		var ambiguous *centrala.Ambiguous
		if errors.As(err, &ambiguous) {
			err = ambiguous.Err // nobody sees a file that is in no message
		}
		if r := (*refusal)(nil); errors.As(err, &r) && r.status >= 400 && r.status < 500 && r.status != http.StatusNotAcceptable && r.status != http.StatusUnsupportedMediaType &&
			r.status != http.StatusUnauthorized && r.status != http.StatusForbidden && r.status != http.StatusTooManyRequests {
			err = &centrala.Rejected{Reason: r.Error(), Cause: centrala.BadFile}
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, named{word(id)})
	}
	return ids, nil
}

func (c *Channel) file(ctx context.Context, f centrala.Attachment) ([]byte, error) {
	if c.c.Blobs == nil {
		return nil, errors.New("there is no store of files")
	}
	r, err := c.c.Blobs.NewReader(ctx, f.Blob, nil)
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	if len(data) > maxFile {
		return nil, &centrala.Rejected{Reason: "Allegro takes files of at most 5 MB", Cause: centrala.BadFile}
	}
	return data, nil
}

// put declares a file and brings its bytes where the vendor says.
func (c *Channel) put(ctx context.Context, out centrala.Outbound, f centrala.Attachment, data []byte) (string, error) {
	path, version, v := "/messaging/message-attachments", public, map[string]any{"filename": f.Name, "size": len(data)}
	inIssue := strings.HasPrefix(out.ThreadID, issueMark)
	if inIssue {
		path, version, v = "/sale/issues/attachments", beta, map[string]any{"fileName": f.Name, "size": len(data)}
	}
	got, err := c.call(ctx, out.Inbox, http.MethodPost, path, version, v)
	if err != nil {
		return "", err
	}
	var id named
	if err := got.JSON(&id); err != nil || id.ID == "" {
		return "", errors.New("no place for a file was named")
	}
	to := got.Header.Get("Location")
	switch {
	case to == "" && inIssue:
		return "", errors.New("no address for a file was named")
	case to == "":
		to = c.api(out.Inbox.Account) + path + "/" + url.PathEscape(string(id.ID))
	case strings.HasPrefix(to, "/"):
		to = c.api(out.Inbox.Account) + to
	}
	if !c.vendors(out.Inbox.Account, to) {
		return "", errors.New("an address for a file was named that is not Allegro's")
	}
	kind, _, _ := mime.ParseMediaType(f.Type) // it was one of fileTypes
	_, err = c.upload(ctx, out.Inbox, to, kind, data)
	return string(id.ID), err
}

// remember keeps which delivery a message of ours is, the latest of them.
func (c *Channel) remember(id string, d centrala.DeliveryID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.ours[id]; !known {
		c.oldest = append(c.oldest, id)
	}
	c.ours[id] = d
	if len(c.oldest) > remembered {
		delete(c.ours, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
}

// others reports whether a message of ours is known to be another delivery.
func (c *Channel) others(id string, d centrala.DeliveryID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	is, known := c.ours[id]
	return known && is != d
}

// skew is how far the vendor's clock may be from ours.
const skew = 10 * time.Minute

// Sent implements channels.Checker: it looks for a message of ours with the same words, no older than
// the answer. One that is known to be another answer does not count.
func (c *Channel) Sent(ctx context.Context, out centrala.Outbound) (string, bool, error) {
	since := out.At.Add(-skew)
	if id, ok := strings.CutPrefix(out.ThreadID, issueMark); ok {
		chat, err := c.chat(ctx, out.Inbox, id)
		if err != nil {
			return "", false, err
		}
		for _, m := range chat {
			if m.is.role() == "SELLER" && c.same(out, issueMark+string(m.id), string(m.is.Text), len(m.is.Attachments), m.is.when(), since) {
				return issueMark + string(m.id), true, nil
			}
		}
		return "", false, nil
	}
	id, ok := strings.CutPrefix(out.ThreadID, threadMark)
	if !ok {
		var err error
		if id, err = c.threadWith(ctx, out); err != nil || id == "" {
			return "", false, err
		}
	}
	all, err := c.messages(ctx, out.Inbox, id, since)
	if err != nil {
		return "", false, err
	}
	for _, m := range all {
		if a := m.is.Author; a != nil && !bool(a.IsInterlocutor) && c.same(out, string(m.id), string(m.is.Text), len(m.is.Attachments), m.is.when(), since) {
			return string(m.id), true, nil
		}
	}
	return "", false, nil
}

func (c *Channel) same(out centrala.Outbound, id, text string, files int, at, since time.Time) bool {
	return !at.Before(since) && plain(text) == plain(out.Text) && files == len(out.Attachments) && !c.others(id, out.Delivery)
}

// threadWith is the thread with somebody among the latest, "" when there is none.
func (c *Channel) threadWith(ctx context.Context, out centrala.Outbound) (string, error) {
	all, err := c.listThreads(ctx, out.Inbox, out.At.Add(-skew))
	if err != nil {
		return "", err
	}
	for _, t := range slices.Backward(all) {
		if strings.EqualFold(t.is.login(), out.To.Address) {
			return string(t.id), nil
		}
	}
	return "", nil
}

// MarkRead implements channels.Receipts. Issues know no such thing.
func (c *Channel) MarkRead(ctx context.Context, in centrala.Inbox, thread, _, _ string) error {
	id, ok := strings.CutPrefix(thread, threadMark)
	if !ok || in.Account == nil || !in.Account.MarkRead {
		return nil
	}
	_, err := c.call(ctx, in, http.MethodPut, "/messaging/threads/"+url.PathEscape(id)+"/read", public, map[string]bool{"read": true})
	return err
}
