package sorting_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels/email/letter"
	"centrala/channels/email/sorting"
)

// FuzzDSN: whatever a mail says, it is sorted into one outcome with a cause, the same the
// second time, and what a report names is one line.
func FuzzDSN(f *testing.F) {
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
	f.Add([]byte("From: MAILER-DAEMON@x\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
		"Final-Recipient: x;;@\r\nAction: \r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1.1\r\n--b--"))
	f.Add([]byte("From: a@b\r\nAuthentication-Results: mx; dmarc=fail (p=reject (x;y) \\) ) header.from=b; spf=pass smtp.mailfrom=\"a;b\"\r\n\r\nx"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := letter.Read(bytes.NewReader(raw), false, letter.Measure)
		if err != nil {
			t.Fatal(err)
		}
		judge := func() centrala.Inbound {
			in := centrala.Inbound{Subject: letter.Text(a.Header, "Subject"), Text: a.Text, At: letter.Date(a.Header, time.Time{})}
			if list := letter.Addresses(a.Header.Get("From")); len(list) > 0 {
				in.From = list[0]
			}
			sorting.Judge(&in, a, sorting.Known{Mailbox: "bok@firma.test", Authority: "mx"})
			return in
		}
		in := judge()
		if !slices.Contains(centrala.Outcomes(), in.Outcome) || in.Cause.Code == "" || in.Reason == "" {
			t.Fatalf("outcome %q, cause %+v, reason %q", in.Outcome, in.Cause, in.Reason)
		}
		if !utf8.ValidString(in.Cause.Detail+in.Reason) || strings.ContainsAny(in.Cause.Detail, "\r\n\x00") {
			t.Errorf("the cause is %q", in.Cause)
		}
		if (in.Outcome == centrala.Bounce) != (in.Report != nil) {
			t.Errorf("outcome %s, report %+v", in.Outcome, in.Report)
		}
		if r := in.Report; r != nil {
			if s := r.Action + r.Status + r.Recipient; strings.ContainsAny(s, "\r\n\x00") || r.Action == "" || r.Recipient != "" && !strings.Contains(r.Recipient, "@") {
				t.Errorf("the report says %+q", *r)
			}
		}
		if again := judge(); again.Outcome != in.Outcome || again.Cause != in.Cause || again.Trust != in.Trust {
			t.Error("the second time it is sorted otherwise")
		}
	})
}
