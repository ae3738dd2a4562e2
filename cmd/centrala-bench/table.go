package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
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
	return s + " " + unit
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

// printTable writes the figures in columns, and the notes below.
func printTable(w io.Writer, figures []Figure) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(t, "| figure\t| asked\t| measured\t| share of the null relay\t|\n| ---\t| ---\t| ---\t| ---\t|\n") // errors come out of Flush
	notes := ""
	for _, f := range figures {
		measured := f.Measured
		if f.Met != nil && !*f.Met {
			measured += " (missed)"
		}
		if f.Note != "" {
			notes += f.Name + ": " + f.Note + "\n"
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %s\t|\n", f.Name, f.Asked, measured, f.Share)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n"+notes)
	return err
}
