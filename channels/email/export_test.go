package email

import (
	"strings"
	"testing"

	"centrala"
	"centrala/channels/email/letter"
)

// ReadFor reads a mail as the mailbox bok@firma.test would.
func (c *Channel) ReadFor(t *testing.T, raw string) centrala.Inbound {
	t.Helper()
	inbox := centrala.Inbox{ID: 7, Mailbox: &centrala.Mailbox{Address: "bok@firma.test"}}
	got, err := c.read(strings.NewReader(raw), origin{inbox: inbox}, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	return got.in
}
