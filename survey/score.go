package survey

import (
	"math"

	"centrala"
)

// z95 bounds 95 % of a normal distribution, smallSample is the number of answers below which
// the interval is made by the adjusted form.
const (
	z95         = 1.96
	smallSample = 30
)

// Score is what counts mean. NPS is 100·(promoters − detractors)/answers; SE is its standard
// error, 100·√((p + d − (p − d)²)/n) with the shares p and d. The interval is NPS ± 1.96·SE,
// for fewer than 30 answers that of the adjusted form, which adds three answers (¾ promoter,
// 1½ passive, ¾ detractor) and so does not call ten equal answers certain; it is cut to −100 …
// 100. Without answers there is no figure.
func Score(c centrala.SurveyCounts) centrala.SurveyResult {
	r := centrala.SurveyResult{Asked: c.Asked, N: answers(c), Promoters: c.Promoters, Passives: c.Passives, Detractors: c.Detractors, Scores: c.Scores}
	if c.Asked > 0 {
		r.Rate = float64(r.N) / float64(c.Asked)
	}
	if r.N == 0 {
		return r
	}
	nps, se := points(float64(c.Promoters), float64(c.Detractors), float64(r.N))
	adjusted, adjustedSE := points(float64(c.Promoters)+0.75, float64(c.Detractors)+0.75, float64(r.N)+3)
	r.NPS, r.SE, r.AdjustedNPS = &nps, &se, &adjusted
	r.Adjusted = r.N < smallSample
	if r.Adjusted {
		r.Low, r.High = interval(adjusted, adjustedSE)
	} else {
		r.Low, r.High = interval(nps, se)
	}
	return r
}

func answers(c centrala.SurveyCounts) int { return c.Promoters + c.Passives + c.Detractors }

// points are the score and its standard error, in points.
func points(promoters, detractors, n float64) (nps, se float64) {
	return 100 * (promoters - detractors) / n, 100 * math.Sqrt(variance(promoters/n, detractors/n)/n)
}

// variance is that of one answer taken as 1, 0 or −1. Rounding may leave it a hair below zero.
func variance(p, d float64) float64 { return max(p+d-(p-d)*(p-d), 0) }

func interval(middle, se float64) (low, high *float64) {
	l, h := max(middle-z95*se, -100), min(middle+z95*se, 100)
	return &l, &h
}

// Change is the difference between the scores of two periods, in points. Changed tells that it
// is more than chance at 95 %; only then is it worth a colour.
type Change struct {
	Difference float64 `json:"difference"`
	SE         float64 `json:"se"`
	Z          float64 `json:"z"`
	Changed    bool    `json:"changed"`
}

// Compare says how the score changed from one period to another one with other people in it.
// False when one of them has no answers, or nothing varies and so nothing can be said.
func Compare(before, after centrala.SurveyCounts) (Change, bool) {
	if answers(before) == 0 || answers(after) == 0 {
		return Change{}, false
	}
	a, seA := points(float64(before.Promoters), float64(before.Detractors), float64(answers(before)))
	b, seB := points(float64(after.Promoters), float64(after.Detractors), float64(answers(after)))
	c := Change{Difference: b - a, SE: math.Hypot(seA, seB)}
	if c.SE == 0 {
		return Change{}, false
	}
	c.Z = c.Difference / c.SE
	c.Changed = math.Abs(c.Z) >= z95
	return c, true
}

// Needed is how many answers bring the interval to ± margin points, when the shares of
// promoters and detractors are p and d.
func Needed(p, d, margin float64) int {
	return int(math.Ceil(z95*z95*variance(p, d)*1e4/(margin*margin) - 1e-9))
}
