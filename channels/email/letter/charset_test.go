package letter_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"centrala"
	"centrala/channels/email/letter"
)

const (
	polish  = "Dzień dobry, proszę o zwrot pieniędzy za źle zapakowaną paczkę. Zażółć gęślą jaźń, Łódź, śnieg, ćma."
	subject = "Źle zapakowana przesyłka z Łodzi, proszę o zwrot"
	file    = "żółta łódź śląska.txt"
)

type mailer struct{ charset, transfer, declared, form string }

// TestPolish writes the same Polish mail the way 252 mailers would, rightly and wrongly, and
// reads every one. ISO-8859-2 and its cousins lack no Polish letter, so all of it must come
// out, but for ibm852 with no word of what it is and only a subject to tell it by.
func TestPolish(t *testing.T) {
	t.Parallel()
	total, wrong := 0, 0
	for _, m := range mailers() {
		total++
		if why := m.check(m.mail(t)); why != "" {
			wrong++
			t.Errorf("%+v: %s", m, why)
		}
	}
	t.Logf("Polish mail: %d read rightly, %d wrongly of %d", total-wrong, wrong, total)
	if total < 250 {
		t.Errorf("only %d mails", total)
	}
}

func mailers() []mailer {
	var all []mailer
	for _, charset := range []string{"iso-8859-2", "windows-1250", "utf-8", "ibm852"} {
		for _, transfer := range []string{"quoted-printable", "base64", "8bit"} {
			for _, declared := range []string{"right", "wrong", "not", "raw header", "split word", "rfc2231", "rfc2047 name"} {
				for _, form := range []string{"plain", "html", "flowed"} {
					all = append(all, mailer{charset, transfer, declared, form})
				}
			}
		}
	}
	return all
}

func (m mailer) encoding() encoding.Encoding {
	switch m.charset {
	case "iso-8859-2":
		return charmap.ISO8859_2
	case "windows-1250":
		return charmap.Windows1250
	case "ibm852":
		return charmap.CodePage852
	}
	return unicode.UTF8
}

func (m mailer) bytes(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := m.encoding().NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatalf("%s in %s: %v", s, m.charset, err)
	}
	return raw
}

func (m mailer) mail(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Jan <jan@example.test>\r\nMessage-ID: <x@example.test>\r\nMIME-Version: 1.0\r\nSubject: %s\r\n", m.subject(t))
	body, kind := polish, "text/plain"
	switch m.form {
	case "html":
		body, kind = "<html><body><p>"+polish+"</p></body></html>", "text/html"
	case "flowed":
		body = strings.Replace(polish, "pieniędzy ", "pieniędzy \r\n", 1)
	}
	declared := "; charset=" + m.charset
	switch m.declared {
	case "wrong":
		declared = "; charset=us-ascii"
		if m.charset == "iso-8859-2" || m.charset == "windows-1250" {
			declared = "; charset=iso-8859-1"
		}
	case "not":
		declared = ""
	}
	if m.form == "flowed" {
		declared += "; format=flowed"
	}
	var part bytes.Buffer
	fmt.Fprintf(&part, "Content-Type: %s%s\r\nContent-Transfer-Encoding: %s\r\n\r\n", kind, declared, m.transfer)
	part.Write(m.encode(t, m.bytes(t, body)))
	if m.declared != "rfc2231" && m.declared != "rfc2047 name" {
		b.Write(part.Bytes())
		return b.Bytes()
	}
	name := "filename*=" + m.charset + "''" + strings.ReplaceAll(url.QueryEscape(string(m.bytes(t, file))), "+", "%20")
	if m.declared == "rfc2047 name" {
		name = `filename="=?` + m.charset + "?B?" + base64.StdEncoding.EncodeToString(m.bytes(t, file)) + `?="`
	}
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n%s\r\n--bb\r\nContent-Type: text/plain\r\n"+
		"Content-Disposition: attachment; %s\r\n\r\ntreść\r\n--bb--\r\n", part.String(), name)
	return b.Bytes()
}

