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

	Messenger Channel = "messenger" // of a Facebook page
	Facebook  Channel = "facebook"  // public comments below a page's posts; they come in by its Messenger inbox
	Instagram Channel = "instagram"
	WhatsApp  Channel = "whatsapp"
	Telegram  Channel = "telegram"
	Allegro   Channel = "allegro" // message centre and issues of a seller's account
	Webhook   Channel = "webhook" // the door for anything else
)

// Social reports whether words travel on the channel by a vendor's account.
func (c Channel) Social() bool {
	return slices.Contains([]Channel{Messenger, Facebook, Instagram, WhatsApp, Telegram, Allegro, Webhook}, c)
}

// Opaque reports whether people are known on the channel by ids that say nothing to anybody.
func (c Channel) Opaque() bool { return c == Messenger || c == Facebook || c == Instagram }

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
