package email

import (
	"context"
	"io"
	"strings"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
	"centrala/channels/email/quote"
	"centrala/channels/email/sorting"
)

// Explain implements channels.Explainer. Of a mail alone it cannot be told whether it is a
// duplicate, and files are measured, not kept.
func (c *Channel) Explain(ctx context.Context, raw io.Reader) channels.Explanation {
	return c.ExplainFor(ctx, centrala.Inbox{}, raw)
}

// ExplainFor is Explain for a mail in the mailbox of an inbox: its own address, its aliases and
// what its mail server says are known then.
func (c *Channel) ExplainFor(ctx context.Context, inbox centrala.Inbox, raw io.Reader) channels.Explanation {
	got, err := c.read(&ended{ctx, raw}, origin{inbox: inbox}, letter.Measure)
	if err != nil {
		return channels.Explanation{
			Outcome: centrala.Quarantined, Reason: err.Error(), Cause: centrala.Cause{Code: sorting.Unreadable, Detail: err.Error()},
			Inbound: []channels.ExplainedInbound{}, Notes: []string{},
		}
	}
	return explained(got.in, got.notes)
}

// explained is how a mail was read, told to people; notes are what it took.
func explained(in centrala.Inbound, notes []string) channels.Explanation {
	e := channels.Explanation{
		Outcome: in.Outcome, Reason: in.Reason, Cause: in.Cause, Bounce: in.Report, Trust: in.Trust,
		Inbound: []channels.ExplainedInbound{}, Notes: append([]string{}, notes...),
	}
	if strings.HasSuffix(in.ExternalID, "@"+noDomain) && in.From.Address == "" && in.FullText == "" && in.Subject == "" && len(in.Attachments) == 0 {
		return e // nothing in it could be read
	}
	x := channels.Explained(in)
	for _, p := range quote.Pieces(in.FullText) {
		x.Pieces = append(x.Pieces, channels.ExplainedPiece{Kind: string(p.Kind), Text: p.Text})
	}
	e.Inbound = append(e.Inbound, x)
	return e
}

// ended is a reader that ends with its context.
type ended struct {
	ctx context.Context
	r   io.Reader
}

func (e *ended) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(p)
}
