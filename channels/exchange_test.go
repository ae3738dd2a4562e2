package channels_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
)

// radio is a Listener that remembers what it was asked to listen to.
type radio struct {
	mu     sync.Mutex
	begun  []string
	active map[string]int
	listen func(ctx context.Context, in centrala.Inbox) error
}

func (r *radio) Kind() centrala.Channel { return "pigeon" }

func (r *radio) Listen(ctx context.Context, in centrala.Inbox, _ channels.Intake) error {
	r.mu.Lock()
	r.begun = append(r.begun, in.Name)
	r.active[in.Name]++
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.active[in.Name]--
	}()
	return r.listen(ctx, in)
}

func (r *radio) on(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[name]
}

type changing struct {
	mu sync.Mutex
	in []centrala.Inbox
}

func (c *changing) Inboxes(context.Context) ([]centrala.Inbox, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]centrala.Inbox(nil), c.in...), nil
}

func (c *changing) set(in ...centrala.Inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = in
}

func TestExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board := &channels.Board{}
		panics := 0
		r := &radio{active: map[string]int{}, listen: func(ctx context.Context, in centrala.Inbox) error {
			switch in.Name {
			case "shut":
				return &channels.Stopped{Reason: "The password is wrong."}
			case "weak":
				if panics++; panics < 3 {
					panic("broken")
				}
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		boxes := &changing{}
		boxes.set(centrala.Inbox{ID: 1, Name: "good", Channel: "pigeon", Enabled: true}, centrala.Inbox{ID: 2, Name: "shut", Channel: "pigeon", Enabled: true},
			centrala.Inbox{ID: 3, Name: "weak", Channel: "pigeon", Enabled: true}, centrala.Inbox{ID: 4, Name: "off", Channel: "pigeon"},
			centrala.Inbox{ID: 5, Name: "chat", Channel: centrala.Chat, Enabled: true})
		x := channels.NewExchange(channels.ExchangeConfig{Doors: boxes, Leases: &deeds{}, Node: "a", Listeners: []channels.Listener{r}, Board: board, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- x.Run(ctx) }()
		time.Sleep(time.Minute)
		if r.on("good") != 1 || r.on("shut") != 0 || r.on("weak") != 1 || r.on("off") != 0 || r.on("chat") != 0 {
			t.Errorf("listening: %v", r.active)
		}
		if h, _ := board.Line(2, channels.In); h.State != channels.Halted || h.LastError == "" {
			t.Errorf("the shut line's health is %+v", h)
		}
		time.Sleep(time.Hour)
		begun := len(r.begun) // good once, shut once, weak three times
		if begun != 5 {
			t.Errorf("opened %v", r.begun)
		}
		x.Reopen(2)
		synctest.Wait()
		if r.begun[len(r.begun)-1] != "shut" || len(r.begun) != 6 {
			t.Errorf("opened %v", r.begun)
		}
		boxes.set(centrala.Inbox{ID: 2, Name: "mended", Channel: "pigeon", Enabled: true})
		x.Look()
		synctest.Wait()
		if r.on("good") != 0 || r.on("mended") != 1 {
			t.Errorf("after a change: %v", r.active)
		}
		if _, ok := board.Line(1, channels.In); ok {
			t.Error("a line that is gone still has a health")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
		if r.on("mended") != 0 {
			t.Error("a line was left open")
		}
	})
}

// unread gives every chat once, and some of them cannot be carried on.
type unread struct {
	due     []centrala.ConversationID
	carried []centrala.ConversationID
}

func (u *unread) Unseen(_ context.Context, olderThan time.Duration, limit int) ([]centrala.ConversationID, error) {
	if olderThan != 5*time.Minute {
		return nil, errors.New("not after five minutes")
	}
	return u.due[:min(limit, len(u.due))], nil
}

func (u *unread) CarryOn(_ context.Context, c centrala.ConversationID) error {
	if c%2 == 1 {
		return centrala.Errorf(centrala.Unavailable, "not now")
	}
	u.carried = append(u.carried, c)
	u.due = append([]centrala.ConversationID(nil), u.due...)
	for i, d := range u.due {
		if d == c {
			u.due = append(u.due[:i], u.due[i+1:]...)
			break
		}
	}
	return nil
}

func TestCarrier(t *testing.T) {
	t.Parallel()
	u := &unread{}
	for n := range 250 {
		u.due = append(u.due, centrala.ConversationID(n))
	}
	if err := channels.NewCarrier(channels.CarrierConfig{Log: u, Logger: slog.New(slog.DiscardHandler)}).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(u.carried) < 99 || len(u.due) > 151 {
		t.Errorf("%d carried on, %d left", len(u.carried), len(u.due))
	}
}

func TestDialerRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"192.0.2.1": true, "127.0.0.1": true, "10.0.0.1": true, "2001:db8::1": true, "::1": true,
		"169.254.169.254": false, "fe80::1": false, "::ffff:169.254.169.254": false, "0.0.0.0": false, "224.0.0.1": false, "fd00:ec2::254": false, "::": false,
	} {
		if err := (channels.Dialer{}).Check(netip.MustParseAddr(address)); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := (channels.Dialer{AllowLinkLocal: true}).Check(netip.MustParseAddr("169.254.1.1")); err != nil {
		t.Errorf("allowed, and still: %v", err)
	}
	if err := (channels.Dialer{LoopbackOnly: true}).Check(netip.MustParseAddr("192.0.2.1")); err == nil {
		t.Error("a stranger was dialled in the clear")
	}
	if _, err := (channels.Dialer{}).DialContext(t.Context(), "tcp", "169.254.169.254:80"); err == nil || !strings.Contains(err.Error(), "refused to connect") {
		t.Errorf("the metadata service was dialled: %v", err)
	}
}

func TestSaveParts(t *testing.T) {
	t.Parallel()
	b := memblob.OpenBucket(nil)
	defer b.Close()
	in := centrala.Inbound{Inbox: 1, ExternalID: "a", Attachments: []centrala.Part{{Name: "x", Open: text("ala")}, {Name: "y", Blob: "there"}}}
	if err := channels.SaveParts(t.Context(), b, &in); err != nil {
		t.Fatal(err)
	}
	if p := in.Attachments; p[0].Blob == "" || p[0].Size != 3 || p[1].Blob != "there" {
		t.Errorf("saved as %+v", p)
	}
	if got, err := b.ReadAll(t.Context(), in.Attachments[0].Blob); err != nil || string(got) != "ala" {
		t.Errorf("stored %q, %v", got, err)
	}
	other := centrala.Inbound{Inbox: 1, ExternalID: "b"}
	if channels.BlobKey(in, 1) == channels.BlobKey(other, 1) || channels.BlobKey(in, 1) == channels.BlobKey(in, 2) {
		t.Error("two files have one place")
	}
	broken := centrala.Inbound{Inbox: 1, ExternalID: "c", Attachments: []centrala.Part{{Name: "x", Open: failing}}}
	if err := channels.SaveParts(t.Context(), b, &broken); err == nil || broken.Attachments[0].Blob != "" {
		t.Errorf("a file that breaks off: %v", err)
	}
	if ok, err := b.Exists(t.Context(), channels.BlobKey(broken, 1)); ok || err != nil {
		t.Errorf("half a file was kept: %v, %v", ok, err)
	}
}
