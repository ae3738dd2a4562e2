package email

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"centrala"
)

// Keep implements channels.Keeper: an answer that was sent is also put into the mailbox's folder
// of sent mail, read, the same bytes, unless it is there already. The folder is made when it is
// missing. What the program writes by itself is not put there.
func (c *Channel) Keep(ctx context.Context, out centrala.Outbound) error {
	box := out.Inbox.Mailbox
	if box == nil || box.SentFolder == "" || out.Automatic {
		return nil
	}
	_, d, err := c.letter(ctx, out)
	switch {
	case err != nil:
	case box.IMAP.Host == "":
		err = errors.New("the inbox has no IMAP server")
	default:
		err = c.file(ctx, out.Inbox, d)
	}
	if err != nil {
		return &noCopy{box.SentFolder, err}
	}
	return nil
}

// noCopy says that an answer left and is not in the folder of sent mail.
type noCopy struct {
	folder string
	err    error
}

// Error implements error.
func (n *noCopy) Error() string { return fmt.Sprintf("copy to the folder %q: %v", n.folder, n.err) }

// Unwrap returns the cause.
func (n *noCopy) Unwrap() error { return n.err }

func (c *Channel) file(ctx context.Context, in centrala.Inbox, d draft) error {
	box := in.Mailbox
	m, err := c.openAccount(ctx, in)
	if err != nil {
		return err
	}
	defer m.close()
	known, err := m.holds(box.SentFolder, d.id)
	if err != nil || known {
		return err
	}
	return m.add(box.SentFolder, d)
}

// holds reports whether a mail is in a folder, which is made when it is missing.
func (m *mailbox) holds(folder, id string) (bool, error) {
	defer m.watch()()
	_, err := m.client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	var no *imap.Error
	if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
		if err := m.client.Create(folder, nil).Wait(); err != nil {
			return false, fmt.Errorf("make it: %w", err)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found, err := m.client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-Id", Value: "<" + id + ">"}}}, nil).Wait()
	if err != nil {
		return false, fmt.Errorf("search: %w", err)
	}
	return len(found.AllUIDs()) > 0, nil
}

// add puts a mail into a folder as read. It is written once to know its size and once more to
// the server.
func (m *mailbox) add(folder string, d draft) error {
	var size counter
	if err := d.writeTo(&size); err != nil {
		return err
	}
	done := m.watch()
	defer func() { done() }()
	cmd := m.client.Append(folder, int64(size), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: d.at})
	progress := writerFunc(func(p []byte) (int, error) { // a long mail has the time of a command for each piece
		done()
		done = m.watch()
		return cmd.Write(p)
	})
	if err := d.writeTo(progress); err != nil {
		m.hangUp() // the server waits for the rest and gets none
		return err
	}
	if err := cmd.Close(); err != nil {
		return err
	}
	_, err := cmd.Wait()
	return err
}

// counter is how many bytes were written to it.
type counter int64

// Write implements io.Writer.
func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
