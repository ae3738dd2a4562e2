// Package manners is when the program may write by itself and when a sender is taken for a
// program: pure decisions of how much is enough.
package manners

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"centrala"
)

// The budgets of what the program writes by itself: one acknowledgement in a conversation, and
// to one address, one domain and from one inbox no more than this.
const (
	RobotPerAddress = 2    // in 24 hours
	RobotPerDomain  = 20   // in an hour
	RobotPerBig     = 200  // in an hour, to a domain that half the country has its mailbox at
	RobotPerInbox   = 1000 // in an hour; more blows the inbox's fuse
	RobotDay        = 24 * time.Hour
	RobotHour       = time.Hour
)

// Robots is what the program has written by itself so far: in the conversation, to the address
// in RobotDay, to its domain and from the inbox in RobotHour.
type Robots struct{ Conversation, Address, Domain, Inbox int }

// Refusal is why the program does not write by itself; "" when it may.
type Refusal string

// The refusals.
const (
	MayWrite     Refusal = ""
	NotPersonal  Refusal = "impersonal"   // nobody reads it, or a list does
	NotBelieved  Refusal = "contradicted" // the address is somebody else's
	NotReachable Refusal = "undeliverable"
	Acknowledged Refusal = "conversation"
	AddressSpent Refusal = "address"
	DomainSpent  Refusal = "domain"
	InboxSpent   Refusal = "inbox"
)

// May decides whether the program may write one more mail by itself to an address.
func (r Robots) May(address string) Refusal {
	domain := RobotPerDomain
	if BigDomain(address) {
		domain = RobotPerBig
	}
	switch {
	case centrala.Impersonal(address):
		return NotPersonal
	case r.Address >= RobotPerAddress:
		return AddressSpent
	case r.Domain >= domain:
		return DomainSpent
	case r.Inbox >= RobotPerInbox:
		return InboxSpent
	case r.Conversation >= 1:
		return Acknowledged
	}
	return MayWrite
}

// Acknowledges reports whether a message that begins a conversation is answered with an
// acknowledgement at all: it was written by a person, to us, and their address is theirs.
func Acknowledges(in centrala.Inbound) Refusal {
	switch {
	case in.Outcome != centrala.Ingested || in.From.Address == "" || centrala.Impersonal(in.From.Address):
		return NotPersonal
	case in.Trust.Verdict == centrala.Contradict || in.Trust.Pretended != "":
		return NotBelieved
	}
	return MayWrite
}

// BigDomain reports whether an address is at a provider whose mailboxes have nothing else in
// common. A budget for the domain would be one for all customers there.
func BigDomain(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return slices.Contains([]string{
		"gmail.com", "googlemail.com", "wp.pl", "onet.pl", "onet.eu", "op.pl", "poczta.onet.pl", "vp.pl", "o2.pl", "tlen.pl", "go2.pl", "interia.pl",
		"interia.eu", "poczta.fm", "gazeta.pl", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "yahoo.com", "yahoo.pl",
		"proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "poczta.pl", "home.pl", "aol.com",
	}, domain)
}

// The fuse of a sender: more mails than FloodMails, unless the house says another number, within FloodWindow, or more than EchoMails
// of one subject and the same words that each came within EchoDelay of a mail of ours, are a
// program's.
const (
	FloodMails  = 20
	FloodWindow = 10 * time.Minute
	EchoMails   = 5
	EchoDelay   = time.Minute
	FuseFirst   = time.Hour // a fuse that blew is whole again after this; each further time after twice as long …
	FuseLongest = 24 * time.Hour
	FuseMemory  = 24 * time.Hour // … unless it held for this long
)

// Flood is what a sender has written: mails within FloodWindow, and of them echoes of ours.
type Flood struct{ Mails, Echoes int }

// Blows reports whether one more mail blows the sender's fuse, and by what; limit is how many mails
// do, 0 for FloodMails, and below that none.
func (f Flood) Blows(limit int) (reason string, blown bool) {
	switch {
	case f.Echoes >= EchoMails:
		return "echo", true
	case limit >= 0 && f.Mails >= cmp.Or(limit, FloodMails):
		return "flood", true
	}
	return "", false
}

// Blow is the fuse after it blew at now.
func Blow(f centrala.Fuse, reason string, now time.Time) centrala.Fuse {
	last := f.Until.Sub(f.Blown)
	wait := FuseFirst
	if !f.Blown.IsZero() && now.Sub(f.Until) < FuseMemory {
		wait = min(max(2*last, FuseFirst), FuseLongest)
	}
	f.Reason, f.Blown, f.Until = reason, now, now.Add(wait)
	return f
}
