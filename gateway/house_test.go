package gateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"

	"centrala"
	"centrala/auth"
	"centrala/gateway"
	"centrala/gateway/hints"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
)

// The gateway's ports are those of the real store and guard.
var (
	_ gateway.Log     = (*store.DB)(nil)
	_ gateway.Lists   = (*store.DB)(nil)
	_ gateway.Floor   = (*store.DB)(nil)
	_ gateway.House   = (*store.DB)(nil)
	_ gateway.Surveys = (*store.DB)(nil)
	_ hints.Shelf     = (*library.Library)(nil)
	_ gateway.Guard   = (*auth.Guard)(nil)
)

// place is a whole small installation: SQLite on disk, a guard, a gateway behind HTTP.
type place struct {
	testing.TB
	db    *store.DB
	log   *faulty
	deaf  atomic.Bool // commits do not reach the gateway
	guard *auth.Guard
	gw    *gateway.Gateway
	srv   *httptest.Server
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)

	buyers, sellers centrala.Team
	web, shop       centrala.Inbox   // buyers' and sellers' doors
	article         centrala.Article // what is suggested whatever is asked
	agents          map[string]centrala.Agent
}

type shelf []centrala.Suggestion

func (s shelf) Suggest(context.Context, centrala.Query) ([]centrala.Suggestion, error) { return s, nil }

// faulty is the store with a switch that makes it take nothing.
type faulty struct {
	*store.DB
	broken     atomic.Bool
	afterSince atomic.Pointer[func()] // called before Since returns
}

func (f *faulty) Since(ctx context.Context, scope centrala.Scope, after centrala.EventID, limit int) ([]centrala.Commit, error) {
	commits, err := f.DB.Since(ctx, scope, after, limit)
	if then := f.afterSince.Load(); then != nil {
		(*then)()
	}
	return commits, err
}

func (f *faulty) Append(ctx context.Context, p centrala.Post) (centrala.Receipt, error) {
	if f.broken.Load() {
		return centrala.Receipt{}, &centrala.Error{Code: centrala.Unavailable, Message: "The disk is full."}
	}
	return f.DB.Append(ctx, p)
}

func open(t testing.TB, change ...func(*gateway.Config)) *place {
	t.Helper()
	p := furnish(t, change...)
	p.srv = httptest.NewServer(p.gw)
	t.Cleanup(p.srv.Close)
	return p
}

// furnish is open without the HTTP server.
func furnish(t testing.TB, change ...func(*gateway.Config)) *place {
	t.Helper()
	ctx := context.Background()
	p := &place{TB: t, agents: map[string]centrala.Agent{}}
	db, err := store.Open(ctx, storetest.SQLite(t), store.Options{})
	p.must(err)
	p.db, p.log = db, &faulty{DB: db}
	p.guard = auth.New(db, []byte("0123456789abcdef0123456789abcdef"), auth.Options{NoLimits: true})
	p.buyers, err = db.SaveTeam(ctx, centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}})
	p.must(err)
	p.sellers, err = db.SaveTeam(ctx, centrala.Team{Name: "Sprzedający", Sides: []centrala.Side{centrala.Seller}})
	p.must(err)
	p.web, err = db.SaveInbox(ctx, centrala.Inbox{Slug: "web", Name: "Web", Channel: centrala.Chat, Side: centrala.Buyer, Team: p.buyers.ID,
		Enabled: true, Origins: []string{"https://shop.example", "*.wide.example"}})
	p.must(err)
	p.shop, err = db.SaveInbox(ctx, centrala.Inbox{Slug: "shop", Name: "Shop", Channel: centrala.Chat, Side: centrala.Seller, Team: p.sellers.ID,
		Enabled: true, Origins: []string{"https://sell.example"}})
	p.must(err)
	for _, a := range []centrala.Agent{
		{Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{p.buyers.ID}},
		{Name: "Piotr", Role: centrala.RoleAgent, Teams: []centrala.TeamID{p.buyers.ID}},
		{Name: "Marek", Role: centrala.RoleAgent, Teams: []centrala.TeamID{p.sellers.ID}},
		{Name: "Ewa", Role: centrala.RoleSupervisor, Teams: []centrala.TeamID{p.buyers.ID}},
		{Name: "Admin", Role: centrala.RoleAdmin},
	} {
		a.Email = strings.ToLower(a.Name) + "@demo.test"
		a, err = db.SaveAgent(ctx, a)
		p.must(err)
		p.agents[strings.ToLower(a.Name)] = a
	}
	p.article, err = library.New(db).SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "zwrot", Title: "Zwrot"}})
	p.must(err)
	cfg := gateway.Config{
		Log: p.log, Lists: p.log, Floor: db, House: db, Surveys: db, Shelf: library.New(db), Guard: p.guard,
		Suggester: shelf{{ID: p.article.ID, Title: "Zwrot", URL: "/help/pl/zwrot", Snippet: "…", Score: 1}},
		Logger:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Question:  func(locale string) string { return "q-" + locale }, Epoch: "e1",
		Site: auth.Site{Hosts: []string{"centrala.test"}},
	}
	for _, f := range change {
		f(&cfg)
	}
	p.gw = gateway.New(cfg)
	db.OnCommit(func(commits []centrala.Commit) {
		if !p.deaf.Load() {
			p.gw.Committed(commits)
		}
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.gw.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		p.must(db.Close())
	})
	return p
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// visitor is a new visitor's token at a door.
func (p *place) visitor(in centrala.Inbox) string {
	p.Helper()
	token, _, err := p.guard.Visitor(context.Background(), in, "", "", "pl")
	p.must(err)
	return token
}

