package allegro_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
	"centrala/channels/allegro/signin"
	"centrala/channels/channelstest"
)

// frail is a shelf that fails now and then, before or after it has kept what it was given: as when
// the program dies between a fetch and the answer to its commit.
type frail struct {
	*channelstest.Recorder
	fails func() (before, after bool)
}

var errDied = errors.New("the program died")

func (f frail) KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error {
	before, after := f.fails()
	if before {
		return errDied
	}
	if err := f.Recorder.KeepHooks(ctx, hooks, upto); err != nil || !after {
		return err
	}
	return errDied
}

// readAll reads what lies on a shelf.
func (d *desk) readAll(t *testing.T, log *channelstest.Recorder) {
	t.Helper()
	for {
		hooks, err := log.UnreadHooks(t.Context(), d.inbox.ID, 64)
		if err != nil {
			t.Fatal(err)
		}
		if len(hooks) == 0 {
			return
		}
		var reads []centrala.HookRead
		for _, h := range hooks {
			reads = append(reads, channels.ReadHook(d.line, d.inbox, h))
		}
		if err := log.ReadHooks(t.Context(), reads); err != nil {
			t.Fatal(err)
		}
	}
}

// holds compares what came with what was written: all of it, once.
func holds(t *testing.T, log *channelstest.Recorder, want map[string]bool) {
	t.Helper()
	taken, _ := log.Taken()
	came := make(map[string]int)
	for _, in := range taken {
		came[in.ExternalID]++
	}
	for id := range want {
		if came[id] != 1 {
			t.Errorf("%s came %d times", id, came[id])
		}
	}
	if len(came) != len(want) {
		t.Errorf("%d messages came, %d were written", len(came), len(want))
	}
	keys := make(map[string]bool)
	for _, h := range log.Hooks() {
		if keys[h.Key] {
			t.Errorf("the hook %s is kept twice", h.Key)
		}
		keys[h.Key] = true
	}
}

// Whatever order messages, moves of threads, lag, removals, deaths and looks come in: nothing is
// missed and nothing comes twice. What the list itself leaves out is found at night.
func TestCursorMissesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWeather(t, seed)
			for range 60 {
				w.step(t)
			}
			w.settle(t)
			holds(t, w.log, w.want)
		})
	}
}

// weather is a marketplace on which anything happens, by one seed.
type weather struct {
	*desk
	rnd     *rand.Rand
	log     *channelstest.Recorder
	to      channels.Shelf
	want    map[string]bool
	logins  []string
	hidden  []string
	mishaps atomic.Bool
}

func newWeather(t *testing.T, seed uint64) *weather {
	w := &weather{desk: open(t), rnd: rand.New(rand.NewPCG(seed, 1)), log: &channelstest.Recorder{}, want: make(map[string]bool)}
	rnd := rand.New(rand.NewPCG(seed, 2))
	w.mishaps.Store(true)
	w.to = frail{w.log, func() (bool, bool) { return w.mishaps.Load() && rnd.IntN(6) == 0, w.mishaps.Load() && rnd.IntN(6) == 0 }}
	for n := range 45 { // three pages of threads
		w.logins = append(w.logins, fmt.Sprintf("kupujacy_%d", n))
	}
	for range 3 {
		w.at.Empty()
	}
	calls := rand.New(rand.NewPCG(seed, 3))
	w.at.OnCall(func(method, path string) { // something is written while we look
		if path == "/messaging/threads" && calls.IntN(3) == 0 && w.mishaps.Load() {
			w.write(calls, 0)
		}
	})
	return w
}

func (w *weather) write(rnd *rand.Rand, lag int) {
	login := w.logins[rnd.IntN(len(w.logins))]
	_, id := w.at.Write(channelstest.AllegroMessage{Login: login, Text: "Dzień dobry", Lag: lag})
	w.want[id] = true
}

