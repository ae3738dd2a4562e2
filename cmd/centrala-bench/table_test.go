package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
)

func buildServer(ctx context.Context, to string) error {
	out, err := exec.CommandContext(ctx, "go", "build", "-o", to, "centrala/cmd/centrala").CombinedOutput()
	if err != nil {
		return &buildError{err, out}
	}
	return nil
}

type buildError struct {
	err error
	out []byte
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + string(e.out) }

func TestAmount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{25022.4, "/s", "25 022 /s"}, {1234567, "bytes", "1 234 567 bytes"}, {123, "bytes", "123 bytes"}, {999, "/s", "999 /s"},
		{285.4, "/s", "285 /s"}, {89.64, "MiB", "89.6 MiB"}, {1.2, "ms", "1.20 ms"}, {0.0131, "cores", "0.013 cores"}, {4, "ms", "4 ms"},
	} {
		if got := amount(c.v, c.unit); got != c.want {
			t.Errorf("%g is written %q, want %q", c.v, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    float64
		b    Bounds
		met  bool
		want string
	}{
		{2500, atLeast(2500), true, "≥ 2 500 ms"}, {2499, atLeast(2500), false, "≥ 2 500 ms"},
		{4, atMost(4), true, "≤ 4 ms"}, {4.01, atMost(4), false, "≤ 4 ms"},
	} {
		f := figure("x", c.v, "ms").judge(c.b)
		if f.Met == nil || *f.Met != c.met || f.Asked != c.want {
			t.Errorf("%g: %+v", c.v, f)
		}
	}
	if f := figure("x", 1, "ms").judge(Bounds{}); f.Met != nil || f.Asked != "" {
		t.Errorf("nothing asked: %+v", f)
	}
}

func TestPrintTable(t *testing.T) {
	t.Parallel()
	late := figure("later", 400, "ms").judge(atMost(300))
	late.Note = "median of 5"
	var out bytes.Buffer
	if err := printTable(&out, []Figure{figure("żółw", 5, "/s"), late}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"| figure | asked    | measured        | share of the null relay |",
		"| ---    | ---      | ---             | ---                     |",
		"| żółw   |          | 5 /s            |                         |",
		"| later  | ≤ 300 ms | 400 ms (missed) |                         |",
		"", "later: median of 5", ""}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
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
	} {
		var out, errs bytes.Buffer
		if err := run(t.Context(), strings.Fields(c.args), &out, &errs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