// signed is the token of a visitor whom the host site has signed in.
func (p *place) signed(in centrala.Inbox, sub, side string) string {
	p.Helper()
	identity, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": sub, "side": side, "aud": in.Slug,
		"exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	p.must(err)
	in.Secret = secret
	token, _, err := p.guard.Visitor(context.Background(), in, identity, "", "pl")
	p.must(err)
	return token
}

const secret = "a secret of at least thirty-two bytes, for tests"

// session is an agent's session token.
func (p *place) session(name string) string {
	p.Helper()
	token := fmt.Sprintf("cs_%s_%d", name, time.Now().UnixNano())
	hash := sha256.Sum256([]byte(token))
	p.must(p.db.StartSession(context.Background(), hash[:], p.agents[name].ID, time.Now(), time.Hour, 24*time.Hour))
	return token
}

// key is an API key's secret.
func (p *place) key(sides []centrala.Side, scopes ...string) string {
	p.Helper()
	secret, hash := auth.NewKey()
	_, err := p.db.AddKey(context.Background(), centrala.APIKey{Name: "integration", Scopes: scopes, Sides: sides}, hash)
	p.must(err)
	return secret
}

func unlimited(c *gateway.Config) { c.NoLimits = true }

// say appends messages of an agent, past the gateway, as fast as the store takes them.
func (p *place) say(conversation any, name string, texts ...string) {
	p.Helper()
	a := p.agents[name]
	var all sync.WaitGroup
	room := make(chan struct{}, 64)
	for _, text := range texts {
		post := centrala.Post{Sender: a.ID.String(), Key: newKey(), Author: centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String(), Name: a.Name},
			Conversation: idOf(p, conversation), Agent: a.ID, Scope: centrala.Everything(), Text: text}
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if _, err := p.db.Append(context.Background(), post); err != nil {
				p.Error(err)
			}
		})
	}
	all.Wait()
}

type frame map[string]any

// peer is a client that knows nothing but the wire.
type peer struct {
	testing.TB
	conn *websocket.Conn

	mu     sync.Mutex
	all    []frame // as they came
	raw    int     // bytes
	used   []bool
	hooked func(frame)   // benchmarks: gets the frames instead
	more   chan struct{} // closed and replaced with every frame
	code   websocket.StatusCode
	reason string
	done   bool
}

type option func(*websocket.DialOptions)

func from(origin string) option {
	return func(o *websocket.DialOptions) { o.HTTPHeader.Set("Origin", origin) }
}

func cookie(value string) option {
	return func(o *websocket.DialOptions) { o.HTTPHeader.Set("Cookie", auth.SessionCookieName+"="+value) }
}

// connect opens a socket and says nothing.
func (p *place) connect(options ...option) *peer {
	p.Helper()
	c, status, err := p.tryConnect(options...)
	if err != nil {
		p.Fatalf("connect: %v (status %d)", err, status)
	}
	return c
}

