package letter

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"centrala"
)

// MediaType reads Content-Type and Content-Disposition values with what RFC 2231, RFC 2047 and
// neither of them have made of their parameters. Names are in lower case.
func MediaType(value string) (kind string, params map[string]string) {
	kind, rest, _ := strings.Cut(value, ";")
	kind = strings.ToLower(strings.TrimSpace(comment.ReplaceAllString(kind, "")))
	pieces := make(map[string]map[int]piece)
	params = make(map[string]string)
	for _, p := range splitParams(rest) {
		name, value, ok := strings.Cut(p, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), unquote(strings.TrimSpace(value))
		if !ok || name == "" {
			continue
		}
		base, n, extended, split := paramName(name)
		if !extended && !split {
			if _, dup := params[name]; !dup {
				params[name] = OneLine(decodeWords(value))
			}
			continue
		}
		if pieces[base] == nil {
			pieces[base] = make(map[int]piece)
		}
		pieces[base][n] = piece{value, extended}
	}
	for name, ps := range pieces {
		params[name] = joinPieces(ps)
	}
	return kind, params
}

type piece struct {
	value    string
	extended bool
}

// paramName takes "filename*1*" apart.
func paramName(name string) (base string, n int, extended, split bool) {
	base, rest, star := strings.Cut(name, "*")
	if !star {
		return name, 0, false, false
	}
	number, extended := strings.CutSuffix(rest, "*")
	if rest == "" {
		return base, 0, true, false
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > 99 {
		return name, 0, false, false
	}
	return base, n, extended, true
}

func joinPieces(ps map[int]piece) string {
	var (
		raw     bytes.Buffer
		charset string
		escaped string // of neighbours: some mailers cut in the middle of an escape
	)
	for n := 0; n < 100; n++ {
		p, ok := ps[n]
		if !ok {
			if n == 0 {
				continue // some mailers count from 1
			}
			break
		}
		value := p.value
		if p.extended {
			if parts := strings.SplitN(value, "'", 3); charset == "" && len(parts) == 3 {
				charset, value = parts[0], parts[2]
			}
			escaped += value
			continue
		}
		raw.WriteString(unpercent(escaped) + value)
		escaped = ""
	}
	raw.WriteString(unpercent(escaped))
	return OneLine(toUTF8(raw.Bytes(), charset))
}

func unpercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func splitParams(s string) []string {
	var (
		list  []string
		start int
		quote bool
	)
	for i := 0; i < len(s) && len(list) < 100; i++ {
		switch {
		case s[i] == '\\' && quote:
			i++
		case s[i] == '"':
			quote = !quote
		case s[i] == ';' && !quote:
			list = append(list, s[start:i])
			start = i + 1
		}
	}
	return append(list, s[start:])
}

func unquote(s string) string {
	if len(s) > 0 && s[0] == '"' {
		s = strings.TrimSuffix(s[1:], `"`)
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s)
	}
	s, _, _ = strings.Cut(s, " (")
	return s
}

// FileName makes a name that a person may save a file under: no path, nothing unprintable, at
// most 200 bytes with its ending kept.
func FileName(name, fallback string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if name == "" {
		return fallback
	}
	if len(name) > 200 {
		ending := name[max(strings.LastIndexByte(name, '.'), 0):]
		if len(ending) > 16 || len(ending) == len(name) {
			ending = ""
		}
		name = centrala.Clip(name, 200-len(ending)) + ending
	}
	return name
}
