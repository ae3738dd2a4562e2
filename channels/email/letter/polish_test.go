package letter_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"centrala/channels/email/letter"
)

const polish = "Dzień dobry, proszę o zwrot pieniędzy za źle zapakowaną paczkę. Zażółć gęślą jaźń, Łódź, śnieg, ćma."

// What people write in headers is short, and so has little to tell a charset by. Every mailer
// writes some of these.
var (
	senders = []string{
		"Łukasz Wiśniewski", "Żaneta Bąk", "Józef Źrebiec", "Grażyna Świętek", "Paweł", "Marcin Zając", "Ćwikła i Syn", "Łódzka Śliwka", "Małgorzata",
		"Sąd Rejonowy", "ŻÓŁW s.c.", "Michał Gołąb", "Bożena", "Stanisław Kość", "Zofia Mróz", "Księgowość", "Jaś",
	}
	subjects = []string{
		"Źle zapakowana przesyłka z Łodzi, proszę o zwrot", "Gdzie jest moja paczka? Już tydzień!", "Zamówienie", "Płatność", "proszę o pomoc", "Reklamacja: pęknięty wąż",
		"ZWROT PIENIĘDZY", "Faktura źle wystawiona", "Żądam odpowiedzi", "Pytanie o wysyłkę", "Spóźniona dostawa", "zgłoszenie", "Środa, 10:00",
	}
	files = []string{"żółta łódź śląska.txt", "zdjęcie.jpg", "Umowa sprzedaży, Łódź.pdf", "potwierdzenie płatności.pdf", "źródło.txt", "paragon (ząb).png", "część 1.doc"}
)

// mailer is a program that writes Polish in a way of its own.
type mailer struct {
	charset, transfer, declared, form string
	subject, sender, file             string
}

// declarations are how the charset is told, and in which way the names are written.
func declarations() []string {
	return []string{"right", "wrong: us-ascii", "wrong: iso-8859-1", "wrong: utf-8", "wrong: a cousin", "not", "raw header", "split word", "rfc2231", "rfc2047 name"}
}

// TestPolish writes the same Polish mail the way 360 mailers would, rightly and wrongly, and
// reads every one: subject, sender's name, text and the name of a file.
func TestPolish(t *testing.T) {
	t.Parallel()
	total, right := 0, 0
	undecided, inPart := map[string]int{}, 0
	for _, m := range mailers() {
		total++
		wrong, open := m.check(m.mail(t))
		for _, what := range open {
			undecided[m.charset+", "+m.declared+": "+what]++
		}
		if len(open) > 0 && len(wrong) == 0 {
			inPart++
		}
		if len(wrong) > 0 {
			t.Errorf("%+v: %s", m, strings.Join(wrong, "; "))
		} else if len(open) == 0 {
			right++
		}
	}
	t.Logf("Polish mail: %d written, 0 lost, %d read rightly in all, %d in part because the bytes do not say, %d wrongly", total, right, inPart, total-right-inPart)
	for _, what := range slices.Sorted(maps.Keys(undecided)) {
		t.Logf("the bytes do not say: %s (%d mails)", what, undecided[what])
	}
	if total < 250 {
		t.Errorf("only %d mails", total)
	}
}

func mailers() []mailer {
	var all []mailer
	for _, charset := range []string{"iso-8859-2", "windows-1250", "utf-8", "ibm852"} {
		for _, transfer := range []string{"quoted-printable", "base64", "8bit"} {
			for _, declared := range declarations() {
				for _, form := range []string{"plain", "html", "flowed"} {
					n := len(all)
					all = append(all, mailer{charset, transfer, declared, form, subjects[n%len(subjects)], senders[n%len(senders)], files[n%len(files)]})
				}
			}
		}
	}
	return all
}

