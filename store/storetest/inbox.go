package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"centrala"
	"centrala/store"
)

func inboxCases() []testCase {
	return []testCase{
		{"inbox/a slug is one inbox's", inboxSlug},
		{"inbox/secrets are sealed, kept when left out, and gone with the mailbox", inboxSecrets},
		{"inbox/without a key no secret is kept", inboxWithoutKey},
		{"inbox/what is wrong is refused and named", inboxRefused},
		{"inbox/one that was used is not removed", inboxRemoved},
		{"inbox/one that is removed takes what its vendor posted along", inboxRemovedWithHooks},
		{"inbox/what opens an account is kept for that one alone", inboxAccount},
	}
}

func inboxSlug(t *testing.T, h *house) {
	worked := atOnce(t, 30, centrala.Conflict, func(i int) error {
		_, err := h.SaveInbox(context.Background(), centrala.Inbox{Slug: "kontakt", Name: fmt.Sprint("Formularz ", i), Channel: centrala.Form})
		return err
	})
	same(t, "inboxes made", worked, 1)
	in, err := h.InboxBySlug(t.Context(), "kontakt")
	need(t, err)
	in.Slug = h.widget.Slug
	_, err = h.SaveInbox(t.Context(), in)
	refused(t, err, centrala.Conflict, "slug")
	for _, slug := range []string{"nie-ma", "", "\x00", "\xff"} {
		_, err = h.InboxBySlug(t.Context(), slug)
		refused(t, err, centrala.NotFound)
	}
}

func inboxSecrets(t *testing.T, h *house) {
	ctx := t.Context()
	in := centrala.Inbox{
		Slug: "sprzedawcy", Name: "Sprzedawcy", Channel: centrala.Email, Side: centrala.Seller, Team: h.other.ID, Enabled: true,
		Origins: []string{"https://jarmark.test"}, JWKS: "https://jarmark.test/keys", Secret: "identity-secret",
		Mailbox: &centrala.Mailbox{Address: "Sprzedawcy@Jarmark.test", FromName: "Jarmark", Folders: []string{"INBOX"}, PollEvery: "1m",
			IMAP: centrala.Server{Host: "imap.test", Port: 993, TLS: "tls", User: "s"}, SMTP: centrala.Server{Host: "smtp.test", Port: 465, TLS: "tls", User: "s"},
			IMAPPassword: "imap-password", SMTPPassword: "smtp-password"},
	}
	saved, err := h.SaveInbox(ctx, in)
	need(t, err)
	in.ID = saved.ID
	read, err := h.Inbox(ctx, in.ID)
	need(t, err)
	same(t, "the mailbox", *read.Mailbox, *in.Mailbox)
	read.Mailbox, saved.Mailbox = in.Mailbox, in.Mailbox
	same(t, "read", read, in)
	same(t, "saved", saved, in)
	for _, at := range []string{h.raw(t, `SELECT secrets FROM inbox WHERE id = $1`, int64(in.ID)), h.raw(t, `SELECT settings FROM inbox WHERE id = $1`, int64(in.ID))} {
		for _, secret := range []string{"identity-secret", "imap-password", "smtp-password"} {
			if at == "" || strings.Contains(at, secret) {
				t.Fatalf("%q lies in the database as it is", secret)
			}
		}
	}
	box := *in.Mailbox
	box.IMAPPassword, box.SMTPPassword = "", "new"
	in.Mailbox, in.Secret, in.Name = &box, "", "Sprzedawcy 2"
	saved, err = h.SaveInbox(ctx, in)
	need(t, err)
	same(t, "left out", []string{saved.Name, saved.Secret, saved.Mailbox.IMAPPassword, saved.Mailbox.SMTPPassword},
		[]string{"Sprzedawcy 2", "identity-secret", "imap-password", "new"})
	in.Mailbox = nil
	_, err = h.SaveInbox(ctx, in)
	need(t, err)
	in.Mailbox = &centrala.Mailbox{Address: "x@jarmark.test"}
	saved, err = h.SaveInbox(ctx, in)
	need(t, err)
	same(t, "passwords of a mailbox that was taken away", saved.Mailbox.IMAPPassword+saved.Mailbox.SMTPPassword, "")
	same(t, "identity secret", saved.Secret, "identity-secret")
}

func inboxWithoutKey(t *testing.T, h *house) {
	ctx := t.Context()
	in, err := h.SaveInbox(ctx, centrala.Inbox{Slug: "chat", Name: "Chat", Channel: centrala.Chat, Secret: "s"})
	need(t, err)
	for name, seal := range map[string]store.Sealer{"no key": nil, "another key": newLock(t, "another")} {
		db, err := store.Open(ctx, h.dsn, store.Options{Seal: seal})
		need(t, err)
		if got, err := db.Inbox(ctx, in.ID); err == nil || got.Secret != "" {
			t.Errorf("%s: read the secret %q, %v", name, got.Secret, err)
		}
		if seal == nil {
			if _, err := db.SaveInbox(ctx, centrala.Inbox{Slug: "two", Name: "Two", Channel: centrala.Chat, Secret: "s"}); err == nil {
				t.Errorf("%s: a secret was kept", name)
			}
		}
		need(t, db.Close())
	}
	_, err = h.InboxBySlug(ctx, "two")
	refused(t, err, centrala.NotFound)
}

