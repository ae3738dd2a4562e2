package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// What is fetched is called by ourselves, since the library's ways of receiving answer before
// anything is on disk (docs/decisions/032). What is sent goes by the library, see send.go.

// reply is the envelope of every answer of the Bot API.
type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`
	} `json:"parameters"`
}

// refusal is an answer that the Bot API gave instead of a result.
type refusal struct {
	method      string
	code        int
	description string
	retry       time.Duration
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("Telegram refuses %s: %d %s", r.method, r.code, r.description)
}

// errBare says that an inbox has no bot.
var errBare = &channels.Stopped{Code: faultSettings, Reason: "the inbox has no bot token"}

// call asks for a method and reads its result into v. A refusal is *refusal, or *channels.Stopped
// when the token is not good.
func (c *Channel) call(ctx context.Context, inbox centrala.Inbox, method string, params, v any) error {
	if botOf(inbox) == "" {
		return errBare
	}
	if params == nil {
		params = struct{}{}
	}
	r, err := vendor.JSON(ctx, http.MethodPost, c.c.API+"/bot"+inbox.Account.Token+"/"+method, params)
	if err != nil {
		return err
	}
	a, err := c.http.Do(r)
	if err != nil {
		return asked(err)
	}
	var is reply
	if err := a.JSON(&is); err != nil {
		return fmt.Errorf("%s: an answer (%d) that is no JSON", method, a.Status)
	}
	if !is.OK {
		return refused(&refusal{method, is.Code, brief(is.Description), time.Duration(is.Parameters.RetryAfter) * time.Second})
	}
	if err := json.Unmarshal(is.Result, v); err != nil {
		return fmt.Errorf("%s: a result of another shape", method)
	}
	return nil
}

// asked is an error of a call that may be made again: none here changes anything twice.
func asked(err error) error {
	var doubt *centrala.Ambiguous
	if errors.As(err, &doubt) {
		return doubt.Err
	}
	return err
}

// refused tells a token that is not good from all else: then every method answers 401 or 404.
func refused(r *refusal) error {
	if r.code == http.StatusUnauthorized || r.code == http.StatusNotFound {
		return &channels.Stopped{Code: faultToken, Reason: "Telegram does not know the bot's token (any more)", Err: r}
	}
	return r
}

// brief is what Telegram says, as one line.
func brief(s string) string { return vendor.Line(s, 200) }

// conflict reports whether somebody else fetches the updates, or a webhook is set.
func conflict(err error) (yes, hooked bool) {
	var r *refusal
	if !errors.As(err, &r) || r.code != http.StatusConflict {
		return false, false
	}
	return true, strings.Contains(strings.ToLower(r.description), "webhook")
}

// allowed are the kinds of updates that we ask for; a list that is left out would keep the
// previous one.
var allowed = []string{"message", "edited_message", "callback_query", "my_chat_member"}

// atOnce is over how many connections Telegram posts at the same time: few, so that what one
// person writes comes in its order.
const atOnce = 4

type setWebhook struct {
	URL            string   `json:"url"`
	Secret         string   `json:"secret_token"`
	MaxConnections int      `json:"max_connections"`
	Allowed        []string `json:"allowed_updates"`
}

// deleteWebhook never drops what waits.
type deleteWebhook struct {
	Drop bool `json:"drop_pending_updates"`
}

// Settle implements channels.Settler.
func (c *Channel) Settle(ctx context.Context, inbox centrala.Inbox, hook string) error {
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	var done bool
	if inbox.Account == nil {
		return errBare
	}
	if inbox.Account.Polling || !inbox.Enabled {
		return c.call(ctx, inbox, "deleteWebhook", deleteWebhook{}, &done)
	}
	secrets := inbox.Account.HookSecrets()
	if len(secrets) == 0 {
		return &channels.Stopped{Code: faultSettings, Reason: "the inbox has no secret that Telegram could show"}
	}
	return c.call(ctx, inbox, "setWebhook", setWebhook{URL: hook, Secret: secrets[0], MaxConnections: atOnce, Allowed: allowed}, &done)
}

// webhookInfo is how Telegram fares with our webhook.
type webhookInfo struct {
	URL       string `json:"url"`
	Pending   int    `json:"pending_update_count"`
	ErrorDate int64  `json:"last_error_date"`
	Error     string `json:"last_error_message"`
}

func (c *Channel) info(ctx context.Context, inbox centrala.Inbox) (webhookInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	var is webhookInfo
	err := c.call(ctx, inbox, "getWebhookInfo", nil, &is)
	return is, err
}

// Watch implements channels.Watcher: each minute Telegram is asked how many updates wait there, and
// what went wrong with the last one.
func (c *Channel) Watch(ctx context.Context, inbox centrala.Inbox, board *channels.Board) {
	for ctx.Err() == nil {
		is, err := c.info(ctx, inbox)
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		state, why, beside := judge(inbox, is, err, now)
		if beside == nil || state == channels.Working {
			board.Warn(inbox.ID, channels.In, beside)
		}
		if state != "" {
			board.Note(inbox.ID, channels.In, state, why, now)
		}
		pause(ctx, c.c.Look)
	}
}

// many is how many updates may wait at Telegram before that is worth a word; recent is for how
// long a failure is.
const (
	many   = 50
	recent = 5 * time.Minute
)

// judge is what Telegram's view of our webhook means for the line: its state ("" when that is for
// others to say) and why, and what goes wrong beside.
func judge(inbox centrala.Inbox, is webhookInfo, err error, now time.Time) (state channels.State, why, beside error) {
	var stopped *channels.Stopped
	switch {
	case errors.As(err, &stopped):
		return channels.Halted, err, nil
	case err != nil:
		return channels.Failing, err, nil
	case inbox.Account.Polling && is.URL != "":
		return "", nil, &channels.Fault{Code: faultHooked, Err: errors.New("a webhook is set, which keeps us from fetching")}
	case inbox.Account.Polling:
		return "", nil, nil
	case is.URL == "":
		return channels.Failing, &channels.Fault{Code: faultUnhooked, Err: errors.New("no webhook of this bot is set at Telegram")}, nil
	}
	failed := is.ErrorDate > 0 && now.Sub(time.Unix(is.ErrorDate, 0)) < recent
	if failed || is.Pending > many {
		text := fmt.Sprintf("%d updates wait at Telegram", is.Pending)
		if failed {
			text += "; its last post failed: " + brief(is.Error)
		}
		return channels.Working, nil, &channels.Fault{Code: faultPending, Err: errors.New(text)}
	}
	return channels.Working, nil, nil
}

// pause waits for d, or reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
