package email

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"centrala"
	"centrala/channels/email/letter"
	"centrala/words"
)

// maxReferences is how many ids an answer names: the first of the thread and the latest.
const maxReferences = 21

// draft is an outgoing mail ready to be written. The same Outbound makes the same bytes.
type draft struct {
	id     string // without brackets
	header mail.Header
	text   string
	html   string
	files  []centrala.Attachment
	sign   *signer // nil: it goes unsigned
	at     time.Time
	open   func(centrala.Attachment) (io.ReadCloser, error)
}

// compose makes a mail of out. Nothing is read from the blob store yet.
func (c *Channel) compose(ctx context.Context, out centrala.Outbound) draft {
	box := out.Inbox.Mailbox
	d := draft{id: c.messageID(out), files: out.Attachments, at: out.At}
	d.open = func(a centrala.Attachment) (io.ReadCloser, error) { return c.c.Blobs.NewReader(ctx, a.Blob, nil) }
	h := &d.header
	h.SetAddressList("From", []*mail.Address{{Name: box.FromName, Address: box.Address}})
	h.SetAddressList("To", []*mail.Address{{Name: letter.OneLine(out.To.Name), Address: out.To.Address}})
	if len(out.Cc) > 0 {
		var cc []*mail.Address
		for _, a := range out.Cc {
			cc = append(cc, &mail.Address{Name: letter.OneLine(a.Name), Address: a.Address})
		}
		h.SetAddressList("Cc", cc)
	}
	h.SetAddressList("Reply-To", []*mail.Address{{Name: box.FromName, Address: c.replyAddress(*box, out.Conversation)}})
	subject := out.Subject
	if !out.Automatic {
		subject = centrala.ReplySubject(subject, out.Number)
	}
	h.SetText("Subject", letter.OneLine(subject))
	h.SetDate(out.At)
	h.SetMessageID(d.id)
	if out.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{out.InReplyTo})
	}
	if refs := references(out); len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if out.Automatic {
		h.Set("Auto-Submitted", automaticKind(out))
		h.Set("X-Auto-Response-Suppress", "All")
		h.Set("Precedence", "bulk")
		h.Set(LoopHeader, "1")
	}
	if strings.HasPrefix(out.Unsubscribe, "https://") {
		h.Set("List-Unsubscribe", "<"+letter.OneLine(out.Unsubscribe)+">")
		h.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	} else if strings.HasPrefix(out.Unsubscribe, "http://") { // one click is only promised over TLS (RFC 8058)
		h.Set("List-Unsubscribe", "<"+letter.OneLine(out.Unsubscribe)+">")
	}
	if out.Locale != "" {
		h.Set("Content-Language", letter.OneLine(out.Locale))
	}
	h.Set("MIME-Version", "1.0")
	d.text, d.html = bodies(out)
	return d
}

// automaticKind tells other programs what began the mail (RFC 3834 section 5).
func automaticKind(out centrala.Outbound) string {
	if out.Reply {
		return "auto-replied"
	}
	return "auto-generated"
}

// messageID is the id that the log gave, or one made of the delivery's own: it is the same for
// every attempt.
func (c *Channel) messageID(out centrala.Outbound) string {
	if id := strings.Trim(out.MessageID, "<> "); id != "" {
		return id
	}
	_, domain, _ := cutAddress(out.Inbox.Mailbox.Address)
	name := fmt.Sprintf("c.%s.%s", strings.TrimPrefix(out.Conversation.String(), "c_"), strings.TrimPrefix(out.Delivery.String(), "d_"))
	m := hmac.New(sha256.New, c.c.Secret)
	m.Write([]byte("message-id\x00" + name))
	return name + "." + hex.EncodeToString(m.Sum(nil)[:4]) + "@" + domain
}

// references is the thread's ids: those that the answered mail named, and its own.
func references(out centrala.Outbound) []string {
	refs := slices.DeleteFunc(slices.Clone(out.References), func(id string) bool {
		return id == "" || len(id) > 500 || id == out.InReplyTo || strings.ContainsAny(id, "<> \t\r\n")
	})
	if out.InReplyTo != "" {
		refs = append(refs, out.InReplyTo)
	}
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	return refs
}

