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
		Mailbox: &centrala.Mailbox{Address: "Sprzedawcy@Jarmark.test", FromName: "Jarmark", Folder: "INBOX", PollEvery: "1m",
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
