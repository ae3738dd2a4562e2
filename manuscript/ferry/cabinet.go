package ferry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"gocloud.dev/blob"

	"centrala"
	"centrala/manuscript"
)

// Rows are the files of articles as a store knows them.
type Rows interface {
	Files(ctx context.Context, article centrala.ArticleID) ([]centrala.ArticleFile, error)
	SaveFile(ctx context.Context, f centrala.ArticleFile) (centrala.ArticleFile, error)
}

// Cabinet is the files of articles with what is in them.
type Cabinet struct {
	Rows  Rows
	Blobs *blob.Bucket
	Sniff func(head []byte, name string) (kind string, ok bool) // which kinds are taken
}

var _ manuscript.Cabinet = Cabinet{}

// Files implements manuscript.Cabinet.
func (c Cabinet) Files(ctx context.Context, article centrala.ArticleID) ([]manuscript.Filed, error) {
	all, err := c.Rows.Files(ctx, article)
	out := make([]manuscript.Filed, len(all))
	for i, f := range all {
		out[i] = filedAs(f)
	}
	return out, err
}

func filedAs(f centrala.ArticleFile) manuscript.Filed {
	return manuscript.Filed{Name: f.Name, Size: f.Size, Address: f.URL(), Key: f.Blob}
}

// OpenFile implements manuscript.Cabinet.
func (c Cabinet) OpenFile(ctx context.Context, f manuscript.Filed) ([]byte, error) {
	b, err := c.Blobs.ReadAll(ctx, f.Key)
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w", f.Name, err)
	}
	return b, nil
}

// SaveFile implements manuscript.Cabinet. The content is kept before the row is.
func (c Cabinet) SaveFile(ctx context.Context, article centrala.ArticleID, name string, content []byte) (manuscript.Filed, error) {
	if err := c.Takes(name, content); err != nil {
		return manuscript.Filed{}, err
	}
	kind, _ := c.kind(name, content)
	key := "articles/" + strings.ToLower(rand.Text())
	if err := c.Blobs.WriteAll(ctx, key, content, nil); err != nil {
		return manuscript.Filed{}, fmt.Errorf("keep the file: %w", err)
	}
	f, err := c.Rows.SaveFile(ctx, centrala.ArticleFile{Article: article, Name: name, Type: kind, Size: int64(len(content)), Blob: key})
	if err != nil {
		return manuscript.Filed{}, errors.Join(err, c.Blobs.Delete(ctx, key))
	}
	return filedAs(f), nil
}

// Takes implements manuscript.Cabinet.
func (c Cabinet) Takes(name string, content []byte) error {
	if len(content) == 0 {
		return errors.New("it is empty")
	}
	if _, ok := c.kind(name, content); !ok {
		return errors.New("files of this kind are not taken")
	}
	return nil
}

const sniffed = 3072 // bytes that tell a kind

func (c Cabinet) kind(name string, content []byte) (string, bool) {
	return c.Sniff(content[:min(len(content), sniffed)], name)
}
