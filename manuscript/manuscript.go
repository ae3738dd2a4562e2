// Package manuscript is the Help Centre outside of a store: a folder of Markdown that people and
// other programs read and write. What is read is compared with what a store has, page by page, so
// that it can be said beforehand what an import would do, and an import that changes nothing does
// nothing.
package manuscript

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala"
)

// Collection is a Help Centre as a whole, without the identifiers of a store.
type Collection struct {
	Pages   []Page
	Shelves []centrala.Shelf
	Words   []centrala.WordList
	Notes   []Problem // what is not in the way of an import or export, and should be known
}

// Page is an article, or the draft of one. What it names other articles by are addresses: a slug,
// or a locale and a slug ("pl/zwrot") of an article in another language.
type Page struct {
	File   string // where it was read, or what stands for that
	Locale string
	centrala.Content
	Related     []string // in place of the content's
	Translation string   // the original; "" when it is one
	Version     int      // that readers see; 0: not known
	Basis       int      // of a translation: the original's version that it says; 0: the last
	Aliases     []string // where it once stood
	Draft       *Draft   // nil: readers see it
	Files       []File   // which its text names as "files/{name of its file}/{name}"

	lines map[string]int // of the fields of its head
	above int            // lines of its file before the text
}

// Draft is what a page is that readers do not see.
type Draft struct {
	State centrala.DraftState
	Of    string // the article that it will replace, when that stands elsewhere
	Base  int    // the version it was begun from; 0: the last
	Due   time.Time
	Note  string
}

// File is an attachment.
type File struct {
	Name string
	Size int64
	Open func() ([]byte, error) `json:"-"`
}

// Address is the place of a page among all: "pl/zwrot".
func (p Page) Address() string { return p.Locale + "/" + p.Slug }

// whole makes an address of what a page names another one by.
func whole(locale, name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return locale + "/" + name
}

// short is how a page in a language names an address.
func short(locale, address string) string {
	if slug, ok := strings.CutPrefix(address, locale+"/"); ok {
		return slug
	}
	return address
}

// Problem is what is wrong with a file, and what to do about it.
type Problem struct {
	File string
	Line int // 0: the file as a whole
	What string
}

// Error says the place and the problem: "pl/zwrot.md:3: …".
func (p Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
	}
	return p.File + ": " + p.What
}

func (p Page) problem(field, format string, args ...any) Problem {
	return Problem{File: p.File, Line: p.lines[field], What: fmt.Sprintf(format, args...)}
}

func sortProblems(all []Problem) {
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// sort orders pages as they are written, and as they can be imported: what readers see first, and
// originals before what translates them.
func (c *Collection) sort() {
	rank := func(p Page) int {
		n := 0
		if p.Draft != nil {
			n = 2
		}
		if p.Translation != "" {
			n++
		}
		return n
	}
	slices.SortStableFunc(c.Pages, func(a, b Page) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Locale, b.Locale), strings.Compare(a.Slug, b.Slug), strings.Compare(a.File, b.File))
	})
	slices.SortFunc(c.Shelves, func(a, b centrala.Shelf) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(a.Position, b.Position), strings.Compare(a.Key, b.Key))
	})
	slices.SortFunc(c.Words, func(a, b centrala.WordList) int { return strings.Compare(a.Locale, b.Locale) })
}
