package words

import "time"

// Wrote introduces what somebody wrote and is quoted below. It is worded so that programs that
// read mail know it for what it is. Without a name it speaks of the reader's own words.
func (w Words) Wrote(name string, at time.Time) string {
	date := at.Format("2.01.2006 15:04")
	if !w.polish {
		date = at.Format("2 Jan 2006 15:04")
	}
	if name == "" {
		return w.say("W dniu %s w poprzedniej wiadomości napisał(a):", "On %s, you wrote:", date)
	}
	return w.say("W dniu %s %s pisze:", "On %s, %s wrote:", date, name)
}
