package letter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
)

var mboxLine = regexp.MustCompile(`^From \S+ .*\d{4}\s*$`)

// Mails gives every mail of a file to each: one, or in a mailbox file (mbox) all of them, one
// after the other and from the first byte to the last. n counts from 1; more tells that the
// file is a mailbox file. A mail that is not read to its end is skipped.
func Mails(r io.Reader, each func(n int, more bool, mail io.Reader) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	start, _ := br.Peek(512)
	line, _, ok := bytes.Cut(start, []byte("\n"))
	if !ok || !mboxLine.Match(bytes.TrimRight(line, "\r")) {
		return each(1, false, br)
	}
	m := &mbox{br: br}
	for n := 1; ; n++ {
		m.over, m.blank, m.first = false, false, true
		if err := each(n, true, m); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, m); err != nil {
			return err
		}
		if m.ended {
			return nil
		}
	}
}

// mbox is the mail of a mailbox file that is next.
type mbox struct {
	br                         *bufio.Reader
	rest                       []byte
	first, blank, middle, over bool // at the first line; after an empty one; inside a line; at the end of the mail
	ended                      bool // and of the file
}

func (m *mbox) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		if m.over {
			return 0, io.EOF
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func (m *mbox) next() error {
	if !m.middle && m.blank && !m.first {
		if start, _ := m.br.Peek(512); bytes.HasPrefix(start, []byte("From ")) {
			line, _, _ := bytes.Cut(start, []byte("\n"))
			if mboxLine.Match(bytes.TrimRight(line, "\r")) {
				m.over = true
				return nil
			}
		}
	}
	piece, err := m.br.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if !errors.Is(err, io.EOF) {
			return err
		}
		m.over, m.ended = true, true
	}
	whole := bytes.HasSuffix(piece, []byte("\n"))
	m.blank = whole && !m.middle && len(bytes.TrimRight(piece, "\r\n")) == 0
	m.middle, m.first = !whole && err == nil || errors.Is(err, bufio.ErrBufferFull), false
	m.rest = piece
	return nil
}
