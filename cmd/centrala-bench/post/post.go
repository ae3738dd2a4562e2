// Package post is the load driver's mail: mails like those that a marketplace gets, and a
// mailbox as an inbox of the house that is measured.
package post

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Kind is what a mail is to the house that gets it.
type Kind int

// The kinds.
const (
	Question Kind = iota // begins a conversation
	Answer               // goes on with the conversation of the question before it
	Robot                // an absence, a newsletter
	Report               // a delivery report about a mail that the house never wrote
	Again                // the mail before it once more, by another way
)

// KindOf is what mail i is: of twenty, fourteen are questions.
func KindOf(i int) Kind {
	switch i % 20 {
	case 4, 9, 14:
		return Answer
	case 7:
		return Robot
	case 12:
		return Report
	case 17:
		return Again
	}
	return Question
}

// Count is how many of the mails from 0 to n-1 are of a kind.
func Count(n int, k Kind) (count int) {
	for i := range n {
		if KindOf(i) == k {
			count++
		}
	}
	return count
}

// began is when the first mail was written; each is some seconds younger than the one before.
var began = time.Date(2026, 11, 2, 8, 0, 0, 0, time.FixedZone("", 3600))

// Mail writes mail i to an address, the same whenever it is asked. On average it has 50 KB: most are a few, some carry pictures
// or documents.
func Mail(i int, to string) []byte {
	switch KindOf(i) {
	case Again:
		return append([]byte("Received: from another.example by mx.example; Mon, 2 Nov 2026 09:00:00 +0100\r\n"), Mail(i-1, to)...)
	case Report:
		return report(i, to)
	}
	m := &mail{r: rand.New(rand.NewPCG(50, uint64(i)))}
	m.head(i, to)
	m.body(i)
	return m.b.Bytes()
}

// Subject is what mail i is about; no other has the same.
func Subject(i int) string { return fmt.Sprintf("Zamówienie %d, proszę o pomoc", 240000+i) }

type mail struct {
	b bytes.Buffer
	r *rand.Rand
}

func (m *mail) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\r\n", args...) }

// asks is the question that mail i belongs to.
func asks(i int) int {
	if KindOf(i) == Answer {
		return i - 1
	}
	return i
}

// charset is what the author of a question writes in.
func charset(i int) (name string, enc encoding.Encoding) {
	switch asks(i) % 3 {
	case 0:
		return "iso-8859-2", charmap.ISO8859_2
	case 1:
		return "windows-1250", charmap.Windows1250
	}
	return "utf-8", encoding.Nop
}

func (m *mail) head(i int, to string) {
	q := asks(i)
	name := []string{"Marta Wiśniewska", "Łukasz Źródłowski", "Halina Kruk", "Józef Żółć", "Igor Ptak"}[q%5]
	m.line("Return-Path: <klient-%d@poczta.example>", q)
	m.line("Received: from poczta.example by mx.firma.example; %s", began.Add(time.Duration(i)*7*time.Second).Format(time.RFC1123Z))
	m.line("From: %s <klient-%d@poczta.example>", mime.QEncoding.Encode("utf-8", name), q)
	m.line("To: %s", to)
	subject := Subject(q)
	if KindOf(i) == Answer {
		subject = "Odp: " + subject
		m.line("In-Reply-To: <m%d@poczta.example>", q)
		m.line("References: <m%d@poczta.example>", q)
	}
	if KindOf(i) == Robot {
		m.line("Auto-Submitted: auto-replied")
		subject = "Automatyczna odpowiedź: " + subject
	}
	m.line("Subject: %s", mime.BEncoding.Encode("utf-8", subject))
	m.line("Date: %s", began.Add(time.Duration(i)*7*time.Second).Format(time.RFC1123Z))
	m.line("Message-ID: <m%d@poczta.example>", i)
	m.line("MIME-Version: 1.0")
}

// body has the words as text, of every third mail also as HTML, and of some a file.
func (m *mail) body(i int) {
	boundary := fmt.Sprintf("granica-%d", i)
	files := 0 // KB
	switch i % 10 {
	case 2, 6:
		files = 85
	case 8:
		files = 280
	}
	m.line("Content-Type: multipart/mixed; boundary=%s\r\n", boundary)
	m.line("--%s", boundary)
	if i%3 == 0 {
		m.line("Content-Type: multipart/alternative; boundary=%s-a\r\n", boundary)
		m.line("--%s-a", boundary)
		m.text(i)
		m.line("\r\n--%s-a", boundary)
		m.html(i)
		m.line("\r\n--%s-a--", boundary)
	} else {
		m.text(i)
	}
	if files > 0 {
		m.line("\r\n--%s", boundary)
		m.file(i, files<<10)
	}
	m.line("\r\n--%s--", boundary)
}

