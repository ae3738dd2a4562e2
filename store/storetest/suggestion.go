package storetest

import (
	"testing"

	"centrala"
)

func suggestionCases() []testCase {
	return []testCase{
		{"suggestion/each step is recorded, in its conversation when there is one", suggestions},
		{"suggestion/what cannot be a step is refused", suggestionsRefused},
		{"suggestion/within a day the same step counts once, and the last word of an article", suggestionsOnce},
		{"deflection/a day of a visitor's, from what was shown to the contact", dayOfVisitor},
		{"deflection/a day is 24 hours from its first step, whatever midnight says", dayLimits},
		{"deflection/an event comes twice, late, and in another order", dayReplayed},
		{"deflection/who only reads is not measured, until they are about to write", dayOfReading},
		{"deflection/what begins inside a conversation measures nothing", dayInConversation},
		{"deflection/a form tells who filled it in", dayByForm},
		{"deflection/two nodes begin one day", dayOfTwoNodes},
		{"deflection/what no event told of is swept up, and what is old is forgotten", daySwept},
		{"deflection/an erased person leaves no id and no question", dayErased},
		{"question/asked once a day, wherever", questionsAsked},
	}
}

func suggestions(t *testing.T, h *house) {
	ctx := t.Context()
	a, err := h.SaveArticle(ctx, article("a"))
	need(t, err)
	b, err := h.SaveArticle(ctx, article("b"))
	need(t, err)
	c := h.matter(t, centrala.Buyer)
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Place: "widget", Articles: []centrala.ArticleID{a.ID, b.ID}, Visitor: "v_1", Locale: "pl", Side: centrala.Buyer}))
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "opened", Place: "widget", Articles: []centrala.ArticleID{a.ID}, Visitor: "v_1"}))
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "solved", Place: "composer", Articles: []centrala.ArticleID{a.ID}, Conversation: c.ID}))
	same(t, "rows", h.raw(t, `SELECT count(*) FROM suggestion`), "4")
	same(t, "where and to whom", h.raw(t, `SELECT count(*) FROM suggestion WHERE locale = 'pl' AND side = 'buyer' AND place = 'widget'`), "2")
	events := h.happened(t, centrala.SuggestionOffered, centrala.SuggestionOpened, centrala.SuggestionSolved)
	same(t, "events", len(events), 3)
	same(t, "offered", []any{events[0].Data.Articles, events[0].Conversation}, []any{[]centrala.ArticleID{a.ID, b.ID}, centrala.ConversationID(0)})
	now, err := h.Conversation(ctx, centrala.Everything(), c.ID)
	need(t, err)
	same(t, "its place in the conversation", []any{events[2].Conversation, events[2].N, events[2].Seq}, []any{c.ID, now.LastN, 0})
	same(t, "the timeline", now.LastSeq, c.LastSeq)
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "held", Place: "widget", Articles: []centrala.ArticleID{a.ID}, Visitor: "v_2"}))
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "unsolved", Place: "help", Articles: []centrala.ArticleID{a.ID}}))
	same(t, "what did not help is told", len(h.happened(t, centrala.SuggestionUnsolved)), 1)
	same(t, "what is held back is told to nobody", len(h.happened(t, "suggestion.held")), 0)
	same(t, "kinds", h.raw(t, `SELECT count(*) FROM suggestion WHERE kind IN ('held', 'unsolved')`), "2")
	same(t, "visitors in rows", h.raw(t, `SELECT count(*) FROM suggestion WHERE visitor <> ''`), "0")
}

func suggestionsRefused(t *testing.T, h *house) {
	ctx := t.Context()
	a, err := h.SaveArticle(ctx, article("a"))
	need(t, err)
	list := []centrala.ArticleID{a.ID}
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "liked", Articles: list}), centrala.Invalid, "kind")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered"}), centrala.Invalid, "articles")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Articles: make([]centrala.ArticleID, 21)}), centrala.Invalid, "articles")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "opened", Articles: list, Conversation: 42}), centrala.NotFound)
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "solved", Articles: []centrala.ArticleID{a.ID, 42}, Visitor: "v_1"}), centrala.NotFound)
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Articles: list, Side: "courier"}), centrala.Invalid, "sides")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Articles: list, Locale: "pl'--"}), centrala.Invalid, "locale")
	refused(t, h.Offer(ctx, centrala.Deflection{Kind: "offered", Articles: list, Visitor: "\x00"}), centrala.Invalid, "place")
	same(t, "rows after refusals", h.raw(t, `SELECT count(*) FROM suggestion`), "0")
	same(t, "days after refusals", h.raw(t, `SELECT count(*) FROM deflection`), "0")
}

// step is one of a visitor's, in the widget.
func (h *house) step(t *testing.T, kind, visitor string, articles ...centrala.ArticleID) {
	t.Helper()
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: kind, Place: centrala.AtWidget, Articles: articles, Visitor: visitor, Locale: "pl", Side: centrala.Buyer}))
}

// handled tells the library of all contacts there were, as the stream does.
func (h *house) handled(t *testing.T) {
	t.Helper()
	for _, e := range h.happened(t, centrala.ConversationOpened, centrala.ConversationReopened) {
		need(t, h.Handle(t.Context(), e))
	}
}

func (h *house) written(t *testing.T) centrala.Article {
	t.Helper()
	a, err := h.SaveArticle(t.Context(), article("a"))
	need(t, err)
	return a
}

func suggestionsOnce(t *testing.T, h *house) {
	a := h.written(t)
	for range 3 {
		h.step(t, "offered", "v_1", a.ID)
		h.step(t, "opened", "v_1", a.ID)
		h.step(t, "solved", "v_1", a.ID)
	}
	same(t, "rows", h.raw(t, `SELECT count(*) FROM suggestion`), "3")
	same(t, "events", len(h.happened(t, centrala.SuggestionSolved)), 1)
	same(t, "solved", h.raw(t, `SELECT count(*) FROM deflection WHERE opened_at > 0 AND solved_at > 0 AND unsolved_at = 0`), "1")
	h.step(t, "unsolved", "v_1", a.ID)
	same(t, "the last word", h.raw(t, `SELECT kind FROM suggestion WHERE kind LIKE '%solved'`), "unsolved")
	same(t, "unsolved", h.raw(t, `SELECT count(*) FROM deflection WHERE solved_at = 0 AND unsolved_at > 0`), "1")
	h.step(t, "solved", "v_1", a.ID)
	same(t, "solved again", h.raw(t, `SELECT count(*) FROM deflection WHERE solved_at > 0 AND unsolved_at = 0`), "1")
	h.step(t, "solved", "v_2", a.ID)
	same(t, "of another", h.raw(t, `SELECT count(*) FROM suggestion WHERE kind = 'solved'`), "2")
	for range 2 { // of somebody unknown each counts
		h.step(t, "solved", "", a.ID)
	}
	same(t, "of who is unknown", h.raw(t, `SELECT count(*) FROM suggestion WHERE kind = 'solved' AND episode = 0`), "2")
	same(t, "days", h.raw(t, `SELECT count(*) FROM deflection`), "2")
}
