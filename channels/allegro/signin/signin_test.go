package signin_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro/signin"
	"centrala/channels/channelstest"
	"centrala/store"
	"centrala/store/storetest"
)

// keeper keeps the tokens of one account, as the database does.
type keeper struct {
	mu     sync.Mutex
	inbox  centrala.Inbox
	broken bool
	kept   []string
}

func (k *keeper) Inbox(context.Context, centrala.InboxID) (centrala.Inbox, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	in := k.inbox
	a := *in.Account
	in.Account = &a
	return in, nil
}

func (k *keeper) KeepTokens(_ context.Context, _ centrala.InboxID, was, token, refresh string, expires time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return centrala.Errorf(centrala.Unavailable, "the disk is full")
	}
	if k.inbox.Account.Refresh != was {
		return centrala.Errorf(centrala.Conflict, "another one")
	}
	k.kept = append(k.kept, refresh)
	k.inbox.Account.Token, k.inbox.Account.Refresh, k.inbox.Account.Expires = token, refresh, expires
	return nil
}

func (k *keeper) breaks(is bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = is
}

func (k *keeper) account() centrala.Account {
	k.mu.Lock()
	defer k.mu.Unlock()
	return *k.inbox.Account
}

type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func office(t *testing.T, connected bool) (*channelstest.Allegro, *keeper, *clock, signin.Config) {
	t.Helper()
	at, c := channelstest.NewAllegro(t), &clock{}
	at.At(c.now)
	k := &keeper{inbox: centrala.Inbox{ID: 7, Channel: centrala.Allegro, Account: &centrala.Account{Client: channelstest.ClientID, ClientSecret: channelstest.ClientSecret}}}
	if connected {
		a := k.inbox.Account
		a.Token, a.Refresh = at.Connected()
		a.Expires = time.Now().Add(signin.RefreshLife)
	}
	return at, k, c, signin.Config{Auth: at.URL, Keeper: k, Settle: time.Millisecond, Timeout: 5 * time.Second, Now: c.now}
}

// open keeps secrets as they are: that they are sealed is the store's promise.
type open struct{}

func (open) Seal(b []byte) ([]byte, error) { return b, nil }
func (open) Open(b []byte) ([]byte, error) { return b, nil }

// counter is a place where accounts are connected: a store, and the nodes that work on it.
type counter struct {
	*store.DB
	at     *channelstest.Allegro
	clock  *clock
	config signin.Config
	inbox  centrala.Inbox
	told   chan centrala.InboxID
}

var clerk = centrala.Author{Kind: centrala.ByAgent, ID: "a1", Name: "Barbara"}

