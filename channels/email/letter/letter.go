// Package letter reads the bytes of a mail the way people and their programs really write
// them: headers, parts, charsets, files, HTML, and which of the words are new. It knows nothing
// of mailboxes or conversations.
package letter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/emersion/go-message/textproto"

	"centrala"
)

// Letter is a mail as it was read.
type Letter struct {
	Header   textproto.Header
	Text     string           // all words of the mail, of its HTML form when there is no other
	HTML     string           // as it came: clean it before anybody sees it
	Files    []centrala.Part  // Inline: shown inside the HTML
	Status   string           // the fields of a delivery report
	Original textproto.Header // of the message that a report is about
	Report   *Letter          // a report that came inside this mail; its files are not kept
	Digest   string           // hash of what the sender wrote, not of what servers added on the way
	Notes    []string         // what had to be repaired
	TooBig   bool             // larger than MaxMail; what is here is its beginning
	Sealed   Sealed           // what only its recipient's own program can read
	Broken   error            // why the mail could not be read to its end, in words for people
}

// Sealed is by what the words of a mail are hidden from us.
type Sealed string

// The seals.
const (
	Open        Sealed = ""
	SealedPGP   Sealed = "PGP"
	SealedSMIME Sealed = "S/MIME"
)

// Measure is a Keeper that keeps nothing.
func Measure(_ centrala.Part, _ int, r io.Reader) (int64, string, error) {
	n, err := io.Copy(io.Discard, r)
	return n, "", err
}

var errPanic = errors.New("the reader failed on it")

// Read reads a mail once, from its first byte to its last; headerOnly leaves it at the header.
// The error is only ever the reader's or the keeper's: what is wrong with the mail itself is
// in Broken and Notes.
func Read(r io.Reader, headerOnly bool, keep Keeper) (*Letter, error) {
	return read(r, headerOnly, keep, false)
}

// read is Read; inside tells that the mail is part of another.
func read(r io.Reader, headerOnly bool, keep Keeper, inside bool) (*Letter, error) {
	limited := &io.LimitedReader{R: r, N: MaxMail + 1}
	w := &walker{l: newLines(limited), keep: keep, inside: inside, room: maxText, htmlRoom: maxText}
	a := &Letter{}
	var all content
	a.Header, a.Broken = w.l.header(true)
	if a.Broken == nil && !headerOnly {
		all, a.Broken = w.safely(a.Header)
	}
	if w.l.err != nil {
		return nil, fmt.Errorf("read mail: %w", w.l.err)
	}
	if err := a.Broken; err != nil && !errors.Is(err, ErrNoHeader) && !errors.Is(err, errHeaderTooBig) &&
		!errors.Is(err, errTooManyParts) && !errors.Is(err, errPanic) {
		return nil, fmt.Errorf("keep mail: %w", err)
	}
	a.TooBig = limited.N <= 0
	a.Status, a.Original, a.Report, a.Notes, a.Files = w.status, w.original, w.report, w.l.notes, w.files
	a.Digest = w.l.digest(a.Header)
	for _, other := range []content{w.aside, w.calendar} {
		if all.empty() {
			all = other
		}
	}
	a.HTML = strings.TrimSpace(placed(all.html, w.places))
	a.Text = strings.TrimRight(strings.Trim(visible(all.text()), "\n"), " \n")
	if a.Sealed = w.sealed; strings.HasPrefix(strings.TrimSpace(a.Text), "-----BEGIN PGP MESSAGE-----") {
		a.Sealed = SealedPGP
	}
	a.inline()
	return a, nil
}

// safely reads the parts. A mail that makes the reader panic is one that cannot be read, and
// no more than that.
func (w *walker) safely(h textproto.Header) (all content, err error) {
	w.l.sum = sha256.New()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	all, err = w.part(h, 0)
	if err == nil {
		w.l.skip()
	}
	return all, err
}

// digest is a hash of the body, and of the headers that servers on the way leave alone.
func (l *lines) digest(h textproto.Header) string {
	sum := sha256.New()
	for _, name := range []string{"From", "To", "Cc", "Subject", "Date", "Message-Id"} {
		fmt.Fprintf(sum, "%s:%q\n", name, h.Values(name))
	}
	if l.sum != nil {
		sum.Write(l.sum.Sum(nil))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// inline tells the files that the HTML shows from those that hang on the mail.
func (a *Letter) inline() {
	markup := strings.ToLower(html.UnescapeString(a.HTML))
	for i, f := range a.Files {
		a.Files[i].Inline = f.CID != "" && strings.Contains(markup, "cid:"+strings.ToLower(f.CID))
	}
}

// visible is s without control characters other than line ends and tabs.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}
