package telegram_test

import (
	"context"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/telegram"
)

const secret = "a-Secret_that-we-told-Telegram-0001"

// inboxOf is an inbox with the bot that the fake knows.
func inboxOf(polling bool) centrala.Inbox {
	return centrala.Inbox{ID: 7, Channel: centrala.Telegram, Enabled: true, Account: &centrala.Account{
		ID: "7700077", Name: "@jarmark_bot", Polling: polling, Token: channelstest.TelegramToken, HookSecret: secret + "\nthe-one-before-it",
	}}
}

// lineTo is the line to a fake.
func lineTo(t testing.TB, g *channelstest.Telegram, change func(*telegram.Config)) *telegram.Channel {
	t.Helper()
	files := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = files.Close() }) // in memory
	c := telegram.Config{API: g.URL, Files: files, Timeout: 2 * time.Second, Hold: time.Second, Look: 20 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	return telegram.New(c)
}

// settled is the line and the inbox, told to Telegram.
func settled(t testing.TB, polling bool) (*telegram.Channel, centrala.Inbox, *channelstest.Telegram) {
	t.Helper()
	g := channelstest.NewTelegram(t)
	c, inbox := lineTo(t, g, nil), inboxOf(polling)
	if err := c.Settle(t.Context(), inbox, "https://pomoc.example.test/hooks/in_7"); err != nil {
		t.Fatal(err)
	}
	return c, inbox, g
}

func TestTelegramByWebhook(t *testing.T) {
	t.Parallel()
	suite(t, false)
}

func TestTelegramByPolling(t *testing.T) {
	t.Parallel()
	suite(t, true)
}

func suite(t *testing.T, polling bool) {
	channelstest.Run(t, func(t testing.TB) channelstest.Line {
		c, inbox, g := settled(t, polling)
		return channelstest.Line{
			Channel: c, Inbox: inbox,
			Can: channelstest.Features{Files: true, FilesOut: true, Threads: true, Knows: true},
			Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
				if l.Answers != "" {
					l.From = centrala.Address{Name: "Jan", Address: "5550001"}
				}
				g.Say(l)
				if polling {
					return
				}
				if err := g.Deliver(t, c, inbox, to.(channels.Shelf)); err != nil {
					t.Fatal(err)
				}
			},
			Got:     func(testing.TB) []channelstest.Letter { return g.Letters() },
			Someone: centrala.Address{Name: "Jan", Address: "5550001"},
			Hurry:   func(testing.TB) centrala.Address { return centrala.Address{Address: "5550003"} },
			Writer:  centrala.Address{Name: "Łucja Źdźbło", Address: "5550002"},
			Gone:    channelstest.TelegramBlocked, Away: channelstest.TelegramSlow, Silent: channelstest.TelegramSilent,
			Carries: []channelstest.File{{Name: "zdjęcie łóżka.png", Type: "image/png", Data: "\x89PNG\x00\r\n\xff"}},
		}
	})
}

// polled runs the poller until the test ends.
func polled(t *testing.T, c *telegram.Channel, inbox centrala.Inbox, to channels.Shelf) (done <-chan error, end context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Poll(ctx, inbox, to) }()
	t.Cleanup(cancel)
	return ended, cancel
}
