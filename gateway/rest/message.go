package rest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// Timeline is what was said. A customer's scope gets hidden entries as placeholders.
type Timeline interface {
	Messages(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, p centrala.Page) (msgs []centrala.Message, more bool, err error)
	Message(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, seq int64) (m centrala.Message, full, html string, err error)
	Earlier(ctx context.Context, m centrala.Message) ([]string, error)
	Append(ctx context.Context, p centrala.Post) (centrala.Receipt, error)
	Tail(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error)
	AttachmentsOf(ctx context.Context, event centrala.EventID) ([]centrala.Attachment, error)
}

// messageOperation has its own idempotency: the key is the message's.
const messageOperation = "post-conversations-id-messages"

func (s *server) messageRoutes() {
	read := []auth.Action{auth.ReadConversations, auth.OwnTalk}
	add(s, get("/v1/conversations/{id}/messages", "A part of the timeline, ascending", read...), s.listMessages)
	add(s, post("/v1/conversations/{id}/messages", "Say something", auth.WriteConversations, auth.OwnTalk).creates(), s.postMessage)
	add(s, get("/v1/conversations/{id}/messages/{seq}", "One message whole", read...), s.getMessage)
	add(s, get("/v1/conversations/{id}/messages/{seq}/html", "The HTML of a mail, for a sandbox", read...).with(asType("text/html")), s.messageHTML)
	add(s, get("/v1/conversations/{id}/transcript", "Everything public, as text", read...).with(asType("text/plain")), s.transcript)
}

type timelineQuery struct {
	ID     conversationRef `path:"id"`
	Before int64           `query:"before" minimum:"1"`
	After  int64           `query:"after" minimum:"0"`
	Limit  int             `query:"limit" minimum:"1" maximum:"100" doc:"50 unless told otherwise."`
	Cursor placeInTime     `query:"cursor" doc:"A page's next: goes on in its direction."`
}

// placeInTime is where a page of a timeline goes on: "a" and the seq after which, or "b" and
// that before which.
type placeInTime struct {
	forward bool
	seq     int64
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *placeInTime) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := strconv.ParseInt(string(b[1:]), 10, 64)
	if err != nil || n < 1 || b[0] != 'a' && b[0] != 'b' {
		return centrala.InvalidField("cursor", "This is no cursor of a timeline.")
	}
	*p = placeInTime{b[0] == 'a', n}
	return nil
}

// Entries is a part of a timeline. More tells that there is more in the direction asked for,
// and Next is the cursor of that.
type Entries struct {
	Items []Entry `json:"items"`
	Next  *string `json:"next"`
	More  bool    `json:"more"`
}

func (s *server) listMessages(ctx context.Context, c caller, in *timelineQuery) (*answer[Entries], error) {
	forward := c.r.URL.Query().Has("after")
	if at := in.Cursor; at.seq != 0 {
		if forward = at.forward; forward {
			in.After, in.Before = at.seq, 0
		} else {
			in.After, in.Before = 0, at.seq
		}
	}
	limit := cmp.Or(in.Limit, 50)
	if !forward {
		msgs, more, err := s.Store.Messages(ctx, c.Scope, in.ID.ID, centrala.Page{Before: in.Before, Limit: limit})
		if err != nil {
			return nil, err
		}
		return ok(s.part(c, msgs, more, forward)), nil
	}
	msgs, _, err := s.Store.Tail(ctx, c.Scope, in.ID.ID, in.After, limit+1)
	if err != nil {
		return nil, err
	}
	return ok(s.part(c, msgs[:min(limit, len(msgs))], len(msgs) > limit, forward)), nil
}

// part is a page of a timeline that was read forward or back.
func (s *server) part(c caller, msgs []centrala.Message, more, forward bool) Entries {
	out := Entries{Items: s.entries(c, msgs), More: more}
	if more && len(msgs) > 0 {
		next := fmt.Sprint("b", msgs[0].Seq)
		if forward {
			next = fmt.Sprint("a", msgs[len(msgs)-1].Seq)
		}
		out.Next = &next
	}
	return out
}

