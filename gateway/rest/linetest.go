package rest

import (
	"context"
	"time"

	"centrala"
)

// Tested is the outcome of a line test.
type Tested struct {
	OK    bool       `json:"ok"`
	Steps []TestStep `json:"steps"`
}

func (s *server) testNew(ctx context.Context, c caller, in *newInbox) (*answer[Tested], error) {
	if in.Body.Channel == "" {
		in.Body.Channel = centrala.Email
	}
	return s.test(ctx, c, centrala.Inbox{Channel: in.Body.Channel}, in.Body)
}

func (s *server) testKept(ctx context.Context, c caller, in *inboxChange) (*answer[Tested], error) {
	v, err := s.Store.Inbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := movesAny(v, in.Body); err != nil {
		return nil, err
	}
	return s.test(ctx, c, v, in.Body)
}

// movesAny refuses to show what is kept to anybody but whom it is for.
func movesAny(kept centrala.Inbox, b inboxBody) error {
	if movesPasswords(kept.Mailbox, b) {
		return centrala.InvalidField("imap_password", "A kept password is only used with the server and user that it is for: give it once more.")
	}
	if field := movesSecrets(kept, b.accountBody); field != "" {
		return centrala.InvalidField(field, "What is kept is only used with the account that it is for: give it once more.")
	}
	return nil
}

// movesPasswords reports whether a kept password would be shown to another server.
func movesPasswords(kept *centrala.Mailbox, b inboxBody) bool {
	if kept == nil || !b.Mailbox.set || b.Mailbox.v == nil {
		return false
	}
	m := b.Mailbox.v
	return b.IMAPPassword == "" && kept.IMAPPassword != "" && (m.IMAP.Host != kept.IMAP.Host || m.IMAP.User != kept.IMAP.User) ||
		b.SMTPPassword == "" && kept.SMTPPassword != "" && (m.SMTP.Host != kept.SMTP.Host || m.SMTP.User != kept.SMTP.User)
}

func (s *server) test(ctx context.Context, c caller, v centrala.Inbox, b inboxBody) (*answer[Tested], error) {
	if err := b.onto(&v, Reachable(s.Site.Base)); err != nil {
		return nil, err
	}
	if s.Test == nil {
		return nil, centrala.Errorf(centrala.Unavailable, "This server cannot test lines.")
	}
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	out := Tested{OK: true, Steps: s.Test(ctx, v, c.locale())}
	for _, step := range out.Steps {
		out.OK = out.OK && step.State != "failed"
	}
	return ok(out), nil
}
