package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"centrala"
	"centrala/auth"
	"centrala/bot"
	"centrala/gateway"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store"
	"centrala/store/column"
	"centrala/store/library"
	"centrala/store/storetest"
)

const patience = 10 * time.Second

// house is a small installation with a Help Centre, and a clock that a test moves.
type house struct {
	testing.TB
	dsn     string
	ahead   atomic.Int64
	held    atomic.Bool
	team    centrala.Team
	web     centrala.Inbox
	ania    centrala.Agent
	zwrot   centrala.Article
	library *library.Library
	index   *bleve.Engine
	node    *node
	keys    atomic.Int64
}

// node is one process of the installation: everything that its death takes along.
type node struct {
	*house
	db    *store.DB
	bot   *bot.Bot
	guard *auth.Guard
	gw    *gateway.Gateway
	srv   *httptest.Server
	lane  chan centrala.Event
	gone  chan struct{}
	quiet atomic.Bool // the bot hears of nothing
	done  sync.WaitGroup
	once  sync.Once
}

func onBoth(t *testing.T, test func(*testing.T, *house)) {
	t.Helper()
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHouse(t, dsn(t)))
		})
	}
}

func newHouse(t *testing.T, dsn string) *house {
	t.Helper()
	h := &house{TB: t, dsn: dsn}
	var err error
	h.index, err = bleve.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	h.must(err)
	t.Cleanup(func() { h.must(h.index.Close()) })
	h.node = h.boot()
	ctx, db := t.Context(), h.node.db
	h.team, err = db.SaveTeam(ctx, centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}})
	h.must(err)
	h.ania, err = db.SaveAgent(ctx, centrala.Agent{Email: "ania@example.test", Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{h.team.ID}})
	h.must(err)
	h.web, err = db.SaveInbox(ctx, centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Team: h.team.ID, Side: centrala.Buyer, Enabled: true, Bot: true})
	h.must(err)
	for _, a := range []centrala.Article{
		{Locale: "pl", Content: centrala.Content{Slug: "zwrot", Title: "Jak zwrócić zakup", Body: "## Nadanie paczki ze zwrotem\n\nPaczkę ze **zwrotem** nadajesz w dowolnym punkcie w ciągu czternastu dni.\n\n## Pieniądze\n\nPieniądze wracają na konto w ciągu tygodnia od odbioru."}},
		{Locale: "en", Content: centrala.Content{Slug: "return", Title: "How to return a purchase", Body: "You post the parcel at any point within fourteen days of its arrival."}},
		{Locale: "pl", Content: centrala.Content{Slug: "marza", Title: "Prowizja hurtowa od sprzedaży", Readers: []centrala.Side{centrala.Buyer}, Body: "Prowizja hurtowa wynosi trzy procent i nie jest tajemnicą tylko dla wybranych."}},
		{Locale: "pl", Content: centrala.Content{Slug: "gwarancja-a", Title: "Gwarancja na telewizor", Body: "Gwarancja na telewizor trwa dwa lata od dnia zakupu u sprzedającego."}},
		{Locale: "pl", Content: centrala.Content{Slug: "gwarancja-b", Title: "Gwarancja na telewizor", Body: "Gwarancja na telewizor trwa dwa lata od dnia zakupu u sprzedającego."}},
		{Locale: "pl", Content: centrala.Content{Slug: "wspolrzedne", Title: "Zmiana hasła do konta", Body: "Hasło zmieniasz w ustawieniach konta, w zakładce bezpieczeństwo, jednym kliknięciem."}},
	} {
		saved, err := h.library.SaveArticle(ctx, a)
		h.must(err)
		if a.Slug == "zwrot" {
			h.zwrot = saved
		}
	}
	h.must(search.New(h.index, h.library, slog.New(slog.DiscardHandler)).Sync(ctx))
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// boot starts a node over the installation's database.
func (h *house) boot() *node {
	h.Helper()
	n := &node{house: h, lane: make(chan centrala.Event, 10_000), gone: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(h.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	n.db, err = store.Open(context.Background(), h.dsn, store.Options{Now: h.now})
	h.must(err)
	h.library = library.New(n.db)
	help := search.New(h.index, h.library, log)
	n.bot = bot.New(bot.Config{Cases: n.db, Turns: n.db, Suggester: help, Articles: h.library, Shelf: h.library, Base: "https://pomoc.example.test/", Now: h.now, Logger: log,
		Held: func(visitor string, _ time.Time) bool { return h.held.Load() && visitor != "" }})
	n.guard = auth.New(n.db, []byte("0123456789abcdef0123456789abcdef"), auth.Options{NoLimits: true})
	n.gw = gateway.New(gateway.Config{Log: n.db, Lists: n.db, Floor: n.db, House: n.db, Surveys: n.db, Shelf: h.library, Guard: n.guard, Bot: n.bot, Suggester: help,
		Logger: log, Epoch: "e1", NoLimits: true, Now: h.now, Question: func(string) string { return "?" }})
	n.db.OnCommit(func(commits []centrala.Commit) {
		n.gw.Committed(commits)
		for _, c := range commits {
			select {
			case n.lane <- c.Event:
			case <-n.gone:
			}
		}
	})
	n.done.Go(func() { // as the stream would: in order, and each twice
		for {
			select {
			case e := <-n.lane:
				for range 2 {
					if err := n.hear(e); err != nil {
						h.Errorf("handle %s: %v", e.Type, err)
					}
				}
			case <-n.gone:
				return
			}
		}
	})
	n.srv = httptest.NewServer(n.gw)
	h.Cleanup(n.die)
	return n
}

func (n *node) hear(e centrala.Event) error {
	if n.quiet.Load() {
		return nil
	}
	for _, kind := range bot.Events() {
		if kind == e.Type {
			return n.bot.Handle(context.Background(), e)
		}
	}
	return nil
}

// die ends the node.
func (n *node) die() {
	n.once.Do(func() {
		n.srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.must(n.gw.Close(ctx))
		close(n.gone)
		n.done.Wait()
		n.must(n.db.Close())
	})
}

// visitor is a new visitor's token.
func (h *house) visitor() string {
	h.Helper()
	token, _, err := h.node.guard.Visitor(h.Context(), h.web, "", "", "pl")
	h.must(err)
	return token
}

type frame map[string]any

// tab is a client that knows nothing but the wire.
type tab struct {
	*house
	conn    *websocket.Conn
	welcome frame

	mu   sync.Mutex
	all  []frame
	used []bool
	more chan struct{}
}

// open opens a socket and waits for the welcome.
func (h *house) open(token string) *tab {
	h.Helper()
	conn, _, err := websocket.Dial(h.Context(), "ws"+strings.TrimPrefix(h.node.srv.URL, "http"), &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}, HTTPHeader: http.Header{}})
	h.must(err)
	conn.SetReadLimit(1 << 20)
	c := &tab{house: h, conn: conn, more: make(chan struct{})}
	go c.read()
	h.Cleanup(func() { _ = conn.CloseNow() })
	c.say(frame{"type": "hello", "token": token})
	c.welcome = c.want("welcome", func(f frame) bool { return f["type"] == "welcome" })
	return c
}

