package storetest

import (
	"testing"

	"centrala"
)

func suggestionCases() []testCase {
	return []testCase{{"suggestion/each step is recorded, in its conversation when there is one", suggestions}}
}

func suggestions(t *testing.T, h *house) {
	ctx := t.Context()
	a, err := h.SaveArticle(ctx, article("a"))
	need(t, err)
	b, err := h.SaveArticle(ctx, article("b"))
	need(t, err)
	c := h.matter(t, centrala.Buyer)
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Place: "widget", Articles: []centrala.ArticleID{a.ID, b.ID}, Visitor: "v_1"}))
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "opened", Place: "widget", Articles: []centrala.ArticleID{a.ID}, Visitor: "v_1"}))
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "solved", Place: "composer", Articles: []centrala.ArticleID{a.ID}, Conversation: c.ID}))
	same(t, "rows", h.raw(t, `SELECT count(*) FROM suggestion`), "4")
	events := h.happened(t, centrala.SuggestionOffered, centrala.SuggestionOpened, centrala.SuggestionSolved)
	same(t, "events", len(events), 3)
	same(t, "offered", []any{events[0].Data.Articles, events[0].Conversation}, []any{[]centrala.ArticleID{a.ID, b.ID}, centrala.ConversationID(0)})
	now, err := h.Conversation(ctx, centrala.Everything(), c.ID)
	need(t, err)
	same(t, "its place in the conversation", []any{events[2].Conversation, events[2].N, events[2].Seq}, []any{c.ID, now.LastN, 0})
	same(t, "the timeline", now.LastSeq, c.LastSeq)

	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "liked", Articles: []centrala.ArticleID{a.ID}}), centrala.Invalid, "kind")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered"}), centrala.Invalid, "articles")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Articles: make([]centrala.ArticleID, 21)}), centrala.Invalid, "articles")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "opened", Articles: []centrala.ArticleID{a.ID}, Conversation: 42}), centrala.NotFound)
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "solved", Articles: []centrala.ArticleID{a.ID, 42}}), centrala.NotFound)
	same(t, "rows after refusals", h.raw(t, `SELECT count(*) FROM suggestion`), "4")
}
