package email

import (
	"regexp"
	"strings"

	"centrala/channels"
	"centrala/channels/email/letter"
)

var (
	bounceSubject = regexp.MustCompile(`(?i)(undeliver|delivery (status|failure|failed|problem|report|notification|delayed|has failed)|mail delivery|` +
		`failure notice|returned (mail|to sender)|returned mail|delivery.*fail|could ?n.t be delivered|not delivered|mail system error|message you sent|` +
		`nie (dostarczono|można dostarczyć|została dostarczona)|niedoręczon|zwrot wiadomości|niedostarczon|unzustellbar|zustellung|nicht zugestellt|non remis|nondeliverable|rejected mail|mail could not|warning: could not send|user unknown|email rejected)`)
	bounceSender = regexp.MustCompile(`(?i)^(mailer-daemon|postmaster|mailerdaemon|mail-daemon|mdaemon|mmdf|smtp-daemon|mailer|bounces?|daemon)([+_.-][^@]*)?@`)
	statusCode   = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	replyCode    = regexp.MustCompile(`\b([45]\d\d)[ -]`)
	messageIDRow = regexp.MustCompile(`(?im)^>?\s*message-id:\s*<([^<>\s]{1,500})>`)
	bareAddress  = regexp.MustCompile(`[^\s<>()\[\]",;:\\]+@[^\s<>()\[\]",;:\\]+`)
	toRow        = regexp.MustCompile(`(?im)^>?\s*(?:final-recipient|original-recipient|x-actual-recipient|failed recipient|to):\s*(?:rfc822;)?\s*(.*)$`)
	delayed      = regexp.MustCompile(`(?i)(delayed|will (keep|continue) (on )?trying|will be retried|not yet been delivered|still trying|warning message only|opóźnion)`)
)

// bounceOf reads a delivery report: RFC 3464 first, then what mail servers wrote before and
// beside it. It is nil when the mail is none.
func bounceOf(a *letter.Letter, from, subject string) *channels.Bounce {
	h := a.Header
	b := &channels.Bounce{}
	if list := letter.IDs(a.Original, "Message-Id"); len(list) > 0 {
		b.OriginalMessageID = list[0]
	}
	if a.Status != "" {
		fields(b, a.Status)
		return fill(b, a)
	}
	path, known := returnPath(h)
	kind, params := letter.MediaType(h.Get("Content-Type"))
	report := kind == "multipart/report" && params["report-type"] == "delivery-status"
	daemon := bounceSender.MatchString(from) || known && path == ""
	if !report && !(daemon && bounceSubject.MatchString(subject)) && !h.Has("X-Failed-Recipients") {
		return nil
	}
	if b.Recipient = letter.OneLine(h.Get("X-Failed-Recipients")); strings.Contains(b.Recipient, ",") {
		b.Recipient, _, _ = strings.Cut(b.Recipient, ",")
	}
	return fill(b, a)
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
	return strings.ToLower(strings.Trim(bareAddress.FindString(s), ".'"))
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
