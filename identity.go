package centrala

import (
	"slices"
	"strings"
	"time"
)

// Identity is an address of a contact on a social channel: the vendor's own id of the person
// towards one account.
type Identity struct {
	Channel Channel   `json:"channel"`
	Inbox   InboxID   `json:"inbox"` // by which they first came
	Address string    `json:"address"`
	Name    string    `json:"name,omitempty"`
	Since   time.Time `json:"since"`
	Lost    bool      `json:"lost,omitempty"` // they have blocked us there
}

// EvidenceKind is what speaks for or against two contacts being one person.
type EvidenceKind string

// The kinds. Strong ones are proven by somebody other than the person; the others alone never
// suggest anything.
const (
	SameIdentity   EvidenceKind = "identity" // the host site signed the same account
	SameEmail      EvidenceKind = "email"
	SamePhone      EvidenceKind = "phone"
	SameOrder      EvidenceKind = "order" // the vendor names the same order in conversations of both
	SameName       EvidenceKind = "name"
	SameLocale     EvidenceKind = "locale"
	OtherIdentity  EvidenceKind = "other-identity" // the host site signed two accounts
	OtherEmail     EvidenceKind = "other-email"
	OtherSide      EvidenceKind = "other-side"
	DoubtedAddress EvidenceKind = "doubted" // our own mail server says that the address is not theirs
)

// Evidence is one thing that speaks for or against.
type Evidence struct {
	Kind    EvidenceKind `json:"kind"`
	Strong  bool         `json:"strong,omitempty"`
	Against bool         `json:"against,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

// Known is what is known of a contact when it is compared with another one.
type Known struct {
	Contact       Contact
	Identities    []Identity
	Emails        []string  // proven: signed by the host site, or confirmed by our own mail server
	Phones        []string  // proven: signed by the host site, or the number of a WhatsApp account; digits only
	Orders        []string  // that vendors named in their conversations
	Conversations int       // how many they have
	Channels      []Channel // by which
	Since         time.Time // the first
}

// Likeness is somebody who may be the same person.
type Likeness struct {
	Known    Known
	Evidence []Evidence
}

// Merger is that two contacts were found to be one person. What each had is remembered, so that
// they can be told apart again.
type Merger struct {
	ID       MergerID   `json:"id"`
	Contact  ContactID  `json:"contact"` // who they are now
	Other    ContactID  `json:"other"`
	Name     string     `json:"name,omitempty"` // of the other
	Channels []Channel  `json:"channels"`       // of the other
	By       Author     `json:"by"`
	Evidence []Evidence `json:"evidence"`
	At       time.Time  `json:"at"`
	Undone   time.Time  `json:"undone_at,omitzero"`
}

// Compare lists what speaks for and against two contacts being one person, the strongest first. It
// compares addresses without regard to case and phones by their digits. What somebody typed
// themselves proves nothing: only an address that is proven of both is strong.
func Compare(a, b Known) []Evidence {
	var out []Evidence
	add := func(e Evidence) { out = append(out, e) }
	switch x, y := a.Contact.ExternalID, b.Contact.ExternalID; {
	case x != "" && x == y:
		add(Evidence{Kind: SameIdentity, Strong: true})
	case x != "" && y != "":
		add(Evidence{Kind: OtherIdentity, Against: true, Strong: true})
	}
	if e := common(a.addresses(), b.addresses()); e != "" {
		add(Evidence{Kind: SameEmail, Strong: slices.Contains(lowered(a.Emails), e) && slices.Contains(lowered(b.Emails), e), Detail: e})
	} else if a.Contact.Email != "" && b.Contact.Email != "" {
		add(Evidence{Kind: OtherEmail, Against: true})
	}
	if p := common(a.numbers(), b.numbers()); p != "" {
		add(Evidence{Kind: SamePhone, Strong: slices.Contains(a.Phones, p) && slices.Contains(b.Phones, p), Detail: p})
	}
	if o := common(a.Orders, b.Orders); o != "" {
		add(Evidence{Kind: SameOrder, Detail: o})
	}
	if n := strings.TrimSpace(a.Contact.Name); n != "" && Fold(n) == Fold(strings.TrimSpace(b.Contact.Name)) {
		add(Evidence{Kind: SameName, Detail: n})
	}
	if l := a.Contact.Locale; l != "" && l == b.Contact.Locale {
		add(Evidence{Kind: SameLocale, Detail: l})
	}
	if x, y := a.Contact.Side, b.Contact.Side; x != NoSide && y != NoSide && x != y {
		add(Evidence{Kind: OtherSide, Against: true})
	}
	if a.Contact.Doubted || b.Contact.Doubted {
		add(Evidence{Kind: DoubtedAddress, Against: true, Strong: true})
	}
	slices.SortStableFunc(out, func(x, y Evidence) int { return rank(x) - rank(y) })
	return out
}

func rank(e Evidence) int {
	if e.Strong {
		return 0
	}
	return 1
}

// Suggests reports whether evidence is enough to ask an agent whether two contacts are one: at
// least one strong proof, and none against. A name never is.
func Suggests(all []Evidence) bool {
	return slices.ContainsFunc(all, func(e Evidence) bool { return e.Strong && !e.Against }) &&
		!slices.ContainsFunc(all, func(e Evidence) bool { return e.Strong && e.Against })
}

func (k Known) addresses() []string {
	return lowered(append(slices.Clone(k.Emails), k.Contact.Email))
}

func (k Known) numbers() []string {
	return append(slices.Clone(k.Phones), Digits(k.Contact.Phone))
}

// Digits is a phone number as it is compared: its digits, without the zeros or plus of a call
// abroad; a Polish number of nine digits is taken for what it is. "" when it is none.
func Digits(phone string) string {
	d := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	d = strings.TrimPrefix(d, "00")
	if len(d) == 9 {
		d = "48" + d
	}
	if len(d) < 7 || len(d) > 15 {
		return ""
	}
	return d
}

func lowered(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strings.ToLower(strings.TrimSpace(s))
	}
	return out
}

// common is the first of a that is also in b, "" for none.
func common(a, b []string) string {
	for _, s := range a {
		if s != "" && slices.Contains(b, s) {
			return s
		}
	}
	return ""
}
