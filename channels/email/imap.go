package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// errRefused is a login that the server said no to, rather than one that it could not check.
var errRefused = errors.New("login refused")

// mailbox is a connection to an IMAP server, signed in, with one folder open once open said so.
// It marks, moves and removes nothing unless tidy does. One goroutine uses it.
type mailbox struct {
	client   *imapclient.Client
	timeout  time.Duration
	validity uint32
	mails    uint32 // that lay in the folder when it was opened
	idles    bool
	news     chan struct{} // rung when the server says that there is more
	hangUp   func()
}

// openAccount connects and signs in. The connection ends with ctx.
func (c *Channel) openAccount(ctx context.Context, in centrala.Inbox) (*mailbox, error) {
	proof, err := c.proof(ctx, in)
	if err != nil {
		return nil, err
	}
	m, err := c.reach(ctx, in.Mailbox.IMAP, c.tlsFor(in.Mailbox.IMAP.Host))
	if err != nil {
		return nil, err
	}
	if err := c.signIn(m, in, proof); err != nil {
		m.hangUp()
		return nil, err
	}
	return m, nil
}

// reach connects to an IMAP server until its greeting.
func (c *Channel) reach(ctx context.Context, s centrala.Server, secure *tls.Config) (*mailbox, error) {
	conn, err := c.dialAs(ctx, s, secure)
	if err != nil {
		return nil, err
	}
	m := &mailbox{timeout: c.c.Timeout, news: make(chan struct{}, 1)}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // to end what waits on it
	m.hangUp = func() { stop(); _ = conn.Close() }
	if err := m.greet(conn, secure, s.TLS); err != nil {
		m.hangUp()
		return nil, err
	}
	return m, nil
}

// signIn shows the server who we are. An access token that it does not take is forgotten, so
// that the next visit comes with another.
func (c *Channel) signIn(m *mailbox, in centrala.Inbox, proof *bearer) error {
	err := m.show(in.Mailbox, proof)
	if proof != nil && errors.Is(err, errRefused) {
		c.c.SignIn.Refused(in.ID, proof.token)
	}
	return err
}

// greet reads the greeting and encrypts, where that is asked for.
func (m *mailbox) greet(conn net.Conn, secure *tls.Config, how string) (err error) {
	defer m.watch()()
	// The handler runs in the connection's reader: it may only ring.
	options := &imapclient.Options{TLSConfig: secure, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				select {
				case m.news <- struct{}{}:
				default:
				}
			}
		},
	}}
	if how == "starttls" {
		if m.client, err = imapclient.NewStartTLS(conn, options); err != nil {
			return fmt.Errorf("start encryption: %w", err)
		}
	} else {
		m.client = imapclient.New(conn, options)
	}
	if err := m.client.WaitGreeting(); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	return nil
}

// show is by password, or by what a provider vouches for.
func (m *mailbox) show(box *centrala.Mailbox, proof *bearer) (err error) {
	defer m.watch()()
	if proof == nil {
		err = m.client.Login(box.IMAP.User, box.IMAPPassword).Wait()
	} else {
		proof.modern = m.client.Caps().Has(imap.AuthCap(sasl.OAuthBearer))
		err = m.client.Authenticate(proof)
	}
	var no *imap.Error
	switch {
	case err == nil:
		m.idles = m.client.Caps().Has(imap.CapIdle)
		return nil
	case proof != nil && proof.said != "":
		return fmt.Errorf("%w: %s", errRefused, proof.said)
	case errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo && !passing(no.Code):
		return fmt.Errorf("%w: %s", errRefused, no.Text)
	}
	return fmt.Errorf("login: %w", err)
}

// open opens a folder; to change flags or move mails away it has to be told so.
func (m *mailbox) open(folder string, change bool) error {
	defer m.watch()()
	data, err := m.client.Select(folder, &imap.SelectOptions{ReadOnly: !change}).Wait()
	if err != nil {
		return &channels.Fault{Code: "imap.folder", Err: fmt.Errorf("open folder %q: %w", folder, err)}
	}
	m.validity, m.mails = data.UIDValidity, data.NumMessages
	return nil
}

