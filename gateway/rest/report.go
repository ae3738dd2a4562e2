package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"time"

	"centrala"
	"centrala/auth"
)

// Reports are numbers from the log.
type Reports interface {
	Tiles(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.Tiles, error)
}

func (s *server) reportRoutes() {
	add(s, get("/v1/reports/tiles", "The shift's figures over some days", auth.ReadReports), s.tiles)
	add(s, get("/v1/reports/tiles.csv", "The same as a table", auth.ReadReports).with(asType("text/csv")), s.tilesCSV)
}

// TilesView is the figures of the shift's desk, for what the caller may see.
type TilesView struct {
	Days           int           `json:"days"`
	From           time.Time     `json:"from"`
	At             time.Time     `json:"at"`
	Conversations  int           `json:"conversations" doc:"Without spam and merged ones."`
	Answered       int           `json:"answered" doc:"By a person."`
	Within6H       int           `json:"within_6h"`
	Within4H       int           `json:"within_4h"`
	MedianS        int64         `json:"median_first_reply_s"`
	Complaints     int           `json:"complaints"`
	Unanswered     int           `json:"unanswered"`
	UnansweredFrom *time.Time    `json:"unanswered_oldest_at" doc:"Since when the oldest one waits."`
	Survey         Results       `json:"survey"`
	FollowUps      FollowUpTally `json:"follow_ups"`
}

// FollowUpTally counts follow-ups of the period: opened in it, closed in it, and how many of those in
// time. Of what was closed more than a week ago only the last 500 are counted.
type FollowUpTally struct {
	Opened int `json:"opened"`
	Closed int `json:"closed"`
	InTime int `json:"in_time"`
}

func (s *server) tilesOf(ctx context.Context, c caller, in *period) (TilesView, error) {
	from, to, err := in.bounds(s.Now())
	if err != nil {
		return TilesView{}, err
	}
	scope, err := narrowed(c, in.Side)
	if err != nil {
		return TilesView{}, err
	}
	t, err := s.Store.Tiles(ctx, scope, from, to)
	if err != nil {
		return TilesView{}, err
	}
	v := TilesView{Days: int(to.Sub(from).Hours()/24 + 0.5), From: from, At: to, Conversations: t.Inquiries, Answered: t.Answered,
		Within6H: t.Under6h, Within4H: t.Under4h, MedianS: t.MedianS, Complaints: t.Complaints, Unanswered: t.Unanswered}
	if v.Survey, err = s.resultsOf(ctx, scope, from, to); err != nil {
		return v, err
	}
	if v.UnansweredFrom, err = s.oldestUnanswered(ctx, scope); err != nil {
		return v, err
	}
	v.FollowUps, err = s.tally(ctx, scope, from, to)
	return v, err
}

// oldestUnanswered looks at the 200 conversations whose promise ends, or ended, first.
func (s *server) oldestUnanswered(ctx context.Context, scope centrala.Scope) (*time.Time, error) {
	var oldest time.Time
	for _, status := range []centrala.Status{centrala.Waiting, centrala.Open} {
		items, _, err := s.Store.Conversations(ctx, scope, centrala.Filter{Status: status, Order: centrala.ByDue, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, v := range items {
			if v.FirstReplyAt.IsZero() && !v.WaitingSince.IsZero() && (oldest.IsZero() || v.WaitingSince.Before(oldest)) {
				oldest = v.WaitingSince
			}
		}
	}
	return instant(oldest), nil
}

func (s *server) tally(ctx context.Context, scope centrala.Scope, from, to time.Time) (FollowUpTally, error) {
	var t FollowUpTally
	within := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	for _, state := range []string{"new", "contacted", "closed"} {
		items, err := s.Store.FollowUps(ctx, scope, state)
		if err != nil {
			return t, err
		}
		for _, f := range items {
			if within(f.OpenedAt) {
				t.Opened++
			}
			if f.ClosedAt != nil && within(*f.ClosedAt) {
				t.Closed++
				if !f.ClosedAt.After(f.Due) {
					t.InTime++
				}
			}
		}
	}
	return t, nil
}

func (s *server) tiles(ctx context.Context, c caller, in *period) (*answer[TilesView], error) {
	v, err := s.tilesOf(ctx, c, in)
	return ok(v), err
}

func (s *server) tilesCSV(ctx context.Context, c caller, in *period) (*text, error) {
	v, err := s.tilesOf(ctx, c, in)
	if err != nil {
		return nil, err
	}
	n := strconv.Itoa
	points := func(f *float64) string {
		if f == nil {
			return ""
		}
		return strconv.FormatFloat(*f, 'f', 1, 64)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err = w.WriteAll([][]string{
		{"from", "to", "conversations", "answered", "within_6h", "within_4h", "median_first_reply_s", "complaints", "unanswered",
			"survey_n", "promoters", "passives", "detractors", "nps", "nps_low", "nps_high", "follow_ups_opened", "follow_ups_closed", "follow_ups_in_time"},
		{v.From.Format(time.RFC3339), v.At.Format(time.RFC3339), n(v.Conversations), n(v.Answered), n(v.Within6H), n(v.Within4H),
			strconv.FormatInt(v.MedianS, 10), n(v.Complaints), n(v.Unanswered), n(v.Survey.N), n(v.Survey.Promoters), n(v.Survey.Passives),
			n(v.Survey.Detractors), points(v.Survey.NPS), points(v.Survey.Low), points(v.Survey.High), n(v.FollowUps.Opened),
			n(v.FollowUps.Closed), n(v.FollowUps.InTime)},
	})
	return &text{Type: "text/csv; charset=utf-8", Disposition: `attachment; filename="centrala-tiles.csv"`, Body: b.Bytes()}, err
}