type postInput struct {
	ID   conversationRef `path:"id"`
	Key  string          `header:"Idempotency-Key" doc:"The message's key, 1 to 64 bytes, unique for its sender; the same key gives the first answer again."`
	Body struct {
		Text        string                  `json:"text"`
		Attachments []centrala.AttachmentID `json:"attachments,omitempty" doc:"Own uploads that no message has taken yet."`
		Note        bool                    `json:"note,omitempty" doc:"For the team only."`
		Mentions    []centrala.AgentID      `json:"mentions,omitempty" doc:"Of a note: colleagues who are to see the conversation from now on; at most 20."`
		Claim       *bool                   `json:"claim,omitempty" doc:"Whether an answer takes a conversation that nobody has: true for agents unless told otherwise."`
		Via         centrala.Channel        `json:"via,omitempty" enum:"email,messenger" doc:"Another way out than the conversation's own: by mail, or, to a comment, in private."`
		Answers     int64                   `json:"answers,omitempty" minimum:"0" doc:"The seq of the message that it answers in particular."`
		Template    *centrala.Template      `json:"template,omitempty" doc:"Of WhatsApp: what is sent instead of the text, which says how it reads."`
	}
}

// key is the request's own idempotency key, or one that nothing else has.
func (c caller) key() string {
	if k := c.r.Header.Get(idempotencyHeader); k != "" {
		return k
	}
	return "r-" + rand.Text()
}

func (s *server) postMessage(ctx context.Context, c caller, in *postInput) (*answer[centrala.Receipt], error) {
	b := in.Body
	p := centrala.Post{Sender: c.ID, Key: c.key(), Author: c.Author(), Conversation: in.ID.ID, Scope: c.Scope, Text: b.Text,
		Attachments: b.Attachments, Mentions: b.Mentions, Via: b.Via, Answers: b.Answers, Template: b.Template}
	switch c.Kind {
	case auth.Visitor:
		if b.Note {
			return nil, &centrala.Error{Code: centrala.Forbidden, Field: "note", Message: "Notes are the team's."}
		}
		contact := auth.ContactOf(*c.Visitor)
		p.Contact, p.Inbox, p.Channel = &contact, c.Visitor.Inbox, centrala.Chat
	case auth.Agent:
		p.Agent, p.Note, p.Reason = c.Agent.ID, b.Note, because(c, "wzięcie przez odpowiedź", "claimed by answering")
		p.NoClaim = c.Role() != centrala.RoleAgent
		if b.Claim != nil {
			p.NoClaim = !*b.Claim
		}
	default:
		p.Note, p.NoClaim = b.Note, true
	}
	r, err := s.Store.Append(ctx, p)
	r.At = r.At.UTC().Truncate(time.Microsecond) // as the log keeps it: the first answer and a repeated one are the same
	return ok(r), err
}

type messagePath struct {
	ID  conversationRef `path:"id"`
	Seq number          `path:"seq"`
}

// WholeMessage is an entry with everything that a timeline leaves out.
type WholeMessage struct {
	Entry
	FullText string `json:"full_text,omitempty" doc:"When it is more than text."`
	HTML     string `json:"html,omitempty" doc:"Sanitised; to be shown in a sandbox only."`

	Earlier []string `json:"earlier,omitempty" doc:"To the team: what it said before it was edited, the first first."`
}

