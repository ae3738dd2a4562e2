package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

const (
	maxRefused  = 5               // logins refused in a row before we stop, not to lock the account
	reIdle      = 5 * time.Minute // middle boxes forget connections that are silent for longer
	healthy     = 10 * time.Minute
	batchMails  = 50
	batchBytes  = 64 << 20
	retryLimit  = 5 * time.Minute
	refuseLimit = 30 * time.Minute
)

// Listen implements channels.Listener. It fetches the folder from its cursor on, then waits
// for more; whatever breaks is tried again after a while. It stops for good, with *Stopped,
// when the settings are incomplete or the server refused the login five times in a row.
func (c *Channel) Listen(ctx context.Context, inbox centrala.Inbox, to channels.Intake) error {
	if inbox.Mailbox == nil || inbox.Mailbox.IMAP.Host == "" {
		return &channels.Stopped{Reason: "This inbox has no IMAP server. Add one in its settings."}
	}
	l := &listener{c: c, inbox: inbox, to: to, log: c.c.Log.With("inbox", inbox.ID.String())}
	failures, refused := 0, 0
	for {
		began := time.Now()
		err := l.visit(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		limit := retryLimit
		if errors.Is(err, errRefused) {
			limit = refuseLimit
			if refused++; refused >= maxRefused {
				return &channels.Stopped{Reason: "The IMAP server refused the user name or the password five times. Correct them, then save the inbox.", Err: err}
			}
		} else {
			refused = 0
		}
		if failures++; time.Since(began) > healthy {
			failures = 1
		}
		c.c.Board.Note(inbox.ID, channels.In, channels.Failing, err, time.Now())
		wait := c.c.Wait(failures, limit)
		l.log.Warn("mailbox not reachable", "err", err, "failures", failures, "wait", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// listener reads one folder of one inbox.
type listener struct {
	c     *Channel
	inbox centrala.Inbox
	to    channels.Intake
	log   *slog.Logger
}

// visit is one connection, from the greeting until something breaks.
func (l *listener) visit(ctx context.Context) error {
	// An intake that takes nothing any more says so here, before the server is bothered.
	if _, err := l.to.Cursor(ctx, l.inbox.ID, folder(l.inbox.Mailbox)); err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	m, err := l.c.openMailbox(ctx, l.inbox.Mailbox)
	if err != nil {
		return err
	}
	defer m.close()
	pause := min(l.every(), reIdle)
	for {
		if err := l.catchUp(ctx, m); err != nil {
			return err
		}
		l.c.c.Board.Note(l.inbox.ID, channels.In, channels.Working, nil, time.Now())
		if err := m.wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (l *listener) every() time.Duration {
	if d, err := time.ParseDuration(l.inbox.Mailbox.PollEvery); err == nil && d >= time.Second {
		return d
	}
	return l.c.c.PollEvery
}

// catchUp takes everything above the cursor, oldest first.
func (l *listener) catchUp(ctx context.Context, m *mailbox) error {
	cursor, err := l.to.Cursor(ctx, l.inbox.ID, folder(l.inbox.Mailbox))
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	if cursor.Validity != m.validity {
		// The first visit, or the server gave its messages new numbers: the log knows again
		// what it has by the messages' own ids.
		if cursor.Validity != 0 {
			l.log.Warn("mailbox was renumbered, reading it again", "was", cursor.Validity, "is", m.validity)
		}
		first, err := m.since(time.Now().Add(-l.c.c.Window))
		if err != nil {
			return err
		}
		cursor = centrala.Cursor{Inbox: l.inbox.ID, Folder: folder(l.inbox.Mailbox), Validity: m.validity, UID: uint32(first)}
	}
	cursor.Inbox, cursor.Folder = l.inbox.ID, folder(l.inbox.Mailbox)
	items, err := m.after(imap.UID(cursor.UID))
	if err != nil {
		return err
	}
	for len(items) > 0 {
		n := batch(items)
		l.behind(items)
		if err := l.take(ctx, m, cursor, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	l.behind(nil)
	return nil
}

func (l *listener) behind(items []item) {
	lag := time.Duration(0)
	if len(items) > 0 && !items[0].received.IsZero() {
		lag = time.Since(items[0].received)
	}
	l.c.c.Board.Behind(l.inbox.ID, channels.In, len(items), lag)
}

// batch is how many messages are fetched with one command: a mail that is too large comes
// alone, because only its header is fetched.
func batch(items []item) int {
	if items[0].size > letter.MaxMail {
		return 1
	}
	var bytes int64
	for n, it := range items {
		if bytes += it.size; n > 0 && (n >= batchMails || bytes > batchBytes || it.size > letter.MaxMail) {
			return n
		}
	}
	return len(items)
}

// take fetches a batch into the blob store and then gives it to the log one by one, each with
// the cursor that says that it was taken.
func (l *listener) take(ctx context.Context, m *mailbox, cursor centrala.Cursor, items []item) error {
	got := make(map[imap.UID]string)
	err := m.fetch(items, items[0].size > letter.MaxMail, func(uid imap.UID, r io.Reader) error {
		key := channels.RawKey(l.named(cursor, uid))
		_, err := channels.Save(ctx, l.c.c.Blobs, key, r)
		got[uid] = key
		return err
	})
	if err != nil {
		return err
	}
	there, err := l.missing(m, items, got)
	if err != nil {
		return err
	}
	for _, it := range items {
		cursor.UID = uint32(it.uid)
		in := l.named(cursor, it.uid)
		switch key, ok := got[it.uid]; {
		case ok:
			in, err = l.open(ctx, in, key, it)
		case slices.Contains(there, it.uid):
			in.Outcome, in.Reason = centrala.Quarantined, "the server lists the message but does not give it"
			in.At = it.received
		default:
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		in.Cursor = &cursor
		if err := l.receive(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// missing tells which of the messages that did not come are nevertheless there.
func (l *listener) missing(m *mailbox, items []item, got map[imap.UID]string) ([]imap.UID, error) {
	var absent []imap.UID
	for _, it := range items {
		if got[it.uid] == "" {
			absent = append(absent, it.uid)
		}
	}
	if absent == nil {
		return nil, nil
	}
	return m.exist(absent)
}

// named is an Inbound with what identifies the message: its place in the mailbox.
func (l *listener) named(cursor centrala.Cursor, uid imap.UID) centrala.Inbound {
	return centrala.Inbound{
		Inbox: l.inbox.ID, Channel: centrala.Email,
		ExternalID: fmt.Sprintf("%s:%d:%d", cursor.Folder, cursor.Validity, uid),
	}
}

// open reads a message from the blob store and puts its files there.
func (l *listener) open(ctx context.Context, in centrala.Inbound, key string, it item) (centrala.Inbound, error) {
	raw, err := l.c.c.Blobs.NewReader(ctx, key, nil)
	if err != nil {
		return in, fmt.Errorf("raw mail: %w", err)
	}
	defer raw.Close()
	o := origin{inbox: l.inbox, externalID: in.ExternalID, received: it.received, size: it.size}
	got, err := l.c.read(raw, o, func(_ centrala.Part, n int, r io.Reader) (int64, string, error) {
		at := channels.BlobKey(in, n)
		size, err := channels.Save(ctx, l.c.c.Blobs, at, r)
		return size, at, err
	})
	if err != nil {
		return in, err
	}
	got.in.Raw = key
	if b := got.bounce; b != nil { // the log finds by these which of our mails it is about
		got.in.InReplyTo, got.in.References = nil, nil
		if b.Action == "failed" && b.OriginalMessageID != "" {
			got.in.InReplyTo = []string{b.OriginalMessageID}
		}
	}
	for i, p := range got.in.Attachments {
		got.in.Attachments[i].Open = func() (io.ReadCloser, error) { return l.c.c.Blobs.NewReader(ctx, p.Blob, nil) }
	}
	return got.in, nil
}

// receive gives a message to the log. A log that is not there now is asked again by the next
// visit; a message that it refuses is put aside, so that it does not keep the others back.
func (l *listener) receive(ctx context.Context, in centrala.Inbound) error {
	log := l.log.With("external_id", in.ExternalID, "outcome", string(in.Outcome))
	r, err := l.to.Receive(ctx, in)
	switch code := centrala.CodeOf(err); code {
	case "":
		log.Info("mail taken", "conversation", r.Conversation.String(), "repeated", r.Repeated)
		return nil
	case centrala.Invalid, centrala.TooLong, centrala.TooMany, centrala.Forbidden, centrala.Conflict, centrala.NotFound:
		log.Error("mail refused by the log, put aside", "err", err)
		aside := l.named(*in.Cursor, imap.UID(in.Cursor.UID))
		aside.Outcome, aside.Reason = centrala.Quarantined, "refused by the log: "+string(code)
		aside.Cursor, aside.Raw, aside.At = in.Cursor, in.Raw, in.At
		aside.MessageID, aside.Digest = in.MessageID, in.Digest
		if _, err := l.to.Receive(ctx, aside); err != nil {
			return fmt.Errorf("put mail aside: %w", err)
		}
		return nil
	}
	return fmt.Errorf("give mail to the log: %w", err)
}
