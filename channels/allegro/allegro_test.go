package allegro_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
	"centrala/channels/allegro/signin"
	"centrala/channels/channelstest"
)

// keeper keeps the tokens of one account, as the database does.
type keeper struct {
	mu     sync.Mutex
	inbox  centrala.Inbox
	broken bool
	kept   int
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
	k.kept++
	k.inbox.Account.Token, k.inbox.Account.Refresh, k.inbox.Account.Expires = token, refresh, expires
	return nil
}

// desk is a line to a fake marketplace.
type desk struct {
	at    *channelstest.Allegro
	keep  *keeper
	line  *allegro.Channel
	board *channels.Board
	inbox centrala.Inbox
	files *blob.Bucket
	clock *clock
}

// clock is the vendor's and ours, and can be put forward.
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

func open(t testing.TB, with ...func(*allegro.Config)) *desk {
	t.Helper()
	d := &desk{at: channelstest.NewAllegro(t), board: &channels.Board{}, files: memblob.OpenBucket(nil), clock: &clock{}}
	t.Cleanup(func() { _ = d.files.Close() })
	d.at.At(d.clock.now)
	access, refresh := d.at.Connected()
	d.inbox = centrala.Inbox{ID: 7, Channel: centrala.Allegro, Enabled: true, Account: &centrala.Account{ID: "44000001", Name: "sklep_ola", Client: channelstest.ClientID, MarkRead: true,
		ClientSecret: channelstest.ClientSecret, Token: access, Refresh: refresh, Expires: time.Now().Add(signin.RefreshLife)}}
	own := *d.inbox.Account
	d.keep = &keeper{inbox: d.inbox}
	d.keep.inbox.Account = &own
	d.line = d.another(with...)
	return d
}

// another is the same line on another node.
func (d *desk) another(with ...func(*allegro.Config)) *allegro.Channel {
	c := allegro.Config{API: d.at.URL, Tokens: signin.New(d.signIn()), Blobs: d.files, Board: d.board, Every: 20 * time.Millisecond, Issues: 20 * time.Millisecond,
		Timeout: 5 * time.Second, Now: d.clock.now, Wait: func(int, time.Duration) time.Duration { return time.Millisecond }}
	for _, f := range with {
		f(&c)
	}
	return allegro.New(c)
}

func (d *desk) signIn() signin.Config {
	return signin.Config{Auth: d.at.URL, Keeper: d.keep, Settle: 200 * time.Millisecond, Timeout: 5 * time.Second, Now: d.clock.now}
}

// polls has the line polled until the test ends or stop is called, which gives how that ended.
func (d *desk) polls(t *testing.T, line *allegro.Channel, to channels.Shelf) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- line.Poll(ctx, d.inbox, to) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// reads has what lies on a shelf read into its log until the test ends.
func (d *desk) reads(t *testing.T, log *channelstest.Recorder) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	reading := channels.Reading{Inbox: d.inbox, Reader: d.line, Shelf: log, Board: d.board, Log: slog.New(slog.DiscardHandler), Wake: log.Wake(), Every: 10 * time.Millisecond}
	go func() { done <- reading.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func (d *desk) listens(t *testing.T) *channelstest.Recorder {
	t.Helper()
	log := &channelstest.Recorder{}
	d.reads(t, log)
	d.polls(t, d.line, log)
	return log
}

// looked waits until the line has looked through everything once more.
func (d *desk) looked(t *testing.T) {
	t.Helper()
	const threads, issues = "GET /messaging/threads", "GET /sale/issues"
	n, m := d.at.Calls(threads), d.at.Calls(issues)
	channelstest.Eventually(t, "it looked again", func() bool { return d.at.Calls(threads) > n+2 && d.at.Calls(issues) > m+3 })
}

func texts(ins []centrala.Inbound) []string {
	var out []string
	for _, in := range ins {
		out = append(out, in.Text)
	}
	return out
}

// The line passes what every line passes.
func TestSuite(t *testing.T) {
	t.Parallel()
	ola := centrala.Address{Name: "kupujaca_ola", Address: "kupujaca_ola"}
	pictures := []channelstest.File{{Name: "zdjęcie łóżka.png", Type: "image/png", Data: "\x89PNG\x00\r\n\xff"}, {Name: "faktura.pdf", Type: "application/pdf", Data: "%PDF-1.7 \xff\n"}}
	channelstest.Run(t, func(t testing.TB) channelstest.Line {
		d := open(t)
		seen := make(map[string]string)
		return channelstest.Line{
			Channel: d.line, Inbox: d.inbox, Can: channelstest.Features{Files: true, FilesOut: true, Knows: true},
			Gone: "gone", Away: "away", Silent: "silent", Someone: ola, Writer: ola, Carries: pictures,
			Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
				if thread, again := seen[l.ID]; again { // as when the book of hooks has forgotten it
					body := fmt.Sprintf(`{"allegro":1,"message":{"id":%q,"createdAt":"2026-01-05T09:12:00.031Z","thread":{"id":%q},"author":{"login":%q,"isInterlocutor":true},"text":%q}}`, l.ID, thread, l.From.Address, l.Text)
					if err := to.(*channelstest.Recorder).KeepHooks(t.Context(), []centrala.Hook{{Inbox: d.inbox.ID, Channel: centrala.Allegro, Body: []byte(body)}}, nil); err != nil {
						t.Error(err)
					}
					return
				}
				m := channelstest.AllegroMessage{Login: l.From.Address, ID: l.ID, Text: l.Text}
				for _, f := range l.Files {
					m.Files = append(m.Files, channelstest.AllegroFile{Name: f.Name, Type: f.Type, Data: f.Data})
				}
				thread, id := d.at.Write(m)
				if l.ID != "" {
					seen[id] = thread
				}
			},
			Got: func(testing.TB) []channelstest.Letter {
				var out []channelstest.Letter
				for _, s := range d.at.Sent() {
					out = append(out, channelstest.Letter{ID: s.ID, Text: s.Text})
				}
				return out
			},
		}
	})
}

