// Package deflection says what the Help Centre is worth: of a visitor's days with it, figures with
// their intervals; of what people looked for and did not find, articles to write. It decides and
// counts; it keeps nothing and asks no clock.
package deflection

import (
	"time"

	"centrala"
)

const (
	// Day is how long an episode runs from its first step, and how long nobody may have written for
	// it to count as one without contact.
	Day = 24 * time.Hour

	// Grace is how long before its first step was noted a contact still belongs to an episode: what
	// was shown just before the message was sent is noted beside it, not ahead of it.
	Grace = 10 * time.Second
)

// Measures reports whether a step is a chance to prevent a contact: articles were offered, or held
// back, where somebody was about to write. The Help Centre's own pages are there for both groups, an
// agent's composer is no customer's, and within a conversation the contact has been made.
func Measures(d centrala.Deflection) bool {
	return (d.Kind == "offered" || d.Kind == "held") && d.Conversation == 0 && d.Place != centrala.AtHelp && d.Place != centrala.AtComposer
}
