package letter_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/channels/email/letter"
)

func readMail(t *testing.T, raw string) *letter.Letter {
	t.Helper()
	a, err := letter.Read(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), false, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const top = "From: jan@example.test\nMessage-ID: <1@example.test>\nMIME-Version: 1.0\n"

func multipart(kind string, parts ...string) string {
	return top + "Content-Type: multipart/" + kind + "; boundary=bb\n\n--bb\n" + strings.Join(parts, "\n--bb\n") + "\n--bb--\n"
}

// What is not as it should be is mended as its author meant it, and said.
func TestRepairs(t *testing.T) {
	t.Parallel()
	const plain = "Content-Type: text/plain; charset=utf-8\n"
	for name, c := range map[string]struct{ raw, text, note string }{
		"a line of a mailbox file":     {"From jan@example.test Mon Mar  2 10:15:00 2026\n" + top + "\nhi\n", "hi", ""},
		"an escaped one":               {">From jan@example.test Mon Mar  2 10:15:00 2026\n" + top + "\nhi\n", "hi", ""},
		"a broken header line":         {top + "Oops\nSubject: x\n\nhi\n", "hi", "a header line is broken"},
		"no line below the header":     {top + "Subject: x\nDzień dobry, proszę o zwrot\nJan\n", "Dzień dobry, proszę o zwrot\nJan", "there is no empty line below the header"},
		"words, then an empty line":    {top + "Subject: x\nDzień dobry, proszę o zwrot\n\nJan\n", "Dzień dobry, proszę o zwrot\nJan", "there is no empty line below the header"},
		"base64 that was cut off":      {top + plain + "Content-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("Dzień dobry"))[:13] + "\n", "Dzień do", ""},
		"base64 that is none":          {top + plain + "Content-Transfer-Encoding: base64\n\nDzień dobry, to nie jest base64.\nNaprawdę nie jest.\n", "Dzień dobry, to nie jest base64.\nNaprawdę nie jest.", "a text says that it is in base64 and is not"},
		"an encoding that is none":     {top + plain + "Content-Transfer-Encoding: 8-bit-ish\n\nhi\n", "hi", ""},
		"no boundary is named":         {top + "Content-Type: multipart/mixed\n\nhi\n", "hi", "a multipart names no boundary"},
		"the boundary never comes":     {top + "Content-Type: multipart/mixed; boundary=bb\n\nhi\n", "hi", "a multipart has no parts"},
		"the last boundary is missing": {top + "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nhi\n", "hi", "a closing boundary is missing"},
		"an inner end is missing": {multipart("mixed", "Content-Type: multipart/alternative; boundary=cc\n\n--cc\n\nhi", "Content-Disposition: attachment; filename=a.txt\n\nx"), "hi",
			"a closing boundary is missing"},
	} {
		a := readMail(t, c.raw)
		if a.Broken != nil || a.Text != c.text || (c.note != "") != (len(a.Notes) > 0) || c.note != "" && !slices.Contains(a.Notes, c.note) {
			t.Errorf("%s: %q, notes %q, broken %v; want %q, %q", name, a.Text, a.Notes, a.Broken, c.text, c.note)
		}
	}
}

// The limits of the contract: what is beyond them is said, and the rest is read.
func TestLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		var b strings.Builder
		b.WriteString(top)
		for i := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return b.String() + "\nw środku\n"
	}
	if a := readMail(t, nested(20)); a.Text != "w środku" || a.Broken != nil {
		t.Errorf("20 deep: %q %v", a.Text, a.Broken)
	}
	if a := readMail(t, nested(21)); a.Broken != nil || len(a.Files) != 1 || !slices.Contains(a.Notes, "nested deeper than 20 parts") {
		t.Errorf("21 deep: %v, files %+v, notes %q", a.Broken, a.Files, a.Notes)
	}
	part := "Content-Disposition: attachment; filename=a.txt\n\nx"
	if a := readMail(t, multipart("mixed", slices.Repeat([]string{part}, 199)...)); a.Broken != nil || len(a.Files) != 199 {
		t.Errorf("200 parts: %v, %d files", a.Broken, len(a.Files))
	}
	if a := readMail(t, multipart("mixed", slices.Repeat([]string{part}, 200)...)); a.Broken == nil || len(a.Files) != 199 {
		t.Errorf("201 parts: %v, %d files", a.Broken, len(a.Files))
	}
	if a := readMail(t, top+"X: "+strings.Repeat("x", 255<<10)+"\n\nhi\n"); a.Broken != nil || a.Text != "hi" {
		t.Errorf("a header of 255 KiB: %v", a.Broken)
	}
	if a := readMail(t, top+"X: "+strings.Repeat("x", 257<<10)+"\n\nhi\n"); a.Broken == nil || a.Header.Get("From") != "jan@example.test" {
		t.Errorf("a header of 257 KiB: %v, from %q", a.Broken, a.Header.Get("From"))
	}
}

