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
	add(s, post("/v1/inboxes", "A new door", auth.ManageInboxes).creates().once(), s.createInbox)
	add(s, patch("/v1/inboxes/{id}", "Change a door; passwords left out stay as they are", auth.ManageInboxes), s.patchInbox)
	add(s, remove("/v1/inboxes/{id}", "Remove a door that nobody came in by", auth.ManageInboxes), s.deleteInbox)
	add(s, post("/v1/inboxes/{id}/secret", "A new secret: for signed identities, where the old one is void at once; or of what a social channel posts, where the old one stays valid until the next", auth.ManageInboxes).once(), s.rotateSecret)
	add(s, get("/v1/inboxes/{id}/templates", "Messages that the vendor has approved for this inbox", auth.ReadHouse), s.listTemplates)
	add(s, post("/v1/inboxes/{id}/connect", "Sign a mailbox in with Google or Microsoft: the address of their page, which sends the browser back to /oauth/callback", auth.ManageInboxes).once(), s.connect)
	s.deviceRoutes()
	add(s, post("/v1/inboxes/test", "Try a line without saving it", auth.ManageInboxes).once(), s.testNew)
	add(s, post("/v1/inboxes/{id}/test", "Try a line, with its kept passwords and secrets unless others are given", auth.ManageInboxes).once(), s.testKept)
}

