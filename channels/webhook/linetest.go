package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/words"
)

// Test implements channels.Tester: it posts a ping to where answers go.
func (c *Channel) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	if inbox.Account == nil || len(inbox.Account.HookSecrets()) == 0 {
		return []channels.Finding{finding("settings", false, nil, words.Words.DoorBare)}
	}
	signs := finding("webhook.secret", true, nil, func(w words.Words) string { return w.DoorSigns(len(inbox.Account.HookSecrets())) })
	if inbox.Account.Endpoint == "" {
		f := finding("webhook.endpoint", true, nil, words.Words.DoorOneWay)
		f.Skipped = true
		return []channels.Finding{signs, f}
	}
	return []channels.Finding{signs, c.ping(ctx, inbox)}
}

func (c *Channel) ping(ctx context.Context, inbox centrala.Inbox) channels.Finding {
	const check = "webhook.endpoint"
	to, err := endpoint(inbox)
	if err != nil {
		return finding(check, false, err, words.Words.DoorBadAddress)
	}
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	began := time.Now()
	a, err := c.post(ctx, to, inbox, outgoing{V: Version, Type: "ping", Inbox: inbox.ID.String()}, "")
	f := finding(check, true, nil, func(w words.Words) string { return w.DoorAnswers(a.Status) })
	var doubt *centrala.Ambiguous
	switch {
	case errors.As(err, &doubt):
		f = finding(check, false, doubt.Err, words.Words.DoorSilent)
	case err != nil:
		f = finding(check, false, err, words.Words.DoorSilent)
	case a.Status == 401 || a.Status == 403:
		f = finding(check, false, fmt.Errorf("%d", a.Status), words.Words.DoorRefuses)
	case !a.OK():
		f = finding(check, false, fmt.Errorf("%d", a.Status), func(w words.Words) string { return w.DoorOdd(a.Status) })
	}
	f.Took = time.Since(began)
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
