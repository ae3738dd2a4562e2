package storetest

import (
	"testing"
	"time"

	"centrala"
)

func reportCases() []testCase {
	return []testCase{{"report/tiles", tiles}, {"report/follow-ups in the tiles and the rail", followUpTiles}}
}

func followUpTiles(t *testing.T, h *house) {
	ctx := t.Context()
	from := h.clock.now()
	by := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String()}
	inTime, late := h.unhappy(t, centrala.Buyer, 1), h.unhappy(t, centrala.Buyer, 2)
	h.unhappy(t, centrala.Seller, 6)
	to := h.clock.now()
	h.clock.move(3 * time.Hour)
	_, err := h.UpdateFollowUp(ctx, centrala.Everything(), inTime.ID, "closed", "Zwrot", "compensated", by)
	need(t, err)
	h.clock.move(2 * time.Hour)
	_, err = h.UpdateFollowUp(ctx, centrala.Everything(), late.ID, "contacted", "Telefon", "", by)
	need(t, err)
	got, err := h.Tiles(ctx, centrala.Everything(), from, to)
	need(t, err)
	same(t, "tiles", got.FollowUps, centrala.FollowUpTiles{Opened: 3, Closed: 1, InTime: 1})
	for name, c := range map[string]struct {
		scope centrala.Scope
		want  int
	}{
		"all":     {centrala.Everything(), 2},
		"sellers": {centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, 1},
		"nobody":  {centrala.Scope{}, 0},
	} {
		counts, err := h.Counts(ctx, c.scope, h.ania.ID)
		need(t, err)
		same(t, "in the rail of "+name, counts.FollowUps, c.want)
	}
}

func tiles(t *testing.T, h *house) {
	ctx := t.Context()
	from := h.clock.now()
	var opened []centrala.Conversation
	for range 7 {
		opened = append(opened, h.matter(t, centrala.Buyer))
	}
	seller := h.matter(t, centrala.Seller)
	to := h.clock.now()
	h.do(t, opened[0].ID, centrala.Complain{On: true})
	h.do(t, opened[1].ID, centrala.Resolve{Spam: true})
	h.clock.move(time.Hour)
	h.replied(t, opened[2].ID) // after 1 h
	h.clock.move(4 * time.Hour)
	h.replied(t, opened[3].ID) // after 5 h
	h.clock.move(30 * time.Minute)
	h.replied(t, seller.ID) // after 5 h 30 min
	h.clock.move(90 * time.Minute)
	h.replied(t, opened[4].ID) // after 7 h
	h.replied(t, opened[2].ID) // a second answer counts nothing
	h.do(t, opened[5].ID, centrala.Resolve{})
	h.matter(t, centrala.Buyer) // outside the period

	got, err := h.Tiles(ctx, centrala.Everything(), from, to)
	need(t, err)
	same(t, "median in minutes", got.MedianS/60, int64(5*60+15))
	same(t, "the oldest unanswered", *got.UnansweredSince, opened[0].OpenedAt)
	got.UnansweredSince = nil
	want := centrala.Tiles{From: from.UTC(), To: to.UTC(), Inquiries: 7, Answered: 4, Under6h: 3, Under4h: 1, Complaints: 1, Unanswered: 3, MedianS: got.MedianS}
	same(t, "all", got, want)
	got, err = h.Tiles(ctx, centrala.Scope{Sides: []centrala.Side{centrala.Buyer}}, from, to)
	need(t, err)
	same(t, "buyers", []any{got.Inquiries, got.Answered, got.MedianS / 60}, []any{6, 3, int64(5 * 60)})
	got, err = h.Tiles(ctx, centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, from, to)
	need(t, err)
	same(t, "sellers", []any{got.Inquiries, got.Answered, got.Under4h, got.Under6h}, []any{1, 1, 0, 1})
	got, err = h.Tiles(ctx, centrala.Scope{}, from, to)
	need(t, err)
	same(t, "nobody", got, centrala.Tiles{From: from.UTC(), To: to.UTC()})
	got, err = h.Tiles(ctx, centrala.Everything(), from.Add(-time.Hour), from)
	need(t, err)
	same(t, "a time before", got.Inquiries, 0)
}
