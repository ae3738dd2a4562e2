package channels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"centrala"
)

// Explained is in as people read it in an Explanation.
func Explained(in centrala.Inbound) ExplainedInbound {
	e := ExplainedInbound{
		Kind: cmp.Or(string(in.Kind), string(centrala.KindMessage)), Aliases: in.Aliases, Thread: in.ThreadID, About: in.About,
		Payload: in.Payload, Matters: in.Matters, ExternalID: in.ExternalID, From: in.From, To: list(in.To), Others: list(in.Others), Subject: in.Subject,
		Text: in.Text, FullText: in.FullText, Pieces: []ExplainedPiece{}, HTML: in.HTML, InReplyTo: list(in.InReplyTo),
		References: list(in.References), Attachments: make([]ExplainedPart, 0, len(in.Attachments)), Locale: in.Locale,
		Threading: Threading{
			MessageID: in.MessageID, Token: in.ReplyTo, Keys: in.ThreadKeys(),
			Subject: centrala.NormalSubject(in.Subject), Generic: centrala.GenericSubject(in.Subject),
		},
	}
	if in.Channel.Social() || in.Channel == centrala.Phone {
		e.Channel = in.Channel
	}
	if in.Kind.Says() && in.About != nil && in.About.ID != "" && len(in.InReplyTo) == 0 {
		e.InReplyTo = []string{in.About.ID}
	}
	e.Threading.Number, _ = centrala.ConversationNumber(in.Subject)
	if !in.At.IsZero() {
		e.At = in.At.UTC().Format(time.RFC3339)
	}
	for _, p := range in.Attachments {
		e.Attachments = append(e.Attachments, ExplainedPart{p.Name, p.Type, p.Size, p.Inline, p.Card})
	}
	return e
}

// list is s, or an empty list: null is no answer.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// String is the explanation as a report for people: what is pasted where help is asked for.
func (e Explanation) String() string {
	var b strings.Builder
	r := report{&b}
	fmt.Fprintf(&b, "%s\n%s\n", e.File, strings.Repeat("═", max(utf8.RuneCountInString(e.File), 24)))
	r.row("outcome", string(e.Outcome))
	r.row("reason", e.Reason)
	r.row("cause", strings.TrimSpace(e.Cause.Code+"  "+e.Cause.Detail))
	if len(e.Inbound) == 0 {
		r.row("", "Nothing in it could be read. It is kept as it came all the same.")
	}
	for i, in := range e.Inbound {
		if in.Channel.Social() || in.Channel == centrala.Phone {
			r.told(i+1, in)
			continue
		}
		r.envelope(in)
		r.threading(in)
		r.trust(e.Trust)
		r.text(in)
		r.files(in)
	}
	if d := e.Bounce; d != nil {
		r.section("Delivery report")
		r.row("action", d.Action)
		r.row("status", or(d.Status, "it names none"))
		r.row("recipient", or(d.Recipient, "nobody can be told"))
		r.row("of the mail", or(d.OriginalMessageID, "it names none"))
	}
	if len(e.Notes) > 0 {
		r.section("Repaired, and what else there is to know")
		for _, n := range e.Notes {
			fmt.Fprintf(&b, "  · %s\n", n)
		}
	}
	return b.String()
}

// report writes an Explanation in sections of aligned rows.
type report struct{ b *strings.Builder }

func (r report) section(name string) { fmt.Fprintf(r.b, "\n%s\n", name) }

// row writes a name and its values, one below the other; nothing when there is none.
func (r report) row(name string, values ...string) {
	for _, v := range values {
		if v != "" {
			fmt.Fprintf(r.b, "  %-14s %s\n", name, v)
			name = ""
		}
	}
}

func (r report) envelope(in ExplainedInbound) {
	r.section("Who wrote what")
	r.row("from", or(person(in.From), "nobody is named"))
	r.row("to", in.To...)
	for i, o := range in.Others {
		r.row(map[bool]string{true: "also went to"}[i == 0], person(o))
	}
	r.row("subject", or(in.Subject, "(none)"))
	r.row("written", or(in.At, "it does not say"))
	r.row("language", in.Locale)
}

func (r report) threading(in ExplainedInbound) {
	t := in.Threading
	r.section("Which conversation, the strongest first")
	token := "none that is signed by us"
	if t.Token != 0 {
		token = t.Token.String() + ", signed by us"
	} else if slices.ContainsFunc(in.To, func(a string) bool { return strings.Contains(a, "+t-") }) {
		token = "one is named; only the house itself can check it"
	}
	r.row("reply address", token)
	if len(t.Keys) == 0 {
		r.row("answers", "no mail that it names")
	}
	r.row("answers", t.Keys...)
	number := "none in the subject"
	if t.Number > 0 {
		number = fmt.Sprintf("#%d, if the sender is the conversation's own", t.Number)
	}
	r.row("number", number)
	subject := fmt.Sprintf("%q, within a week, if the sender is the same", t.Subject)
	if t.Generic {
		subject = fmt.Sprintf("%q says too little to go by", t.Subject)
	}
	r.row("subject", subject)
	r.row("own id", t.MessageID)
	if in.ExternalID != t.MessageID {
		r.row("external id", in.ExternalID)
	}
}

func (r report) trust(t centrala.Trust) {
	r.section("Is the sender who it claims to be?")
	switch {
	case t.By != "":
		r.row("verdict", string(t.Verdict)+", says "+t.By)
		r.row("spf", t.SPF)
		r.row("dkim", t.DKIM)
		r.row("dmarc", t.DMARC)
	default:
		r.row("verdict", "unchecked: nothing by a mail server that is believed")
	}
	if t.Pretended != "" {
		r.row("beware", "the name shows another address: "+t.Pretended)
	}
}

func (r report) text(in ExplainedInbound) {
	r.section("Shown first")
	r.lines("│", or(in.Text, "(nothing)"))
	for _, p := range in.Pieces {
		if p.Kind != "new" {
			r.section(fmt.Sprintf("Folded: %s, %s", p.Kind, counted(strings.Count(p.Text, "\n")+1, "line")))
			r.lines("┊", p.Text)
		}
	}
	if in.HTML != "" {
		r.section("HTML")
		r.row("cleaned", counted(len(in.HTML), "byte"))
	}
}

func (r report) lines(mark, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintf(r.b, "  %s %s\n", mark, strings.TrimRight(line, "\n"))
	}
}

func (r report) files(in ExplainedInbound) {
	if len(in.Attachments) == 0 {
		return
	}
	r.section("Files")
	w := tabwriter.NewWriter(r.b, 0, 4, 2, ' ', 0)
	for _, p := range in.Attachments {
		where := "attached"
		if p.Inline {
			where = "shown inside"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", p.Name, p.Type, counted(int(p.Size), "byte"), where)
	}
	_ = w.Flush() // a strings.Builder does not fail
	for _, p := range in.Attachments {
		if c := p.Card; c != nil {
			r.section("Invitation in " + p.Name)
			r.row("method", c.Method)
			r.row("what", c.Summary)
			r.row("from", c.Start)
			r.row("until", c.End)
			r.row("where", c.Location)
			r.row("by", c.Organizer)
		}
	}
}

func person(a centrala.Address) string {
	if a.Name == "" {
		return a.Address
	}
	return a.Name + " <" + a.Address + ">"
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
