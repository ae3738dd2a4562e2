package email

import (
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"centrala"
)

const mostUntidy = 1000 // mails kept in mind for another try

// tidy does with stored mails what their mailbox asks for: a flag, or another folder. The log
// has them, so what fails here costs nobody a mail: it is a warning on the line, and is tried
// again as long as this node reads the folder.
func (l *listener) tidy(m *mailbox, done []imap.UID) {
	box := l.inbox.Mailbox
	if box.After == centrala.AfterNothing {
		return
	}
	if l.untidy = append(l.untidy, done...); len(l.untidy) == 0 {
		return
	}
	var err error
	switch box.After {
	case centrala.AfterSeen:
		err = m.markSeen(l.untidy)
	case centrala.AfterMove:
		err = m.move(l.untidy, box.MoveTo)
	}
	warning := ""
	if err == nil {
		l.untidy = nil
	} else {
		warning = err.Error()
		l.untidy = l.untidy[max(0, len(l.untidy)-mostUntidy):]
		l.log.Warn("stored mails could not be marked or moved", "mails", len(l.untidy), "err", err)
	}
	l.note(l.folder, func(p *place) { p.warning = warning })
}

func (m *mailbox) markSeen(uids []imap.UID) error {
	return m.flag(uids, imap.FlagSeen)
}

func (m *mailbox) flag(uids []imap.UID, flag imap.Flag) error {
	defer m.watch()()
	store := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}
	if err := m.client.Store(imap.UIDSetNum(uids...), store, nil).Close(); err != nil {
		return fmt.Errorf("mark mails: %w", err)
	}
	return nil
}

// move puts mails into another folder, which is made when it is not there. A mail that is gone
// already is no error.
func (m *mailbox) move(uids []imap.UID, to string) error {
	err := m.moveOnce(uids, to)
	var no *imap.Error
	if !errors.As(err, &no) || no.Type != imap.StatusResponseTypeNo {
		return err
	}
	if made := m.create(to); made != nil { // it was there, and the refusal was about something else
		return errors.Join(err, made)
	}
	return m.moveOnce(uids, to)
}

func (m *mailbox) create(folder string) error {
	defer m.watch()()
	if err := m.client.Create(folder, nil).Wait(); err != nil {
		return fmt.Errorf("make the folder %q: %w", folder, err)
	}
	_ = m.client.Subscribe(folder).Wait() // for people's programs to show it; it works without
	return nil
}

func (m *mailbox) moveOnce(uids []imap.UID, to string) error {
	if m.client.Caps().Has(imap.CapMove) {
		defer m.watch()()
		if _, err := m.client.Move(imap.UIDSetNum(uids...), to).Wait(); err != nil {
			return fmt.Errorf("move mails to %q: %w", to, err)
		}
		return nil
	}
	return m.copyAway(uids, to)
}

// copyAway moves where the server has no MOVE (RFC 6851): a copy, then the flag, then only these
// are expunged. A server without UIDPLUS could only expunge what others deleted too: there the
// flag has to do.
func (m *mailbox) copyAway(uids []imap.UID, to string) error {
	uids, err := m.exist(uids)
	if err != nil || len(uids) == 0 {
		return err
	}
	slices.Sort(uids)
	done := m.watch()
	_, err = m.client.Copy(imap.UIDSetNum(uids...), to).Wait()
	done()
	if err != nil {
		return fmt.Errorf("copy mails to %q: %w", to, err)
	}
	if err := m.flag(uids, imap.FlagDeleted); err != nil {
		return err
	}
	if !m.client.Caps().Has(imap.CapUIDPlus) {
		return nil
	}
	defer m.watch()()
	if err := m.client.UIDExpunge(imap.UIDSetNum(uids...)).Close(); err != nil {
		return fmt.Errorf("remove mails that were copied: %w", err)
	}
	return nil
}

// folders lists what can be read, by name.
func (m *mailbox) folders() ([]string, error) {
	defer m.watch()()
	found, err := m.client.List("", "*", nil).Collect()
	if err != nil {
		return nil, fmt.Errorf("list the folders: %w", err)
	}
	var names []string
	for _, f := range found {
		if !slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(f.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, f.Mailbox)
		}
	}
	slices.Sort(names)
	return names, nil
}