func (w *weather) step(t *testing.T) {
	switch n := w.rnd.IntN(10); {
	case n < 4:
		for range 1 + w.rnd.IntN(4) {
			w.write(w.rnd, 0)
		}
	case n == 4:
		w.write(w.rnd, 1+w.rnd.IntN(3))
	case n == 5:
		w.clock.forward(time.Duration(w.rnd.IntN(120)) * time.Second)
	case n == 6: // a thread that the list leaves out
		thread, id := w.at.Write(channelstest.AllegroMessage{Login: fmt.Sprintf("ukryty_%d", len(w.hidden)), Text: "Halo?"})
		w.at.Missing(thread, true)
		w.want[id] = true
		w.hidden = append(w.hidden, thread)
	default:
		w.look(t)
	}
}

// look looks once at the threads, as another run of the program now and then.
func (w *weather) look(t *testing.T) {
	if w.rnd.IntN(4) == 0 {
		w.line = w.another()
	}
	if err := allegro.Look(t.Context(), w.line, w.inbox, w.to); err != nil && !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	w.readAll(t, w.log)
}

// settle lets the weather calm down, and a night pass.
func (w *weather) settle(t *testing.T) {
	w.mishaps.Store(false)
	for range 6 {
		w.look(t)
		w.clock.forward(time.Minute)
	}
	for _, thread := range w.hidden {
		w.at.Missing(thread, false)
	}
	w.clock.forward(24 * time.Hour)
	w.keepUp()
	w.look(t)
	w.look(t)
}

// keepUp gives new tokens after a leap of time.
func (d *desk) keepUp() {
	access, refresh := d.at.Connected()
	d.keep.mu.Lock()
	d.keep.inbox.Account.Token, d.keep.inbox.Account.Refresh, d.keep.inbox.Account.Expires = access, refresh, d.clock.now().Add(signin.RefreshLife)
	d.keep.mu.Unlock()
	d.line = d.another()
}

// A thousand messages in one look come in their order, each once.
func TestThousandMessages(t *testing.T) {
	t.Parallel()
	d := open(t)
	var want []string
	for n := range 1000 {
		d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: fmt.Sprint("nr ", n)})
		want = append(want, fmt.Sprint("nr ", n))
	}
	log := &channelstest.Recorder{}
	began := time.Now()
	if err := allegro.Look(t.Context(), d.line, d.inbox, log); err != nil {
		t.Fatal(err)
	}
	d.readAll(t, log)
	t.Logf("1 000 messages in %v", time.Since(began))
	if taken, again := log.Taken(); !slices.Equal(texts(taken), want) || again != 0 {
		t.Errorf("%d messages, %d of them again", len(taken), again)
	}
}

// A thread that moves up while the list is paged through is listed twice and read once, and so are
// those that it moved down; one that is removed meanwhile loses no other.
func TestMovesWhilePaging(t *testing.T) {
	t.Parallel()
	d := open(t)
	var threads []string
	want := make(map[string]bool)
	for n := range 50 {
		thread, id := d.at.Write(channelstest.AllegroMessage{Login: fmt.Sprint("k", n), Text: "x"})
		threads, want[id] = append(threads, thread), true
	}
	var pages atomic.Int64
	d.at.OnCall(func(_, path string) {
		if path != "/messaging/threads" {
			return
		}
		switch pages.Add(1) {
		case 2:
			_, id := d.at.Write(channelstest.AllegroMessage{Thread: threads[5], Login: "k5", Text: "jeszcze coś"})
			want[id] = true
		case 3:
			d.at.Remove(threads[49])
			delete(want, "")
		}
	})
	log := &channelstest.Recorder{}
	for range 2 {
		if err := allegro.Look(t.Context(), d.line, d.inbox, log); err != nil {
			t.Fatal(err)
		}
	}
	d.readAll(t, log)
	taken, _ := log.Taken()
	if len(taken) != 50 { // 51 were written, and one was removed before it was read
		t.Errorf("%d messages came", len(taken))
	}
}

// Messages of one time come in the order in which the vendor lists them, over however many pages.
func TestOneTime(t *testing.T) {
	t.Parallel()
	d := open(t)
	var want []string
	at := d.clock.now().Add(-time.Hour)
	for n := range 50 {
		want = append(want, fmt.Sprint("słowo ", n))
		d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: want[n], At: at})
	}
	log := &channelstest.Recorder{}
	if err := allegro.Look(t.Context(), d.line, d.inbox, log); err != nil {
		t.Fatal(err)
	}
	d.readAll(t, log)
	var got []string
	for _, in := range log.Items() {
		got = append(got, in.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("came as %q", got)
	}
}

