package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func drawn(t *testing.T, c Chart) string {
	t.Helper()
	var b strings.Builder
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatalf("no XML: %v\n%s", err, b.String())
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	got := drawn(t, Chart{Title: "p99 < 250 & more", X: Axis{Label: "visitors"}, Y: Axis{Label: "ms", Log: true},
		Series: []Series{{"one", []Point{{0, 1}, {100, 1000}}}, {"<two>", []Point{{50, 10}}}}})
	for _, want := range []string{
		"p99 &lt; 250 &amp; more", "&lt;two&gt;", ">visitors<", ">ms<", ">1000<", "prefers-color-scheme:dark",
		`points="78.0,344.0 590.0,44.0"`,      // the first line goes from corner to corner
		`<circle cx="334.0" cy="244.0" r="3"`, // a third of the way up: 10 of 1 to 1000
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the drawing has no %s:\n%s", want, got)
		}
	}
}

func TestOwnTicks(t *testing.T) {
	t.Parallel()
	got := drawn(t, Chart{X: Axis{Log: true, Ticks: []Tick{{2, "50 %"}, {100, "99 %"}}}, Series: []Series{{"", []Point{{10, 5}}}}})
	if !strings.Contains(got, ">50 %<") || !strings.Contains(got, ">99 %<") || strings.Contains(got, ">1000<") {
		t.Error(got)
	}
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Chart{
		"empty":           {},
		"0 on a log axis": {X: Axis{Log: true}, Series: []Series{{"", []Point{{0, 1}}}}},
		"not a number":    {Series: []Series{{"", []Point{{1, math.NaN()}}}}},
	} {
		if err := c.Write(io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		axis   Axis
		values []float64
		want   string
	}{
		{Axis{}, []float64{3, 97}, "0 20 40 60 80 100"},
		{Axis{}, []float64{5}, "0 1 2 3 4 5"},
		{Axis{}, []float64{17000}, "0 5000 10k 15k 20k"},
		{Axis{Log: true}, []float64{0.3, 250}, "0.1 1 10 100 1000"},
		{Axis{Log: true}, []float64{1e6, 1e7}, "1M 10M"},
		{Axis{}, []float64{0}, "0"},
	} {
		s, err := c.axis.scale(c.values, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tick := range s.ticks {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v has ticks %q, want %q", c.values, got, c.want)
		}
		for _, v := range c.values {
			if at := s.at(v); at < 0 || at > 100 {
				t.Errorf("%g is drawn at %g, outside", v, at)
			}
		}
	}
}
