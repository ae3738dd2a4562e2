package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"gocloud.dev/gcerrors"
	"golang.org/x/net/html/charset"

	"centrala"
	"centrala/auth"
)

// Book is the book of fetched mail: every mail that was fetched has an entry in it.
type Book interface {
	Entries(ctx context.Context, scope centrala.Scope, f centrala.EntryFilter) (items []centrala.Entry, next string, err error)
	EntryTally(ctx context.Context, scope centrala.Scope, f centrala.EntryFilter) (map[centrala.Outcome]int, error)
	Entry(ctx context.Context, scope centrala.Scope, id centrala.EntryID) (centrala.Entry, error)
	Acquainted(ctx context.Context, scope centrala.Scope, e centrala.Entry, in centrala.Inbound) (centrala.Acquaintance, error)
	Decide(ctx context.Context, scope centrala.Scope, id centrala.EntryID, d centrala.Decision) (e centrala.Entry, dropped []string, err error)
}

// Reader reads the stored mail of an entry again with the parser of today. explained is the
// reading as centrala explain tells it; with keep the mail's files are put into the blob store.
type Reader interface {
	Reread(ctx context.Context, inbox centrala.Inbox, e centrala.Entry, keep bool) (in centrala.Inbound, explained any, err error)
}

// Limits of what is looked at for a page: how much of a raw mail is shown, and the largest mail that
// is read again only to tell what it answers.
const (
	maxRawShown = 64 << 10
	maxGlance   = 5 << 20
)

func (s *server) mailRoutes() {
	add(s, get("/v1/mail", "The book of fetched mail, the newest first, with how many ended how", auth.ReadMail), s.listMail)
	add(s, get("/v1/mail.csv", "The same as a table", auth.ReadMail).with(asType("text/csv")), s.mailCSV)
	add(s, get("/v1/mail/{id}", "One entry, with what is known about its sender", auth.ReadMail), s.getMail)
	add(s, get("/v1/mail/{id}/raw", "The mail as it came", auth.ReadMail).with(asType("message/rfc822")), s.rawMail)
	add(s, get("/v1/mail/{id}/headers", "The mail's header, readable, and the beginning of the whole", auth.ReadMail), s.mailHeaders)
	add(s, post("/v1/mail/{id}/release", "Into the log, whatever its outcome was", auth.DecideMail), s.releaseMail)
	add(s, post("/v1/mail/{id}/spam", "To the spam, with its conversation", auth.DecideMail), s.spamMail)
	add(s, post("/v1/mail/{id}/reread", "Read it with the parser of today: look first, then apply", auth.DecideMail), s.rereadMail)
}

type mailQuery struct {
	Q            string           `query:"q" maxLength:"200" doc:"Parts of words of sender, subject, Message-ID and reason, with Polish letters or without; a conversation's number."`
	Inbox        inboxWish        `query:"inbox"`
	Outcome      centrala.Outcome `query:"outcome" enum:"ingested,automatic,spam,duplicate,bounce,oversize,quarantined"`
	From         time.Time        `query:"from" doc:"Fetched at or after."`
	Before       time.Time        `query:"before" doc:"Fetched before."`
	Conversation talkWish         `query:"conversation" doc:"With seq: the entry of this message."`
	Seq          int64            `query:"seq" minimum:"0"`
	Cursor       string           `query:"cursor" maxLength:"60"`
	Limit        int              `query:"limit" minimum:"1" maximum:"200"`
}

func (q *mailQuery) filter() centrala.EntryFilter {
	return centrala.EntryFilter{Inbox: q.Inbox.ID, Outcome: q.Outcome, From: q.From, Before: q.Before, Text: q.Q, Cursor: q.Cursor, Limit: q.Limit,
		Conversation: q.Conversation.ID, Seq: q.Seq}
}

// MailLine is an entry as the book lists it.
type MailLine struct{ centrala.Entry }

// MailPage is a page of the book. Tally counts what the same filters let through, whatever
// outcome was asked for: their sum is what was fetched.
type MailPage struct {
	List[MailLine]
	Tally map[centrala.Outcome]int `json:"tally"`
}

func (s *server) listMail(ctx context.Context, c caller, q *mailQuery) (*answer[MailPage], error) {
	items, next, err := s.Store.Entries(ctx, c.Scope, q.filter())
	if err != nil {
		return nil, err
	}
	tally, err := s.Store.EntryTally(ctx, c.Scope, q.filter())
	if err != nil {
		return nil, err
	}
	for _, o := range centrala.Outcomes() {
		tally[o] += 0
	}
	lines := make([]MailLine, len(items))
	for i, e := range items {
		lines[i] = MailLine{e}
	}
	return ok(MailPage{page(lines, next).Body, tally}), nil
}

