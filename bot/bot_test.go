package bot_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/bot"
	"centrala/gateway"
	"centrala/search"
	"centrala/store"
	"centrala/store/library"
)

// The bot's ports are those of the real store, library and search, and it is the gateway's.
var (
	_ bot.Cases     = (*store.DB)(nil)
	_ bot.Turns     = (*store.DB)(nil)
	_ bot.Articles  = (*library.Library)(nil)
	_ bot.Shelf     = (*library.Library)(nil)
	_ bot.Suggester = (*search.HelpCentre)(nil)
	_ gateway.Bot   = (*bot.Bot)(nil)
)

const question = "Dzień dobry, jak zwrócić zakup?"

func TestTheCustomerAgreesAndItSolves(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		token := h.visitor()
		c, other := h.open(token), h.open(token)
		c.ask(frame{"type": "suggest", "text": question}) // while they typed, the widget showed the same article
		h.node.settled()
		id := c.send(question)
		if q := h.conversation(id); q.Status != centrala.Waiting || q.WaitingSince.IsZero() {
			t.Fatalf("the conversation does not wait for a person: %+v", q)
		}
		place, err := h.node.db.Queue(t.Context(), id)
		h.must(err)
		f := c.asks("offer")
		other.asks("offer")
		if f["title"] != nil || f["url"] != nil || f["conversation"] != id.String() {
			t.Errorf("the offer says too much: %v", f)
		}
		before := h.conversation(id)
		if now, err := h.node.db.Queue(t.Context(), id); err != nil || now != place || place != 1 {
			t.Errorf("the place in the queue is %d, was %d (%v)", now, place, err)
		}
		if len(h.timeline(id)) != 1 {
			t.Errorf("an offer is in the timeline: %v", h.timeline(id))
		}
		if code := c.press(id, "offer", true); code != "" {
			t.Fatalf("to agree is refused: %s", code)
		}
		said := c.want("quotation", func(f frame) bool { return f["type"] == "message" && f["seq"] == 2.0 })["message"].(map[string]any)
		author := said["author"].(map[string]any)
		text := "Z naszego Centrum Pomocy, „Jak zwrócić zakup › Nadanie paczki ze zwrotem”:\n\nPaczkę ze zwrotem nadajesz w dowolnym punkcie w ciągu czternastu dni.\n\nCały artykuł: https://pomoc.example.test/help/pl/zwrot#nadanie-paczki-ze-zwrotem"
		if got := strings.ReplaceAll(said["text"].(string), "\u00a0", " "); author["kind"] != "bot" || author["name"] != "Odpowiedź automatyczna" || got != text {
			t.Errorf("quoted %v: %q", author, got)
		}
		q := c.asks("quote")
		if q["title"] != "Jak zwrócić zakup" || q["url"] != "/help/pl/zwrot#nadanie-paczki-ze-zwrotem" {
			t.Errorf("the source is %v", q)
		}
		after := h.conversation(id)
		if after.HumanReplied || !after.FirstReplyAt.IsZero() || after.Answers != 0 || after.Turn != before.Turn || !after.WaitingSince.Equal(before.WaitingSince) ||
			!after.Due.Equal(before.Due) || after.Unread != before.Unread || after.Status != centrala.Waiting || after.Assignee != 0 {
			t.Errorf("the quotation counts as an answer: %+v\nbefore: %+v", after, before)
		}
		if code := c.press(id, "quote", true); code != "" {
			t.Fatalf("that it solved is refused: %s", code)
		}
		c.closed()
		other.closed()
		over := h.conversation(id)
		if over.Status != centrala.Resolved || over.HumanReplied {
			t.Errorf("not resolved: %+v", over)
		}
		last := h.timeline(id)[2]
		if last.System == nil || last.System.Kind != "ended" || last.Author.Kind != centrala.ByCustomer {
			t.Errorf("resolved by %+v", last)
		}
		h.stepped(id, "offered opened solved")

		c.send("A jednak nie działa", frame{"conversation": id.String()})
		if again := h.conversation(id); again.Status != centrala.Waiting {
			t.Errorf("who writes again is not heard: %s", again.Status)
		}
		h.node.drain()
		if c.count("bot") != 2 {
			t.Error("the bot quotes a second time")
		}
	})
}

func TestTheCustomerDeclines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		c := h.open(h.visitor())
		id := c.send(question)
		c.asks("offer")
		before := h.conversation(id)
		if code := c.press(id, "offer", false); code != "" {
			t.Fatal(code)
		}
		c.closed()
		after := h.conversation(id)
		if after.Version != before.Version || !after.QueuedAt.Equal(before.QueuedAt) || !after.Due.Equal(before.Due) || after.LastSeq != before.LastSeq || after.Status != centrala.Waiting {
			t.Errorf("who declines is worse off: %+v, was %+v", after, before)
		}
		if code := c.press(id, "offer", true); code != "closed" {
			t.Errorf("to agree afterwards: %q", code)
		}
		h.stepped(id, "offered")

		// Somebody who writes on, instead of pressing a button, is not asked any more either.
		d := h.open(h.visitor())
		id = d.send(question)
		d.asks("offer")
		d.send("To pilne", frame{"conversation": id.String()})
		d.closed()
		if turn := h.turn(id, centrala.BotDeclined); turn.Why != centrala.BotWords {
			t.Errorf("declined by %s", turn.Why)
		}
	})
}

