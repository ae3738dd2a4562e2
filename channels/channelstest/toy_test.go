package channelstest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/vendor"
)

// Pigeon is a seventh channel, to show what one takes: it is this type, its folder, and a line in
// cmd/centrala/lines.go. Its vendor posts {"id","who","name","words","answers"} and takes
// {"key","to","words"}.
type pigeon struct{ vendor *vendor.Client }

const pigeonKind centrala.Channel = "pigeon"

// Kind implements channels.Channel.
func (pigeon) Kind() centrala.Channel { return pigeonKind }

// Admit implements channels.Doorkeeper.
func (pigeon) Admit(inbox centrala.Inbox, p channels.Posting) (string, error) {
	if subtle.ConstantTimeCompare([]byte(p.Header.Get("Ring")), []byte(inbox.Account.HookSecret)) == 0 {
		return "", &channels.Forged{Reason: "the ring is another one"}
	}
	return "", nil
}

// Greet implements channels.Doorkeeper.
func (pigeon) Greet(centrala.Inbox, url.Values) (string, bool) { return "", false }

// Read implements channels.Reader.
func (pigeon) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	var m struct{ ID, Who, Name, Words, Answers string }
	if err := json.Unmarshal(h.Body, &m); err != nil || m.ID == "" || m.Who == "" {
		return centrala.Reading{}, errors.New("not what a pigeon carries")
	}
	in := centrala.Inbound{
		Inbox: inbox.ID, Channel: pigeonKind, Outcome: centrala.Ingested, Reason: "a message from a person", ExternalID: m.ID,
		From: centrala.Address{Name: m.Name, Address: m.Who}, Text: m.Words, FullText: m.Words, At: h.At, Digest: fmt.Sprintf("%x", sha256.Sum256([]byte(m.ID+m.Words))),
	}
	if m.Answers != "" {
		in.About = &centrala.About{ID: m.Answers}
	}
	return centrala.Reading{Parser: 1, What: "letter", Items: []centrala.Inbound{in}}, nil
}

// Explain implements channels.Explainer.
func (p pigeon) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	return channels.ExplainHook(p, centrala.Inbox{}, raw)
}

// Key implements channels.Repeater.
func (pigeon) Key(out centrala.Outbound) string { return out.Delivery.String() }

// Send implements channels.Sender.
func (p pigeon) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	r, err := vendor.JSON(ctx, http.MethodPost, out.Inbox.Account.Endpoint, map[string]string{"key": p.Key(out), "to": out.To.Address, "words": out.Text})
	if err != nil {
		return "", err
	}
	a, err := p.vendor.Do(r)
	switch {
	case err != nil:
		return "", err
	case a.Status == http.StatusGone:
		return "", &centrala.Rejected{Reason: "no such loft", Cause: centrala.Unreachable}
	case !a.OK():
		return "", fmt.Errorf("the loft says %d", a.Status)
	}
	return string(a.Body), nil
}

// Test implements channels.Tester.
func (pigeon) Test(_ context.Context, inbox centrala.Inbox) []channels.Finding {
	ok := inbox.Account != nil && inbox.Account.Endpoint != ""
	return []channels.Finding{{Check: "loft", OK: ok, Text: map[string]string{"pl": "gołębnik", "en": "the loft"}}}
}

// loft is the other side of it.
type loft struct {
	mu   sync.Mutex
	got  []channelstest.Letter
	keys map[string]string
}

// ServeHTTP implements http.Handler.
func (l *loft) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ Key, To, Words string }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch m.To {
	case "gone":
		w.WriteHeader(http.StatusGone)
		return
	case "away":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys[m.Key] == "" {
		l.keys[m.Key] = fmt.Sprintf("p-%d", len(l.keys)+1)
		l.got = append(l.got, channelstest.Letter{ID: l.keys[m.Key], Text: m.Words})
	}
	fmt.Fprint(w, l.keys[m.Key])
}

func TestASeventhChannelIsOneSmallFile(t *testing.T) {
	t.Parallel()
	channelstest.Run(t, func(t testing.TB) channelstest.Line {
		there := &loft{keys: make(map[string]string)}
		s := httptest.NewServer(there)
		t.Cleanup(s.Close)
		p, n := pigeon{vendor.New(channels.Dialer{})}, 0
		inbox := centrala.Inbox{ID: 7, Channel: pigeonKind, Account: &centrala.Account{Endpoint: s.URL, HookSecret: "a ring"}}
		return channelstest.Line{
			Channel: p, Inbox: inbox, Can: channelstest.Features{Threads: true, Knows: true},
			Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
				if n++; l.ID == "" {
					l.ID = fmt.Sprint("t-", n)
				}
				body, err := json.Marshal(map[string]any{"id": l.ID, "who": l.From.Address, "name": l.From.Name, "words": l.Text, "answers": l.Answers, "n": n})
				if err != nil {
					t.Fatal(err)
				}
				if err := channelstest.Knock(t, p, inbox, to.(channels.Shelf), http.Header{"Ring": {"a ring"}}, body); err != nil {
					t.Fatal(err)
				}
			},
			Got: func(testing.TB) []channelstest.Letter {
				there.mu.Lock()
				defer there.mu.Unlock()
				return append([]channelstest.Letter(nil), there.got...)
			},
			Someone: centrala.Address{Name: "Jan", Address: "jan"}, Gone: "gone", Away: "away",
		}
	})
	if e := (pigeon{}).Explain(t.Context(), bytes.NewReader([]byte(`{"id":"1","who":"jan","words":"gru"}`))); e.Outcome != centrala.Ingested || !strings.Contains(e.String(), "gru") {
		t.Errorf("%+v", e)
	}
	if _, err := (pigeon{}).Admit(centrala.Inbox{Account: &centrala.Account{HookSecret: "a ring"}}, channels.Posting{At: time.Now()}); err == nil {
		t.Error("a pigeon without a ring was let in")
	}
}
