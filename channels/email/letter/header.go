package letter

import (
	"encoding/base64"
	"io"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message/textproto"

	"centrala"
)

// Limits of what is taken from headers.
const (
	maxAddresses = 100
	maxIDs       = 200
)

var (
	encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=`)
	bracketed   = regexp.MustCompile(`<([^<>\s]{1,500})>`)
	bareAddress = regexp.MustCompile(`[^\s<>()\[\]",;:\\]+@[^\s<>()\[\]",;:\\]+`)
	comment     = regexp.MustCompile(`\([^()]*\)`)
)

// Text is a header's first value for people: encoded words and raw bytes decoded, one line.
func Text(h textproto.Header, name string) string {
	return OneLine(decodeWords(h.Get(name)))
}

// OneLine is s without control characters and with single spaces.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
	}), " ")
}

// decodeWords decodes RFC 2047 words. The bytes of neighbours in the same charset are joined
// first, because many mailers cut a word in the middle of a character.
func decodeWords(s string) string {
	found := encodedWord.FindAllStringSubmatchIndex(s, -1)
	if found == nil {
		return toUTF8([]byte(s), "")
	}
	var (
		out     strings.Builder
		pending []byte
		charset string
		at      int
	)
	flush := func() {
		out.WriteString(toUTF8(pending, charset))
		pending, charset = nil, ""
	}
	for _, m := range found {
		between := s[at:m[0]]
		name := cleanCharset(s[m[2]:m[3]])
		if strings.TrimSpace(between) != "" || name != charset {
			flush()
		}
		if strings.TrimSpace(between) != "" || at == 0 {
			out.WriteString(toUTF8([]byte(between), ""))
		}
		charset = name
		pending = append(pending, wordBytes(s[m[4]:m[5]], s[m[6]:m[7]])...)
		at = m[1]
	}
	flush()
	out.WriteString(toUTF8([]byte(s[at:]), ""))
	return out.String()
}

func wordBytes(encoding, data string) []byte {
	if encoding == "b" || encoding == "B" {
		r := base64.NewDecoder(base64.RawStdEncoding, &base64Only{r: strings.NewReader(data)})
		raw, _ := io.ReadAll(r) // what is readable of it
		return raw
	}
	raw, _ := io.ReadAll(decoded("quoted-printable", strings.NewReader(strings.ReplaceAll(data, "_", " ")))) // a string does not fail
	return raw
}

// Addresses reads an address list the way people's mailers write it, not the way RFC 5322
// would like it: what has no address in it is left out.
func Addresses(value string) []centrala.Address {
	var list []centrala.Address
	for _, entry := range splitAddresses(value) {
		if a, ok := Address(entry); ok && len(list) < maxAddresses {
			list = append(list, a)
		}
	}
	return list
}

// splitAddresses cuts at commas and semicolons outside quotes, brackets and comments.
func splitAddresses(s string) []string {
	var (
		list  []string
		start int
		quote bool
		angle bool
		depth int
	)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quote:
			i++
		case c == '"':
			quote = !quote
		case quote:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case (c == ',' || c == ';') && !angle && depth == 0:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	if quote && start < len(s) && strings.Count(s, `"`)%2 == 1 { // a quote that never ends
		return append(list, strings.Split(strings.ReplaceAll(s[start:], `"`, ""), ",")...)
	}
	return append(list, s[start:])
}

// Address reads one entry of an address list; false when there is no address in it.
func Address(entry string) (centrala.Address, bool) {
	name, addr := entry, ""
	if open := strings.LastIndexByte(entry, '<'); open >= 0 {
		inside, _, _ := strings.Cut(entry[open+1:], ">")
		name, addr = entry[:open], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(inside), "mailto:"))
		if !strings.HasPrefix(addr, `"`) {
			addr = strings.ReplaceAll(addr, " ", "")
		}
	}
	if !strings.Contains(addr, "@") {
		if addr = bareAddress.FindString(entry); addr == "" {
			return centrala.Address{}, false
		}
		name = strings.Replace(name, addr, "", 1)
	}
	addr = withoutBidi(toUTF8([]byte(addr), ""))
	at := strings.LastIndexByte(addr, '@')
	local := OneLine(addr[:at])
	addr = OneLine(local + "@" + strings.ToLower(strings.Trim(addr[at+1:], ".,;")))
	if strings.Trim(local, `"@`) == "" || strings.HasSuffix(addr, "@") || len(addr) > 320 || strings.ContainsAny(addr, " \",;<>") && addr[0] != '"' {
		return centrala.Address{}, false
	}
	return centrala.Address{Name: displayName(name), Address: addr}, true
}

func displayName(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
	} else if !strings.HasPrefix(s, `"`) {
		s = comment.ReplaceAllString(s, "")
	}
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1 : len(s)-1])
	}
	s = OneLine(strings.Trim(withoutBidi(decodeWords(s)), `"'`))
	return centrala.Clip(s, 200)
}

// withoutBidi drops what could make a name read as another one.
func withoutBidi(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// IDs are the message ids in the values of a header, without brackets, whatever junk stands
// between them.
func IDs(h textproto.Header, name string) []string {
	var list []string
	for _, value := range h.Values(name) {
		found := bracketed.FindAllStringSubmatch(value, maxIDs)
		for _, m := range found {
			list = append(list, m[1])
		}
		if found == nil {
			for _, word := range strings.Fields(value) {
				if strings.Contains(word, "@") && len(word) <= 500 {
					list = append(list, strings.Trim(strings.Map(withoutBrackets, word), `"',;`))
				}
			}
		}
	}
	for i := range list {
		list[i] = toUTF8([]byte(list[i]), "")
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	return list[:min(len(list), maxIDs)]
}

func withoutBrackets(r rune) rune {
	if r == '<' || r == '>' || unicode.IsControl(r) {
		return -1
	}
	return r
}

// MessageID is the mail's own id without brackets, or "".
func MessageID(h textproto.Header) string {
	if list := IDs(h, "Message-Id"); len(list) > 0 {
		return list[0]
	}
	return ""
}

// Date is when the mail says that it was written, or received when it does not say, or says
// nonsense.
func Date(h textproto.Header, received time.Time) time.Time {
	value := strings.TrimSpace(comment.ReplaceAllString(h.Get("Date"), ""))
	t, err := netmail.ParseDate(value)
	for _, layout := range []string{
		"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006",
		"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04 -0700", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
	} {
		if err == nil {
			break
		}
		t, err = time.Parse(layout, value)
	}
	nonsense := err != nil || t.Year() < 1990 || !received.IsZero() && t.After(received.Add(24*time.Hour))
	if nonsense {
		return received
	}
	return t
}

// Token is a header's value without comments and parameters, in lower case.
func Token(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(comment.ReplaceAllString(value, "")))
}
