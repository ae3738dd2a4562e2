package allegro

import (
	"context"
	"errors"
	"net/http"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro/signin"
	"centrala/words"
)

// Test implements channels.Tester: it asks who the account is, and whether its messages and issues may
// be read.
func (c *Channel) Test(ctx context.Context, in centrala.Inbox) []channels.Finding {
	a := in.Account
	if a == nil || a.Client == "" || a.ClientSecret == "" {
		return []channels.Finding{found("allegro.client", false, words.Words.AllegroBare, "")}
	}
	var out []channels.Finding
	for _, step := range []struct{ check, path, version string }{
		{"allegro.messages", "/messaging/threads?limit=1&offset=0", public},
		{"allegro.issues", "/sale/issues?limit=1&offset=0", beta},
	} {
		began := time.Now()
		_, err := c.call(ctx, in, http.MethodGet, step.path, step.version, nil)
		f := found(step.check, err == nil, words.Words.AllegroReads, "")
		switch code := channels.FaultCode(err); {
		case err == nil:
		case code == signin.NotConnected:
			f = found(code, false, words.Words.AllegroConnect, err.Error())
		case code == signin.Unusable:
			f = found(code, false, words.Words.AllegroClient, err.Error())
		case code == signin.Forbidden:
			f = found(code, false, words.Words.AllegroForbidden, err.Error())
		default:
			f = found(step.check, false, words.Words.AllegroAway, err.Error())
		}
		f.Took = time.Since(began)
		if out = append(out, f); !f.OK {
			break
		}
	}
	return out
}

// Trouble is why the line does not work, in people's words.
func (c *Channel) Trouble(_ centrala.Inbox, h channels.Health) channels.Finding {
	say, known := map[string]func(words.Words) string{
		signin.NotConnected: words.Words.AllegroConnect, signin.Unusable: words.Words.AllegroClient, signin.Forbidden: words.Words.AllegroForbidden,
	}[h.Code]
	if !known {
		say = words.Words.AllegroAway
	}
	return found(h.Code, false, say, h.LastError)
}

// ending is that a connection ends before long.
type ending struct{ at time.Time }

// Error implements error.
func (e *ending) Error() string {
	return "the connection with Allegro ends on " + e.at.Format(time.DateOnly)
}

// Warning is what goes wrong before long, in people's words.
func (c *Channel) Warning(_ centrala.Inbox, why error) channels.Finding {
	var e *ending
	if !errors.As(why, &e) {
		return found("allegro", true, words.Words.AllegroAway, why.Error())
	}
	return found("allegro.expires", true, func(w words.Words) string { return w.AllegroExpires(e.at) }, "")
}

func found(check string, ok bool, say func(words.Words) string, cause string) channels.Finding {
	return channels.Finding{Check: check, OK: ok, Text: both(say), Cause: cause}
}

func both(say func(words.Words) string) map[string]string {
	out := make(map[string]string)
	for _, l := range words.Locales() {
		out[l] = say(words.For(l))
	}
	return out
}
