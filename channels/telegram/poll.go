package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"centrala"
	"centrala/channels"
)

// Polls implements channels.Poller.
func (c *Channel) Polls(inbox centrala.Inbox) bool {
	return inbox.Account != nil && inbox.Account.Polling
}

// getUpdates asks for what is new; what is below Offset is confirmed by that and never comes again.
type getUpdates struct {
	Offset  int64    `json:"offset,omitempty"`
	Limit   int      `json:"limit"`
	Timeout int      `json:"timeout"`
	Allowed []string `json:"allowed_updates"`
}

// perFetch is how many updates come at once at most.
const perFetch = 100

// Poll implements channels.Poller. The mark is the number of the next update, and moves in the same
// commit that keeps those before it; only the call after that confirms them to Telegram. Whoever
// dies in between gets them again, and the shelf knows them by their keys.
func (c *Channel) Poll(ctx context.Context, inbox centrala.Inbox, to channels.Shelf) error {
	bot := botOf(inbox)
	if bot == "" {
		return errBare
	}
	mark := centrala.Mark{Inbox: inbox.ID, Name: "updates of " + bot}
	var contested time.Time // since when somebody else fetches
	for failures := 0; ctx.Err() == nil; {
		err := c.fetchSome(ctx, inbox, to, mark)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			failures, contested = 0, time.Time{}
			c.c.Board.Note(inbox.ID, channels.In, channels.Working, nil, time.Now())
			continue
		}
		var (
			stopped *channels.Stopped
			slow    *refusal
		)
		if errors.As(err, &stopped) {
			return err
		}
		failures++
		wait := channels.Backoff(failures, 30*time.Second, 0.5+rand.Float64()/2)
		if errors.As(err, &slow) && slow.retry > 0 {
			wait = slow.retry + time.Second
		}
		if contested, err = c.contest(ctx, inbox, err, contested); errors.As(err, &stopped) {
			return err
		}
		c.c.Board.Note(inbox.ID, channels.In, channels.Failing, err, time.Now())
		c.c.Log.Warn("updates could not be fetched", "inbox", inbox.ID.String(), "wait", wait, "err", err)
		pause(ctx, wait)
	}
	return ctx.Err()
}

// contest deals with a 409. A webhook is taken away, since the inbox polls. Another poller is
// mostly a node of ours that ends its last call; one that stays is another program with our token.
func (c *Channel) contest(ctx context.Context, inbox centrala.Inbox, err error, since time.Time) (time.Time, error) {
	yes, hooked := conflict(err)
	switch {
	case !yes:
		return time.Time{}, err
	case hooked:
		dctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
		defer cancel()
		var done bool
		return time.Time{}, &channels.Fault{Code: faultHooked, Err: errors.Join(err, c.call(dctx, inbox, "deleteWebhook", deleteWebhook{}, &done))}
	case since.IsZero():
		since = time.Now()
	}
	if time.Since(since) < c.c.Yield {
		return since, &channels.Fault{Code: faultContested, Err: err}
	}
	return since, &channels.Stopped{Code: faultContested, Reason: "another program fetches this bot's updates with the same token", Err: err}
}

// fetchSome fetches what is new and keeps it together with the mark behind it.
func (c *Channel) fetchSome(ctx context.Context, inbox centrala.Inbox, to channels.Shelf, mark centrala.Mark) error {
	value, err := to.Mark(ctx, inbox.ID, mark.Name)
	if err != nil {
		return err
	}
	ask := getUpdates{Limit: perFetch, Timeout: int(c.c.Hold / time.Second), Allowed: allowed}
	if value != "" {
		if ask.Offset, err = strconv.ParseInt(value, 10, 64); err != nil {
			return fmt.Errorf("the mark %q is no number", value)
		}
	}
	cctx, cancel := context.WithTimeout(ctx, c.c.Hold+c.c.Timeout)
	defer cancel()
	var raws []json.RawMessage
	if err := c.call(cctx, inbox, "getUpdates", ask, &raws); err != nil {
		return err
	}
	if len(raws) == 0 {
		return nil
	}
	now, bot := time.Now(), botOf(inbox)
	hooks := make([]centrala.Hook, 0, len(raws))
	next := ask.Offset
	for _, raw := range raws {
		var u struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(raw, &u); err != nil {
			return errors.New("getUpdates: an update without its number")
		}
		next = max(next, u.ID+1)
		hooks = append(hooks, centrala.Hook{Inbox: inbox.ID, Channel: centrala.Telegram, At: now, Key: keyOf(bot, raw), Body: raw})
	}
	mark.Value = strconv.FormatInt(next, 10)
	return to.KeepHooks(ctx, hooks, &mark)
}
