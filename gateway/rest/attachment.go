package rest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"centrala"
	"centrala/auth"
)

// MaxFile is the largest file that is taken, in bytes.
const MaxFile = 20 << 20

// Files are uploads until a message takes them, and then the message's. An upload that is not
// its owner's, or that the scope does not see, is NotFound.
type Files interface {
	SaveAttachment(ctx context.Context, owner string, a centrala.Attachment) (centrala.Attachment, error)
	Attachment(ctx context.Context, scope centrala.Scope, owner string, id centrala.AttachmentID) (centrala.Attachment, error)
}

func (s *server) attachmentRoutes() {
	add(s, post("/v1/attachments", "Upload a file of at most 20 MB, for a message", auth.Upload).creates(), s.upload)
	// Described afterwards: the body is read by the handler as it comes, not by the framework.
	s.api.OpenAPI().Paths["/v1/attachments"].Post.RequestBody = fileForm()
	add(s, get("/v1/attachments/{id}", "A file; t is in the address that messages carry").with(asType("application/octet-stream")), s.download)
}

// fileForm describes a body with a file.
func fileForm() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"file": {Type: huma.TypeString, Format: "binary"},
		}}},
	}}
}

// asType describes an answer that is not JSON.
func asType(t string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
			t: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}
	}
}

// take keeps the part of a request that is named file in a folder of the blobs, once it has looked at
// what it is. Nothing is held in memory but its beginning.
func (s *server) take(ctx context.Context, r *http.Request, folder string) (centrala.Attachment, error) {
	var f centrala.Attachment
	part, err := filePart(r)
	if err != nil {
		return f, err
	}
	defer part.Close() // read-only
	head, err := io.ReadAll(io.LimitReader(part, sniffed))
	if err != nil {
		return f, bodyError(err)
	}
	if len(head) == 0 {
		return f, centrala.InvalidField("file", "The file is empty.")
	}
	f.Name = cleanName(part.FileName())
	known := false
	if f.Type, known = Sniff(head, f.Name); !known {
		return f, &Problem{Status: http.StatusUnsupportedMediaType, Title: http.StatusText(http.StatusUnsupportedMediaType),
			Code: string(centrala.Invalid), Field: "file", Detail: "Files of this kind are not taken."}
	}
	f.Blob = folder + strings.ToLower(rand.Text())
	f.Size, err = s.keep(ctx, f.Blob, io.MultiReader(bytes.NewReader(head), part))
	return f, err
}

// upload takes a file for a message.
func (s *server) upload(ctx context.Context, c caller, _ *nothing) (*answer[centrala.Attachment], error) {
	f, err := s.take(ctx, c.r, "uploads/")
	if err != nil {
		return nil, err
	}
	f, err = s.Store.SaveAttachment(ctx, c.ID, f)
	if err != nil {
		return nil, errors.Join(err, s.drop(ctx, f.Blob))
	}
	f.URL = s.Guard.FileURL(c.Principal, f.ID)
	return ok(f), nil
}

func filePart(r *http.Request) (*multipart.Part, error) {
	m, err := r.MultipartReader()
	if err != nil {
		return nil, &Problem{Status: http.StatusUnsupportedMediaType, Title: http.StatusText(http.StatusUnsupportedMediaType),
			Code: string(centrala.BadFrame), Detail: "The body must be multipart/form-data."}
	}
	for {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, centrala.InvalidField("file", "There is no part named file.")
		}
		if err != nil {
			return nil, bodyError(err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part, nil
		}
	}
}

// keep writes a blob of at most MaxFile bytes; of a larger one nothing is kept.
func (s *server) keep(ctx context.Context, key string, r io.Reader) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.Blobs.NewWriter(ctx, key, nil)
	if err != nil {
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	n, err := io.Copy(w, io.LimitReader(r, MaxFile+1))
	if err == nil && n > MaxFile {
		err = &centrala.Error{Code: centrala.TooLong, Field: "file", Message: "A file has at most 20 MB."}
	} else if err != nil {
		err = bodyError(err)
	}
	if err != nil {
		cancel()      // a writer whose context is over keeps nothing (gocloud.dev/blob)
		_ = w.Close() // says that it was cancelled
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, &centrala.Error{Code: centrala.Unavailable, Message: "The file could not be kept.", Err: err}
	}
	return n, nil
}

