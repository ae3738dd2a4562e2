package main

import (
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/lab"
)

// writes has somebody write to the bot, and gives the number of the update.
func (b *telegramBot) writes(text string) int64 {
	return b.telegram.Say(channelstest.Letter{From: centrala.Address{Name: "Ola", Address: somebody}, Text: text})
}

// dies kills the program, and starts it again once the network does what change says.
func (b *telegramBot) dies(t *testing.T, change func(*channelstest.TelegramFaults)) {
	t.Helper()
	if err := b.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = b.Wait() // it was killed
	b.telegram.Fault(change)
	b.process = b.h.serve(t)
}

// Killed between the answer and the commit, or between the commit and the call that confirms, the
// program loses nothing and doubles nothing.
func TestTelegramIsFetched(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, true)
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Torn = true })
		first := b.writes("pierwsza")
		channelstest.Eventually(t, "the half of an answer is there", func() bool { return b.telegram.Given(first) > 0 })
		b.dies(t, func(f *channelstest.TelegramFaults) { f.Torn = false })
		c := b.says(t, "pierwsza")
		if n := b.telegram.Given(first); n < 2 {
			t.Errorf("the first was given %d times: nothing was tried", n)
		}
		channelstest.Eventually(t, "it is confirmed", func() bool { return len(b.telegram.Pending()) == 0 })

		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Deaf = true })
		b.writes("druga")
		b.says(t, "druga")
		if len(b.telegram.Pending()) != 1 {
			t.Error("the second was confirmed: nothing was tried")
		}
		b.dies(t, func(f *channelstest.TelegramFaults) { f.Deaf = false })
		b.writes("trzecia")
		b.says(t, "trzecia")
		channelstest.Eventually(t, "all is confirmed", func() bool { return len(b.telegram.Pending()) == 0 })
		if texts := b.texts(t, c); !slices.Equal(texts, []string{"pierwsza", "druga", "trzecia"}) {
			t.Errorf("the conversation says %q", texts)
		}
		b.tally(t, map[string]int{"taken": 3})
	})
}

// What keeps us from fetching is told in words, and is over when it is over.
func TestTelegramCannotBeFetched(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, true)
		b.writes("przed")
		b.says(t, "przed")
		fails := func(what, code, polish, english string) {
			t.Helper()
			is := b.fares(t, what, func(s lineState) bool { return !s.OK && s.Code == code && s.Error != "" })
			if !strings.Contains(is.Error, polish) || !strings.Contains(is.Error, " (") || is.FailingSince.IsZero() || is.LastOK.IsZero() {
				t.Errorf("%s: %+v", what, is)
			}
			if is := b.line(t, "en"); !strings.Contains(is.Error, english) {
				t.Errorf("%s, in English: %q", what, is.Error)
			}
		}
		works := func(text string) {
			t.Helper()
			b.writes(text)
			b.says(t, text)
			b.fares(t, "it works again", func(s lineState) bool { return s.OK && s.Error == "" && s.Code == "" })
		}
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Hooked = "https://inny.example/hook" })
		fails("a webhook is set", "telegram.hooked", "jest ustawiony webhook", "has a webhook")
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Hooked = "" })
		works("bez webhooka")
		if h := b.telegram.Hook(); h.URL != "" || h.Dropped {
			t.Errorf("the webhook of the other program: %+v", h)
		}

		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Contested = true })
		fails("another program fetches", "telegram.contested", "odbiera inny program", "Another program")
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Contested = false })
		works("sami")

		b.network.Set(lab.Weather{Cut: 1})
		b.network.CutAll()
		fails("the network is cut", "", "Telegram nie odpowiada", "does not answer")
		b.network.Set(lab.Weather{})
		works("znowu w sieci")
	})
}

// What waits at Telegram while we are away is told, and comes when we are back.
func TestTelegramWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b := newBot(t, dsn, false)
		b.telegram.Failed("Wrong response from the webhook: 502 Bad Gateway")
		b.must(t, "PATCH", "/v1/inboxes/"+b.inbox, b.admin, map[string]any{"name": "Telegram sklepu"}, nil)
		is := b.fares(t, "it warns", func(s lineState) bool { return s.OK && s.Warning != "" })
		if !strings.Contains(is.Warning, "Wiadomości czekają u\u00a0Telegrama") || !strings.Contains(is.Warning, "502 Bad Gateway") {
			t.Errorf("the warning: %q", is.Warning)
		}
		if is := b.line(t, "en"); !strings.Contains(is.Warning, "Messages wait at Telegram") {
			t.Errorf("the warning in English: %q", is.Warning)
		}
		b.telegram.Reach(b.Base)
		b.writes("przed przerwą")
		c := b.says(t, "przed przerwą")
		if code := b.end(t); code != 0 {
			t.Fatalf("the program ended with %d", code)
		}
		for _, text := range []string{"w przerwie 1", "w przerwie 2"} {
			b.writes(text)
		}
		if len(b.telegram.Pending()) != 2 {
			t.Errorf("%d updates wait, want 2", len(b.telegram.Pending()))
		}
		b.process = b.h.serve(t)
		b.telegram.Reach(b.Base)
		b.says(t, "w przerwie 2")
		if texts := b.texts(t, c); !slices.Equal(texts, []string{"przed przerwą", "w przerwie 1", "w przerwie 2"}) {
			t.Errorf("the conversation says %q", texts)
		}
		b.fares(t, "the line works, and says how late it was", func(s lineState) bool {
			return s.OK && !s.LastOK.IsZero() && s.Delay > 0 && s.Behind == 0 && s.Lag == 0
		})
	})
}
