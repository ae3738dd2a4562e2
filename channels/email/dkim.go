package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"centrala"
	"centrala/channels"
)

// signedFields are the header fields that a signature covers, as far as a mail has them. From is
// covered once more than it is there, so that nobody adds another.
var signedFields = []string{
	"From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Content-Type",
	"Content-Language", "Auto-Submitted", "Precedence", "List-Unsubscribe", "List-Unsubscribe-Post",
}

// signer signs mails for a domain (DKIM, RFC 6376): relaxed/relaxed, rsa-sha256 or
// ed25519-sha256 (RFC 8463). It gives the same mail the same signature, as both kinds of key do,
// so that a repeated mail is the same bytes.
type signer struct {
	domain, selector, kind string
	key                    crypto.Signer
}

// errUnsigned is a key that cannot sign.
var errUnsigned = errors.New("not signed")

// signerOf is what signs the mails of a mailbox, nil when nothing does.
func signerOf(box *centrala.Mailbox) (*signer, error) {
	if box.DKIMSelector == "" || box.DKIMKey == "" {
		return nil, nil
	}
	key, err := centrala.SigningKey(box.DKIMKey)
	if err == nil {
		err = centrala.CheckSelector(box.DKIMSelector)
	}
	if err != nil {
		return nil, &channels.Stopped{Reason: "The mails of this inbox cannot be signed (DKIM). Give its signing key and selector again, or remove both.", Err: fmt.Errorf("%w: %w", errUnsigned, err)}
	}
	_, domain, _ := cutAddress(box.Address)
	if domain, err = idna.Lookup.ToASCII(domain); err != nil {
		return nil, &channels.Stopped{Reason: "The domain of this inbox's address is no name that mails can be signed for (DKIM).", Err: fmt.Errorf("%w: %w", errUnsigned, err)}
	}
	s := &signer{domain: domain, selector: box.DKIMSelector, kind: "rsa-sha256", key: key}
	if _, ok := key.(ed25519.PrivateKey); ok {
		s.kind = "ed25519-sha256"
	}
	return s, nil
}

// DNSRecord is the TXT record that a domain publishes so that mails signed with a key are
// believed to be its own.
func DNSRecord(selector, domain, key string) (name, value string, err error) {
	return centrala.SigningRecord(selector, domain, key)
}

// field is the DKIM-Signature field of a mail that write writes. The mail is not kept: whoever
// sends it writes it once more.
func (s *signer) field(at time.Time, write func(io.Writer) error) (string, error) {
	d := &digester{body: relaxed{sum: sha256.New()}}
	if err := write(d); err != nil {
		return "", err
	}
	fields := d.fields()
	sum := sha256.New()
	var names []string
	for _, name := range signedFields {
		if value, ok := fields[strings.ToLower(name)]; ok {
			names = append(names, name)
			_, _ = io.WriteString(sum, value+"\r\n") // a hash takes everything
		}
	}
	names = append(names, "From")
	unsigned := "DKIM-Signature: v=1; a=" + s.kind + "; c=relaxed/relaxed; d=" + s.domain + "; s=" + s.selector + ";\r\n\tt=" + strconv.FormatInt(at.Unix(), 10) +
		"; h=" + foldedList(names) + ";\r\n\tbh=" + base64.StdEncoding.EncodeToString(d.body.close()) + ";\r\n\tb="
	_, _ = io.WriteString(sum, relaxedField(unsigned))
	how := crypto.SignerOpts(crypto.SHA256)
	if s.kind == "ed25519-sha256" {
		how = crypto.Hash(0) // the digest itself is what is signed (RFC 8463 section 3)
	}
	signature, err := s.key.Sign(rand.Reader, sum.Sum(nil), how)
	if err != nil {
		return "", fmt.Errorf("sign the mail: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(signature)
	for len(text) > 70 {
		unsigned += text[:70] + "\r\n\t"
		text = text[70:]
	}
	return unsigned + text + "\r\n", nil
}

func foldedList(names []string) string {
	var b strings.Builder
	width := 20
	for i, name := range names {
		if i > 0 {
			b.WriteByte(':')
		}
		if width += len(name) + 1; width > 76 {
			b.WriteString("\r\n\t ")
			width = len(name)
		}
		b.WriteString(name)
	}
	return b.String()
}

// relaxedField is a header field in the form that is signed (RFC 6376 section 3.4.2), without an
// end of line.
func relaxedField(raw string) string {
	name, value, _ := strings.Cut(raw, ":")
	return strings.ToLower(strings.TrimSpace(name)) + ":" + strings.Join(strings.Fields(value), " ")
}

// digester takes a mail in and keeps of it what is signed: its header, and a hash of its body.
type digester struct {
	head   bytes.Buffer
	inBody bool
	body   relaxed
}

// Write implements io.Writer. It never fails.
func (d *digester) Write(p []byte) (int, error) {
	n := len(p)
	if !d.inBody {
		d.head.Write(p)
		end := bytes.Index(d.head.Bytes(), []byte("\r\n\r\n"))
		if end < 0 {
			return n, nil
		}
		d.inBody, p = true, bytes.Clone(d.head.Bytes()[end+4:])
		d.head.Truncate(end + 2)
	}
	d.body.write(p)
	return n, nil
}

// fields are the header's fields by their names in lower case, in the form that is signed. None
// of those that are signed is there twice.
func (d *digester) fields() map[string]string {
	fields := make(map[string]string)
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", "\t").Replace(d.head.String())
	for raw := range strings.SplitSeq(strings.TrimSuffix(unfolded, "\r\n"), "\r\n") {
		value := relaxedField(raw)
		name, _, _ := strings.Cut(value, ":")
		fields[name] = value
	}
	return fields
}

// relaxed hashes a body as RFC 6376 section 3.4.4 has it: no space at the end of a line, one
// where there are several, no empty lines at the end.
type relaxed struct {
	sum       hash.Hash
	space, cr bool
	blank     int // line ends not written yet
	wrote     bool
	buf       []byte
}

func (r *relaxed) write(p []byte) {
	for _, c := range p {
		if r.cr && c != '\n' { // no end of line after all
			r.byte('\r')
		}
		switch {
		case c == '\r':
			r.cr = true
		case c == '\n' && r.cr:
			r.blank++
			r.space, r.cr = false, false
		case c == ' ' || c == '\t':
			r.space = true
		default:
			r.byte(c)
		}
	}
	_, _ = r.sum.Write(r.buf) // a hash takes everything
	r.buf = r.buf[:0]
}

func (r *relaxed) byte(c byte) {
	for ; r.blank > 0; r.blank-- {
		r.buf = append(r.buf, '\r', '\n')
	}
	if r.space {
		r.buf = append(r.buf, ' ')
	}
	r.buf = append(r.buf, c)
	r.space, r.cr, r.wrote = false, false, true
}

// close is the hash. A body that has anything in it ends with one end of line.
func (r *relaxed) close() []byte {
	if r.wrote {
		_, _ = io.WriteString(r.sum, "\r\n")
	}
	return r.sum.Sum(nil)
}
