package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"centrala"
	"centrala/watch"
)

// Config says where the stream is. Either Dir or URL is set.
type Config struct {
	Dir      string // the folder of the embedded JetStream; one process at a time
	URL      string // nats://host:port[,nats://…]: a cluster of somebody's own
	Replicas int    // with URL; 0: three in a cluster, one on a single server
	Node     string // this process's name among the nodes; must be unique
	Log      *slog.Logger

	// Graveyard takes what a group's handler gave up on. Required by Work.
	Graveyard Graveyard
	Limits    Limits
	Tracer    watch.Tracer // nil: nothing is traced
}

// Limits bound the stream. Zero fields take the value in the comment.
type Limits struct {
	MaxAge     time.Duration // 72 h: older events leave the stream (never the log)
	MaxBytes   int64         // 2 GiB
	Duplicates time.Duration // 2 min: an event published again within it is stored once
	LaneQueue  int           // 4096 events wait in each lane; the rest is left to the sweep
}

// A Graveyard keeps dead letters where an administrator can read and replay them.
type Graveyard interface {
	Bury(ctx context.Context, d centrala.DeadLetter) error
}

// An Outbox is the log seen from the stream: committed events and whether they were
// published.
type Outbox interface {
	// Unpublished returns events that were committed at least olderThan ago and are not
	// marked, at most limit of them, ascending by id.
	Unpublished(ctx context.Context, olderThan time.Duration, limit int) ([]centrala.Event, error)
	// Published marks events. It must not block; the marks may become durable later.
	Published(ids []centrala.EventID)
	// LastEvent is the greatest id in the log, 0 when it is empty.
	LastEvent(ctx context.Context) (centrala.EventID, error)
	// Since returns what came after an id, marked or not, ascending by id.
	Since(ctx context.Context, s centrala.Scope, after centrala.EventID, limit int) ([]centrala.Commit, error)
}

// Bus is a node's connection to the stream. Register with Relay, Work, Live, OnGap and Hear, then
// Start; none of the five may be called after that. Offer, Say, Replay, Ready and Stats are safe
// for concurrent use at any time.
type Bus struct {
	cfg  Config
	log  *slog.Logger
	srv  *embedded // nil when the stream is elsewhere
	pub  *nats.Conn
	sub  *nats.Conn
	jets nats.JetStreamContext // over pub

	lanes  [centrala.Lanes]*lane
	relay  *relay
	groups []*group
	live   *live

	fleeting fleeting

	started   bool
	closing   atomic.Bool
	ending    chan struct{} // closed with closing
	closeOnce sync.Once
	closed    error
	ctx       context.Context // ends when Close has waited long enough
	cancel    context.CancelFunc
	running   sync.WaitGroup // lanes and the sweep
	broken    atomic.Pointer[string]
	stored    *watch.Histogram // seconds from an event's making to the stream
	resumed   atomic.Bool      // a gap was told a moment ago, and is to be told again
}

