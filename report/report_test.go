package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/report"
	"centrala/store"
	"centrala/store/storetest"
)

func october() (from, to time.Time) {
	return time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
}

func figures() centrala.Tiles {
	from, to := october()
	return centrala.Tiles{From: from, To: to, Inquiries: 200, Answered: 160, Under6h: 120, Under4h: 90, Complaints: 5, Unanswered: 40, MedianS: 5400,
		FollowUps: centrala.FollowUpTiles{Opened: 4, Closed: 3, InTime: 1}}
}

func TestTiles(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		count, of int64
		share     float64
	}{
		"inquiries": {200, -1, 0}, "answered": {160, 200, 0.8}, "under_6h": {120, 160, 0.75}, "under_4h": {90, 120, 0.75}, "under_4h_of_all": {90, 200, 0.45},
		"median_first_reply_s": {5400, -1, 0}, "complaints": {5, 200, 0.025}, "unanswered": {40, 200, 0.2},
		"follow_ups": {4, -1, 0}, "follow_ups_closed": {3, 4, 0.75}, "follow_ups_in_time": {1, 4, 0.25},
	}
	tiles := report.Tiles(figures(), "pl")
	if len(tiles) != len(want) {
		t.Errorf("%d tiles, want %d", len(tiles), len(want))
	}
	for _, tile := range tiles {
		w, ok := want[tile.Key]
		switch {
		case !ok || tile.Count != w.count || tile.Name == "" || tile.Definition == "":
			t.Errorf("%+v, want %+v", tile, w)
		case w.of < 0:
			if tile.Of != nil || tile.Share != nil {
				t.Errorf("%s is a part of something", tile.Key)
			}
		case tile.Of == nil || *tile.Of != w.of || tile.Share == nil || *tile.Share != w.share:
			t.Errorf("%s: %v of %v", tile.Key, tile.Share, tile.Of)
		}
	}
	for _, tile := range report.Tiles(centrala.Tiles{}, "en") {
		if tile.Share != nil {
			t.Errorf("%s of nothing is a share of %v", tile.Key, *tile.Share)
		}
	}
	b, err := json.Marshal(report.Tiles(centrala.Tiles{}, "en")[1])
	if err != nil || !strings.Contains(string(b), `"of":0,"share":null`) {
		t.Errorf("no data reads %s (%v)", b, err)
	}
}

// read is a table as somebody else's reader sees it.
func read(t *testing.T, table report.Table) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\uFEFF")
	if !ok || !strings.HasSuffix(text, "\r\n") {
		t.Errorf("without a byte order mark, or with other line ends: %.20q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll() // refuses rows of unequal length
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTilesTable(t *testing.T) {
	t.Parallel()
	rows := read(t, report.TilesTable(figures(), "en"))
	if want := []string{"Period (end exclusive)", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", ""}; !slices.Equal(rows[0], want) {
		t.Errorf("the first row is %q", rows[0])
	}
	head := slices.IndexFunc(rows, func(r []string) bool { return slices.Equal(r, []string{"Figure", "Count", "Out of", "Share in %"}) })
	if head != 12 {
		t.Fatalf("the columns are in row %d, want them after the period and eleven definitions", head+1)
	}
	for _, r := range rows[1:head] {
		if r[0] != "Definition" || r[1] == "" || r[2] == "" {
			t.Errorf("%q defines nothing", r)
		}
	}
	for _, want := range [][]string{{"Inquiries", "200", "", ""}, {"Under 6 h", "120", "160", "75.0"}, {"Under 4 h", "90", "120", "75.0"}, {"Under 4 h of all", "90", "200", "45.0"}, {"Complaints", "5", "200", "2.5"}} {
		if !slices.ContainsFunc(rows[head:], func(r []string) bool { return slices.Equal(r, want) }) {
			t.Errorf("no row %q", want)
		}
	}
}

func TestSurveyTable(t *testing.T) {
	t.Parallel()
	from, to := october()
	nps, low, high := -30.0, -45.26, -14.7
	r := centrala.SurveyResult{Asked: 400, N: 100, Promoters: 20, Passives: 30, Detractors: 50, NPS: &nps, Low: &low, High: &high}
	r.Scores[10] = 20
	rows := read(t, report.SurveyTable(from, to, r, "pl"))
	for _, want := range [][]string{{"Odpowiedzi", "100", "400", "25.0"}, {"NPS", "-30.0", "", ""}, {"Przedział 95%", "-45.3", "-14.7", ""}, {"10", "20", "100", "20.0"}, {"0", "0", "100", "0.0"}} {
		if !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, want) }) {
			t.Errorf("no row %q in %q", want, rows)
		}
	}
	rows = read(t, report.SurveyTable(from, to, centrala.SurveyResult{}, "en"))
	if !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, []string{"NPS", "no data", "", ""}) }) {
		t.Errorf("without answers: %q", rows)
	}
}

func TestNoFormulas(t *testing.T) {
	t.Parallel()
	rows := read(t, report.Table{Columns: []string{"a", "b", "c", "d"}, Rows: [][]string{{`=HYPERLINK("x")`, "-3.5", "@sum", "a=b"}}})
	if want := []string{`'=HYPERLINK("x")`, "-3.5", "'@sum", "a=b"}; !slices.Equal(rows[2], want) {
		t.Errorf("got %q, want %q", rows[2], want)
	}
}

type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errors.New("the line is cut")
	}
	return len(p), nil
}

func TestABrokenLineIsToldOf(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 100} {
		if err := report.TilesTable(figures(), "pl").WriteCSV(&broken{after}); err == nil {
			t.Errorf("cut after %d bytes, and nothing is said", after)
		}
	}
}

// The figures come from the log as they are presented here.
func TestTilesOfTheLog(t *testing.T) {
	t.Parallel()
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), dsn(t), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			in, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Enabled: true})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				k := centrala.Contact{ID: db.NewContactID()}
				r, err := db.Append(t.Context(), centrala.Post{Sender: "v", Key: string(rune('a' + i)), Author: centrala.Author{Kind: centrala.ByCustomer}, Inbox: in.ID,
					Channel: centrala.Chat, Contact: &k, Scope: centrala.Scope{Contact: k.ID}, Text: "?"})
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					_, err = db.Do(t.Context(), centrala.Everything(), r.Conversation, centrala.Complain{On: true}, centrala.Author{Kind: centrala.BySystem})
				} else if i == 1 {
					_, err = db.Append(t.Context(), centrala.Post{Sender: "a", Key: "1", Author: centrala.Author{Kind: centrala.ByAgent, Name: "Ewa"}, Conversation: r.Conversation,
						NoClaim: true, Scope: centrala.Everything(), Text: "!"})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			tiles, err := db.Tiles(t.Context(), centrala.Everything(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int64{}
			for _, tile := range report.Tiles(tiles, "pl") {
				got[tile.Key] = tile.Count
			}
			for key, want := range map[string]int64{"inquiries": 3, "answered": 1, "under_6h": 1, "under_4h": 1, "complaints": 1, "unanswered": 2, "follow_ups": 0} {
				if got[key] != want {
					t.Errorf("%s is %d, want %d", key, got[key], want)
				}
			}
		})
	}
}
