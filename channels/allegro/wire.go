package allegro

import (
	"encoding/json"
	"strings"
	"time"
)

// What the vendor answers with, as far as it is of use. Everything but an id may be missing or null,
// and some of it has been seen as a string that should not be; nothing of that keeps a message back.

// word is a string, also where it came as a number or truth value.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case string(b) == "null":
	case b[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	case b[0] != '{' && b[0] != '[':
		s = string(b)
	}
	*w = word(strings.ReplaceAll(s, "\x00", "")) // which no database keeps
	return nil
}

// truth is a truth value, also where it came as "false".
type truth bool

// UnmarshalJSON implements json.Unmarshaler.
func (t *truth) UnmarshalJSON(b []byte) error {
	*t = truth(strings.EqualFold(strings.Trim(string(b), `"`), "true"))
	return nil
}

// moment is a time; what cannot be read as one is none.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	at, err := time.Parse(time.RFC3339Nano, strings.Trim(string(b), `"`))
	if err != nil || at.Year() < 1990 || at.Year() > 2200 {
		at = time.Time{}
	}
	m.Time = at.UTC()
	return nil
}

type named struct {
	ID word `json:"id"`
}

type thread struct {
	ID           word   `json:"id"`
	Read         truth  `json:"read"`
	Last         moment `json:"lastMessageDateTime"`
	Interlocutor *struct {
		Login word `json:"login"`
	} `json:"interlocutor"` // null: the account is gone
}

func (t thread) login() string {
	if t.Interlocutor == nil {
		return ""
	}
	return string(t.Interlocutor.Login)
}

type message struct {
	ID      word   `json:"id"`
	Status  word   `json:"status"`
	Type    word   `json:"type"`
	Created moment `json:"createdAt"`
	Thread  *named `json:"thread"`
	Author  *struct {
		Login          word  `json:"login"`
		IsInterlocutor truth `json:"isInterlocutor"`
	} `json:"author"`
	Text      word `json:"text"`
	Subject   word `json:"subject"`
	RelatesTo *struct {
		Offer *named `json:"offer"`
		Order *named `json:"order"`
	} `json:"relatesTo"`
	Attachments []attachment `json:"attachments"`
	Additional  *struct {
		VIN word `json:"vin"`
	} `json:"additionalInformation"`
}

// attachment is a file of a message. Of a message in a thread it has a status.
type attachment struct {
	Name   word `json:"fileName"`
	Type   word `json:"mimeType"`
	URL    word `json:"url"`
	Status word `json:"status"`
}

// id is the end of an attachment's address. The address itself does not let everybody in.
func (a attachment) id() string {
	s, _, _ := strings.Cut(string(a.URL), "?")
	return s[strings.LastIndexByte(s, '/')+1:]
}

// Statuses of attachments.
const (
	scanning = "NEW"
	safe     = "SAFE"
)

type money struct {
	Amount   word `json:"amount"`
	Currency word `json:"currency"`
}

type issue struct {
	ID           word   `json:"id"`
	Type         word   `json:"type"`
	Reference    word   `json:"referenceNumber"`
	DecisionDue  moment `json:"decisionDueDate"`
	Opened       moment `json:"openedDate"`
	Subject      word   `json:"subject"`
	Right        word   `json:"right"`
	Expectations []struct {
		Name   word   `json:"name"`
		Refund *money `json:"refund"`
	} `json:"expectations"`
	Reason *struct {
		Type        word `json:"type"`
		Description word `json:"description"`
	} `json:"reason"`
	Buyer *struct {
		ID    word `json:"id"`
		Login word `json:"login"`
	} `json:"buyer"`
	CheckoutForm *named `json:"checkoutForm"`
	Offer        *named `json:"offer"`
	State        struct {
		Status         word   `json:"status"`
		Due            moment `json:"statusDueDate"`
		ChatActive     *truth `json:"chatActive"`
		ReturnRequired truth  `json:"returnRequired"`
	} `json:"currentState"`
	Chat struct {
		Count int `json:"messagesCount"`
		Last  *struct {
			Status  word   `json:"status"`
			Created moment `json:"createdAt"`
		} `json:"lastMessage"`
	} `json:"chat"`
	Attachments []attachment `json:"attachments"`
}

func (i issue) login() string {
	if i.Buyer == nil {
		return ""
	}
	return string(i.Buyer.Login)
}

// due is when the vendor wants something decided: the earlier of the two dates that it names.
func (i issue) due() time.Time {
	a, b := i.State.Due.Time, i.DecisionDue.Time
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lastSaid is when the issue was last said something in, as far as the vendor says.
func (i issue) lastSaid() time.Time {
	if i.Chat.Last == nil {
		return time.Time{}
	}
	return i.Chat.Last.Created.Time
}

// chatMessage is a message of an issue.
type chatMessage struct {
	ID      word   `json:"id"`
	Text    word   `json:"text"`
	Created moment `json:"createdAt"`
	Author  *struct {
		Login word `json:"login"`
		Role  word `json:"role"` // BUYER, SELLER, ADMIN, SYSTEM, FULFILLMENT
	} `json:"author"`
	Attachments []attachment `json:"attachments"`
}

func (m chatMessage) role() string {
	if m.Author == nil {
		return ""
	}
	return string(m.Author.Role)
}

// body is what a raw body may hold: what we keep of a message or an issue, or a page as the vendor
// answers with it.
type body struct {
	Kept     int               `json:"allegro,omitempty"` // version of our own form
	Thread   json.RawMessage   `json:"thread,omitempty"`
	Message  json.RawMessage   `json:"message,omitempty"`
	Issue    json.RawMessage   `json:"issue,omitempty"`
	Chat     []json.RawMessage `json:"chat,omitempty"`
	Threads  []json.RawMessage `json:"threads,omitempty"`
	Messages []json.RawMessage `json:"messages,omitempty"`
	Issues   []json.RawMessage `json:"issues,omitempty"`
}

// failure is the vendor's way to say no.
type failure struct {
	Errors []struct {
		Code    word `json:"code"`
		Message word `json:"message"`
		Path    word `json:"path"`
	} `json:"errors"`
}

// told is the vendor's own words for a refusal, short enough for a log.
func (f failure) told() string {
	var parts []string
	for _, e := range f.Errors {
		s := string(e.Code)
		if e.Message != "" {
			s += ": " + string(e.Message)
		}
		if e.Path != "" {
			s += " (" + string(e.Path) + ")"
		}
		parts = append(parts, s)
	}
	return clip(strings.Join(parts, "; "), 200)
}

// clip is a stranger's word on one line, at most n characters.
func clip(s string, n int) string {
	var out []rune
	for _, r := range s {
		if r < ' ' {
			r = ' '
		}
		if out = append(out, r); len(out) >= n {
			break
		}
	}
	return string(out)
}
