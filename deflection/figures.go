package deflection

import (
	"time"

	"centrala"
)

// Least is how many people each of the two groups must have had, and how often an article must have
// been said something of, before a share is told: below it chance says more.
const (
	LeastPeople = 100
	LeastTold   = 30
)

// People are episodes of one group, each a visitor's day that is over.
type People struct {
	People    int `json:"people"`
	Contacted int `json:"contacted" doc:"Who began to write within 24 hours."`
}

// Shown are the episodes of those who were offered articles.
type Shown struct {
	People
	Opened   int `json:"opened" doc:"Who opened one."`
	Solved   int `json:"solved" doc:"Who said of one that it solved the matter."`
	Quiet    int `json:"quiet" doc:"Of those, who did not write within 24 hours."`
	Unsolved int `json:"unsolved" doc:"Who said that one did not help, and of none that it did."`
}

// PlaceCount is how often what was suggested in one place; of people who are known the same article
// once a day.
type PlaceCount struct {
	Place    centrala.Place `json:"place"`
	Offered  int            `json:"offered"`
	Opened   int            `json:"opened"`
	Solved   int            `json:"solved"`
	Unsolved int            `json:"unsolved"`
}

// Bot is what the answer bot did.
type Bot struct {
	Answered   int `json:"answered" doc:"Conversations in which it quoted something."`
	Solved     int `json:"solved"`
	Unsolved   int `json:"unsolved"`
	HandedOver int `json:"handed_over" doc:"Of the answered, those that a person has, had, or is waited for in."`
}

// ArticleHelp is what one article was worth in a period.
type ArticleHelp struct {
	ID      centrala.ArticleID `json:"id"`
	Title   string             `json:"title"`
	Opened  int                `json:"opened"`
	Told    int                `json:"told" doc:"How often it was said that it helped or that it did not."`
	Solved  int                `json:"solved" doc:"Of those, that it helped."`
	Quiet   int                `json:"quiet" doc:"Openings after which nobody wrote within 24 hours."`
	Watched int                `json:"watched" doc:"What quiet is a part of: openings a day and more ago, by somebody who is known and had not written just before."`
	Flag    Flag               `json:"flag" enum:",worse,version" doc:"Why it should be looked at: it helps less than it did, or its newest version helps less than the one before."`
}

// Report is what the Help Centre was worth in a period.
type Report struct {
	From       time.Time     `json:"from"`
	To         time.Time     `json:"to"`
	Shown      Shown         `json:"shown"`
	Held       People        `json:"held"`
	Least      int           `json:"least" doc:"Below so many people in either group no difference is told."`
	Difference *float64      `json:"difference" doc:"Share of contacts among the held less that among the shown: what suggestions prevent. null: too few people."`
	Low        *float64      `json:"low" doc:"Of the 95 % interval."`
	High       *float64      `json:"high"`
	Places     []PlaceCount  `json:"places"`
	Bot        Bot           `json:"bot"`
	Articles   []ArticleHelp `json:"articles"`
}

// Measure fills in what follows from the counts of a report.
func (r *Report) Measure() {
	r.Least = LeastPeople
	if r.Shown.People.People < LeastPeople || r.Held.People < LeastPeople {
		return
	}
	d, low, high := Difference(Share{r.Held.Contacted, r.Held.People}, Share{r.Shown.Contacted, r.Shown.People.People})
	r.Difference, r.Low, r.High = &d, &low, &high
}

// Flag is why an article should be looked at.
type Flag string

// The flags; an article of which nothing is known has none.
const (
	Fine       Flag = ""
	Worse      Flag = "worse"   // it helps less than in the three months before
	WorseSince Flag = "version" // its newest version helps less than the one before
)

// Recent and Before are the two times that are compared to see whether an article still helps: the
// last days, and the ones before these.
const (
	Recent = 30 * Day
	Before = 90 * Day
)

// Trend is what was said of an article lately and before, and of its newest version and the one
// before that: how often it helped, of how often anything was said.
type Trend struct{ Recent, Before, Version, Previous Share }

// Flag says whether an article stopped helping: whether the whole interval of the difference is
// on the worse side, of no fewer than LeastTold on either.
func (t Trend) Flag() Flag {
	worse := func(was, is Share) bool {
		if was.Of < LeastTold || is.Of < LeastTold {
			return false
		}
		_, low, _ := Difference(was, is)
		return low > 0
	}
	switch {
	case worse(t.Previous, t.Version):
		return WorseSince
	case worse(t.Before, t.Recent):
		return Worse
	}
	return Fine
}

// Help is what an article was worth in the last days, and each of its versions as long as it was
// what readers saw.
type Help struct {
	Days     int           `json:"days"`
	Opened   int           `json:"opened"`
	Told     int           `json:"told"`
	Solved   int           `json:"solved"`
	Quiet    int           `json:"quiet"`
	Watched  int           `json:"watched"`
	Flag     Flag          `json:"flag" enum:",worse,version"`
	Versions []VersionHelp `json:"versions"`
}

// VersionHelp is what was said of one version.
type VersionHelp struct {
	Number int `json:"number"`
	Told   int `json:"told"`
	Solved int `json:"solved"`
}
