package wire

import (
	"bytes"
	"strconv"
)

// A Glance is what a reader in a hot loop wants to know of a frame.
type Glance struct {
	Type, Conversation, Ref string
	Seq                     int64
}

// Look reads the beginning of a message or an acknowledgement that is written in the order in
// which the server writes them today; every other frame is decoded. It saves the driver's
// processor time for the server, with which it shares the machine.
func Look(b []byte) (Glance, error) {
	if g, ok := lookAtMessage(b); ok {
		return g, nil
	}
	if g, ok := lookAtAck(b); ok {
		return g, nil
	}
	if _, ok := Row(b); ok {
		return Glance{Type: "conversation"}, nil
	}
	f, err := Decode(b)
	return Glance{f.Type, f.Conversation, f.Ref, f.Seq}, err
}

// Row is the conversation whose state a frame tells; false for any other frame, or one that is
// written in another order than the server's of today.
func Row(b []byte) (id string, ok bool) {
	id, _, ok = quoted(b, `{"type":"conversation","id":"`)
	return id, ok
}

// By reports whether a message is from somebody of a kind.
func By(b []byte, kind string) bool { return bytes.Contains(b, []byte(`"author":{"kind":"`+kind+`"`)) }

// Says reports whether a message is from somebody of a kind and its words are text, which has
// nothing that JSON escapes.
func Says(b []byte, kind, text string) bool {
	return By(b, kind) && bytes.Contains(b, []byte(`"text":"`+text+`"`))
}

func lookAtMessage(b []byte) (g Glance, ok bool) {
	g.Type = "message"
	if g.Conversation, b, ok = quoted(b, `{"type":"message","conversation":"`); ok {
		g.Seq, ok = number(b, `,"seq":`)
	}
	return g, ok
}

func lookAtAck(b []byte) (g Glance, ok bool) {
	g.Type = "ack"
	if g.Ref, b, ok = quoted(b, `{"type":"ack","ref":"`); ok {
		g.Conversation, b, ok = quoted(b, `,"conversation":"`)
	}
	if ok {
		_, b, ok = quoted(b, `,"message":"`)
	}
	if ok {
		g.Seq, ok = number(b, `,"seq":`)
	}
	return g, ok
}

// quoted is what stands between prefix and the next quotation mark, and what comes after it.
func quoted(b []byte, prefix string) (string, []byte, bool) {
	b, ok := bytes.CutPrefix(b, []byte(prefix))
	end := bytes.IndexByte(b, '"')
	if !ok || end < 0 || bytes.IndexByte(b[:end], '\\') >= 0 {
		return "", nil, false
	}
	return string(b[:end]), b[end+1:], true
}

// number is the one that comes after prefix.
func number(b []byte, prefix string) (int64, bool) {
	b, ok := bytes.CutPrefix(b, []byte(prefix))
	if !ok {
		return 0, false
	}
	end := bytes.IndexFunc(b, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.ParseInt(string(b[:max(end, 0)]), 10, 64)
	return n, err == nil
}

// Numbered is the number at the beginning of a message's text, behind mark; false when there
// is none.
func Numbered(b []byte, mark byte) (int64, bool) {
	_, b, ok := bytes.Cut(b, []byte(`"text":"`))
	if !ok || len(b) == 0 || b[0] != mark {
		return 0, false
	}
	return number(b, string(rune(mark)))
}