// What a buyer writes comes with what it is about, our own words as echoes, and somebody whose account
// is gone is still somebody.
func TestThreads(t *testing.T) {
	t.Parallel()
	d := open(t)
	log := d.listens(t)
	thread, asked := d.at.Write(channelstest.AllegroMessage{Login: "kupujaca_ola", Text: "Czy pasuje do modelu X2?", Offer: "9900112233", Order: "0c0c-1", Subject: "Pytanie"})
	in := log.WaitItems(t, 1)[0]
	want := []centrala.Matter{{Kind: "order", ID: "0c0c-1"}, {Kind: "offer", ID: "9900112233", URL: "https://allegro.pl/oferta/9900112233"}}
	if in.ExternalID != asked || in.ThreadID != "thr:"+thread || in.Side != centrala.Buyer || in.Subject != "Pytanie" || in.From.Address != "kupujaca_ola" || !slices.Equal(in.Matters, want) {
		t.Errorf("read as %+v", in)
	}
	_, said := d.at.Write(channelstest.AllegroMessage{Thread: thread, Ours: true, Text: "Tak, pasuje."})
	in = log.WaitItems(t, 2)[1]
	if in.Kind != centrala.KindEcho || in.About == nil || in.About.ID != said || in.From.Address != "kupujaca_ola" || in.ThreadID != "thr:"+thread || in.Text != "Tak, pasuje." {
		t.Errorf("our own words read as %+v", in)
	}
	other, _ := d.at.Write(channelstest.AllegroMessage{Thread: "thr-gone", Text: "Nie ma mnie."})
	in = log.WaitItems(t, 3)[2]
	if in.From.Name != "konto usunięte" || in.From.Address != "thr:"+other || in.ThreadID != "thr:"+other {
		t.Errorf("somebody who is gone read as %+v", in.From)
	}
	d.at.Write(channelstest.AllegroMessage{Thread: thread, Ours: true, Text: "Kup u mnie poza Allegro", Status: "BLOCKED"})
	items := log.WaitItems(t, 5)
	if told := items[4]; items[3].Kind != centrala.KindEcho || told.Kind != centrala.KindDelivery || told.About.State != centrala.DeliveryFailed || told.About.ID != items[3].ExternalID {
		t.Errorf("a blocked message read as %+v", told)
	}
	d.looked(t)
	if n := len(log.Items()); n != 5 {
		t.Errorf("%d things were told, want 5", n)
	}
	h, _ := d.board.Line(d.inbox.ID, channels.In)
	if h.State != channels.Working || h.Watch != channels.Poll || h.Expires.IsZero() || h.Warning != "" {
		t.Errorf("health %+v", h)
	}
}

// Of an account that is connected for the first time the last two days are taken over, and open
// issues whole.
func TestFirstLook(t *testing.T) {
	t.Parallel()
	d := open(t)
	now := d.clock.now()
	d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "dawno", At: now.Add(-72 * time.Hour)})
	d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "wczoraj", At: now.Add(-20 * time.Hour)})
	d.at.Write(channelstest.AllegroMessage{Login: "adam", Text: "w zeszłym roku", At: now.Add(-400 * 24 * time.Hour)})
	d.at.Open("CLAIM", "ola", "Kolor się nie zgadza")
	log := d.listens(t)
	log.WaitItems(t, 3)
	d.looked(t)
	taken, _ := log.Taken()
	got := texts(taken)
	slices.Sort(got)
	if !slices.Equal(got, []string{"Kolor się nie zgadza", "wczoraj"}) {
		t.Errorf("taken over: %q", got)
	}
}

