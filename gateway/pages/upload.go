package pages

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"gocloud.dev/gcerrors"

	"centrala"
)

// What a form may carry: files, bytes of each, and bytes of each of its other fields.
const (
	maxFiles = 5
	maxFile  = 20 << 20
	maxField = 128 << 10
	maxForm  = maxFiles*maxFile + 1<<20
	sniffed  = 512
	maxKey   = 30 // of a page's own key, in characters
)

// upload is a form as it came: what was filled in, whose door, and what is wanted when it is
// not to be sent yet.
type upload struct {
	Filled
	inbox, action string
}

// read reads the form as it comes and puts its files away. All its words are read whatever is
// wrong with it, so that the page can come back with them; of a form that cannot be taken no
// file is kept.
func (p *pages) read(w http.ResponseWriter, r *http.Request) (upload, error) {
	var up upload
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return up, p.readPlain(w, r, &up)
	}
	var refused *centrala.Error // the first thing that somebody could mend
	for {
		var part *multipart.Part
		if part, err = parts.NextPart(); err != nil {
			break
		}
		var e *centrala.Error
		if err = p.part(r.Context(), &up, part, refused == nil); errors.As(err, &e) {
			refused = cmp.Or(refused, e)
		} else if err != nil {
			break
		}
	}
	switch {
	case errors.Is(err, io.EOF) && refused == nil:
		return up, nil
	case errors.Is(err, io.EOF):
		err = refused
	case !errors.As(err, new(*http.MaxBytesError)):
		err = &centrala.Error{Code: centrala.BadFrame, Message: "The form did not come whole.", Err: err}
	}
	p.drop(r.Context(), up.Files)
	up.Files = nil
	return up, err
}

// readPlain reads a form without files, as a program may send it.
func (p *pages) readPlain(w http.ResponseWriter, r *http.Request, up *upload) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxSmall)
	if err := r.ParseForm(); err != nil {
		return &centrala.Error{Code: centrala.BadFrame, Message: "The form cannot be read.", Err: err}
	}
	for name := range r.PostForm {
		up.set(name, r.PostForm.Get(name))
	}
	return nil
}

// once is the form with a key that the same words of the same page share, and no others: a
// form that is sent twice is one message, one that is changed and sent again is a second.
func (up *upload) once() Filled {
	f := up.Filled
	if f.Key != "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", f.Email, f.Name, f.Side, f.Subject, f.Text))
		f.Key = cut(f.Key, maxKey) + "-" + hex.EncodeToString(sum[:8])
	}
	return f
}

func (up *upload) set(name, value string) {
	switch name {
	case "key":
		up.Key = value
	case "name":
		up.Name = value
	case "email":
		up.Email = value
	case "side":
		up.Side = centrala.Side(value)
	case "subject":
		up.Subject = value
	case "text":
		up.Text = strings.ReplaceAll(value, "\r\n", "\n")
	case "lang":
		up.Locale = value
	case "website":
		up.Trap = value
	case "inbox":
		up.inbox = value
	case "action":
		up.action = value
	}
}

// part takes one field, or one file when files are wanted.
func (p *pages) part(ctx context.Context, up *upload, part *multipart.Part, files bool) error {
	if part.FormName() != "files" {
		b, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err == nil && len(b) > maxField {
			b, err = b[:maxField], &centrala.Error{Code: centrala.TooLong, Field: part.FormName(), Message: "The field is too long."}
		}
		up.set(part.FormName(), strings.ToValidUTF8(string(b), ""))
		return err
	}
	if !files {
		return nil
	}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(part, head)
	head = head[:n]
	switch {
	case n == 0 && part.FileName() == "": // no file was chosen
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		return err
	case len(up.Files) == maxFiles:
		return &centrala.Error{Code: centrala.TooMany, Field: "files", Message: "There are too many files."}
	}
	f := centrala.Part{Name: cleanName(part.FileName()), Blob: "form/" + strings.ToLower(rand.Text())}
	var ok bool
	if f.Type, ok = sniff(head, f.Name); !ok {
		return centrala.InvalidField("files", "Files of this kind are not taken.")
	}
	if f.Size, err = p.keep(ctx, f.Blob, io.MultiReader(bytes.NewReader(head), part)); err != nil {
		return err
	}
	up.Files = append(up.Files, f)
	return nil
}

// keep writes a blob of at most maxFile bytes; of a larger one nothing is kept.
func (p *pages) keep(ctx context.Context, key string, from io.Reader) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to, err := p.Blobs.NewWriter(ctx, key, nil)
	if err != nil {
		return 0, &centrala.Error{Code: centrala.Unavailable, Message: "The file could not be kept.", Err: err}
	}
	n, err := io.Copy(to, io.LimitReader(from, maxFile+1))
	if err == nil && n > maxFile {
		err = &centrala.Error{Code: centrala.TooLong, Field: "files", Message: "A file is too large."}
	}
	if err != nil {
		cancel()       // a writer whose context is over keeps nothing (gocloud.dev/blob)
		_ = to.Close() // says that it was cancelled
		return 0, fmt.Errorf("keep a file: %w", err)
	}
	if err := to.Close(); err != nil {
		return 0, &centrala.Error{Code: centrala.Unavailable, Message: "The file could not be kept.", Err: err}
	}
	return n, nil
}

// drop deletes what was put away for a message that did not come to be.
func (p *pages) drop(ctx context.Context, files []centrala.Part) {
	for _, f := range files {
		if err := p.Blobs.Delete(context.WithoutCancel(ctx), f.Blob); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			p.Log.Warn("a file of no message stays", "blob", f.Blob, "err", err)
		}
	}
}

// sniff tells what a file is from its first bytes; its name only chooses among kinds that
// share a container. ok is false for what is not taken: programs, web pages, and everything
// that nobody recognises.
func sniff(head []byte, name string) (kind string, ok bool) {
	ext := strings.ToLower(path.Ext(name))
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		kind, ok = map[string]string{
			".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			".odt":  "application/vnd.oasis.opendocument.text",
			".ods":  "application/vnd.oasis.opendocument.spreadsheet",
			".zip":  "application/zip",
		}[ext]
		return kind, ok
	}
	if len(head) > 12 && string(head[4:8]) == "ftyp" {
		if brand := string(head[8:12]); brand == "heic" || brand == "heix" || brand == "mif1" {
			return "image/heic", true
		}
	}
	kind, _, _ = strings.Cut(http.DetectContentType(head), ";")
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4", "video/webm", "audio/mpeg":
		return kind, true
	case "text/plain":
		if start := bytes.TrimSpace(head); bytes.HasPrefix(start, []byte("<")) || bytes.HasPrefix(start, []byte("#!")) || bytes.HasPrefix(start, []byte("{\\rtf")) {
			return "", false
		}
		kind, ok = map[string]string{".txt": "text/plain; charset=utf-8", ".log": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8"}[ext]
		return kind, ok
	}
	return "", false
}

// cleanName keeps the last part of a file's name, without what cannot be seen, at most 120
// characters of it.
func cleanName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, ""), `\`, "/"))
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s))
	if s == "" || s == "." || s == "/" {
		return "file"
	}
	if extra := utf8.RuneCountInString(s) - 120; extra > 0 {
		return string([]rune(s)[extra:]) // its end says what it is
	}
	return s
}
