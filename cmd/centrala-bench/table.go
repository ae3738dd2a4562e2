package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"centrala/cmd/centrala-bench/chart"
)

// A Figure is one line of the table.
type Figure struct {
	Name     string  `json:"name"`
	Asked    string  `json:"asked"`
	Measured string  `json:"measured"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Met      *bool   `json:"met,omitempty"` // nothing is asked: absent
	Share    string  `json:"share,omitempty"`
	Note     string  `json:"note,omitempty"`
}

// Bounds of a figure; with neither nothing is asked.
type Bounds struct{ least, most float64 }

func atLeast(v float64) Bounds { return Bounds{least: v} }
func atMost(v float64) Bounds  { return Bounds{most: v} }

// judge fills in what is asked and whether it is met.
func (f Figure) judge(b Bounds) Figure {
	met := true
	switch {
	case b.least > 0:
		f.Asked, met = "≥ "+amount(b.least, f.Unit), f.Value >= b.least
	case b.most > 0:
		f.Asked, met = "≤ "+amount(b.most, f.Unit), f.Value <= b.most
	default:
		return f
	}
	f.Met = &met
	return f
}

// figure makes one of a value; the unit decides how it is written.
func figure(name string, v float64, unit string) Figure {
	return Figure{Name: name, Value: v, Unit: unit, Measured: amount(v, unit)}
}

// amount writes a value with as many digits as it is worth.
func amount(v float64, unit string) string {
	var s string
	switch {
	case unit == "bytes" || v >= 1000:
		s = thousands(int64(v + 0.5))
	case v >= 100 || v == float64(int64(v)):
		s = fmt.Sprintf("%.0f", v)
	case v >= 10:
		s = fmt.Sprintf("%.1f", v)
	case v >= 1:
		s = fmt.Sprintf("%.2f", v)
	default:
		s = fmt.Sprintf("%.3f", v)
	}
	return strings.TrimSpace(s + " " + unit)
}

// thousands groups digits with spaces.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// A Table is figures of the same kind side by side.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Results are what a bench has to tell.
type Results struct {
	Figures []Figure `json:"figures"`
	Tables  []Table  `json:"tables,omitempty"`

	charts []named
}

// named is a chart and the file that it becomes.
type named struct {
	file  string
	chart chart.Chart
}

// chart adds one that has a point at least.
func (r *Results) chart(name string, c chart.Chart) {
	for _, s := range c.Series {
		if len(s.Points) > 0 {
			r.charts = append(r.charts, named{"bench-" + name + ".svg", c})
			return
		}
	}
}

// Write writes everything as Markdown that a page can take as it is; the drawings are named as
// files of images.
func (r *Results) Write(w io.Writer, images string) error {
	if err := r.figures().write(w); err != nil {
		return err
	}
	for _, t := range r.Tables {
		if _, err := fmt.Fprintf(w, "\n%s:\n\n", t.Title); err != nil {
			return err
		}
		if err := t.write(w); err != nil {
			return err
		}
	}
	var more strings.Builder
	for _, c := range r.charts {
		fmt.Fprintf(&more, "\n![%s](%s)\n", c.chart.Title, path.Join(images, c.file))
	}
	for i, f := range r.Figures {
		if i == 0 {
			more.WriteString("\n")
		}
		if f.Note != "" {
			fmt.Fprintf(&more, "- *%s*: %s.\n", f.Name, f.Note)
		}
	}
	_, err := io.WriteString(w, more.String())
	return err
}

// Draw writes the charts into a folder.
func (r *Results) Draw(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, c := range r.charts {
		var b bytes.Buffer
		if err := c.chart.Write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, c.file), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// figures as a table.
func (r *Results) figures() Table {
	t := Table{Columns: []string{"figure", "asked", "measured", "over the null relay"}}
	for _, f := range r.Figures {
		measured := f.Measured
		if f.Met != nil && !*f.Met {
			measured += " (missed)"
		}
		t.Rows = append(t.Rows, []string{f.Name, f.Asked, measured, f.Share})
	}
	return t
}

// write writes a table in columns.
func (t Table) write(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	row := func(cells []string) { fmt.Fprintf(out, "| %s\t|\n", strings.Join(cells, "\t| ")) } // errors come out of Flush
	row(t.Columns)
	row(slices.Repeat([]string{"---"}, len(t.Columns)))
	for _, r := range t.Rows {
		row(r)
	}
	return out.Flush()
}
