package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // holds the server's database as another program would

	"centrala/lab"
)

const (
	soon     = 30 * time.Second // for what has to happen by itself
	lastRoom = 256 << 10        // what is left of a disk that is full
)

// fullDisk fills the disk until somebody has been told so, and makes room again.
func (h *premises) fullDisk(ctx context.Context, r *Run) error {
	before := r.putOff()
	if err := h.disk.Fill(lastRoom); err != nil {
		return err
	}
	told := r.eventually(ctx, soon, func() bool { return r.putOff() > before })
	r.record.Expect(told, "on a full disk nobody was told that the words cannot be stored")
	err := lab.Rest(ctx, time.Second)
	if err := errors.Join(err, h.disk.Free()); err != nil {
		return err
	}
	h.green(ctx, r, "room on the disk")
	return nil
}

// green expects all servers to be ready before long.
func (h *premises) green(ctx context.Context, r *Run, after string) {
	for _, n := range h.nodes {
		ready := r.eventually(ctx, soon, func() bool { return n.Ready(ctx) == nil })
		r.record.Expect(ready, "%s is not ready %s after there was %s again", n.Addr, soon, after)
	}
}

// fsyncError has every fsync fail: the program must end with one clear line.
func (h *premises) fsyncError(ctx context.Context, r *Run) error {
	n := h.any()
	tracer, err := lab.Inject(ctx, n.PID(), "fdatasync,fsync", "error=EIO")
	if err != nil {
		return err
	}
	ended := false
	late := time.NewTimer(soon)
	defer late.Stop()
	select {
	case <-n.Ended():
		ended = true
	case <-late.C:
	}
	r.record.Expect(ended, "the disk failed and the program did not end within %s", soon)
	if !ended {
		return errors.Join(tracer.Stop(), n.Kill(), h.again(ctx, n))
	}
	said := strings.TrimSpace(n.Said())
	last := said[strings.LastIndexByte(said, '\n')+1:]
	r.record.Expect(strings.HasPrefix(last, "centrala: ") && strings.Contains(last, "disk"), "the disk failed and the last that the program said was %q", last)
	return errors.Join(tracer.Stop(), h.again(ctx, n))
}

// slowDisk makes each fsync slow for two seconds.
func (h *premises) slowDisk(ctx context.Context, r *Run) error {
	tracer, err := lab.Inject(ctx, h.any().PID(), "fdatasync,fsync", "delay_enter=50000")
	if err != nil {
		return err
	}
	before := r.record.Acknowledged()
	err = lab.Rest(ctx, 2*time.Second)
	r.record.Expect(r.record.Acknowledged() > before, "nothing was acknowledged while the disk was slow")
	return errors.Join(err, tracer.Stop())
}

// busy holds the database as another program would: shorter than the server waits for it, or
// longer.
func (h *premises) busy(ctx context.Context, r *Run) (err error) {
	q := url.Values{"_pragma": {"busy_timeout(20000)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.nodes[0].Data, "centrala.db")+"?"+q.Encode())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("hold the database: %w", err)
	}
	long := []time.Duration{time.Second, 7 * time.Second}[r.chance(2)]
	err = lab.Rest(ctx, long)
	if _, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil || rollback != nil {
		return errors.Join(err, rollback)
	}
	h.green(ctx, r, "a free database")
	return nil
}

func (h *premises) pgRestart(ctx context.Context, r *Run) error {
	if err := h.pg.Restart(ctx); err != nil {
		return err
	}
	h.green(ctx, r, "a PostgreSQL")
	return nil
}

func (h *premises) pgFailOver(ctx context.Context, r *Run) error {
	if err := h.pg.FailOver(ctx); err != nil {
		return err
	}
	h.green(ctx, r, "a PostgreSQL")
	return nil
}

func (h *premises) natsKill(ctx context.Context, r *Run) error {
	i := r.chance(3)
	if err := h.nats.Kill(i); err != nil {
		return err
	}
	if err := lab.Rest(ctx, 2*time.Second); err != nil {
		return err
	}
	if err := h.nats.Start(ctx, i); err != nil {
		return err
	}
	h.green(ctx, r, "a whole stream")
	return nil
}

func (h *premises) natsCut(ctx context.Context, r *Run) error {
	i := r.chance(3)
	h.nats.Isolate(i)
	err := lab.Rest(ctx, 3*time.Second)
	h.nats.Join(i)
	if err := errors.Join(err, h.nats.Await(ctx)); err != nil {
		return err
	}
	h.green(ctx, r, "a whole stream")
	return nil
}
