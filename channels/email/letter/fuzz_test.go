package letter_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala/channels/email/letter"
)

// seeds are the mails of testdata and some that are broken in ways of their own.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "*.eml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, s := range []string{
		"", "\r\n", "From: a@b\r\n\r\n=", "From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\n--b--",
		"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n----\r\n", "Subject: =?utf-8?q?=?= =?x?b?====?=\r\n\r\n",
		"Content-Type: text/html\r\n\r\n<div class=gmail_quote><blockquote type=cite><pre></div></pre>",
	} {
		f.Add([]byte(s))
	}
}

// FuzzHeader: whatever stands in a header, its values are one line of valid UTF-8, its ids have
// no blanks, and its date is one.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"", "=?utf-8?q?=?= =?x?b?====?=", "=?iso-8859-2?Q?Za=BF=F3=B3=E6?=\r\n =?iso-8859-2?Q?_g=EA=B6l=B1?=", "<a@b> junk <c@d>", "Mon, 2 Jan 2006 15:04:05 +0100 (CET)",
		"multipart/mixed; boundary=\"a;b\"; x*0*=utf-8'pl'%C5%82; x*1=b", "Za\xbf\xf3\xb3\xe6", "a\r\nb: c", "\x00\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		a, err := letter.Read(strings.NewReader("Subject: "+value+"\r\nMessage-ID: "+value+"\r\nDate: "+value+"\r\nContent-Type: "+value+"\r\n\r\nx\r\n"), false, letter.Measure)
		if err != nil {
			t.Fatal(err)
		}
		if s := letter.Text(a.Header, "Subject"); !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") {
			t.Errorf("the subject is %q", s)
		}
		for _, id := range append(letter.IDs(a.Header, "Message-ID"), letter.MessageID(a.Header)) {
			if !utf8.ValidString(id) || strings.ContainsAny(id, " \r\n\t\x00<>") {
				t.Errorf("an id is %q", id)
			}
		}
		if at := letter.Date(a.Header, time.Time{}); !at.IsZero() && (at.Year() < 1990 || at.Year() > 9999) {
			t.Errorf("written at %v", at)
		}
		_, params := letter.MediaType(value)
		for name, v := range params {
			if !utf8.ValidString(v) || strings.ContainsAny(v, "\r\n\x00") {
				t.Errorf("the parameter %q is %q", name, v)
			}
		}
	})
}

// FuzzAddress: what is read as an address is one, is read as the same again, and its name
// cannot be taken for another line or turned around.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"", "jan@example.test", `"Kowalski, Jan" <jan@example.test>, b@example.test`, "=?utf-8?Q?=C5=81ukasz?= <l@example.test>", "<<a@b>>", `"a <b@c>`,
		"a@b (x (y) z)", "x:;", "a@b\u202e <c@d>", "\"System Administrator\"@example.test", "@", "a@.", "a@b,;c@d",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, a := range letter.Addresses(value) {
			at := strings.LastIndexByte(a.Address, '@')
			if at < 1 || at == len(a.Address)-1 || !utf8.ValidString(a.Address+a.Name) || strings.ContainsAny(a.Address+a.Name, "\r\n\x00\u202e") {
				t.Errorf("%q is read as %+q", value, a)
			}
			if strings.ContainsAny(a.Address, " ,;<>") && a.Address[0] != '"' {
				t.Errorf("%q is read as the address %q", value, a.Address)
			}
		}
	})
}

// FuzzMIME: whatever comes, reading ends, says what it found, and is the same the second time.
func FuzzMIME(f *testing.F) {
	seeds(f)
	policy := letter.NewPolicy()
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := letter.Read(bytes.NewReader(raw), false, letter.Measure)
		if err != nil {
			t.Fatalf("bytes in memory were not read: %v", err)
		}
		if a.Broken != nil && strings.Contains(a.Broken.Error(), "reader failed") {
			t.Fatal(a.Broken)
		}
		if !utf8.ValidString(a.Text) || !utf8.ValidString(a.HTML) || strings.ContainsRune(a.Text, 0) {
			t.Error("the text is not valid UTF-8")
		}
		for _, name := range []string{"Subject", "From"} {
			if s := letter.Text(a.Header, name); !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") {
				t.Errorf("%s is %q", name, s)
			}
		}
		for _, p := range a.Files {
			if p.Name == "" || len(p.Name) > 200 || strings.ContainsAny(p.Name, "/\\\x00\n") || !utf8.ValidString(p.Name) {
				t.Errorf("file name %q", p.Name)
			}
		}
		for _, at := range letter.Addresses(a.Header.Get("From")) {
			if !strings.Contains(at.Address, "@") || strings.ContainsAny(at.Address+at.Name, "\r\n\x00") {
				t.Errorf("address %+q", at)
			}
		}
		if clean := strings.ToLower(policy.Sanitize(a.HTML)); strings.Contains(clean, "<script") || strings.Contains(clean, "javascript:alert") && strings.Contains(clean, "href=\"javascript") {
			t.Errorf("not clean: %q", clean)
		}
		again, err := letter.Read(bytes.NewReader(raw), false, letter.Measure)
		if err != nil || again.Digest != a.Digest || again.Text != a.Text {
			t.Error("the second reading differs")
		}
	})
}
