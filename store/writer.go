package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/store/engine"
	"centrala/watch"
)

// maxBatch is how many operations share one commit: at 64 the disk is no longer what limits
// the rate, and nobody waits noticeably for others.
const maxBatch = 64

// op is one thing to be written. run may be called more than once (a batch that failed is
// replayed one by one), so it must set its results anew each time.
type op struct {
	need    need
	run     func(*Tx) error
	commits []centrala.Commit
	dropped []string // see Tx
	reads   []centrala.TeamRead
	err     error
	done    chan struct{}
	state   atomic.Int32 // one of the three below
	trace   string       // what it belongs to, see watch
	taken   time.Time    // when its commit began; set when state is opTaken
}

// An operation waits until the writer takes it or its caller gives it up, whoever is first: the
// caller of one that was taken waits for its end, because run writes what the caller reads.
const (
	opWaits int32 = iota
	opTaken
	opGivenUp
)

// patience is how long an operation waits for the writer before its caller is told to try
// again: the disk hangs, or more is asked than it can take.
const patience = 10 * time.Second

type stats struct {
	transactions, operations, replays, refused, forgotten, fuses atomic.Uint64
	filesFetched, filesLost                                      atomic.Uint64
	outcomes                                                     sync.Map // of hooks read: a HookOutcome's *atomic.Uint64

	batch, commit *watch.Histogram
	since         atomic.Int64 // when the running commit began, in nanoseconds; 0: none runs
}

func (s *stats) begin(now time.Time) { s.since.Store(now.UnixNano()) }

func (s *stats) end(now time.Time, operations int) {
	s.batch.Observe(float64(operations))
	s.commit.Since(now)
	s.since.Store(0)
}

func (s *stats) hooks(outcomes []centrala.HookOutcome) {
	for _, o := range outcomes {
		n, _ := s.outcomes.LoadOrStore(o, new(atomic.Uint64))
		n.(*atomic.Uint64).Add(1)
	}
}

func (s *stats) hookOutcomes() map[centrala.HookOutcome]uint64 {
	all := map[centrala.HookOutcome]uint64{}
	s.outcomes.Range(func(o, n any) bool {
		all[o.(centrala.HookOutcome)] = n.(*atomic.Uint64).Load()
		return true
	})
	return all
}

// write joins the running group commit and returns when op is on disk, or refused. The
// caller's context ends the waiting for the writer, never a transaction that has begun. A
// writer that does not take op in time makes it Unavailable; nothing of it is or will be on
// disk then.
func (db *DB) write(ctx context.Context, run func(*Tx) error) error {
	return db.writeWith(ctx, need{}, run)
}

// writeWith is write for an operation that says beforehand what it needs.
func (db *DB) writeWith(ctx context.Context, n need, run func(*Tx) error) error {
	o := &op{need: n, run: run, done: make(chan struct{}), trace: watch.Trace(ctx)}
	asked := time.Now()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case db.ops <- o:
	case <-enough.C:
		return db.busy()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-o.done:
	case <-enough.C:
		if o.state.CompareAndSwap(opWaits, opGivenUp) {
			return db.busy()
		}
		<-o.done
	case <-ctx.Done():
		if o.state.CompareAndSwap(opWaits, opGivenUp) {
			return context.Cause(ctx)
		}
		<-o.done
	}
	if o.trace != "" && db.tracer != nil {
		db.tracer.Note(watch.Span{Parent: o.trace, Name: "queue", From: asked, To: o.taken})
		db.tracer.Note(watch.Span{Parent: o.trace, Name: "commit", From: o.taken, To: time.Now(), Err: o.err})
	}
	return o.err
}

func (db *DB) busy() error {
	db.stats.refused.Add(1)
	return &centrala.Error{Code: centrala.Unavailable, Message: "The message could not be stored now. Try again in a moment.",
		RetryAfter: time.Second, Err: fmt.Errorf("the writer took nothing for %s", patience)}
}

// OnCommit registers f to be told of everything that comes to lie on disk, in commit order.
// It is called on the writer's goroutine and must not block. Register before the first write.
func (db *DB) OnCommit(f func([]centrala.Commit)) { db.onCommit = append(db.onCommit, f) }

