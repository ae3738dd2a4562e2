package channelstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
)

// TelegramHook is what a bot has set with setWebhook.
type TelegramHook struct {
	URL            string   `json:"url"`
	Secret         string   `json:"secret_token"`
	MaxConnections int      `json:"max_connections"`
	Allowed        []string `json:"allowed_updates"`
	Dropped        bool     `json:"drop_pending_updates"`
}

// Hook is what was set with setWebhook last.
func (g *Telegram) Hook() TelegramHook {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hook
}

// secretToken is what setWebhook takes as one.
var secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// bad is why setWebhook does not take h, "" when it does.
func (h TelegramHook) bad() string {
	u, err := url.Parse(h.URL)
	switch {
	case h.URL == "":
		return ""
	case err != nil || u.Scheme != "https" || u.Host == "":
		return "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
	case !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()):
		return "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
	case h.Secret != "" && !secretToken.MatchString(h.Secret):
		return "Bad Request: secret token contains unallowed characters"
	}
	return ""
}

func (g *Telegram) setHook(w http.ResponseWriter, r *http.Request) {
	var h TelegramHook
	if err := json.NewDecoder(r.Body).Decode(&h); err != nil {
		answerTelegram(w, nil, 400, "Bad Request: can't parse parameters", nil)
		return
	}
	if why := h.bad(); why != "" {
		answerTelegram(w, nil, 400, why, nil)
		return
	}
	g.mu.Lock()
	if g.hook = h; h.Dropped {
		g.updates = nil
	}
	if h.URL == "" && g.faults.Hooked != "" {
		g.hook = TelegramHook{URL: g.faults.Hooked}
	}
	g.stir()
	g.mu.Unlock()
	answerTelegram(w, true, 0, "", nil)
}

// Failed has getWebhookInfo say that the last post failed just now; "": that none failed.
func (g *Telegram) Failed(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lastErr, g.errAt = why, time.Now()
}

func (g *Telegram) info(w http.ResponseWriter) {
	g.mu.Lock()
	is := map[string]any{"url": g.hook.URL, "has_custom_certificate": false, "pending_update_count": len(g.updates)}
	if g.lastErr != "" {
		is["last_error_date"], is["last_error_message"] = g.errAt.Unix(), g.lastErr
	}
	g.mu.Unlock()
	answerTelegram(w, is, 0, "", nil)
}

// Reach tells where the host of the webhook is found from now on, a base such as http://127.0.0.1:81,
// and has Telegram post there what waits: one update after the other, each again until it is taken.
// "" finds it nowhere.
func (g *Telegram) Reach(base string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.base == "" && base != "" {
		g.posts.Go(g.postAll)
	}
	g.base = base
	g.stir()
}

// stir wakes whoever waits for news. The caller holds mu.
func (g *Telegram) stir() {
	close(g.news)
	g.news = make(chan struct{})
}

// postAll posts what waits until the host of the webhook is found nowhere, or the fake ends.
func (g *Telegram) postAll() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		g.mu.Lock()
		base, h, news := g.base, g.hook, g.news
		var due *TelegramUpdate
		if len(g.updates) > 0 && h.URL != "" {
			due = &g.updates[0]
		}
		g.mu.Unlock()
		if base == "" {
			return
		}
		retry := make(<-chan time.Time)
		if due != nil {
			at, err := url.Parse(h.URL)
			if err != nil {
				panic(err) // setWebhook took it
			}
			status, err := g.Knock(ctx, base+at.Path, h.Secret, due.Body)
			if err == nil && status/100 == 2 {
				g.unconfirmed(due.ID+1, 0)
				continue
			}
			why := "Connection refused"
			if err == nil {
				why = fmt.Sprintf("Wrong response from the webhook: %d %s", status, http.StatusText(status))
			}
			g.Failed(why)
			retry = time.After(50 * time.Millisecond)
		}
		select {
		case <-g.away:
			return
		case <-news:
		case <-retry:
		}
	}
}

