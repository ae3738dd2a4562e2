package channels

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"centrala"
)

var (
	anyAddress = regexp.MustCompile(`[^\s<>()\[\]",;:'|│]+@[^\s<>()\[\]",;:'|│]+`)
	anyLink    = regexp.MustCompile(`(?i)\b(https?://|www\.)[^\s<>"']+`)
	aDate      = regexp.MustCompile(`^(19|20)\d\d-\d\d-\d\d`)
	anyNumber  = regexp.MustCompile(`\+?\d[\d -]{4,}\d`)
)

// Redacted is the explanation without the people in it: every address, name, link and long
// number is replaced, the same one always by the same word, so that what belongs together still
// does. What else people wrote stays: read it before you show it to anybody.
func (e Explanation) Redacted() Explanation {
	r := &redactor{known: map[string]string{}}
	for _, in := range e.Inbound {
		r.learn(in.From)
		for _, o := range in.Others {
			r.learn(o)
		}
	}
	e.File, e.Reason, e.Cause.Detail, e.Trust.Pretended = filepath.Base(e.File), r.text(e.Reason), r.text(e.Cause.Detail), r.text(e.Trust.Pretended)
	if e.Trust.By != "" {
		e.Trust.By = r.word(e.Trust.By, &r.domains, "domain%d.invalid")
	}
	e.Inbound = slices.Clone(e.Inbound)
	for i, in := range e.Inbound {
		e.Inbound[i] = r.inbound(in)
	}
	if e.Bounce != nil {
		b := *e.Bounce
		b.Recipient, b.OriginalMessageID = r.text(b.Recipient), r.text(b.OriginalMessageID)
		e.Bounce = &b
	}
	e.Notes = r.texts(e.Notes)
	return e
}

// redactor gives every address and every name a word of its own.
type redactor struct {
	known     map[string]string // of addresses and domains, in small letters
	names     []string          // longest first
	addresses int
	domains   int
}

func (r *redactor) inbound(in ExplainedInbound) ExplainedInbound {
	in.ExternalID, in.Subject, in.Text, in.FullText, in.HTML = r.text(in.ExternalID), r.text(in.Subject), r.text(in.Text), r.text(in.FullText), r.text(in.HTML)
	in.From = r.person(in.From)
	in.To, in.InReplyTo, in.References = r.texts(in.To), r.texts(in.InReplyTo), r.texts(in.References)
	in.Others = slices.Clone(in.Others)
	for i, o := range in.Others {
		in.Others[i] = r.person(o)
	}
	in.Pieces = slices.Clone(in.Pieces)
	for i, p := range in.Pieces {
		in.Pieces[i].Text = r.text(p.Text)
	}
	t := &in.Threading
	t.MessageID, t.Subject, t.Keys = r.text(t.MessageID), r.text(t.Subject), r.texts(t.Keys)
	in.Attachments = slices.Clone(in.Attachments)
	for i, p := range in.Attachments {
		in.Attachments[i].Name = r.text(p.Name)
		if p.Card != nil {
			c := *p.Card
			c.Summary, c.Location, c.Organizer = r.text(c.Summary), "…", r.organizer(c.Organizer)
			in.Attachments[i].Card = &c
		}
	}
	return in
}

// learn remembers a person's name and the words of it, so that they are known in a text.
func (r *redactor) learn(a centrala.Address) {
	for _, n := range append(strings.FieldsFunc(a.Name, func(c rune) bool { return !unicode.IsLetter(c) }), a.Name) {
		if utf8.RuneCountInString(n) >= 3 && !slices.Contains(r.names, n) && len(r.names) < 1000 {
			r.names = append(r.names, n)
		}
	}
	slices.SortFunc(r.names, func(a, b string) int { return len(b) - len(a) })
}

func (r *redactor) person(a centrala.Address) centrala.Address {
	if a.Name != "" {
		a.Name = "Name"
	}
	return centrala.Address{Name: a.Name, Address: r.text(a.Address)}
}

// organizer is "Name <address>" or an address.
func (r *redactor) organizer(s string) string {
	if _, address, ok := strings.Cut(s, "<"); ok {
		return "Name <" + r.text(address)
	}
	return r.text(s)
}

func (r *redactor) texts(all []string) []string {
	out := make([]string, 0, len(all))
	for _, s := range all {
		out = append(out, r.text(s))
	}
	return out
}

func (r *redactor) text(s string) string {
	s = anyAddress.ReplaceAllStringFunc(s, r.address)
	s = anyLink.ReplaceAllString(s, "https://link.invalid")
	s = anyNumber.ReplaceAllStringFunc(s, func(n string) string {
		if aDate.MatchString(n) {
			return n
		}
		return strings.Map(func(c rune) rune {
			if unicode.IsDigit(c) {
				return '0'
			}
			return c
		}, n)
	})
	for _, n := range r.names {
		s = withoutName(s, n)
	}
	return s
}

// withoutName replaces a name wherever it stands, in large letters or small and in every case
// that Polish has for it.
func withoutName(s, name string) string {
	stem := strings.TrimRight(name, "aeioyęąAEIOY")
	if utf8.RuneCountInString(stem) < 3 {
		stem = name
	}
	found := regexp.MustCompile(`(?i)`+regexp.QuoteMeta(stem)+`\p{L}{0,5}`).FindAllStringIndex(s, -1)
	for _, at := range slices.Backward(found) {
		before, _ := utf8.DecodeLastRuneInString(s[:at[0]])
		after, _ := utf8.DecodeRuneInString(s[at[1]:])
		if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			s = s[:at[0]] + "Name" + s[at[1]:]
		}
	}
	return s
}

func (r *redactor) address(a string) string {
	at := strings.LastIndexByte(a, '@')
	mark := ""
	if strings.Contains(a[:at], "+t-") { // that it is a reply address may be known
		mark = "+t-…"
	}
	return r.word(a, &r.addresses, "address%d") + mark + "@" + r.word(a[at+1:], &r.domains, "domain%d.invalid")
}

func (r *redactor) word(s string, n *int, form string) string {
	s = strings.ToLower(s)
	if r.known[s] == "" {
		*n++
		r.known[s] = fmt.Sprintf(form, *n)
	}
	return r.known[s]
}
