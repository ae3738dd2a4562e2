package telegram

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
	"centrala/words"
)

// me is who a bot is.
type me struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// Test implements channels.Tester: it asks who the bot is, and how Telegram fares with our webhook.
func (c *Channel) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	if botOf(inbox) == "" {
		return []channels.Finding{finding("settings", false, nil, words.Words.BotMissing)}
	}
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	began := time.Now()
	var bot me
	if err := c.call(ctx, inbox, "getMe", nil, &bot); err != nil {
		var stopped *channels.Stopped
		say := words.Words.BotSilent
		if errors.As(err, &stopped) {
			say = words.Words.BotUnknown
		}
		f := finding("telegram.token", false, err, say)
		f.Took = time.Since(began)
		return []channels.Finding{f}
	}
	name := vendor.Line(bot.Username, 64)
	token := finding("telegram.token", true, nil, func(w words.Words) string { return w.BotKnown(name) })
	if id := inbox.Account.ID; id != "" && id != strconv.FormatInt(bot.ID, 10) {
		token = finding("telegram.token", true, nil, func(w words.Words) string { return w.BotOther(name) })
		token.Warn = true
	}
	token.Took, began = time.Since(began), time.Now()
	hook := c.testHook(ctx, inbox)
	hook.Took = time.Since(began)
	return []channels.Finding{token, hook}
}

func (c *Channel) testHook(ctx context.Context, inbox centrala.Inbox) channels.Finding {
	is, err := c.info(ctx, inbox)
	if err != nil {
		return finding("telegram.webhook", false, err, words.Words.BotSilent)
	}
	if inbox.Account.Polling {
		if is.URL != "" {
			return finding("telegram.webhook", false, nil, words.Words.BotHooked)
		}
		return finding("telegram.webhook", true, nil, words.Words.BotPolls)
	}
	if is.URL == "" {
		return finding("telegram.webhook", false, nil, words.Words.BotUnhooked)
	}
	var failed time.Time
	if is.ErrorDate > 0 && time.Since(time.Unix(is.ErrorDate, 0)) < recent {
		failed = time.Unix(is.ErrorDate, 0)
	}
	if failed.IsZero() && is.Pending <= many {
		f := finding("telegram.webhook", true, nil, words.Words.BotPosted)
		if at, err := url.Parse(is.URL); err == nil {
			f.Cause = at.Host
		}
		return f
	}
	f := finding("telegram.webhook", true, nil, func(w words.Words) string { return w.BotBehind(is.Pending, failed) })
	f.Warn, f.Cause = true, brief(is.Error)
	return f
}

func finding(check string, ok bool, err error, say func(words.Words) string) channels.Finding {
	f := channels.Finding{Check: check, OK: ok, Text: make(map[string]string)}
	for _, l := range words.Locales() {
		f.Text[l] = say(words.For(l))
	}
	if err != nil {
		f.Cause = err.Error()
	}
	return f
}
