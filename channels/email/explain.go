package email

import (
	"context"
	"io"
	"strings"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// Explain implements channels.Explainer. Of a mail alone it cannot be told whether it is a
// duplicate, and files are measured, not kept.
func (c *Channel) Explain(ctx context.Context, raw io.Reader) channels.Explanation {
	got, err := c.read(&ended{ctx, raw}, origin{}, letter.Measure)
	if err != nil {
		return channels.Explanation{Outcome: centrala.Quarantined, Reason: err.Error(), Inbound: []channels.ExplainedInbound{}}
	}
	e := channels.Explanation{Outcome: got.in.Outcome, Reason: got.in.Reason, Bounce: got.bounce}
	e.Inbound = append(e.Inbound, channels.Explained(got.in))
	if strings.HasSuffix(e.Inbound[0].ExternalID, "@"+noDomain) && got.in.From.Address == "" && got.in.FullText == "" && got.in.Subject == "" {
		e.Inbound = []channels.ExplainedInbound{} // nothing in it could be read
	}
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
