package channels

import (
	"time"
)

// GiveUpAfter is for how long a message is tried again.
const GiveUpAfter = 48 * time.Hour

// NextAttempt says when to try again after the attempt-th try (1 is the first) failed at now:
// after 1, 5, 15 and 60 minutes, then every 4 hours. ok is false when the tries together have
// taken GiveUpAfter.
func NextAttempt(attempt int, now time.Time) (next time.Time, ok bool) {
	steps := [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
	var waited, step time.Duration
	for n := range max(attempt, 1) {
		step = steps[min(n, len(steps)-1)]
		waited += step
	}
	return now.Add(step), waited <= GiveUpAfter
}

// Backoff is how long to wait after the failures-th failure in a row (1 is the first) to reach
// a server again: at random between nothing and 1, 2, 5, 10, 30, 60 s and so on to at most
// limit. Full jitter keeps many mailboxes from coming back at the same moment. random is in
// [0, 1).
func Backoff(failures int, limit time.Duration, random float64) time.Duration {
	steps := [...]time.Duration{1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800}
	top := steps[min(max(failures, 1), len(steps))-1] * time.Second
	return time.Duration(random * float64(min(top, limit)))
}
