package sorting

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message/textproto"

	"centrala"
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
	statusCode   = regexp.MustCompile(`[245]\.[0-7]\.\d{1,3}`)
	replyCode    = regexp.MustCompile(`(?m)(?:^|[\s:>(])([45]\d\d)(?:[ -](?:#?[245]\.\d|[<"\p{L}]))`)
	messageIDRow = regexp.MustCompile(`(?im)^>?\s*message-id:\s*<([^<>\s]{1,500})>`)
	bareAddress  = regexp.MustCompile(`[^\s<>()\[\]",;:=\\]+@[^\s<>()\[\]",;:=\\]+`)
	toRow        = regexp.MustCompile(`(?im)^>?\s*(?:final-recipient|original-recipient|x-actual-recipient|failed recipient|intended recipient|to):\s*(?:rfc822;)?\s*(.*)$`)
	// What stands in front of the addresses that a mail did not reach.
	failedFor = regexp.MustCompile(`(?i)((following|these|some) (recipients?|address(es)?)|(one or more|some|all) of its\s+recipients|recipient\(s\)|address\(es\)|` +
		`(not|n.t) (be )?delivered to|original address:|(was )?addressed(\s+to|,)|addressed to email address|fatal errors|failed recipients?:|did not reach|` +
		`(następując\w+|poniższ\w+) (adres|odbiorc)\w*|nie dostarczono do|folgenden? empfänger\w*)`)
	ownLine = regexp.MustCompile(`(?m)^\s*<?([^\s<>()\[\]",;:=\\]+@[^\s<>()\[\]",;:=\\]+)>?\s*(:|\.{3}|$|\()`)
	// What stands in front of the mail that comes back, when it comes as part of the text.
	returned = regexp.MustCompile(`(?im)^[-=*>\s]*(below this line is a copy|start of returned message|original message|message header follows|(here|this) is a copy|` +
		`a copy of the (original )?message|returned message|unsent message below|message text follows|headers? of the original|oryginalna wiadomość|kopia wiadomości)`)
	folded = regexp.MustCompile(`\r?\n[ \t]+`)
	// What a reply address of ours looks like; whether we signed it is another matter.
	signedAddress = regexp.MustCompile(`[0-9A-Za-z._-]{1,64}\+t-[0-9a-z]{14,64}@[0-9A-Za-z.-]{1,250}`)
	delayed       = regexp.MustCompile(`(?i)(delayed|will (keep|continue) (on )?(trying|to)|(will|still) be(ing)? retried|not yet been delivered|still trying|warning message only|opóźnion)`)
)

// bounceOf reads a delivery report: RFC 3464 first, then what mail servers wrote before and
// beside it. It is nil when the mail is none. others are the further recipients of the report.
func bounceOf(a *letter.Letter, from centrala.Address, subject string) (b *centrala.DeliveryReport, others []string) {
	if a.Status == "" && !looksBounced(a, from, subject) {
		return nil, nil
	}
	inner := a
	if a.Status == "" && a.Report != nil { // a filter on the way has wrapped it
		inner = a.Report
	}
	b = &centrala.DeliveryReport{}
	if list := letter.IDs(inner.Original, "Message-Id"); len(list) > 0 {
		b.OriginalMessageID = list[0]
	}
	if inner.Status != "" {
		others = fields(b, inner.Status)
	} else {
		b.Recipient = recipient(a.Header.Get("X-Failed-Recipients"), "")
	}
	fill(b, inner)
	return b, others
}

// looksBounced weighs the signs of a report that is not in the form of RFC 3464: the sender,
// the subject, and what it says.
func looksBounced(a *letter.Letter, from centrala.Address, subject string) bool {
	h := a.Header
	kind, params := letter.MediaType(h.Get("Content-Type"))
	path, known := returnPath(h)
	report := kind == "multipart/report" && params["report-type"] != "disposition-notification"
	original := a.Original.Len() > 0 || slices.ContainsFunc(a.Files, func(p centrala.Part) bool { return p.Type == "message/rfc822" })
	daemon := bounceSender.MatchString(from.Address) || bounceName.MatchString(from.Name) || known && (path == "" || bounceSender.MatchString(path)) ||
		strings.Contains(h.Get("From"), "<>")
	beginning := centrala.Clip(a.Text, 1200)
	words := func() bool { return bounceWords.MatchString(beginning) }
	switch {
	case h.Has("X-Failed-Recipients"), report && (original || params["report-type"] == "delivery-status"):
		return true
	case daemon:
		return words() || bounceSubject.MatchString(subject) || original || findStatus(beginning) != "" && replyCode.MatchString(beginning)
	}
	answer := h.Has("In-Reply-To") || h.Has("References")
	return !answer && bounceSubject.MatchString(subject) && words()
}

// fields reads the per-recipient fields of RFC 3464; the first recipient that failed counts,
// others are the rest.
func fields(b *centrala.DeliveryReport, status string) (others []string) {
	var all []centrala.DeliveryReport
	for _, block := range strings.Split(strings.ReplaceAll(status, "\r\n", "\n"), "\n\n") {
		one := perRecipient(block)
		if (one.Action != "" || one.Recipient != "") && len(all) < 200 {
			all = append(all, one)
		}
	}
	first := slices.IndexFunc(all, func(r centrala.DeliveryReport) bool { return r.Action == "failed" })
	first = max(first, 0)
	for i, one := range all {
		if i == first {
			b.Action, b.Status, b.Recipient = one.Action, one.Status, one.Recipient
		} else {
			others = append(others, letter.OneLine("the report also names "+one.Recipient+": "+one.Action+" "+one.Status))
		}
	}
	return others
}

