package channels

import (
	"fmt"
	"io"
	"strings"
	"time"

	"centrala"
)

// MaxHook is the largest body that is taken from a vendor.
const MaxHook = 4 << 20

// ExplainHook tells how a raw body is read by a channel: every thing that it tells, in order.
func ExplainHook(by Reader, inbox centrala.Inbox, raw io.Reader) Explanation {
	e := Explanation{Inbound: []ExplainedInbound{}, Notes: []string{}}
	body, err := io.ReadAll(io.LimitReader(raw, MaxHook+1))
	switch {
	case err != nil:
		e.Outcome, e.Reason, e.Cause = centrala.Quarantined, err.Error(), centrala.Cause{Code: "unreadable"}
		return e
	case len(body) > MaxHook:
		e.Outcome, e.Reason, e.Cause = centrala.Oversize, "a body of more than 4 MB is refused", centrala.Cause{Code: "oversize"}
		return e
	}
	read := ReadHook(by, inbox, centrala.Hook{Inbox: inbox.ID, Channel: by.Kind(), Body: body, Size: int64(len(body))})
	for _, in := range read.Reading.Items {
		e.Inbound = append(e.Inbound, Explained(in))
	}
	for _, s := range read.Reading.Skipped {
		e.Notes = append(e.Notes, "kept and skipped: "+s)
	}
	for _, bad := range read.Reading.Bad {
		e.Notes = append(e.Notes, strings.TrimSpace("could not be read: "+bad.Code+" "+bad.Detail))
	}
	switch {
	case read.Failed != nil:
		e.Outcome, e.Reason, e.Cause = centrala.Quarantined, read.Failed.Detail, *read.Failed
	case len(read.Reading.Bad) > 0:
		e.Outcome, e.Reason, e.Cause = centrala.Quarantined, "some of it could not be read and waits for a better parser", read.Reading.Bad[0]
	case len(e.Inbound) == 0:
		e.Outcome, e.Reason, e.Cause = centrala.Ignored, "nothing in it means anything to us", centrala.Cause{Code: "nothing", Detail: read.Reading.What}
	default:
		e.Outcome, e.Reason, e.Cause = centrala.Ingested, "read whole", centrala.Cause{Code: "read", Detail: read.Reading.What}
	}
	return e
}

// told is the report of the n-th thing that a hook told.
func (r report) told(n int, in ExplainedInbound) {
	r.section(fmt.Sprintf("%d: %s, by %s", n, in.Kind, in.Channel))
	r.row("person", or(person(in.From), "nobody is named"))
	r.row("also known as", in.Aliases...)
	r.row("conversation", or(in.Thread, "the one that the person has in this inbox"))
	r.row("external id", in.ExternalID)
	r.row("written", or(in.At, "it does not say"))
	r.row("language", in.Locale)
	r.row("button", in.Payload)
	r.about(in.About)
	for _, m := range in.Matters {
		due := ""
		if !m.Due.IsZero() {
			due = "until " + m.Due.UTC().Format(time.RFC3339)
		}
		r.row("about "+m.Kind, strings.Join(strings.Fields(m.ID+" "+m.Title+" "+m.Status+" "+due), " "))
	}
	if in.Text != "" {
		r.lines("│", in.Text)
	}
	r.files(in)
}

func (r report) about(a *centrala.About) {
	if a == nil {
		return
	}
	r.row("of message", a.ID)
	if a.Ours != 0 {
		r.row("of delivery", a.Ours.String())
	}
	if !a.Upto.IsZero() {
		r.row("all up to", a.Upto.UTC().Format(time.RFC3339Nano))
	}
	if a.Version != 0 {
		r.row("version", fmt.Sprint(a.Version))
	}
	r.row("state", strings.TrimSpace(string(a.State)+" "+string(a.Cause)+" "+a.Reason))
	r.row("reaction", a.Emoji)
	if a.Removed {
		r.row("taken back", "yes")
	}
}
