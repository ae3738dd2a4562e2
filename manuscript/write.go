package manuscript

import (
	"fmt"
	"io/fs"
	"path"

	"centrala"
)

// Write gives a folder file by file: the same collection always makes the same bytes.
func (c Collection) Write(put func(name string, content []byte) error) error {
	c.sort()
	if err := c.writeLists(put); err != nil {
		return err
	}
	for _, p := range c.Pages {
		b, err := writePage(p)
		if err != nil {
			return err
		}
		dir := p.Locale
		if p.Draft != nil {
			dir = "drafts/" + p.Locale
		}
		if err := put(path.Join(dir, p.stem()+".md"), b); err != nil {
			return err
		}
		for _, f := range p.Files {
			b, err := f.Open()
			if err != nil {
				return fmt.Errorf("%s of %s: %w", f.Name, p.Address(), err)
			}
			if err := put(path.Join(dir, "files", p.stem(), f.Name), b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c Collection) writeLists(put func(name string, content []byte) error) error {
	var s shelves
	for _, one := range c.Shelves {
		names := map[string]quoted{}
		for locale, name := range one.Names {
			names[locale] = quoted(name)
		}
		w := shelf{Key: quoted(one.Key), Category: quoted(one.Parent), Names: names, Sides: one.Sides, Position: one.Position}
		if one.Kind == centrala.CategoryShelf {
			s.Categories = append(s.Categories, w)
		} else {
			s.Sections = append(s.Sections, w)
		}
	}
	write := func(name string, v any) error {
		b, err := marshal(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return put(name, b)
	}
	if len(c.Shelves) > 0 {
		if err := write(sectionsFile, s); err != nil {
			return err
		}
	}
	for _, list := range c.Words {
		w := words{Stop: list.Stop}
		for _, set := range list.Synonyms {
			w.Synonyms = append(w.Synonyms, set)
		}
		if err := write(path.Join(wordsFolder, list.Locale+".yaml"), w); err != nil {
			return err
		}
	}
	return nil
}

// Folder is where files are put by their names, and nowhere else: an os.Root.
type Folder interface {
	MkdirAll(name string, mode fs.FileMode) error
	WriteFile(name string, content []byte, mode fs.FileMode) error
}

// Save writes the collection into a folder, and tells how many files that were.
func (c Collection) Save(to Folder) (n int, err error) {
	err = c.Write(func(name string, content []byte) error {
		if err := to.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := to.WriteFile(name, content, 0o644); err != nil {
			return err
		}
		n++
		return nil
	})
	return n, err
}