// mailCSV is the book as a table.
func (s *server) mailCSV(ctx context.Context, c caller, q *mailQuery) (*text, error) {
	f := q.filter()
	f.Limit = 200
	return bookTable("mail",
		[][]string{{"from", cellTime(q.From)}, {"before", cellTime(q.Before)}, {"at", cellTime(s.Now())}, {"inbox", q.Inbox.ID.String()}, {"outcome", string(q.Outcome)}, {"q", q.Q}},
		[]string{"id", "fetched_at", "written_at", "inbox", "folder", "uid", "outcome", "code", "reason", "sender", "name", "recipient", "subject", "message_id", "size", "conversation"},
		func(cursor string) ([]centrala.Entry, string, error) {
			f.Cursor = cursor
			return s.Store.Entries(ctx, c.Scope, f)
		},
		func(e centrala.Entry) []string {
			return []string{e.ID.String(), cellTime(e.At), cellTime(e.Written), e.Inbox.String(), e.Folder, strconv.FormatUint(uint64(e.UID), 10), string(e.Outcome),
				e.Cause.Code, e.Reason, e.From.Address, e.From.Name, e.To, e.Subject, e.MessageID, strconv.FormatInt(e.Size, 10), cellNumber(e.Number)}
		})
}

type mailPath struct {
	ID entryRef `path:"id"`
}

// MailEntry is an entry with what the log knows about its sender.
type MailEntry struct {
	centrala.Entry
	Sender centrala.Acquaintance `json:"sender"`
}

func (s *server) getMail(ctx context.Context, c caller, in *mailPath) (*answer[MailEntry], error) {
	e, err := s.Store.Entry(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return s.mailEntry(ctx, c, e)
}

// mailEntry reads a mail that is in no conversation again, if that costs little, to tell where
// it would belong.
func (s *server) mailEntry(ctx context.Context, c caller, e centrala.Entry) (*answer[MailEntry], error) {
	var again centrala.Inbound
	if e.HasRaw && e.Seq == 0 && e.Size < maxGlance && s.Mail != nil {
		var err error
		if again, _, err = s.reread(ctx, e, false); err != nil && centrala.CodeOf(err) != centrala.NotFound {
			return nil, err
		}
	}
	sender, err := s.Store.Acquainted(ctx, c.Scope, e, again)
	return ok(MailEntry{e, sender}), err
}

func (s *server) reread(ctx context.Context, e centrala.Entry, keep bool) (in centrala.Inbound, explained any, err error) {
	if !e.HasRaw || s.Mail == nil {
		return in, nil, &centrala.Error{Code: centrala.Conflict, Field: "raw", Message: "The raw mail is not there."}
	}
	inbox, err := s.Store.Inbox(ctx, e.Inbox)
	if err != nil {
		return in, nil, err
	}
	in, explained, err = s.Mail.Reread(ctx, inbox, e, keep)
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = &centrala.Error{Code: centrala.NotFound, Field: "raw", Message: "The raw mail is gone.", Err: err}
	}
	return in, explained, err
}

// raw opens the raw mail of an entry.
func (s *server) raw(ctx context.Context, c caller, id centrala.EntryID) (centrala.Entry, io.ReadSeekCloser, error) {
	e, err := s.Store.Entry(ctx, c.Scope, id)
	if err != nil {
		return e, nil, err
	}
	gone := &centrala.Error{Code: centrala.NotFound, Field: "raw", Message: "The raw mail is not there."}
	if !e.HasRaw {
		return e, nil, gone
	}
	r, err := s.Blobs.NewReader(ctx, e.Raw, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return e, nil, gone
	}
	if err != nil {
		return e, nil, fmt.Errorf("read the raw mail of %s: %w", e.ID, err)
	}
	return e, r, nil
}

func (s *server) rawMail(ctx context.Context, c caller, in *mailPath) (*file, error) {
	e, r, err := s.raw(ctx, c, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return &file{func(huma.Context) {
		defer r.Close() // read-only
		h := c.w.Header()
		h.Set("Content-Type", "message/rfc822")
		h.Set("Content-Disposition", `attachment; filename="`+e.ID.String()+`.eml"`)
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		http.ServeContent(c.w, c.r, "", time.Time{}, r)
	}}, nil
}

// MailHeaders is a mail for people who want to see why it was read as it was.
type MailHeaders struct {
	Headers []MailHeader `json:"headers" doc:"In their order, with what is encoded in them decoded."`
	Text    string       `json:"text" doc:"The beginning of the mail as it came; what is no UTF-8 is a mark."`
	Cut     bool         `json:"cut" doc:"Whether the mail is longer."`
}

// MailHeader is one header of a mail.
type MailHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *server) mailHeaders(ctx context.Context, c caller, in *mailPath) (*answer[MailHeaders], error) {
	_, r, err := s.raw(ctx, c, in.ID.ID)
	if err != nil {
		return nil, err
	}
	defer r.Close() // read-only
	b := make([]byte, maxRawShown+1)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read the raw mail: %w", err)
	}
	v := MailHeaders{Headers: headersOf(b[:min(n, maxRawShown)]), Cut: n > maxRawShown}
	v.Text = strings.ReplaceAll(strings.ToValidUTF8(string(b[:min(n, maxRawShown)]), "\ufffd"), "\r\n", "\n")
	return ok(v), nil
}

