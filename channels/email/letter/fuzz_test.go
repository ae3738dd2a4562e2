package letter_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// FuzzRead: whatever comes, reading ends, says what it found, and is the same the second time.
func FuzzRead(f *testing.F) {
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

// FuzzShownFirst: something is left of every text that says something, and nothing is added.
func FuzzShownFirst(f *testing.F) {
	f.Add("Dziękuję\n\nW dniu 12.09.2026 o 10:15, Jan pisze:\n> a\n")
	f.Add("> a\n-- \nb\n\n________________________________\nOd: a\nDo: b\nTemat: c\n")
	f.Add("-----Original Message-----\nFrom: a\nTo: b\nSubject: c\n\nOn 1.1.2020 a@b wrote:\n>x\ny")
	f.Fuzz(func(t *testing.T, full string) {
		first := letter.ShownFirst(full)
		if strings.TrimSpace(first) == "" && strings.TrimFunc(full, func(r rune) bool {
			return strings.ContainsRune(" \t\r\n\v\f\u0085\u00a0\u200b\ufeff\u200e\u200f\u1427\u2028\u2029", r)
		}) != "" && visible(full) {
			t.Errorf("nothing is left of %q", full)
		}
		if len(first) > len(full) {
			t.Errorf("%q became longer: %q", full, first)
		}
	})
}

// visible reports whether a text has a letter or digit at all.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' })
}
