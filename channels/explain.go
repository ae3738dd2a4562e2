package channels

import (
	"fmt"
	"strings"
	"time"

	"centrala"
)

// Explained is in as people read it in an Explanation.
func Explained(in centrala.Inbound) ExplainedInbound {
	e := ExplainedInbound{
		Kind: "message", ExternalID: in.ExternalID, From: in.From, To: list(in.To), Subject: in.Subject,
		Text: in.Text, FullText: in.FullText, HTML: in.HTML, InReplyTo: list(in.InReplyTo),
		References: list(in.References), Attachments: make([]ExplainedPart, 0, len(in.Attachments)),
	}
	if !in.At.IsZero() {
		e.At = in.At.UTC().Format(time.RFC3339)
	}
	for _, p := range in.Attachments {
		e.Attachments = append(e.Attachments, ExplainedPart{p.Name, p.Type, p.Size, p.Inline})
	}
	return e
}

// list is s, or an empty list: null is no answer.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// String is the explanation as a report for people.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s)\n", e.File, e.Outcome, e.Reason)
	for _, in := range e.Inbound {
		line := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, "  %-12s %s\n", name, value)
			}
		}
		line("from", strings.TrimSpace(in.From.Name+" <"+in.From.Address+">"))
		line("to", strings.Join(in.To, ", "))
		line("subject", in.Subject)
		line("at", in.At)
		line("id", in.ExternalID)
		line("in reply to", strings.Join(in.InReplyTo, " "))
		line("references", strings.Join(in.References, " "))
		for _, p := range in.Attachments {
			line("attachment", fmt.Sprintf("%s (%s, %d bytes, inline %t)", p.Name, p.Type, p.Size, p.Inline))
		}
		b.WriteString("  shown first:\n" + indent(in.Text))
		if in.FullText != "" && in.FullText != in.Text {
			b.WriteString("  whole text:\n" + indent(in.FullText))
		}
		if in.HTML != "" {
			fmt.Fprintf(&b, "  an HTML form of %d bytes, cleaned\n", len(in.HTML))
		}
	}
	if e.Bounce != nil {
		fmt.Fprintf(&b, "  bounce: %s %s for %s, of <%s>\n", e.Bounce.Action, e.Bounce.Status, e.Bounce.Recipient, e.Bounce.OriginalMessageID)
	}
	return b.String()
}

func indent(s string) string {
	if s == "" {
		return "    (nothing)\n"
	}
	return "    " + strings.ReplaceAll(s, "\n", "\n    ") + "\n"
}
