package manuscript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"centrala"
)

// What a folder may hold at most.
const (
	maxFiles = 50_000
	MaxFile  = 20 << 20 // bytes of an attachment
)

// Read reads a folder: every .md file is an article, whatever its folders are called; in folders
// named files are attachments; sections.yaml and words/{locale}.yaml are what they say. All that
// is wrong is said at once, with the file and its line; the error is of the disk alone. Nothing is
// read that is not in the folder: a symbolic link is a problem.
func Read(dir fs.FS) (Collection, []Problem, error) {
	r := reader{dir: dir, there: map[string]bool{}}
	if err := fs.WalkDir(dir, ".", r.visit); err != nil {
		return Collection{}, nil, fmt.Errorf("read the folder: %w", err)
	}
	for _, name := range r.texts {
		if err := r.page(name); err != nil {
			return Collection{}, nil, err
		}
	}
	if err := r.lists(); err != nil {
		return Collection{}, nil, err
	}
	r.all = sortedKeys(r.there)
	for i := range r.Pages {
		r.attach(&r.Pages[i])
	}
	r.problems = append(r.problems, checkPlaces(r.Collection)...)
	r.sort()
	sortProblems(r.problems)
	return r.Collection, r.problems, nil
}

type reader struct {
	Collection
	dir      fs.FS
	there    map[string]bool // every file
	texts    []string        // articles
	problems []Problem
	all      []string          // files, sorted
	at       map[string]string // addresses of articles, by file
}

func (r *reader) wrong(file string, line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{file, line, fmt.Sprintf(format, args...)})
}

func (r *reader) visit(name string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case name != "." && strings.HasPrefix(d.Name(), "."): // .git, .DS_Store
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		return nil
	case d.Type()&fs.ModeSymlink != 0:
		r.wrong(name, 0, "it is a symbolic link: put the file itself there")
		return nil
	case !d.Type().IsRegular():
		r.wrong(name, 0, "it is not an ordinary file: take it out")
		return nil
	case strings.Contains(name, "\\") || !fs.ValidPath(name):
		r.wrong(name, 0, "its name leads out of the folder or holds a backslash: rename it")
		return nil
	}
	if len(r.there) == maxFiles {
		return fmt.Errorf("there are more than %d files: import the folder in parts", maxFiles)
	}
	r.there[name] = true
	if strings.EqualFold(path.Ext(name), ".md") && !amongFiles(name) {
		r.texts = append(r.texts, name)
	}
	return nil
}

// amongFiles reports whether a file is an attachment by its place.
func amongFiles(name string) bool {
	dirs := strings.Split(path.Dir(name), "/")
	return slices.Contains(dirs[1:], "files")
}

// limited reads a file of at most n bytes; ok is false when it is larger, which is a problem.
func (r *reader) limited(name string, n int64) (content []byte, ok bool, err error) {
	content, err = limited(r.dir, name, n)
	if errors.Is(err, errLarge) {
		r.wrong(name, 0, "it is larger than %d KB: make it smaller", n>>10)
		return nil, false, nil
	}
	return content, err == nil, err
}

var errLarge = errors.New("too large")

func limited(dir fs.FS, name string, n int64) (content []byte, err error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err = io.ReadAll(io.LimitReader(f, n+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(content)) > n {
		return nil, fmt.Errorf("%s: %w", name, errLarge)
	}
	return content, nil
}

func (r *reader) page(name string) error {
	file, ok, err := r.limited(name, MaxPage)
	if !ok {
		return err
	}
	head, body, ok := split(file)
	if !ok {
		if strings.EqualFold(path.Base(name), "README.md") && !bytes.HasPrefix(file, []byte("---")) {
			return nil // of the folder, for who edits it
		}
		r.wrong(name, 1, "it does not begin with front matter between two lines of ---: write them, with a line \"title: …\" between")
		return nil
	}
	p := Page{File: name, above: bytes.Count(file, []byte("\n")) - bytes.Count(body, []byte("\n"))}
	bad := readHead(&p, head)
	p.Body = string(body)
	p.Title = strings.TrimSpace(p.Title)
	if p.Locale == "" {
		if p.Locale = path.Base(path.Dir(name)); len(p.Locale) != 2 {
			p.Locale = "pl"
		}
	}
	if p.Slug == "" {
		p.Slug = centrala.Slug(p.Title, 80)
	}
	if len(bad) == 0 {
		bad = Check(p)
	}
	r.problems = append(r.problems, bad...)
	if len(bad) == 0 {
		r.Pages = append(r.Pages, p)
	}
	return nil
}

// attach finds the files of a page: those beside it in files/{name of its file}, and those that
// its text names. Links to other pages of the folder become their addresses.
func (r *reader) attach(p *Page) {
	if r.at == nil {
		r.at = map[string]string{}
		for _, q := range r.Pages {
			if q.Draft == nil {
				r.at[q.File] = "/help/" + q.Address()
			}
		}
	}
	names := map[string]string{} // of files, by path
	add := func(file string) {
		if names[file] != "" {
			return
		}
		names[file] = freeName(path.Base(file), names)
		info, err := fs.Stat(r.dir, file)
		if err != nil || info.Size() > MaxFile {
			r.wrong(file, 0, "it cannot be attached to %s: it is larger than %d MB, or cannot be read", p.File, MaxFile>>20)
			return
		}
		p.Files = append(p.Files, File{Name: names[file], Size: info.Size(), Open: func() ([]byte, error) { return limited(r.dir, file, MaxFile) }})
	}
	beside := path.Join(path.Dir(p.File), "files", strings.TrimSuffix(path.Base(p.File), path.Ext(p.File))) + "/"
	first, _ := slices.BinarySearch(r.all, beside)
	for _, file := range r.all[first:] {
		if !strings.HasPrefix(file, beside) {
			break
		}
		add(file)
	}
	p.Body = relink(p.Body, func(to string, line int) (string, bool) {
		file, anchor, ok := inFolder(p.File, to)
		if !ok {
			return "", false
		}
		if at := r.at[file]; at != "" {
			return at + anchor, true
		}
		if !r.there[file] {
			r.Notes = append(r.Notes, Problem{p.File, line + p.above, fmt.Sprintf("there is no file %s in the folder: the link leads nowhere", file)})
			return "", false
		}
		add(file)
		return "files/" + p.stem() + "/" + url.PathEscape(names[file]), true
	})
}

// inFolder is the file of the folder that a relative link means.
func inFolder(page, to string) (file, anchor string, ok bool) {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path == "" || strings.HasPrefix(u.Path, "/") {
		return "", "", false
	}
	file = path.Join(path.Dir(page), u.Path)
	if u.Fragment != "" {
		anchor = "#" + u.EscapedFragment()
	}
	return file, anchor, fs.ValidPath(file) && path.Ext(file) != ""
}