// InboxState is how a door is doing.
type InboxState struct {
	OK           bool       `json:"ok"`
	Error        string     `json:"error,omitempty" doc:"Why not and what to do, in the language of Accept-Language or else of the agent."`
	LastOKAt     *time.Time `json:"last_ok_at,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Connected    int        `json:"connected,omitempty" doc:"Of a widget: sockets open now."`
	Code         string     `json:"code,omitempty" doc:"Why not, for programs: imap.login, imap.folder, smtp.certificate, oauth.withdrawn …"`
	Warning      string     `json:"warning,omitempty" doc:"What does not work although the door does, such as mails that could not be moved or copied."`
	Watch        string     `json:"watch,omitempty" enum:"idle,poll" doc:"Of a mailbox: whether its server tells of new mail (idle) or is looked into (poll)."`
	Behind       int        `json:"behind,omitempty" doc:"What is there and not taken into the log yet."`
	LagS         int64      `json:"lag_s,omitempty" doc:"Age of the oldest of those, in seconds."`
	ExpiresAt    *time.Time `json:"expires_at,omitempty" doc:"End of the access token of a mailbox that signs in with a provider, or of a social account."`
	RenewsAt     *time.Time `json:"renews_at,omitempty" doc:"When that token is renewed by itself."`
	ExpiresSoon  bool       `json:"expires_soon,omitempty" doc:"The token ends within 7 days, and nobody but a person can renew it."`
	DelayMS      int64      `json:"delay_ms,omitempty" doc:"How long the last of what came took until it was in the log."`
	LimitedUntil *time.Time `json:"limited_until,omitempty" doc:"The vendor wants nothing from us until then."`
	Queued       int        `json:"queued,omitempty" doc:"Answers that wait to be sent; they are kept however long the line is cut off."`
}

// TestStep is one thing that a line test tried.
type TestStep struct {
	Name   string `json:"name" doc:"resolve, tls, login, folder, smtp_tls, smtp_login …"`
	State  string `json:"state" enum:"ok,warn,failed,skipped"`
	Detail string `json:"detail" doc:"What was found and what to do, in the language of Accept-Language or else of the agent; the server's words behind."`
	TookMS int64  `json:"took_ms"`

	Folders []string `json:"folders,omitempty" doc:"Of the mailbox, to choose from."`
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

	Acknowledge bool              `json:"acknowledge,omitempty"`
	AckText     map[string]string `json:"ack_text,omitempty"`
	AckArticles bool              `json:"ack_articles,omitempty" doc:"Outside hours the acknowledgement names articles that surely answer."`
	Bot         bool              `json:"bot,omitempty" doc:"Of a widget: the answer bot may offer a passage of the Help Centre while a person is called."`
	Signed      bool              `json:"signed_in,omitempty" doc:"Somebody has signed this mailbox in with its provider."`
	DKIM        *DNSRecord        `json:"dkim,omitempty" doc:"What the domain has to publish for the kept key."`

	Account    *centrala.Account `json:"account,omitempty" doc:"Of a social channel."`
	HookURL    string            `json:"hook_url,omitempty" doc:"Where the vendor posts to."`
	Reachable  *bool             `json:"reachable,omitempty" doc:"Of a social channel: whether vendors can post to this server, by its configured address."`
	HookSecret string            `json:"hook_secret,omitempty" doc:"Only in the answer to its creation: the verify token, the secret header or the key of signatures, by channel."`
}

// DNSRecord is a TXT record to publish.
type DNSRecord struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *server) doorView(ctx context.Context, c caller, in centrala.Inbox) Door {
	d := Door{ID: in.ID, Slug: in.Slug, Name: in.Name, Channel: in.Channel, Side: in.Side, Team: in.Team, Enabled: in.Enabled, State: s.Lines(ctx, in, c.locale())}
	if auth.Can(c.Principal, auth.ManageInboxes) {
		d.Origins, d.JWKS, d.Mailbox = in.Origins, in.JWKS, in.Mailbox
		d.Acknowledge, d.AckText, d.AckArticles, d.Bot = in.Acknowledge, in.AckText, in.AckArticles, in.Bot
		if in.Mailbox != nil {
			d.Signed = in.Mailbox.RefreshToken != ""
			if name, value, err := in.Mailbox.DKIMRecord(); err == nil && name != "" {
				d.DKIM = &DNSRecord{name, value}
			}
		}
		if d.Account = in.Account; in.Account != nil {
			reachable := Reachable(s.Site.Base)
			d.HookURL, d.Reachable = s.hookURL(in), &reachable
		}
	} else {
		d.State.Error, d.State.Warning = "", ""
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
		out[i] = s.doorView(ctx, c, in)
	}
	return page(out, ""), nil
}

// inboxBody is what may be said of a door; what is left out stays as it is.
type inboxBody struct {
	Channel      centrala.Channel         `json:"channel,omitempty" enum:"chat,email,form,messenger,instagram,whatsapp,telegram,allegro,webhook"`
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
	DKIMKey      string                   `json:"dkim_key,omitempty" maxLength:"8000" doc:"PEM of the private key that answers are signed with."`
	Acknowledge  *bool                    `json:"acknowledge,omitempty"`
	AckText      *map[string]string       `json:"ack_text,omitempty" maxProperties:"8"`
	AckArticles  *bool                    `json:"ack_articles,omitempty"`
	Bot          *bool                    `json:"bot,omitempty" doc:"Of a widget: whether the answer bot may speak."`
	accountBody
}

// onto writes what was said over an inbox. reachable tells that vendors can post to this server.
func (b *inboxBody) onto(in *centrala.Inbox, reachable bool) error {
	set(&in.Name, b.Name)
	set(&in.Slug, b.Slug)
	b.Side.into(&in.Side)
	b.Team.into(&in.Team)
	set(&in.Enabled, b.Enabled)
	set(&in.JWKS, b.JWKS)
	set(&in.Acknowledge, b.Acknowledge)
	set(&in.AckText, b.AckText)
	set(&in.AckArticles, b.AckArticles)
	set(&in.Bot, b.Bot)
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
	b.mailbox(in)
	b.accountBody.onto(in, reachable)
	return checkDoor(in, reachable)
}

// mailbox writes what was said over the mailbox of an inbox.
func (b *inboxBody) mailbox(in *centrala.Inbox) {
	if b.Mailbox.set && b.Mailbox.v != nil {
		var kept centrala.Mailbox
		if in.Mailbox != nil {
			kept = *in.Mailbox
		}
		m := *b.Mailbox.v
		m.IMAPPassword, m.SMTPPassword, m.RefreshToken, m.DKIMKey = kept.IMAPPassword, kept.SMTPPassword, kept.RefreshToken, kept.DKIMKey
		if m.Elsewhere(&kept) {
			m.RefreshToken = ""
		}
		in.Mailbox = &m
	}
	if in.Mailbox != nil {
		if b.IMAPPassword != "" {
			in.Mailbox.IMAPPassword = b.IMAPPassword
		}
		if b.SMTPPassword != "" {
			in.Mailbox.SMTPPassword = b.SMTPPassword
		}
		if b.DKIMKey != "" {
			in.Mailbox.DKIMKey = b.DKIMKey
		}
	}
}

// originOf is the origin (RFC 6454) that a line of the allow-list names.
func originOf(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || strings.ContainsAny(u.Host, "*;, '\"") {
		return "", centrala.InvalidField("origins", "%.100q is not an origin such as https://shop.example.", s)
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

func checkDoor(in *centrala.Inbox, reachable bool) error {
	if err := side(in.Side); err != nil {
		return err
	}
	if !slices.Contains([]centrala.Channel{centrala.Chat, centrala.Email, centrala.Form}, in.Channel) && (!in.Channel.Social() || in.Channel == centrala.Facebook) {
		return centrala.InvalidField("channel", "A door is chat, email, form, messenger, instagram, whatsapp, telegram, allegro or webhook.")
	}
	if in.JWKS != "" {
		if u, err := url.Parse(in.JWKS); err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
			return centrala.InvalidField("jwks", "The address of the public keys begins with https://.")
		}
	}
	if in.Channel != centrala.Email {
		in.Mailbox = nil
	}
	if !in.Channel.Social() {
		in.Account = nil
	}
	switch {
	case in.Channel == centrala.Email:
		return checkMailbox(in.Mailbox)
	case in.Channel.Social():
		return checkAccount(in, reachable)
	}
	return nil
}

type newInbox struct{ Body inboxBody }

func (s *server) createInbox(ctx context.Context, c caller, in *newInbox) (*answer[Door], error) {
	v := centrala.Inbox{Channel: in.Body.Channel, Enabled: true}
	if err := in.Body.onto(&v, Reachable(s.Site.Base)); err != nil {
		return nil, err
	}
	if v.Slug == "" {
		v.Slug = slugOf(v.Name)
	}
	secret := ""
	if v.Account != nil && postedTo(v.Channel) {
		secret = renewHookSecret(v.Account)
	}
	out, err := s.saveInbox(ctx, c, v, "inbox.created", in.Body)
	if err == nil {
		out.Body.HookSecret = secret
	}
	return out, err
}

// slugOf makes an address of a name: its ASCII letters and digits, or a random one.
func slugOf(name string) string {
	slug := centrala.Slug(name, 40)
	if slug == "" {
		return "in-" + strings.ToLower(rand.Text()[:8])
	}
	return slug
}

// saveInbox saves what b made of an inbox. The audit log has the names of the secrets that were
// set, and none of them.
func (s *server) saveInbox(ctx context.Context, c caller, in centrala.Inbox, action string, b inboxBody) (*answer[Door], error) {
	v, err := s.Store.SaveInbox(ctx, b.given(in))
	if err != nil {
		return nil, err
	}
	detail := v.Slug
	if set := b.secrets(); len(set) > 0 {
		detail += ": " + strings.Join(set, ", ")
	}
	return ok(s.doorView(ctx, c, v)), s.audited(ctx, c, action, v.ID.String(), detail)
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
	if err := movesAny(v, in.Body); err != nil {
		return nil, err
	}
	if err := in.Body.onto(&v, Reachable(s.Site.Base)); err != nil {
		return nil, err
	}
	return s.saveInbox(ctx, c, v, "inbox.changed", in.Body)
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
	var secret string
	switch {
	case v.Channel == centrala.Chat:
		secret = rand.Text() + rand.Text()
		v.Secret = secret
	case postedTo(v.Channel) && v.Account != nil:
		secret = renewHookSecret(v.Account)
		v = (&accountBody{}).given(v)
	default:
		return nil, centrala.Errorf(centrala.Invalid, "Only a widget and a channel that is posted to have a secret.")
	}
	if _, err := s.Store.SaveInbox(ctx, v); err != nil {
		return nil, err
	}
	return ok(NewSecret{secret}), s.audited(ctx, c, "inbox.secret", v.ID.String(), v.Slug)
}
