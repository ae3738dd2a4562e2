// Package correspondent is people who write mails and answer what comes back, for the hostile
// client.
package correspondent

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// A Correspondent writes to the mailbox and answers what comes back, as mail programs do: one
// exchange of mails, one mail after the other. What they put into the mailbox goes into the
// record.
type Correspondent struct {
	Name    string
	address string
	desk    string // whom they write to
	record  *law.Record
	box     *lab.Dovecot
	got     chan law.Mail // answers, the newest only
	replyTo map[string]string
	mu      sync.Mutex
}

// New is the n-th person, who writes to an address by way of its mailbox.
func New(n int, to string, record *law.Record, box *lab.Dovecot) *Correspondent {
	return &Correspondent{Name: fmt.Sprintf("korespondent %d", n), address: fmt.Sprintf("korespondent%d@example.test", n), desk: to,
		record: record, box: box, got: make(chan law.Mail, 1), replyTo: map[string]string{}}
}

// unanswered is how long a correspondent waits before they write again without an answer.
const unanswered = 20 * time.Second

// Run writes and answers until ctx ends.
func (c *Correspondent) Run(ctx context.Context) error {
	var named []string // Message-IDs of the exchange so far
	to := c.desk
	for n := 0; ; n++ {
		id := fmt.Sprintf("<%s.%d@example.test>", strings.ReplaceAll(c.Name, " ", "."), n)
		p := law.Posted{By: c.Name, Order: n, ID: id, Text: fmt.Sprintf("%s, list %d", c.Name, n)}
		c.record.Post(p)
		if err := c.box.Put(c.letter(p, to, named)); err != nil {
			return fmt.Errorf("%s: put a mail into the mailbox: %w", c.Name, err)
		}
		named = append(named, id)
		wait := time.NewTimer(unanswered)
		select {
		case m := <-c.got:
			named = append(named, m.MessageID)
			if to = c.desk; n%3 > 0 { // every third goes by what it names alone
				to = c.back(m.MessageID)
			}
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
		if lab.Rest(ctx, 100*time.Millisecond+rand.N(300*time.Millisecond)) != nil {
			return nil
		}
	}
}

// letter is a mail as a program makes it.
func (c *Correspondent) letter(p law.Posted, to string, named []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\nDelivered-To: %s\r\nFrom: %s <%s>\r\nTo: %s\r\nSubject: Sprawa, %s\r\nDate: %s\r\nMessage-ID: %s\r\n",
		c.address, to, c.Name, c.address, to, c.Name, time.Now().Format(time.RFC1123Z), p.ID)
	if len(named) > 0 {
		fmt.Fprintf(&b, "In-Reply-To: %s\r\nReferences: %s\r\n", named[len(named)-1], strings.Join(named[max(0, len(named)-8):], "\r\n "))
	}
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n", p.Text)
	return b.Bytes()
}

// hear takes an answer.
func (c *Correspondent) hear(m law.Mail, replyTo string) {
	c.mu.Lock()
	c.replyTo[m.MessageID] = replyTo
	c.mu.Unlock()
	select {
	case <-c.got:
	default:
	}
	c.got <- m // only the collector sends
}

func (c *Correspondent) back(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.replyTo[id]; at != "" {
		return at
	}
	return c.desk
}

// Collect brings the mails that left the house to whom they are for, until ctx ends and once
// more then.
func Collect(ctx context.Context, record *law.Record, sink *lab.Sink, people []*Correspondent) error {
	seen := map[string]bool{}
	for {
		over := lab.Rest(ctx, 100*time.Millisecond) != nil
		mails, err := sink.Mails()
		if err != nil {
			return err
		}
		for name, raw := range mails {
			if seen[name] {
				continue
			}
			seen[name] = true
			m, replyTo, err := readMail(raw)
			if err != nil {
				record.Expect(false, "a mail left that nobody can read: %v", err)
				continue
			}
			for _, c := range people {
				if strings.Contains(m.To, c.address) {
					m.To = c.Name
					c.hear(m, replyTo)
					break
				}
			}
			record.Deliver(m)
		}
		if over {
			return nil
		}
	}
}

var messageID = regexp.MustCompile(`<[^<>\s]+>`)

// readMail reads a mail that left as far as the laws look at it.
func readMail(raw []byte) (m law.Mail, replyTo string, err error) {
	got, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, "", err
	}
	h := got.Header
	m = law.Mail{To: h.Get("To"), MessageID: h.Get("Message-Id"), Answers: messageID.FindAllString(h.Get("In-Reply-To")+" "+h.Get("References"), -1)}
	if back, err := mail.ParseAddress(h.Get("Reply-To")); err == nil {
		replyTo = back.Address
	}
	m.Text, err = firstLine(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), got.Body)
	return m, replyTo, err
}

// firstLine is that of the plain text in a mail or a part of one, "" when there is none.
func firstLine(kind, encoding string, body io.Reader) (string, error) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(media, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			if text, err := firstLine(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); text != "" || err != nil {
				return text, err
			}
		}
	}
	if media != "text/plain" {
		return "", nil
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "", "7bit", "8bit":
	default:
		return "", fmt.Errorf("encoded as %q", encoding)
	}
	line, err := bufio.NewReader(body).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimSpace(line), err
}
