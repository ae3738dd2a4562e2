package storetest

import (
	"slices"
	"testing"
	"time"

	"centrala"
)

func promiseCases() []testCase {
	return []testCase{{"whose promise runs out is listed until it is said", ringing}}
}

// ringing follows three conversations: one in a queue, one with an agent, one asleep.
func ringing(t *testing.T, h *house) {
	ctx, by := t.Context(), centrala.Author{Kind: centrala.BySystem}
	var asked []centrala.ConversationID
	for range 4 {
		k, _ := h.customer()
		asked = append(asked, h.say(t, h.post(k, "1", "kiedy?")).Conversation)
	}
	waiting, taken, asleep, answered := asked[0], asked[1], asked[2], asked[3]
	do := func(id centrala.ConversationID, cmd centrala.Command) centrala.Conversation {
		t.Helper()
		c, err := h.Do(ctx, centrala.Everything(), id, cmd, by)
		need(t, err)
		return c
	}
	do(taken, centrala.Assign{Agent: h.ania.ID, Name: h.ania.Name})
	do(asleep, centrala.Snooze{Until: h.clock.now().Add(time.Hour)})
	do(answered, centrala.Resolve{})

	listed := func(want ...centrala.ConversationID) {
		t.Helper()
		got, err := h.Ringing(ctx, 10)
		need(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	for _, round := range []struct {
		after time.Duration
		event centrala.EventType
		alarm centrala.Alarm
	}{{7 * time.Minute, centrala.SLAWarned, centrala.Warned}, {4 * time.Minute, centrala.SLABreached, centrala.Breached}} {
		listed()
		h.clock.move(round.after)
		listed(waiting, taken, asleep)
		for _, id := range []centrala.ConversationID{waiting, taken, asleep} {
			before, err := h.Conversation(ctx, centrala.Everything(), id)
			need(t, err)
			do(id, centrala.Ring{})
			after, err := h.Conversation(ctx, centrala.Everything(), id)
			need(t, err)
			if after.Alarm != round.alarm || after.LastN != before.LastN+1 || after.LastSeq != before.LastSeq || after.Version != before.Version {
				t.Errorf("%+v\nwas %+v", after, before)
			}
		}
		events, err := h.Unpublished(ctx, 0, 100)
		need(t, err)
		if n := len(slices.DeleteFunc(events, func(e centrala.Event) bool { return e.Type != round.event })); n != 3 {
			t.Errorf("%d events %s, want 3", n, round.event)
		}
	}
	listed()
}
