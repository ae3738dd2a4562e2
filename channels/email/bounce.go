package email

import (
	"regexp"
	"strings"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

var (
	bounceSubject = regexp.MustCompile(`(?i)(undeliver|delivery (status|failure|failed|problem|report|notification|delayed|has failed|warning)|mail delivery|` +
		`fail(ure|ed) (notice|delivery)|returned (mail|to sender)|delivery.*fail|could ?n.t be delivered|not( yet been)? delivered|mail system error|processing error|` +
		`message you sent|nie dostarczono|nie można dostarczyć|niedoręczon|niedostarczon|zwrot wiadomości|unzustellbar|zustellung|nicht zugestellt|non.remis|` +
		`non-?deliver|rejected mail|failed mail|mail (error|failed)|mail could not|warning: (could not send|message)|message .*delayed|user unknown|e?mail rejected|automatically rejected)`)
	// What mail servers say of messages. It has to be about a message: in a shop, parcels too
	// are not delivered and returned to sender.
	bounceWords = regexp.MustCompile(`(?is)((message|e?mail|wiadomoś[cć]\w*|nachricht)\b.{0,120}?(not( yet)? (be|been)?\s*(delivered|accepted)|be delivered to|has been returned|` +
		`was (automatically )?rejected|nie (została|mogła zostać|można) (dostarcz|doręcz)\w*|nicht zugestellt)|unable to deliver (the |this |your )?(message|e?mail)|` +
		`wasn.t able to deliver|non-delivery report|delivery status notification|delivery of e?mail to|failed recipient|could not deliver (the |this |your )?(message|e?mail))`)
	bounceSender = regexp.MustCompile(`(?i)^(mailer-daemon|postmaster|mailerdaemon|mail-daemon|mdaemon|mmdf|smtp-daemon|mailer|bounces?|daemon|mail\.?delivery[^@]*)([+_.-][^@]*)?(@|$)`)
	bounceName   = regexp.MustCompile(`(?i)mail delivery|mailer.daemon|mail system|postmaster`)
	statusCode   = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	replyCode    = regexp.MustCompile(`\b([45]\d\d)[ -]`)
	messageIDRow = regexp.MustCompile(`(?im)^>?\s*message-id:\s*<([^<>\s]{1,500})>`)
	bareAddress  = regexp.MustCompile(`[^\s<>()\[\]",;:=\\]+@[^\s<>()\[\]",;:=\\]+`)
	toRow        = regexp.MustCompile(`(?im)^>?\s*(?:final-recipient|original-recipient|x-actual-recipient|failed recipient|intended recipient|to):\s*(?:rfc822;)?\s*(.*)$`)
	delayed      = regexp.MustCompile(`(?i)(delayed|will (keep|continue) (on )?(trying|to)|will be retried|not yet been delivered|still trying|warning message only|opóźnion)`)
)

// bounceOf reads a delivery report: RFC 3464 first, then what mail servers wrote before and
// beside it. It is nil when the mail is none.
func bounceOf(a *letter.Letter, from centrala.Address, subject string) *channels.Bounce {
	b := &channels.Bounce{}
	if list := letter.IDs(a.Original, "Message-Id"); len(list) > 0 {
		b.OriginalMessageID = list[0]
	}
	if a.Status != "" {
		fields(b, a.Status)
		return fill(b, a)
	}
	if !looksBounced(a, from, subject) {
		return nil
	}
	b.Recipient = recipient(a.Header.Get("X-Failed-Recipients"))
	return fill(b, a)
}

// looksBounced weighs the signs of a report that is not in the form of RFC 3464: the sender,
// the subject, and what it says.
func looksBounced(a *letter.Letter, from centrala.Address, subject string) bool {
	h := a.Header
	kind, params := letter.MediaType(h.Get("Content-Type"))
	path, known := returnPath(h)
	report := kind == "multipart/report" && params["report-type"] != "disposition-notification"
	original := a.Original.Len() > 0
	daemon := bounceSender.MatchString(from.Address) || bounceName.MatchString(from.Name) || known && (path == "" || bounceSender.MatchString(path)) ||
		strings.Contains(h.Get("From"), "<>")
	beginning := centrala.Clip(a.Text, 1200)
	words := bounceWords.MatchString(beginning)
	switch {
	case h.Has("X-Failed-Recipients"), report && (original || params["report-type"] == "delivery-status"):
		return true
	case daemon:
		return words || bounceSubject.MatchString(subject) || original || statusCode.MatchString(beginning) && replyCode.MatchString(beginning)
	}
	answer := h.Has("In-Reply-To") || h.Has("References")
	return words && bounceSubject.MatchString(subject) && !answer
}

// fields reads the per-recipient fields of RFC 3464; the first recipient that failed counts.
func fields(b *channels.Bounce, status string) {
	for _, block := range strings.Split(strings.ReplaceAll(status, "\r\n", "\n"), "\n\n") {
		one := channels.Bounce{}
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(line, ":")
			if kind, rest, ok := strings.Cut(value, ";"); ok && !strings.Contains(kind, "@") {
				value = rest
			}
			value = strings.TrimSpace(value)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "action":
				one.Action = letter.Token(value)
			case "status":
				one.Status = statusCode.FindString(value)
			case "final-recipient":
				one.Recipient = recipient(value)
			case "original-recipient":
				if one.Recipient == "" {
					one.Recipient = recipient(value)
				}
			}
		}
		if one.Action == "" && one.Recipient == "" {
			continue
		}
		if b.Action == "" || b.Action != "failed" && one.Action == "failed" {
			b.Action, b.Status, b.Recipient = one.Action, one.Status, one.Recipient
		}
	}
}

func recipient(s string) string {
	for _, found := range bareAddress.FindAllString(s, 50) {
		if found = strings.ToLower(strings.Trim(found, ".'")); !bounceSender.MatchString(found) {
			return found
		}
	}
	return ""
}

// fill looks for what the fields did not say in the words that people get to read.
func fill(b *channels.Bounce, a *letter.Letter) *channels.Bounce {
	shown := a.Text
	if b.OriginalMessageID == "" {
		if m := messageIDRow.FindStringSubmatch(shown); m != nil {
			b.OriginalMessageID = m[1]
		}
	}
	if b.Recipient == "" {
		for _, to := range letter.Addresses(a.Original.Get("To")) {
			b.Recipient = strings.ToLower(to.Address)
			break
		}
	}
	if b.Recipient == "" {
		if m := toRow.FindStringSubmatch(shown); m != nil {
			b.Recipient = recipient(m[1])
		}
	}
	if b.Recipient == "" {
		b.Recipient = recipient(shown)
	}
	if b.Status == "" {
		b.Status = statusCode.FindString(shown)
	}
	if b.Status == "" {
		if m := replyCode.FindStringSubmatch(shown); m != nil {
			b.Status = m[1][:1] + ".0.0"
		}
	}
	if b.Action == "" {
		b.Action = "failed"
		if strings.HasPrefix(b.Status, "4.") || b.Status == "" && delayed.MatchString(shown) {
			b.Action = "delayed"
		}
	}
	return b
}
