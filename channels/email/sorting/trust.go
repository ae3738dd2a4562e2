package sorting

import (
	"strings"

	"github.com/emersion/go-message/textproto"
	"golang.org/x/net/publicsuffix"

	"centrala"
	"centrala/channels/email/letter"
)

// trust reads what our own mail server, named authority, wrote about the sender: in the topmost
// Authentication-Results that bears exactly its name (RFC 8601). Every other such header is
// somebody else's word, and nobody is believed when authority is "". policy is what the owner
// of the sender's domain asks for when DMARC fails, as far as our server noted it.
func trust(h textproto.Header, from centrala.Address, authority string) (t centrala.Trust, policy string) {
	t.Pretended = pretended(from)
	if authority == "" {
		return t, ""
	}
	domain := domainOf(from.Address)
	for _, value := range h.Values("Authentication-Results") {
		id, results := authResults(value)
		if !strings.EqualFold(id, authority) {
			continue
		}
		t.By = id
		aligned := false
		for _, r := range results {
			switch r.method {
			case "spf":
				if own := r.about(domain, "smtp.mailfrom", "smtp.helo"); t.SPF == "" || own {
					t.SPF = r.result
					aligned = aligned || own
				}
			case "dkim":
				own := r.about(domain, "header.d", "header.i", "header.from")
				if t.DKIM == "" || own || r.result == "pass" && t.DKIM != "pass" {
					t.DKIM = r.result
					aligned = aligned || own
				}
			case "dmarc":
				t.DMARC, policy = r.result, r.policy()
			}
		}
		switch {
		case t.DMARC == "pass" || t.DMARC != "fail" && aligned:
			t.Verdict = centrala.Confirmed
		case t.DMARC == "fail":
			t.Verdict = centrala.Contradict
		default:
			t.Verdict = centrala.Unproven
		}
		if t.Verdict == centrala.Confirmed && !wroteItself(h, from) {
			t.Verdict = centrala.Unproven
		}
		return t, policy
	}
	return t, ""
}

// wroteItself reports whether an address is the one and only in From, of which the checks speak:
// not one that answers should go to, and not one of two of which another was checked.
func wroteItself(h textproto.Header, from centrala.Address) bool {
	list := letter.Addresses(h.Get("From"))
	return len(h.Values("From")) == 1 && len(list) == 1 && strings.EqualFold(list[0].Address, from.Address)
}

// pretended is the address that a sender's name shows when it is not the sender's.
func pretended(from centrala.Address) string {
	for _, shown := range bareAddress.FindAllString(from.Name, 10) {
		shown = strings.ToLower(strings.Trim(shown, ".'"))
		if !strings.EqualFold(shown, from.Address) {
			return centrala.Clip(shown, 320)
		}
	}
	return ""
}

// authResult is one method's result with its properties; comment is what stands in brackets.
type authResult struct {
	method, result, comment string
	properties              map[string]string
}

// about reports whether the method passed for a domain that belongs to the sender's.
func (r authResult) about(domain string, properties ...string) bool {
	if r.result != "pass" {
		return false
	}
	for _, p := range properties {
		if v, ok := r.properties[p]; ok {
			return sameOwner(domainOf(v), domain)
		}
	}
	return false
}

// policy is what a DMARC record asks for: servers write it as a property or into a comment.
func (r authResult) policy() string {
	for _, name := range []string{"policy.dmarc", "policy.published-domain-policy", "policy.p", "policy.policy", "action"} {
		if v := r.properties[name]; v != "" {
			return strings.TrimPrefix(v, "o") // "oreject": would be refused, but for a rule of the house
		}
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(r.comment), func(c rune) bool { return c == ' ' || c == ';' || c == ',' || c == '\t' }) {
		if v, ok := strings.CutPrefix(word, "p="); ok {
			return v
		}
	}
	return ""
}

// sameOwner reports whether two domains have one owner: DMARC's relaxed alignment.
func sameOwner(a, b string) bool {
	a, b = strings.Trim(strings.ToLower(a), ". "), strings.Trim(strings.ToLower(b), ". ")
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	x, err := publicsuffix.EffectiveTLDPlusOne(a)
	y, err2 := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && err2 == nil && x == y
}

// authResults takes a header apart. Comments may hold semicolons and each other.
func authResults(value string) (id string, results []authResult) {
	for i, section := range authSections(value) {
		fields := strings.Fields(section.text)
		if i == 0 {
			if len(fields) > 0 {
				id = strings.Trim(fields[0], `"`)
			}
			continue
		}
		if len(fields) == 0 || len(results) >= 50 {
			continue
		}
		method, result, ok := strings.Cut(fields[0], "=")
		if !ok {
			continue // "none"
		}
		method, _, _ = strings.Cut(strings.ToLower(method), "/")
		r := authResult{method, strings.ToLower(strings.Trim(result, `"`)), section.comment, map[string]string{}}
		for _, f := range fields[1:] {
			if name, v, ok := strings.Cut(f, "="); ok {
				r.properties[strings.ToLower(name)] = strings.ToLower(strings.Trim(letter.OneLine(v), `"<>`))
			}
		}
		results = append(results, r)
	}
	return id, results
}

type authSection struct{ text, comment string }

func authSections(value string) []authSection {
	var (
		list          []authSection
		text, comment strings.Builder
		depth         int
		quote         bool
	)
	flush := func() {
		// "dkim = pass" is allowed and means "dkim=pass".
		t := strings.Join(strings.Fields(strings.ReplaceAll(text.String(), "=", " = ")), " ")
		list = append(list, authSection{strings.ReplaceAll(t, " = ", "="), comment.String()})
		text.Reset()
		comment.Reset()
	}
	for i := 0; i < len(value); i++ {
		c := value[i]
		to := &text
		if depth > 0 {
			to = &comment
		}
		switch {
		case c == '\\' && i+1 < len(value) && (quote || depth > 0):
			i++
			to.WriteByte(value[i])
			continue
		case c == '"' && depth == 0:
			quote = !quote
		case c == '(' && !quote:
			depth++
			to = &comment
			c = ' '
		case c == ')' && !quote && depth > 0:
			depth--
			to = &text
			c = ' '
		case c == ';' && !quote && depth == 0:
			flush()
			continue
		}
		to.WriteByte(c)
	}
	flush()
	return list
}
