package deflection

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"centrala"
)

// Said is what an agent answered in a conversation that followed a question.
type Said struct {
	Conversation centrala.ConversationID
	Text         string
	Author       string
	At           time.Time
	Score        int // that the conversation was given; -1: none
}

// What is shorter says hello; what is longer is cut.
const (
	leastSaid = 25
	mostSaid  = 700
)

// Content is the score from which somebody was content with an answer; with one below poor nobody
// was.
const (
	content = 9
	poor    = 7
)

// Best are the n answers that an article could be begun with: of each conversation the longest, those
// first after which people were most content, and the latest of these. What left people discontent
// is not among them, and the same words are there once.
func Best(said []Said, n int) []Said {
	longest := map[centrala.ConversationID]Said{}
	for _, s := range said {
		s.Text = strings.TrimSpace(s.Text)
		runes := utf8.RuneCountInString(s.Text)
		if runes < leastSaid || s.Score >= 0 && s.Score < poor {
			continue
		}
		if runes > utf8.RuneCountInString(longest[s.Conversation].Text) {
			longest[s.Conversation] = s
		}
	}
	rank := func(s Said) int {
		switch {
		case s.Score >= content:
			return 2
		case s.Score >= 0:
			return 1
		}
		return 0
	}
	var all []Said
	for _, s := range longest {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Said) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), b.At.Compare(a.At), cmp.Compare(a.Conversation, b.Conversation))
	})
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(s Said) bool {
		key := strings.Join(strings.Fields(strings.ToLower(s.Text)), " ")
		again := seen[key]
		seen[key] = true
		return again
	})
	all = all[:min(n, len(all))]
	for i := range all {
		if cut := centrala.Clip(all[i].Text, mostSaid); cut != all[i].Text {
			all[i].Text = strings.TrimSpace(cut) + "…"
		}
	}
	return all
}
