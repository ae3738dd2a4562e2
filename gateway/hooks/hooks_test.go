package hooks_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/channels"
	"centrala/gateway/hooks"
)

// toy is a vendor that shows a secret, and asks whether this is ours.
type toy struct{ panics bool }

func (toy) Kind() centrala.Channel { return "toy" }

func (toy) Read(centrala.Inbox, centrala.Hook) (centrala.Reading, error) {
	return centrala.Reading{}, nil
}

func (t toy) Admit(in centrala.Inbox, p channels.Posting) (string, error) {
	if t.panics {
		panic(string(p.Body))
	}
	if subtle.ConstantTimeCompare([]byte(p.Header.Get("Secret")), []byte(in.Account.HookSecret)) != 1 {
		return "", &channels.Forged{Reason: "the secret is wrong"}
	}
	return p.Header.Get("Id"), nil
}

func (toy) Greet(in centrala.Inbox, q url.Values) (string, bool) {
	return q.Get("challenge"), q.Get("token") == in.Account.HookSecret
}

// house is a log with three inboxes.
type house struct {
	mu    sync.Mutex
	kept  []centrala.Hook
	fails error
	asked int
	hold  chan struct{} // until it is closed, keeping waits
	off   bool
}

func (h *house) Inbox(_ context.Context, id centrala.InboxID) (centrala.Inbox, error) {
	return h.find(func(in centrala.Inbox) bool { return in.ID == id })
}

func (h *house) InboxBySlug(_ context.Context, slug string) (centrala.Inbox, error) {
	return h.find(func(in centrala.Inbox) bool { return in.Slug == slug })
}

func (h *house) find(is func(centrala.Inbox) bool) (centrala.Inbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	account := &centrala.Account{HookSecret: "tajne"}
	for _, in := range []centrala.Inbox{{ID: 1, Slug: "zabawka", Channel: "toy", Enabled: !h.off, Account: account}, {ID: 2, Slug: "off", Channel: "toy", Account: account}, {ID: 3, Slug: "web", Channel: centrala.Chat, Enabled: true}} {
		if is(in) {
			return in, nil
		}
	}
	return centrala.Inbox{}, centrala.Errorf(centrala.NotFound, "no")
}

func (h *house) Inboxes(context.Context) ([]centrala.Inbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	page := func(id centrala.InboxID, account, secret string, enabled bool) centrala.Inbox {
		return centrala.Inbox{ID: id, Channel: "toy", Enabled: enabled, Account: &centrala.Account{ID: account, HookSecret: secret}}
	}
	return []centrala.Inbox{page(1, "", "tajne", true), page(11, "strona-a", "tajne", true), page(12, "strona-b", "tajne", true),
		page(13, "strona-c", "inne", true), page(14, "strona-d", "tajne", false), page(15, "strona-e", "tajne", true)}, nil
}

func (h *house) KeepHooks(ctx context.Context, list []centrala.Hook, _ *centrala.Mark) error {
	h.mu.Lock()
	hold, fails := h.hold, h.fails
	h.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if fails == nil {
		h.kept = append(h.kept, list...)
	}
	return fails
}

func (h *house) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.kept)
}

type door struct {
	*house
	*hooks.Handler
	server *httptest.Server
	log    *bytes.Buffer
	came   atomic.Int64
}

func open(t *testing.T, change ...func(*hooks.Config)) *door {
	t.Helper()
	d := &door{house: &house{}, log: &bytes.Buffer{}}
	c := hooks.Config{Doors: d.house, Shelf: d.house, Keepers: []channels.Doorkeeper{toy{}}, Came: func(centrala.InboxID) { d.came.Add(1) },
		Site: auth.Site{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, Log: slog.New(slog.NewTextHandler(d.log, nil))}
	for _, f := range change {
		f(&c)
	}
	d.Handler = hooks.New(c)
	mux := http.NewServeMux()
	mux.Handle("/hooks/{inbox}", d.Handler)
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.server.Close)
	return d
}

func (d *door) do(t *testing.T, method, path, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, d.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := d.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func (d *door) is(t *testing.T, want int, method, path, body string, headers ...string) http.Header {
	t.Helper()
	got, head, _ := d.do(t, method, path, body, headers...)
	if got != want {
		t.Errorf("%s %s: %d, not %d", method, path, got, want)
	}
	if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cache-Control") != "no-store" || len(head.Values("Set-Cookie")) > 0 {
		t.Errorf("%s %s: headers %v", method, path, head)
	}
	return head
}

