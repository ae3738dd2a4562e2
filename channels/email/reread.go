package email

import (
	"context"
	"fmt"
	"io"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// Reread reads the mail of an entry of the book again, from its raw form in the blob store, with
// the parser of today. With keep its files are put into the store; those that a message of the
// log has already are never written over. Without it nothing is written. told is the reading as
// centrala explain tells it.
func (c *Channel) Reread(ctx context.Context, inbox centrala.Inbox, e centrala.Entry, keep bool) (in centrala.Inbound, told any, err error) {
	keeper := letter.Measure
	if keep {
		named := centrala.Inbound{Inbox: e.Inbox, ExternalID: e.ExternalID}
		keeper = func(_ centrala.Part, n int, r io.Reader) (int64, string, error) {
			at := channels.BlobKey(named, n)
			if e.Seq != 0 {
				at = fmt.Sprintf("%s.v%d", at, Parser)
			}
			size, err := channels.Save(ctx, c.c.Blobs, at, r)
			return size, at, err
		}
	}
	var notes []string
	in, notes, err = c.stored(ctx, e.Raw, origin{inbox: inbox, externalID: e.ExternalID, received: e.At, size: e.Size}, keeper)
	if err != nil {
		return in, nil, err
	}
	x := explained(in, notes)
	x.File = e.ID.String()
	return in, x, nil
}

// Clean is the HTML of a mail as the policy of today lets it through. policy is the version by
// which it was cleaned before.
func (c *Channel) Clean(html string, policy int) string {
	if policy == letter.PolicyVersion {
		return html
	}
	return c.policy.Sanitize(html)
}

// stored reads the mail that lies under key in the blob store, and gives its files to keep; notes
// are what it took.
func (c *Channel) stored(ctx context.Context, key string, o origin, keep letter.Keeper) (in centrala.Inbound, notes []string, err error) {
	raw, err := c.c.Blobs.NewReader(ctx, key, nil)
	if err != nil {
		return in, nil, fmt.Errorf("raw mail: %w", err)
	}
	defer raw.Close() // read-only
	got, err := c.read(raw, o, keep)
	if err != nil {
		return in, nil, err
	}
	in = got.in
	in.Raw = key
	if b := in.Report; b != nil { // the log finds by these which of our mails it is about
		in.InReplyTo, in.References = nil, nil
		if b.Action == "failed" && b.OriginalMessageID != "" {
			in.InReplyTo = []string{b.OriginalMessageID}
		}
	}
	for i, p := range in.Attachments {
		in.Attachments[i].Open = func() (io.ReadCloser, error) { return c.c.Blobs.NewReader(ctx, p.Blob, nil) }
	}
	return in, got.notes, nil
}
