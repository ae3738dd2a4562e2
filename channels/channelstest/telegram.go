package channelstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TelegramToken is the token of the only bot that a Telegram knows.
const TelegramToken = "7700077:AAFakeTokenOfABotThatDoesNotExist0"

// The people of a Telegram who cannot be written to: who blocked the bot, of whom Telegram wants a
// pause, to whom the answer never comes though the message was taken, and whose message ends at a
// proxy's error page.
const (
	TelegramBlocked  = "5550403"
	TelegramSlow     = "5550429"
	TelegramSilent   = "5550408"
	TelegramProxied  = "5550502"
	TelegramMoved    = "5550400" // their group became another one: TelegramMovedTo
	TelegramMovedTo  = "5550401"
	TelegramBadPhoto = "5550410" // no picture to them can be shown as a photo
)

// Telegram is a Bot API as a real server behaves, on loopback: getUpdates gives what was not
// confirmed again, one call at a time; a webhook and getUpdates exclude each other; message numbers
// grow in each chat. It is safe for concurrent use.
type Telegram struct {
	URL string

	mu      sync.Mutex
	news    chan struct{} // closed when there are new updates
	updates []TelegramUpdate
	next    int64 // number of the next update
	chats   map[string]int64
	known   map[string]int64 // message numbers by the ids of letters
	files   map[string]File
	kept    int               // files so far
	paths   map[string]string // of files, by id
	expired bool              // the next download fails
	handed  int               // addresses of files
	polls   int               // getUpdates under way
	sent    []TelegramSent
	hook    TelegramHook
	calls   map[string]int
	failing int       // answers that are error pages from now on
	lastErr string    // of a post to the webhook
	errAt   time.Time // when that was
	away    chan struct{}
	faults  TelegramFaults
	token   string        // the only one that is good
	base    string        // where the host of the webhook is found, see Reach
	given   map[int64]int // how often getUpdates gave an update
	posts   sync.WaitGroup
}

// TelegramUpdate is an update that waits at Telegram.
type TelegramUpdate struct {
	ID   int64
	Body json.RawMessage
}

// TelegramSent is a message that a bot sent.
type TelegramSent struct {
	Method, Chat, Text, Answers string
	ParseMode                   string
	ID                          string // bot, chat and number
	File                        *File
	At                          time.Time
}

// NewTelegram starts a Telegram that ends with the test.
func NewTelegram(t testing.TB) *Telegram {
	t.Helper()
	g := &Telegram{next: 880_001, chats: make(map[string]int64), known: make(map[string]int64), files: make(map[string]File),
		paths: make(map[string]string), calls: make(map[string]int), news: make(chan struct{}), away: make(chan struct{}),
		token: TelegramToken, given: make(map[int64]int)}
	s := httptest.NewServer(g)
	t.Cleanup(func() {
		close(g.away)
		g.posts.Wait()
		s.CloseClientConnections()
		s.Close()
	})
	g.URL = s.URL
	return g
}

// ServeHTTP implements http.Handler.
func (g *Telegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.broken() {
		proxied(w)
		return
	}
	token := g.good()
	if path, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+token+"/"); ok {
		g.download(w, path)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+token+"/")
	if !ok {
		answerTelegram(w, nil, 401, "Unauthorized", nil)
		return
	}
	g.mu.Lock()
	g.calls[method]++
	g.mu.Unlock()
	switch method {
	case "getMe":
		answerTelegram(w, map[string]any{"id": 7700077, "is_bot": true, "first_name": "BOK", "username": "jarmark_bot"}, 0, "", nil)
	case "setWebhook", "deleteWebhook":
		g.setHook(w, r)
	case "getWebhookInfo":
		g.info(w)
	case "getUpdates":
		g.getUpdates(w, r)
	case "getFile":
		g.getFile(w, r)
	case "sendMessage", "sendPhoto", "sendDocument":
		g.send(w, r, method)
	default:
		answerTelegram(w, nil, 404, "Not Found: method not found", nil)
	}
}

// answerTelegram writes the envelope of every answer.
func answerTelegram(w http.ResponseWriter, result any, code int, description string, parameters map[string]any) {
	body := map[string]any{"ok": code == 0}
	if code == 0 {
		body["result"] = result
	} else {
		body["error_code"], body["description"] = code, description
		if parameters != nil {
			body["parameters"] = parameters
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if code != 0 {
		w.WriteHeader(code)
	}
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

func (g *Telegram) broken() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failing == 0 {
		return false
	}
	g.failing--
	return true
}

// Break makes the next n answers error pages of a proxy.
func (g *Telegram) Break(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing = n
}

// Calls is how often a method was called.
func (g *Telegram) Calls(method string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls[method]
}

// Sent is what bots sent so far.
func (g *Telegram) Sent() []TelegramSent {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]TelegramSent(nil), g.sent...)
}