// A post is kept byte for byte and answered then; what is no inbox that takes posts is not found,
// and whether the browser's cookies or another origin come along makes no difference.
func TestPosts(t *testing.T) {
	t.Parallel()
	d := open(t)
	body := "{\"a\": \"\xff\x00 zażółć\"}\r\n"
	d.is(t, 200, "POST", "/hooks/zabawka", body, "Secret", "tajne", "Id", "k1", "Origin", "https://gdzie.test", "Sec-Fetch-Site", "cross-site", "Cookie", "a=b")
	d.is(t, 200, "POST", "/hooks/"+centrala.InboxID(1).String(), "", "Secret", "tajne")
	if d.count() != 2 || d.came.Load() != 2 {
		t.Fatalf("%d were kept, %d told", d.count(), d.came.Load())
	}
	if h := d.kept[0]; string(h.Body) != body || h.Key != "k1" || h.Inbox != 1 || h.Channel != "toy" || h.At.IsZero() || h.Size != int64(len(body)) || h.Outcome != "" {
		t.Errorf("kept %+v", h)
	}
	for _, path := range []string{"/hooks/off", "/hooks/web", "/hooks/nic", "/hooks/in_0000000000009", "/hooks/%00"} {
		d.is(t, 404, "POST", path, "x", "Secret", "tajne")
		d.is(t, 404, "GET", path+"?token=tajne&challenge=7", "")
	}
	if head := d.is(t, 405, "PUT", "/hooks/zabawka", "x", "Secret", "tajne"); head.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %q", head.Get("Allow"))
	}
	if got, head, said := d.do(t, "GET", "/hooks/zabawka?token=tajne&challenge=%3Cb%3E7", ""); got != 200 || said != "<b>7" || !strings.HasPrefix(head.Get("Content-Type"), "text/plain") {
		t.Errorf("greeted with %d %q %v", got, said, head)
	}
	d.is(t, 403, "GET", "/hooks/zabawka?token=inne&challenge=7", "")
}

// routed is a toy whose vendor posts for several accounts to one address.
type routed struct{ toy }

func (routed) Accounts(body []byte) []string { return strings.Fields(string(body)) }

// A vendor that posts for several accounts to one address is heard by each inbox that has one of
// them, is open, and would have let the post in itself.
func TestOneAddressOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]centrala.InboxID{
		"strona-a strona-b":                   {11, 12},
		"strona-b strona-c strona-d strona-x": {12},
		"strona-c strona-d":                   {1}, // nobody's: it is told where it is read
		"":                                    {1},
	} {
		d := open(t, func(c *hooks.Config) { c.Keepers = []channels.Doorkeeper{routed{}} })
		d.is(t, 200, "POST", "/hooks/zabawka", body, "Secret", "tajne", "Id", "k")
		var got []centrala.InboxID
		for _, h := range d.kept {
			if got = append(got, h.Inbox); string(h.Body) != body || h.Key != "k" {
				t.Errorf("%q: kept %+v", body, h)
			}
		}
		if !slices.Equal(got, want) || int(d.came.Load()) != len(want) {
			t.Errorf("%q is kept for %v, want %v; %d told", body, got, want, d.came.Load())
		}
	}
}

// What is not the vendor's is refused and noted without its body, and an address that goes on with
// it is not even noted; the vendor is let in all the same.
func TestForgedPosts(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range 30 {
		d.is(t, 401, "POST", "/hooks/zabawka", "podrzucone", "Secret", "złe", "X-Forwarded-For", "192.0.2.77")
	}
	if head := d.is(t, 429, "POST", "/hooks/zabawka", "podrzucone", "Secret", "złe", "X-Forwarded-For", "192.0.2.77"); head.Get("Retry-After") == "" {
		t.Error("it is not told when to come again")
	}
	d.is(t, 429, "GET", "/hooks/zabawka?token=x", "", "X-Forwarded-For", "192.0.2.77")
	d.is(t, 401, "POST", "/hooks/zabawka", "podrzucone", "X-Forwarded-For", "198.51.100.7")
	d.is(t, 200, "POST", "/hooks/zabawka", "prawdziwe", "Secret", "tajne", "X-Forwarded-For", "192.0.2.77")
	if d.count() != 32 {
		t.Fatalf("%d were kept", d.count())
	}
	if h := d.kept[0]; h.Outcome != centrala.HookForged || len(h.Body) > 0 || h.Address != "192.0.2.0/24" || h.Cause.Code != "forged" || h.Cause.Detail != "the secret is wrong" || h.What != "POST /hooks/zabawka" || h.Size != 10 {
		t.Errorf("noted %+v", h)
	}
	if s := d.Stats(); s.Kept != 1 || s.Forged != 32 || s.Limited != 2 {
		t.Errorf("stats %+v", s)
	}
}