// headersOf reads a header as far as it is one.
func headersOf(b []byte) []MailHeader {
	words := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	list := []MailHeader{}
	for line := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n") {
		if line == "" {
			break
		}
		if n := len(list); n > 0 && (line[0] == ' ' || line[0] == '\t') {
			list[n-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || strings.ContainsAny(name, " \t") {
			continue // the line of an mbox, or no header at all
		}
		list = append(list, MailHeader{name, strings.TrimSpace(value)})
	}
	for i, h := range list {
		if !utf8.ValidString(h.Value) {
			h.Value = strings.ToValidUTF8(h.Value, "\ufffd")
		}
		if d, err := words.DecodeHeader(h.Value); err == nil {
			h.Value = d
		}
		list[i].Name, list[i].Value = strings.ToValidUTF8(h.Name, "\ufffd"), h.Value
	}
	return list
}

type mailDecision struct {
	ID   entryRef `path:"id"`
	Body struct {
		Was centrala.Outcome `json:"was,omitempty" doc:"The outcome that the caller saw: with another one it is a conflict."`
	}
}

func (s *server) releaseMail(ctx context.Context, c caller, in *mailDecision) (*answer[MailEntry], error) {
	e, err := s.Store.Entry(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	d := centrala.Decision{Verdict: centrala.Release, Previous: in.Body.Was}
	if e.Seq == 0 {
		if d.In, _, err = s.reread(ctx, e, true); err != nil {
			return nil, err
		}
	}
	return s.decide(ctx, c, e, d, "mail.released")
}

func (s *server) spamMail(ctx context.Context, c caller, in *mailDecision) (*answer[MailEntry], error) {
	e, err := s.Store.Entry(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return s.decide(ctx, c, e, centrala.Decision{Verdict: centrala.Discard, Previous: in.Body.Was}, "mail.spam")
}

func (s *server) decide(ctx context.Context, c caller, e centrala.Entry, d centrala.Decision, action string) (*answer[MailEntry], error) {
	d.By = c.Author()
	if c.Agent != nil {
		d.Agent = c.Agent.ID
	}
	after, dropped, err := s.Store.Decide(ctx, c.Scope, e.ID, d)
	if err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, action, e.ID.String(), string(e.Outcome)+" → "+string(after.Outcome)); err != nil {
		return nil, err
	}
	for _, key := range dropped {
		if err := s.drop(ctx, key); err != nil {
			s.Log.ErrorContext(ctx, "a file of an earlier reading could not be deleted", "entry", e.ID, "err", err)
		}
	}
	return s.mailEntry(ctx, c, after)
}

type mailReread struct {
	ID   entryRef `path:"id"`
	Body struct {
		Apply bool             `json:"apply" doc:"false: only tell what would be."`
		Was   centrala.Outcome `json:"was,omitempty" doc:"The outcome that the caller saw: with another one it is a conflict."`
	}
}

// MailReading is a mail as it is read today.
type MailReading struct {
	Entry   MailEntry `json:"entry" doc:"As it is in the book; after applying, as it is then."`
	Reading any       `json:"reading" doc:"As centrala explain --json tells it: outcome, reason, inbound, bounce."`
	Applied bool      `json:"applied"`
}

func (s *server) rereadMail(ctx context.Context, c caller, in *mailReread) (*answer[MailReading], error) {
	e, err := s.Store.Entry(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	again, explained, err := s.reread(ctx, e, in.Body.Apply)
	if err != nil {
		return nil, err
	}
	if !in.Body.Apply {
		sender, err := s.Store.Acquainted(ctx, c.Scope, e, again)
		return ok(MailReading{Entry: MailEntry{e, sender}, Reading: explained}), err
	}
	after, err := s.decide(ctx, c, e, centrala.Decision{Verdict: centrala.Reread, In: again, Previous: in.Body.Was}, "mail.reread")
	if err != nil {
		return nil, err
	}
	return ok(MailReading{Entry: after.Body, Reading: explained, Applied: true}), nil
}