// An issue that ends is seen to, though it is neither among the open ones nor among the latest any
// more; one that is removed is forgotten, and one that was over is not asked for again.
func TestIssueOffTheList(t *testing.T) {
	t.Parallel()
	d := open(t)
	first, second := d.at.Open("CLAIM", "ola", "Pierwsza"), d.at.Open("DISPUTE", "ola", "Druga")
	for n := range 101 {
		d.at.Open("DISPUTE", fmt.Sprint("k", n), "Następna")
	}
	log := &channelstest.Recorder{}
	look := func() {
		t.Helper()
		if err := allegro.LookIssues(t.Context(), d.line, d.inbox, log); err != nil {
			t.Fatal(err)
		}
		d.readAll(t, log)
	}
	look()
	d.at.Decide(first, "CLAIM_REJECTED", true)
	d.at.RemoveIssue(second)
	look()
	var status []string
	for _, in := range log.Items() {
		if in.Kind == centrala.KindMatter && in.ThreadID == "iss:"+first {
			status = append(status, in.Matters[len(in.Matters)-1].Status)
		}
	}
	if !slices.Equal(status, []string{"CLAIM_SUBMITTED", "CLAIM_REJECTED"}) {
		t.Errorf("the claim was seen to be %q", status)
	}
	const one = "GET /sale/issues/{id}"
	asked := d.at.Calls(one)
	if look(); d.at.Calls(one) != asked || asked != 2 {
		t.Errorf("asked for %d, then %d issues by themselves", asked, d.at.Calls(one)-asked)
	}
}

// As long as one of the two cannot be looked through the line fails, however well the other goes.
func TestHalfFails(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.at.Be(channelstest.AllegroLike{Sick: "/sale/issues"})
	var hidden atomic.Int64
	d.at.OnCall(func(_, path string) {
		h, _ := d.board.Line(d.inbox.ID, channels.In)
		if path == "/messaging/threads" && h.LastError != "" && h.State != channels.Failing {
			hidden.Add(1)
		}
	})
	d.polls(t, d.line, &channelstest.Recorder{})
	channelstest.Eventually(t, "the threads were looked through again and again", func() bool { return d.at.Calls("GET /messaging/threads") > 8 })
	if hidden.Load() > 0 {
		t.Error("the line is said to work")
	}
	d.at.Be(channelstest.AllegroLike{})
	channelstest.Eventually(t, "it works", func() bool {
		h, _ := d.board.Line(d.inbox.ID, channels.In)
		return h.State == channels.Working
	})
}

// A look at an account on which nothing happens costs one call, once what happened is over.
func TestQuietAccount(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	log := &channelstest.Recorder{}
	look := func() {
		t.Helper()
		if err := allegro.Look(t.Context(), d.line, d.inbox, log); err != nil {
			t.Fatal(err)
		}
	}
	look()
	d.clock.forward(11 * time.Minute)
	look()
	const list, read = "GET /messaging/threads", "GET /messaging/threads/{id}/messages"
	lists, reads := d.at.Calls(list), d.at.Calls(read)
	for range 5 {
		look()
	}
	if d.at.Calls(list) != lists+5 || d.at.Calls(read) != reads {
		t.Errorf("five looks cost %d and %d calls", d.at.Calls(list)-lists, d.at.Calls(read)-reads)
	}
}

