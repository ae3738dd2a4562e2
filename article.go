package centrala

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Content is what an author writes: all of an article that each of its versions keeps.
type Content struct {
	Slug    string      `json:"slug"`
	Title   string      `json:"title"`
	Summary string      `json:"summary"`
	Body    string      `json:"body"` // Markdown
	Section string      `json:"section"`
	Sides   []Side      `json:"sides"`             // whom it is offered to; none: everybody
	Readers []Side      `json:"readers,omitempty"` // who alone may read it, once they have proved to be that side; none: everybody
	Tags    []string    `json:"tags"`              // words that customers use for it: looked for, not shown
	Related []ArticleID `json:"related,omitempty"` // by its author, the nearest first
	Popular int         `json:"popular,omitempty"` // rank on its side's home list, 0: not there
}

// Article is one page of the Help Centre in one language, as its readers see it. What its
// authors are at stands beside it, in a Draft.
type Article struct {
	ID     ArticleID `json:"id"`
	Topic  ArticleID `json:"topic"` // the original that it translates, or its own: what is of one topic says the same in several languages
	Locale string    `json:"locale"`
	Content
	Translation string    `json:"translation,omitempty"` // the original's slug: how files and requests name the topic
	Version     int       `json:"version"`               // the number of what readers see; 0: nobody sees any
	Basis       int       `json:"basis,omitempty"`       // the original's version that a translation says
	Source      string    `json:"source,omitempty"`
	PublishedAt time.Time `json:"published_at,omitzero"` // the version that readers see
	UpdatedAt   time.Time `json:"updated_at"`            // any change that readers or the index see
}

// Original reports whether a is not a translation.
func (a Article) Original() bool { return a.Topic == a.ID }

// URL is the article's address below the site's root.
func (a Article) URL() string { return "/help/" + a.Locale + "/" + a.Slug }

// For reports whether somebody of a side may read it: proved says that the side is vouched for,
// by a signed identity.
func (a Article) For(s Side, proved bool) bool {
	return len(a.Readers) == 0 || proved && slices.Contains(a.Readers, s)
}

// Redirect is an address where an article once stood, and still is found.
type Redirect struct {
	Locale  string    `json:"locale"`
	Slug    string    `json:"slug"`
	Article ArticleID `json:"article"`
}

// LinkFault is a link of an article that leads nowhere, or elsewhere than it says.
type LinkFault struct {
	Article ArticleID `json:"article"`
	Title   string    `json:"title"`
	URL     string    `json:"url"`  // the article's
	Line    int       `json:"line"` // of its text
	Link    string    `json:"link"`
	Fault   string    `json:"fault"`            // article, anchor, file, picture, page, readers, scheme, moved, outside, doubt
	Detail  string    `json:"detail,omitempty"` // where it moved, which heading is missing, what the other server said
}

// Broken reports whether readers are let down: what has moved is found all the same, and what is in
// doubt may be.
func (f LinkFault) Broken() bool { return f.Fault != "moved" && f.Fault != "doubt" }

// DraftState is how far a draft is.
type DraftState string

// The states of a draft. What is scheduled comes out at its time and is a draft no more.
const (
	Writing   DraftState = "writing"
	Review    DraftState = "review" // waits for somebody else to say yes
	Scheduled DraftState = "scheduled"
)

// Draft is what comes next of an article: at most one, whoever works on it.
type Draft struct {
	Article ArticleID  `json:"article"`
	Content            // whole, not the difference
	State   DraftState `json:"state"`
	Base    int        `json:"base"`            // the version it was begun from: over a later one it is not published
	Basis   int        `json:"basis,omitempty"` // of a translation: the original's version that it says
	By      AgentID    `json:"by"`              // who saved it last
	SavedAt time.Time  `json:"saved_at"`
	Save    int        `json:"save"` // counts up: who saves over another save than the one they read is refused
	Due     time.Time  `json:"due,omitzero"`
	Note    string     `json:"note,omitempty"` // of who asks for review, or sends it back
}