func (c *tab) read() {
	for {
		_, b, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			c.Errorf("the server sent no JSON: %v", err)
		}
		c.mu.Lock()
		c.all, c.used = append(c.all, f), append(c.used, false)
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
	}
}

func (c *tab) say(f frame) {
	c.Helper()
	b, err := json.Marshal(f)
	c.must(err)
	c.must(c.conn.Write(c.Context(), websocket.MessageText, b))
}

// want waits for the next frame that fits.
func (c *tab) want(what string, fits func(frame) bool) frame {
	c.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		for i, f := range c.all {
			if !c.used[i] && fits(f) {
				c.used[i] = true
				c.mu.Unlock()
				return f
			}
		}
		more, all := c.more, c.all
		c.mu.Unlock()
		select {
		case <-more:
		case <-late:
			c.Fatalf("no %s came; got %v", what, all)
		}
	}
}

// count is how many frames of a type came so far.
func (c *tab) count(kind string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.all {
		if f["type"] == kind {
			n++
		}
	}
	return n
}

func (c *tab) asks(step string) frame {
	c.Helper()
	return c.want("question of the bot: "+step, func(f frame) bool { return f["type"] == "bot" && f["step"] == step })
}

func (c *tab) closed() {
	c.Helper()
	c.want("end of the bot's turn", func(f frame) bool { return f["type"] == "bot.closed" })
}

func (c *tab) ask(f frame) frame {
	c.Helper()
	ref := fmt.Sprint("r", c.keys.Add(1))
	f["ref"] = ref
	c.say(f)
	return c.want("answer", func(f frame) bool { return f["ref"] == ref })
}