// What the vendor refuses: too much, a failure of its own, a token that has ended, a permission that is
// missing. Time heals the first three.
func TestTrouble(t *testing.T) {
	t.Parallel()
	d := open(t)
	log := d.listens(t)
	for _, like := range []channelstest.AllegroLike{{Busy: 1}, {Broken: 3}} {
		d.at.Be(like)
		_, id := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
		if like.Busy > 0 {
			channelstest.Eventually(t, "it is busy", func() bool {
				h, _ := d.board.Line(d.inbox.ID, channels.In)
				return h.LastError != ""
			})
			break // it waits ten seconds now
		}
		channelstest.Eventually(t, "it came all the same", func() bool {
			taken, _ := log.Taken()
			return slices.ContainsFunc(taken, func(in centrala.Inbound) bool { return in.ExternalID == id })
		})
	}
	broken := open(t)
	log = broken.listens(t)
	broken.looked(t)
	broken.at.Be(channelstest.AllegroLike{Broken: 3})
	broken.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	log.Wait(t, 1)
	broken.at.Expire()
	broken.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "y"})
	log.Wait(t, 2)
	if n := broken.at.Calls("refresh_token"); n != 1 {
		t.Errorf("%d renewals", n)
	}
}

// Without permission, and without a connection, the line stands still until somebody acts.
func TestStops(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*desk){
		signin.Forbidden:    func(d *desk) { d.at.Be(channelstest.AllegroLike{NoScope: true}) },
		signin.NotConnected: func(d *desk) { d.at.Withdraw() },
		signin.Unusable:     func(d *desk) { d.at.Expire(); d.keep.inbox.Account.ClientSecret = "inny" },
	} {
		d := open(t)
		spoil(d)
		err := d.line.Poll(t.Context(), d.inbox, &channelstest.Recorder{})
		var stopped *channels.Stopped
		if !errors.As(err, &stopped) || stopped.Code != want {
			t.Errorf("%s: %v", want, err)
		}
		if found := d.line.Test(t.Context(), d.inbox); len(found) == 0 || found[len(found)-1].OK || found[len(found)-1].Check != want {
			t.Errorf("the line test says %+v", found)
		}
	}
}

// What is kept of a page can be read again, whatever of it is null or of another kind.
func TestNulls(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, raw := range []string{
		`{"allegro":1,"thread":{"id":"t","interlocutor":null,"lastMessageDateTime":null,"read":"false"},"message":{"id":5,"author":null,"text":"x","relatesTo":null,"attachments":null,"createdAt":"yesterday"}}`,
		`{"allegro":1,"issue":{"id":"i","currentState":null,"chat":null,"buyer":null,"expectations":null,"reason":null}}`,
	} {
		read, err := d.line.Read(d.inbox, centrala.Hook{Body: json.RawMessage(raw)})
		if err != nil || len(read.Items) == 0 || len(read.Bad) > 0 {
			t.Errorf("%.60s: %+v, %v", raw, read, err)
		}
	}
}

// A connection that ends within a week is warned of while everything works, in people's words.
func TestExpiryWarning(t *testing.T) {
	t.Parallel()
	d := open(t)
	ends := d.clock.now().Add(6 * 24 * time.Hour)
	tokens := lasting{d.keep.inbox.Account.Token, ends}
	line := d.another(func(c *allegro.Config) { c.Tokens = tokens })
	d.polls(t, line, &channelstest.Recorder{})
	channelstest.Eventually(t, "it is warned of", func() bool {
		h, _ := d.board.Line(d.inbox.ID, channels.In)
		return h.State == channels.Working && h.Beside != nil && h.Expires.Equal(ends)
	})
	h, _ := d.board.Line(d.inbox.ID, channels.In)
	if f := line.Warning(d.inbox, h.Beside); f.Text["pl"] == "" || f.Text["en"] == "" || f.Check != "allegro.expires" {
		t.Errorf("said as %+v", f)
	}
	if f := line.Trouble(d.inbox, channels.Health{Code: signin.NotConnected}); f.Check != signin.NotConnected || f.Text["pl"] == "" {
		t.Errorf("said as %+v", f)
	}
}

// lasting is a token that is not renewed.
type lasting struct {
	access string
	ends   time.Time
}

func (l lasting) Token(context.Context, centrala.InboxID) (string, error) { return l.access, nil }
func (l lasting) Refuse(centrala.InboxID, string)                         {}
func (l lasting) Life(centrala.InboxID) (expires, renewal time.Time)      { return l.ends, time.Time{} }
