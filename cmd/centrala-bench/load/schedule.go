package load

import "time"

// A schedule says when each message of an open loop is due, whatever became of the others.
type schedule struct {
	rate   float64 // messages a second
	people int     // who say them in turn
}

// due is when message i is, from the beginning on.
func (s schedule) due(i int64) time.Duration {
	return time.Duration(float64(i) / s.rate * float64(time.Second))
}

// who says message i.
func (s schedule) who(i int64) int { return int(i % int64(s.people)) }

// within is how many messages are due in the first d.
func (s schedule) within(d time.Duration) int64 {
	n := int64(s.rate * d.Seconds())
	for s.due(n) < d {
		n++
	}
	return n
}