// OnRead registers f to be told, once it is on disk, how far the team has read what came from
// vendors. It is called as OnCommit's are, and there is one.
func (db *DB) OnRead(f func([]centrala.TeamRead)) { db.onRead = f }

// writer is the one goroutine that writes.
func (db *DB) writer(ctx context.Context) {
	defer db.done.Done()
	w := &writer{db: db, pending: pending{keys: map[senderKey]*said{}}}
	defer w.discard()
	batch := make([]*op, 0, maxBatch)
	marks := time.NewTicker(500 * time.Millisecond)
	defer marks.Stop()
	for {
		batch = batch[:0]
		select {
		case <-ctx.Done():
			w.drain()
			return
		case o := <-db.ops:
			batch = append(batch, o)
		case <-marks.C:
			w.collect()
			if len(w.published) == 0 && db.fault.Load() == nil {
				continue // else: see whether writing works again
			}
		}
		runtime.Gosched() // whoever is about to hand something in comes first: fewer and fuller commits
	fill:
		for len(batch) < maxBatch {
			select {
			case o := <-db.ops:
				batch = append(batch, o)
			default:
				break fill
			}
		}
		w.collect()
		w.beginLog()
		w.run(batch)
	}
}

// writer owns the one connection that writes.
type writer struct {
	db        *DB
	conn      *engine.Conn
	published []centrala.EventID // to be marked with the next commit
	recent    recent
	pending   pending
}

// collect takes over the publish marks that came since the last commit.
func (w *writer) collect() {
	w.db.marks.Lock()
	defer w.db.marks.Unlock()
	if len(w.published) >= maxMarks {
		return // nothing is committed at the moment; what comes waits in its own bounds
	}
	w.published = append(w.published, w.db.marks.published...)
	w.db.marks.published = w.db.marks.published[:0]
}

// drain commits what was accepted before the end.
func (w *writer) drain() {
	for {
		select {
		case o := <-w.db.ops:
			w.run([]*op{o})
		default:
			w.collect()
			if len(w.published) > 0 {
				w.run(nil)
			}
			return
		}
	}
}

// run commits the batch as one; if anything fails, each operation gets its own transaction.
func (w *writer) run(batch []*op) {
	batch = slices.DeleteFunc(batch, func(o *op) bool { return !o.state.CompareAndSwap(opWaits, opTaken) })
	now := time.Now()
	for _, o := range batch {
		o.taken = now
	}
	w.db.stats.begin(now)
	defer w.db.stats.end(now, len(batch))
	err := w.try(batch)
	if err != nil && len(batch) > 1 {
		w.db.stats.replays.Add(1)
		for _, o := range batch {
			w.alone(o)
		}
	} else if err != nil && len(batch) == 1 {
		w.retry(batch[0], err)
	}
	w.db.report(err)
	for _, o := range batch {
		close(o.done)
	}
}

func (w *writer) alone(o *op) {
	if err := w.try([]*op{o}); err != nil {
		w.retry(o, err)
	}
}

// retry does an operation again while somebody else was in its way, and otherwise decides
// what its caller is told.
func (w *writer) retry(o *op, err error) {
	for attempt := 0; attempt < 20 && engine.TroubleOf(err) == engine.Again; attempt++ {
		if err = w.try([]*op{o}); err == nil {
			return
		}
	}
	o.commits, o.dropped, o.reads = nil, nil, nil
	switch engine.TroubleOf(err) {
	case engine.Full, engine.Again:
		o.err = &centrala.Error{Code: centrala.Unavailable, Message: "The message could not be stored now. Try again in a moment.", RetryAfter: time.Second, Err: err}
	case engine.Broken:
		o.err = &centrala.Error{Code: centrala.Unavailable, Message: "The message could not be stored.", Err: err}
		w.db.fail(err)
	default:
		o.err = err // the operation's own refusal, rolled back with all it wrote
	}
}