func newCounter(t *testing.T) *counter {
	t.Helper()
	at, _, clock, c := office(t, false)
	db, err := store.Open(t.Context(), storetest.SQLite(t), store.Options{Seal: open{}, Node: "node-1", Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	in, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "allegro", Name: "Allegro", Channel: centrala.Allegro, Enabled: true,
		Account: &centrala.Account{Client: channelstest.ClientID, ClientSecret: channelstest.ClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	c.Keeper = db
	return &counter{DB: db, at: at, clock: clock, config: c, inbox: in, told: make(chan centrala.InboxID, 8)}
}

// node works there until the test ends or stop is called.
func (c *counter) node(t *testing.T, register signin.Register) (d *signin.Devices, stop func()) {
	t.Helper()
	d = signin.NewDevices(c.config, register, func(id centrala.InboxID) { c.told <- id })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return d, stop
}

func (c *counter) begin(t *testing.T, d *signin.Devices) centrala.DeviceCode {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // the request is over; it goes on
	code, err := d.Begin(ctx, c.inbox, clerk, "192.0.2.0/24")
	if err != nil || code.UserCode == "" || !strings.Contains(code.WholePage, code.UserCode) || code.Interval != 1 || code.Expires.Before(c.clock.now()) {
		t.Fatalf("%+v, %v", code, err)
	}
	return code
}

// state is how it goes, by the account as it is kept.
func (c *counter) state(t *testing.T, d *signin.Devices) centrala.DeviceState {
	t.Helper()
	in, err := c.Inbox(t.Context(), c.inbox.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.State(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (c *counter) becomes(t *testing.T, d *signin.Devices, want string) (got centrala.DeviceState) {
	t.Helper()
	channelstest.Eventually(t, "it is "+want, func() bool { got = c.state(t, d); return got.State == want })
	return got
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// A person confirms a code, and the account is connected, though the request that began it is over, the
// node that took it is gone, and the vendor wanted to be asked less often. Every node shows the code.
func TestDevice(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	first, stop := c.node(t, c.DB)
	second := signin.NewDevices(c.config, c.DB, nil)
	if got := c.state(t, second); got.State != centrala.DeviceNone {
		t.Errorf("before: %+v", got)
	}
	code := c.begin(t, first)
	for _, d := range []*signin.Devices{first, second} {
		if got := c.state(t, d); got.State != centrala.DevicePending || got.Code == nil || got.Code.UserCode != code.UserCode || got.Code.WholePage != code.WholePage {
			t.Errorf("meanwhile: %+v", got)
		}
	}
	channelstest.Eventually(t, "the vendor is asked", func() bool { return c.at.Calls(deviceGrant) > 0 })
	c.at.Decides(code.UserCode, "slow_down")
	channelstest.Eventually(t, "it wants to be asked less often", func() bool { got := c.state(t, second); return got.Code != nil && got.Code.Interval == 6 })
	stop()
	c.at.Decides(code.UserCode, "granted")
	c.node(t, c.DB)
	if id := <-c.told; id != c.inbox.ID {
		t.Errorf("told of %v", id)
	}
	if got := c.becomes(t, second, centrala.DeviceConnected); got.Code != nil {
		t.Errorf("after: %+v", got)
	}
	in, err := c.Inbox(t.Context(), c.inbox.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := in.Account; a.Token == "" || a.Refresh == "" || time.Until(a.Expires) < 80*24*time.Hour {
		t.Errorf("kept: %t %t until %v", a.Token != "", a.Refresh != "", a.Expires)
	}
}

// However many nodes there are, one asks, and no more often than the vendor wants.
func TestDeviceIsAskedForOnce(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d, _ := c.node(t, c.DB)
	for range 4 {
		c.node(t, c.DB)
	}
	var mu sync.Mutex
	var asked []time.Time
	c.at.OnGrant(func(string) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
	})
	code := c.begin(t, d)
	channelstest.Eventually(t, "the vendor was asked twice", func() bool { return c.at.Calls(deviceGrant) >= 2 })
	c.at.Decides(code.UserCode, "granted")
	c.becomes(t, d, centrala.DeviceConnected)
	mu.Lock()
	defer mu.Unlock()
	for i := range len(asked) - 1 {
		if apart := asked[i+1].Sub(asked[i]); apart < 900*time.Millisecond {
			t.Errorf("asked again after %v", apart)
		}
	}
}

// Refused, too late, given up for another code, without an application: each is said, and audited as
// the doing of who began it.
func TestDeviceEnds(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{"access_denied": centrala.DeviceDenied, "expired": centrala.DeviceExpired, "expired_token": centrala.DeviceExpired, "late": centrala.DeviceExpired} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t)
			d, _ := c.node(t, c.DB)
			code := c.begin(t, d)
			if said == "late" {
				c.clock.forward(2 * time.Hour)
			} else {
				c.at.Decides(code.UserCode, said)
			}
			if got := c.becomes(t, d, want); got.Detail == "" || got.Code != nil {
				t.Errorf("%+v", got)
			}
			lines, _, err := c.AuditLog(t.Context(), "", 10)
			if err != nil || len(lines) != 1 || lines[0].Action != "inbox.connect_"+want || lines[0].By != clerk || lines[0].Subject != c.inbox.ID.String() {
				t.Errorf("audited as %+v, %v", lines, err)
			}
			if in, _ := c.Inbox(t.Context(), c.inbox.ID); in.Account.Refresh != "" {
				t.Error("connected without anybody's consent")
			}
			if _, refresh := c.at.Connected(); c.KeepTokens(t.Context(), c.inbox.ID, "", "access", refresh, c.clock.now().Add(time.Hour)) != nil {
				t.Fatal("tokens were not kept")
			}
			if got := c.state(t, d); got.State != want {
				t.Errorf("of an account that has tokens, at once: %+v", got)
			}
			c.clock.forward(2 * time.Hour)
			if got := c.state(t, d); got.State != centrala.DeviceConnected {
				t.Errorf("and long after: %+v", got)
			}
		})
	}
	c := newCounter(t)
	d := signin.NewDevices(c.config, c.DB, nil)
	first, second := c.begin(t, d), c.begin(t, d)
	if got := c.state(t, d); second.UserCode == first.UserCode || got.Code.UserCode != second.UserCode {
		t.Fatalf("the second code is %+v, shown %+v", second, got)
	}
	for _, spoil := range []func(*centrala.Account){func(a *centrala.Account) { a.Client = "" }, func(a *centrala.Account) { a.ClientSecret = "inny" }} {
		in, _ := c.Inbox(t.Context(), c.inbox.ID)
		spoil(in.Account)
		if _, err := d.Begin(t.Context(), in, clerk, ""); centrala.CodeOf(err) != centrala.Invalid {
			t.Errorf("without an application that Allegro knows: %v", err)
		}
	}
	c.at.Be(channelstest.AllegroLike{NoSignIn: true})
	if _, err := d.Begin(t.Context(), c.inbox, clerk, ""); centrala.CodeOf(err) != centrala.Unavailable {
		t.Errorf("while the sign-in is away: %v", err)
	}
}

// full is a store whose disk is full for a while.
type full struct {
	*store.DB
	left atomic.Int64
}

func (f *full) KeepDevice(ctx context.Context, said centrala.DeviceAsked) error {
	if said.State == centrala.DeviceConnected && f.left.Add(-1) >= 0 {
		return centrala.Errorf(centrala.Unavailable, "the disk is full")
	}
	return f.DB.KeepDevice(ctx, said)
}

// Tokens that cannot be written down at once are not lost, also when the program is told to end.
func TestDeviceUnkept(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	disk := &full{DB: c.DB}
	disk.left.Store(3)
	d, stop := c.node(t, disk)
	code := c.begin(t, d)
	c.at.Decides(code.UserCode, "granted")
	channelstest.Eventually(t, "the disk is full", func() bool { return disk.left.Load() < 3 })
	stop()
	if got := c.state(t, d); got.State != centrala.DeviceConnected {
		t.Errorf("%+v", got)
	}
}

// A token is used for ten hours, and what follows it is on disk before it is used. However many ask,
// the vendor is asked once.
func TestRenewal(t *testing.T) {
	t.Parallel()
	at, k, clock, c := office(t, true)
	tokens := signin.New(c)
	first, err := tokens.Token(t.Context(), 7)
	if err != nil || first != k.account().Token {
		t.Fatalf("%t, %v", first == k.account().Token, err)
	}
	clock.forward(9*time.Hour + 50*time.Minute)
	if again, err := tokens.Token(t.Context(), 7); again != first || err != nil {
		t.Errorf("after less than ten hours another one: %v", err)
	}
	clock.forward(20 * time.Minute)
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			if got, err := tokens.Token(t.Context(), 7); err != nil || got == first || got != k.account().Token {
				t.Errorf("after ten hours: the old one %t, kept %t, %v", got == first, got == k.account().Token, err)
			}
		})
	}
	asking.Wait()
	if n := at.Calls("refresh_token"); n != 1 {
		t.Errorf("%d renewals", n)
	}
	if expires, renewal := tokens.Life(7); !expires.Equal(k.account().Expires) || renewal.Sub(clock.now()) > 10*time.Hour {
		t.Errorf("good until %v, renewed at %v", expires, renewal)
	}
	tokens.Refuse(7, k.account().Token)
	if got, err := tokens.Token(t.Context(), 7); err != nil || got != k.account().Token || at.Calls("refresh_token") != 2 {
		t.Errorf("after it was refused: %v", err)
	}
}

