package difference

import "slices"

// run is a stretch of two lists: alike, or what stands in one where the other stands in the other.
type run struct {
	a0, a1, b0, b1 int
	same           bool
}

// budget is how many pairs are compared one by one; past it a stretch is told as a whole.
const budget = 4 << 20

// align finds what two lists have in common, in order: first what stands at both ends, then what
// occurs once in both (patience diff), and between those, while the budget lasts, the longest common
// subsequence.
func align(a, b []string, left *int) []run {
	al := aligner{a: a, b: b, left: left}
	al.between(0, len(a), 0, len(b), 0)
	return al.runs
}

type aligner struct {
	a, b []string
	left *int
	runs []run
}

// add joins a stretch to the one before when it is of its like.
func (al *aligner) add(r run) {
	if r.a0 == r.a1 && r.b0 == r.b1 {
		return
	}
	if n := len(al.runs); n > 0 && al.runs[n-1].same == r.same {
		al.runs[n-1].a1, al.runs[n-1].b1 = r.a1, r.b1
		return
	}
	al.runs = append(al.runs, r)
}

// deepest is how often a stretch is divided by what occurs once in it: each time reads it anew.
const deepest = 20

func (al *aligner) between(a0, a1, b0, b1, depth int) {
	start := 0
	for a0+start < a1 && b0+start < b1 && al.a[a0+start] == al.b[b0+start] {
		start++
	}
	al.add(run{a0, a0 + start, b0, b0 + start, true})
	a0, b0 = a0+start, b0+start
	end := 0
	for a0 < a1-end && b0 < b1-end && al.a[a1-end-1] == al.b[b1-end-1] {
		end++
	}
	al.middle(a0, a1-end, b0, b1-end, depth)
	al.add(run{a1 - end, a1, b1 - end, b1, true})
}

func (al *aligner) middle(a0, a1, b0, b1, depth int) {
	if a0 == a1 || b0 == b1 {
		al.add(run{a0, a1, b0, b1, false})
		return
	}
	if depth < deepest {
		if pairs := al.unique(a0, a1, b0, b1); len(pairs) > 0 {
			for _, p := range pairs {
				al.between(a0, p[0], b0, p[1], depth+1)
				al.add(run{p[0], p[0] + 1, p[1], p[1] + 1, true})
				a0, b0 = p[0]+1, p[1]+1
			}
			al.between(a0, a1, b0, b1, depth+1)
			return
		}
	}
	if pairs := (a1 - a0) * (b1 - b0); pairs > *al.left {
		al.add(run{a0, a1, b0, b1, false})
		return
	} else {
		*al.left -= pairs
	}
	al.longest(a0, a1, b0, b1)
}

// unique pairs what occurs once in both stretches, in the longest order that both keep.
func (al *aligner) unique(a0, a1, b0, b1 int) [][2]int {
	type seen struct{ inA, inB, a, b int }
	at := make(map[string]*seen, a1-a0)
	for i := a0; i < a1; i++ {
		s := at[al.a[i]]
		if s == nil {
			s = &seen{}
			at[al.a[i]] = s
		}
		s.inA++
		s.a = i
	}
	var once [][2]int
	for j := b0; j < b1; j++ {
		if s := at[al.b[j]]; s != nil {
			s.inB++
			s.b = j
		}
	}
	for i := a0; i < a1; i++ {
		if s := at[al.a[i]]; s.inA == 1 && s.inB == 1 {
			once = append(once, [2]int{i, s.b})
		}
	}
	return rising(once)
}

// rising is the longest part of pairs whose second numbers rise; the first ones do already.
func rising(pairs [][2]int) [][2]int {
	before := make([]int, len(pairs)) // which pair comes before each, in the longest part that it ends
	var ends []int                    // of the parts of each length, the one that ends lowest
	for i, p := range pairs {
		n, _ := slices.BinarySearchFunc(ends, p[1], func(e, b int) int { return pairs[e][1] - b })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	var out [][2]int
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			out = append(out, pairs[i])
		}
	}
	slices.Reverse(out)
	return out
}

// longest adds the longest common subsequence of two stretches.
func (al *aligner) longest(a0, a1, b0, b1 int) {
	n, m := a1-a0, b1-b0
	length := make([]int32, (n+1)*(m+1)) // of what follows each pair
	at := func(i, j int) *int32 { return &length[i*(m+1)+j] }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if al.a[a0+i] == al.b[b0+j] {
				*at(i, j) = *at(i+1, j+1) + 1
			} else {
				*at(i, j) = max(*at(i+1, j), *at(i, j+1))
			}
		}
	}
	i, j := 0, 0
	for i < n && j < m {
		switch {
		case al.a[a0+i] == al.b[b0+j]:
			al.add(run{a0 + i, a0 + i + 1, b0 + j, b0 + j + 1, true})
			i++
			j++
		case *at(i+1, j) >= *at(i, j+1):
			al.add(run{a0 + i, a0 + i + 1, b0 + j, b0 + j, false})
			i++
		default:
			al.add(run{a0 + i, a0 + i, b0 + j, b0 + j + 1, false})
			j++
		}
	}
	al.add(run{a0 + i, a1, b0 + j, b1, false})
}

// bag is the words of a paragraph without their order.
type bag struct {
	count map[string]int
	n     int
}

// inBag is how many words of a paragraph say what it is like.
const inBag = 400

func bagOf(paragraph string) bag {
	if len(paragraph) > 16*inBag {
		paragraph = paragraph[:16*inBag]
	}
	b := bag{count: map[string]int{}}
	for _, t := range tokens(paragraph) {
		if isWord(t) && b.n < inBag {
			b.count[t]++
			b.n++
		}
	}
	return b
}

// like reports whether two paragraphs have a third of the shorter one's words in common, and are no
// more than four times as long as each other.
func (b bag) like(c bag) bool {
	if b.n > c.n {
		b, c = c, b
	}
	if b.n == 0 || c.n > 4*b.n {
		return b.n == c.n
	}
	common := 0
	for w, n := range b.count {
		common += min(n, c.count[w])
	}
	return 3*common >= b.n
}