// words is what mail i says, with an older mail quoted below.
func words(r *rand.Rand, i int) string {
	said := []string{
		"Dzień dobry, przesyłka jeszcze nie dotarła, a miała być wczoraj.", "Proszę o zwrot pieniędzy na konto, z którego płaciłam.",
		"Czy mogę wymienić rozmiar? Buty są za małe o pół numeru.", "Sprzedawca nie odpisuje od środy, a termin mija jutro.",
		"Kurier zostawił paczkę u sąsiada i jest uszkodzona, zdjęcia w załączniku.", "Faktura ma błędny NIP, proszę o korektę.",
		"Nie mogę zalogować się do panelu, kod SMS nie przychodzi.", "Dziękuję za szybką odpowiedź, w załączniku wysyłam dokumenty.",
	}
	var b strings.Builder
	for range 3 + r.IntN(8) {
		b.WriteString(said[r.IntN(len(said))] + "\n\n")
	}
	fmt.Fprintf(&b, "Numer zamówienia: %d\n\nPozdrawiam\nKlient %d\n\n", 240000+i, i)
	b.WriteString("W dniu 28.10.2026 o 10:15, Pomoc pisze:\n")
	for range 10 + r.IntN(30) {
		b.WriteString("> " + said[r.IntN(len(said))] + "\n")
	}
	return b.String()
}

func (m *mail) text(i int) {
	name, enc := charset(i)
	m.line("Content-Type: text/plain; charset=%s", name)
	m.encoded(strings.ReplaceAll(words(m.r, i), "\n", "\r\n"), enc)
}

func (m *mail) html(i int) {
	name, enc := charset(i)
	m.line("Content-Type: text/html; charset=%s", name)
	m.encoded("<html><head><style>p{margin:0}</style></head><body><p style=\"color:#222\">"+
		strings.ReplaceAll(words(m.r, i), "\n", "<br>\r\n")+"</p><img src=\"https://tracker.example/o.gif\" width=1></body></html>", enc)
}

// encoded writes a part quoted-printable. What the charset has no sign for is a question mark.
func (m *mail) encoded(s string, enc encoding.Encoding) {
	m.line("Content-Transfer-Encoding: quoted-printable\r\n")
	out, err := encoding.ReplaceUnsupported(enc.NewEncoder()).String(s)
	if err != nil {
		out = s
	}
	w := quotedprintable.NewWriter(&m.b)
	_, _ = w.Write([]byte(out)) // to memory
	_ = w.Close()
}

func (m *mail) file(i, size int) {
	m.line("Content-Type: image/jpeg; name*=utf-8''zdj%%C4%%99cie-%d.jpg", i)
	m.line("Content-Disposition: attachment; filename*=utf-8''zdj%%C4%%99cie-%d.jpg", i)
	m.line("Content-Transfer-Encoding: base64\r\n")
	raw := make([]byte, size/78*57) // so much that its encoding, in lines, has the size
	for n := range raw {
		raw[n] = byte(m.r.Uint32())
	}
	for len(raw) > 0 {
		n := min(57, len(raw))
		m.line("%s", base64.StdEncoding.EncodeToString(raw[:n]))
		raw = raw[n:]
	}
}

// report is a delivery report (RFC 3464) about a mail that the house knows nothing of.
func report(i int, to string) []byte {
	var m mail
	m.line("Return-Path: <>\r\nFrom: MAILER-DAEMON@poczta.example\r\nTo: %s", to)
	m.line("Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn%d@poczta.example>", i)
	m.line("Date: %s", began.Add(time.Duration(i)*7*time.Second).Format(time.RFC1123Z))
	m.line("MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=d\r\n\r\n--d\r\n\r\nThe mail could not be delivered.\r\n--d")
	m.line("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; poczta.example\r\n\r\nFinal-Recipient: rfc822; nikt-%d@poczta.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--d--", i)
	return m.b.Bytes()
}

// Large is one mail of about so many bytes, nearly all of them files of 8 MB at most.
func Large(size int, to string) []byte {
	m := &mail{r: rand.New(rand.NewPCG(51, 0))}
	m.b.Grow(size + 1<<20)
	m.head(0, to)
	m.line("Content-Type: multipart/mixed; boundary=duza\r\n\r\n--duza")
	m.text(0)
	for n := 0; m.b.Len() < size-4<<10; n++ {
		m.line("\r\n--duza")
		m.file(n, min(8<<20, size-m.b.Len()))
	}
	m.line("\r\n--duza--")
	return m.b.Bytes()
}
