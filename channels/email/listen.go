package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/sync/errgroup"

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

// Listen implements channels.Listener. It fetches every folder from its cursor on, then waits
// for more; whatever breaks is tried again after a while. It stops for good, with *Stopped,
// when the settings are incomplete, when the server refused the login five times in a row, or
// when the consent to sign in is gone.
func (c *Channel) Listen(ctx context.Context, inbox centrala.Inbox, to channels.Intake) error {
	if inbox.Mailbox == nil || inbox.Mailbox.IMAP.Host == "" {
		return &channels.Stopped{Code: "imap.settings", Reason: "This inbox has no IMAP server. Add one in its settings."}
	}
	a := c.newAccount(inbox, to)
	folders, within := errgroup.WithContext(ctx)
	for _, f := range inbox.Mailbox.Reads() {
		l := &listener{account: a, folder: f}
		folders.Go(func() error { return channels.Guarded(func() error { return l.listen(within) }) })
	}
	err := folders.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// listener reads one folder of an account.
type listener struct {
	*account
	folder   string
	validity uint32
	untidy   []imap.UID // stored, and not yet marked or moved as the mailbox asks
}

// listen visits the folder again and again.
func (l *listener) listen(ctx context.Context) error {
	log := l.log.With("folder", l.folder)
	for failures := 0; ; {
		began := time.Now()
		err := l.visit(ctx)
		var stopped *channels.Stopped
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &stopped):
			return err
		}
		if failures++; time.Since(began) > healthy {
			failures = 1
		}
		err = coded("imap", err)
		l.note(l.folder, func(p *place) { p.state, p.err = channels.Failing, err })
		if errors.Is(err, errRefused) { // the door stays closed for as long as that needs
			log.Warn("login refused", "err", err)
			continue
		}
		wait := l.c.c.Wait(failures, retryLimit)
		log.Warn("mailbox not reachable", "err", err, "failures", failures, "wait", wait)
		if err := rest(ctx, wait); err != nil {
			return err
		}
	}
}

// visit is one connection, from the greeting until something breaks.
func (l *listener) visit(ctx context.Context) error {
	// An intake that takes nothing any more says so here, before the server is bothered.
	if _, err := l.to.Cursor(ctx, l.inbox.ID, l.folder); err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	m, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer l.leave(m)
	if err := m.open(l.folder, l.inbox.Mailbox.After != centrala.AfterNothing); err != nil {
		return err
	}
	if l.validity != m.validity { // the numbers name other mails now, if any
		l.validity, l.untidy = m.validity, nil
	}
	pause := min(l.c.every(l.inbox.Mailbox), reIdle)
	for {
		if err := l.catchUp(ctx, m); err != nil {
			return err
		}
		l.note(l.folder, func(p *place) { p.state, p.err, p.idles = channels.Working, nil, m.idles })
		if err := m.wait(ctx, pause); err != nil {
			return err
		}
	}
}

// every is how often a mailbox is looked into beside IDLE.
func (c *Channel) every(box *centrala.Mailbox) time.Duration {
	if d, err := time.ParseDuration(box.PollEvery); err == nil && d >= time.Second {
		return d
	}
	return c.c.PollEvery
}

// catchUp takes everything above the cursor, oldest first.
func (l *listener) catchUp(ctx context.Context, m *mailbox) error {
	cursor, err := l.to.Cursor(ctx, l.inbox.ID, l.folder)
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	if cursor.Validity != m.validity {
		// The first visit, or the server gave its messages new numbers: the log knows again
		// what it has by the messages' own ids.
		if cursor.Validity != 0 {
			l.log.Warn("mailbox was renumbered, reading it again", "was", cursor.Validity, "is", m.validity)
		}
		first, err := m.since(time.Now().Add(-l.inbox.Mailbox.Window(l.c.c.Window)))
		if err != nil {
			return err
		}
		cursor = centrala.Cursor{Inbox: l.inbox.ID, Folder: l.folder, Validity: m.validity, UID: uint32(first)}
	}
	cursor.Inbox, cursor.Folder = l.inbox.ID, l.folder
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
	l.tidy(m, nil) // what could not be done before
	return nil
}

