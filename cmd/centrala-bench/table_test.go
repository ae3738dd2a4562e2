package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala/cmd/centrala-bench/chart"
)

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

func TestWriteResults(t *testing.T) {
	t.Parallel()
	late := figure("later", 400, "ms").judge(atMost(300))
	late.Note = "median of 5"
	r := &Results{Figures: []Figure{figure("żółw", 5, "/s"), late}, Tables: []Table{{"More", []string{"a", "b"}, [][]string{{"1", "22"}}}}}
	r.chart("none", chart.Chart{Title: "nothing", Series: []chart.Series{{}}})
	r.chart("one", chart.Chart{Title: "One point", Series: []chart.Series{{Points: []chart.Point{{X: 1, Y: 2}}}}})
	var out bytes.Buffer
	if err := r.Write(&out, "images"); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"| figure | asked    | measured        | over the null relay |",
		"| ---    | ---      | ---             | ---                 |",
		"| żółw   |          | 5 /s            |                     |",
		"| later  | ≤ 300 ms | 400 ms (missed) |                     |",
		"", "More:", "",
		"| a   | b   |",
		"| --- | --- |",
		"| 1   | 22  |",
		"", "![One point](images/bench-one.svg)",
		"", "- *later*: median of 5.", ""}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	dir := t.TempDir()
	if err := r.Draw(dir); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "bench-one.svg")); err != nil || !bytes.Contains(b, []byte("<svg")) {
		t.Errorf("%s, %v", b, err)
	}
}
