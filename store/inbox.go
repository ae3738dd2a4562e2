package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// inboxRow is an inbox as its row holds it: what anybody may read apart from what is sealed.
type inboxRow struct {
	centrala.Inbox
	settings settings
	secrets  []byte
}

type settings struct {
	Origins []string          `json:"origins,omitempty"`
	JWKS    string            `json:"jwks,omitempty"`
	Mailbox *centrala.Mailbox `json:"mailbox,omitempty"` // marshals without its passwords
	Account *centrala.Account `json:"account,omitempty"` // likewise
	Ack     bool              `json:"ack,omitempty"`
	AckText map[string]string `json:"ack_text,omitempty"`
	AckArts bool              `json:"ack_articles,omitempty"`
	Bot     bool              `json:"bot,omitempty"`
}

// secrets is what an inbox keeps sealed.
type secrets struct {
	Identity string `json:"identity,omitempty"`
	IMAP     string `json:"imap,omitempty"`
	SMTP     string `json:"smtp,omitempty"`
	Refresh  string `json:"refresh,omitempty"`
	DKIM     string `json:"dkim,omitempty"`

	Token        string `json:"token,omitempty"` // of a social account, and so on
	AppSecret    string `json:"app_secret,omitempty"`
	HookSecret   string `json:"hook_secret,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
}

const inboxColumns = `SELECT id, slug, name, channel, side, team, enabled, settings, secrets FROM inbox`

func (r *inboxRow) fields() []any {
	return []any{&r.ID, &r.Slug, &r.Name, &r.Channel, &r.Side, &r.Team, &r.Enabled, column.JSON(&r.settings), &r.secrets}
}

// address is what customers write to, "" unless it is a mailbox.
func (r *inboxRow) address() string {
	if r.settings.Mailbox == nil {
		return ""
	}
	return address(r.settings.Mailbox.Address)
}

// Inboxes lists the inboxes by name, with their secrets opened. One whose secrets do not open
// is listed as switched off, and the log says why.
func (db *DB) Inboxes(ctx context.Context) ([]centrala.Inbox, error) {
	rows, err := column.All(ctx, db.ro, (*inboxRow).fields, inboxColumns)
	if err != nil {
		return nil, fmt.Errorf("read the inboxes: %w", err)
	}
	inboxes := make([]centrala.Inbox, 0, len(rows))
	for _, r := range rows {
		in, err := db.inbox(r)
		if err != nil { // one door that cannot be opened does not shut the others
			db.log.Error("an inbox is left shut", "inbox", in.ID.String(), "err", err)
			in.Enabled = false
		}
		inboxes = append(inboxes, in)
	}
	slices.SortFunc(inboxes, func(a, b centrala.Inbox) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return inboxes, nil
}

// Inbox reads one inbox with its secrets opened; NotFound when there is none.
func (db *DB) Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error) {
	r, err := column.One(ctx, db.ro, (*inboxRow).fields, inboxColumns+` WHERE id = $1`, id)
	if err != nil {
		return centrala.Inbox{}, column.Missing(err, "inbox", id.String())
	}
	return db.inbox(r)
}

// InboxBySlug reads the inbox that an address names, also a switched-off one.
func (db *DB) InboxBySlug(ctx context.Context, slug string) (centrala.Inbox, error) {
	if !column.Storable(slug) {
		return centrala.Inbox{}, column.Missing(errNone, "inbox", "of this slug")
	}
	r, err := column.One(ctx, db.ro, (*inboxRow).fields, inboxColumns+` WHERE slug = $1`, slug)
	if err != nil {
		return centrala.Inbox{}, column.Missing(err, "inbox", fmt.Sprintf("%.80q", slug))
	}
	return db.inbox(r)
}

// inbox opens a row.
func (db *DB) inbox(r inboxRow) (centrala.Inbox, error) {
	in := r.Inbox
	in.Origins, in.JWKS, in.Mailbox, in.Account = r.settings.Origins, r.settings.JWKS, r.settings.Mailbox, r.settings.Account
	in.Acknowledge, in.AckText, in.AckArticles, in.Bot = r.settings.Ack, r.settings.AckText, r.settings.AckArts, r.settings.Bot
	s, err := db.secrets(r.secrets)
	if err != nil {
		return in, fmt.Errorf("secrets of the inbox %s: %w", in.Slug, err)
	}
	in.Secret = s.Identity
	if in.Mailbox != nil {
		in.Mailbox.IMAPPassword, in.Mailbox.SMTPPassword, in.Mailbox.RefreshToken, in.Mailbox.DKIMKey = s.IMAP, s.SMTP, s.Refresh, s.DKIM
	}
	if a := in.Account; a != nil {
		a.Token, a.Refresh, a.AppSecret, a.HookSecret, a.ClientSecret = s.Token, s.Refresh, s.AppSecret, s.HookSecret, s.ClientSecret
	}
	return in, nil
}

// SaveInbox makes an inbox (ID zero) or changes one as a whole, except that its channel stays
// and that an empty secret or password leaves the one that is kept; without a mailbox or account its
// secrets go. The slug is unique (Conflict). Secrets are sealed before they are written.
func (db *DB) SaveInbox(ctx context.Context, in centrala.Inbox) (centrala.Inbox, error) {
	in.Name = strings.TrimSpace(in.Name)
	if err := checkInbox(in); err != nil {
		return centrala.Inbox{}, err
	}
	var out inboxRow
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		out, err = tx.saveInbox(in)
		return err
	})
	if err != nil {
		return centrala.Inbox{}, err
	}
	return db.inbox(out)
}

func checkInbox(in centrala.Inbox) error {
	if in.Channel == "" {
		return centrala.InvalidField("channel", "The inbox has no channel.")
	}
	if in.Side != centrala.NoSide {
		if err := column.CheckSides(in.Side); err != nil {
			return err
		}
	}
	if err := column.CheckSlug(in.Slug, "-", 63); err != nil {
		return err
	}
	if in.Bot && in.Channel != centrala.Chat {
		return centrala.InvalidField("bot", "The answer bot works in the chat widget only.")
	}
	return column.CheckName("name", in.Name, 100)
}

func (tx *Tx) saveInbox(in centrala.Inbox) (inboxRow, error) {
	old := inboxRow{}
	if in.ID != 0 {
		err := tx.Row(inboxColumns+` WHERE id = $1`+tx.w.db.dialect.ForUpdate("inbox"), []any{in.ID}, old.fields()...)
		if err != nil {
			return old, column.Missing(err, "inbox", in.ID.String())
		}
		if in.Channel != old.Channel {
			return old, centrala.InvalidField("channel", "The channel of an inbox stays what it was.")
		}
	}
	if in.Team != 0 {
		var n int
		if err := tx.Row(`SELECT count(*) FROM team WHERE id = $1`, []any{in.Team}, &n); err != nil {
			return old, fmt.Errorf("look for the team: %w", err)
		}
		if n == 0 {
			return old, centrala.InvalidField("team", "There is no team %s.", in.Team)
		}
	}
	kept, err := tx.w.db.secrets(old.secrets)
	if err != nil {
		return old, fmt.Errorf("secrets of the inbox %s: %w", in.Slug, err)
	}
	if in.Account == nil && in.Mailbox.Elsewhere(old.settings.Mailbox) {
		kept.Refresh = "" // what somebody consented to was another account or server
	}
	if was := old.settings.Account; was != nil && in.Account != nil && in.Account.Elsewhere(was) {
		kept.Token, kept.Refresh = "", "" // likewise
	}
	r := inboxRow{Inbox: in, settings: settings{in.Origins, in.JWKS, in.Mailbox, in.Account, in.Acknowledge, in.AckText, in.AckArticles, in.Bot}}
	if r.secrets, err = tx.w.db.keep(in, kept); err != nil {
		return old, err
	}
	if in.ID == 0 {
		r.ID = centrala.InboxID(tx.NewID())
		_, err = tx.Exec(`INSERT INTO inbox (id, slug, name, channel, side, team, enabled, address, settings, secrets)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			r.ID, in.Slug, in.Name, in.Channel, in.Side, in.Team, column.Flag(in.Enabled), r.address(), column.JSON(&r.settings), r.secrets)
	} else {
		_, err = tx.Exec(`UPDATE inbox SET slug = $2, name = $3, side = $4, team = $5, enabled = $6, address = $7, settings = $8, secrets = $9 WHERE id = $1`,
			r.ID, in.Slug, in.Name, in.Side, in.Team, column.Flag(in.Enabled), r.address(), column.JSON(&r.settings), r.secrets)
		if err == nil && !tx.w.db.sameSecrets(kept, r.secrets) { // what the old ones could not send need not wait for its next attempt
			_, err = tx.Exec(`UPDATE delivery SET next_at = $2 WHERE inbox = $1 AND state = 'queued' AND next_at > $2`, r.ID, column.Micros(tx.now))
		}
	}
	return r, column.Taken(wrap(err, "save the inbox"), "slug", "Another inbox has this slug.")
}