// Manuscript is an article as its authors see it: what readers see of it, if anything, and what
// comes next.
type Manuscript struct {
	Article           // Version 0: only the draft
	Draft   *Draft    `json:"draft,omitempty"`
	Stale   time.Time `json:"stale,omitzero"` // since when a translation says what its original no longer does
	Numbers int       `json:"numbers"`        // how many versions there were
}

// ManuscriptFilter narrows a list of manuscripts; zero fields do not narrow.
type ManuscriptFilter struct {
	Locale  string
	Side    Side
	Section string
	Topic   ArticleID
	State   string // writing, review, scheduled, published, withdrawn or stale
	Text    string // part of a title, section or tag
}

// Matches reports whether the filter keeps m.
func (f ManuscriptFilter) Matches(m Manuscript) bool {
	state := "published"
	switch {
	case m.Draft != nil && m.Draft.State != Writing:
		state = string(m.Draft.State)
	case m.Version == 0 && m.Numbers > 0:
		state = "withdrawn"
	case m.Version == 0:
		state = string(Writing)
	}
	is := f.State == "" || f.State == state || f.State == "published" && m.Version > 0 || f.State == string(Writing) && m.Draft != nil && m.Draft.State == Writing ||
		f.State == "stale" && !m.Stale.IsZero()
	text := Fold(f.Text)
	return is && (f.Locale == "" || f.Locale == m.Locale) && (f.Section == "" || f.Section == m.Section) && (f.Topic == 0 || f.Topic == m.Topic) &&
		(f.Side == NoSide || len(m.Sides) == 0 || slices.Contains(m.Sides, f.Side)) &&
		(text == "" || strings.Contains(Fold(m.Title+"\n"+m.Section+"\n"+strings.Join(m.Tags, "\n")), text))
}

// Version is an article as it was published once. Restoring one makes a new one; none is ever
// changed.
type Version struct {
	Article ArticleID `json:"article"`
	Number  int       `json:"number"` // 1, 2, …
	Content
	Basis    int       `json:"basis,omitempty"`
	By       AgentID   `json:"by,omitempty"` // 0: an import
	At       time.Time `json:"at"`
	Restored int       `json:"restored,omitempty"` // the number of the version that it brings back
	Until    time.Time `json:"until,omitzero"`     // when the next one came out, or the article was withdrawn
}

// ArticleFile is a file that an article shows or offers.
type ArticleFile struct {
	ID      FileID    `json:"id"`
	Article ArticleID `json:"article"`
	Name    string    `json:"name"`
	Type    string    `json:"type"` // as its content says
	Size    int64     `json:"size"`
	Blob    string    `json:"-"`
	By      AgentID   `json:"by,omitzero"` // 0: an import
	At      time.Time `json:"at"`
}

// URL is its address below the site's root: for good, since its content never changes.
func (f ArticleFile) URL() string {
	return "/help/files/" + f.ID.String() + "/" + strings.NewReplacer("(", "%28", ")", "%29").Replace(url.PathEscape(f.Name)) // as Markdown takes it
}

// ShelfKind is what a shelf is: a section of articles, or a category of sections.
type ShelfKind string

// The kinds of shelves.
const (
	SectionShelf  ShelfKind = "section"
	CategoryShelf ShelfKind = "category"
)

// Shelf is a section or a category of the Help Centre: where articles stand and what that place
// is called. A section without one is called as its key.
type Shelf struct {
	Kind     ShelfKind         `json:"kind"`
	Key      string            `json:"key"`              // of a section: what its articles name; of a category: what its sections name
	Parent   string            `json:"parent,omitempty"` // of a section: its category
	Names    map[string]string `json:"names"`            // by locale
	Sides    []Side            `json:"sides,omitempty"`  // of a category: whose home it stands on; none: everybody's
	Position int               `json:"position"`         // among its like, the lowest first
}

// Name is what it is called in a language, in the fallback's, or by its key.
func (s Shelf) Name(locale, fallback string) string {
	for _, l := range []string{locale, fallback} {
		if n := s.Names[l]; n != "" {
			return n
		}
	}
	return s.Key
}
