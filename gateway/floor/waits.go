package floor

import (
	"slices"
	"sync"
	"time"

	"centrala"
)

// MinSamples is how many waits must have been seen before a time is estimated.
const MinSamples = 20

// sampleFor is how long a wait says something about the next; keepSamples bounds how many.
const (
	sampleFor   = 2 * time.Hour
	keepSamples = 200
)

// Waits is how long people have waited lately. The zero value has seen nobody.
type Waits struct {
	mu      sync.Mutex
	samples map[centrala.TeamID][]sample
}

// sample is how long one customer waited for each place that was before them.
type sample struct {
	at time.Time
	s  float64
}

// Served notes that somebody who came to a place in a team's queue has an agent after a wait.
func (w *Waits) Served(team centrala.TeamID, place int, wait time.Duration, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.samples == nil {
		w.samples = map[centrala.TeamID][]sample{}
	}
	list := append(w.samples[team], sample{at, max(0, wait.Seconds()) / float64(max(1, place))})
	w.samples[team] = list[max(0, len(list)-keepSamples):]
}

// Estimate is a range in seconds for a place in a team's queue: what the middle half of those
// who came lately have waited for each place. It is nil when too few have.
func (w *Waits) Estimate(team centrala.TeamID, place int, now time.Time) *[2]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.samples[team]
	for len(list) > 0 && now.Sub(list[0].at) > sampleFor {
		list = list[1:]
	}
	if len(list) < MinSamples {
		return nil
	}
	waits := make([]float64, len(list))
	for i := range list {
		waits[i] = list[i].s
	}
	slices.Sort(waits)
	quarter := func(k int) int { return int(waits[(len(waits)-1)*k/4]*float64(place) + 0.5) }
	return &[2]int{quarter(1), quarter(3)}
}
