package centrala

import "time"

// Suggestion is an article offered as an answer: its section that says most.
type Suggestion struct {
	ID      ArticleID `json:"id"`
	Slug    string    `json:"slug"`
	Title   string    `json:"title"`
	Heading string    `json:"heading,omitempty"` // of the section, when it is not the beginning
	URL     string    `json:"url"`               // to the section
	Snippet string    `json:"snippet"`
	Score   float64   `json:"score"`             // how surely this answers, from 0 to 1; compared with Sure
	Readers []Side    `json:"readers,omitempty"` // who alone may read it; told to agents only
	Passage string    `json:"passage,omitempty"` // what the section says, to be written on; told to agents only
}

// Asker is who asks the Help Centre, and with it what they may be told of.
type Asker int

// Everybody reads what has no readers of its own; who has proved a side, that side's too; an agent
// all that is published.
const (
	Everybody Asker = iota
	Proved
	Inside
)

// Query asks the Help Centre's index.
type Query struct {
	Text   string
	Locale string // "" any
	Side   Side   // articles offered to this side, and those for everybody
	Asker  Asker
	Limit  int  // 0: 8
	Prefix bool // the last word may be unfinished: as people type
	Weak   bool // hits that may not answer, too: of who looks for something, not who is shown something
}

// WordList is what a language's searchers know beside its grammar; editable, none is built in
// twice.
type WordList struct {
	Locale   string     `json:"locale"`
	Synonyms [][]string `json:"synonyms"` // each a set of words or phrases that mean the same
	Stop     []string   `json:"stop"`     // words that say nothing of the matter
}

// Place is where something is suggested.
type Place string

// The places of suggestions.
const (
	AtWidget   Place = "widget"
	AtForm     Place = "form"
	AtHelp     Place = "help" // the public site
	AtComposer Place = "composer"
	AtMail     Place = "mail" // in reply to a mail after hours
	AtBot      Place = "bot"
)

// Deflection is one step of a suggestion's way: offered, opened, solved, unsolved; or held, when it
// would have been offered to somebody of the group that sees none.
type Deflection struct {
	Kind         string // offered, opened, solved, unsolved, held
	Place        Place
	Articles     []ArticleID
	Conversation ConversationID // in which it happens; what happens in one prevents no contact
	Question     QuestionID     // that it answers, where it is known
	Visitor      string         // who: their id is kept for some days; "" unknown
	Side         Side
	Locale       string
	At           time.Time
}

// Question is what somebody looked for, once they were done typing, without what is personal in it.
type Question struct {
	ID           QuestionID     `json:"id"`
	Text         string         `json:"text"`
	Locale       string         `json:"locale"`
	Side         Side           `json:"side"`
	Place        Place          `json:"place"`
	Visitor      string         `json:"-"`
	Found        int            `json:"found"` // how many surely answer
	Nearest      ArticleID      `json:"nearest,omitempty"`
	Score        float64        `json:"score"` // of the nearest
	Opened       bool           `json:"opened"`
	Conversation ConversationID `json:"conversation,omitempty"` // begun by who asked within a day
	At           time.Time      `json:"at"`
}

// AnswerDraft is an answer that a language model drafted for an agent's composer. Nobody but a
// person sends it.
type AnswerDraft struct {
	Text    string   `json:"text"`
	Cut     bool     `json:"cut" doc:"The model was stopped before its end."`
	Sources []Source `json:"sources" doc:"The passages that it was given."`
}

// Source is a passage that an answer was made from.
type Source struct {
	ID    ArticleID `json:"id"`
	Title string    `json:"title"`
	URL   string    `json:"url"`
}
