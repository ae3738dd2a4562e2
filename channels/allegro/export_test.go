package allegro

import (
	"context"

	"centrala"
	"centrala/channels"
)

// Look looks once through the threads of an account.
func Look(ctx context.Context, c *Channel, in centrala.Inbox, to channels.Shelf) error {
	return c.threads(ctx, in, to)
}

// LookIssues looks once through the issues of an account.
func LookIssues(ctx context.Context, c *Channel, in centrala.Inbox, to channels.Shelf) error {
	return c.issues(ctx, in, to)
}
