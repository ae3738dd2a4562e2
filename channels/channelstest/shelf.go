package channelstest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"testing"

	"centrala"
)

// shelf is the part of a Recorder that keeps hooks, as the real log does.
type shelf struct {
	hooks []centrala.Hook
	reads map[centrala.HookID]centrala.HookRead
	marks map[string]string
	items []centrala.Inbound
	news  chan struct{}
}

// KeepHooks implements channels.Shelf.
func (r *Recorder) KeepHooks(_ context.Context, hooks []centrala.Hook, upto *centrala.Mark) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range hooks {
		if h.Key == "" {
			sum := sha256.Sum256(h.Body)
			h.Key = hex.EncodeToString(sum[:])
		}
		if slices.ContainsFunc(r.shelf.hooks, func(o centrala.Hook) bool { return o.Inbox == h.Inbox && o.Key == h.Key }) {
			continue
		}
		h.ID, h.Outcome, h.HasBody, h.Size = centrala.HookID(len(r.shelf.hooks)+1), centrala.HookNew, true, int64(len(h.Body))
		h.Body = slices.Clone(h.Body)
		r.shelf.hooks = append(r.shelf.hooks, h)
	}
	if upto != nil {
		if r.shelf.marks == nil {
			r.shelf.marks = make(map[string]string)
		}
		r.shelf.marks[upto.Inbox.String()+upto.Name] = upto.Value
	}
	select {
	case r.wake() <- struct{}{}:
	default:
	}
	return nil
}

// Mark implements channels.Shelf.
func (r *Recorder) Mark(_ context.Context, inbox centrala.InboxID, name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shelf.marks[inbox.String()+name], nil
}

// UnreadHooks implements channels.Shelf.
func (r *Recorder) UnreadHooks(_ context.Context, inbox centrala.InboxID, limit int) ([]centrala.Hook, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []centrala.Hook
	for _, h := range r.shelf.hooks {
		if h.Inbox == inbox && h.Outcome == centrala.HookNew && len(out) < limit {
			out = append(out, h)
		}
	}
	return out, nil
}

// ReadHooks implements channels.Shelf.
func (r *Recorder) ReadHooks(ctx context.Context, reads []centrala.HookRead) error {
	for _, read := range reads {
		if int(read.Hook) < 1 || int(read.Hook) > len(r.Hooks()) {
			return fmt.Errorf("no hook %d", read.Hook)
		}
		for _, in := range read.Reading.Items {
			r.mu.Lock()
			r.shelf.items = append(r.shelf.items, in)
			r.mu.Unlock()
			if in.Kind.Says() {
				if _, err := r.Receive(ctx, in); err != nil {
					return err
				}
			}
		}
		r.mu.Lock()
		if r.shelf.reads == nil {
			r.shelf.reads = make(map[centrala.HookID]centrala.HookRead)
		}
		r.shelf.reads[read.Hook] = read
		h := &r.shelf.hooks[read.Hook-1]
		switch {
		case read.Failed != nil || len(read.Reading.Bad) > 0:
			h.Outcome = centrala.HookUnread
		case len(read.Reading.Items) == 0:
			h.Outcome = centrala.HookNothing
		default:
			h.Outcome = centrala.HookTaken
		}
		r.mu.Unlock()
	}
	return nil
}

// Hooks are those kept so far, with their outcomes.
func (r *Recorder) Hooks() []centrala.Hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.shelf.hooks)
}

// Reads are the readings of hooks so far.
func (r *Recorder) Reads() map[centrala.HookID]centrala.HookRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.shelf.reads)
}

// Items are all things that hooks told so far, in order.
func (r *Recorder) Items() []centrala.Inbound {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.shelf.items)
}

// WaitItems waits until hooks told at least n things, and gives them.
func (r *Recorder) WaitItems(t testing.TB, n int) []centrala.Inbound {
	t.Helper()
	var items []centrala.Inbound
	Eventually(t, "enough things were told", func() bool {
		items = r.Items()
		return len(items) >= n
	})
	return items
}

// Wake rings when a hook was kept.
func (r *Recorder) Wake() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wake()
}

func (r *Recorder) wake() chan struct{} {
	if r.shelf.news == nil {
		r.shelf.news = make(chan struct{}, 1)
	}
	return r.shelf.news
}
