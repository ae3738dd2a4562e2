package letter_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"centrala/channels/email/letter"
)

// A declaration is believed when nothing in the bytes speaks against it.
func TestForeignTextIsLeftAlone(t *testing.T) {
	t.Parallel()
	for words, declared := range map[string]string{
		"Être ou ne pas être: le garçon naïf a mangé 3 m³ de crème brûlée à Noël": "iso-8859-1",
		"forêt vierge":        "iso-8859-1",
		"España, señor Muñoz": "iso-8859-1",
		"Præstø Ærø":          "iso-8859-1",
		"Größe und Maße der Übertöpfe: 20 m² – „schön“": "windows-1252",
		"œuvre": "windows-1252",
		"Příliš žluťoučký kůň úpěl ďábelské ódy":  "iso-8859-2",
		"Miloš Šťastný, Ľuboš Kováč":              "windows-1250",
		"Štěpán Košťál":                           "windows-1250",
		"Съешь ещё этих мягких французских булок": "koi8-r",
		"Zażółć": "utf-16le",
	} {
		enc := map[string]encoding.Encoding{
			"iso-8859-1": charmap.ISO8859_1, "windows-1250": charmap.Windows1250, "windows-1252": charmap.Windows1252, "iso-8859-2": charmap.ISO8859_2, "koi8-r": charmap.KOI8R,
			"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		}[declared]
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

// Names of charsets that no table has, and what is meant by them.
func TestCharsetsThatNoTableHas(t *testing.T) {
	t.Parallel()
	for declared, raw := range map[string]string{
		"x-mac-ce":     "Za\xfd\x97\xb8\x8d g\xab\xe6l\x88 ja\x90\xc4",
		"cp-1250":      "Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1",
		"unknown-8bit": "Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1",
		"x-unknown":    "Zażółć gęślą jaźń",
		"8bit":         "Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1",
		"UTF-8 ":       "Zażółć gęślą jaźń",
	} {
		a, err := letter.Read(strings.NewReader("From: a@b.test\r\nContent-Type: text/plain; charset=\""+declared+"\"\r\n\r\n"+raw+"\r\n"), false, letter.Measure)
		if err != nil || a.Text != "Zażółć gęślą jaźń" {
			t.Errorf("%s: %q, %v", declared, a.Text, err)
		}
	}
}
