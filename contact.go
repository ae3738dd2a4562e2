package centrala

import "time"

// Contact is a person outside: a buyer, a seller or an advertiser.
type Contact struct {
	ID         ContactID `json:"id"`
	Name       string    `json:"name"`
	Email      string    `json:"email,omitempty"`
	Phone      string    `json:"phone,omitempty"`
	Side       Side      `json:"side,omitempty"`
	Locale     string    `json:"locale,omitempty"`
	Verified   bool      `json:"verified"`              // the host site signed who this is
	ExternalID string    `json:"external_id,omitempty"` // the host site's own id, when verified
	Blocked    bool      `json:"blocked,omitempty"`
	MergedInto ContactID `json:"-"` // another contact, who is the same person
	Generation int64     `json:"-"` // raised to make all tokens of the contact void
	NoSurveys  bool      `json:"no_surveys,omitempty"`
	CreatedAt  time.Time `json:"created_at"`

	Undeliverable *Undeliverable `json:"undeliverable,omitempty"` // mail does not reach the address any more
	Doubted       bool           `json:"doubted,omitempty"`       // our own mail server says that the address is not theirs

	// Somebody other than the person vouches for the address or the number: the host site signed it,
	// our own mail server confirmed it, or the person writes from it at WhatsApp.
	EmailProven bool `json:"email_proven,omitempty"`
	PhoneProven bool `json:"phone_proven,omitempty"`

	Identities []Identity `json:"identities,omitempty"` // at vendors; filled where a single contact is read
}

// Undeliverable is since when and why mail does not reach an address.
type Undeliverable struct {
	Since  time.Time   `json:"since"`
	Reason BounceCause `json:"reason"`
}

// Visitor is a customer as a token names them: the key space of their own messages, and the
// contact that they are, whose row is made with their first message.
type Visitor struct {
	ID         string // key space: "v_" and 128 random bits
	Contact    ContactID
	Inbox      InboxID
	Generation int64
	Claims     Claims
	IssuedAt   time.Time
}

// Claims is what the host site signed about a visitor, or what the visitor said themselves
// when Subject is empty.
type Claims struct {
	Subject string `json:"sub,omitempty"`
	Side    Side   `json:"side,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"` // E.164
	Locale  string `json:"locale,omitempty"`
}
