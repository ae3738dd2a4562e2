package centrala

import "time"

// Article is one page of the Help Centre in one language.
type Article struct {
	ID          ArticleID `json:"id"`
	Locale      string    `json:"locale"`
	Slug        string    `json:"slug"`
	Title       string    `json:"title"`
	Summary     string    `json:"summary"`
	Body        string    `json:"body"` // Markdown
	Sides       []Side    `json:"sides"`
	Tags        []string  `json:"tags"`
	Section     string    `json:"section"`
	Translation string    `json:"translation,omitempty"` // slug of the original
	Popular     int       `json:"popular,omitempty"`     // rank on its side's home list, 0: not there
	Source      string    `json:"source,omitempty"`      // where it was imported from
	UpdatedAt   time.Time `json:"updated_at"`
}

// URL is the article's address below the site's root.
func (a Article) URL() string { return "/help/" + a.Locale + "/" + a.Slug }

// Suggestion is an article offered as an answer.
type Suggestion struct {
	ID      ArticleID `json:"id"`
	Slug    string    `json:"slug"`
	Title   string    `json:"title"`
	URL     string    `json:"url"`
	Snippet string    `json:"snippet"`
	Score   float64   `json:"score"`
}

// Query asks the Help Centre's index.
type Query struct {
	Text   string
	Locale string // "" any
	Side   Side   // articles of this side, and those of no side
	Limit  int    // 0: 8
	Prefix bool   // the last word may be unfinished: as people type
}

// Deflection is one step of a suggestion's way: offered, opened, solved.
type Deflection struct {
	Kind         string // offered, opened, solved
	Place        string // widget, form, composer
	Articles     []ArticleID
	Conversation ConversationID
	Visitor      string
	At           time.Time
}
