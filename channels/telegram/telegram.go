// Package telegram is the line of a bot: what people write to it in private chats, and the
// answers. Updates come by webhook or are fetched; both ways they are on disk before they are
// read. docs/telegram.md says what is taken and what is not.
package telegram

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// DefaultAPI is where the Bot API is.
const DefaultAPI = "https://api.telegram.org"

// Config is what the line works with. Zero durations take their defaults.
type Config struct {
	API     string       // default DefaultAPI
	Files   *blob.Bucket // where files of answers are
	Board   *channels.Board
	Log     *slog.Logger
	Dialer  channels.Dialer
	Timeout time.Duration // of a call that carries no file, default 20 s
	Hold    time.Duration // for how long Telegram may hold an empty getUpdates, default 50 s
	Look    time.Duration // between two looks at the webhook, default 1 min
	Yield   time.Duration // for how long another poller is waited for, default 2 min
}

// Channel is the line. It is safe for concurrent use.
type Channel struct {
	c    Config
	http *vendor.Client
	pace *pace
}

var (
	_ channels.Doorkeeper = (*Channel)(nil)
	_ channels.Poller     = (*Channel)(nil)
	_ channels.Fetcher    = (*Channel)(nil)
	_ channels.Settler    = (*Channel)(nil)
	_ channels.Watcher    = (*Channel)(nil)
	_ channels.Sender     = (*Channel)(nil)
	_ channels.Tester     = (*Channel)(nil)
	_ channels.Explainer  = (*Channel)(nil)
)

// New makes the line.
func New(c Config) *Channel {
	c.API = strings.TrimRight(cmp.Or(c.API, DefaultAPI), "/")
	c.Timeout, c.Hold = cmp.Or(c.Timeout, 20*time.Second), cmp.Or(c.Hold, 50*time.Second)
	c.Look, c.Yield = cmp.Or(c.Look, time.Minute), cmp.Or(c.Yield, 2*time.Minute)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Channel{c: c, http: vendor.New(c.Dialer), pace: newPace()}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() centrala.Channel { return centrala.Telegram }

// Admit implements channels.Doorkeeper: the header holds the secret that we told Telegram with
// setWebhook.
func (c *Channel) Admit(inbox centrala.Inbox, p channels.Posting) (string, error) {
	got := []byte(p.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
	if inbox.Account == nil || len(inbox.Account.HookSecrets()) == 0 {
		return "", &channels.Forged{Reason: "the inbox has no secret to compare with"}
	}
	fits := 0
	for _, secret := range inbox.Account.HookSecrets() {
		fits |= subtle.ConstantTimeCompare(got, []byte(secret))
	}
	if fits == 0 {
		return "", &channels.Forged{Reason: "the secret in X-Telegram-Bot-Api-Secret-Token is another one"}
	}
	return keyOf(botOf(inbox), p.Body), nil
}

// Greet implements channels.Doorkeeper: Telegram does not ask.
func (c *Channel) Greet(centrala.Inbox, url.Values) (string, bool) { return "", false }

// Explain implements channels.Explainer.
func (c *Channel) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	return channels.ExplainHook(c, centrala.Inbox{Channel: centrala.Telegram}, raw)
}

// keyOf is what an update is known by: the bot and the update's number, however it came. "" when
// it cannot be read.
func keyOf(bot string, raw []byte) string {
	var u struct {
		ID *int64 `json:"update_id"`
	}
	if json.Unmarshal(raw, &u) != nil || u.ID == nil {
		return ""
	}
	return bot + ":" + strconv.FormatInt(*u.ID, 10)
}

// botOf is the id of an inbox's bot, which is the open half of its token; "" when it has none.
func botOf(inbox centrala.Inbox) string {
	if inbox.Account == nil {
		return ""
	}
	id, _, ok := strings.Cut(inbox.Account.Token, ":")
	if _, err := strconv.ParseUint(id, 10, 64); !ok || err != nil {
		return ""
	}
	return id
}

// botBy is the bot that a kept update is of: by its key, so that it is read the same when the inbox
// has another bot by then.
func botBy(inbox centrala.Inbox, h centrala.Hook) string {
	if id, _, ok := strings.Cut(h.Key, ":"); ok {
		return id
	}
	return botOf(inbox)
}

// messageRef is the id of a message: they are numbered anew in each chat, and of each bot.
func messageRef(bot string, chat, message int64) string {
	ref := strconv.FormatInt(chat, 10) + ":" + strconv.FormatInt(message, 10)
	if bot != "" {
		return bot + ":" + ref
	}
	return ref
}

// messageIn is the number of a message in its chat; false when ref names none of the chat.
func messageIn(ref string, chat int64) (int, bool) {
	parts := strings.Split(ref, ":")
	if len(parts) != 3 || parts[1] != strconv.FormatInt(chat, 10) {
		return 0, false
	}
	n, err := strconv.Atoi(parts[2])
	return n, err == nil && n > 0
}
