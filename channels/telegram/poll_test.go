package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/telegram"
)

func says(who, text string) channelstest.Letter {
	return channelstest.Letter{From: centrala.Address{Name: "Ola", Address: who}, Text: text}
}

// frail is a shelf whose process is killed in the middle of keeping, so many times: before the
// commit or, every other time, after it and before anybody learns of it.
type frail struct {
	channels.Shelf
	mu     sync.Mutex
	deaths int
}

// KeepHooks implements channels.Shelf.
func (f *frail) KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error {
	f.mu.Lock()
	dies, after := f.deaths > 0, f.deaths%2 == 0
	if dies {
		f.deaths--
	}
	f.mu.Unlock()
	if !dies || after {
		if err := f.Shelf.KeepHooks(ctx, hooks, upto); err != nil {
			return err
		}
	}
	if dies {
		runtime.Goexit()
	}
	return nil
}

// Whoever dies between getUpdates and the commit, or between the commit and the next getUpdates,
// loses nothing and doubles nothing.
func TestADeathWhileFetchingLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	log := &channelstest.Recorder{}
	shelf := &frail{Shelf: log, deaths: 7}
	for n := range 250 {
		g.Say(says("5550001", fmt.Sprintf("Wiadomość %d", n)))
	}
	for lives := 0; ; lives++ {
		if lives > 20 {
			t.Fatal("it still dies")
		}
		c := lineTo(t, g, nil) // a new process
		ctx, cancel := context.WithCancel(t.Context())
		died := make(chan struct{})
		go func() {
			defer close(died)
			_ = c.Poll(ctx, inboxOf(true), shelf) // it dies, or ends with ctx
		}()
		all := func() bool { return len(log.Hooks()) == 250 && len(g.Pending()) == 0 }
		channelstest.Eventually(t, "it died or is done", func() bool {
			select {
			case <-died:
				return true
			default:
				return all()
			}
		})
		done := all()
		cancel()
		<-died
		if done {
			break
		}
	}
	seen := map[string]int{}
	for n, h := range log.Hooks() {
		seen[h.Key]++
		if want := fmt.Sprintf("Wiadomość %d", n); first(t, string(h.Body)).Text != want {
			t.Errorf("hook %d is %s, want %q", n, h.Body, want)
		}
	}
	if len(seen) != 250 {
		t.Errorf("%d updates of 250", len(seen))
	}
}

func TestAThousandUpdatesComeOnceAndInOrder(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, true)
	for n := range 1000 {
		g.Say(says("5550001", fmt.Sprint(n)))
	}
	log := &channelstest.Recorder{}
	polled(t, c, inbox, log)
	channelstest.Eventually(t, "all came and were confirmed", func() bool { return len(log.Hooks()) == 1000 && len(g.Pending()) == 0 })
	for n, h := range log.Hooks() {
		if first(t, string(h.Body)).Text != fmt.Sprint(n) {
			t.Fatalf("hook %d is %s", n, h.Body)
		}
	}
	if calls := g.Calls("getUpdates"); calls > 40 {
		t.Errorf("%d calls for 1000 updates", calls)
	}
}

func TestPollingHealsWhatTimeHeals(t *testing.T) {
	t.Parallel()
	board := &channels.Board{}
	g := channelstest.NewTelegram(t)
	c, inbox, log := lineTo(t, g, func(c *telegram.Config) { c.Board = board }), inboxOf(true), &channelstest.Recorder{}
	g.Break(2)
	g.Say(says("5550001", "po awarii"))
	polled(t, c, inbox, log)
	channelstest.Eventually(t, "it is fetched", func() bool { return len(log.Hooks()) == 1 })
	channelstest.Eventually(t, "the line works", func() bool {
		h, _ := board.Line(inbox.ID, channels.In)
		return h.State == channels.Working && strings.Contains(h.LastError, "502")
	})
}

// A webhook that somebody set keeps us from fetching, and is taken away; what waits stays.
func TestPollingTakesAWebhookAway(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, false)
	inbox.Account.Polling = true
	g.Say(says("5550001", "czeka"))
	log := &channelstest.Recorder{}
	polled(t, c, inbox, log)
	channelstest.Eventually(t, "it is fetched", func() bool { return len(log.Hooks()) == 1 })
	if h := g.Hook(); h.URL != "" || h.Dropped {
		t.Errorf("%+v", h)
	}
}

