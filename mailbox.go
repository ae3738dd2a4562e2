package centrala

import (
	"slices"
	"strings"
	"time"
)

// Mailbox is an e-mail inbox's two servers and how they are used. What is secret is kept
// encrypted and never leaves.
type Mailbox struct {
	Address    string   `json:"address"` // what customers write to
	FromName   string   `json:"from_name"`
	IMAP       Server   `json:"imap"`
	SMTP       Server   `json:"smtp"`
	Login      Login    `json:"login,omitempty"`       // how both servers are shown who we are; "": by password
	Folders    []string `json:"folders,omitempty"`     // read; none: INBOX
	After      string   `json:"after,omitempty"`       // done with a mail once it is stored: AfterNothing, AfterSeen or AfterMove
	MoveTo     string   `json:"move_to,omitempty"`     // the folder for AfterMove
	SentFolder string   `json:"sent_folder,omitempty"` // answers are also put there; "": they are not
	History    int      `json:"history,omitempty"`     // days of mail read when the mailbox is new; 0: the house's
	PollEvery  string   `json:"poll_every,omitempty"`  // beside IDLE; "": the house's
	PlainReply bool     `json:"plain_reply,omitempty"` // answers come to Address itself: the provider knows no "box+token@"

	// Authority is the name (authserv-id, RFC 8601) under which our own mail server writes what
	// it found out about the sender; "": what such headers say is not believed.
	Authority    string `json:"authority,omitempty"`
	DKIMSelector string `json:"dkim_selector,omitempty"` // with DKIMKey: answers are signed for the domain of Address
	PerMinute    int    `json:"per_minute,omitempty"`    // mails sent from here; 0: no limit of its own

	IMAPPassword string `json:"-"`
	SMTPPassword string `json:"-"`
	RefreshToken string `json:"-"` // of Login google or microsoft
	DKIMKey      string `json:"-"` // PEM
}

// Login is how a mail server is shown who we are.
type Login string

// The logins. The providers' begin with their consent in the browser; what they give is renewed
// by itself.
const (
	ByPassword  Login = ""
	ByGoogle    Login = "google"
	ByMicrosoft Login = "microsoft"
)

// What is done on the server with a mail that is stored.
const (
	AfterNothing = ""
	AfterSeen    = "seen"
	AfterMove    = "move"
)

// Reads is the folders that are read, INBOX when none are named.
func (m *Mailbox) Reads() []string {
	if len(m.Folders) == 0 {
		return []string{"INBOX"}
	}
	return slices.Clone(m.Folders)
}

// Window is how far back a new mailbox is read, given the house's own answer.
func (m *Mailbox) Window(house time.Duration) time.Duration {
	if m.History > 0 {
		return time.Duration(m.History) * 24 * time.Hour
	}
	return house
}

// Elsewhere reports whether the mailbox signs in somewhere else than it did, or as somebody
// else: then a consent that was given for it is not good any more.
func (m *Mailbox) Elsewhere(was *Mailbox) bool {
	if m == nil || was == nil {
		return true
	}
	return m.Login != was.Login || m.IMAP.Host != was.IMAP.Host || m.IMAP.Port != was.IMAP.Port || m.IMAP.User != was.IMAP.User ||
		m.SMTP.Host != was.SMTP.Host || m.SMTP.Port != was.SMTP.Port
}

// DKIMRecord is what the domain of Address has to publish in the DNS (a TXT record), so that
// others can check our signature (RFC 6376). name is "" when there is no key.
func (m *Mailbox) DKIMRecord() (name, value string, err error) {
	if m.DKIMKey == "" || m.DKIMSelector == "" {
		return "", "", nil
	}
	_, domain, _ := strings.Cut(m.Address, "@")
	return SigningRecord(m.DKIMSelector, domain, m.DKIMKey)
}

// Server is where one mail server is and how to speak to it.
type Server struct {
	Host string `json:"host"`
	Port int    `json:"port"`
	TLS  string `json:"tls"` // "tls", "starttls" or, on loopback only, "none"
	User string `json:"user"`
}