func (p *place) tryConnect(options ...option) (*peer, int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	o := &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}, HTTPHeader: http.Header{}}
	url := "ws://centrala.test/v1/socket"
	if p.srv != nil {
		url = "ws" + strings.TrimPrefix(p.srv.URL, "http") + "/v1/socket"
	} else {
		o.HTTPClient = newClient(p.dial)
	}
	for _, f := range options {
		f(o)
	}
	conn, resp, err := websocket.Dial(ctx, url, o)
	if err != nil {
		status := 0
		if resp != nil {
			status = resp.StatusCode
		}
		return nil, status, err
	}
	conn.SetReadLimit(1 << 20)
	c := &peer{TB: p.TB, conn: conn, more: make(chan struct{})}
	go c.read()
	p.Cleanup(func() { _ = conn.CloseNow() })
	return c, http.StatusSwitchingProtocols, nil
}

// join opens a socket, says hello with the token and waits for the welcome.
func (p *place) join(token string, more ...frame) *peer {
	p.Helper()
	c := p.connect()
	hello := frame{"type": "hello", "token": token}
	for _, m := range more {
		for k, v := range m {
			hello[k] = v
		}
	}
	c.say(hello)
	c.want("welcome")
	return c
}

func (c *peer) read() {
	for {
		_, b, err := c.conn.Read(context.Background())
		c.mu.Lock()
		if err != nil {
			c.done = true
			var ce websocket.CloseError
			if e := err; asClose(e, &ce) {
				c.code, c.reason = ce.Code, ce.Reason
			}
		} else {
			var f frame
			if jerr := json.Unmarshal(b, &f); jerr != nil {
				c.Errorf("the server sent no JSON: %v", jerr)
			}
			if c.hooked != nil && err == nil {
				hooked := c.hooked
				c.mu.Unlock()
				hooked(f)
				continue
			}
			c.all, c.used, c.raw = append(c.all, f), append(c.used, false), c.raw+len(b)
		}
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// hook has f called with every frame from now on.
func (c *peer) hook(f func(frame)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooked = f
}

func asClose(err error, to *websocket.CloseError) bool {
	for err != nil {
		if ce, ok := err.(websocket.CloseError); ok {
			*to = ce
			return true
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = u.Unwrap()
	}
	return false
}

func (c *peer) say(f frame) {
	c.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		c.Fatal(err)
	}
	c.write(websocket.MessageText, b)
}

func (c *peer) write(kind websocket.MessageType, b []byte) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.conn.Write(ctx, kind, b); err != nil {
		c.Fatalf("write: %v", err)
	}
}

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// wantWhere waits for the next frame that fits, whatever comes in between.
func (c *peer) wantWhere(what string, fits func(frame) bool) frame {
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
		more, done := c.more, c.done
		c.mu.Unlock()
		if done {
			c.Fatalf("no %s before the socket closed with %d %q; got %s", what, c.code, c.reason, c.tail())
		}
		select {
		case <-more:
		case <-late:
			c.Fatalf("no %s came; got %s", what, c.tail())
		}
	}
}

func (c *peer) want(kind string) frame {
	c.Helper()
	return c.wantWhere(kind, func(f frame) bool { return f["type"] == kind })
}

// wantRef waits for the answer to a ref.
func (c *peer) wantRef(ref string) frame {
	c.Helper()
	return c.wantWhere("answer to "+ref, func(f frame) bool { return f["ref"] == ref })
}

// wantClose waits until the server closes.
func (c *peer) wantClose(code int) string {
	c.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		more, done := c.more, c.done
		c.mu.Unlock()
		if done {
			if int(c.code) != code {
				c.Fatalf("closed with %d %q, want %d; got %s", c.code, c.reason, code, c.tail())
			}
			return c.reason
		}
		select {
		case <-more:
		case <-late:
			c.Fatalf("not closed, want %d; got %s", code, c.tail())
		}
	}
}

func (c *peer) frames() []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// tail is the last frames, for people.
func (c *peer) tail() string {
	all := c.frames()
	out := fmt.Sprintf("%d frames", len(all))
	for _, f := range all[max(0, len(all)-12):] {
		out += fmt.Sprintf("\n\t%.300v", f)
	}
	return out
}