// keep seals the secrets of in over those that were kept before; nil when there are none.
func (db *DB) keep(in centrala.Inbox, kept secrets) ([]byte, error) {
	s := secrets{Identity: cmp.Or(in.Secret, kept.Identity)}
	if in.Mailbox != nil {
		s.IMAP, s.SMTP = cmp.Or(in.Mailbox.IMAPPassword, kept.IMAP), cmp.Or(in.Mailbox.SMTPPassword, kept.SMTP)
		s.Refresh, s.DKIM = cmp.Or(in.Mailbox.RefreshToken, kept.Refresh), cmp.Or(in.Mailbox.DKIMKey, kept.DKIM)
	}
	if a := in.Account; a != nil {
		s.Token, s.Refresh, s.AppSecret = cmp.Or(a.Token, kept.Token), cmp.Or(a.Refresh, kept.Refresh), cmp.Or(a.AppSecret, kept.AppSecret)
		s.HookSecret, s.ClientSecret = cmp.Or(a.HookSecret, kept.HookSecret), cmp.Or(a.ClientSecret, kept.ClientSecret)
	}
	if s == (secrets{}) {
		return nil, nil
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	return db.sealed(plain)
}

// sameSecrets reports whether sealed secrets are those that were kept.
func (db *DB) sameSecrets(kept secrets, sealed []byte) bool {
	is, err := db.secrets(sealed)
	return err == nil && is == kept
}

// RemoveInbox removes an inbox that nothing ever came in through, with what its vendor posted and
// how far it was read; Conflict otherwise: it is switched off instead.
func (db *DB) RemoveInbox(ctx context.Context, id centrala.InboxID) error {
	return db.write(ctx, func(tx *Tx) error {
		var used int
		err := tx.Row(`SELECT CASE WHEN EXISTS (SELECT 1 FROM conversation WHERE inbox = $1) THEN 1 ELSE 0 END`, []any{id}, &used)
		if err != nil {
			return fmt.Errorf("look for conversations: %w", err)
		}
		if used > 0 {
			return &centrala.Error{Code: centrala.Conflict, Field: "inbox", Message: "Conversations came in through this inbox. Switch it off instead."}
		}
		n, err := tx.Exec(`DELETE FROM inbox WHERE id = $1`, id)
		for _, q := range []string{`DELETE FROM lease WHERE inbox = $1`, `DELETE FROM mark WHERE inbox = $1`, `DELETE FROM early WHERE inbox = $1`, `DELETE FROM identity WHERE inbox = $1`, `DELETE FROM device WHERE inbox = $1`,
			`DELETE FROM hook_body WHERE hook IN (SELECT id FROM hook WHERE inbox = $1)`, `DELETE FROM hook_also WHERE hook IN (SELECT id FROM hook WHERE inbox = $1)`,
			`DELETE FROM hook WHERE inbox = $1`} {
			if err == nil {
				_, err = tx.Exec(q, id)
			}
		}
		if err == nil && n == 0 {
			err = errNone
		}
		return column.Missing(err, "inbox", id.String())
	})
}

// Unsent counts the deliveries of an inbox that are still to be sent.
func (db *DB) Unsent(ctx context.Context, id centrala.InboxID) (int, error) {
	n, err := column.One(ctx, db.ro, func(n *int) []any { return []any{n} },
		`SELECT count(*) FROM delivery WHERE inbox = $1 AND state IN ('queued', 'leased', 'handing_over')`, id)
	return n, wrap(err, "count what waits to be sent")
}

// errNone stands for the row that an UPDATE or DELETE did not meet.
var errNone = sql.ErrNoRows

// errNoSeal tells the operator what is missing.
var errNoSeal = errors.New("the database was opened without a key to seal secrets with")

// sealed encrypts what must not lie in the database as it is.
func (db *DB) sealed(plain []byte) ([]byte, error) {
	if db.seal == nil {
		return nil, errNoSeal
	}
	b, err := db.seal.Seal(plain)
	return b, wrap(err, "seal")
}

// unseal decrypts what sealed made.
func (db *DB) unseal(b []byte) ([]byte, error) {
	if db.seal == nil {
		return nil, errNoSeal
	}
	plain, err := db.seal.Open(b)
	return plain, wrap(err, "open what is sealed")
}

// secrets opens the sealed secrets of an inbox; none of them when there are none.
func (db *DB) secrets(b []byte) (secrets, error) {
	var s secrets
	if len(b) == 0 {
		return s, nil
	}
	plain, err := db.unseal(b)
	if err != nil {
		return s, err
	}
	return s, wrap(json.Unmarshal(plain, &s), "secrets")
}
