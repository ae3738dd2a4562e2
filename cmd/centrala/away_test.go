package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"centrala/store/storetest"
)

// wire leads to a PostgreSQL server and can be cut.
type wire struct {
	path string // of our socket
	to   string // address of the server
	kind string // unix or tcp

	mu    sync.Mutex
	l     net.Listener
	conns []net.Conn
	done  sync.WaitGroup
}

// newWire puts a wire before the database of dsn and gives the address through it.
func newWire(t *testing.T, dsn string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pg") // short, because paths of sockets must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	host, port := u.Hostname(), u.Port()
	if v := q.Get("host"); v != "" {
		host = v
	}
	if v := q.Get("port"); v != "" {
		port = v
	}
	if port == "" {
		port = "5432"
	}
	w := &wire{path: filepath.Join(dir, ".s.PGSQL."+port), kind: "tcp", to: net.JoinHostPort(host, port)}
	if strings.HasPrefix(host, "/") {
		w.kind, w.to = "unix", filepath.Join(host, ".s.PGSQL."+port)
	}
	q.Set("host", dir)
	q.Set("port", port)
	u.Host, u.RawQuery = "", q.Encode()
	w.join(t)
	t.Cleanup(w.cut)
	return w, u.String()
}

// join lets connections through.
func (w *wire) join(t *testing.T) {
	t.Helper()
	l, err := net.Listen("unix", w.path)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.l = l
	w.mu.Unlock()
	w.done.Go(func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return // it was cut
			}
			b, err := net.Dial(w.kind, w.to)
			if err != nil {
				_ = a.Close()
				continue
			}
			w.mu.Lock()
			if w.l != l {
				_, _ = a.Close(), b.Close()
			}
			w.conns = append(w.conns, a, b)
			w.mu.Unlock()
			for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
				w.done.Go(func() {
					_, _ = io.Copy(way[0], way[1]) // until either end goes
					_, _ = way[0].Close(), way[1].Close()
				})
			}
		}
	})
}

// cut ends every connection and lets no other through.
func (w *wire) cut() {
	w.mu.Lock()
	if w.l != nil {
		_ = w.l.Close()
	}
	w.l = nil
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
	w.mu.Unlock()
	w.done.Wait()
}

// The PostgreSQL server goes away while a customer writes: they are told that it cannot be
// stored now, the sockets stay, /readyz says which part it is; when the server is back all goes
// on by itself, and what was acknowledged is there once.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	w, dsn := newWire(t, storetest.Postgres(t))
	h := newPremises(t, dsn, "")
	p := h.serve(t, "--no-limits")
	admin := h.furnish(t, p)
	desk := p.console(t, p.login(t, "ania@firma.test"))
	d := &diary{chat: p.customer(t)}
	for range 5 {
		if !d.write(t) {
			t.Fatal(d.refused)
		}
	}
	desk.wait(t, "the conversation is hers", func(f frame) bool { return f.Type == "message" }) // before that she hears nothing of it
	for range 2 {
		w.cut()
		if d.write(t) {
			t.Fatal("acknowledged without a database")
		}
		if !strings.Contains(d.refused, `"unavailable"`) || !strings.Contains(d.refused, `"retry":true`) {
			t.Errorf("the sender is told %s", d.refused)
		}
		if status, err := p.call(t.Context(), "GET", "/v1/conversations", admin, nil, nil); status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
			t.Errorf("reading gets %d, %v", status, err)
		}
		eventually(t, "/readyz is red", func() error {
			status, body := p.get(t, "/readyz")
			var v struct{ Parts map[string]string }
			if err := json.Unmarshal([]byte(body), &v); err != nil {
				return err
			}
			if status != http.StatusServiceUnavailable || v.Parts["database"] == "ok" {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
		w.join(t)
		eventually(t, "writing works again", func() error {
			if !d.write(t) {
				return errors.New(d.refused)
			}
			return nil
		})
		eventually(t, "/readyz is green", func() error {
			if status, body := p.get(t, "/readyz"); status != http.StatusOK {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
	}
	last := d.text(len(d.acked) - 1)
	desk.wait(t, "the last entry at the console", func(f frame) bool { _, text := f.words(); return f.Type == "message" && text == last })
	d.check(t, p, admin)
	if code := p.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
