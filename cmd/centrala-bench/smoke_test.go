package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/cmd/centrala-bench/load"
)

func buildServer(ctx context.Context, to string) error {
	out, err := exec.CommandContext(ctx, "go", "build", "-o", to, "centrala/cmd/centrala").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// The real server, shortly: the whole program with those parts that do not wait long.
func TestSmoke(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the real server")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "centrala")
	if err := buildServer(t.Context(), binary); err != nil {
		t.Fatal(err)
	}
	// The null relay is this program again, which a test is not; so no talk here.
	args := fmt.Sprintf("--server %s --dir %s --json %s --images %s --only open,fan,conversations,messages --seconds 0.3 --step 0.5 --rates 100,200 --open 3,520 --messages 0,2000",
		binary, dir, filepath.Join(dir, "f.json"), dir)
	var out, errs bytes.Buffer
	if err := run(t.Context(), strings.Fields(args), &out, &errs); err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	b, err := os.ReadFile(filepath.Join(dir, "f.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Results
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 2 || r.Figures[0].Value <= 0 || r.Figures[1].Value <= 0 {
		t.Errorf("figures %+v", r.Figures)
	}
	rows := map[string]int{"Open loop, 200 visitors": 2, "One chat round trip and open conversations": 2, "One chat round trip and stored messages": 2}
	for _, table := range r.Tables {
		if len(table.Rows) != rows[table.Title] {
			t.Errorf("%s has the rows %v", table.Title, table.Rows)
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("%s: %d cells in %d columns", table.Title, len(row), len(table.Columns))
			}
		}
		delete(rows, table.Title)
	}
	if len(rows) > 0 {
		t.Errorf("there is no table %v", rows)
	}
	for _, want := range []string{"bench-latency.svg", "bench-messages-memory.svg"} {
		if _, err := os.Stat(filepath.Join(dir, want)); err != nil || !strings.Contains(out.String(), "(images/"+want+")") {
			t.Errorf("no drawing: %v\n%s", err, &out)
		}
	}
}

// What is cut off comes back with everything, and idle sockets live.
func TestSmokeSockets(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the real server")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "centrala")
	if err := buildServer(t.Context(), binary); err != nil {
		t.Fatal(err)
	}
	i, err := install(t.Context(), binary, filepath.Join(dir, "data"), Place{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := load.Reconnect(t.Context(), i.Site(), 30, load.Lull{Before: time.Millisecond, After: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if s.Took <= 0 || s.Tries < 30 || s.Each.Count() != 30 || s.Written != 3 {
		t.Errorf("%+v", s)
	}
	idle, err := load.Sit(t.Context(), i.Site(), 20, time.Millisecond, 100*time.Millisecond)
	if err != nil || idle.Lost != 0 {
		t.Errorf("%+v, %v", idle, err)
	}
	bouts, err := load.Talk(t.Context(), i.Site(), 12, load.Pace{Warm: 100 * time.Millisecond, Window: 500 * time.Millisecond, Bouts: 1, Servers: i.Site().Servers})
	if err != nil || bouts[0].Rate <= 0 || bouts[0].CPU <= 0 {
		t.Errorf("%+v, %v", bouts, err)
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "broken")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho the disk is upside down >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := install(t.Context(), script, filepath.Join(dir, "data"), Place{}, 1)
	if err == nil || !strings.Contains(err.Error(), "the disk is upside down") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	if _, err := install(t.Context(), script, filepath.Join(dir, "data"), Place{}, 2); err == nil || !strings.Contains(err.Error(), "common database") {
		t.Errorf("two nodes on SQLite: %v", err)
	}
}

func TestUsageTellsOfEveryPart(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, &out, &errs); err == nil {
		t.Error("--help measures")
	}
	for _, p := range parts() {
		if !strings.Contains(errs.String(), p.what) {
			t.Errorf("--help does not tell of %s", p.name)
		}
	}
	if all := about(nil); all < 10*time.Minute || all > 18*time.Minute {
		t.Errorf("all parts take %s", all)
	}
	if some := about([]string{"fan", "bytes"}); some != 20*time.Second {
		t.Errorf("two parts take %s", some)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	o, err := parse(strings.Fields("--server /bin/sh --only open,fan --with nats,postgres --nodes 2 --pin 0,1:2 --rates 10,20.5 --messages 0,5"), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.Only, []string{"open", "fan"}) || !o.Place.Shared() || o.Nodes != 2 || !slices.Equal(o.Place.Servers, []int{0, 1}) || !slices.Equal(o.driver, []int{2}) ||
		!slices.Equal(o.Rates, []float64{10, 20.5}) || !slices.Equal(o.Messages, []int{0, 5}) {
		t.Errorf("%+v", o)
	}
	if got := o.Place.String(); got != "PostgreSQL on this machine, NATS on this machine" {
		t.Errorf("the place is called %q", got)
	}
	if got := (Place{Stream: "nats://x"}).String(); got != "SQLite, NATS elsewhere" {
		t.Errorf("the place is called %q", got)
	}
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"--only nothing", `no part "nothing"`},
		{"--seconds 0", "above 0"},
		{"extra", "nothing follows"},
		{"--server /nowhere/centrala", "make build"},
		{"--server /bin --bogus", "bogus"},
		{"--with mysql", "postgres and nats"},
		{"--with nats --stream nats://x", "same thing"},
		{"--nodes 2", "common database"},
		{"--rates 100,50", "do not rise"},
		{"--open x", "x"},
		{"--pin 0", "such as 0:1"},
		{"--pin 0:", "invalid syntax"},
	} {
		var out, errs bytes.Buffer
		if err := run(t.Context(), strings.Fields(c.args), &out, &errs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
