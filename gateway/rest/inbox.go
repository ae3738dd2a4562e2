package rest

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// Inboxes are the doors. An empty secret or password that is saved leaves the one that is kept.
type Inboxes interface {
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
	InboxBySlug(ctx context.Context, slug string) (centrala.Inbox, error)
	SaveInbox(ctx context.Context, in centrala.Inbox) (centrala.Inbox, error)
	RemoveInbox(ctx context.Context, id centrala.InboxID) error
}

func (s *server) inboxRoutes() {
	add(s, get("/v1/inboxes", "The doors, and how they are doing; what is behind them only to who may change it", auth.ReadHouse), s.listInboxes)
	add(s, post("/v1/inboxes", "A new door", auth.ManageInboxes).creates(), s.createInbox)
	add(s, patch("/v1/inboxes/{id}", "Change a door; passwords left out stay as they are", auth.ManageInboxes), s.patchInbox)
	add(s, remove("/v1/inboxes/{id}", "Remove a door that nobody came in by", auth.ManageInboxes), s.deleteInbox)
	add(s, post("/v1/inboxes/{id}/secret", "A new secret for signed identities; the old one is void at once", auth.ManageInboxes).once(), s.rotateSecret)
	add(s, post("/v1/inboxes/test", "Try a mailbox without saving it", auth.ManageInboxes).once(), s.testNew)
	add(s, post("/v1/inboxes/{id}/test", "Try a mailbox, with its kept passwords unless others are given", auth.ManageInboxes).once(), s.testKept)
}

// InboxState is how a door is doing.
type InboxState struct {
	OK           bool       `json:"ok"`
	Error        string     `json:"error,omitempty" doc:"Why not and what to do, in the language of Accept-Language or else of the agent."`
	LastOKAt     *time.Time `json:"last_ok_at,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Connected    int        `json:"connected,omitempty" doc:"Of a widget: sockets open now."`
}

// TestStep is one thing that a line test tried.
type TestStep struct {
	Name   string `json:"name" doc:"resolve, tls, login, folder, smtp_tls, smtp_login …"`
	State  string `json:"state" enum:"ok,warn,failed,skipped"`
	Detail string `json:"detail" doc:"What was found and what to do, in the language of Accept-Language or else of the agent; the server's words behind."`
	TookMS int64  `json:"took_ms"`
}

// Door is an inbox as it is shown: never with a secret.
type Door struct {
	ID      centrala.InboxID  `json:"id"`
	Slug    string            `json:"slug"`
	Name    string            `json:"name"`
	Channel centrala.Channel  `json:"channel"`
	Side    centrala.Side     `json:"side,omitempty"`
	Team    centrala.TeamID   `json:"team,omitzero"`
	Enabled bool              `json:"enabled"`
	Origins []string          `json:"origins,omitempty"`
	JWKS    string            `json:"jwks,omitempty"`
	Mailbox *centrala.Mailbox `json:"mailbox,omitempty"`
	State   InboxState        `json:"state"`
}

func (s *server) doorView(c caller, in centrala.Inbox) Door {
	d := Door{ID: in.ID, Slug: in.Slug, Name: in.Name, Channel: in.Channel, Side: in.Side, Team: in.Team, Enabled: in.Enabled, State: s.Lines(in, c.locale())}
	if auth.Can(c.Principal, auth.ManageInboxes) {
		d.Origins, d.JWKS, d.Mailbox = in.Origins, in.JWKS, in.Mailbox
	} else {
		d.State.Error = ""
	}
	return d
}

func (s *server) listInboxes(ctx context.Context, c caller, _ *nothing) (*answer[List[Door]], error) {
	inboxes, err := s.Store.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Door, len(inboxes))
	for i, in := range inboxes {
		out[i] = s.doorView(c, in)
	}
	return page(out, ""), nil
}

// inboxBody is what may be said of a door; what is left out stays as it is.
type inboxBody struct {
	Channel      centrala.Channel         `json:"channel,omitempty" enum:"chat,email,form"`
	Name         *string                  `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Slug         *string                  `json:"slug,omitempty" maxLength:"63"`
	Side         maybe[centrala.Side]     `json:"side,omitempty"`
	Team         maybe[centrala.TeamID]   `json:"team,omitempty"`
	Enabled      *bool                    `json:"enabled,omitempty"`
	Origins      *[]string                `json:"origins,omitempty" maxItems:"100"`
	JWKS         *string                  `json:"jwks,omitempty" maxLength:"1000"`
	Mailbox      maybe[*centrala.Mailbox] `json:"mailbox,omitempty"`
	IMAPPassword string                   `json:"imap_password,omitempty" maxLength:"1000"`
	SMTPPassword string                   `json:"smtp_password,omitempty" maxLength:"1000"`
}

