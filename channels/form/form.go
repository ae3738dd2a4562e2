// Package form is the contact form's line: it turns the fields that a page received into a
// message. It knows no HTTP; the page that shows the form calls it.
package form

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
)

// Limits of what a form takes.
const (
	MaxName    = 120
	MaxSubject = 200
	MaxFiles   = 5
	MaxFile    = 20 << 20
)

// Fields are what somebody filled in. Trap is the field that people do not see: whoever fills
// it in is a program.
type Fields struct {
	Key     string          `json:"key"` // made when the page was shown: the same form sent twice is one message
	Name    string          `json:"name"`
	Email   string          `json:"email"`
	Side    centrala.Side   `json:"side"`
	Subject string          `json:"subject"`
	Text    string          `json:"text"`
	Locale  string          `json:"locale"`
	Trap    string          `json:"trap"`
	Files   []centrala.Part `json:"-"`
}

// Form is the line. It is safe for concurrent use.
type Form struct{}

// New makes the line.
func New() *Form { return &Form{} }

var _ channels.Explainer = (*Form)(nil)

// Kind implements channels.Channel.
func (f *Form) Kind() centrala.Channel { return centrala.Form }

// Read makes a message of what was filled in for an inbox at now. What a person could mend is
// an Invalid, TooLong or TooMany error that names the field. A filled trap is no error, so
// that programs learn nothing: the message's outcome is spam.
func (f *Form) Read(inbox centrala.Inbox, fields Fields, now time.Time) (centrala.Inbound, error) {
	fields = trimmed(fields)
	if err := check(inbox, fields); err != nil {
		return centrala.Inbound{}, err
	}
	in := centrala.Inbound{
		Inbox: inbox.ID, Channel: centrala.Form, Outcome: centrala.Ingested, Reason: "a message from a person",
		From: centrala.Address{Name: fields.Name, Address: fields.Email}, Subject: fields.Subject, Text: fields.Text, FullText: fields.Text,
		Side: side(inbox, fields), Locale: fields.Locale, Attachments: fields.Files, At: now,
	}
	if inbox.Mailbox != nil && inbox.Mailbox.Address != "" {
		in.To = []string{inbox.Mailbox.Address}
	}
	in.Digest = digest(inbox.ID, fields)
	in.ExternalID = "form:" + fields.Key
	if fields.Key == "" { // a page without scripts: what was written tells, within the hour
		in.ExternalID = fmt.Sprintf("form:%s:%d", in.Digest[:32], now.Truncate(time.Hour).Unix())
	}
	if fields.Trap != "" {
		in.Outcome, in.Reason = centrala.Junk, "the field that people do not see was filled in"
	}
	return in, nil
}

// trimmed is fields as a person meant them: single lines where there is one line, and no
// characters that cannot be seen.
func trimmed(f Fields) Fields {
	line := func(s string) string {
		return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	}
	f.Key, f.Name, f.Email, f.Subject = line(f.Key), line(f.Name), line(f.Email), line(f.Subject)
	f.Text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(f.Text, "\ufffd"), "\r\n", "\n")))
	return f
}

func check(inbox centrala.Inbox, f Fields) error {
	switch {
	case len(f.Key) > centrala.MaxKey:
		return centrala.InvalidField("key", "The form is not valid. Reload the page.")
	case utf8.RuneCountInString(f.Name) > MaxName:
		return tooLong("name", MaxName)
	case utf8.RuneCountInString(f.Subject) > MaxSubject:
		return tooLong("subject", MaxSubject)
	case f.Text == "":
		return centrala.InvalidField("text", "The message is empty.")
	case f.Side != centrala.NoSide && !f.Side.Valid():
		return centrala.InvalidField("side", "The side is buyer, seller or advertiser.")
	case side(inbox, f) == centrala.NoSide && inbox.Team == 0:
		return centrala.InvalidField("side", "Say whether you are buying, selling or advertising.")
	}
	if err := checkEmail(f.Email); err != nil {
		return err
	}
	if err := centrala.CheckText("text", f.Text); err != nil {
		return err
	}
	return checkFiles(f.Files)
}

func tooLong(field string, n int) error {
	return &centrala.Error{Code: centrala.TooLong, Field: field, Message: fmt.Sprintf("At most %d characters.", n)}
}

// checkEmail asks for what can be answered: one address with a domain.
func checkEmail(s string) error {
	local, domain, ok := strings.Cut(s, "@")
	bad := !ok || local == "" || len(s) > 254 || !strings.Contains(strings.Trim(domain, "."), ".") ||
		strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") ||
		strings.ContainsAny(s, " <>()[],;:\\\"") || strings.Contains(domain, "@")
	if bad {
		return centrala.InvalidField("email", "That is not an e-mail address.")
	}
	return nil
}

func checkFiles(files []centrala.Part) error {
	if len(files) > MaxFiles {
		return &centrala.Error{Code: centrala.TooMany, Field: "files", Message: fmt.Sprintf("At most %d files.", MaxFiles)}
	}
	for _, p := range files {
		if p.Size > MaxFile {
			return &centrala.Error{Code: centrala.TooLong, Field: "files", Message: fmt.Sprintf("A file has at most %d MB.", MaxFile>>20)}
		}
		if p.Name == "" || strings.ContainsAny(p.Name, "/\\\x00\n\r") || !utf8.ValidString(p.Name) {
			return centrala.InvalidField("files", "A file has an unusable name.")
		}
	}
	return nil
}

// side is the inbox's when it has one, else what the writer said.
func side(inbox centrala.Inbox, f Fields) centrala.Side {
	if inbox.Side != centrala.NoSide {
		return inbox.Side
	}
	return f.Side
}

func digest(inbox centrala.InboxID, f Fields) string {
	names := make([]string, 0, len(f.Files))
	for _, p := range f.Files {
		names = append(names, fmt.Sprintf("%s:%d", p.Name, p.Size))
	}
	slices.Sort(names)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%q\n%q\n%q\n%q\n%q", inbox, strings.ToLower(f.Email), f.Name, f.Subject, f.Text, names))
	return hex.EncodeToString(sum[:])
}

// Explain implements channels.Explainer. raw is the fields as a JSON object.
func (f *Form) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	aside := func(err error) channels.Explanation {
		return channels.Explanation{Outcome: centrala.Quarantined, Reason: err.Error(), Inbound: []channels.ExplainedInbound{}}
	}
	var fields Fields
	if err := json.NewDecoder(io.LimitReader(raw, 1<<20)).Decode(&fields); err != nil {
		return aside(fmt.Errorf("not a form: %w", err))
	}
	in, err := f.Read(centrala.Inbox{Channel: centrala.Form, Side: fields.Side}, fields, time.Time{})
	if err != nil {
		return aside(err)
	}
	return channels.Explanation{Outcome: in.Outcome, Reason: in.Reason, Inbound: []channels.ExplainedInbound{channels.Explained(in)}}
}
