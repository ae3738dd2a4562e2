package survey

import (
	"slices"
	"strings"
	"time"

	"centrala"
)

// Rules say whom to ask and when. They are an operator's choice.
type Rules struct {
	Quarantine time.Duration // nobody is asked again sooner, on whatever channel; 0: at once
	MailAfter  time.Duration // from the end of the conversation to the mail
	Expires    time.Duration // from the question to the last moment at which it is answered
	Internal   []string      // mail domains of our own people, who are not asked
}

// DefaultRules ask at most once in 90 days, by mail after a day, and wait 30 days.
func DefaultRules() Rules {
	return Rules{Quarantine: 90 * 24 * time.Hour, MailAfter: 24 * time.Hour, Expires: 30 * 24 * time.Hour}
}

// Case is what decides whether somebody is asked.
type Case struct {
	Conversation centrala.Conversation
	Contact      centrala.Contact
	LastAsked    time.Time // when the contact was last asked, zero for never
}

// Verdict says why somebody is not asked; Ask is the zero Verdict.
type Verdict string

// The verdicts.
const (
	Ask          Verdict = ""
	NotOver      Verdict = "the conversation is not over"
	Junk         Verdict = "it was spam"
	Excused      Verdict = "whoever ended it wished so"
	Elsewhere    Verdict = "it was merged into another one"
	NoPerson     Verdict = "no person has answered"
	Barred       Verdict = "the contact is blocked"
	Unsubscribed Verdict = "the contact does not want to be asked"
	Ours         Verdict = "the contact is one of our own people"
	NoWay        Verdict = "the contact cannot be reached"
	AskedAlready Verdict = "the contact was asked about this already"
	TooSoon      Verdict = "the contact was asked not long ago"
)

// Eligible decides at now whether the contact of a conversation is asked how it was.
func (r Rules) Eligible(c Case, now time.Time) Verdict {
	conv := c.Conversation
	switch {
	case conv.MergedInto != 0:
		return Elsewhere
	case conv.Status != centrala.Resolved:
		return NotOver
	case conv.Spam:
		return Junk
	case conv.Unasked:
		return Excused
	case !conv.HumanReplied:
		return NoPerson
	case c.Contact.Blocked:
		return Barred
	case c.Contact.NoSurveys:
		return Unsubscribed
	case r.internal(c.Contact.Email):
		return Ours
	case conv.Channel != centrala.Chat && c.Contact.Email == "":
		return NoWay // a chat shows the question the next time it is opened
	case c.LastAsked.IsZero():
		return Ask
	case !c.LastAsked.Before(conv.ResolvedAt):
		return AskedAlready
	case now.Sub(c.LastAsked) < r.Quarantine:
		return TooSoon
	}
	return Ask
}

func (r Rules) internal(email string) bool {
	_, domain, ok := strings.Cut(email, "@")
	return ok && slices.ContainsFunc(r.Internal, func(d string) bool { return strings.EqualFold(d, domain) })
}

// Invitation is the question to somebody who is eligible. In a chat it is open at once; by mail
// it goes out later, unless it was answered or taken back by then.
func (r Rules) Invitation(c Case, locale string, now time.Time) centrala.Survey {
	conv := c.Conversation
	if c.Contact.Locale != "" {
		locale = c.Contact.Locale
	}
	return centrala.Survey{
		Conversation: conv.ID, Contact: conv.Contact, Agent: conv.LastAssignee, Team: conv.Team, Side: conv.Side, Channel: conv.Channel,
		Locale: locale, MailAt: conv.ResolvedAt.Add(r.MailAfter), ExpiresAt: now.Add(r.Expires),
	}
}
