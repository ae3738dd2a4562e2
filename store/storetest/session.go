package storetest

import (
	"context"
	"testing"
	"time"

	"centrala"
)

func sessionCases() []testCase {
	return []testCase{
		{"session/ends when it is idle, and at the latest after its longest", sessionLife},
		{"session/its use is written at most once a minute", sessionTouch},
		{"session/is ended by hand, by a new password, all together", sessionEnded},
		{"session/a one-time token serves once", oneTime},
	}
}

func sessionLife(t *testing.T, h *house) {
	ctx := t.Context()
	start := h.clock.now()
	need(t, h.StartSession(ctx, []byte("busy"), h.ania.ID, start, 12*time.Hour, 30*time.Hour))
	need(t, h.StartSession(ctx, []byte("idle"), h.piotr.ID, start, 12*time.Hour, 30*time.Hour))
	for range 2 { // 22 hours: longer than idle, each time shorter
		h.clock.move(11 * time.Hour)
		who, err := h.Session(ctx, []byte("busy"))
		need(t, err)
		same(t, "whose session", who, h.ania.ID)
	}
	_, err := h.Session(ctx, []byte("idle"))
	refused(t, err, centrala.Unauthorized)
	h.clock.move(9 * time.Hour)
	_, err = h.Session(ctx, []byte("busy"))
	refused(t, err, centrala.Unauthorized)
	_, err = h.Session(ctx, []byte("unknown"))
	refused(t, err, centrala.NotFound)
	refused(t, h.StartSession(ctx, []byte("nobody"), 42, start, time.Hour, time.Hour), centrala.NotFound)
	need(t, h.StartSession(ctx, []byte("new"), h.ania.ID, h.clock.now(), time.Hour, time.Hour))
	same(t, "sessions that are still kept", h.raw(t, `SELECT count(*) FROM agent_session`), "1")
}

func sessionTouch(t *testing.T, h *house) {
	ctx := t.Context()
	used := func() string { return h.raw(t, `SELECT used_at FROM agent_session`) }
	need(t, h.StartSession(ctx, []byte("token"), h.ania.ID, h.clock.now(), time.Hour, 24*time.Hour))
	first := used()
	h.clock.move(50 * time.Second)
	_, err := h.Session(ctx, []byte("token"))
	need(t, err)
	same(t, "within the minute", used(), first)
	h.clock.move(20 * time.Second)
	_, err = h.Session(ctx, []byte("token"))
	need(t, err)
	if used() <= first {
		t.Fatalf("used at %s, want later than %s", used(), first)
	}
}

func sessionEnded(t *testing.T, h *house) {
	ctx := t.Context()
	begin := func(token string, a centrala.AgentID) {
		t.Helper()
		need(t, h.StartSession(ctx, []byte(token), a, h.clock.now(), time.Hour, time.Hour))
	}
	gone := func(token string) {
		t.Helper()
		_, err := h.Session(ctx, []byte(token))
		refused(t, err, centrala.NotFound)
	}
	begin("a1", h.ania.ID)
	begin("a2", h.ania.ID)
	begin("p1", h.piotr.ID)
	need(t, h.EndSession(ctx, []byte("a1")))
	need(t, h.EndSession(ctx, []byte("a1")))
	gone("a1")
	need(t, h.OneTime(ctx, []byte("link"), "password", h.ania.ID, h.clock.now().Add(time.Hour)))
	need(t, h.SetPassword(ctx, h.ania.ID, "hash"))
	gone("a2")
	_, err := h.UseOneTime(ctx, []byte("link"), "password")
	refused(t, err, centrala.NotFound)
	_, err = h.Session(ctx, []byte("p1"))
	need(t, err)
	need(t, h.EndSessions(ctx, h.piotr.ID))
	gone("p1")
}

func oneTime(t *testing.T, h *house) {
	ctx := t.Context()
	later := h.clock.now().Add(time.Hour)
	need(t, h.OneTime(ctx, []byte("one"), "password", h.ania.ID, later))
	need(t, h.OneTime(ctx, []byte("two"), "password", h.ania.ID, later))
	_, err := h.UseOneTime(ctx, []byte("one"), "e-mail")
	refused(t, err, centrala.NotFound)
	worked := atOnce(t, 50, centrala.NotFound, func(int) error {
		who, err := h.UseOneTime(context.Background(), []byte("one"), "password")
		if err == nil && who != h.ania.ID {
			t.Errorf("the token is %s's, want %s", who, h.ania.ID)
		}
		return err
	})
	same(t, "how often it served", worked, 1)
	h.clock.move(time.Hour)
	_, err = h.UseOneTime(ctx, []byte("two"), "password")
	refused(t, err, centrala.NotFound)
	refused(t, h.OneTime(ctx, []byte("three"), "password", 42, later), centrala.NotFound)
}