// label is the charset that the mailer declares, "" for none.
func (m mailer) label() string {
	cousin := map[string]string{"iso-8859-2": "windows-1250", "windows-1250": "iso-8859-2", "ibm852": "windows-1250", "utf-8": "iso-8859-2"}
	switch m.declared {
	case "wrong: a cousin":
		return cousin[m.charset]
	case "not":
		return ""
	}
	if wrong, ok := strings.CutPrefix(m.declared, "wrong: "); ok {
		return wrong
	}
	return m.charset
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
	fmt.Fprintf(&b, "From: %s <jan@example.test>\r\nMessage-ID: <x@example.test>\r\nMIME-Version: 1.0\r\nSubject: %s\r\n", m.words(t, m.sender), m.words(t, m.subject))
	body, kind := polish, "text/plain"
	switch m.form {
	case "html":
		body, kind = "<html><body><p>"+polish+"</p></body></html>", "text/html"
	case "flowed":
		body = strings.Replace(polish, "pieniędzy ", "pieniędzy \r\n", 1)
	}
	declared := ""
	if l := m.label(); l != "" {
		declared = "; charset=" + l
	}
	if m.form == "flowed" {
		declared += "; format=flowed"
	}
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: %s%s\r\nContent-Transfer-Encoding: %s\r\n\r\n", kind, declared, m.transfer)
	b.Write(m.encode(t, m.bytes(t, body)))
	fmt.Fprintf(&b, "\r\n--bb\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; %s\r\n\r\ntreść\r\n--bb--\r\n", m.fileName(t))
	return b.Bytes()
}

// words are Polish words in a header.
func (m mailer) words(t *testing.T, s string) string {
	raw, label := m.bytes(t, s), m.label()
	word := func(b []byte) string { return "=?" + label + "?B?" + base64.StdEncoding.EncodeToString(b) + "?=" }
	switch {
	case m.declared == "raw header" || label == "":
		return string(raw)
	case m.declared == "split word": // in the middle of the first letter when it has two bytes
		return word(raw[:1]) + "\r\n " + word(raw[1:])
	}
	return word(raw)
}

func (m mailer) fileName(t *testing.T) string {
	raw, label := m.bytes(t, m.file), m.label()
	switch {
	case m.declared == "rfc2231":
		escaped := strings.ReplaceAll(url.QueryEscape(string(raw)), "+", "%20")
		return "filename*0*=" + label + "''" + escaped[:len(escaped)/2-len(escaped)/2%3] + ";\r\n filename*1*=" + escaped[len(escaped)/2-len(escaped)/2%3:]
	case m.declared == "raw header" || label == "":
		return `filename="` + string(raw) + `"`
	case m.declared == "split word":
		return `filename="=?` + label + "?B?" + base64.StdEncoding.EncodeToString(raw[:1]) + `?= =?` + label + "?B?" + base64.StdEncoding.EncodeToString(raw[1:]) + `?="`
	}
	return `filename="=?` + label + "?B?" + base64.StdEncoding.EncodeToString(raw) + `?="`
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

// check tells what was read otherwise than it was written: wrongly, or openly because the
// bytes alone do not say.
func (m mailer) check(raw []byte) (wrong, open []string) {
	a, err := letter.Read(bytes.NewReader(raw), false, letter.Measure)
	if err != nil || a.Broken != nil {
		return []string{fmt.Sprint("not read: ", err, a.Broken)}, nil
	}
	from, name := "", ""
	if list := letter.Addresses(a.Header.Get("From")); len(list) == 1 && list[0].Address == "jan@example.test" {
		from = list[0].Name
	}
	if len(a.Files) == 1 {
		name = a.Files[0].Name
	}
	for _, x := range []struct{ what, got, want string }{
		{"text", strings.TrimSpace(a.Text), polish}, {"subject", letter.Text(a.Header, "Subject"), m.subject}, {"sender", from, m.sender}, {"file", name, m.file},
	} {
		switch {
		case x.got == x.want:
		case m.undecided(x.what):
			open = append(open, fmt.Sprintf("%s %q", x.what, x.got))
		default:
			wrong = append(wrong, fmt.Sprintf("%s %q", x.what, x.got))
		}
	}
	return wrong, open
}

// undecided reports whether no reader can tell from the bytes how this was meant: of the
// charset of DOS, under a wrong name, a letter or two are all there is, and they are letters or
// signs of the named charset in places where those may stand ("Boľena", "prosz©").
func (m mailer) undecided(what string) bool {
	return m.charset == "ibm852" && what != "text" && (m.declared == "wrong: a cousin" || m.declared == "wrong: iso-8859-1")
}
