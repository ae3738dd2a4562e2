package main

import (
	"context"
	"time"

	"gocloud.dev/gcerrors"
)

// discard deletes files that nothing names any more. It does not wait for that; what cannot be
// deleted is said, and stays.
func (p *Program) discard(keys []string) {
	p.discarding.Go(func() {
		for _, key := range keys {
			ctx, end := context.WithTimeout(context.Background(), 10*time.Second)
			err := p.blobs.Delete(ctx, key)
			end()
			if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				p.log.Error("a file that was taken back could not be deleted", "key", key, "err", err)
			}
		}
	})
}
