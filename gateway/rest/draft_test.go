package rest_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/gateway/rest"
)

// model drafts what a test says.
type model struct {
	err   error
	calls atomic.Int64
}

func (m *model) Draft(context.Context, centrala.Scope, centrala.ConversationID) (centrala.AnswerDraft, error) {
	m.calls.Add(1)
	if m.err != nil {
		return centrala.AnswerDraft{}, m.err
	}
	return centrala.AnswerDraft{Text: "SZKIC modelu"}, nil
}

// A draft goes to who asked for it and nowhere else: no entry, no event, no delivery; the audit log
// says who asked about which conversation, without a word of the text.
func TestADraftIsNeverSent(t *testing.T) {
	t.Parallel()
	m := &model{}
	h := newHouse(t, func(c *rest.Config) { c.Scribe, c.NoLimits = m, false })
	talk := h.talk()
	ask := call{method: http.MethodPost, path: "/v1/conversations/" + talk.id.String() + "/draft", token: h.tokens["agent"]}
	ctx := context.Background()
	last := must[centrala.EventID](t)(h.db.LastEvent(ctx))
	before := must[centrala.Conversation](t)(h.db.Conversation(ctx, centrala.Everything(), talk.id))
	var out struct {
		Text    string `json:"text"`
		Sources []any  `json:"sources"`
	}
	got := h.do(ask)
	got.into(t, &out)
	if got.status != http.StatusOK || out.Text != "SZKIC modelu" || out.Sources == nil {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after := must[centrala.Conversation](t)(h.db.Conversation(ctx, centrala.Everything(), talk.id))
	if now := must[centrala.EventID](t)(h.db.LastEvent(ctx)); now != last || after.LastN != before.LastN || after.LastSeq != before.LastSeq || after.Version != before.Version {
		t.Errorf("a draft left something in the conversation: %+v, was %+v", after, before)
	}
	lines := h.lines()
	if e := lines[0]; e.Action != "draft.asked" || e.Subject != talk.id.String() || e.By.ID != h.staff["agent"].ID.String() || e.Detail != "" {
		t.Errorf("on record is %+v", e)
	}

	// The same agent may ask so often; another one is not held up by that.
	for range rest.DraftsPerMinute - 1 {
		h.do(ask)
	}
	if got = h.do(ask); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("once too often: %d %s", got.status, got.body)
	}
	if n := m.calls.Load(); n != rest.DraftsPerMinute {
		t.Errorf("the model was asked %d times", n)
	}
	ask.token = h.tokens["supervisor"]
	m.err = &centrala.Error{Code: centrala.RateLimited, Field: "draft", RetryAfter: 7 * time.Second, Message: "The model is asked too often."}
	if got = h.do(ask); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "7" {
		t.Errorf("the model wants rest: %d %v %s", got.status, got.header, got.body)
	}
	m.err = &centrala.Error{Code: centrala.Unavailable, Field: "draft.key", Message: "The model's server does not accept the key."}
	if got = h.do(ask); got.status != http.StatusServiceUnavailable {
		t.Errorf("the key is wrong: %d %s", got.status, got.body)
	}
}

func TestNothingDrafts(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]rest.Scribe{"off": nil, "on": &model{}} {
		h := newHouse(t, func(c *rest.Config) { c.Scribe = with })
		talk := h.talk()
		var me struct {
			Drafts bool `json:"drafts"`
		}
		h.do(call{method: http.MethodGet, path: "/v1/me", token: h.tokens["agent"]}).into(t, &me)
		got := h.do(call{method: http.MethodPost, path: "/v1/conversations/" + talk.id.String() + "/draft", token: h.tokens["agent"]})
		if me.Drafts != (with != nil) || (got.status == http.StatusNotFound) != (with == nil) {
			t.Errorf("%s: the console learns %v; %d %s", name, me.Drafts, got.status, got.body)
		}
	}
}