// perRecipient reads one block of fields. The recipient is the one that we wrote to, where
// servers have made another of it since.
func perRecipient(block string) (one centrala.DeliveryReport) {
	final := ""
	for line := range strings.Lines(folded.ReplaceAllString(block, " ")) {
		name, value, _ := strings.Cut(line, ":")
		if kind, rest, ok := strings.Cut(value, ";"); ok && !strings.Contains(kind, "@") {
			value = rest
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "action":
			one.Action = action(letter.OneLine(letter.Token(value)))
		case "status":
			one.Status = coded(value)
		case "diagnostic-code":
			if one.Status == "" || strings.HasSuffix(one.Status, ".0.0") { // the server's own words say more
				if code := findStatus(value); code != "" {
					one.Status = code
				}
			}
		case "final-recipient":
			final = recipient(value, "")
		case "original-recipient":
			one.Recipient = recipient(value, "")
		}
	}
	if one.Recipient == "" {
		one.Recipient = final
	}
	return one
}

// action is one of the five of RFC 3464, whatever a server calls it.
func action(s string) string {
	switch s {
	case "failure", "error", "fail", "bounced", "undeliverable":
		return "failed"
	case "delay", "warning":
		return "delayed"
	}
	return s
}

// coded is the status in a text: an enhanced code, or what a plain one is worth.
func coded(s string) string {
	if code := findStatus(s); code != "" {
		return code
	}
	if m := replyCode.FindStringSubmatch(s); m != nil {
		return m[1][:1] + ".0.0"
	}
	return ""
}

// findStatus is the first enhanced status code (RFC 3463) that is no part of a longer number.
func findStatus(s string) string {
	for _, m := range statusCode.FindAllStringIndex(s, 20) {
		part := func(i int) bool {
			return i >= 0 && i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9')
		}
		if !part(m[1]) && !part(m[0]-1) && (m[0] == 0 || s[m[0]-1] != '.') {
			return s[m[0]:m[1]]
		}
	}
	return ""
}

// recipient is the first address in a text that is no mail server's and is not among not.
func recipient(s, not string) string {
	for _, found := range bareAddress.FindAllString(s, 50) {
		found = strings.ToLower(strings.Trim(found, ".'"))
		if !bounceSender.MatchString(found) && !strings.Contains(not, found) {
			return found
		}
	}
	return ""
}

// fill looks for what the fields did not say in the words that people get to read.
func fill(b *centrala.DeliveryReport, a *letter.Letter) {
	shown := a.Text
	if id := ourOriginal(b.OriginalMessageID, a); id != "" {
		b.OriginalMessageID = id
	}
	if b.OriginalMessageID == "" {
		if m := messageIDRow.FindStringSubmatch(shown); m != nil {
			b.OriginalMessageID = m[1]
		}
	}
	words := shown
	if at := returned.FindStringIndex(shown); at != nil && strings.TrimSpace(shown[:at[0]]) != "" {
		words = shown[:at[0]]
	}
	if b.Recipient == "" {
		b.Recipient = named(words, shown, a)
	}
	if b.Status == "" {
		b.Status = coded(words)
	}
	if strings.HasPrefix(b.Status, "2.") && b.Action == "" { // a version, or what came before
		b.Status = ""
	}
	if b.Action == "" {
		b.Action = "failed"
		if delayed.MatchString(words) && !strings.HasPrefix(b.Status, "5.") {
			b.Action = "delayed"
		}
	}
}

// named is whom a report's words name as not reached: behind what introduces such addresses, on
// a line of its own, in the header of what came back, or anywhere but in the report's own
// header.
func named(words, shown string, a *letter.Letter) string {
	ours := strings.ToLower(strings.Join(append(a.Header.Values("To"), a.Header.Values("From")...), " "))
	for _, at := range failedFor.FindAllStringIndex(words, 10) {
		if r := recipient(words[at[1]:min(len(words), at[1]+400)], ours); r != "" {
			return r
		}
	}
	for _, m := range ownLine.FindAllStringSubmatch(words, 10) {
		if r := recipient(m[1], ours); r != "" {
			return r
		}
	}
	if to := letter.Addresses(a.Original.Get("To")); len(to) > 0 {
		return strings.ToLower(to[0].Address)
	}
	if m := toRow.FindStringSubmatch(shown); m != nil {
		if r := recipient(m[1], ours); r != "" {
			return r
		}
	}
	return recipient(words, ours)
}

// ourOriginal is the id of ours that a report names, wherever it stands: servers on the way
// give their own ids to what they return.
func ourOriginal(named string, a *letter.Letter) string {
	if ourID.MatchString(named) {
		return ""
	}
	for _, h := range []textproto.Header{a.Original, a.Header} {
		for _, name := range []string{"Message-Id", "X-Original-Message-Id", "Original-Message-Id", "In-Reply-To", "References"} {
			for _, id := range slices.Backward(letter.IDs(h, name)) {
				if ourID.FindString(id) == id && id != "" {
					return id
				}
			}
		}
	}
	if id := ourID.FindString(a.Status); id != "" {
		return id
	}
	return ourID.FindString(a.Text + "\n" + a.HTML)
}

// ReplyAddresses are the addresses in a report at which an answer to the returned mail would
// have come.
func ReplyAddresses(a *letter.Letter) []string {
	var list []string
	for _, name := range []string{"Reply-To", "From", "Return-Path"} {
		for _, at := range letter.Addresses(a.Original.Get(name)) {
			list = append(list, at.Address)
		}
	}
	return append(list, signedAddress.FindAllString(a.Text+"\n"+a.Status, 20)...)
}
