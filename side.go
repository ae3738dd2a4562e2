package centrala

import "slices"

// Side is whom a contact is speaking as.
type Side string

// The sides of a marketplace. NoSide means that nobody has said yet.
const (
	NoSide     Side = ""
	Buyer      Side = "buyer"
	Seller     Side = "seller"
	Advertiser Side = "advertiser"
)

// Sides lists the sides in the order people read them.
func Sides() []Side { return []Side{Buyer, Seller, Advertiser} }

// Valid reports whether s is one of the three sides.
func (s Side) Valid() bool { return slices.Contains(Sides(), s) }

// Channel is the kind of an inbox: how words travel.
type Channel string

// The channels of this version.
const (
	Chat   Channel = "chat"
	Email  Channel = "email"
	Form   Channel = "form"
	Phone  Channel = "phone"   // a call logged by hand
	WalkIn Channel = "walk_in" // a visit logged by hand
)

// Cost is how much of an agent's capacity one open conversation takes: a chat 4, a social
// message 3, everything that can wait 2.
func (c Channel) Cost() int {
	switch c {
	case Chat:
		return 4
	case Email, Form, Phone, WalkIn:
		return 2
	default:
		return 3
	}
}
