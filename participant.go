package centrala

import (
	"slices"
	"strings"
)

// MaxParticipants is how many people besides the contact may read along.
const MaxParticipants = 20

// Participant is somebody besides the contact who reads a conversation along by mail: the
// contact wrote to them as well, or an agent has added them. Answers go to them too, and theirs
// belong to the conversation.
type Participant struct {
	Address string      `json:"address"` // lower case
	Name    string      `json:"name,omitempty"`
	Bounced BounceCause `json:"bounced,omitempty"` // why a copy did not reach them; after a lasting cause they get none
}

// Participates reports whether an address reads the conversation along.
func (c *Conversation) Participates(address string) bool {
	return slices.ContainsFunc(c.Participants, func(p Participant) bool { return strings.EqualFold(p.Address, address) })
}

// Copies are the addresses that get a copy of an answer.
func (c *Conversation) Copies() []Address {
	var out []Address
	for _, p := range c.Participants {
		if !p.Bounced.Lasting() {
			out = append(out, Address{Name: p.Name, Address: p.Address})
		}
	}
	return out
}

// Join are those of the addresses that a mail also went to who become participants of a
// conversation with present ones, in order and at most up to MaxParticipants. ours reports an
// address of our own inboxes, out one that stays outside: the contact's, the sender's, and
// those that an agent has taken out.
func Join(present []Participant, others []Address, ours, out func(address string) bool) []Participant {
	var joined []Participant
	for _, o := range others {
		address := strings.ToLower(strings.TrimSpace(o.Address))
		if len(present)+len(joined) >= MaxParticipants {
			break
		}
		has := func(p Participant) bool { return p.Address == address }
		if !plausible(address) || Impersonal(address) || ours(address) || out(address) ||
			slices.ContainsFunc(present, has) || slices.ContainsFunc(joined, has) {
			continue
		}
		joined = append(joined, Participant{Address: address, Name: strings.Join(strings.Fields(o.Name), " ")})
	}
	return joined
}

// BareAddress is an address in lower case and without what follows a plus sign in its local
// part, where a token may stand.
func BareAddress(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, _ := strings.Cut(address, "@")
	if at := strings.IndexByte(local, '+'); at > 0 {
		return local[:at] + "@" + domain
	}
	return address
}

// Impersonal reports whether nobody reads what is sent to an address, or too many do: robots,
// "no-reply" and the addresses of mailing lists.
func Impersonal(address string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if strings.HasPrefix(domain, "lists.") || strings.HasPrefix(domain, "list.") || strings.HasPrefix(domain, "googlegroups.") {
		return true
	}
	for _, whole := range []string{"mailer-daemon", "postmaster", "noreply", "no-reply", "no.reply", "donotreply", "do-not-reply", "nie-odpowiadaj", "nieodpowiadaj",
		"bounce", "bounces", "listserv", "majordomo", "notifications", "notification", "powiadomienia"} {
		if rest, ok := strings.CutPrefix(local, whole); ok && (rest == "" || strings.ContainsRune("+_.-", rune(rest[0]))) {
			return true
		}
	}
	for _, end := range []string{"-request", "-bounces", "-owner", "-list", "-subscribe", "-unsubscribe", "-noreply", "-no-reply"} {
		if strings.HasSuffix(local, end) {
			return true
		}
	}
	return strings.HasPrefix(local, "owner-")
}

// plausible reports whether a text may stand for one address in the head of a mail.
func plausible(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.Contains(domain, "@") && len(address) <= 254 &&
		!strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>",;:()[]\`, r) })
}
