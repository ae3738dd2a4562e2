package words

import "time"

// Weekday names a day of the week.
func (w Words) Weekday(d time.Weekday) string {
	if !w.polish {
		return d.String()
	}
	switch d {
	case time.Monday:
		return "poniedziałek"
	case time.Tuesday:
		return "wtorek"
	case time.Wednesday:
		return "środa"
	case time.Thursday:
		return "czwartek"
	case time.Friday:
		return "piątek"
	case time.Saturday:
		return "sobota"
	default:
		return "niedziela"
	}
}

// Clock is the time of day in t's zone: "9:00".
func (w Words) Clock(t time.Time) string { return t.Format("15:04")[leading(t):] }

func leading(t time.Time) int {
	if t.Hour() < 10 {
		return 1
	}
	return 0
}

// Moment is a day of the week, a date and a time in t's zone, to stand after a colon in
// Polish and after a verb in English. It says the same as long as t is the same, whatever the
// present day is.
func (w Words) Moment(t time.Time) string {
	if w.polish {
		return w.Weekday(t.Weekday()) + " " + t.Format("2.01") + ", " + w.Clock(t)
	}
	return "on " + w.Weekday(t.Weekday()) + t.Format(" 2 January") + " at " + w.Clock(t)
}

// OutsideHours is what customers read when the team is not there and has not written a text
// of its own. opens is when it is back, zero when that is not known.
func (w Words) OutsideHours(opens time.Time) string {
	if opens.IsZero() {
		return w.say("Nie ma nas teraz na linii. Napisz, a odpowiemy po powrocie.", "We are not on the line now. Write to us and we will answer when we are back.")
	}
	return w.say("Nie ma nas teraz na linii. Napisz, a odpowiemy po powrocie: %s.", "We are not on the line now. Write to us and we will answer when we are back %s.", w.Moment(opens))
}