// Open connects to the stream, starting it inside the process when c.Dir is set, and makes
// sure that it exists as c asks. ctx bounds the opening only. A folder in use by another
// process and a cluster that does not answer are errors.
func Open(ctx context.Context, c Config) (*Bus, error) {
	if (c.Dir == "") == (c.URL == "") {
		return nil, errors.New("stream: set either a folder or a nats:// address")
	}
	if c.Node == "" {
		return nil, errors.New("stream: a node needs a name")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits.setDefaults()
	b := &Bus{cfg: c, log: c.Log, ending: make(chan struct{}), stored: watch.Seconds()}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.live = &live{node: c.Node, log: c.Log, limit: liveEvents}
	b.fleeting.begin(c.URL != "")
	for i := range b.lanes {
		b.lanes[i] = newLane(i, b)
	}
	if err := b.open(ctx); err != nil {
		b.cancel()
		return nil, errors.Join(fmt.Errorf("stream: %w", err), b.release())
	}
	return b, nil
}

func (l *Limits) setDefaults() {
	if l.MaxAge == 0 {
		l.MaxAge = 72 * time.Hour
	}
	if l.MaxBytes == 0 {
		l.MaxBytes = 2 << 30
	}
	if l.Duplicates == 0 {
		l.Duplicates = 2 * time.Minute
	}
	if l.LaneQueue == 0 {
		l.LaneQueue = 4096
	}
}

func (b *Bus) open(ctx context.Context) error {
	var err error
	if b.cfg.Dir != "" {
		if b.srv, err = startEmbedded(b.cfg); err != nil {
			return err
		}
	}
	if b.pub, err = b.connect("publish"); err != nil {
		return err
	}
	if b.sub, err = b.connect("subscribe"); err != nil {
		return err
	}
	b.jets, err = b.pub.JetStream(nats.PublishAsyncTimeout(ackTimeout), nats.MaxWait(ackTimeout))
	if err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	return b.ensureStream(ctx)
}

// Relay makes the bus publish what is committed to o: at once what is offered, and in a sweep
// each second whatever stayed unmarked for two seconds on any node.
func (b *Bus) Relay(o Outbox) { b.relay = newRelay(b, o) }

// Work has h handle every event of the types once per group, in order within a conversation,
// on one of the nodes that call Work with the same group. No types means all of them. h gets
// two seconds, does database work only and must be idempotent: an event may come again. After
// three failed tries the event is buried and the lane goes on.
func (b *Bus) Work(name string, types []centrala.EventType, h func(context.Context, centrala.Event) error) {
	b.groups = append(b.groups, newGroup(b, name, types, h))
}

// Live has h see each event that another node committed, about when it happens, and what a sweep
// published. Calls of h do not overlap; h must not block. An event may come twice, and one that
// was committed later may come before it; events may be missed, see OnGap.
func (b *Bus) Live(h func(centrala.Event)) { b.live.handlers = append(b.live.handlers, h) }

// OnGap has f called when live events may have been missed and flow again: after a lost
// connection, and after Live fell too far behind. f must not block.
func (b *Bus) OnGap(f func()) { b.live.gaps = append(b.live.gaps, f) }

// Start creates what the registered groups need, subscribes, and begins to relay. ctx bounds
// the starting only.
func (b *Bus) Start(ctx context.Context) error {
	if b.started {
		return errors.New("stream: started twice")
	}
	b.started = true
	for i, g := range b.groups {
		switch {
		case b.cfg.Graveyard == nil:
			return errors.New("stream: work needs a graveyard")
		case !validGroup(g.name):
			return fmt.Errorf("stream: %q is not a group's name: small letters, digits, - and _", g.name)
		case slices.ContainsFunc(b.groups[:i], func(o *group) bool { return o.name == g.name }):
			return fmt.Errorf("stream: two groups are called %s", g.name)
		}
	}
	if err := b.ensureConsumers(ctx); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	if b.srv == nil {
		if err := b.live.subscribe(b.sub); err != nil {
			return fmt.Errorf("stream: subscribe live: %w", err)
		}
	}
	if err := b.fleeting.subscribe(b.sub, b.cfg.Node); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	for _, g := range b.groups {
		if err := g.start(); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
	}
	// What is published from here on comes to every subscription above.
	if err := b.sub.FlushTimeout(provisionTime); err != nil {
		return fmt.Errorf("stream: subscribe: %w", err)
	}
	if b.relay != nil {
		for _, l := range b.lanes {
			b.running.Go(l.run)
		}
		b.running.Go(b.relay.run)
	}
	b.running.Go(b.watch)
	b.running.Go(b.speak)
	if b.srv == nil {
		b.running.Go(b.keepReach)
	}
	return nil
}

// Offer hands over events that were just committed, in commit order. It never blocks: what
// does not fit is left to the sweep, and with it all that follows in the same lane until the
// sweep has caught up, so that nothing overtakes. A bus without a Relay has nothing to sweep,
// so Offer panics on it.
func (b *Bus) Offer(events []centrala.Event) {
	if b.relay == nil {
		panic("stream: Offer without Relay")
	}
	if b.closing.Load() {
		return // they stay unmarked: any node's sweep takes them
	}
	for _, e := range events {
		b.lanes[e.Lane()].offer(e)
	}
}

// Replay has this node's handler of a group try an event again, now and once, beside the
// lane. NotFound when this node has no such group.
func (b *Bus) Replay(ctx context.Context, name string, e centrala.Event) error {
	for _, g := range b.groups {
		if g.name == name {
			return g.try(ctx, e)
		}
	}
	return centrala.Errorf(centrala.NotFound, "no group %.40q works on this node", name)
}

// Ready reports why events do not flow, nil when they do.
func (b *Bus) Ready() error {
	switch {
	case b.closing.Load():
		return errors.New("stream: closed")
	case !b.started:
		return errors.New("stream: not started")
	case !b.pub.IsConnected() || !b.sub.IsConnected():
		return errors.New("stream: not connected")
	}
	if s := b.broken.Load(); s != nil {
		return errors.New("stream: " + *s)
	}
	for _, l := range b.lanes {
		if since := l.failing(); since > 3*time.Second {
			return fmt.Errorf("stream: lane %d has not been able to publish for %s", l.n, since.Round(time.Second))
		}
	}
	return nil
}

// note writes down a span of an event that is traced.
func (b *Bus) note(e centrala.Event, name string, from time.Time, err error) {
	if e.Trace == "" || b.cfg.Tracer == nil {
		return
	}
	b.cfg.Tracer.Note(watch.Span{Parent: e.Trace, Name: name, From: from, To: time.Now(), Err: err,
		Attributes: map[string]string{"event": e.ID.String(), "type": string(e.Type), "conversation": e.Conversation.String()}})
}

// Close follows the water: handlers finish what they hold and take no more, lanes publish
// what was offered, then the connections and the embedded server go. It ends within about
// ten seconds; what was not published by then stays unmarked and is swept later.
func (b *Bus) Close() error {
	b.closeOnce.Do(func() { b.closed = b.close() })
	return b.closed
}

func (b *Bus) close() error {
	errs := make([]error, len(b.groups))
	var stopping sync.WaitGroup
	for i, g := range b.groups {
		stopping.Go(func() { errs[i] = g.stop() })
	}
	stopping.Wait()

	b.closing.Store(true)
	close(b.ending)
	for _, l := range b.lanes {
		l.drain()
	}
	if b.relay != nil {
		b.relay.stop()
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		b.running.Wait()
	}()
	if !within(drained, 3*time.Second) {
		b.log.Warn("the stream closes with events unpublished; a sweep will take them")
	}
	b.cancel()
	if !within(drained, 3*time.Second) {
		errs = append(errs, errors.New("stream: the log does not take marks; closing without them"))
	}
	return errors.Join(append(errs, b.release())...)
}

// release lets go of the connections and of the embedded server.
func (b *Bus) release() error {
	for _, c := range []*nats.Conn{b.sub, b.pub} {
		if c != nil {
			_ = c.FlushTimeout(time.Second) // acknowledgements on their way; a lost one is a redelivery
			c.Close()
		}
	}
	if b.srv == nil {
		return nil
	}
	return b.srv.stop()
}

func within(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}
