package channels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"gocloud.dev/blob"

	"centrala"
)

// BlobKey is where the n-th file of an inbound message lies in the blob store. The same
// message has the same keys, so that taking it twice leaves no second copy, and no two
// messages share one, so that erasing the one leaves the other alone.
func BlobKey(in centrala.Inbound, n int) string {
	sum := sha256.Sum256([]byte(in.Inbox.String() + "\x00" + in.ExternalID))
	name := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("in/%s/%s/%d", name[:2], name, n)
}

// RawKey is where the raw form of an inbound message lies.
func RawKey(in centrala.Inbound) string { return BlobKey(in, 0) }

// Save copies r into the blob store under key and returns how many bytes it had. Nothing is
// kept when it fails.
func Save(ctx context.Context, to *blob.Bucket, key string, r io.Reader) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, this gives the half-written file up
	w, err := to.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return 0, fmt.Errorf("blob %s: %w", key, err)
	}
	n, err := io.Copy(w, r)
	if err != nil {
		cancel()
		_ = w.Close() // it reports the cancellation
		return n, fmt.Errorf("blob %s: %w", key, err)
	}
	if err := w.Close(); err != nil {
		return n, fmt.Errorf("blob %s: %w", key, err)
	}
	return n, nil
}

// SaveParts puts every file of in that has no place in the blob store yet there, and writes
// down where. in must have its ExternalID.
func SaveParts(ctx context.Context, to *blob.Bucket, in *centrala.Inbound) error {
	for i := range in.Attachments {
		if err := savePart(ctx, to, &in.Attachments[i], BlobKey(*in, i+1)); err != nil {
			return err
		}
	}
	return nil
}

func savePart(ctx context.Context, to *blob.Bucket, p *centrala.Part, key string) error {
	if p.Blob != "" || p.Open == nil {
		return nil
	}
	r, err := p.Open()
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	defer r.Close()
	if p.Size, err = Save(ctx, to, key, r); err != nil {
		return err
	}
	p.Blob = key
	return nil
}
