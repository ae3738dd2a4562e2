package correspondent

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// What left is read as far as the laws look at it: the first words, whom it answers, where an
// answer goes.
func TestReadMail(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(`From: Pomoc <pomoc@jarmark.test>
To: Jan <jan@example.test>
Reply-To: Pomoc <pomoc+t-1@jarmark.test>
Message-Id: <b@jarmark.test>
In-Reply-To: <a2@example.test>
References: <a1@example.test>
 <a2@example.test>
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Ania, s=C5=82owo 7

> Jan pisze
--in
Content-Type: text/html

<p>Ania</p>
--in--
--out--
`, "\n", "\r\n")
	m, replyTo, err := readMail([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Text != "Ania, słowo 7" || m.MessageID != "<b@jarmark.test>" || replyTo != "pomoc+t-1@jarmark.test" || !strings.Contains(m.To, "jan@example.test") {
		t.Errorf("read as %+v, answers go to %q", m, replyTo)
	}
	if want := []string{"<a2@example.test>", "<a1@example.test>", "<a2@example.test>"}; !slices.Equal(m.Answers, want) {
		t.Errorf("it names %v, want %v", m.Answers, want)
	}
	if _, _, err := readMail([]byte("Content-Type: text/plain\r\nContent-Transfer-Encoding: rot13\r\n\r\nx")); err == nil {
		t.Error("what cannot be read is no error")
	}
}

// What is put into the mailbox is in the record, and is a mail that goes on where it was.
func TestWriting(t *testing.T) {
	t.Parallel()
	box, err := lab.StartDovecot(t.Context(), "", nil)
	if errors.Is(err, lab.ErrNoDovecot) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	record := &law.Record{}
	c := New(3, "pomoc@jarmark.test", record, box)
	over, quiet := context.WithCancel(t.Context())
	quiet()
	if err := c.Run(over); err != nil { // the one that was begun is written whole
		t.Fatal(err)
	}
	if wrote := record.Wrote(); len(wrote) != 1 || wrote[0] != "korespondent 3, list 0" {
		t.Errorf("wrote %q", wrote)
	}
	raw := c.letter(law.Posted{ID: "<x@example.test>", Text: "list"}, "pomoc@jarmark.test", []string{"<a@x>", "<b@x>"})
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || m.Header.Get("In-Reply-To") != "<b@x>" || m.Header.Get("References") != "<a@x> <b@x>" {
		t.Errorf("%s: %v", raw, err)
	}
}
