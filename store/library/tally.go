package library

import "sync/atomic"

// tally counts what this library was told of since it was opened.
type tally struct {
	steps                map[string]*atomic.Uint64 // never written after newTally
	answered, unanswered atomic.Uint64
}

func newTally() *tally {
	t := &tally{steps: map[string]*atomic.Uint64{}}
	for kind := range steps {
		t.steps[kind] = new(atomic.Uint64)
	}
	return t
}

// Stats are counts since the library was opened: articles by the kind of step, and questions for
// which something was found that surely answers, or nothing.
type Stats struct {
	Steps                map[string]uint64
	Answered, Unanswered uint64
}

// Stats reads the counts.
func (l *Library) Stats() Stats {
	s := Stats{Steps: map[string]uint64{}, Answered: l.tally.answered.Load(), Unanswered: l.tally.unanswered.Load()}
	for kind, n := range l.tally.steps {
		s.Steps[kind] = n.Load()
	}
	return s
}
