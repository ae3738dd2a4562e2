package words

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Greeting begins a mail.
func (w Words) Greeting() string { return w.say("Dzień dobry!", "Hello!") }

// Acknowledged tells somebody at once that their message came; number is the conversation's.
func (w Words) Acknowledged(number int64) string {
	return w.say("Twoja wiadomość jest u nas, sprawa ma numer #%d.", "Your message has reached us; its number is #%d.", number)
}

// AnswerToAdd says how to add something.
func (w Words) AnswerToAdd() string {
	return w.say("Jeśli chcesz coś dodać, wystarczy odpowiedzieć na ten e-mail.", "If you want to add something, just reply to this mail.")
}

// MeanwhileRead introduces articles that may answer while nobody is there.
func (w Words) MeanwhileRead() string {
	return w.say("Zanim wrócimy: może odpowiedź jest już w Centrum pomocy.", "Until we are back: the Help Centre may have the answer already.")
}

// AroundTheClock says that the team always answers.
func (w Words) AroundTheClock() string {
	return w.say("Odpowiadamy całą dobę.", "We answer around the clock.")
}

// WeAnswer says on which days and hours the team answers, by Timetable.
func (w Words) WeAnswer(timetable string) string {
	return w.say("Odpowiadamy: %s.", "We answer %s.", timetable)
}

// HereUntil says until when the team is there today.
func (w Words) HereUntil(t time.Time) string {
	return w.say("Dziś jesteśmy do %s.", "Today we are here until %s.", w.Clock(t))
}

// BackAt says that the team is away, and when it is back.
func (w Words) BackAt(t time.Time) string {
	return w.say("Teraz nas nie ma, wracamy: %s.", "We are closed now and back %s.", w.Moment(t))
}

// day is the short name of a day of the week.
func (w Words) day(d time.Weekday) string {
	pl := [7]string{"niedz.", "pon.", "wt.", "śr.", "czw.", "pt.", "sob."}
	if w.polish {
		return pl[d]
	}
	return d.String()[:3]
}

// Timetable is a week in a few words, "pon.–pt. 8:00–20:00, sob. 9:00–14:00". week has the open
// times of each day, Sunday first: beginnings and ends in turn, in minutes from midnight. Days
// with the same hours stand together.
func (w Words) Timetable(week [][]int) string {
	hours := func(n int) string {
		if d := int(monday(n)); d < len(week) {
			return w.times(week[d])
		}
		return ""
	}
	var parts []string
	for i := 0; i < 7; {
		j := i
		for j < 6 && hours(j+1) == hours(i) {
			j++
		}
		if times := hours(i); times != "" {
			days := w.day(monday(i))
			if j > i {
				days += "–" + w.day(monday(j))
			}
			parts = append(parts, days+" "+times)
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// monday is the n-th day of a week that begins on Monday.
func monday(n int) time.Weekday { return time.Weekday((n + 1) % 7) }

func (w Words) times(open []int) string {
	var parts []string
	for pair := range slices.Chunk(open, 2) {
		from, to := pair[0], pair[len(pair)-1]
		parts = append(parts, fmt.Sprintf("%d:%02d–%d:%02d", from/60, from%60, to/60, to%60))
	}
	return strings.Join(parts, w.say(" i ", " and "))
}