// passing are refusals of a login that say nothing about the password.
func passing(code imap.ResponseCode) bool {
	return slices.Contains([]imap.ResponseCode{
		imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug,
	}, code)
}

// watch hangs up when what follows takes longer than the timeout, because the client itself
// waits for ever on a connection that died without saying so.
func (m *mailbox) watch() (done func()) {
	t := time.AfterFunc(m.timeout, m.hangUp)
	return func() { t.Stop() }
}

// item is what is known of a message before its bytes.
type item struct {
	uid      imap.UID
	size     int64
	received time.Time
}

// since is the number below the first message that came on or after a day: where the reading
// of a mailbox begins that has no cursor yet.
func (m *mailbox) since(day time.Time) (imap.UID, error) {
	defer m.watch()()
	found, err := m.client.UIDSearch(&imap.SearchCriteria{Since: day}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("search: %w", err)
	}
	if uids := found.AllUIDs(); len(uids) > 0 {
		return slices.Min(uids) - 1, nil
	}
	status, err := m.client.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("search: %w", err)
	}
	if uids := status.AllUIDs(); len(uids) > 0 {
		return slices.Max(uids), nil
	}
	return 0, nil
}

// after lists what lies above a number, in order.
func (m *mailbox) after(last imap.UID) ([]item, error) {
	defer m.watch()()
	set := imap.UIDSet{imap.UIDRange{Start: last + 1, Stop: 0}}
	got, err := m.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	var items []item
	for _, g := range got {
		// "n:*" also gives the last message when nothing is above n.
		if g.UID > last {
			items = append(items, item{g.UID, g.RFC822Size, g.InternalDate})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return int(int64(a.uid) - int64(b.uid)) })
	return items, nil
}

// fetch streams the given messages, or only their headers, to take. A message that the server
// did not give is not taken; the caller sees it missing.
func (m *mailbox) fetch(items []item, headersOnly bool, take func(imap.UID, io.Reader) error) error {
	done := m.watch()
	defer func() { done() }()
	var set imap.UIDSet
	for _, it := range items {
		set.AddNum(it.uid)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	if headersOnly {
		section.Specifier = imap.PartSpecifierHeader
		section.Partial = &imap.SectionPartial{Offset: 0, Size: letter.MaxHeader}
	}
	cmd := m.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	var failed error
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		done() // each message has the time of a command
		done = m.watch()
		if err := takeOne(msg, take); err != nil && failed == nil {
			failed = err
		}
	}
	if err := cmd.Close(); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	return failed
}

func takeOne(msg *imapclient.FetchMessageData, take func(imap.UID, io.Reader) error) error {
	var uid imap.UID
	var err error
	for it := msg.Next(); it != nil; it = msg.Next() {
		switch it := it.(type) {
		case imapclient.FetchItemDataUID:
			uid = it.UID
		case imapclient.FetchItemDataBodySection:
			if it.Literal != nil && uid != 0 && err == nil {
				err = take(uid, it.Literal)
			}
		}
	}
	return err
}

// exist tells which of the numbers are still in the folder.
func (m *mailbox) exist(uids []imap.UID) ([]imap.UID, error) {
	defer m.watch()()
	found, err := m.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(uids...)}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found.AllUIDs(), nil
}

// wait returns when the server says that there is news, or after d, or with an error when the
// connection is gone. Where the server cannot tell, it waits for d.
func (m *mailbox) wait(ctx context.Context, d time.Duration) error {
	if !m.idles {
		return m.sleep(ctx, d)
	}
	done := m.watch()
	idle, err := m.client.Idle()
	done()
	if err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	waited := m.sleep(ctx, d)
	defer m.watch()()
	if err := idle.Close(); err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	if err := idle.Wait(); err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	return waited
}

func (m *mailbox) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-m.client.Closed():
		return errors.New("the server closed the connection")
	case <-m.news:
	case <-t.C:
	}
	return nil
}

// close says goodbye, as far as that still works.
func (m *mailbox) close() {
	defer m.hangUp()
	defer m.watch()()
	_ = m.client.Logout().Wait() // the connection is given up anyway
}

// isCertificate reports whether a connection failed because of the server's certificate.
func isCertificate(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}