// try runs the operations in one transaction. On an error nothing of it is on disk; an
// operation's own refusal before it wrote anything is no error here.
func (w *writer) try(batch []*op) error {
	if w.conn == nil {
		conn, err := engine.Connect(w.db.rw, w.db.dialect == engine.Postgres)
		if err != nil {
			return fmt.Errorf("connect the writer: %w", err)
		}
		w.conn = conn
	}
	tx := &Tx{w: w, now: w.db.now().UTC().Truncate(time.Microsecond)}
	marked := len(w.published)
	if err := w.conn.Send(append([]engine.Statement{{Query: w.db.dialect.Begin()}}, marks(w.published)...)); err != nil {
		return w.rollback(fmt.Errorf("begin: %w", err))
	}
	if err := tx.together(batch); err != nil {
		return w.rollback(err)
	}
	if w.db.fault.Load() != nil {
		if err := tx.proveRoom(); err != nil {
			return w.rollback(err)
		}
	}
	if err := tx.finish(engine.Commit); err != nil {
		return w.rollback(fmt.Errorf("commit: %w", err))
	}
	w.published = w.published[marked:]
	w.db.stats.transactions.Add(1)
	w.db.stats.operations.Add(uint64(len(batch)))
	w.tell(batch)
	return nil
}

// together runs the operations on what is looked up for all of them.
func (tx *Tx) together(batch []*op) error {
	if err := tx.w.recent.compare(tx); err != nil {
		return err
	}
	if err := tx.prepare(batch); err != nil {
		return err
	}
	for _, o := range batch {
		o.err, o.commits, o.dropped, o.reads = nil, nil, nil, nil
		tx.dirty, tx.commits, tx.dropped, tx.reads = false, nil, nil, nil
		o.err = o.run(tx)
		switch {
		case o.err != nil && (tx.dirty || tx.failed != nil):
			return o.err
		case tx.failed != nil: // the operation did not mind, but the engine may have dropped what was written
			return tx.failed
		}
		o.commits, o.dropped, o.reads = tx.commits, tx.dropped, tx.reads
	}
	return nil
}

// room is more than the longest message and all that comes with it takes, in bytes.
const room = 128 << 10

// proveRoom writes as much as the longest message would. While writing does not work a commit
// counts only with this in it: on a full disk small things fit long after messages do not, and
// readiness would be told from them.
func (tx *Tx) proveRoom() error {
	fill := make([]byte, room/2)
	_, _ = rand.Read(fill) // never fails; pages that do not change would not be written
	_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES ('room', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, hex.EncodeToString(fill))
	return wrap(err, "see whether there is room")
}

// tell passes on what the commit brought, in order.
func (w *writer) tell(batch []*op) {
	var (
		all     []centrala.Commit
		dropped []string
	)
	for _, o := range batch {
		if o.err != nil {
			continue
		}
		dropped = append(dropped, o.dropped...)
		if len(o.reads) > 0 && w.db.onRead != nil {
			w.db.onRead(o.reads)
		}
		if o.trace != "" {
			for i := range o.commits {
				o.commits[i].Event.Trace = o.trace
			}
		}
		all = append(all, o.commits...)
	}
	if len(dropped) > 0 && w.db.discard != nil {
		w.db.discard(dropped)
	}
	if len(all) == 0 {
		return
	}
	for _, f := range w.db.onCommit {
		f(all)
	}
}

// rollback undoes the transaction. SQLite may have done so already by itself (a full disk);
// a connection of which that is not certain is given up.
func (w *writer) rollback(cause error) error {
	if engine.ReadOnly(cause) { // a server that was demoted: the next connection looks for the one that takes writes
		w.conn.Abandon()
		w.discard()
		return cause
	}
	w.forget()
	w.pending.empty()
	_, err := w.conn.Exec("ROLLBACK")
	if err != nil && (w.db.dialect == engine.Postgres || !strings.Contains(err.Error(), "no transaction is active")) {
		w.discard()
	}
	return cause
}

// forget drops what the writer knows of the tables.
func (w *writer) forget() {
	w.recent.forget()
	clear(w.pending.keys)
}

func (w *writer) discard() {
	w.forget()
	w.pending.empty()
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}