// Two nodes of ours may overlap for one long call; another program that stays is named.
func TestAnotherPollerIsNamed(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	other := lineTo(t, g, func(c *telegram.Config) { c.Hold = time.Minute })
	polled(t, other, inboxOf(true), &channelstest.Recorder{})
	channelstest.Eventually(t, "the other one fetches", func() bool { return g.Calls("getUpdates") > 0 })
	c := lineTo(t, g, func(c *telegram.Config) { c.Yield = time.Millisecond })
	done, _ := polled(t, c, inboxOf(true), &channelstest.Recorder{})
	var stopped *channels.Stopped
	if err := <-done; !errors.As(err, &stopped) || stopped.Code != "telegram.contested" {
		t.Errorf("%v", err)
	}
}

func TestABadTokenStopsTheLineAndIsToldNowhere(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	c, inbox := lineTo(t, g, nil), inboxOf(true)
	inbox.Account.Token = "78:AAGeheim"
	var stopped *channels.Stopped
	err := c.Poll(t.Context(), inbox, &channelstest.Recorder{})
	if !errors.As(err, &stopped) || stopped.Code != "telegram.token" || strings.Contains(err.Error(), "Geheim") {
		t.Errorf("%v", err)
	}
	_, err = c.Send(t.Context(), centrala.Outbound{Inbox: inbox, To: centrala.Address{Address: "5550001"}, Text: "x"})
	if !errors.As(err, &stopped) || strings.Contains(err.Error(), "Geheim") {
		t.Errorf("%v", err)
	}
	gone := lineTo(t, g, func(c *telegram.Config) { c.API = "http://127.0.0.1:1" })
	for what, err := range map[string]error{
		"send":   second(gone.Send(t.Context(), centrala.Outbound{Inbox: inbox, To: centrala.Address{Address: "5550001"}, Text: "x"})),
		"fetch":  second(gone.Fetch(t.Context(), inbox, centrala.Media{Handle: "F"})),
		"settle": gone.Settle(t.Context(), inbox, "https://x.test/hooks/in_7"),
	} {
		var doubt *centrala.Ambiguous
		if err == nil || strings.Contains(err.Error(), "Geheim") || errors.As(err, &stopped) || errors.As(err, &doubt) {
			t.Errorf("%s, nobody there: %v", what, err)
		}
	}
	inbox.Account.Token = "nonsense"
	if err := c.Poll(t.Context(), inbox, &channelstest.Recorder{}); !errors.As(err, &stopped) {
		t.Errorf("%v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheWebhookIsSetAsTheContractSays(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, false)
	h := g.Hook()
	if h.URL != "https://pomoc.example.test/hooks/in_7" || h.Secret != secret || h.Dropped || h.MaxConnections != 4 || strings.Join(h.Allowed, " ") != "message edited_message callback_query my_chat_member" || strings.Contains(h.URL, "AAF") {
		t.Errorf("%+v", h)
	}
	g.Say(says("5550001", "czeka"))
	for range 2 { // it may be settled again though nothing changed
		if err := c.Settle(t.Context(), inbox, h.URL); err != nil || len(g.Pending()) != 1 {
			t.Errorf("%v, %d updates wait", err, len(g.Pending()))
		}
	}
	inbox.Enabled = false
	if err := c.Settle(t.Context(), inbox, h.URL); err != nil || g.Hook().URL != "" || g.Hook().Dropped || len(g.Pending()) != 1 {
		t.Errorf("switched off: %v, %+v", err, g.Hook())
	}
}

// What is posted twice is kept once; a wrong secret keeps nothing.
func TestPostsAreKeptOnce(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, false)
	log := &channelstest.Recorder{}
	g.Say(says("5550001", "pierwsza"))
	g.Say(says("5550001", "druga"))
	waiting := g.Pending()
	for _, n := range []int{1, 0, 1, 0, 0} { // doubled, and in another order
		if err := g.Post(t, c, inbox, log, waiting[n].Body); err != nil {
			t.Fatal(err)
		}
	}
	stranger := inbox
	stranger.Account = &centrala.Account{Token: inbox.Account.Token, HookSecret: "another one"}
	if err := g.Post(t, c, stranger, log, waiting[0].Body); err == nil {
		t.Error("a wrong secret was let in")
	}
	if hooks := log.Hooks(); len(hooks) != 2 || hooks[0].Key != "7700077:880002" || hooks[1].Key != "7700077:880001" {
		t.Errorf("%+v", hooks)
	}
	// Fetched after it was posted, it is still the same.
	inbox.Account.Polling = true
	if err := c.Settle(t.Context(), inbox, ""); err != nil {
		t.Fatal(err)
	}
	polled(t, c, inbox, log)
	channelstest.Eventually(t, "it was fetched", func() bool { return len(g.Pending()) == 0 })
	if len(log.Hooks()) != 2 {
		t.Errorf("%d hooks", len(log.Hooks()))
	}
}

// An edit that comes before what it edits tells which message it is about, and which version it is.
func TestAnEditBeforeItsOriginal(t *testing.T) {
	t.Parallel()
	edit, original := first(t, sample(t, "edited")), first(t, sample(t, "text"))
	if edit.About.ID != original.ExternalID || edit.About.Version <= original.At.Unix() {
		t.Errorf("%+v, %+v", edit.About, original)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, false)
	board := &channels.Board{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Watch(ctx, inbox, board) }()
	is := func(what string, ok func(channels.Health) bool) {
		t.Helper()
		channelstest.Eventually(t, what, func() bool { h, _ := board.Line(inbox.ID, channels.In); return ok(h) })
	}
	is("works", func(h channels.Health) bool {
		return h.State == channels.Working && h.Warning == "" && !h.LastOK.IsZero()
	})
	g.Failed("Wrong response from the webhook: 500 Internal Server Error")
	g.Say(says("5550001", "czeka"))
	is("warns", func(h channels.Health) bool {
		return h.State == channels.Working && strings.Contains(h.Warning, "1 updates wait") && strings.Contains(h.Warning, "500 Internal") && channels.FaultCode(h.Beside) == "telegram.pending"
	})
	g.Failed("")
	is("is well again", func(h channels.Health) bool { return h.Warning == "" })
	off := inbox
	off.Enabled = false
	if err := c.Settle(t.Context(), off, ""); err != nil {
		t.Fatal(err)
	}
	is("has no webhook", func(h channels.Health) bool { return h.State == channels.Failing && h.Code == "telegram.unhooked" })
	cancel()
	<-done
}

func TestTheLineTestSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	c, inbox, g := settled(t, false)
	last := func(in centrala.Inbox) channels.Finding {
		found := c.Test(t.Context(), in)
		return found[len(found)-1]
	}
	if f := last(inbox); !f.OK || f.Warn || f.Cause != "pomoc.example.test" {
		t.Errorf("%+v", f)
	}
	g.Failed("Connection refused")
	if f := last(inbox); !f.OK || !f.Warn || f.Cause != "Connection refused" {
		t.Errorf("behind: %+v", f)
	}
	polls := inboxOf(true)
	if f := last(polls); f.OK || f.Text["pl"] == "" {
		t.Errorf("polls with a webhook: %+v", f)
	}
	if err := c.Settle(t.Context(), polls, ""); err != nil {
		t.Fatal(err)
	}
	if f := last(polls); !f.OK {
		t.Errorf("polls: %+v", f)
	}
	if f := last(inbox); f.OK {
		t.Errorf("without a webhook: %+v", f)
	}
	inbox.Account.ID = "78"
	if f := c.Test(t.Context(), inbox)[0]; !f.OK || !f.Warn {
		t.Errorf("another bot: %+v", f)
	}
	inbox.Account.Token = "78:AAGeheim"
	if f := last(inbox); f.OK || f.Check != "telegram.token" || strings.Contains(f.Cause, "Geheim") {
		t.Errorf("an unknown token: %+v", f)
	}
}