func (l *listener) behind(items []item) {
	lag := time.Duration(0)
	if len(items) > 0 && !items[0].received.IsZero() {
		lag = time.Since(items[0].received)
	}
	l.note(l.folder, func(p *place) { p.behind, p.lag = len(items), lag })
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

// together is how many messages are given to the log in one commit: enough that the commit costs
// little, few enough that a chat message does not wait for it.
const together = 16

// take fetches a batch into the blob store and then gives it to the log, each message with the
// cursor that says that it was taken.
func (l *listener) take(ctx context.Context, m *mailbox, cursor centrala.Cursor, items []item) error {
	var stored []imap.UID
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
	defer func() { l.tidy(m, stored) }()
	var ins []centrala.Inbound
	hand := func() error {
		n, err := l.receive(ctx, ins)
		for _, in := range ins[:n] {
			stored = append(stored, imap.UID(in.Cursor.UID))
		}
		ins = ins[:0]
		return err
	}
	for _, it := range items {
		cursor.UID = uint32(it.uid)
		in := l.named(cursor, it.uid)
		switch key, ok := got[it.uid]; {
		case ok:
			in, err = l.opened(ctx, in, key, it)
		case slices.Contains(there, it.uid):
			in.Outcome, in.Reason = centrala.Quarantined, "the server lists the message but does not give it"
			in.Cause, in.At, in.Size = centrala.Cause{Code: "not-given"}, it.received, it.size
		default:
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		at := cursor
		in.Cursor = &at
		if ins = append(ins, in); len(ins) == together {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
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

// opened is open, whatever the message does to its reader: one that makes it panic is put aside
// with its raw bytes, so that it does not keep the others back.
func (l *listener) opened(ctx context.Context, in centrala.Inbound, key string, it item) (got centrala.Inbound, err error) {
	panicked := true
	defer func() {
		if !panicked {
			return
		}
		why := recover()
		l.log.Error("a mail could not be read", "external_id", in.ExternalID, "panic", fmt.Sprint(why))
		in.Outcome, in.Reason = centrala.Quarantined, "its reading failed"
		in.Cause = centrala.Cause{Code: "reader", Detail: in.ExternalID}
		in.Raw, in.At = key, it.received
		got, err = in, nil
	}()
	got, err = l.open(ctx, in, key, it)
	panicked = false
	return got, err
}

// open reads a message from the blob store and puts its files there.
func (l *listener) open(ctx context.Context, in centrala.Inbound, key string, it item) (centrala.Inbound, error) {
	o := origin{inbox: l.inbox, externalID: in.ExternalID, received: it.received, size: it.size}
	got, _, err := l.c.stored(ctx, key, o, func(_ centrala.Part, n int, r io.Reader) (int64, string, error) {
		at := channels.BlobKey(in, n)
		size, err := channels.Save(ctx, l.c.c.Blobs, at, r)
		return size, at, err
	})
	return got, err
}

// receive gives messages to the log, in one commit, or one by one when it does not take them
// together. taken is how many of them it has, from the first on, also with an error.
func (l *listener) receive(ctx context.Context, ins []centrala.Inbound) (taken int, err error) {
	if len(ins) == 0 {
		return 0, nil
	}
	receipts, err := l.to.ReceiveAll(ctx, ins)
	switch {
	case err == nil:
		for i, r := range receipts {
			l.told(ins[i], r)
		}
		return len(ins), nil
	case !refusal(err):
		return 0, fmt.Errorf("give mail to the log: %w", err)
	}
	for i, in := range ins {
		if err := l.receiveOne(ctx, in); err != nil {
			return i, err
		}
	}
	return len(ins), nil
}

func (l *listener) told(in centrala.Inbound, r centrala.Receipt) {
	l.log.Info("mail taken", "external_id", in.ExternalID, "outcome", string(in.Outcome), "conversation", r.Conversation.String(), "repeated", r.Repeated)
}

// refusal reports whether the log does not want a message as it is, and never will.
func refusal(err error) bool {
	switch centrala.CodeOf(err) {
	case centrala.Invalid, centrala.TooLong, centrala.TooMany, centrala.Forbidden, centrala.Conflict, centrala.NotFound:
		return true
	}
	return false
}

// receiveOne gives a message to the log. A log that is not there now is asked again by the next
// visit; a message that it refuses is put aside, so that it does not keep the others back.
func (l *listener) receiveOne(ctx context.Context, in centrala.Inbound) error {
	r, err := l.to.Receive(ctx, in)
	switch {
	case err == nil:
		l.told(in, r)
		return nil
	case !refusal(err):
		return fmt.Errorf("give mail to the log: %w", err)
	}
	l.log.Error("mail refused by the log, put aside", "external_id", in.ExternalID, "err", err)
	aside := l.named(*in.Cursor, imap.UID(in.Cursor.UID))
	aside.Outcome, aside.Reason = centrala.Quarantined, "refused by the log: "+string(centrala.CodeOf(err))
	aside.Cause = centrala.Cause{Code: "refused", Detail: string(centrala.CodeOf(err))}
	aside.Cursor, aside.Raw, aside.At, aside.Size, aside.From, aside.Subject = in.Cursor, in.Raw, in.At, in.Size, in.From, in.Subject
	aside.MessageID, aside.Digest = in.MessageID, in.Digest
	if _, err := l.to.Receive(ctx, aside); err != nil {
		return fmt.Errorf("put mail aside: %w", err)
	}
	return nil
}
