package meilisearch

import (
	"slices"
	"sort"
	"strings"
)

// within are the words of an ordered list that so many slips of the finger make of one: letters
// missing, added, changed or swapped. Words that begin alike share the work of their beginning, and
// those whose beginning is too far off already are passed over together.
func within(words []string, word string, slips int) []string {
	x := []rune(word)
	rows := [][]int{make([]int, len(x)+1)} // by letters of the candidate that were looked at
	for j := range rows[0] {
		rows[0][j] = j
	}
	var seen []rune // the candidate before
	var found []string
next:
	for i := 0; i < len(words); {
		r := []rune(words[i])
		same := 0
		for same < len(r) && same < len(seen) && r[same] == seen[same] {
			same++
		}
		for at := same; at < len(r); at++ {
			if len(rows) == at+1 {
				rows = append(rows, make([]int, len(x)+1))
			}
			least := row(rows, x, r, at)
			if least > slips && slices.Min(rows[at])+1 > slips {
				seen = r[:at+1]
				i = past(words, i, string(r[:at+1]))
				continue next
			}
		}
		seen = r
		if rows[len(r)][len(x)] <= slips {
			found = append(found, words[i])
		}
		i++
	}
	return found
}

// row fills the row of a candidate's letter, and gives its least.
func row(rows [][]int, x, r []rune, at int) int {
	last, this := rows[at], rows[at+1]
	this[0] = at + 1
	least := this[0]
	for j := 1; j <= len(x); j++ {
		cost := 1
		if r[at] == x[j-1] {
			cost = 0
		}
		this[j] = min(last[j]+1, this[j-1]+1, last[j-1]+cost)
		if at > 0 && j > 1 && r[at] == x[j-2] && r[at-1] == x[j-1] {
			this[j] = min(this[j], rows[at-1][j-2]+1)
		}
		least = min(least, this[j])
	}
	return least
}

// past is the place behind the words that begin so, which from is among.
func past(words []string, from int, prefix string) int {
	step := 1
	for from+step < len(words) && strings.HasPrefix(words[from+step], prefix) {
		step *= 2
	}
	to := min(from+step, len(words))
	return from + sort.Search(to-from, func(i int) bool { return !strings.HasPrefix(words[from+i], prefix) })
}