// Update has something happen: body is the update without its number, which is given and returned.
func (g *Telegram) Update(body string) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := g.next
	g.next++
	g.updates = append(g.updates, TelegramUpdate{id, json.RawMessage(fmt.Sprintf(`{"update_id":%d,%s`, id, strings.TrimPrefix(strings.TrimSpace(body), "{")))})
	g.stir()
	return id
}

// Pending are the updates that were not confirmed yet.
func (g *Telegram) Pending() []TelegramUpdate {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]TelegramUpdate(nil), g.updates...)
}

func (g *Telegram) getUpdates(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Offset, Limit, Timeout int64 }
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		answerTelegram(w, nil, 400, "Bad Request: can't parse parameters", nil)
		return
	}
	if why := g.conflict(true); why != "" {
		answerTelegram(w, nil, 409, why, nil)
		return
	}
	defer func() {
		g.mu.Lock()
		g.polls--
		g.mu.Unlock()
	}()
	late := time.After(time.Duration(ask.Timeout) * time.Second)
	for {
		if g.unheard(ask.Offset) { // the call that would confirm never comes through
			select {
			case <-r.Context().Done():
			case <-g.away:
			}
			return
		}
		due, news := g.unconfirmed(ask.Offset, ask.Limit)
		if why := g.conflict(false); why != "" {
			answerTelegram(w, nil, 409, why, nil)
			return
		}
		if len(due) > 0 {
			g.give(w, r, due)
			return
		}
		select {
		case <-news:
		case <-late:
			answerTelegram(w, []json.RawMessage{}, 0, "", nil)
			return
		case <-r.Context().Done():
			return
		case <-g.away:
			return
		}
	}
}

// conflict is why getUpdates is refused, or ended while it waits; "" when it goes on. One that begins
// counts as under way then.
func (g *Telegram) conflict(begins bool) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.hook.URL != "":
		return "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	case g.faults.Contested || begins && g.polls > 0:
		return "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	case begins:
		g.polls++
	}
	return ""
}

// unconfirmed forgets what an offset confirms and gives what is left, and what tells of more.
func (g *Telegram) unconfirmed(offset, limit int64) ([]json.RawMessage, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []TelegramUpdate
	var due []json.RawMessage
	for _, u := range g.updates {
		if u.ID < offset {
			continue
		}
		left = append(left, u)
		if int64(len(due)) < limit {
			due = append(due, u.Body)
		}
	}
	g.updates = left
	return due, g.news
}

// Keep has Telegram have a file, and gives its id.
func (g *Telegram) Keep(f File) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kept++
	id := fmt.Sprintf("AgACfile%d", g.kept)
	g.files[id] = f
	return id
}

// Expire makes the address of the next file that is downloaded one that has run out.
func (g *Telegram) Expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.expired = true
}

func (g *Telegram) getFile(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		ID string `json:"file_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		answerTelegram(w, nil, 400, "Bad Request: can't parse parameters", nil)
		return
	}
	g.mu.Lock()
	f, ok := g.files[ask.ID]
	g.handed++
	path := fmt.Sprintf("documents/file_%d", g.handed)
	if ok {
		g.paths[path] = ask.ID
	}
	g.mu.Unlock()
	switch {
	case !ok:
		answerTelegram(w, nil, 400, "Bad Request: wrong file_id or the file is temporarily unavailable", nil)
	case len(f.Data) > 20<<20:
		answerTelegram(w, nil, 400, "Bad Request: file is too big", nil)
	default:
		answerTelegram(w, map[string]any{"file_id": ask.ID, "file_unique_id": "u" + ask.ID, "file_size": len(f.Data), "file_path": path}, 0, "", nil)
	}
}

func (g *Telegram) download(w http.ResponseWriter, path string) {
	g.mu.Lock()
	f, ok := g.files[g.paths[path]]
	if g.expired {
		ok, g.expired = false, false
		delete(g.paths, path)
	}
	g.mu.Unlock()
	if !ok {
		answerTelegram(w, nil, 404, "Not Found", nil)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(f.Data)))
	_, _ = io.WriteString(w, f.Data) // whoever asked may be gone
}