func inboxRefused(t *testing.T, h *house) {
	good := centrala.Inbox{Slug: "dobry", Name: "Dobry", Channel: centrala.Chat}
	for field, spoil := range map[string][]func(*centrala.Inbox){
		"slug": {func(in *centrala.Inbox) { in.Slug = "" }, func(in *centrala.Inbox) { in.Slug = "Zły" }, func(in *centrala.Inbox) { in.Slug = "-a" },
			func(in *centrala.Inbox) { in.Slug = "a/b" }, func(in *centrala.Inbox) { in.Slug = strings.Repeat("a", 64) }},
		"name":    {func(in *centrala.Inbox) { in.Name = "" }},
		"channel": {func(in *centrala.Inbox) { in.Channel = "" }, func(in *centrala.Inbox) { in.ID, in.Channel = h.widget.ID, centrala.Email }},
		"sides":   {func(in *centrala.Inbox) { in.Side = "courier" }},
		"team":    {func(in *centrala.Inbox) { in.Team = 42 }},
	} {
		for _, f := range spoil {
			in := good
			f(&in)
			_, err := h.SaveInbox(t.Context(), in)
			refused(t, err, centrala.Invalid, field)
		}
	}
	good.ID = 42
	_, err := h.SaveInbox(t.Context(), good)
	refused(t, err, centrala.NotFound)
	_, err = h.Inbox(t.Context(), 42)
	refused(t, err, centrala.NotFound)
}

func inboxRemoved(t *testing.T, h *house) {
	ctx := t.Context()
	h.matter(t, centrala.Buyer)
	refused(t, h.RemoveInbox(ctx, h.widget.ID), centrala.Conflict)
	need(t, h.RemoveInbox(ctx, h.mailbox.ID))
	refused(t, h.RemoveInbox(ctx, h.mailbox.ID), centrala.NotFound)
	all, err := h.Inboxes(ctx)
	need(t, err)
	same(t, "what is left", len(all), 1)
}

// A removed inbox takes along what its vendor posted and how far it was read, and no other's.
func inboxRemovedWithHooks(t *testing.T, h *house) {
	ctx := t.Context()
	var ids []centrala.InboxID
	for _, slug := range []string{"bot", "inny"} {
		in, err := h.SaveInbox(ctx, centrala.Inbox{Slug: slug, Name: slug, Channel: centrala.Telegram, Enabled: true, Account: &centrala.Account{ID: slug, Token: "t"}})
		need(t, err)
		ids = append(ids, in.ID)
		for _, row := range []string{
			`INSERT INTO mark (inbox, name, value, at) VALUES ($1, 'updates', '7', 0)`,
			`INSERT INTO identity (channel, account, address, contact, inbox, name, lost, at) VALUES ('telegram', '` + slug + `', '5550001', 1, $1, 'Ola', 0, 0)`,
			`INSERT INTO early (id, inbox, about, item, at) VALUES (` + fmt.Sprint(int64(in.ID)) + `, $1, 'x', 'y', 0)`,
			`INSERT INTO device (inbox, id, user_code, page, whole_page, interval_s, by_whom, address, state, detail, term, expires_at, next_at, ended_at)
				VALUES ($1, 1, 'ABC123', '', '', 5, '{}', '', 'pending', '', 0, 0, 0, 0)`,
			`INSERT INTO hook (id, inbox, channel, key, what, outcome, cause, detail, size, kept, parser, tries, items, messages, conversation, number, seq, address, at, read_at)
				VALUES (` + fmt.Sprint(int64(in.ID)) + `, $1, 'telegram', 'k', 'update', 'new', '', '', 2, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0)`,
		} {
			h.rawExec(t, row, int64(in.ID))
		}
	}
	need(t, h.RemoveInbox(ctx, ids[0]))
	for _, of := range []string{"mark", "identity", "early", "hook", "device"} {
		for i, want := range []string{"0", "1"} {
			same(t, of, h.raw(t, `SELECT count(*) FROM `+of+` WHERE inbox = $1`, int64(ids[i])), want)
		}
	}
}

// What opened one account is not kept for another, and a secret that is left out stays.
func inboxAccount(t *testing.T, h *house) {
	ctx := t.Context()
	in, err := h.SaveInbox(ctx, centrala.Inbox{Slug: "allegro", Name: "Allegro", Channel: centrala.Allegro, Enabled: true,
		Account: &centrala.Account{ID: "1", Client: "c", Token: "token-1", Refresh: "refresh-1", ClientSecret: "secret-1"}})
	need(t, err)
	in.Account = &centrala.Account{ID: "1", Client: "c", Name: "Jarmark"}
	in, err = h.SaveInbox(ctx, in)
	need(t, err)
	same(t, "kept", *in.Account, centrala.Account{ID: "1", Client: "c", Name: "Jarmark", Token: "token-1", Refresh: "refresh-1", ClientSecret: "secret-1"})
	in.Account = &centrala.Account{Client: "other"}
	in, err = h.SaveInbox(ctx, in)
	need(t, err)
	same(t, "of another application", *in.Account, centrala.Account{Client: "other", ClientSecret: "secret-1"})
}
