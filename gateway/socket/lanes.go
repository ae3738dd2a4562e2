package socket

import "sync"

// Lanes has things for one key done one after another, and those for different keys side by
// side. It belongs to one socket; one goroutine calls Do.
type Lanes[K comparable] struct {
	room chan struct{} // one token for each thing under way
	mu   sync.Mutex
	next map[K][]func() // present: somebody is at work
}

// NewLanes makes lanes in which at most so many things are under way.
func NewLanes[K comparable](most int) *Lanes[K] {
	return &Lanes[K]{room: make(chan struct{}, most), next: map[K][]func(){}}
}

// Do has f run after what came before it for the same key. It waits while too much is under way.
func (l *Lanes[K]) Do(s *Socket, key K, f func()) {
	l.room <- struct{}{}
	l.mu.Lock()
	queue, busy := l.next[key]
	if busy {
		l.next[key] = append(queue, f)
	} else {
		l.next[key] = nil
	}
	l.mu.Unlock()
	if !busy {
		s.Run(func() { l.work(key, f) })
	}
}

func (l *Lanes[K]) work(key K, f func()) {
	for f != nil {
		f()
		<-l.room
		l.mu.Lock()
		if queue := l.next[key]; len(queue) > 0 {
			f, l.next[key] = queue[0], queue[1:]
		} else {
			f = nil
			delete(l.next, key)
		}
		l.mu.Unlock()
	}
}