// Knock posts one update as Telegram does, and gives the status of the answer.
func (g *Telegram) Knock(ctx context.Context, address, secret string, body []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// Deliver posts all that waits to a bot's webhook, as often as it takes one of them, until the door
// has let everything in. It gives what the door said to the last that it refused.
func (g *Telegram) Deliver(t testing.TB, door channels.Doorkeeper, inbox centrala.Inbox, to channels.Shelf) error {
	t.Helper()
	for _, u := range g.Pending() {
		if err := g.Post(t, door, inbox, to, u.Body); err != nil {
			return err
		}
		g.unconfirmed(u.ID+1, 0)
	}
	return nil
}

// Post posts one update with the secret that was set.
func (g *Telegram) Post(t testing.TB, door channels.Doorkeeper, inbox centrala.Inbox, to channels.Shelf, body []byte) error {
	t.Helper()
	header := http.Header{"X-Telegram-Bot-Api-Secret-Token": {g.Hook().Secret}, "Content-Type": {"application/json"}}
	return Knock(t, door, inbox, to, header, body)
}

// Knock posts to an inbox as its doorkeeper lets it: what is admitted lies on the shelf.
func Knock(t testing.TB, door channels.Doorkeeper, inbox centrala.Inbox, to channels.Shelf, header http.Header, body []byte) error {
	t.Helper()
	key, err := door.Admit(inbox, channels.Posting{Header: header, Body: body, At: time.Now()})
	if err != nil {
		return err
	}
	return to.KeepHooks(t.Context(), []centrala.Hook{{Inbox: inbox.ID, Channel: door.Kind(), At: time.Now(), Key: key, Body: body}}, nil)
}

// give answers getUpdates, and remembers what was given; the half of it when the line is torn.
func (g *Telegram) give(w http.ResponseWriter, r *http.Request, due []json.RawMessage) {
	g.mu.Lock()
	torn := g.faults.Torn
	for _, body := range due {
		var u struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(body, &u); err != nil {
			panic(err) // Update gave it its number
		}
		g.given[u.ID]++
	}
	g.mu.Unlock()
	if !torn {
		answerTelegram(w, due, 0, "", nil)
		return
	}
	whole, err := json.Marshal(map[string]any{"ok": true, "result": due})
	if err != nil {
		panic(err) // it came as JSON
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(whole[:len(whole)/2]) // whoever asked may be gone
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	select {
	case <-r.Context().Done():
	case <-g.away:
	}
}

// unheard reports whether a getUpdates that would confirm something is to be lost on its way.
func (g *Telegram) unheard(offset int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.faults.Deaf && slices.ContainsFunc(g.updates, func(u TelegramUpdate) bool { return u.ID < offset })
}

// Given is how often getUpdates gave an update.
func (g *Telegram) Given(id int64) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.given[id]
}

// TelegramFaults are what goes wrong.
type TelegramFaults struct {
	Limited    int    // the next sends that are refused with 429
	RetryAfter int    // and for how many seconds
	Unheard    int    // the next sends that are taken, and whose answers never come
	Broken     int    // the next sends that end at a proxy's error page
	Torn       bool   // answers to getUpdates break off in the middle
	Deaf       bool   // getUpdates that would confirm something never comes through
	Contested  bool   // another program's getUpdates ends every one of ours
	Hooked     string // another program sets its webhook again as soon as it is taken away
}

// Fault changes what goes wrong.
func (g *Telegram) Fault(change func(*TelegramFaults)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if change(&g.faults); g.faults.Hooked != "" {
		g.hook = TelegramHook{URL: g.faults.Hooked}
	}
	g.stir()
}

// Token makes another token the only one that is good, as @BotFather does.
func (g *Telegram) Token(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token = token
}

func (g *Telegram) good() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.token
}

// Forget has Telegram have a file no more.
func (g *Telegram) Forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.files, id)
}

// TelegramNews is an update about a message in a private chat, such as edited_message.
func TelegramNews(update int64, kind string, number int64, who string, more map[string]any) []byte {
	chat := json.Number(who)
	m := map[string]any{"message_id": number, "date": time.Now().Unix(), "chat": map[string]any{"id": chat, "type": "private", "first_name": "Ola"},
		"from": map[string]any{"id": chat, "is_bot": false, "first_name": "Ola", "last_name": "Testowa", "language_code": "pl"}}
	for k, v := range more {
		m[k] = v
	}
	body, err := json.Marshal(map[string]any{"update_id": update, kind: m})
	if err != nil {
		panic(err) // tests give what JSON can hold
	}
	return body
}
