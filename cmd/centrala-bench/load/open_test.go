package load

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"centrala/cmd/centrala-bench/stats"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	s := schedule{rate: 2000, people: 3}
	for i, want := range map[int64]time.Duration{0: 0, 1: 500 * time.Microsecond, 2000: time.Second, 2_000_000_000: 1_000_000 * time.Second} {
		if got := s.due(i); got != want {
			t.Errorf("message %d is due after %s, want %s", i, got, want)
		}
	}
	if s.who(0) != 0 || s.who(2) != 2 || s.who(3) != 0 {
		t.Errorf("messages 0, 2 and 3 are said by %d, %d and %d", s.who(0), s.who(2), s.who(3))
	}
	for d, want := range map[time.Duration]int64{0: 0, time.Second: 2000, 1100 * time.Microsecond: 3} {
		if got := s.within(d); got != want {
			t.Errorf("%d messages are due in %s, want %d", got, d, want)
		}
	}
	for _, rate := range []float64{0.3, 7, 333, 9999.5} {
		odd := schedule{rate: rate, people: 1}
		if n := odd.within(10 * time.Second); odd.due(n-1) >= 10*time.Second || odd.due(n) < 10*time.Second {
			t.Errorf("at %g/s message %d is due after %s and the next after %s", rate, n-1, odd.due(n-1), odd.due(n))
		}
	}
}

func loopOf(people int, rate float64, warm time.Duration) *openLoop {
	return &openLoop{schedule: schedule{rate, people}, plan: Plan{Warm: warm}, start: 1000,
		step: Step{Delivery: stats.NewLatencies(), Ack: stats.NewLatencies(), Late: stats.NewLatencies()}}
}

func asks(i int) []byte {
	return []byte(`{"type":"message","conversation":"c_1","seq":1,"message":{"text":"` + string(question) + strconv.Itoa(i) + padding + `"}}`)
}

// A server that stood still for a second has kept everybody waiting who was due meanwhile,
// also those whose message the driver could not even send.
func TestLateFromTheDueTime(t *testing.T) {
	t.Parallel()
	l := loopOf(1, 100, 0) // one each 10 ms
	talk := &talk{id: "c_1"}
	for i := range 100 {
		if err := l.hear(talk, asks(i), l.start+int64(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for q, want := range map[float64]time.Duration{0.01: 10 * time.Millisecond, 0.5: 500 * time.Millisecond, 1: time.Second} {
		if got := l.step.Delivery.Quantile(q); got < want || got > want+want/500 {
			t.Errorf("the %g quantile is %s, want %s", q, got, want)
		}
	}
	if l.delivered.Load() != 100 {
		t.Errorf("%d delivered", l.delivered.Load())
	}
}

func TestWarmUpDoesNotCount(t *testing.T) {
	t.Parallel()
	l := loopOf(1, 10, time.Second)
	for i := range int64(20) {
		l.note(l.step.Ack, i, l.start+int64(time.Hour))
	}
	if n := l.step.Ack.Count(); n != 10 {
		t.Errorf("%d of 20 count, those of the second second are 10", n)
	}
}

func TestHearOrder(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][]int{"one is missing": {1, 4, 10}, "twice": {1, 4, 4}, "back": {4, 1}, "of somebody else": {1, 5}} {
		l, talk := loopOf(3, 100, 0), &talk{id: "c_1"}
		var err error
		for _, i := range numbers {
			err = l.hear(talk, asks(i), l.start)
		}
		if err == nil || !strings.Contains(err.Error(), "was expected") {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, talk := loopOf(3, 100, 0), &talk{id: "c_1"}
	if err := l.hear(talk, []byte(`{"type":"message","message":{"text":"Dzien dobry!"}}`), 0); err != nil || l.delivered.Load() != 0 {
		t.Errorf("what is not of the loop: %v, %d delivered", err, l.delivered.Load())
	}
}

func TestStep(t *testing.T) {
	t.Parallel()
	good := func() *Step {
		return &Step{Sent: 3, Acked: 3, Delivered: 3, Delivery: latencies(10, 20, 30), Ack: latencies(5), Took: 2 * time.Second, CPU: 3 * time.Second}
	}
	const limit = 50 * time.Millisecond
	if s := good(); !s.Holds(limit) || s.Cores(s.CPU) != 1.5 || s.Each(s.CPU) != time.Second {
		t.Errorf("%+v", s)
	}
	for name, spoil := range map[string]func(*Step){
		"one is not acknowledged": func(s *Step) { s.Acked-- },
		"one is not delivered":    func(s *Step) { s.Delivered-- },
		"late":                    func(s *Step) { s.Delivery.Record(time.Second) },
		"acknowledged late":       func(s *Step) { s.Ack.Record(time.Second) },
		"nothing was sent":        func(s *Step) { s.Sent, s.Acked, s.Delivered = 0, 0, 0 },
		"broken":                  func(s *Step) { s.Broke = strconv.ErrRange },
	} {
		s := good()
		if spoil(s); s.Holds(limit) {
			t.Errorf("%s, and it holds", name)
		}
	}
}
