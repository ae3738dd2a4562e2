package email

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels/email/letter"
)

// ReadFor reads a mail as the mailbox bok@firma.test would.
func (c *Channel) ReadFor(t *testing.T, raw string) centrala.Inbound {
	t.Helper()
	inbox := centrala.Inbox{ID: 7, Mailbox: &centrala.Mailbox{Address: "bok@firma.test", Authority: "mx.firma.test"}}
	got, err := c.read(strings.NewReader(raw), origin{inbox: inbox}, letter.Measure)
	if err != nil {
		t.Fatal(err)
	}
	return got.in
}

// Put makes a file of zeros and ones in the line's store.
func (c *Channel) Put(t *testing.T, key string, size int) {
	t.Helper()
	if err := c.c.Blobs.WriteAll(t.Context(), key, bytes.Repeat([]byte{0, 1}, size/2), nil); err != nil {
		t.Fatal(err)
	}
}

// Written is the mail that out is, byte by byte, to w.
func (c *Channel) Written(t *testing.T, out centrala.Outbound, w io.Writer) {
	t.Helper()
	_, d, err := c.letter(t.Context(), out)
	if err == nil {
		err = d.writeTo(w)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// SignRaw is a mail with the signature that a mailbox puts on it, given to the signer in pieces.
func SignRaw(t *testing.T, box *centrala.Mailbox, at time.Time, raw string, piece int) string {
	t.Helper()
	s, err := signerOf(box)
	if err != nil {
		t.Fatal(err)
	}
	field, err := s.field(at, func(w io.Writer) error {
		for rest := raw; rest != ""; rest = rest[min(piece, len(rest)):] {
			if _, err := io.WriteString(w, rest[:min(piece, len(rest))]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return field + raw
}

// ReadRaw reads a mail of which nothing else is known.
func (c *Channel) ReadRaw(raw io.Reader) centrala.Inbound {
	got, err := c.read(raw, origin{}, letter.Measure)
	if err != nil {
		panic(err)
	}
	return got.in
}

// ReplyAddress is where an answer in a conversation is asked for.
func (c *Channel) ReplyAddress(mailbox string, id centrala.ConversationID) string {
	return c.tokens.address(mailbox, id)
}
