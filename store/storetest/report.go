package storetest

import (
	"testing"
	"time"

	"centrala"
)

func reportCases() []testCase {
	return []testCase{{"report/tiles", tiles}}
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
	h.replied(t, seller.ID)
	h.clock.move(2 * time.Hour)
	h.replied(t, opened[4].ID) // after 7 h
	h.replied(t, opened[2].ID) // a second answer counts nothing
	h.do(t, opened[5].ID, centrala.Resolve{})
	h.matter(t, centrala.Buyer) // outside the period

	got, err := h.Tiles(ctx, centrala.Everything(), from, to)
	need(t, err)
	same(t, "median", got.MedianS, int64(5*3600))
	want := centrala.Tiles{From: from.UTC(), To: to.UTC(), Inquiries: 7, Answered: 4, Under6h: 3, Under4h: 1, Complaints: 1, Unanswered: 3, MedianS: got.MedianS}
	same(t, "all", got, want)
	got, err = h.Tiles(ctx, centrala.Scope{Sides: []centrala.Side{centrala.Buyer}}, from, to)
	need(t, err)
	same(t, "buyers", []any{got.Inquiries, got.Answered, got.MedianS}, []any{6, 3, int64(5 * 3600)})
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
