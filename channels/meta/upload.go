package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/meta/graph"
)

// Sizes of files that go by the Send API.
const (
	maxFile    = 25 << 20
	maxPicture = 8 << 20 // by Instagram
)

// instagramTakes are the types of files that Instagram takes (docs/meta.md, "Files").
var instagramTakes = []string{
	"image/png", "image/jpeg", "image/gif", "audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav",
	"video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm", "application/pdf",
}

// picture reports whether a type is that of a picture which Meta shows.
func picture(kind string) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/gif"}, plain(kind))
}

// sendable is the kind as which the Send API takes a file.
func (p *page) sendable(f centrala.Attachment) (string, error) {
	kind := plain(f.Type)
	largest := int64(maxFile)
	if p.kind == centrala.Instagram && picture(kind) {
		largest = maxPicture
	}
	switch {
	case f.Size > largest:
		return "", &centrala.Rejected{Reason: fmt.Sprintf("Meta takes such files of up to %d MB here", largest>>20), Cause: centrala.BadFile}
	case p.kind == centrala.Instagram && !slices.Contains(instagramTakes, kind):
		return "", &centrala.Rejected{Reason: "Instagram does not take files of the type " + kind, Cause: centrala.BadFile}
	case picture(kind):
		return "image", nil
	case strings.HasPrefix(kind, "video/"):
		return "video", nil
	case strings.HasPrefix(kind, "audio/"):
		return "audio", nil
	}
	return "file", nil
}

// upload gives a file to Meta, to be sent by its id then. It may be done again at will: an upload
// that nobody refers to is nothing.
func (p *page) upload(ctx context.Context, in centrala.Inbox, f centrala.Attachment) (*sentAttachment, error) {
	kind, err := p.sendable(f)
	if err != nil {
		return nil, err
	}
	a, _ := account(in)
	fields := [][2]string{{"message", fmt.Sprintf(`{"attachment":{"type":%q,"payload":{"is_reusable":true}}}`, kind)}}
	if p.kind == centrala.Instagram {
		fields = append(fields, [2]string{"platform", "instagram"})
	}
	var got struct {
		ID text `json:"attachment_id"`
	}
	if err := p.post(ctx, in, "/"+p.node(a)+"/message_attachments", fields, "filedata", f, &got); err != nil {
		return nil, harmless(err)
	}
	if got.ID == "" {
		return nil, errors.New("an upload that was taken without an id")
	}
	return &sentAttachment{Type: kind, Payload: sentPayload{ID: string(got.ID)}}, nil
}

// post sends a form with one file, straight from where the files are kept.
func (l *line) post(ctx context.Context, in centrala.Inbox, path string, fields [][2]string, name string, f centrala.Attachment, v any) error {
	if l.c.Files == nil {
		return errors.New("there is no place where files are kept")
	}
	file, err := l.c.Files.NewReader(ctx, f.Blob, nil)
	if err != nil {
		return fmt.Errorf("a file to be sent cannot be read: %w", err)
	}
	defer file.Close()
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for _, field := range fields {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return fmt.Errorf("form: %w", err)
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition(name, graph.Clean(f.Name)))
	header.Set("Content-Type", plain(f.Type))
	if _, err := form.CreatePart(header); err != nil {
		return fmt.Errorf("form: %w", err)
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	body := io.MultiReader(&head, file, strings.NewReader(tail))
	length := int64(head.Len()) + file.Size() + int64(len(tail))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.c.Base+path, body)
	if err != nil {
		return errors.New("request: the address of the Graph API cannot be read")
	}
	r.ContentLength = length
	r.Header.Set("Content-Type", form.FormDataContentType())
	return l.do(ctx, in, r, v)
}