// After the quotation a "no", or any words, hand over; the team reads what was quoted and why.
func TestHandOver(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		for _, by := range []string{"button", "words"} {
			c := h.open(h.visitor())
			id := c.send(question)
			c.asks("offer")
			c.press(id, "offer", true)
			c.asks("quote")
			if by == "button" {
				if code := c.press(id, "quote", false); code != "" {
					t.Fatal(code)
				}
			} else {
				c.send("Chcę rozmawiać z człowiekiem", frame{"conversation": id.String()})
			}
			c.closed()
			turn := h.turn(id, centrala.BotHandedOver)
			var entry *centrala.Message
			for _, m := range h.timeline(id) {
				if m.System != nil && m.System.Kind == "handed_over" {
					entry = &m
				}
			}
			if entry == nil || !entry.Hidden() || entry.System.Article != h.zwrot.ID || entry.System.Title != h.zwrot.Title || entry.System.Seq != turn.Quote || entry.System.State != string(turn.Why) {
				t.Errorf("%s: the team reads %+v", by, entry)
			}
			if q := h.conversation(id); q.Status != centrala.Waiting || q.HumanReplied {
				t.Errorf("%s: %+v", by, q)
			}
			if code := c.press(id, "quote", true); code != "closed" {
				t.Errorf("%s: that it solved, afterwards: %q", by, code)
			}
			h.stepped(id, "offered opened unsolved")
		}
	})
}

func TestTimeRunsOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		c, d := h.open(h.visitor()), h.open(h.visitor())
		offered, quoted := c.send(question), d.send(question)
		c.asks("offer")
		d.asks("offer")
		d.press(quoted, "offer", true)
		d.asks("quote")
		h.must(h.node.bot.Sweep(t.Context()))
		h.turn(offered, centrala.BotAsked)
		h.ahead.Add(int64(4 * time.Minute))
		h.must(h.node.bot.Sweep(t.Context()))
		c.closed()
		h.turn(offered, centrala.BotLapsed)
		h.turn(quoted, centrala.BotQuoted)
		if code := c.press(offered, "offer", true); code != "closed" {
			t.Errorf("to agree too late: %q", code)
		}
		if w := h.open(h.visitor()); w.welcome["bot"] != nil {
			t.Errorf("a stranger is asked %v", w.welcome["bot"])
		}
		h.ahead.Add(int64(12 * time.Minute))
		h.must(h.node.bot.Sweep(t.Context()))
		d.closed()
		if turn := h.turn(quoted, centrala.BotHandedOver); turn.Why != centrala.BotTime {
			t.Errorf("handed over by %s", turn.Why)
		}
		h.stepped(offered, "offered")
		h.stepped(quoted, "offered opened") // nobody said that it did not help
	})
}

func TestAnAgentAnswersFirst(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		c := h.open(h.visitor())
		id := c.send(question)
		c.asks("offer")
		h.reply(id)
		c.closed()
		h.turn(id, centrala.BotLapsed)
		if code := c.press(id, "offer", true); code != "closed" {
			t.Errorf("to agree afterwards: %q", code)
		}

		// The button and the answer meet, and the bot has not heard of the answer.
		d := h.open(h.visitor())
		id = d.send(question)
		d.asks("offer")
		h.node.drain()
		h.node.quiet.Store(true)
		h.reply(id)
		if code := d.press(id, "offer", true); code != "closed" {
			t.Errorf("an agent was faster: %q", code)
		}
		for _, m := range h.timeline(id) {
			if m.Author.Kind == centrala.ByBot {
				t.Errorf("the bot spoke after an agent: %q", m.Text)
			}
		}
		h.ahead.Add(int64(time.Hour))
		h.must(h.node.bot.Sweep(t.Context())) // finds what no event told
		h.turn(id, centrala.BotLapsed)
	})
}

// Two tabs, each button pressed many times at once: one quotation, one end.
func TestManyPresses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		token := h.visitor()
		tabs := []*tab{h.open(token), h.open(token), h.open(token)}
		id := tabs[0].send(question)
		for _, c := range tabs {
			c.asks("offer")
		}
		press := func(step string) {
			var all sync.WaitGroup
			for _, c := range tabs {
				all.Go(func() {
					for range 5 {
						if code := c.press(id, step, true); code != "" {
							t.Errorf("%s: %s", step, code)
						}
					}
				})
			}
			all.Wait()
		}
		press("offer")
		press("quote")
		quotes := 0
		for _, m := range h.timeline(id) {
			if m.Author.Kind == centrala.ByBot {
				quotes++
			}
		}
		if q := h.conversation(id); quotes != 1 || q.Status != centrala.Resolved || q.LastSeq != 3 {
			t.Errorf("%d quotations; %+v", quotes, q)
		}
		h.stepped(id, "offered opened solved")
	})
}

