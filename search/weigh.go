package search

import "math"

// Sure is how sure an answer has to be to be shown to who did not ask for it (Query.Weak).
const Sure = .5

// Verdict is what a passage is worth to a question: Rank orders the passages of one question
// and means nothing beside it; Score is how surely the passage answers, from 0 to 1, and means
// the same for every question, language and engine.
type Verdict struct{ Rank, Score float64 }

// signs are what Weigh sees in a passage, each from 0 to 1. The first four are shares of the
// question's words, each weighed by its rarity and by how well it was found.
type signs struct {
	Share    float64 // anywhere
	Title    float64 // in the title, tags or heading
	Summary  float64 // there or in the summary
	Close    float64 // near each other in the text
	Titled   float64 // share of the title's words, or of the heading's, that the question has
	Named    float64 // the same, if those words say enough
	Repeated float64 // how often the text says them
}

// enough is how much the words of a title that a question has must say together, as weights, to
// make it the title that was meant: two rare words.
const enough = 1.2

// Weigh says what a passage is worth to a question. It is a pure function of the two.
func Weigh(q *Question, p *Passage) Verdict { return q.signs(p).verdict() }

// verdict weighs the signs. Rank is set by hand. Score joins two reasons to be sure: nearly all that
// was asked for is there (a logistic regression over the questions of searchtest, of half the
// pages, against those that nothing answers), and a title that says enough stands whole in the
// question, however much else is said: in a message.
func (s signs) verdict() Verdict {
	if s.Share == 0 {
		return Verdict{}
	}
	covered := logistic(-7.6 + 8.6*s.Share + 2.4*s.Title + 1.1*s.Close + 2.8*s.Named)
	named := logistic(10 * (s.Named - .62))
	return Verdict{
		Rank:  .50*s.Share + .30*s.Title*(.4+.6*s.Titled) + .10*s.Summary + .06*s.Close + .04*s.Repeated,
		Score: 1 - (1-covered)*(1-named*s.Named),
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// found is one occurrence of a question's word in the text.
type found struct {
	at    int
	word  int
	worth float64
}

// reading is what of a question stands where in a passage.
type reading struct {
	best   [][places]float64 // of each word, what its best form is worth in each place
	text   []found
	length [places]int // words; of titles those that say something
	met    [places]int // of them those that were asked for
}

// read goes through a passage once.
func (q *Question) read(p *Passage) reading {
	r := reading{best: make([][places]float64, len(q.Words))}
	position := 0
	for b := p.tokens; len(b) >= tokenSize; b = b[tokenSize:] {
		t := readToken(b)
		counts := !t.whole
		if counts {
			position++
		}
		if counts = counts && (t.place == InText || !q.stop[t.prints[0]]); counts {
			r.length[t.place]++
		}
		hit := false
		for _, print := range t.prints {
			if print == 0 {
				continue
			}
			for _, e := range q.echoes[print] {
				if w := &r.best[e.word][t.place]; e.worth > *w {
					*w = e.worth
				}
				if e.word < q.asked {
					hit = true
					if t.place == InText && len(r.text) < maxFound {
						r.text = append(r.text, found{position, e.word, e.worth})
					}
				}
			}
		}
		if hit && counts {
			r.met[t.place]++
		}
	}
	for i := range q.asked {
		q.helped(i, r.best)
	}
	return r
}

func (q *Question) signs(p *Passage) signs {
	var s signs
	if q.total == 0 {
		return s
	}
	r := q.read(p)
	var titled, headed float64
	for i := range q.asked {
		w, b := q.Words[i].Weight, &r.best[i]
		title := max(b[InTitle], b[InTags], b[InHeading])
		summary := max(title, b[InSummary])
		s.Share += w * max(summary, b[InText])
		s.Title += w * title
		s.Summary += w * summary
		titled += w * b[InTitle]
		headed += w * b[InHeading]
	}
	s.Share, s.Title, s.Summary = s.Share/q.total, s.Title/q.total, s.Summary/q.total
	inTitle, inHeading := share(r.met[InTitle], r.length[InTitle]), share(r.met[InHeading], r.length[InHeading])
	s.Titled = max(inTitle, inHeading)
	s.Named = max(inTitle*min(1, titled/enough), inHeading*min(1, headed/enough))
	s.Close = q.close(r.text)
	s.Repeated = 1 - 1/(1+float64(r.met[InText])/8)
	return s
}

// maxFound bounds the occurrences that are held against each other.
const maxFound = 2000

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// helped gives a word what its helpers found: of each set the least, as all must be there.
func (q *Question) helped(i int, best [][places]float64) {
	for _, set := range q.Words[i].Means {
		for place := range best[i] {
			least := 1.0
			for _, h := range set {
				anywhere := 0.0
				for at := range best[h] {
					if at <= place {
						anywhere = max(anywhere, best[h][at])
					}
				}
				least = min(least, anywhere)
			}
			best[i][place] = max(best[i][place], least)
		}
	}
}

// close is the greatest share of the question that stands within a few words.
func (q *Question) close(text []found) float64 {
	window := 2*q.asked + 6
	best := 0.0
	have := make([]float64, q.asked)
	for from := range text {
		if from > 0 && text[from].at == text[from-1].at {
			continue
		}
		clear(have)
		sum := 0.0
		for _, f := range text[from:] {
			if f.at-text[from].at > window {
				break
			}
			if f.worth > have[f.word] {
				sum += (f.worth - have[f.word]) * q.Words[f.word].Weight
				have[f.word] = f.worth
			}
		}
		best = max(best, sum/q.total)
	}
	return best
}