// send sends a message and gives its conversation.
func (c *tab) send(text string, more ...frame) centrala.ConversationID {
	c.Helper()
	f := frame{"type": "message.send", "key": fmt.Sprint("k", c.keys.Add(1)), "text": text}
	for _, m := range more {
		for k, v := range m {
			f[k] = v
		}
	}
	a := c.ask(f)
	if a["type"] != "ack" {
		c.Fatalf("%v", a)
	}
	var id centrala.ConversationID
	c.must(id.UnmarshalText([]byte(a["conversation"].(string))))
	return id
}

// press presses a button of the bot's; "" when it was taken, else the code of the refusal.
func (c *tab) press(id centrala.ConversationID, step string, yes bool) string {
	c.Helper()
	a := c.ask(frame{"type": "bot.answer", "conversation": id.String(), "step": step, "yes": yes})
	if a["type"] == "ack" {
		return ""
	}
	return a["code"].(string)
}

// turn is the bot's turn, once it is in a state.
func (h *house) turn(id centrala.ConversationID, state centrala.BotState) centrala.BotTurn {
	h.Helper()
	var t centrala.BotTurn
	h.until("the bot's turn is "+string(state), func() bool {
		var err error
		t, err = h.node.db.BotTurn(h.Context(), id)
		return err == nil && t.State == state
	})
	return t
}

// until waits for a condition.
func (h *house) until(what string, ok func() bool) {
	h.Helper()
	for late := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) { // polls a database
		if time.Now().After(late) {
			h.Fatalf("never: %s", what)
		}
	}
}

// steps are the recorded steps of a conversation's offer, by name: who records them may be several.
func (h *house) steps(id centrala.ConversationID) string {
	h.Helper()
	rows, err := h.node.db.Reads().QueryContext(h.Context(), `SELECT kind FROM suggestion WHERE conversation = $1 AND place = 'bot'`, id)
	h.must(err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var kind string
		h.must(rows.Scan(&kind))
		out = append(out, kind)
	}
	h.must(rows.Err())
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (h *house) stepped(id centrala.ConversationID, want string) {
	h.Helper()
	h.until("steps "+want, func() bool { return len(strings.Fields(h.steps(id))) >= len(strings.Fields(want)) })
	if got := h.steps(id); got != want {
		h.Errorf("recorded %q, want %q", got, want)
	}
}

func (h *house) conversation(id centrala.ConversationID) centrala.Conversation {
	h.Helper()
	c, err := h.node.db.Conversation(h.Context(), centrala.Everything(), id)
	h.must(err)
	return c
}

func (h *house) timeline(id centrala.ConversationID) []centrala.Message {
	h.Helper()
	msgs, _, err := h.node.db.Messages(h.Context(), centrala.Everything(), id, centrala.Page{})
	h.must(err)
	return msgs
}

// reply is Ania's answer.
func (h *house) reply(id centrala.ConversationID) {
	h.Helper()
	_, err := h.node.db.Append(h.Context(), centrala.Post{Sender: h.ania.ID.String(), Key: fmt.Sprint("a", h.keys.Add(1)), Author: centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"},
		Conversation: id, Agent: h.ania.ID, Scope: centrala.Everything(), Text: "Już sprawdzam."})
	h.must(err)
}

// silent sends words and waits until the bot has heard of them: it has said nothing.
func (h *house) silent(c *tab, text string) {
	h.Helper()
	id := c.send(text)
	h.node.drain()
	if t, err := h.node.db.BotTurn(h.Context(), id); centrala.CodeOf(err) != centrala.NotFound {
		h.Errorf("%q: the bot's turn is %s (%v)", text, t.State, err)
	}
	if c.count("bot") != 0 || h.steps(id) != "" {
		h.Errorf("%q: the bot asks", text)
	}
}

// settled waits until what the widget suggested is recorded.
func (n *node) settled() {
	n.Helper()
	n.until("the widget's suggestion is recorded", func() bool {
		count, err := column.One(n.Context(), n.db.Reads(), func(n *int) []any { return []any{n} }, `SELECT count(*) FROM suggestion WHERE place = 'widget'`)
		n.must(err)
		return count > 0
	})
}

// drain waits until the bot has heard of everything that happened.
func (n *node) drain() {
	n.Helper()
	e := centrala.Event{Type: "test.drained"}
	n.lane <- e
	n.until("the lane is empty", func() bool { return len(n.lane) == 0 })
	n.lane <- e // the one before is handled when this one is taken
	n.until("the lane is empty", func() bool { return len(n.lane) == 0 })
}
