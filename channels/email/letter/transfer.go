package letter

import (
	"bufio"
	"encoding/base64"
	"io"
	"strings"
)

// decoded undoes a transfer encoding. What cannot be decoded is passed on as it stands or left
// out, never an error: a mail that was cut off in the middle is read as far as it goes.
func decoded(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.RawStdEncoding, &base64Only{r: r})
	case "quoted-printable":
		return &quotedPrintable{br: bufio.NewReader(r)}
	}
	return r
}

func isBase64(encoding string) bool { return strings.EqualFold(strings.TrimSpace(encoding), "base64") }

// looksBase64 reports whether a text that says that it is in base64 may be: words with spaces
// between them are not.
func looksBase64(br *bufio.Reader) bool {
	start, _ := br.Peek(2048)
	words, lines := 0, 0
	for line := range strings.Lines(string(start)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		lines++
		if len(strings.Fields(line)) > 2 || strings.ContainsAny(line, ".,:;<>?!()\"'") && len(strings.Fields(line)) > 1 {
			words++
		}
	}
	return words*2 <= lines
}

// base64Only passes on what belongs to base 64, in whole groups of four unless at the end, and
// stops at the first padding. One character that is left over says nothing and is left out.
type base64Only struct {
	r     io.Reader
	ready []byte // to be passed on; its room is kept
	room  [4 << 10]byte
	part  [3]byte // of a group
	n     int     // characters in part
	done  bool
}

func (b *base64Only) Read(p []byte) (int, error) {
	for len(b.ready) == 0 {
		if b.done {
			return 0, io.EOF
		}
		kept := copy(b.room[:], b.part[:b.n])
		n, err := b.r.Read(b.room[kept:])
		for _, c := range b.room[kept : kept+n] {
			if c == '=' {
				b.done = true
				break
			}
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				b.room[kept] = c
				kept++
			}
		}
		b.done = b.done || err != nil
		whole := kept - kept%4
		if b.done && kept%4 > 1 {
			whole = kept
		}
		b.n = copy(b.part[:], b.room[whole:kept])
		b.ready = b.room[:whole]
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

// quotedPrintable decodes RFC 2045 section 6.7 and passes on, as it stands, what only looks
// like it.
type quotedPrintable struct {
	br   *bufio.Reader
	held []byte // read and not passed on yet
}

func (q *quotedPrintable) Read(p []byte) (int, error) {
	for n := 0; n < len(p); n++ {
		c, err := q.byte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, io.EOF
		}
		p[n] = c
	}
	return len(p), nil
}

func (q *quotedPrintable) byte() (byte, error) {
	for {
		if len(q.held) > 0 {
			c := q.held[0]
			q.held = q.held[1:]
			return c, nil
		}
		c, err := q.br.ReadByte()
		if err != nil || c != '=' {
			return c, err
		}
		if c, ok := q.escape(); ok {
			return c, nil
		}
	}
}

// escape reads what follows a "=". ok is false for the end of a soft line, and for anything
// that is no escape, which it holds to be passed on.
func (q *quotedPrintable) escape() (c byte, ok bool) {
	two, _ := q.br.Peek(2)
	if len(two) == 2 {
		hi, lo := unhex(two[0]), unhex(two[1])
		if hi >= 0 && lo >= 0 {
			_, _ = q.br.Discard(2) // they were peeked
			return byte(hi<<4 | lo), true
		}
	}
	for i := 1; i <= 80; i++ { // a soft line break may have spaces before it
		ahead, _ := q.br.Peek(i)
		if len(ahead) < i {
			if strings.TrimRight(string(ahead), " \t\r") == "" {
				_, _ = q.br.Discard(len(ahead))
				return 0, false
			}
			break
		}
		if last := ahead[i-1]; last == '\n' {
			_, _ = q.br.Discard(i)
			return 0, false
		} else if last != ' ' && last != '\t' && last != '\r' {
			break
		}
	}
	q.held = append(q.held, '=')
	return 0, false
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