// count is how many frames came so far that fit.
func (c *peer) count(fits func(frame) bool) int {
	n := 0
	for _, f := range c.frames() {
		if fits(f) {
			n++
		}
	}
	return n
}

// settle waits until everything committed before has reached the peer.
func (p *place) settle(peers ...*peer) {
	p.Helper()
	p.gw.Settle()
	for i, c := range peers {
		ref := fmt.Sprintf("settle-%d-%d", i, time.Now().UnixNano())
		c.say(frame{"type": "ping", "ref": ref})
		c.wantRef(ref)
	}
}

var keys struct {
	sync.Mutex
	n int
}

func newKey() string {
	keys.Lock()
	defer keys.Unlock()
	keys.n++
	return fmt.Sprintf("0190-%d", keys.n)
}

// send sends a message and waits for its ack.
func (c *peer) send(text string, more ...frame) frame {
	c.Helper()
	key := newKey()
	f := frame{"type": "message.send", "ref": key, "key": key, "text": text}
	for _, m := range more {
		for k, v := range m {
			f[k] = v
		}
	}
	c.say(f)
	a := c.wantRef(f["ref"].(string))
	if a["type"] != "ack" {
		c.Fatalf("no ack: %v", a)
	}
	return a
}

// assign gives a conversation to an agent, as routing would.
func (p *place) assign(conversation any, name string) {
	p.Helper()
	var id centrala.ConversationID
	p.must(id.UnmarshalText([]byte(conversation.(string))))
	a := p.agents[name]
	_, err := p.db.Do(context.Background(), centrala.Everything(), id, centrala.Assign{Agent: a.ID, Name: a.Name, Reason: "zna temat"},
		centrala.Author{Kind: centrala.BySystem, ID: "routing"})
	p.must(err)
}

func idOf(t testing.TB, conversation any) centrala.ConversationID {
	t.Helper()
	var id centrala.ConversationID
	if err := id.UnmarshalText([]byte(conversation.(string))); err != nil {
		t.Fatal(err)
	}
	return id
}

func seqs(frames []frame, conversation any) []int {
	var out []int
	for _, f := range frames {
		if f["type"] == "message" && f["conversation"] == conversation {
			out = append(out, int(f["seq"].(float64)))
		}
	}
	return out
}

func isMessage(text string) func(frame) bool {
	return func(f frame) bool {
		m, _ := f["message"].(map[string]any)
		return f["type"] == "message" && m != nil && m["text"] == text
	}
}

func newClient(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// sleeper is a peer that reads nothing until it is woken.
type sleeper struct{ *peer }

// asleep joins and stops reading after the welcome.
func (p *place) asleep(token string) *sleeper {
	p.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	o := &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}}
	url := "ws://centrala.test/v1/socket"
	if p.dial != nil {
		o.HTTPClient = newClient(p.dial)
	} else {
		narrow(o)
		url = "ws" + strings.TrimPrefix(p.srv.URL, "http") + "/v1/socket"
	}
	conn, _, err := websocket.Dial(ctx, url, o)
	p.must(err)
	p.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	c := &peer{TB: p.TB, conn: conn, more: make(chan struct{})}
	c.say(frame{"type": "hello", "token": token})
	_, b, err := conn.Read(ctx)
	p.must(err)
	if !strings.Contains(string(b), `"welcome"`) {
		p.Fatalf("no welcome: %s", b)
	}
	return &sleeper{c}
}

func (s *sleeper) wake() { go s.read() }

// second is another node over the same database.
func second(t testing.TB, p *place) *place {
	t.Helper()
	far := &place{TB: p.TB, db: p.db, guard: p.guard, log: p.log, buyers: p.buyers, sellers: p.sellers, web: p.web, shop: p.shop, agents: p.agents}
	far.gw = gateway.New(gateway.Config{Log: p.db, Lists: p.db, Floor: p.db, House: p.db, Surveys: p.db, Shelf: library.New(p.db), Guard: p.guard,
		Suggester: shelf{}, Epoch: "e1", Cluster: true, NoLimits: true,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	far.srv = httptest.NewServer(far.gw)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := far.gw.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		far.srv.Close()
	})
	return far
}
