package survey_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"centrala"
	"centrala/survey"
)

func counts(p, n, d int) centrala.SurveyCounts {
	return centrala.SurveyCounts{Asked: 2 * (p + n + d), Promoters: p, Passives: n, Detractors: d}
}

// is compares as the vectors are written: rounded half away from zero.
func is(t *testing.T, what string, got *float64, want float64, digits int) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is missing, want %v", what, want)
		return
	}
	scale := math.Pow10(digits)
	if r := math.Round(*got*scale) / scale; r != want {
		t.Errorf("%s is %v (%v), want %v", what, r, *got, want)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		p, n, d                           int
		nps, se, low, high                float64 // the plain form
		adjusted, adjustedLow, adjustedHi float64
	}{
		{50, 30, 20, 30, 7.81, 14.7, 45.3, 29.13, 14.1, 44.2},
		{120, 60, 20, 50, 4.74, 40.7, 59.3, 49.26, 40.0, 58.5},
		{250, 100, 50, 50, 3.54, 43.1, 56.9, 49.63, 42.7, 56.5},
		{5, 3, 2, 30, 24.70, -18.4, 78.4, 23.08, -19.1, 65.2},
		{10, 0, 0, 100, 0, 100, 100, 76.92, 47.5, 100},
		{0, 0, 7, -100, 0, -100, -100, -70, -100, -32.8},
	} {
		r := survey.Score(counts(v.p, v.n, v.d))
		is(t, "NPS", r.NPS, v.nps, 2)
		is(t, "SE", r.SE, v.se, 2)
		is(t, "adjusted NPS", r.AdjustedNPS, v.adjusted, 2)
		low, high := v.low, v.high
		if v.p+v.n+v.d < 30 {
			low, high = v.adjustedLow, v.adjustedHi
		}
		is(t, "low", r.Low, low, 1)
		is(t, "high", r.High, high, 1)
		if r.N != v.p+v.n+v.d || r.Adjusted != (r.N < 30) || r.Rate != 0.5 {
			t.Errorf("%+v of %+v", r, v)
		}
	}
}

func TestScoreAtTheEdges(t *testing.T) {
	t.Parallel()
	none := survey.Score(centrala.SurveyCounts{Asked: 4})
	if none.NPS != nil || none.Low != nil || none.SE != nil || none.N != 0 || none.Rate != 0 {
		t.Errorf("no answers give %+v", none)
	}
	b, err := json.Marshal(none)
	if err != nil || !strings.Contains(string(b), `"nps":null`) {
		t.Errorf("no data reads %s (%v)", b, err)
	}
	if r := survey.Score(counts(15, 8, 6)); !r.Adjusted {
		t.Error("29 answers are a small sample")
	}
	if r := survey.Score(counts(15, 9, 6)); r.Adjusted {
		t.Error("30 answers are not")
	}
	for p := range 40 { // whatever the answers, the figures are figures
		for d := range 40 - p {
			r := survey.Score(counts(p, 40-p-d, d))
			if math.IsNaN(*r.SE) || *r.Low > *r.NPS || *r.High < *r.NPS || *r.Low < -100 || *r.High > 100 {
				t.Fatalf("%d promoters and %d detractors of 40 give %v ± %v: %v to %v", p, d, *r.NPS, *r.SE, *r.Low, *r.High)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	c, ok := survey.Compare(counts(50, 30, 20), counts(60, 25, 15))
	if !ok || c.Changed {
		t.Errorf("got %+v, %v", c, ok)
	}
	is(t, "difference", &c.Difference, 15, 2)
	is(t, "SE", &c.SE, 10.76, 2)
	is(t, "z", &c.Z, 1.394, 3)
	if c, ok := survey.Compare(counts(50, 30, 20), counts(80, 15, 5)); !ok || !c.Changed {
		t.Errorf("from 30 to 75: %+v, %v", c, ok)
	}
	if _, ok := survey.Compare(counts(0, 0, 0), counts(1, 0, 0)); ok {
		t.Error("nothing can be compared with no data")
	}
	if _, ok := survey.Compare(counts(0, 0, 7), counts(7, 0, 0)); ok {
		t.Error("nothing is known of how these vary")
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		p, d, margin float64
		want         int
	}{{0.5, 0.2, 5, 938}, {0.5, 0.2, 10, 235}, {0.5, 0.5, 5, 1537}} {
		if got := survey.Needed(v.p, v.d, v.margin); got != v.want {
			t.Errorf("Needed(%v, %v, %v) = %d, want %d", v.p, v.d, v.margin, got, v.want)
		}
	}
}
