package centrala

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// SubjectWindow is how long after its last activity a conversation may still be continued by
// nothing more than an equal subject.
const SubjectWindow = 7 * 24 * time.Hour

// maxThreadKeys bounds how many ids of one message are looked up.
const maxThreadKeys = 50

// Link says by what an inbound message points at a conversation, strongest first.
type Link int

// The links. A reply token is signed by us; a reference is an id we stored; a number and a
// subject can be typed by anyone and count only for the contact whose conversation it is.
const (
	NoLink Link = iota
	ByToken
	ByReference
	ByNumber
	BySubject
)

// String is the link's name in the book of fetched mail; "new" for none.
func (l Link) String() string {
	switch l {
	case ByToken:
		return "token"
	case ByReference:
		return "reference"
	case ByNumber:
		return "number"
	case BySubject:
		return "subject"
	}
	return "new"
}

// Thread is what becomes of an inbound message that points at a conversation.
type Thread struct {
	Join     bool // it goes into the conversation
	Stranger bool // it does, and its sender is not the conversation's contact: show that
	Follow   bool // it begins a new conversation that is linked to this one
}

// Thread decides whether the message continues c at now. link is how it found c; same tells
// that its sender is c's contact. A conversation that is over for longer than ReopenWithin is
// followed by a new one instead; for a merged one the caller passes what it was merged into.
// Where our own mail server contradicts the sender, an address that anybody can type links
// nothing.
// The zero Thread means that the two have nothing to do with each other.
func (in Inbound) Thread(c Conversation, link Link, same bool, now time.Time) Thread {
	switch contradicted := in.Trust.Verdict == Contradict; link {
	case ByToken, ByReference:
		same = same && !contradicted
	case ByNumber:
		if n, ok := ConversationNumber(in.Subject); !same || contradicted || !ok || n != c.Number {
			return Thread{}
		}
	case BySubject:
		if !same || contradicted || !in.sameSubject(c) || now.Sub(c.UpdatedAt) >= SubjectWindow || c.MergedInto != 0 {
			return Thread{}
		}
	default:
		return Thread{}
	}
	if c.Continues(now) {
		return Thread{Join: true, Stranger: !same}
	}
	return Thread{Follow: same}
}

func (in Inbound) sameSubject(c Conversation) bool {
	s := NormalSubject(in.Subject)
	return !GenericSubject(in.Subject) && s == NormalSubject(c.Subject)
}

// ThreadKeys are the message ids that the message answers, in the order in which they should
// be looked up: In-Reply-To, then References from the last to the first. Empty ids, repeats
// and the message's own id are left out, because an empty id would match every message that
// has none.
func (in Inbound) ThreadKeys() []string {
	keys := make([]string, 0, len(in.InReplyTo)+len(in.References))
	add := func(id string) {
		id = strings.Trim(strings.TrimSpace(id), "<>")
		if id != "" && id != in.MessageID && len(keys) < maxThreadKeys && !slices.Contains(keys, id) {
			keys = append(keys, id)
		}
	}
	for _, id := range in.InReplyTo {
		add(id)
	}
	for _, id := range slices.Backward(in.References) {
		add(id)
	}
	return keys
}

// NormalSubject is a subject as it is compared: lower case, single spaces, without reply and
// forward marks in the languages of our customers' mailers, counters like "Re[2]:", marks of
// outside senders and our own number.
func NormalSubject(s string) string {
	return strings.ToLower(bareSubject(s))
}

