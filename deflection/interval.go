package deflection

import "math"

// z is the 97.5 % quantile of the normal distribution: intervals are those of 95 %.
const z = 1.959963984540054

// Share is how many of how many.
type Share struct{ N, Of int }

// Rate is the share as a number from 0 to 1; 0 of nothing.
func (s Share) Rate() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.N) / float64(s.Of)
}

// Wilson is the score interval of a share at 95 % (Wilson 1927): from 0 to 1 of nothing.
func (s Share) Wilson() (low, high float64) {
	if s.Of == 0 {
		return 0, 1
	}
	n, p := float64(s.Of), s.Rate()
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
}

// Difference is a minus b with its interval at 95 %: the hybrid score interval without continuity
// correction (R. G. Newcombe, "Interval estimation for the difference between independent
// proportions: comparison of eleven methods", Statistics in Medicine 17, 1998, method 10).
func Difference(a, b Share) (d, low, high float64) {
	p, q := a.Rate(), b.Rate()
	l, u := a.Wilson()
	m, v := b.Wilson()
	d = p - q
	return d, d - math.Hypot(p-l, v-q), d + math.Hypot(u-p, q-m)
}

// Needed is how many people must come, a share of them held back, for four of five measurements to
// tell that suggestions lower the share of those who write from rate by difference.
func Needed(rate, difference, share float64) int {
	const power = 0.8416212335729143 // the 80 % quantile
	shown := rate - difference
	n := (z + power) * (z + power) * (rate*(1-rate)/share + shown*(1-shown)/(1-share)) / (difference * difference)
	return int(math.Ceil(n))
}
