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
	return p.checkMentions()
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