// GenericSubject reports whether a subject says too little to tell two matters apart.
func GenericSubject(s string) bool {
	s = strings.TrimFunc(NormalSubject(s), func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
	return len([]rune(s)) < 4 || slices.Contains(genericSubjects(), s)
}

func genericSubjects() []string {
	return []string{
		"pytanie", "pytania", "reklamacja", "zapytanie", "zwrot", "zwroty", "zamówienie", "zamowienie", "pomoc", "problem",
		"kontakt", "prośba", "prosba", "prośba o pomoc", "prośba o kontakt", "wiadomość", "wiadomosc", "sprawa", "bez tematu",
		"brak tematu", "temat", "dzień dobry", "dzien dobry", "witam", "cześć", "pilne", "formularz kontaktowy", "płatność",
		"przesyłka", "dostawa", "konto", "faktura",
		"question", "questions", "complaint", "return", "returns", "refund", "order", "my order", "help", "contact", "request",
		"support", "message", "hello", "urgent", "no subject", "none", "subject", "delivery", "payment", "account", "invoice",
		"enquiry", "inquiry", "contact form", "issue", "frage", "anfrage", "hilfe", "reklamation", "hallo", "kein betreff",
	}
}

// ConversationNumber finds our number, written "[#20417]", in a subject. The last one counts.
func ConversationNumber(subject string) (int64, bool) {
	for rest := subject; ; {
		at := strings.LastIndex(rest, "[#")
		if at < 0 {
			return 0, false
		}
		if digits, _, ok := strings.Cut(rest[at+2:], "]"); ok {
			if n, ok := conversationNumber(digits); ok {
				return n, true
			}
		}
		rest = rest[:at]
	}
}

func conversationNumber(digits string) (int64, bool) {
	for _, r := range digits {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

// maxReplySubject keeps an answer's subject below the length that any mailer folds badly.
const maxReplySubject = 200

// ReplySubject is the subject of an answer to subject in conversation number: one "Re:", the
// words without the marks that earlier answers put there, and our number, unless it is zero.
// It is always a single line.
func ReplySubject(subject string, number int64) string {
	s := "Re: " + Clip(bareSubject(subject), maxReplySubject)
	if number > 0 {
		s = strings.TrimSpace(s) + " [#" + strconv.FormatInt(number, 10) + "]"
	}
	return strings.TrimSpace(s)
}

// bareSubject takes the marks off a subject and leaves its words as they were written.
func bareSubject(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	s = withoutNumbers(s)
	for {
		t := strings.TrimSpace(withoutMark(s))
		if t == s {
			return s
		}
		s = t
	}
}

// withoutNumbers removes every "[#20417]".
func withoutNumbers(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "[#")
		digits, after, closed := strings.Cut(rest, "]")
		if !ok || !closed {
			b.WriteString(s)
			return strings.TrimSpace(b.String())
		}
		b.WriteString(before)
		if _, ok := conversationNumber(digits); ok {
			s = strings.TrimSpace(after)
			continue
		}
		b.WriteString("[#")
		s = rest
	}
}

// withoutMark removes one mark from the front: "Re:", "Odp:", "Re[2]:", "[EXTERNAL]".
func withoutMark(s string) string {
	if tag, rest, ok := strings.Cut(s, "]"); ok && strings.HasPrefix(tag, "[") {
		if slices.Contains(outsideTags(), strings.ToLower(strings.TrimSpace(tag[1:]))) {
			return rest
		}
	}
	mark, rest, ok := strings.Cut(s, ":")
	if !ok || len(mark) > 16 {
		return s
	}
	mark = strings.ToLower(strings.TrimSpace(mark))
	if open := strings.IndexAny(mark, "[(^"); open > 0 { // a counter: "re[2]", "re(3)", "re^2"
		if strings.Trim(mark[open:], "[]()^ 0123456789") == "" {
			mark = strings.TrimSpace(mark[:open])
		}
	}
	if slices.Contains(replyMarks(), strings.TrimRight(mark, ". ")) {
		return rest
	}
	return s
}

func outsideTags() []string {
	return []string{"external", "ext", "extern", "zewnętrzny", "zewnetrzny", "zewnętrzna", "spam", "suspicious"}
}

func replyMarks() []string {
	return []string{
		"re", "fw", "fwd", "odp", "odpowiedź", "odpowiedz", "pd", "przek", "dot", "aw", "antw", "antwort", "wg", "sv", "vs", "vb", "ref",
		"tr", "rép", "rv", "enc", "res", "ynt", "на", "ответ", "отв", "vá", "r", "i",
	}
}

// OwnID reads a Message-ID of ours, which says itself what it belongs to:
// "c.<conversation>.<delivery>@…". That it can be read does not prove that we wrote it.
func OwnID(id string) (ConversationID, DeliveryID, bool) {
	local, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(id), "<>"), "@")
	parts := strings.Split(local, ".")
	if len(parts) < 3 || parts[0] != "c" {
		return 0, 0, false
	}
	c, err := ParseID[conversationKind]("c_" + parts[1])
	if err != nil {
		return 0, 0, false
	}
	d, err := ParseID[deliveryKind]("d_" + parts[2])
	return c, d, err == nil
}
