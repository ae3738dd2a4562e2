package hooks

import (
	"context"
	"sync"
	"time"

	"centrala"
)

// known remembers for a second which door a name leads to, or that it leads to none: a thousand
// posts a second do not each ask the database.
type known struct {
	find func(ctx context.Context, name string) (door, error)
	all  func(ctx context.Context) ([]centrala.Inbox, error)
	now  func() time.Time

	mu    sync.Mutex
	doors map[string]found
	list  []centrala.Inbox
	until time.Time // of the list
	epoch int       // rises when all is forgotten: what was asked before is not remembered after
}

type found struct {
	door
	err   error // NotFound
	until time.Time
}

// door finds a door by its name.
func (k *known) door(ctx context.Context, name string) (door, error) {
	k.mu.Lock()
	f, ok := k.doors[name]
	epoch := k.epoch
	k.mu.Unlock()
	if ok && k.now().Before(f.until) {
		return f.door, f.err
	}
	d, err := k.find(ctx, name)
	if err != nil && centrala.CodeOf(err) != centrala.NotFound {
		return d, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch != epoch {
		return d, err
	}
	if k.doors == nil || len(k.doors) >= knownMost {
		k.doors = make(map[string]found)
	}
	k.doors[name] = found{d, err, k.now().Add(knownFor)}
	return d, err
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doors, k.list = nil, nil
	k.epoch++
}

// inboxes are all there are.
func (k *known) inboxes(ctx context.Context) ([]centrala.Inbox, error) {
	k.mu.Lock()
	list, until, epoch := k.list, k.until, k.epoch
	k.mu.Unlock()
	if list != nil && k.now().Before(until) {
		return list, nil
	}
	list, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch == epoch {
		k.list, k.until = list, k.now().Add(knownFor)
	}
	return list, nil
}
