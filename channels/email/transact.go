package email

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// holdBack is for how many attempts a mail waits for one who reads along and is put off: servers
// that greylist want to be asked again after minutes. Then the others get theirs.
const holdBack = 2

// envelope is whom a mail comes from and goes to, as the servers see it.
type envelope struct {
	from    string
	mute    bool // no bounce is wanted: the return path is empty, where the server lets us
	to      string
	cc      []string
	attempt int
}

// envelopeOf reads the addresses of out, and writes back how the header shows them. Those who
// read along and are named twice, or are the mailbox itself, are left out.
func envelopeOf(out *centrala.Outbound) (envelope, error) {
	to, ok := mailable(out.To.Address)
	if !ok {
		return envelope{}, &centrala.Rejected{Reason: fmt.Sprintf("%q is not an e-mail address", letter.OneLine(out.To.Address))}
	}
	out.To.Address = to
	box := out.Inbox.Mailbox
	env := envelope{from: box.Address, mute: out.Reply, to: to, attempt: out.Attempt}
	known := map[string]bool{strings.ToLower(to): true, strings.ToLower(box.Address): true}
	var shown []centrala.Address
	for _, a := range out.Cc {
		address, ok := mailable(a.Address)
		if !ok || known[strings.ToLower(address)] {
			continue
		}
		known[strings.ToLower(address)] = true
		env.cc = append(env.cc, address)
		shown = append(shown, centrala.Address{Name: a.Name, Address: address})
	}
	out.Cc = shown
	return env, nil
}

// mailable is an address as servers take it: a domain with other letters in its own spelling for
// machines (RFC 5891).
func mailable(s string) (string, bool) {
	s = strings.TrimSpace(s)
	a, ok := letter.Address(s)
	if !ok || !strings.EqualFold(a.Address, s) || strings.ContainsAny(a.Address, "<>\r\n\t ") {
		return "", false
	}
	local, domain, ok := cutAddress(a.Address)
	if !ok || isASCII(domain) {
		return a.Address, ok
	}
	domain, err := idna.Lookup.ToASCII(domain)
	return local + "@" + domain, err == nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// transact hands one mail over and says what every failure means (RFC 5321). Until the end of
// the data the server has nothing; after it only the server's answer tells, and without one
// nobody knows. refused says who of those who read along does not get it, and why.
func transact(client *smtp.Client, env envelope, d draft) (refused []string, err error) {
	if err := greetWide(client, env); err != nil {
		return nil, err
	}
	if err := begin(client, env); err != nil {
		return nil, beforeData("", err)
	}
	if err := client.Rcpt("<" + env.to + ">"); err != nil {
		return nil, beforeData(env.to, err)
	}
	for _, address := range env.cc {
		if err := client.Rcpt("<" + address + ">"); err != nil {
			why := beforeData(address, err)
			if !goesWithout(why, err, env.attempt) {
				return nil, why
			}
			refused = append(refused, address+": "+said(err))
		}
	}
	data, err := client.Data()
	if err != nil {
		return nil, beforeData("", err)
	}
	if err := d.writeTo(data); err != nil {
		return nil, fmt.Errorf("write the message: %w", err) // never ended, so never theirs
	}
	return refused, afterData(env.to, data.Close())
}

// begin names the sender. Some providers let nobody send with an empty return path; then the
// mailbox's own address stands there.
func begin(client *smtp.Client, env envelope) error {
	if env.mute {
		var reply *textproto.Error
		err := client.Mail("<>")
		if err == nil || !errors.As(err, &reply) || reply.Code < 500 {
			return err
		}
	}
	return client.Mail("<" + env.from + ">")
}

// greetWide asks for SMTPUTF8 (RFC 6531) where an address needs it and only there: servers
// further on that do not know it would return the mail.
func greetWide(client *smtp.Client, env envelope) error {
	client.SkipSMTPUTF8(true)
	for _, address := range append([]string{env.from, env.to}, env.cc...) {
		if isASCII(address) {
			continue
		}
		if ok, _ := client.Extension("SMTPUTF8"); !ok {
			return &centrala.Rejected{Reason: fmt.Sprintf("the SMTP server takes no addresses such as %s", address)}
		}
		client.SkipSMTPUTF8(false)
	}
	return nil
}

// goesWithout reports whether a mail is sent although one who reads along was not taken: when the
// server said so of them alone, for good or for longer than greylisting takes.
func goesWithout(why, err error, attempt int) bool {
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code == 421 || isLogin(reply) {
		return false // the connection or the account, not the person
	}
	return reply.Code >= 500 || attempt > holdBack
}

// beforeData says what a refusal before the data means; nothing was taken. to is whom it is
// about, "" for the mail as a whole.
func beforeData(to string, err error) error {
	var reply *textproto.Error
	switch {
	case !errors.As(err, &reply):
		return fmt.Errorf("not taken: %w", err)
	case reply.Code < 500:
		return putOff(to, reply, err)
	case isLogin(reply), isPolicy(reply), to == "" && reply.Code != 552:
		return forbidden(err)
	}
	return &centrala.Rejected{Reason: said(err)}
}

// afterData says what the answer to the whole mail means, or that there was none.
func afterData(to string, err error) error {
	var reply *textproto.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &reply):
		return &centrala.Ambiguous{Err: fmt.Errorf("no answer after the message was sent: %w", err)}
	case reply.Code < 400: // an answer to something else: the server is out of step
		return &centrala.Ambiguous{Err: fmt.Errorf("no proper answer after the message was sent: %w", err)}
	case reply.Code < 500:
		return putOff(to, reply, err)
	case isLogin(reply), isPolicy(reply):
		return forbidden(err)
	}
	return &centrala.Rejected{Reason: said(err)}
}

// putOff is a refusal for now; of one who gets too much everybody else in the domain waits, too.
func putOff(to string, reply *textproto.Error, err error) error {
	if tooMany(reply) {
		return &channels.Busy{Domain: centrala.Address{Address: to}.Domain(), Err: err}
	}
	return fmt.Errorf("put off: %w", err)
}

// errForbidden is a server that knows us and does not let us send.
var errForbidden = errors.New("not allowed to send")

func forbidden(err error) error {
	return &channels.Stopped{Reason: "The SMTP server does not let this inbox send.", Err: fmt.Errorf("%w: %w", errForbidden, err)}
}

func isLogin(reply *textproto.Error) bool {
	return reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538
}

func isPolicy(reply *textproto.Error) bool {
	return reply.Code == 554 && strings.HasPrefix(reply.Msg, "5.7.")
}

var (
	crowdWords = regexp.MustCompile(`(?i)(\brates?\b|rate.?limit|too (many|much|fast|frequent)|throttl|slow down|flood|` +
		`(sending|message|connection|hourly|daily|recipient|outbound|traffic)s? (limit|quota)|temporarily (limited|blocked))`)
	fullMailbox = regexp.MustCompile(`^4\.2\.2\b`)
)

// tooMany reports whether a server puts off because it gets too much, rather than for what the
// mail is or whom it is for.
func tooMany(reply *textproto.Error) bool {
	switch reply.Code {
	case 421, 450, 451, 452:
		return crowdWords.MatchString(reply.Msg) && !fullMailbox.MatchString(reply.Msg)
	}
	return false
}

// said is a server's answer on one line.
func said(err error) string {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return strconv.Itoa(reply.Code) + " " + letter.OneLine(reply.Msg)
	}
	return letter.OneLine(err.Error())
}
