package main

import (
	"sync"

	"centrala"
)

// tally counts what was committed on this node, by type of event and by state of deliveries.
type tally struct {
	mu         sync.Mutex
	events     map[centrala.EventType]uint64
	deliveries map[string]uint64
}

func (t *tally) count(e centrala.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.events == nil {
		t.events, t.deliveries = map[centrala.EventType]uint64{}, map[string]uint64{}
	}
	t.events[e.Type]++
	if e.Type == centrala.DeliveryUpdated {
		t.deliveries[e.Data.State]++
	}
}

// each calls the functions with every count.
func (t *tally) each(event func(kind string, n uint64), delivery func(state string, n uint64)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for kind, n := range t.events {
		event(string(kind), n)
	}
	for state, n := range t.deliveries {
		delivery(state, n)
	}
}
