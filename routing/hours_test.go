package routing_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"centrala"
	"centrala/routing"
)

func warsaw(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func clock(t *testing.T, h centrala.Hours) routing.Clock {
	t.Helper()
	if h.Zone == "" {
		h.Zone = "Europe/Warsaw"
	}
	c, err := routing.NewClock(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// office is Monday to Friday, 9 to 17.
func office() centrala.Hours {
	h := centrala.Hours{Zone: "Europe/Warsaw", Holidays: true}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = []centrala.Span{{From: 9 * 60, To: 17 * 60}}
	}
	return h
}

func allWeek(spans ...centrala.Span) centrala.Hours {
	h := centrala.Hours{Zone: "Europe/Warsaw"}
	for d := range h.Week {
		h.Week[d] = spans
	}
	return h
}

func TestDue(t *testing.T) {
	t.Parallel()
	split := allWeek(centrala.Span{From: 8 * 60, To: 12 * 60}, centrala.Span{From: 13 * 60, To: 16 * 60})
	night := allWeek(centrala.Span{From: 0, To: 6 * 60}, centrala.Span{From: 22 * 60, To: 1440})
	gap := allWeek(centrala.Span{From: 2*60 + 30, To: 10 * 60})
	special := office()
	special.Days = map[string][]centrala.Span{"2026-12-24": {{From: 10 * 60, To: 12 * 60}}, "2026-12-28": nil, "2026-12-27": {{From: 600, To: 660}}}
	for _, tt := range []struct {
		name  string
		hours centrala.Hours
		from  string
		d     time.Duration
		want  string
	}{
		{"over the weekend", office(), "2026-01-09 16:00", 4 * time.Hour, "2026-01-12 12:00"},
		{"from a Saturday", office(), "2026-01-10 11:00", time.Hour, "2026-01-12 10:00"},
		{"from the closing on", office(), "2026-01-12 17:00", time.Hour, "2026-01-13 10:00"},
		{"over Christmas", office(), "2026-12-23 16:30", time.Hour, "2026-12-28 09:30"},
		{"Christmas Eve was no holiday in 2024", office(), "2024-12-23 16:30", time.Hour, "2024-12-24 09:30"},
		{"and is one since 2025", office(), "2025-12-23 16:30", time.Hour, "2025-12-29 09:30"},
		{"Easter Monday", office(), "2026-04-03 16:30", time.Hour, "2026-04-07 09:30"},
		{"Corpus Christi", office(), "2026-06-03 16:30", time.Hour, "2026-06-05 09:30"},
		{"around the clock, over the spring change", allWeek(centrala.Span{From: 0, To: 1440}), "2026-03-29 01:30", time.Hour, "2026-03-29 03:30"},
		{"without any hours, likewise", centrala.Hours{Zone: "Europe/Warsaw"}, "2026-03-29 01:30", time.Hour, "2026-03-29 03:30"},
		{"around the clock, over the autumn change", allWeek(centrala.Span{From: 0, To: 1440}), "2026-10-25 00:30", 4 * time.Hour, "2026-10-25 03:30"},
		{"a span that begins in the hour that is skipped", gap, "2026-03-28 12:00", time.Hour, "2026-03-29 04:00"},
		{"a span that begins in the hour that comes twice", gap, "2026-10-24 12:00", 2 * time.Hour, "2026-10-25 03:30"},
		{"a lunch break", split, "2026-01-12 11:30", time.Hour, "2026-01-12 13:30"},
		{"over midnight", night, "2026-01-12 23:00", 2 * time.Hour, "2026-01-13 01:00"},
		{"a night through the spring change", night, "2026-03-28 22:00", 7 * time.Hour, "2026-03-29 06:00"},
		{"other hours on a day, a closed one, an open Sunday", special, "2026-12-23 16:30", 4 * time.Hour, "2026-12-29 09:30"},
		{"no time at all", office(), "2026-01-10 11:00", 0, "2026-01-10 11:00"},
		{"to the very end", office(), "2026-01-12 09:00", 8 * time.Hour, "2026-01-12 17:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := clock(t, tt.hours)
			from, want := warsaw(t, tt.from), warsaw(t, tt.want)
			got, ok := c.Due(from, tt.d)
			if !ok || !got.Equal(want) {
				t.Fatalf("%s later is %v (%v), want %v", tt.d, got, ok, want)
			}
			if e := c.Elapsed(from, got); e != tt.d {
				t.Errorf("then %s has elapsed, want %s", e, tt.d)
			}
			if tt.d > 0 && c.Elapsed(from, got.Add(-time.Second)) >= tt.d {
				t.Error("it is not the earliest such instant")
			}
		})
	}
}

func TestDaysOf23And25Hours(t *testing.T) {
	t.Parallel()
	c := clock(t, allWeek(centrala.Span{From: 0, To: 1440}))
	for day, want := range map[string]time.Duration{"2026-03-29": 23 * time.Hour, "2026-10-25": 25 * time.Hour, "2026-10-26": 24 * time.Hour} {
		a := warsaw(t, day+" 00:00")
		y, m, d := a.Date()
		b := time.Date(y, m, d+1, 0, 0, 0, 0, a.Location())
		if got := c.Elapsed(a, b); got != want {
			t.Errorf("%s has %s, want %s", day, got, want)
		}
	}
	// Spans that touch within the hour that comes twice neither overlap nor leave a hole.
	touching := clock(t, allWeek(centrala.Span{From: 0, To: 150}, centrala.Span{From: 150, To: 1440}))
	a := warsaw(t, "2026-10-25 00:00")
	if got := touching.Elapsed(a, a.Add(25*time.Hour)); got != 25*time.Hour {
		t.Errorf("touching spans have %s, want 25h", got)
	}
}

func TestOpens(t *testing.T) {
	t.Parallel()
	c := clock(t, office())
	for from, want := range map[string]string{
		"2026-01-12 09:00": "2026-01-12 09:00", "2026-01-12 16:59": "2026-01-12 16:59",
		"2026-01-12 17:00": "2026-01-13 09:00", "2026-01-09 18:00": "2026-01-12 09:00", "2026-04-30 17:00": "2026-05-04 09:00",
	} {
		got, ok := c.Opens(warsaw(t, from))
		if !ok || !got.Equal(warsaw(t, want)) || c.Open(warsaw(t, from)) != (from == want) {
			t.Errorf("at %s: opens %v (%v), open %v; want %s", from, got, ok, c.Open(warsaw(t, from)), want)
		}
	}
	never := clock(t, centrala.Hours{Days: map[string][]centrala.Span{"2020-01-01": {{From: 0, To: 60}}}})
	if at, ok := never.Opens(warsaw(t, "2026-01-12 09:00")); ok {
		t.Errorf("hours of the past open again at %v", at)
	}
	if _, ok := never.Due(warsaw(t, "2026-01-12 09:00"), time.Hour); ok {
		t.Error("time elapses that nobody is there for")
	}
	if c.Elapsed(warsaw(t, "2026-01-12 12:00"), warsaw(t, "2026-01-12 10:00")) != 0 {
		t.Error("time runs backwards")
	}
	if _, err := routing.NewClock(centrala.Hours{Zone: "Europe/Warszawa"}); err == nil {
		t.Error("an unknown zone is taken")
	}
}

func TestOffice(t *testing.T) {
	t.Parallel()
	night := allWeek(centrala.Span{From: 0, To: 6 * 60}, centrala.Span{From: 22 * 60, To: 1440})
	lunch := allWeek(centrala.Span{From: 8 * 60, To: 12 * 60}, centrala.Span{From: 12 * 60, To: 16 * 60})
	once := centrala.Hours{Zone: "Europe/Warsaw", Days: map[string][]centrala.Span{"2026-01-12": {{From: 600, To: 660}}}}
	for _, tt := range []struct {
		name    string
		hours   centrala.Hours
		at      string
		open    bool
		changes string
	}{
		{"open", office(), "2026-01-12 09:00", true, "2026-01-12 17:00"},
		{"shut", office(), "2026-01-09 17:00", false, "2026-01-12 09:00"},
		{"over midnight", night, "2026-01-12 23:00", true, "2026-01-13 06:00"},
		{"hours that touch", lunch, "2026-01-12 09:00", true, "2026-01-12 16:00"},
		{"always", centrala.Hours{}, "2026-01-12 09:00", true, ""},
		{"always, by the hour", allWeek(centrala.Span{From: 0, To: 1440}), "2026-01-12 09:00", true, ""},
		{"for the last time", once, "2026-01-12 10:30", true, "2026-01-12 11:00"},
		{"never again", once, "2026-01-12 11:00", false, ""},
	} {
		var want time.Time
		if tt.changes != "" {
			want = warsaw(t, tt.changes)
		}
		if open, changes := routing.Office(tt.hours, warsaw(t, tt.at)); open != tt.open || !changes.Equal(want) {
			t.Errorf("%s: open %v until %v, want %v until %v", tt.name, open, changes, tt.open, want)
		}
	}
	if open, _ := routing.Office(centrala.Hours{Zone: "Europe/Warszawa"}, warsaw(t, "2026-01-12 10:30")); open {
		t.Error("hours in no known zone are open")
	}
}

func TestOutsideText(t *testing.T) {
	t.Parallel()
	h := office()
	saturday := warsaw(t, "2026-01-10 11:00")
	if got, want := routing.OutsideText(h, "pl", saturday), "Nie ma nas teraz na linii. Napisz, a\u00a0odpowiemy po powrocie: poniedziałek 12.01, 9:00."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	h.Outside = map[string]string{"en": "Back on Monday."}
	if got := routing.OutsideText(h, "en-GB", saturday); got != "Back on Monday." {
		t.Errorf("got %q, want the team's own text", got)
	}
	if got := routing.OutsideText(h, "en", warsaw(t, "2026-01-12 11:00")); got != "" {
		t.Errorf("got %q while the team is there", got)
	}
}
