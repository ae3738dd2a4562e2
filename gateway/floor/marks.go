package floor

import (
	"sync"

	"centrala"
)

// Marks gathers how far people have received and read, so that each is stored once a round
// however often it moves. W is who somebody is. All methods may be called concurrently.
type Marks[W any] struct {
	mu   sync.Mutex
	next map[markKey]*Mark[W]
}

// A Mark is how far one person has come in one conversation.
type Mark[W any] struct {
	Conversation   centrala.ConversationID
	Person         string
	Who            W
	Received, Read int64
}

type markKey struct {
	conversation centrala.ConversationID
	person       string
}

// Note moves a mark forward.
func (k *Marks[W]) Note(m Mark[W]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := markKey{m.Conversation, m.Person}
	had := k.next[key]
	if had == nil {
		if k.next == nil {
			k.next = map[markKey]*Mark[W]{}
		}
		k.next[key] = &m
		return
	}
	had.Received, had.Read = max(had.Received, m.Received), max(had.Read, m.Read)
}

// Flush calls store for what was noted, several at a time, since they share the log's commits,
// and returns when all are done. What store fails for is noted again.
func (k *Marks[W]) Flush(store func(Mark[W]) error) {
	k.mu.Lock()
	next := k.next
	k.next = nil
	k.mu.Unlock()
	var all sync.WaitGroup
	room := make(chan struct{}, 16)
	for _, m := range next {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if store(*m) != nil {
				k.Note(*m)
			}
		})
	}
	all.Wait()
}
