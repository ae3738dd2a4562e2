package words

import (
	"fmt"
	"time"
)

// Wrote introduces what somebody wrote and is quoted below. It is worded so that programs that
// read mail know it for what it is. Without a name it speaks of the reader's own words.
func (w Words) Wrote(name string, at time.Time) string {
	// No spaces that keep words together here: other programs look for these words.
	switch {
	case w.polish && name == "":
		return fmt.Sprintf("W dniu %s nadawca pisze:", at.Format("2.01.2006 15:04"))
	case w.polish:
		return fmt.Sprintf("W dniu %s %s pisze:", at.Format("2.01.2006 15:04"), name)
	case name == "":
		return fmt.Sprintf("On %s, you wrote:", at.Format("2 Jan 2006 15:04"))
	}
	return fmt.Sprintf("On %s, %s wrote:", at.Format("2 Jan 2006 15:04"), name)
}

// Sealed stands in place of the text of a mail that is encrypted: how is PGP or S/MIME.
func (w Words) Sealed(how string) string {
	return w.say("Ta wiadomość jest zaszyfrowana (%s) i nie da się jej tu odczytać. Pobierz załącznik albo surowy list i otwórz go swoim programem.",
		"This mail is encrypted (%s) and cannot be read here. Download the attachment or the raw mail and open it with a program of your own.", how)
}