// What belongs to the words and what hangs on the mail.
func TestParts(t *testing.T) {
	t.Parallel()
	image := "Content-Type: image/png\nContent-Transfer-Encoding: base64\n"
	related := readMail(t, multipart("related", "Content-Type: text/html\n\n<p>a <img src=\"cid:one@x\"><img src=\"https://example.test/p/two.png\"><img src='three.png'></p>",
		image+"Content-ID: <one@x>\n\nQUJD", image+"Content-Location: https://example.test/p/two.png\n\nQUJD", image+"Content-Location: file:///C:/tmp/three.png\n\nQUJD",
		image+"Content-ID: <four@x>\nContent-Disposition: inline; filename=four.png\n\nQUJD", image+"Content-Location: five.png\n\nQUJD"))
	var inline []bool
	for _, f := range related.Files {
		inline = append(inline, f.Inline)
	}
	if !slices.Equal(inline, []bool{true, true, true, false, false}) {
		t.Errorf("shown inside: %v of %+v", inline, related.Files)
	}
	if want := `<p>a <img src="cid:one@x"><img src="cid:part-2@location"><img src='cid:part-3@location'></p>`; related.HTML != want {
		t.Errorf("HTML %s, want %s", related.HTML, want)
	}

	alternative := readMail(t, multipart("alternative", "Content-Type: text/plain\n\nhi", "Content-Type: text/x-amp-html\n\n<html amp4email>no</html>", "Content-Type: text/html\n\n<p>hi</p>"))
	if alternative.Text != "hi" || alternative.HTML != "<p>hi</p>" || len(alternative.Files) != 0 {
		t.Errorf("with AMP: %q %q %+v", alternative.Text, alternative.HTML, alternative.Files)
	}

	winmail := readMail(t, multipart("mixed", "Content-Type: text/plain\n\nhi", "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\nQUJD"))
	if winmail.Text != "hi" || len(winmail.Files) != 1 || winmail.Files[0].Name != "winmail.dat" || winmail.Files[0].Type != "application/ms-tnef" {
		t.Errorf("winmail.dat: %q %+v", winmail.Text, winmail.Files)
	}

	attached := readMail(t, multipart("mixed", "Content-Type: text/plain\n\nhi", "Content-Type: message/rfc822\n\nFrom: a@b.test\nSubject: Zwrot / reklamacja\n\ninner words"))
	if attached.Text != "hi" || len(attached.Files) != 1 || attached.Files[0].Name != "Zwrot - reklamacja.eml" {
		t.Errorf("a mail in a mail: %q %+v", attached.Text, attached.Files)
	}

	for disposition, text := range map[string]string{"inline": "reklamacja", "attachment": ""} {
		a := readMail(t, top+"Content-Type: text/plain; charset=utf-8; name=pismo.txt\nContent-Disposition: "+disposition+"; filename=pismo.txt\n\nreklamacja\n")
		if a.Text != text || len(a.Files) != 1 {
			t.Errorf("a text with a name, %s: %q %+v", disposition, a.Text, a.Files)
		}
	}
}

