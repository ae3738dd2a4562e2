package main

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"centrala"
	"centrala/channels"
	"centrala/gateway/hooks"
)

// KeepHooks implements the rooms' ports.
func (a accepted) KeepHooks(ctx context.Context, list []centrala.Hook, upto *centrala.Mark) error {
	ctx, end := a.door.open(ctx)
	err := a.DB.KeepHooks(ctx, list, upto)
	end(centrala.Receipt{}, err)
	return err
}

// openHooks makes the door for what vendors post.
func (p *Program) openHooks() {
	p.hooks = hooks.New(hooks.Config{Doors: p.db, Shelf: accepted{p.db, p.doors[byHook]}, Keepers: able[channels.Doorkeeper](p.lines), Came: p.hookCame,
		Site: p.site, Log: p.log, NoLimits: p.flags.NoLimits})
}

// hookCame has whoever reads an inbox's hooks look for new ones, on whichever node that is.
func (p *Program) hookCame(id centrala.InboxID) {
	if !p.exchange.Came(id) && p.clustered() {
		p.came.tell(id, func() { p.bus.Say(onHooks, []byte(id.String())) })
	}
}

// tellEvery is how often another node is told at most that an inbox has something to read.
const tellEvery = 50 * time.Millisecond

// murmur tells of a thing a little later, and once however often it is asked to meanwhile.
type murmur struct {
	mu      sync.Mutex
	pending map[centrala.InboxID]bool
}

func (m *murmur) tell(id centrala.InboxID, say func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pending[id] {
		return
	}
	if m.pending == nil {
		m.pending = make(map[centrala.InboxID]bool)
	}
	m.pending[id] = true
	time.AfterFunc(tellEvery, func() {
		m.mu.Lock()
		delete(m.pending, id)
		m.mu.Unlock()
		say()
	})
}

// readHook is a hook as the parser of today reads it, and as centrala explain tells it.
func (p *Program) readHook(in centrala.Inbox, h centrala.Hook) (read centrala.HookRead, explained any) {
	for _, r := range able[channels.Reader](p.lines) {
		if r.Kind() == h.Channel {
			return channels.ReadHook(r, in, h), channels.ExplainHook(r, in, bytes.NewReader(h.Body))
		}
	}
	return centrala.HookRead{Hook: h.ID, Failed: &centrala.Cause{Code: "unreadable", Detail: "no channel reads it"}}, nil
}

// sweepHooks forgets the bodies of hooks that were kept long enough.
func (p *Program) sweepHooks(ctx context.Context) error {
	return p.db.SweepHooks(ctx, p.cfg.Social.Keep)
}

// posted tells of hooks and of the files that come with them.
func (f figures) posted(ctx context.Context, out chan<- prometheus.Metric) {
	at := f.p.hooks.Stats()
	for answer, n := range map[string]uint64{"kept": at.Kept, "forged": at.Forged, "limited": at.Limited, "oversize": at.Oversize, "unavailable": at.Refused} {
		count(out, "centrala_hook_posts_total", "Posts of vendors to this node, by the answer.", n, label{"answer", answer})
	}
	s, err := f.p.db.HookStats(ctx)
	for _, o := range centrala.HookOutcomes() {
		if o != centrala.HookNew && o != centrala.HookForged {
			count(out, "centrala_hooks_read_total", "Hooks read by this node, by outcome.", s.Read[o], label{"outcome", string(o)})
		}
	}
	count(out, "centrala_files_fetched_total", "Files that this node fetched from vendors.", s.Fetched)
	count(out, "centrala_files_lost_total", "Files that it gave up.", s.Lost)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("centrala_hooks", "The figures of hooks.", nil, nil), err)
		return
	}
	gauge(out, "centrala_hooks_new", "Hooks that wait to be read.", float64(s.New))
	gauge(out, "centrala_hook_age_seconds", "Age of the oldest of them.", s.OldestNew.Seconds())
	gauge(out, "centrala_hooks_unread", "Hooks that could not be read and wait for a better parser.", float64(s.Unread))
	gauge(out, "centrala_files_fetching", "Files of messages that vendors still have.", float64(s.Fetching))
}
