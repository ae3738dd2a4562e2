package channels

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"gocloud.dev/blob"

	"centrala"
)

// Limits of fetching files.
const (
	MaxMedia     = 25 << 20 // of one file
	mediaAtOnce  = 4
	mediaTries   = 6
	mediaTimeout = time.Minute
)

// Fetching is the fetching of the files that one inbox's vendor still has.
type Fetching struct {
	Inbox   centrala.Inbox
	Fetcher Fetcher
	Shelf   MediaShelf
	Files   *blob.Bucket
	Log     *slog.Logger
	Wake    <-chan struct{}
	Every   time.Duration
}

// Run fetches until ctx ends. What cannot be fetched is tried six times within some minutes.
func (f Fetching) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := f.Shelf.DueMedia(ctx, f.Inbox.ID, mediaAtOnce)
		if err != nil && ctx.Err() == nil {
			f.Log.Error("files to fetch could not be listed", "inbox", f.Inbox.ID.String(), "err", err)
		}
		if len(due) > 0 {
			var fetching sync.WaitGroup
			for _, m := range due {
				fetching.Go(func() { f.one(ctx, m) })
			}
			fetching.Wait()
			if len(due) == mediaAtOnce {
				continue
			}
		}
		t := time.NewTimer(f.Every)
		select {
		case <-ctx.Done():
		case <-f.Wake:
		case <-t.C:
		}
		t.Stop()
	}
	return ctx.Err()
}

// one fetches a file and writes down how that ended. When that cannot be written down, the file is
// due again.
func (f Fetching) one(ctx context.Context, m centrala.Media) {
	mctx, cancel := context.WithTimeout(ctx, mediaTimeout)
	defer cancel()
	out := centrala.Fetched{ID: m.ID}
	part, err := f.save(mctx, m)
	if ctx.Err() != nil {
		return
	}
	var (
		rejected *centrala.Rejected
		later    *Later
	)
	switch {
	case err == nil:
		out.Part = &part
	case errors.As(err, &later): // the vendor has it, and is not done with it
		out.Cause = centrala.Cause{Code: "trying", Detail: err.Error()}
		out.Next = time.Now().Add(max(later.For, time.Second))
	case errors.As(err, &rejected):
		out.Cause = centrala.Cause{Code: cmp.Or(string(rejected.Cause), "gone"), Detail: rejected.Reason}
	case m.Tries+1 >= mediaTries:
		out.Cause = centrala.Cause{Code: "given-up", Detail: err.Error()}
	default:
		out.Cause = centrala.Cause{Code: "trying", Detail: err.Error()}
		out.Next = time.Now().Add(2*time.Second<<m.Tries + Backoff(1, time.Second, rand.Float64()))
	}
	if err != nil {
		f.Log.Warn("a file was not fetched", "inbox", f.Inbox.ID.String(), "attachment", m.ID.String(), "next", out.Next, "err", err)
	}
	err = f.Shelf.KeepMedia(ctx, out)
	if out.Part != nil && centrala.CodeOf(err) == centrala.NotFound { // whose it was has been erased meanwhile
		err = f.Files.Delete(context.WithoutCancel(ctx), out.Part.Blob)
	}
	if err != nil && ctx.Err() == nil {
		f.Log.Error("what became of a file could not be written down", "attachment", m.ID.String(), "err", err)
		pause(ctx, time.Second)
	}
}

func (f Fetching) save(ctx context.Context, m centrala.Media) (centrala.Part, error) {
	var p centrala.Part
	err := Guarded(func() (err error) {
		p, err = f.Fetcher.Fetch(ctx, f.Inbox, m)
		return err
	})
	if err != nil {
		return p, err
	}
	r, err := p.Open()
	if err != nil {
		return p, err
	}
	defer r.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return p, err
	}
	head = head[:n]
	if executable(head) {
		return p, &centrala.Rejected{Reason: "it is a program", Cause: centrala.BadFile}
	}
	p.Type = cmp.Or(p.Type, m.Type, http.DetectContentType(head))
	p.Name = cmp.Or(p.Name, m.Name)
	p.Blob = centrala.MediaBlob(m.ID)
	p.Size, err = Save(ctx, f.Files, p.Blob, &capped{io.MultiReader(bytes.NewReader(head), r), MaxMedia})
	p.Open = nil
	return p, err
}

// executable reports whether a file begins like a program of Windows, Linux or macOS.
func executable(head []byte) bool {
	for _, magic := range []string{"MZ", "\x7fELF", "\xca\xfe\xba\xbe", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// capped is a reader of at most so many bytes; more is a refusal.
type capped struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, &centrala.Rejected{Reason: fmt.Sprintf("it is larger than %d MB", MaxMedia>>20), Cause: centrala.TooLarge}
	}
	return n, err
}