// What only its recipient's own program can read is kept as files and named for what it is.
func TestSealed(t *testing.T) {
	t.Parallel()
	for want, raw := range map[letter.Sealed]string{
		letter.SealedPGP:   multipart("encrypted; protocol=\"application/pgp-encrypted\"", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----"),
		letter.SealedSMIME: top + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAG\n",
		letter.Open:        multipart("signed; protocol=\"application/pgp-signature\"", "Content-Type: text/plain\n\nhi", "Content-Type: application/pgp-signature; name=s.asc\n\nx"),
	} {
		a := readMail(t, raw)
		if a.Sealed != want || len(a.Files) == 0 || (want == letter.Open) != (a.Text != "") {
			t.Errorf("%q: %q, text %q, files %+v", want, a.Sealed, a.Text, a.Files)
		}
	}
	if a := readMail(t, top+"\n-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----\n"); a.Sealed != letter.SealedPGP {
		t.Errorf("PGP as text: %q", a.Sealed)
	}
}

const warsaw = `BEGIN:VTIMEZONE
TZID:Środkowoeuropejski
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
`

// An invitation is a file with a card, also where there are other words; times are moments
// where somebody says in which zone.
func TestCards(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]centrala.Card{
		"DTSTART;TZID=Europe/Warsaw:20260303T100000\nDTEND;TZID=Europe/Warsaw:20260303T113000\nSUMMARY:Rozmowa\\, zwrot\nLOCATION:Łódź\nORGANIZER;CN=\"Nowak; Ania\":mailto:ania@example.test": {
			Summary: "Rozmowa, zwrot", Start: "2026-03-03T10:00:00+01:00", End: "2026-03-03T11:30:00+01:00", Location: "Łódź", Organizer: "Nowak; Ania <ania@example.test>"},
		"SUMMARY:lato\nDTSTART;TZID=Środkowoeuropejski:20260703T100000\nDURATION:PT1H30M":                 {Summary: "lato", Start: "2026-07-03T10:00:00+02:00", End: "2026-07-03T11:30:00+02:00"},
		"SUMMARY:zima\nDTSTART;TZID=Środkowoeuropejski:20260103T100000":                                   {Summary: "zima", Start: "2026-01-03T10:00:00+01:00"},
		"SUMMARY:dzień zmiany\nDTSTART;TZID=Środkowoeuropejski:20261025T100000":                           {Summary: "dzień zmiany", Start: "2026-10-25T10:00:00+01:00"},
		"SUMMARY:Outlook\nDTSTART;TZID=Central European Standard Time:20260703T100000":                    {Summary: "Outlook", Start: "2026-07-03T10:00:00+02:00"},
		"SUMMARY:UTC\nDTSTART:20260303T090000Z":                                                           {Summary: "UTC", Start: "2026-03-03T09:00:00Z"},
		"SUMMARY:cały dzień\nDTSTART;VALUE=DATE:20260303\nDTEND;VALUE=DATE:20260304":                      {Summary: "cały dzień", Start: "2026-03-03", End: "2026-03-04"},
		"SUMMARY:byle gdzie\nDTSTART:20260303T100000":                                                     {Summary: "byle gdzie", Start: "2026-03-03T10:00:00"},
		"SUMMARY:nie wiadomo gdzie\nDTSTART;TZID=Narnia:20260303T100000":                                  {Summary: "nie wiadomo gdzie", Start: "2026-03-03T10:00:00"},
		"SUMMARY:z przypo\n mnieniem\nDTSTART:20260303T090000Z\nBEGIN:VALARM\nSUMMARY:nie to\nEND:VALARM": {Summary: "z przypomnieniem", Start: "2026-03-03T09:00:00Z"},
		"SUMMARY:bez niczego\nORGANIZER:MAILTO:ania@example.test\nDTSTART:kiedyś":                         {Summary: "bez niczego", Organizer: "ania@example.test"},
	} {
		for _, method := range []string{"REQUEST", "CANCEL", "REPLY"} {
			want.Method = method
			ics := "BEGIN:VCALENDAR\nMETHOD:" + method + "\n" + warsaw + "BEGIN:VEVENT\n" + event + "\nEND:VEVENT\nEND:VCALENDAR"
			a := readMail(t, multipart("alternative", "Content-Type: text/plain\n\nzapraszam", "Content-Type: text/calendar; charset=utf-8; method="+method+"\n\n"+ics))
			if a.Text != "zapraszam" || len(a.Files) != 1 || a.Files[0].Card == nil || *a.Files[0].Card != want {
				t.Errorf("%s: %q, %+v; want %+v", event, a.Text, a.Files, want)
			}
		}
	}
	alone := readMail(t, top+"Content-Type: text/calendar; method=cancel\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Odwołane\nDTSTART:20260303T090000Z\nEND:VEVENT\n")
	if alone.Text != "Odwołane\n2026-03-03T09:00:00Z" || alone.Files[0].Card.Method != "CANCEL" {
		t.Errorf("an invitation alone: %q %+v", alone.Text, alone.Files[0].Card)
	}
	none := readMail(t, top+"Content-Type: text/calendar\n\nto nie kalendarz\n")
	if none.Files[0].Card != nil {
		t.Errorf("no calendar: %+v", none.Files[0].Card)
	}
}
