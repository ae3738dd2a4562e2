// Package report presents numbers from the log: what each is a share of, how it is counted, and
// as a table that can be downloaded. It counts nothing itself.
package report

import (
	"centrala"
	"centrala/words"
)

// Tile is one figure of the shift's dashboard in one language.
type Tile struct {
	Key        string   `json:"key"`
	Name       string   `json:"name"`
	Definition string   `json:"definition"`
	Count      int64    `json:"count"`
	Of         *int64   `json:"of"`    // what it is a part of; null when it is a part of nothing
	Share      *float64 `json:"share"` // 0 to 1; null without an Of or when that is 0: no data is not zero
}

// Tiles presents the figures of a period: answers under 6 h as a share of the answered
// inquiries, under 4 h as one of those under 6 h and as one of all inquiries, complaints and
// what is unanswered per inquiry.
func Tiles(t centrala.Tiles, locale string) []Tile {
	w := words.For(locale)
	return []Tile{
		whole("inquiries", w.TileInquiries(), t.Inquiries),
		part("answered", w.TileAnswered(), t.Answered, t.Inquiries),
		part("under_6h", w.TileUnder6h(), t.Under6h, t.Answered),
		part("under_4h", w.TileUnder4h(), t.Under4h, t.Under6h),
		part("under_4h_of_all", w.TileUnder4hOfAll(), t.Under4h, t.Inquiries),
		whole("median_first_reply_s", w.TileMedian(), int(t.MedianS)),
		part("complaints", w.TileComplaints(), t.Complaints, t.Inquiries),
		part("unanswered", w.TileUnanswered(), t.Unanswered, t.Inquiries),
		whole("follow_ups", w.TileFollowUps(), t.FollowUps.Opened),
		part("follow_ups_closed", w.TileClosed(), t.FollowUps.Closed, t.FollowUps.Opened),
		part("follow_ups_in_time", w.TileInTime(), t.FollowUps.InTime, t.FollowUps.Opened),
	}
}

func whole(key string, f words.Figure, count int) Tile {
	return Tile{Key: key, Name: f.Name, Definition: f.Definition, Count: int64(count)}
}

func part(key string, f words.Figure, count, of int) Tile {
	t := whole(key, f, count)
	all := int64(of)
	t.Of = &all
	if of > 0 {
		share := float64(count) / float64(of)
		t.Share = &share
	}
	return t
}
