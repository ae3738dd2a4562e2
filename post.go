package centrala

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxKey is the longest idempotency key in bytes, MaxAttachments how many files a message
// may carry.
const (
	MaxKey         = 64
	MaxAttachments = 10
)

// Check says what is wrong with a post before anybody looks at the log: Invalid or TooLong.
func (p Post) Check() error {
	if err := CheckKey(p.Key); err != nil {
		return err
	}
	if p.Sender == "" {
		return InvalidField("sender", "Nobody is named as the sender.")
	}
	if err := CheckText("text", p.Text); err != nil {
		return err
	}
	if strings.TrimSpace(p.Text) == "" && len(p.Attachments) == 0 {
		return InvalidField("text", "The message is empty.")
	}
	if len(p.Attachments) > MaxAttachments {
		return InvalidField("attachments", "A message carries at most %d attachments.", MaxAttachments)
	}
	if err := p.checkWay(); err != nil {
		return err
	}
	return p.checkMentions()
}

// MaxBlanks is how many blanks of a template may be filled.
const MaxBlanks = 50

// checkWay: how an answer leaves, and what it answers, only answers say.
func (p Post) checkWay() error {
	answer := p.Author.Kind != ByCustomer && !p.Note
	switch {
	case p.Via != "" && !answer:
		return InvalidField("via", "Only an answer leaves by another way.")
	case p.Answers < 0 || p.Answers > 0 && !answer:
		return InvalidField("answers", "Only an answer answers a message, by its seq.")
	case p.Template == nil:
		return nil
	case !answer:
		return InvalidField("template", "Only an answer is made of a template.")
	case p.Template.Name == "" || p.Template.Locale == "" || len(p.Template.Params) > MaxBlanks:
		return InvalidField("template", "A template has a name, a language and at most %d blanks.", MaxBlanks)
	case len(p.Attachments) > 0:
		return InvalidField("attachments", "A template carries no files.")
	}
	for _, s := range append([]string{p.Template.Name, p.Template.Locale}, p.Template.Params...) {
		if err := CheckText("template", s); err != nil {
			return err
		}
	}
	return nil
}

func (p Post) checkMentions() error {
	switch {
	case len(p.Mentions) == 0:
	case !p.Note:
		return InvalidField("mentions", "Only a note mentions colleagues.")
	case len(p.Mentions) > MaxMentions:
		return InvalidField("mentions", "A note mentions at most %d colleagues.", MaxMentions)
	case slices.Contains(p.Mentions, p.Agent):
		return InvalidField("mentions", "Nobody mentions themselves.")
	}
	return nil
}

// CheckKey says whether key can be an idempotency key: 1 to 64 printable bytes.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return InvalidField("key", "A key has 1 to %d bytes.", MaxKey)
	}
	for i := range len(key) {
		if key[i] < 0x20 || key[i] == 0x7f {
			return InvalidField("key", "A key has no control characters.")
		}
	}
	return nil
}

// CheckText says whether a text may be stored: valid UTF-8 without NUL, at most MaxText
// characters.
func CheckText(field, s string) error {
	if n := utf8.RuneCountInString(s); n > MaxText {
		return &Error{Code: TooLong, Field: field, Message: "Text has " + thousands(n) + " characters; the limit is " + thousands(MaxText) + "."}
	}
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return InvalidField(field, "The text is not valid UTF-8.")
	}
	return nil
}

// thousands writes n with spaces between groups of three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
