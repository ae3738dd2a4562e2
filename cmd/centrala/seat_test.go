package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"centrala/channels/channelstest"
)

// seat is an agent at a console of a running program.
type seat struct {
	*process
	ania string // her token
	desk *receiver
}

// says waits for words in the log, as the agent reads it, and gives their conversation.
func (s *seat) says(t *testing.T, text string) (conversation string) {
	t.Helper()
	channelstest.Eventually(t, text, func() bool {
		for _, m := range s.matters(t, s.ania, "") {
			for _, e := range s.words(t, s.ania, m.ID) {
				if strings.Contains(e.Text, text) {
					conversation = m.ID
				}
			}
		}
		return conversation != ""
	})
	return conversation
}

// way is one delivery of an answer, as REST lists it.
type way struct {
	ID, State, Reason, Cause string
	Seq                      int64
	History                  []struct{ Outcome string }
}

// ways are the deliveries of an answer.
func (s *seat) ways(t *testing.T, conversation string, seq int64) []way {
	t.Helper()
	var page struct{ Items []way }
	s.must(t, "GET", "/v1/conversations/"+conversation+"/deliveries", s.ania, nil, &page)
	return slices.DeleteFunc(page.Items, func(w way) bool { return w.Seq != seq })
}

// state waits until all deliveries of an answer are in a state, and gives them.
func (s *seat) state(t *testing.T, conversation string, seq int64, want string) (got []way) {
	t.Helper()
	channelstest.Eventually(t, fmt.Sprintf("the delivery of %d is %s", seq, want), func() bool {
		got = s.ways(t, conversation, seq)
		return len(got) > 0 && !slices.ContainsFunc(got, func(w way) bool { return w.State != want })
	})
	return got
}
