// Package chart draws lines over two axes as an SVG that can be read on a light and on a dark
// page.
package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A Chart is lines over two axes.
type Chart struct {
	Title  string
	X, Y   Axis
	Series []Series
}

// An Axis has linear steps, or logarithmic ones, on which only values above 0 can stand.
type Axis struct {
	Label string
	Log   bool
	Ticks []Tick // nil: round numbers are chosen
}

// A Tick is a labelled place on an axis.
type Tick struct {
	At    float64
	Label string
}

// A Series is one line, with a mark at each of its points.
type Series struct {
	Name   string
	Points []Point
}

// A Point of a series.
type Point struct{ X, Y float64 }

// The drawing's measures, in its own units.
const (
	width, height            = 760.0, 400.0
	left, right, top, bottom = 78.0, 170.0, 44.0, 56.0
	mostTicks                = 7
)

// Colours that differ also for those who cannot tell red from green; on both grounds.
var colours = [...]string{"#0f7fbf", "#d9730d", "#3f9e6b", "#b3589a", "#8a7a00", "#5b6ee1", "#c2453d", "#2e9c9c"}

const style = `text{font:12px system-ui,sans-serif;fill:#333}.t{font-size:14px;font-weight:600}.g{stroke:#ccc;stroke-width:1}.a{stroke:#555;stroke-width:1}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}.a{stroke:#999}}`

// Write draws the chart. A chart without a point, or with a point that its axes cannot show, is
// an error.
func (c Chart) Write(w io.Writer) error {
	x, err := c.X.scale(c.values(func(p Point) float64 { return p.X }), left, width-right)
	if err != nil {
		return fmt.Errorf("chart %q, across: %w", c.Title, err)
	}
	y, err := c.Y.scale(c.values(func(p Point) float64 { return p.Y }), height-bottom, top)
	if err != nil {
		return fmt.Errorf("chart %q, upwards: %w", c.Title, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-label="%s"><style>%s</style>`+"\n", width, height, escaped(c.Title), style)
	text(&b, left, 22, "start", "t", c.Title)
	for _, t := range x.ticks {
		line(&b, "g", x.at(t.At), top, x.at(t.At), height-bottom)
		text(&b, x.at(t.At), height-bottom+18, "middle", "", t.Label)
	}
	for _, t := range y.ticks {
		line(&b, "g", left, y.at(t.At), width-right, y.at(t.At))
		text(&b, left-8, y.at(t.At)+4, "end", "", t.Label)
	}
	line(&b, "a", left, height-bottom, width-right, height-bottom)
	line(&b, "a", left, top, left, height-bottom)
	text(&b, (left+width-right)/2, height-14, "middle", "", c.X.Label)
	fmt.Fprintf(&b, `<g transform="translate(18 %g) rotate(-90)">`, (top+height-bottom)/2)
	text(&b, 0, 0, "middle", "", c.Y.Label)
	b.WriteString("</g>\n")
	for i, s := range c.Series {
		s.draw(&b, i, x, y)
	}
	b.WriteString("</svg>\n")
	_, err = io.WriteString(w, b.String())
	return err
}

func (c Chart) values(of func(Point) float64) (all []float64) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			all = append(all, of(p))
		}
	}
	return all
}

// draw puts a line, its marks and its name in the legend.
func (s Series) draw(b *strings.Builder, i int, x, y scale) {
	colour := colours[i%len(colours)]
	var at []string
	for _, p := range s.Points {
		at = append(at, fmt.Sprintf("%.1f,%.1f", x.at(p.X), y.at(p.Y)))
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", colour, strings.Join(at, " "))
	for _, p := range s.Points {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x.at(p.X), y.at(p.Y), colour)
	}
	down := top + 10 + 20*float64(i)
	fmt.Fprintf(b, "\n"+`<rect x="%g" y="%g" width="14" height="4" fill="%s"/>`, width-right+14, down-6, colour)
	text(b, width-right+34, down, "start", "", s.Name)
}

// A scale brings values of an axis to places of the drawing.
type scale struct {
	log        bool
	low, high  float64 // of the axis, as they are drawn
	from, upto float64 // of the drawing
	ticks      []Tick
}

func (s scale) place(v float64) float64 {
	if s.log {
		return math.Log10(v)
	}
	return v
}

func (s scale) at(v float64) float64 {
	share := (s.place(v) - s.low) / (s.high - s.low)
	return math.Round((s.from+share*(s.upto-s.from))*10) / 10
}

// scale lets the axis hold all values, and its own ticks.
func (a Axis) scale(values []float64, from, upto float64) (scale, error) {
	s := scale{log: a.Log, from: from, upto: upto, ticks: a.Ticks}
	for _, t := range a.Ticks {
		values = append(values, t.At)
	}
	if len(values) == 0 {
		return s, errors.New("there is nothing to draw")
	}
	s.low, s.high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		at := s.place(v)
		if math.IsNaN(at) || math.IsInf(at, 0) {
			return s, fmt.Errorf("%g has no place on the axis", v)
		}
		s.low, s.high = min(s.low, at), max(s.high, at)
	}
	if !a.Log {
		s.low = min(s.low, 0)
	}
	if a.Ticks == nil {
		s.ticks = s.choose()
	}
	if s.low == s.high {
		s.high++
	}
	return s, nil
}

// choose finds round numbers, and widens the scale to the outermost.
func (s *scale) choose() []Tick {
	if s.log {
		s.low, s.high = math.Floor(s.low), math.Ceil(s.high)
		step := math.Ceil((s.high - s.low + 1) / mostTicks)
		var ticks []Tick
		for e := s.low; e <= s.high; e += step {
			ticks = append(ticks, Tick{math.Pow(10, e), short(math.Pow(10, e))})
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10(max(s.high-s.low, 1e-9))))
	for _, smaller := range []float64{0.1, 0.2, 0.5, 1, 2} {
		if (s.high-s.low)/(step*smaller) < mostTicks {
			step *= smaller
			break
		}
	}
	s.low, s.high = math.Floor(s.low/step)*step, math.Ceil(s.high/step)*step
	var ticks []Tick
	for n := math.Round(s.low / step); n <= math.Round(s.high/step); n++ {
		ticks = append(ticks, Tick{n * step, short(n * step)})
	}
	return ticks
}

// short writes a round number with few characters: 250, 10k, 3M.
func short(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 6, 64) + "M"
	case size >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 6, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

func line(b *strings.Builder, class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(b, `<line class="%s" x1="%g" y1="%g" x2="%g" y2="%g"/>`+"\n", class, x1, y1, x2, y2)
}

func text(b *strings.Builder, x, y float64, anchor, class, s string) {
	fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="%s" class="%s">%s</text>`+"\n", x, y, anchor, class, escaped(s))
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
