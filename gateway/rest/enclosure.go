package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"centrala"
	"centrala/auth"
)

// Enclosures are the files of articles.
type Enclosures interface {
	Files(ctx context.Context, article centrala.ArticleID) ([]centrala.ArticleFile, error)
	File(ctx context.Context, id centrala.FileID) (centrala.ArticleFile, error)
	SaveFile(ctx context.Context, f centrala.ArticleFile) (centrala.ArticleFile, error)
	DeleteFile(ctx context.Context, id centrala.FileID) error
}

func (s *server) enclosureRoutes() {
	const path = "/v1/manuscripts/{id}/files"
	add(s, get(path, "An article's files, the latest first", auth.WriteArticles), s.listFiles)
	add(s, post(path, "Upload a file of at most 20 MB, for an article", auth.WriteArticles).creates(), s.enclose)
	s.api.OpenAPI().Paths[path].Post.RequestBody = fileForm() // read by the handler as it comes
	add(s, remove(path+"/{file}", "Remove a file: articles that show it show it no more", auth.WriteArticles), s.removeFile)
}

// Enclosure is a file of an article. Its URL stands in the article's Markdown.
type Enclosure struct {
	centrala.ArticleFile
	URL string `json:"url"`
}

func (s *server) listFiles(ctx context.Context, _ caller, in *articlePath) (*answer[List[Enclosure]], error) {
	if _, err := s.Manuscripts.Manuscript(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	all, err := s.Enclosures.Files(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]Enclosure, len(all))
	for i, f := range all {
		rows[i] = Enclosure{f, f.URL()}
	}
	return page(rows, ""), nil
}

func (s *server) enclose(ctx context.Context, c caller, in *articlePath) (*answer[Enclosure], error) {
	if _, err := s.Manuscripts.Manuscript(ctx, in.ID.ID); err != nil { // before twenty megabytes are read
		return nil, err
	}
	a, err := s.take(ctx, c.r, "articles/")
	if err != nil {
		return nil, err
	}
	f, err := s.Enclosures.SaveFile(ctx, centrala.ArticleFile{Article: in.ID.ID, Name: a.Name, Type: a.Type, Size: a.Size, Blob: a.Blob, By: c.author()})
	if err != nil {
		return nil, errors.Join(err, s.drop(ctx, a.Blob))
	}
	return ok(Enclosure{f, f.URL()}), s.audited(ctx, c, "article.file_added", in.ID.ID.String(), f.Name)
}

type enclosurePath struct {
	ID   articleRef `path:"id"`
	File fileRef    `path:"file"`
}

func (s *server) removeFile(ctx context.Context, c caller, in *enclosurePath) (*nothing, error) {
	f, err := s.Enclosures.File(ctx, in.File.ID)
	if err != nil {
		return nil, err
	}
	if f.Article != in.ID.ID {
		return nil, noFile()
	}
	if err := s.Enclosures.DeleteFile(ctx, f.ID); err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "article.file_removed", f.Article.String(), f.Name); err != nil {
		return nil, err
	}
	return nil, s.drop(ctx, f.Blob)
}

func noFile() error {
	return &centrala.Error{Code: centrala.NotFound, Field: "file", Message: "There is no such file."}
}

// without does what may take files away with their article, and deletes those that are gone.
func (s *server) without(ctx context.Context, article centrala.ArticleID, do func() error) error {
	before, err := s.Enclosures.Files(ctx, article)
	if err != nil {
		return err
	}
	if err := do(); err != nil || len(before) == 0 {
		return err
	}
	after, err := s.Enclosures.Files(ctx, article)
	if err != nil {
		return err
	}
	for _, f := range before {
		if !slices.ContainsFunc(after, func(left centrala.ArticleFile) bool { return left.ID == f.ID }) {
			err = errors.Join(err, s.drop(ctx, f.Blob))
		}
	}
	return err
}

// How long a browser, or what stands before it, keeps a file of an article: it never changes, and
// its article may be withdrawn.
const (
	forAll   = "public, max-age=86400, immutable"
	forStaff = "private, max-age=3600, immutable"
)

// enclosed gives a file of an article to whoever may read the article: everybody, or the staff; of
// one that nobody reads, its authors.
func (s *server) enclosed(w http.ResponseWriter, r *http.Request) {
	f, kept, err := s.fileFor(r)
	var b *blob.Reader
	if err == nil {
		b, err = s.Blobs.NewReader(r.Context(), f.Blob, nil)
	}
	if err != nil {
		if gcerrors.Code(err) == gcerrors.NotFound {
			err = noFile()
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError {
			s.Log.ErrorContext(r.Context(), "a file of an article cannot be read", "file", f.ID, "err", err)
		}
		s.refuse(w, r, p)
		return
	}
	defer b.Close() // read-only
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", disposition(f.Name, f.Type))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", kept)
	http.ServeContent(w, r, "", time.Time{}, b)
}

// fileFor finds the file of an address, and how long it is kept. What the asker may not read is not
// there.
func (s *server) fileFor(r *http.Request) (centrala.ArticleFile, string, error) {
	var id fileRef
	_ = id.UnmarshalText([]byte(r.PathValue("file"))) // what is none is 0, which nothing has
	f, err := s.Enclosures.File(r.Context(), id.ID)
	if err == nil && f.Name != r.PathValue("name") || centrala.CodeOf(err) == centrala.NotFound {
		err = noFile()
	}
	if err != nil {
		return f, "", err
	}
	a, err := s.Articles.ArticleByID(r.Context(), f.Article)
	if err == nil && len(a.Readers) == 0 {
		return f, forAll, nil
	}
	action := auth.ReadArticles
	if centrala.CodeOf(err) == centrala.NotFound {
		action, err = auth.WriteArticles, nil
	}
	if err != nil {
		return f, "", err
	}
	_, err = s.whoMay(r, []auth.Action{action})
	if code := centrala.CodeOf(err); code == centrala.Unauthorized || code == centrala.Forbidden {
		err = noFile()
	}
	return f, forStaff, err
}