// bodies is the mail's two forms. What was quoted stands below the new words and the signature.
func bodies(out centrala.Outbound) (text, markup string) {
	var t, m strings.Builder
	t.WriteString(strings.TrimRight(out.Text, " \n"))
	if m.WriteString(out.HTML); out.HTML == "" {
		m.WriteString(paragraphs(strings.TrimSpace(out.Text)))
	}
	if sig := strings.TrimSpace(out.Signature); sig != "" {
		t.WriteString("\n\n-- \n" + sig)
		m.WriteString("\n<p>-- <br>" + strings.ReplaceAll(html.EscapeString(sig), "\n", "<br>\n") + "</p>")
	}
	for _, q := range out.Quoted {
		said := strings.TrimSpace(centrala.Clip(q.Text, 8<<10))
		if said == "" {
			continue
		}
		intro := wrote(out.Locale, q)
		t.WriteString("\n\n" + intro + "\n> " + strings.ReplaceAll(said, "\n", "\n> "))
		m.WriteString("\n<p>" + html.EscapeString(intro) + "</p>\n<blockquote type=\"cite\">" + paragraphs(said) + "</blockquote>")
	}
	return t.String() + "\n", "<!DOCTYPE html>\n<html><body>\n" + m.String() + "\n</body></html>\n"
}

// wrote introduces a quoted message in the reader's language.
func wrote(locale string, q centrala.Message) string {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		zone = time.UTC
	}
	return words.For(locale).Wrote(letter.OneLine(q.Author.Name), q.At.In(zone))
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]`)

// paragraphs is plain text as HTML, with its web addresses as links.
func paragraphs(s string) string {
	var b strings.Builder
	for _, p := range strings.Split(s, "\n\n") {
		if strings.TrimSpace(p) == "" {
			continue
		}
		b.WriteString("<p>")
		at := 0
		for _, m := range webAddress.FindAllStringIndex(p, -1) {
			link := html.EscapeString(p[m[0]:m[1]])
			b.WriteString(lineBreaks(p[at:m[0]]) + `<a href="` + link + `">` + link + "</a>")
			at = m[1]
		}
		b.WriteString(lineBreaks(p[at:]) + "</p>\n")
	}
	return b.String()
}

func lineBreaks(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")
}

// writeTo writes the mail, signed when it is to be: then it is made twice, the first time for the
// signature alone, and its files are read twice instead of being held in memory.
func (d draft) writeTo(w io.Writer) error {
	if d.sign != nil {
		field, err := d.sign.field(d.at, d.writeBare)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, field); err != nil {
			return err
		}
	}
	return d.writeBare(w)
}

// writeBare writes the mail without a signature. Its boundaries are made of its id, so that
// every attempt is the same bytes.
func (d draft) writeBare(w io.Writer) error {
	sum := sha256.Sum256([]byte(d.id))
	boundary := hex.EncodeToString(sum[:12])
	h := message.Header{Header: d.header.Header.Header.Copy()}
	if len(d.files) == 0 {
		h.SetContentType("multipart/alternative", map[string]string{"boundary": "a" + boundary})
		top, err := message.CreateWriter(w, h)
		if err != nil {
			return err
		}
		return d.forms(top)
	}
	h.SetContentType("multipart/mixed", map[string]string{"boundary": "m" + boundary})
	top, err := message.CreateWriter(w, h)
	if err != nil {
		return err
	}
	var ah message.Header
	ah.SetContentType("multipart/alternative", map[string]string{"boundary": "a" + boundary})
	alternative, err := top.CreatePart(ah)
	if err != nil {
		return err
	}
	if err := d.forms(alternative); err != nil {
		return err
	}
	for _, f := range d.files {
		if err := d.file(top, f); err != nil {
			return err
		}
	}
	return top.Close()
}

func (d draft) forms(w *message.Writer) error {
	for _, form := range []struct{ kind, body string }{{"text/plain", d.text}, {"text/html", d.html}} {
		var h message.Header
		h.SetContentType(form.kind, map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		p, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(p, strings.ReplaceAll(form.body, "\n", "\r\n")); err != nil {
			return err
		}
		if err := p.Close(); err != nil {
			return err
		}
	}
	return w.Close()
}

func (d draft) file(w *message.Writer, f centrala.Attachment) error {
	kind, _ := letter.MediaType(f.Type)
	if !strings.Contains(kind, "/") || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		kind = "application/octet-stream"
	}
	var h message.Header
	h.SetContentType(kind, nil)
	// Names with other letters are written as RFC 2231 has it, which strict programs read, too.
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": letter.FileName(f.Name, "attachment")}))
	h.Set("Content-Transfer-Encoding", "base64")
	r, err := d.open(f)
	if err != nil {
		return fmt.Errorf("attachment %s: %w", f.ID, err)
	}
	defer r.Close()
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(p, r); err != nil {
		return fmt.Errorf("attachment %s: %w", f.ID, err)
	}
	return p.Close()
}