// An issue is a conversation of its own: its chat, who said what, its state beside, and news of the
// state when nobody said anything.
func TestIssues(t *testing.T) {
	t.Parallel()
	d := open(t)
	log := d.listens(t)
	issue := d.at.Open("CLAIM", "kupujaca_ola", "Kolor się nie zgadza")
	items := log.WaitItems(t, 2)
	if in := items[0]; in.Kind != centrala.KindMessage || in.ThreadID != "iss:"+issue || in.From.Address != "kupujaca_ola" || in.Text != "Kolor się nie zgadza" {
		t.Errorf("the first words read as %+v", in)
	}
	if in := items[1]; in.Kind != centrala.KindMatter || in.ThreadID != "iss:"+issue || len(in.Matters) != 3 || in.Matters[2].Kind != "issue" || in.Matters[2].Status != "CLAIM_SUBMITTED" ||
		in.Matters[2].Due.IsZero() || in.Matters[2].Title != "CLAIM 17/2026" {
		t.Errorf("the state read as %+v", in)
	}
	d.at.Say(issue, "ADMIN", "Przyjmujemy zgłoszenie")
	d.at.Say(issue, "SELLER", "Już sprawdzam")
	d.at.Say(issue, "BUYER", "", channelstest.AllegroFile{Name: "p.jpg", Type: "image/jpeg", Data: "\xff\xd8"})
	channelstest.Eventually(t, "all is read", func() bool { taken, _ := log.Taken(); return len(taken) == 3 })
	taken, _ := log.Taken()
	if taken[1].Text != "Allegro (ADMIN): Przyjmujemy zgłoszenie" || len(taken[2].Attachments) != 1 {
		t.Errorf("read as %q", texts(taken))
	}
	got, err := d.line.Fetch(t.Context(), d.inbox, centrala.Media{Handle: taken[2].Attachments[0].Handle, Name: "p.jpg"})
	if err != nil || got.Size != 2 {
		t.Errorf("its file: %+v, %v", got, err)
	}
	echoes := 0
	for _, in := range log.Items() {
		if in.Kind == centrala.KindEcho {
			echoes++
		}
	}
	if echoes == 0 {
		t.Error("our own words are no echo")
	}
	hooks := len(log.Hooks())
	d.looked(t)
	if n := len(log.Hooks()); n != hooks {
		t.Errorf("%d hooks though nothing changed", n-hooks)
	}
	d.at.Decide(issue, "SOMETHING_NEW", true)
	channelstest.Eventually(t, "the state is told", func() bool {
		items := log.Items()
		in := items[len(items)-1]
		return in.Kind == centrala.KindMatter && in.Matters[2].Status == "SOMETHING_NEW"
	})
}

// An issue that says to have more messages than are there is looked at until they are.
func TestIssueLag(t *testing.T) {
	t.Parallel()
	d := open(t)
	issue := d.at.Open("DISPUTE", "ola", "Gdzie paczka?")
	d.at.Claims(issue, 1)
	log := d.listens(t)
	log.Wait(t, 1)
	d.looked(t)
	d.at.Say(issue, "BUYER", "Halo?")
	d.at.Claims(issue, -1)
	if got := texts(log.Wait(t, 2)); got[1] != "Halo?" {
		t.Errorf("came: %q", got)
	}
}

// An issue in which nobody has said anything is somebody's business all the same.
func TestSilentIssue(t *testing.T) {
	t.Parallel()
	d := open(t)
	log := d.listens(t)
	issue := d.at.Open("CLAIM", "ola", "")
	if in := log.Wait(t, 1)[0]; in.Text != "CLAIM 17/2026" || in.ThreadID != "iss:"+issue {
		t.Errorf("read as %+v", in)
	}
}

// A file is shown once the vendor has found it safe, and never when it has found it unsafe.
func TestScan(t *testing.T) {
	t.Parallel()
	d := open(t)
	log := d.listens(t)
	_, id := d.at.Write(channelstest.AllegroMessage{Login: "ola", Files: []channelstest.AllegroFile{{Name: "foto.jpg", Type: "image/jpeg", Data: "\xff\xd8", Status: "NEW"}}})
	file := log.Wait(t, 1)[0].Attachments[0]
	m := centrala.Media{Handle: file.Handle, Name: file.Name, Type: file.Type}
	var later *channels.Later
	if _, err := d.line.Fetch(t.Context(), d.inbox, m); !errors.As(err, &later) || later.For <= 0 {
		t.Errorf("a file that is scanned still: %v", err)
	}
	d.at.Scanned(id, "SAFE")
	if got, err := d.line.Fetch(t.Context(), d.inbox, m); err != nil || got.Size != 2 || got.Name != "foto.jpg" {
		t.Errorf("a safe file: %+v, %v", got, err)
	}
	var rejected *centrala.Rejected
	d.at.Scanned(id, "UNSAFE")
	if _, err := d.line.Fetch(t.Context(), d.inbox, m); !errors.As(err, &rejected) || rejected.Cause != centrala.BadFile {
		t.Errorf("an unsafe file: %v", err)
	}
	d.at.Scanned(id, "NEW")
	d.clock.forward(25 * time.Hour)
	access, refresh := d.at.Connected()
	d.keep.mu.Lock()
	d.keep.inbox.Account.Token, d.keep.inbox.Account.Refresh = access, refresh
	d.keep.mu.Unlock()
	if _, err := d.another().Fetch(t.Context(), d.inbox, m); !errors.As(err, &rejected) {
		t.Errorf("a file that is never scanned: %v", err)
	}
	if _, err := d.line.Fetch(t.Context(), d.inbox, centrala.Media{Handle: "nonsense"}); !errors.As(err, &rejected) {
		t.Errorf("no handle: %v", err)
	}
}
