package meta

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/channels/vendor"
)

// call makes a call to the Graph API for an inbox, and reads its answer into v, nil to read none. Its
// errors are those of a Sender.
func (l *line) call(ctx context.Context, in centrala.Inbox, method, path string, query url.Values, send, v any) error {
	address := l.c.Base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := vendor.JSON(ctx, method, address, send)
	if err != nil {
		return err
	}
	return l.do(ctx, in, r, v)
}

// do makes a request with the inbox's token. What it cost goes to the board.
func (l *line) do(ctx context.Context, in centrala.Inbox, r *http.Request, v any) error {
	a, ok := account(in)
	if !ok {
		return &channels.Stopped{Code: graph.StoppedSettings, Reason: stopReason(graph.StoppedSettings)}
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.Timeout)
	defer cancel()
	if r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", "Bearer "+a.Token)
	}
	answer, err := l.api.Do(r.WithContext(ctx))
	if err != nil {
		return err
	}
	now := l.c.Now()
	u := usageOf(answer.Header)
	if !answer.OK() {
		err := refused(answer, u, now)
		var busy *channels.Busy
		if errors.As(err, &busy) {
			l.c.Board.Usage(in.ID, channels.Out, max(u.percent, 100))
			l.c.Board.Limit(in.ID, channels.Out, now.Add(busy.For))
		}
		return err
	}
	if u.told {
		until := time.Time{}
		if u.regain > 0 {
			until = now.Add(u.regain)
		}
		l.c.Board.Usage(in.ID, channels.Out, u.percent)
		l.c.Board.Limit(in.ID, channels.Out, until)
	}
	if v == nil {
		return nil
	}
	if err := answer.JSON(v); err != nil {
		if r.Method != http.MethodGet {
			return &centrala.Ambiguous{Err: err}
		}
		return err
	}
	return nil
}

// harmless is an error of a call that may be made again though nobody knows how it ended.
func harmless(err error) error {
	var doubt *centrala.Ambiguous
	if errors.As(err, &doubt) {
		return doubt.Err
	}
	return err
}

// usage is how much of what Meta allows has been used, as the headers of its answers say.
type usage struct {
	told    bool
	percent int           // of the scarcest
	regain  time.Duration // until anything is taken again, 0: it is now
}

// usageOf reads X-App-Usage and X-Business-Use-Case-Usage, leniently.
func usageOf(h http.Header) usage {
	type counts struct {
		Calls  number `json:"call_count"`
		CPU    number `json:"total_cputime"`
		Time   number `json:"total_time"`
		Regain number `json:"estimated_time_to_regain_access"` // minutes
	}
	var u usage
	add := func(c counts) {
		u.told = true
		u.percent = max(u.percent, int(min(max(c.Calls, c.CPU, c.Time), 1000)))
		u.regain = max(u.regain, time.Duration(min(max(c.Regain, 0), 7*24*60))*time.Minute)
	}
	var app object[counts]
	if json.Unmarshal([]byte(h.Get("X-App-Usage")), &app) == nil && app.Is {
		add(app.V)
	}
	var cases map[string]list
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &cases) == nil {
		for _, all := range cases {
			for _, raw := range all {
				var c counts
				if json.Unmarshal(raw, &c) == nil {
					add(c)
				}
			}
		}
	}
	return u
}
