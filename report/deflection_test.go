package report_test

import (
	"slices"
	"testing"

	"centrala/deflection"
	"centrala/report"
)

func TestDeflectionTable(t *testing.T) {
	t.Parallel()
	from, to := october()
	r := deflection.Report{From: from, To: to, Shown: deflection.Shown{People: deflection.People{People: 800, Contacted: 120}, Opened: 400, Solved: 200, Quiet: 180, Unsolved: 40},
		Held: deflection.People{People: 200, Contacted: 50}, Places: []deflection.PlaceCount{{Place: "form", Offered: 9, Opened: 4, Solved: 2, Unsolved: 1}},
		Bot:      deflection.Bot{Answered: 10, Solved: 4, Unsolved: 3, HandedOver: 5},
		Articles: []deflection.ArticleHelp{{Title: "=Zwrot", Opened: 90, Told: 60, Solved: 45, Quiet: 40, Watched: 80, Flag: deflection.Worse}, {ID: 1, Opened: 2, Told: 2, Solved: 1}}}
	r.Measure()
	rows := read(t, report.DeflectionTable(r, "en"))
	for _, want := range [][]string{
		{"Period (end exclusive)", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", ""},
		{"Were shown articles", "800", "", ""}, {"Were shown and wrote", "120", "800", "15.0"}, {"It helped, and no contact", "180", "200", "90.0"},
		{"Held out and wrote", "50", "200", "25.0"}, {"Difference in points and 95% interval", "10.0", "3.9", "16.8"},
		{"Form: helped", "2", "", ""}, {"Bot: handed over", "5", "10", "50.0"},
		{"Article: helps: =Zwrot (helps less than it did)", "45", "60", "75.0"}, {"Article: no contact after opening: =Zwrot", "40", "80", "50.0"},
	} {
		if !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, want) }) {
			t.Errorf("no row %q in %q", want, rows)
		}
	}
	few := rows[len(rows)-2]
	if few[1] != "1" || few[2] != "2" || few[3] != "too few (under 30)" {
		t.Errorf("of two nothing is told: %q", few)
	}
	r.Held.People, r.Difference = 10, nil
	rows = read(t, report.DeflectionTable(r, "pl"))
	if !slices.ContainsFunc(rows, func(r []string) bool { return len(r) > 1 && r[1] == "za mało (poniżej 100)" }) {
		t.Errorf("of ten held out no difference is told: %q", rows)
	}
}