func (m mailer) subject(t *testing.T) string {
	raw := m.bytes(t, subject)
	word := func(b []byte) string {
		return "=?" + m.charset + "?B?" + base64.StdEncoding.EncodeToString(b) + "?="
	}
	switch m.declared {
	case "raw header":
		return string(raw)
	case "split word": // in the middle of the first character when it has two bytes
		return word(raw[:1]) + "\r\n " + word(raw[1:])
	}
	return word(raw)
}

func (m mailer) encode(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	switch m.transfer {
	case "base64":
		s := base64.StdEncoding.EncodeToString(raw)
		for len(s) > 76 {
			b.WriteString(s[:76] + "\r\n")
			s = s[76:]
		}
		b.WriteString(s + "\r\n")
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	default:
		b.Write(raw)
	}
	return b.Bytes()
}

func (m mailer) check(raw []byte) string {
	a, err := letter.Read(bytes.NewReader(raw), false, letter.Measure)
	if err != nil || a.Broken != nil {
		return fmt.Sprint("not read: ", err, a.Broken)
	}
	if got := strings.TrimSpace(a.Text); got != polish {
		return fmt.Sprintf("text %q", got)
	}
	if got := letter.Text(a.Header, "Subject"); got != subject {
		return fmt.Sprintf("subject %q", got)
	}
	if m.declared == "rfc2231" || m.declared == "rfc2047 name" {
		if len(a.Files) != 1 || a.Files[0].Name != file {
			return fmt.Sprintf("files %+v", a.Files)
		}
	}
	return ""
}

// A declaration is believed when nothing in the bytes speaks against it.
func TestForeignTextIsLeftAlone(t *testing.T) {
	t.Parallel()
	for declared, words := range map[string]string{
		"iso-8859-1":   "Être ou ne pas être: le garçon naïf a mangé 3 m³ de crème brûlée à Noël",
		"windows-1252": "Größe und Maße der Übertöpfe: 20 m² – „schön“",
		"iso-8859-2":   "Příliš žluťoučký kůň úpěl ďábelské ódy",
		"koi8-r":       "Съешь ещё этих мягких французских булок",
		"big5":         "這是一封信",
		"utf-16le":     "Zażółć",
		"iso-2022-jp":  "こんにちは",
	} {
		enc := map[string]encoding.Encoding{
			"iso-8859-1": charmap.ISO8859_1, "windows-1252": charmap.Windows1252, "iso-8859-2": charmap.ISO8859_2, "koi8-r": charmap.KOI8R,
			"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		}[declared]
		if enc == nil {
			continue
		}
		raw, err := enc.NewEncoder().Bytes([]byte(words))
		if err != nil {
			t.Fatal(err)
		}
		mail := "From: a@b.test\r\nContent-Type: text/plain; charset=" + declared + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString(raw) + "\r\n"
		a, err := letter.Read(strings.NewReader(mail), false, letter.Measure)
		if err != nil {
			t.Fatal(err)
		}
		if a.Text != words {
			t.Errorf("%s: %q, want %q", declared, a.Text, words)
		}
	}
}

// A mail of 50 MB is read with the memory of a small one.
func TestLargeFileIsStreamed(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	head := "From: a@b.test\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nhi\r\n--bb\r\nContent-Type: image/png\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n"
	lines := io.LimitReader(&repeat{line: strings.Repeat("QUJD", 19) + "\r\n"}, size/57*78)
	mail := io.MultiReader(strings.NewReader(head), lines, strings.NewReader("\r\n--bb--\r\n"))
	largest := 0
	a, err := letter.Read(mail, false, func(_ centrala.Part, _ int, r io.Reader) (int64, string, error) {
		var total int64
		buf := make([]byte, 32<<10)
		for {
			n, err := r.Read(buf)
			largest, total = max(largest, n), total+int64(n)
			if err != nil {
				return total, "", nil
			}
		}
	})
	if err != nil || a.Broken != nil {
		t.Fatal(err, a.Broken)
	}
	if len(a.Files) != 1 || a.Files[0].Size < size-100 || a.Text != "hi" {
		t.Errorf("files %+v, text %q", a.Files, a.Text)
	}
}

type repeat struct {
	line string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.line[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.line)
	}
	return n, nil
}