func TestSilence(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		for _, text := range []string{
			"Mam kłopot z fakturą za reklamę w radiu",            // nothing answers
			"Gwarancja na telewizor",                             // two that are alike
			"Prowizja hurtowa od sprzedaży",                      // only for some readers, and nobody has proved a side
			"Dzień dobry",                                        // says nothing
			"Jak zwrócić zakup? Proszę o kontakt z konsultantem", // asks for a person
		} {
			h.silent(h.open(h.visitor()), text)
		}
		c := h.open(h.visitor())
		h.silent(c, "Dzień dobry") // a greeting first, the matter behind it
		c.send(question)
		c.asks("offer")

		off := h.web
		off.Bot = false
		off, err := h.node.db.SaveInbox(t.Context(), off)
		h.must(err)
		h.silent(h.open(h.visitor()), question)
		off.Bot = true
		_, err = h.node.db.SaveInbox(t.Context(), off)
		h.must(err)
	})
}

func TestHeld(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.held.Store(true)
		c := h.open(h.visitor())
		id := c.send(question)
		h.turn(id, centrala.BotHeld)
		h.stepped(id, "held")
		if code := c.press(id, "offer", true); code != "closed" {
			t.Errorf("a button that nobody showed: %q", code)
		}
		h.held.Store(false)
		c.send(question+" Halo?", frame{"conversation": id.String()})
		h.node.drain()
		if c.count("bot") != 0 {
			t.Error("who is held is shown something")
		}
	})
}

// What was withdrawn between offer and button is not quoted.
func TestTheArticleIsWithdrawn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		c := h.open(h.visitor())
		id := c.send(question)
		c.asks("offer")
		a := h.zwrot
		a.Readers = []centrala.Side{centrala.Seller}
		_, err := h.library.SaveArticle(t.Context(), a)
		h.must(err)
		if code := c.press(id, "offer", true); code != "closed" {
			t.Errorf("what is not there is quoted: %q", code)
		}
		c.closed()
		if len(h.timeline(id)) != 1 {
			t.Errorf("%+v", h.timeline(id))
		}
	})
}

// The node dies between offer and button, and between quotation and answer; a tab that comes back
// is asked again, and what was not recorded is.
func TestANodeDies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		token := h.visitor()
		c := h.open(token)
		id := c.send(question)
		c.asks("offer")
		h.node.die()
		h.node = h.boot()
		c = h.open(token)
		asked, _ := c.welcome["bot"].(map[string]any)
		if asked["step"] != "offer" || asked["conversation"] != id.String() {
			t.Fatalf("after the restart the bot asks %v", c.welcome["bot"])
		}
		if code := c.press(id, "offer", true); code != "" {
			t.Fatal(code)
		}
		c.asks("quote")
		h.node.die()
		h.node = h.boot()
		c = h.open(token)
		if asked, _ = c.welcome["bot"].(map[string]any); asked["step"] != "quote" || asked["url"] == nil {
			t.Fatalf("after the restart the bot asks %v", c.welcome["bot"])
		}
		// The move is on disk, and the process is gone before it is recorded.
		_, err := h.node.db.MoveBotTurn(t.Context(), centrala.Everything(), id, centrala.BotUnsolved, centrala.BotQuote{})
		h.must(err)
		h.node.die()
		h.node = h.boot()
		h.must(h.node.bot.Sweep(t.Context()))
		h.stepped(id, "offered opened unsolved")
	})
}

// Two nodes hear of the same words: one offer.
func TestOneNodeActs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		if strings.HasPrefix(h.dsn, "sqlite:") {
			t.Skip("SQLite has one node")
		}
		first := h.node
		second := h.boot()
		c := h.open(h.visitor())
		first.quiet.Store(true)
		id := c.send(question)
		var events []centrala.Event
		commits, err := first.db.Since(t.Context(), centrala.Everything(), 0, 500)
		h.must(err)
		for _, commit := range commits {
			if commit.Event.Conversation == id && commit.Event.Type == centrala.MessageReceived {
				events = append(events, commit.Event)
			}
		}
		var all sync.WaitGroup
		for i := range 10 {
			b := first.bot
			if i%2 == 1 {
				b = second.bot
			}
			all.Go(func() { h.must(b.Handle(t.Context(), events[0])) })
		}
		all.Wait()
		h.turn(id, centrala.BotAsked)
		h.stepped(id, "offered")
	})
}

// A stranger's button, and one in a conversation that the bot never spoke in.
func TestWhoseButton(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		c, stranger := h.open(h.visitor()), h.open(h.visitor())
		id := c.send(question)
		c.asks("offer")
		if code := stranger.press(id, "offer", true); code != "not_found" {
			t.Errorf("a stranger agrees: %q", code)
		}
		other := stranger.send("Mam kłopot z fakturą za reklamę w radiu")
		if code := stranger.press(other, "offer", true); code != "not_found" {
			t.Errorf("nothing was offered: %q", code)
		}
		if code := c.press(id, "coffee", true); code != "invalid" {
			t.Errorf("an unknown step: %q", code)
		}
		if code := c.press(id, "quote", true); code != "closed" {
			t.Errorf("a later button: %q", code)
		}
		h.turn(id, centrala.BotAsked)
	})
}