// onto writes what was said over an inbox.
func (b *inboxBody) onto(in *centrala.Inbox) error {
	set(&in.Name, b.Name)
	set(&in.Slug, b.Slug)
	b.Side.into(&in.Side)
	b.Team.into(&in.Team)
	set(&in.Enabled, b.Enabled)
	set(&in.JWKS, b.JWKS)
	if b.Origins != nil {
		in.Origins = nil
		for _, o := range *b.Origins {
			origin, err := originOf(o)
			if err != nil {
				return err
			}
			in.Origins = append(in.Origins, origin)
		}
	}
	if b.Mailbox.set && b.Mailbox.v != nil {
		imap, smtp := "", ""
		if in.Mailbox != nil {
			imap, smtp = in.Mailbox.IMAPPassword, in.Mailbox.SMTPPassword
		}
		m := *b.Mailbox.v
		m.IMAPPassword, m.SMTPPassword = imap, smtp
		in.Mailbox = &m
	}
	if in.Mailbox != nil {
		if b.IMAPPassword != "" {
			in.Mailbox.IMAPPassword = b.IMAPPassword
		}
		if b.SMTPPassword != "" {
			in.Mailbox.SMTPPassword = b.SMTPPassword
		}
	}
	return checkDoor(in)
}

// originOf is the origin (RFC 6454) that a line of the allow-list names.
func originOf(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || strings.ContainsAny(u.Host, "*;, '\"") {
		return "", centrala.InvalidField("origins", "%.100q is not an origin such as https://shop.example.", s)
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

func checkDoor(in *centrala.Inbox) error {
	if err := side(in.Side); err != nil {
		return err
	}
	if !slices.Contains([]centrala.Channel{centrala.Chat, centrala.Email, centrala.Form}, in.Channel) {
		return centrala.InvalidField("channel", "A door is chat, email or form.")
	}
	if in.JWKS != "" {
		if u, err := url.Parse(in.JWKS); err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
			return centrala.InvalidField("jwks", "The address of the public keys begins with https://.")
		}
	}
	if in.Channel != centrala.Email {
		in.Mailbox = nil
		return nil
	}
	return checkMailbox(in.Mailbox)
}

func checkMailbox(m *centrala.Mailbox) error {
	if m == nil {
		return centrala.InvalidField("mailbox", "An e-mail inbox needs its mailbox.")
	}
	if !plausibleEmail(m.Address) {
		return centrala.InvalidField("mailbox.address", "%.80q is not an e-mail address.", m.Address)
	}
	if strings.ContainsAny(m.FromName, "\r\n") || strings.ContainsAny(m.Folder, "\r\n") {
		return centrala.InvalidField("mailbox.from_name", "A name is one line.")
	}
	if m.PollEvery != "" {
		if d, err := time.ParseDuration(m.PollEvery); err != nil || d < 10*time.Second {
			return centrala.InvalidField("mailbox.poll_every", "The time between two looks is 10s or more.")
		}
	}
	for name, v := range map[string]centrala.Server{"imap": m.IMAP, "smtp": m.SMTP} {
		switch {
		case v.Host == "" || strings.ContainsAny(v.Host, " /\r\n"):
			return centrala.InvalidField("mailbox."+name+".host", "The server's name is missing or malformed.")
		case v.Port < 1 || v.Port > 65535:
			return centrala.InvalidField("mailbox."+name+".port", "A port is 1 to 65535.")
		case v.TLS == "none" && v.Host != "localhost" && v.Host != "127.0.0.1" && v.Host != "::1":
			return centrala.InvalidField("mailbox."+name+".tls", "Without TLS only a server on this machine may be used.")
		case v.TLS != "tls" && v.TLS != "starttls" && v.TLS != "none":
			return centrala.InvalidField("mailbox."+name+".tls", "TLS is tls, starttls or, on this machine only, none.")
		}
	}
	return nil
}

type newInbox struct{ Body inboxBody }

func (s *server) createInbox(ctx context.Context, c caller, in *newInbox) (*answer[Door], error) {
	v := centrala.Inbox{Channel: in.Body.Channel, Enabled: true}
	if err := in.Body.onto(&v); err != nil {
		return nil, err
	}
	if v.Slug == "" {
		v.Slug = slugOf(v.Name)
	}
	return s.saveInbox(ctx, c, v, "inbox.created")
}

// slugOf makes an address of a name: its ASCII letters and digits, or a random one.
func slugOf(name string) string {
	slug := centrala.Slug(name, 40)
	if slug == "" {
		return "in-" + strings.ToLower(rand.Text()[:8])
	}
	return slug
}

func (s *server) saveInbox(ctx context.Context, c caller, in centrala.Inbox, action string) (*answer[Door], error) {
	v, err := s.Store.SaveInbox(ctx, in)
	if err != nil {
		return nil, err
	}
	return ok(s.doorView(c, v)), s.audited(ctx, c, action, v.ID.String(), v.Slug)
}

type inboxChange struct {
	ID   inboxRef `path:"id"`
	Body inboxBody
}

func (s *server) patchInbox(ctx context.Context, c caller, in *inboxChange) (*answer[Door], error) {
	v, err := s.Store.Inbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if in.Body.Channel != "" && in.Body.Channel != v.Channel {
		return nil, centrala.InvalidField("channel", "The channel of an inbox stays what it was.")
	}
	if movesPasswords(v.Mailbox, in.Body) {
		return nil, passwordStays()
	}
	if err := in.Body.onto(&v); err != nil {
		return nil, err
	}
	return s.saveInbox(ctx, c, v, "inbox.changed")
}

type inboxPath struct {
	ID inboxRef `path:"id"`
}

func (s *server) deleteInbox(ctx context.Context, c caller, in *inboxPath) (*nothing, error) {
	if err := s.Store.RemoveInbox(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "inbox.removed", in.ID.ID.String(), "")
}

// NewSecret is a secret that is shown this once.
type NewSecret struct {
	Secret string `json:"secret"`
}

type inboxAct struct {
	ID   inboxRef `path:"id"`
	Body *struct{}
}

func (s *server) rotateSecret(ctx context.Context, c caller, in *inboxAct) (*answer[NewSecret], error) {
	v, err := s.Store.Inbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if v.Channel != centrala.Chat {
		return nil, centrala.Errorf(centrala.Invalid, "Only a widget takes signed identities.")
	}
	v.Secret = rand.Text() + rand.Text()
	if _, err := s.Store.SaveInbox(ctx, v); err != nil {
		return nil, err
	}
	return ok(NewSecret{v.Secret}), s.audited(ctx, c, "inbox.secret", v.ID.String(), v.Slug)
}

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
	if movesPasswords(v.Mailbox, in.Body) {
		return nil, passwordStays()
	}
	return s.test(ctx, c, v, in.Body)
}

func passwordStays() error {
	return centrala.InvalidField("imap_password", "A kept password is only used with the server and user that it is for: give it once more.")
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
	if err := b.onto(&v); err != nil {
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