// drop deletes a blob, or all whose names begin so when it ends with a slash; one that is gone
// already is as deleted as can be.
func (s *server) drop(ctx context.Context, key string) error {
	if strings.HasSuffix(key, "/") {
		return s.dropAll(ctx, key)
	}
	err := s.Blobs.Delete(context.WithoutCancel(ctx), key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	return nil
}

func (s *server) dropAll(ctx context.Context, prefix string) error {
	list := s.Blobs.List(&blob.ListOptions{Prefix: prefix})
	var failed []error
	for {
		o, err := list.Next(context.WithoutCancel(ctx))
		if errors.Is(err, io.EOF) {
			return errors.Join(failed...)
		}
		if err != nil {
			return errors.Join(append(failed, fmt.Errorf("list blobs %s: %w", prefix, err))...)
		}
		failed = append(failed, s.drop(ctx, o.Key))
	}
}

type filePath struct {
	ID    attachmentRef `path:"id"`
	Token string        `query:"t" doc:"Signed for one reader, good for an hour. Left out, the session or token counts."`
}

type file struct {
	Body func(huma.Context)
}

// download gives a file to the reader for whom its address was made, with the rights they
// have now, or to whoever is signed in and may see it.
func (s *server) download(ctx context.Context, c caller, in *filePath) (*file, error) {
	p, err := s.fileReader(ctx, c, in)
	if err != nil {
		return nil, err
	}
	f, err := s.Store.Attachment(ctx, p.Scope, p.ID, in.ID.ID)
	if err != nil {
		return nil, err
	}
	switch f.State {
	case centrala.FileFetching:
		return nil, &centrala.Error{Code: centrala.NotFound, Message: "The file has not come yet."}
	case centrala.FileLost:
		return nil, &centrala.Error{Code: centrala.NotFound, Message: "The file could not be fetched."}
	}
	r, err := s.Blobs.NewReader(ctx, f.Blob, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, &centrala.Error{Code: centrala.NotFound, Message: "The file is gone.", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("read blob of attachment %s: %w", f.ID, err)
	}
	return &file{func(huma.Context) {
		defer r.Close() // read-only
		h := c.w.Header()
		h.Set("Content-Type", f.Type)
		h.Set("Content-Disposition", disposition(f.Name, f.Type))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mails are shown in a sandbox without our origin
		h.Set("Cache-Control", "private, max-age=3600, immutable")
		http.ServeContent(c.w, c.r, "", time.Time{}, r)
	}}, nil
}

func (s *server) fileReader(ctx context.Context, c caller, in *filePath) (auth.Principal, error) {
	if in.Token != "" {
		return s.Guard.FileReader(ctx, in.ID.ID, in.Token)
	}
	return s.whoMay(c.r, []auth.Action{auth.ReadConversations, auth.OwnTalk})
}

// inPlace are the types that a browser may show in place. Everything else is downloaded.
func inPlace(kind string) bool {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

func disposition(name, kind string) string {
	how := "attachment"
	if inPlace(kind) {
		how = "inline"
	}
	if d := mime.FormatMediaType(how, map[string]string{"filename": name}); d != "" {
		return d
	}
	return how
}

// cleanName keeps the last part of a file's name, without control characters, at most 120 of
// the rest.
func cleanName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" || s == "." || s == "/" {
		return "file"
	}
	if r := []rune(s); len(r) > 120 {
		ext := []rune(path.Ext(s))
		if len(ext) > 10 {
			ext = nil
		}
		s = string(r[:120-len(ext)]) + string(ext)
	}
	return s
}
