package channels_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/store"
	"centrala/store/storetest"
)

// correspondence is a log with several conversations by mail, each answered several times.
func correspondence(t *testing.T, conversations, answers int) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.SQLite(t), store.Options{})
	fine(t, err)
	t.Cleanup(func() { fine(t, db.Close()) })
	team, err := db.SaveTeam(t.Context(), centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}})
	fine(t, err)
	ania, err := db.SaveAgent(t.Context(), centrala.Agent{Email: "ania@firma.test", Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{team.ID}})
	fine(t, err)
	inbox, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "bok", Name: "BOK", Channel: centrala.Email, Side: centrala.Buyer, Team: team.ID, Enabled: true,
		Mailbox: &centrala.Mailbox{Address: "bok@firma.test"}})
	fine(t, err)
	for n := range conversations {
		r, err := db.Receive(t.Context(), centrala.Inbound{Inbox: inbox.ID, Channel: centrala.Email, ExternalID: fmt.Sprint(n), At: time.Now(),
			From: centrala.Address{Address: fmt.Sprintf("jan%d@d%d.test", n, n%4)}, Subject: fmt.Sprintf("Pytanie numer %d o paczkę", n), Text: "Gdzie?"})
		fine(t, err)
		for k := range answers {
			_, err := db.Append(t.Context(), centrala.Post{Sender: ania.ID.String(), Key: fmt.Sprint(n, k), Author: centrala.Author{Kind: centrala.ByAgent, ID: ania.ID.String(), Name: "Ania"},
				Conversation: r.Conversation, Agent: ania.ID, Scope: centrala.Everything(), Text: fmt.Sprint(k)})
			fine(t, err)
		}
	}
	return db
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// With the real log and two nodes that send from it, under limits and through pauses: every
// answer leaves once, in the order of its conversation, and no wait counts as an attempt.
func TestOrderUnderLimits(t *testing.T) {
	t.Parallel()
	const conversations, answers = 12, 4
	db := correspondence(t, conversations, answers)
	p := &dovecote{pace: channels.Pace{Connections: 2, Every: 3 * time.Millisecond}, kind: centrala.Email,
		open: map[string]int{}, most: map[string]int{}, at: map[string][]time.Time{}, said: map[centrala.ConversationID][]string{},
		send: func(context.Context, centrala.Outbound) error { return nil }}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 {
		courier := channels.NewCourier(channels.CourierConfig{Log: db, Doors: db, Senders: []channels.Sender{p}, Board: &channels.Board{},
			Logger: slog.New(slog.DiscardHandler), Now: db.Now, Workers: 3, Every: 20 * time.Millisecond})
		go func() { done <- courier.Run(ctx) }()
	}
	channelstest.Eventually(t, "everything is sent", func() bool { return len(p.list()) >= conversations*answers })
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
	if n := len(p.list()); n != conversations*answers {
		t.Errorf("%d sendings of %d answers", n, conversations*answers)
	}
	for c, said := range p.said {
		if fmt.Sprint(said) != "[0 1 2 3]" {
			t.Errorf("in %s was said %v", c, said)
		}
		ds, err := db.Deliveries(t.Context(), centrala.Everything(), c)
		fine(t, err)
		for _, d := range ds {
			if d.State != centrala.DeliveryHandedOver || d.Attempts != 1 {
				t.Errorf("%s is %s after %d attempts", d.ID, d.State, d.Attempts)
			}
		}
	}
}