func (s *server) getMessage(ctx context.Context, c caller, in *messagePath) (*answer[WholeMessage], error) {
	m, full, html, err := s.Store.Message(ctx, c.Scope, in.ID.ID, in.Seq.N)
	if err != nil {
		return nil, err
	}
	w := WholeMessage{Entry: s.entry(c, m), HTML: html}
	if w.Text, w.Cut = &m.Text, false; full != m.Text {
		w.FullText = full
	}
	if m.Edited && !c.Scope.Customer() {
		if w.Earlier, err = s.Store.Earlier(ctx, m); err != nil {
			return nil, err
		}
	}
	if html != "" {
		files, err := s.Store.AttachmentsOf(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		w.HTML = s.inert(c, s.Clean(html, m.Policy), files, false)
	}
	return ok(w), nil
}

type text struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// maxTranscript is the highest seq that a transcript begins a page at.
const maxTranscript = 5000

func (s *server) transcript(ctx context.Context, c caller, in *conversationPath) (*text, error) {
	v, err := s.Store.Conversation(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#%d", v.Number)
	if v.Subject != "" {
		fmt.Fprintf(&b, "  %s", v.Subject)
	}
	b.WriteString("\n\n")
	for after := int64(0); after < maxTranscript; {
		msgs, _, err := s.Store.Tail(ctx, c.Scope, v.ID, after, 200)
		if err != nil {
			return nil, err
		}
		for _, m := range msgs {
			if m.Hidden() || m.System != nil || m.Change != nil {
				continue
			}
			if err := s.transcribe(ctx, c, &b, m); err != nil {
				return nil, err
			}
		}
		if len(msgs) == 0 {
			break
		}
		after = msgs[len(msgs)-1].Seq
	}
	return &text{Type: "text/plain; charset=utf-8", Disposition: fmt.Sprintf(`inline; filename="centrala-%d.txt"`, v.Number), Body: []byte(b.String())}, nil
}

// transcribe writes one message with its whole text.
func (s *server) transcribe(ctx context.Context, c caller, b *strings.Builder, m centrala.Message) error {
	words := m.Text
	if m.HasMore {
		_, full, _, err := s.Store.Message(ctx, c.Scope, m.Conversation, m.Seq)
		if err != nil {
			return err
		}
		words = full
	}
	name := m.Author.Name
	if name == "" {
		name = string(m.Author.Kind)
	}
	fmt.Fprintf(b, "[%s] %s:\n%s\n", m.At.UTC().Format(time.RFC3339), name, words)
	for _, f := range m.Attachments {
		fmt.Fprintf(b, "  + %s (%s, %d B)\n", f.Name, f.Type, f.Size)
	}
	b.WriteString("\n")
	return nil
}

type htmlQuery struct {
	ID     conversationRef `path:"id"`
	Seq    number          `path:"seq"`
	Images bool            `query:"images" doc:"Show remote images too; the server fetches them."`
}

type document struct {
	Type     string `header:"Content-Type"`
	Policy   string `header:"Content-Security-Policy"`
	Resource string `header:"Cross-Origin-Resource-Policy"`
	Body     []byte
}

// messageHTML is a document of its own that may do nothing: no scripts, no forms, no remote
// content unless asked for, its links open elsewhere.
func (s *server) messageHTML(ctx context.Context, c caller, in *htmlQuery) (*document, error) {
	m, _, html, err := s.Store.Message(ctx, c.Scope, in.ID.ID, in.Seq.N)
	if err != nil {
		return nil, err
	}
	if html == "" {
		return nil, centrala.Errorf(centrala.NotFound, "This message has no HTML.")
	}
	files, err := s.Store.AttachmentsOf(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if s.Site.Secure(c.r) {
		scheme = "https"
	}
	images := "'self'"
	if plainHost(c.r.Host) { // a sandbox has an origin of its own: some browsers do not take 'self' for ours
		images += " " + scheme + "://" + c.r.Host
	}
	doc := `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style>` + documentStyle + `</style></head><body>` +
		s.inert(c, s.Clean(html, m.Policy), files, in.Images) + `</body></html>`
	return &document{
		Type: "text/html; charset=utf-8", Resource: "same-origin", Body: []byte(doc),
		Policy: "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src " + images +
			"; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
	}, nil
}

// documentStyle is how a mail's document looks: nothing in it is wider than its frame.
const documentStyle = `body{font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}` +
	`.blocked{display:inline-block;padding:2px 8px;border:1px dashed #8a938f;border-radius:4px;color:#5c6662;font-size:12px}`

// plainHost reports whether a Host header may stand in a policy (RFC 9110, section 7.2).
func plainHost(host string) bool {
	return host != "" && !strings.ContainsAny(host, " ;,'\"\t\r\n")
}
