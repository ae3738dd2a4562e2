// Package deflection says what the Help Centre is worth: of a visitor's days with it, figures with
// their intervals; of what people looked for and did not find, articles to write. It decides and
// counts; it keeps nothing and asks no clock.
package deflection

import "time"

const (
	// Day is how long an episode runs from its first step, and how long nobody may have written for
	// it to count as one without contact.
	Day = 24 * time.Hour

	// Grace is how long before its first step was noted a contact still belongs to an episode: what
	// was shown just before the message was sent is noted beside it, not ahead of it.
	Grace = 10 * time.Second
)
