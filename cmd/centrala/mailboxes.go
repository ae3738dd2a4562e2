package main

import (
	"context"
	"fmt"
	"strings"

	"centrala"
)

// mailboxes brings the doors that the file describes into the house, new or changed. What the
// file does not name is left as the console made it.
func (p *Program) mailboxes(ctx context.Context) error {
	if len(p.cfg.Mailbox) == 0 {
		return nil
	}
	teams, err := p.db.Teams(ctx)
	if err != nil {
		return err
	}
	for i, m := range p.cfg.Mailbox {
		in, err := m.inbox(teams)
		if err != nil {
			return fmt.Errorf("configuration: mailbox %d: %w", i+1, err)
		}
		old, err := p.db.InboxBySlug(ctx, in.Slug)
		if err == nil {
			in.ID = old.ID
		} else if centrala.CodeOf(err) != centrala.NotFound {
			return err
		}
		if _, err := p.db.SaveInbox(ctx, in); err != nil {
			return fmt.Errorf("configuration: mailbox %s: %w", in.Slug, err)
		}
	}
	return nil
}

// folders is what is read: one folder, or several with commas between them.
func (m MailboxFile) folders() []string {
	var list []string
	for _, f := range strings.Split(m.Folder, ",") {
		if f = strings.TrimSpace(f); f != "" {
			list = append(list, f)
		}
	}
	return list
}

// inbox is the door that one table of the file describes.
func (m MailboxFile) inbox(teams []centrala.Team) (centrala.Inbox, error) {
	in := centrala.Inbox{Slug: m.Slug, Name: m.Name, Channel: centrala.Email, Side: centrala.Side(m.Side), Enabled: true, Mailbox: &centrala.Mailbox{
		Address: m.Address, FromName: m.FromName, Folders: m.folders(), PlainReply: m.PlainReply,
		IMAP:         centrala.Server{Host: m.IMAPHost, Port: m.IMAPPort, TLS: m.IMAPTLS, User: m.IMAPUser},
		SMTP:         centrala.Server{Host: m.SMTPHost, Port: m.SMTPPort, TLS: m.SMTPTLS, User: m.SMTPUser},
		IMAPPassword: m.IMAPPassword, SMTPPassword: m.SMTPPassword,
		Login: centrala.Login(m.Login), After: m.After, MoveTo: m.MoveTo, SentFolder: m.SentFolder, History: m.History, PollEvery: m.PollEvery,
		Authority: m.Authority, DKIMSelector: m.DKIMSelector, DKIMKey: m.DKIMKey, PerMinute: m.PerMinute,
	}}
	if err := in.Mailbox.CheckSending(); err != nil {
		return in, err
	}
	if in.Name == "" {
		in.Name = in.Slug
	}
	if in.Side != centrala.NoSide && !in.Side.Valid() {
		return in, fmt.Errorf("side: %q is not buyer, seller or advertiser", m.Side)
	}
	if m.Team == "" {
		return in, nil
	}
	var names []string
	for _, t := range teams {
		if strings.EqualFold(t.Name, m.Team) {
			in.Team = t.ID
			return in, nil
		}
		names = append(names, t.Name)
	}
	if len(names) == 0 {
		return in, fmt.Errorf("team: there is no team yet; make %q in the console first, or leave the key out", m.Team)
	}
	return in, fmt.Errorf("team: there is no team %q; did you mean %q?", m.Team, nearest(m.Team, names))
}
