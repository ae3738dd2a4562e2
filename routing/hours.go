package routing

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/pl"

	"centrala"
	"centrala/words"
)

// horizon is how far ahead a clock looks for time in which the team is there.
const horizon = 5 * 366

// Clock measures time as a team's office hours do: only while they are open, in the team's
// zone, where a day may have 23 or 25 hours. An hour of the day that does not exist on some
// date begins when the clocks have been put forward; one that comes twice means its first
// coming. A Clock may be copied and used concurrently.
type Clock struct {
	hours    centrala.Hours
	zone     *time.Location
	holidays []*cal.Holiday
}

// NewClock makes the clock of h; an unknown time zone is an error.
func NewClock(h centrala.Hours) (Clock, error) {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return Clock{}, fmt.Errorf("office hours: %w", err)
	}
	c := Clock{hours: h, zone: zone}
	if h.Holidays {
		c.holidays = holidays()
	}
	return c, nil
}

// holidays are the days free by Polish law: those of the calendar, Christmas Eve (free since
// 2025) and the two feasts that are always Sundays and that the calendar leaves out.
func holidays() []*cal.Holiday {
	eve := &cal.Holiday{Name: "Wigilia", Type: cal.ObservancePublic, StartYear: 2025, Month: time.December, Day: 24, Func: cal.CalcDayOfMonth}
	return append(slices.Clone(pl.Holidays), eve, aa.Easter, aa.Pentecost)
}

// Open reports whether the team is there at t.
func (c Clock) Open(t time.Time) bool {
	at, ok := c.Opens(t)
	return ok && at.Equal(t)
}

// Opens is the first instant from t on at which the team is there, in the team's zone: t
// itself while it is. False when it is not there within the next years.
func (c Clock) Opens(t time.Time) (time.Time, bool) {
	for from, to := range c.open(t) {
		if to.After(t) {
			return later(from, t).In(c.zone), true
		}
	}
	return time.Time{}, false
}

// Changes is when the team goes or comes back after t, in the team's zone: the end of the
// open time that t is in, else its next beginning. False when nothing changes within the next
// years.
func (c Clock) Changes(t time.Time) (time.Time, bool) {
	if c.hours.Always() {
		return time.Time{}, false
	}
	var end time.Time
	for from, to := range c.open(t) {
		switch {
		case !to.After(t):
		case end.IsZero() && from.After(t):
			return from.In(c.zone), true
		case end.IsZero() || from.Equal(end): // hours that touch, over midnight for instance
			end = to
		default:
			return end.In(c.zone), true
		}
	}
	if end.IsZero() || end.After(t.AddDate(0, 0, horizon-2)) { // open on to the horizon
		return time.Time{}, false
	}
	return end.In(c.zone), true // for the last time
}

// Elapsed is how much of [a, b) the team was there; zero when b is not after a.
func (c Clock) Elapsed(a, b time.Time) time.Duration {
	var sum time.Duration
	for from, to := range c.open(a) {
		if !from.Before(b) {
			break
		}
		if to.After(b) {
			to = b
		}
		sum += max(to.Sub(later(from, a)), 0)
	}
	return sum
}

// Due is the earliest instant at which d has elapsed since a, in the team's zone; for d of
// zero or less it is a. False when the team is not there long enough within the next years.
func (c Clock) Due(a time.Time, d time.Duration) (time.Time, bool) {
	if d <= 0 {
		return a.In(c.zone), true
	}
	for from, to := range c.open(a) {
		from = later(from, a)
		part := to.Sub(from)
		if part >= d {
			return from.Add(d).In(c.zone), true
		}
		d -= max(part, 0)
	}
	return time.Time{}, false
}

// open gives the open intervals in order, from the day of t on.
func (c Clock) open(t time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		if c.hours.Always() {
			yield(t, t.AddDate(100, 0, 0))
			return
		}
		var last time.Time
		year, month, first := t.In(c.zone).Date()
		for i := range horizon {
			day := first + i
			for _, s := range c.spans(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)) {
				from, to := later(c.at(year, month, day, s.From), last), c.at(year, month, day, s.To)
				if !to.After(from) {
					continue
				}
				if last = to; !yield(from, to) {
					return
				}
			}
		}
	}
}

// spans are the hours of a date, which is given as its midnight in UTC.
func (c Clock) spans(date time.Time) []centrala.Span {
	if special, ok := c.hours.Days[date.Format(time.DateOnly)]; ok {
		return special
	}
	for _, h := range c.holidays {
		if on, _ := h.Calc(date.Year()); !on.IsZero() && on.Month() == date.Month() && on.Day() == date.Day() {
			return nil
		}
	}
	return c.hours.Week[date.Weekday()]
}

// at is the instant at which the clocks of the zone show a minute of a day.
func (c Clock) at(year int, month time.Month, day, minute int) time.Time {
	want := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	t := time.Date(year, month, day, 0, minute, 0, 0, c.zone)
	_, offset := t.Zone()
	shown := t.Add(time.Duration(offset) * time.Second)
	start, end := t.ZoneBounds()
	switch {
	case shown.After(want): // skipped, and t lies behind the gap
		return start
	case shown.Before(want): // skipped, and t lies before it
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	if first := t.Add(time.Duration(offset-before) * time.Second); first.Before(start) {
		return first // it came before the clocks were put back, too
	}
	return t
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Office reports whether a team with these hours is there at now, and when that changes; zero
// when it never does.
func Office(h centrala.Hours, now time.Time) (open bool, changes time.Time) {
	c, err := NewClock(h)
	if err != nil {
		return false, time.Time{}
	}
	changes, _ = c.Changes(now)
	return c.Open(now), changes
}

// OutsideText is what customers of a team read at now because it is outside its hours: its
// own text in their language, or the house's. "" while the team is there.
func OutsideText(h centrala.Hours, locale string, now time.Time) string {
	c, err := NewClock(h)
	if err != nil || c.Open(now) {
		return ""
	}
	w := words.For(locale)
	if own := h.Outside[w.Locale()]; own != "" {
		return own
	}
	opens, _ := c.Opens(now)
	return w.OutsideHours(opens)
}
