package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

func timerCases() []testCase {
	return []testCase{{"two nodes: what is due happens once", dueOnce}}
}

// dueOnce lets two nodes find the same things due at the same moment, as their sweeps do: a
// promise that ran out, a conversation that was asleep, a survey whose mail is due, and a chat
// whose customer has left.
func dueOnce(t *testing.T, h *house) {
	const each = 8
	by := centrala.Author{Kind: centrala.BySystem}
	var late, asleep, left []centrala.ConversationID
	var questions []centrala.SurveyID
	for range each {
		late = append(late, h.matter(t, centrala.Buyer).ID)
		a := h.matter(t, centrala.Buyer).ID
		h.do(t, a, centrala.Snooze{Until: h.clock.now().Add(time.Minute)})
		asleep = append(asleep, a)
		l := h.matter(t, centrala.Buyer).ID
		h.replied(t, l)
		left = append(left, l)
		questions = append(questions, h.asked(t, h.matter(t, centrala.Buyer)).ID)
	}
	h.clock.move(25 * time.Hour)
	nodes := []*store.DB{h.DB, openStore(t, h.dsn, h.clock)}
	var wait sync.WaitGroup
	for n, node := range nodes {
		ctx := context.Background()
		all := centrala.Everything()
		for i := range each {
			for _, fire := range []func() error{
				func() error { _, err := node.Do(ctx, all, late[i], centrala.Ring{}, by); return err },
				func() error { _, err := node.Do(ctx, all, asleep[i], centrala.Wake{}, by); return err },
				func() error { return node.CarryOn(ctx, left[i]) },
				func() error {
					return node.MailSurvey(ctx, questions[i], fmt.Append(nil, n, i), centrala.Notice{Subject: "Jak było?", Text: "0–10"})
				},
			} {
				wait.Go(func() {
					if err := fire(); err != nil && centrala.CodeOf(err) != centrala.Conflict {
						t.Errorf("node %d: %v", n, err)
					}
				})
			}
		}
	}
	wait.Wait()

	count := map[centrala.EventType]map[centrala.ConversationID]int{}
	for _, typ := range []centrala.EventType{centrala.SLABreached, centrala.ConversationReopened} {
		count[typ] = map[centrala.ConversationID]int{}
		for _, e := range h.happened(t, typ) {
			count[typ][e.Conversation]++
		}
	}
	for i := range each {
		if n := count[centrala.SLABreached][late[i]]; n != 1 {
			t.Errorf("the promise to %s was over %d times", late[i], n)
		}
		if n := count[centrala.ConversationReopened][asleep[i]]; n != 1 {
			t.Errorf("%s woke up %d times", asleep[i], n)
		}
	}
	same(t, "mails to customers who left", h.raw(t, `SELECT count(*) FROM delivery WHERE notice = ''`), fmt.Sprint(each))
	same(t, "mails with a question", h.raw(t, `SELECT count(*) FROM delivery WHERE notice <> ''`), fmt.Sprint(each))
}
