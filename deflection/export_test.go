package deflection

import "strings"

// Plainly is how many groups questions of one language and side come to when each is compared with
// the leaders of all groups, and not only with those that a rare word points to.
func Plainly(asked []Asked) (groups []int) {
	bySet := sets(asked)
	g := newGatherer(bySet)
	var heads [][]string
	for _, key := range g.order {
		words, best, likest := strings.Fields(key), -1, 0.0
		for i, h := range heads {
			if s := likeness(words, h); s > likest {
				best, likest = i, s
			}
		}
		if best < 0 {
			heads, groups = append(heads, words), append(groups, 0)
			best = len(heads) - 1
		}
		groups[best] += len(bySet[key])
	}
	return groups
}

// ByRareWords is the same as it is done.
func ByRareWords(asked []Asked) (groups []int) {
	for _, m := range matters(asked) {
		groups = append(groups, len(m))
	}
	return groups
}

// Distance is of two words.
func Distance(a, b string) int { return distance(a, b) }