// Tokens that cannot be written down are not used, and not lost: they are used once they could.
func TestUnkept(t *testing.T) {
	t.Parallel()
	at, k, clock, c := office(t, true)
	tokens := signin.New(c)
	clock.forward(11 * time.Hour)
	k.breaks(true)
	for range 3 {
		if _, err := tokens.Token(t.Context(), 7); centrala.CodeOf(err) != centrala.Unavailable {
			t.Fatalf("while nothing can be written down: %v", err)
		}
	}
	k.breaks(false)
	if got, err := tokens.Token(t.Context(), 7); err != nil || got != k.account().Token || at.Calls("refresh_token") != 1 {
		t.Errorf("then: %v, %d renewals", err, at.Calls("refresh_token"))
	}
}

// Several nodes renew at once: the vendor takes a refresh token once, and all go on by what was kept.
func TestNodes(t *testing.T) {
	t.Parallel()
	_, k, clock, c := office(t, true)
	c.Settle = 200 * time.Millisecond
	clock.forward(11 * time.Hour)
	var nodes sync.WaitGroup
	for range 5 {
		nodes.Go(func() {
			got, err := signin.New(c).Token(t.Context(), 7)
			if err != nil || got != k.account().Token {
				t.Errorf("a node got another token, or %v", err)
			}
		})
	}
	nodes.Wait()
	if n := len(k.kept); n != 1 {
		t.Errorf("%d pairs were kept", n)
	}
}

// When the vendor refuses for good, a person must act; when it is away, nobody must.
func TestRefused(t *testing.T) {
	t.Parallel()
	at, k, clock, c := office(t, true)
	clock.forward(11 * time.Hour)
	at.Be(channelstest.AllegroLike{NoSignIn: true})
	var stopped *channels.Stopped
	if _, err := signin.New(c).Token(t.Context(), 7); err == nil || errors.As(err, &stopped) {
		t.Errorf("while the sign-in is away: %v", err)
	}
	at.Be(channelstest.AllegroLike{})
	at.Withdraw()
	_, err := signin.New(c).Token(t.Context(), 7)
	if !errors.As(err, &stopped) || stopped.Code != signin.NotConnected {
		t.Errorf("after the consent was withdrawn: %v", err)
	}
	if a := k.account(); strings.Contains(err.Error(), a.Refresh) || strings.Contains(err.Error(), a.ClientSecret) {
		t.Error("a secret is in the error")
	}
	k.inbox.Account.Refresh = ""
	if _, err := signin.New(c).Token(t.Context(), 7); !errors.As(err, &stopped) || stopped.Code != signin.NotConnected {
		t.Errorf("before anybody connected it: %v", err)
	}
}