// Four megabytes are taken and not a byte more, also when nobody says how much it will be; a body
// that does not come whole is no post.
func TestSizes(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.is(t, 200, "POST", "/hooks/zabawka", strings.Repeat("x", channels.MaxHook), "Secret", "tajne")
	d.is(t, 413, "POST", "/hooks/zabawka", strings.Repeat("x", channels.MaxHook+1), "Secret", "tajne")
	for _, head := range []string{"Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nnonsense"} {
		conn, err := net.Dial("tcp", d.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST /hooks/zabawka HTTP/1.1\r\nHost: x\r\nSecret: tajne\r\n%s", head)
		_ = conn.(*net.TCPConn).CloseWrite()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && res.StatusCode != 408 && res.StatusCode != 400 {
			t.Errorf("half a post: %d", res.StatusCode)
		}
		_ = conn.Close()
	}
	if d.count() != 1 || d.Stats().Oversize != 1 {
		t.Errorf("%d were kept, %+v", d.count(), d.Stats())
	}
}

// A log that is away makes the vendor send again; a doorkeeper that panics ends one post. Nothing of
// a body is logged.
func TestAway(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.fails = &centrala.Error{Code: centrala.Unavailable, Message: "away", RetryAfter: 3 * time.Second}
	if head := d.is(t, 503, "POST", "/hooks/zabawka", "sekretne słowa", "Secret", "tajne"); head.Get("Retry-After") != "3" {
		t.Errorf("Retry-After: %q", head.Get("Retry-After"))
	}
	d.mu.Lock()
	d.fails = errors.New("broken")
	d.mu.Unlock()
	d.is(t, 503, "POST", "/hooks/zabawka", "sekretne słowa", "Secret", "tajne")
	d.is(t, 401, "POST", "/hooks/zabawka", "sekretne słowa", "Secret", "złe")
	broken := open(t, func(c *hooks.Config) { c.Keepers = []channels.Doorkeeper{toy{panics: true}} })
	broken.is(t, 500, "POST", "/hooks/zabawka", "kłopot")
	d.server.Close()
	broken.server.Close()
	if said := d.log.String(); strings.Contains(said, "sekretne") || strings.Contains(said, "tajne") || said == "" {
		t.Errorf("logged %q", said)
	}
}

// Whatever is asked within a second is one question to the log, and a change is seen at once.
func TestKnownInboxes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := open(t, func(c *hooks.Config) { c.Now = func() time.Time { return now } })
	for range 50 {
		d.is(t, 200, "POST", "/hooks/zabawka", "x", "Secret", "tajne")
		d.is(t, 404, "POST", "/hooks/nic", "x")
	}
	if d.asked != 2 {
		t.Errorf("the log was asked %d times", d.asked)
	}
	d.mu.Lock()
	d.off = true
	d.mu.Unlock()
	d.Forget()
	d.is(t, 404, "POST", "/hooks/zabawka", "x", "Secret", "tajne")
	for i := range 3000 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/hooks/x", nil)
		r.SetPathValue("inbox", fmt.Sprint("name-", i))
		d.ServeHTTP(w, r)
	}
}

// More than a thousand at once are asked to come again, and those inside are kept.
func TestTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.hold = make(chan struct{})
	post := func() int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/hooks/zabawka", strings.NewReader("x"))
		r.SetPathValue("inbox", "zabawka")
		r.Header.Set("Secret", "tajne")
		d.ServeHTTP(w, r)
		return w.Code
	}
	const most = 1024
	codes := make(chan int, most+10)
	var all sync.WaitGroup
	for range most + 10 {
		all.Go(func() { codes <- post() })
	}
	for range 10 {
		if code := <-codes; code != 503 {
			t.Errorf("one too many: %d", code)
		}
	}
	close(d.hold)
	all.Wait()
	close(codes)
	for code := range codes {
		if code != 200 {
			t.Errorf("one inside: %d", code)
		}
	}
	if d.count() != most {
		t.Errorf("%d were kept", d.count())
	}
}
