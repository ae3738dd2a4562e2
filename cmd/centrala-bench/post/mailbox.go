package post

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// A Mailbox is an IMAP server's that a house is to read, without encryption.
type Mailbox struct {
	Address        string // what people write to
	Server         string // host:port
	User, Password string
}

// A Door is a mailbox that is an inbox of the house now, for sellers.
type Door struct {
	site  *load.Site
	admin string
	id    string
}

// Connect makes an inbox of a mailbox; it is read from then on.
func Connect(ctx context.Context, site *load.Site, box Mailbox) (*Door, error) {
	admin, err := site.Administrator(ctx)
	if err != nil {
		return nil, err
	}
	name, port, err := net.SplitHostPort(box.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	server := map[string]any{"host": name, "port": n, "tls": "none", "user": box.User}
	in := map[string]any{"channel": "email", "name": "Poczta", "slug": "poczta", "side": "seller", "imap_password": box.Password,
		"mailbox": map[string]any{"address": box.Address, "from_name": "Poczta", "imap": server, "smtp": server}}
	d := &Door{site: site, admin: admin}
	var made struct{ ID string }
	err = site.Back().Do(ctx, wire.Call{Method: http.MethodPost, Path: "/v1/inboxes", Token: admin, In: in, Out: &made})
	d.id = made.ID
	return d, err
}

// Read has the house read the mailbox, or leave it alone.
func (d *Door) Read(ctx context.Context, on bool) error {
	return d.site.Back().Do(ctx, wire.Call{Method: http.MethodPatch, Path: "/v1/inboxes/" + d.id, Token: d.admin, In: map[string]bool{"enabled": on}})
}

// Arrive delivers n mails, one when the one before has come, and tells how long it took each
// from there until it was a conversation before an agent: put delivers number i, whose subject
// has the words that are given.
func (d *Door) Arrive(ctx context.Context, n int, subject func(i int) string, put func(i int) error) (*stats.Latencies, error) {
	token, err := d.site.Seller(ctx)
	if err != nil {
		return nil, err
	}
	sock, err := d.site.Back().Open(ctx, token, map[string]any{"watch": map[string]any{"filter": map[string]any{"side": "seller"}}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sock.Cut() }() // there is nothing to say any more
	if err := sock.Within(patience); err != nil {
		return nil, err
	}
	if _, err := wire.Await(sock, "cursor"); err != nil {
		return nil, err
	}
	took := stats.NewLatencies()
	for i := range n {
		if err := sock.Within(patience); err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := put(i); err != nil {
			return nil, err
		}
		want := []byte(subject(i))
		for {
			b, err := sock.Read()
			if err != nil {
				return nil, fmt.Errorf("wait for mail %d: %w", i, err)
			}
			if bytes.Contains(b, want) {
				break
			}
		}
		took.Record(time.Since(begun))
	}
	return took, nil
}

// Fetched is how a mailbox full of mail was read while people talked.
type Fetched struct {
	Took   time.Duration // from when the mailbox was to be read until all was in its place
	Routed time.Duration // until every conversation had its team's queue as well
	Peak   host.Memory   // the first node's, at its largest
	CPU    time.Duration
	Live   *load.Step // what was said meanwhile
}

const (
	patience      = 10 * time.Second // with one answer
	talkersBeside = 50
	fetchLimit    = 5 * time.Minute
	opened        = `centrala_events_total{type="conversation.opened"}`
	assigned      = `centrala_events_total{type="conversation.assigned"}`
	received      = `centrala_events_total{type="message.received"}`
	routingLag    = `centrala_work_lag{group="routing"}`
)

// Fetch has the house read what is in the mailbox, that many conversations and messages, while
// visitors talk at a rate.
func (d *Door) Fetch(ctx context.Context, conversations, messages int, rate float64) (f Fetched, err error) {
	metric := func(name string) float64 {
		v, e := d.site.Front().Counter(ctx, name)
		err = errors.Join(err, e)
		return v
	}
	before, were := metric(opened), metric(assigned)
	had, e := d.taken(ctx)
	if err = errors.Join(err, e); err != nil {
		return f, err
	}
	messages += had
	done := make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		f.Live, err = load.Open(ctx, d.site, load.Plan{Visitors: talkersBeside, Rate: rate, Window: fetchLimit, Until: done})
		return errors.Join(err, f.Live.Broke)
	})
	g.Go(func() error {
		defer close(done)
		for metric(assigned) < were+talkersBeside { // until the talkers are there
			if err := errors.Join(err, rest(ctx, 50*time.Millisecond)); err != nil {
				return err
			}
		}
		return d.fetch(ctx, &f, before+talkersBeside+float64(conversations), messages, rate)
	})
	return f, g.Wait()
}

// fetch waits until there are so many conversations and messages of mail, and looks at the memory.
func (d *Door) fetch(ctx context.Context, f *Fetched, conversations float64, messages int, rate float64) error {
	cpu, err := host.CPUOf(d.site.Servers...)
	if err != nil {
		return err
	}
	if err := d.Read(ctx, true); err != nil {
		return err
	}
	begun := time.Now()
	for f.Routed == 0 {
		m, err := host.ResidentOf(d.site.Servers[0])
		if err != nil {
			return err
		}
		if m.RSS > f.Peak.RSS {
			f.Peak = m
		}
		got, err := d.site.Back().Counter(ctx, opened)
		if err != nil {
			return err
		}
		switch {
		case got < conversations:
		case f.Took == 0:
			if n, err := d.taken(ctx); err != nil {
				return err
			} else if n >= messages {
				f.Took = time.Since(begun)
			}
		default:
			if lag, err := d.site.Back().Metric(ctx, routingLag); err != nil {
				return err
			} else if lag <= rate/4 { // what is being said right now waits for a moment too
				f.Routed = time.Since(begun)
			}
		}
		if time.Since(begun) > fetchLimit {
			return fmt.Errorf("%.0f of %.0f conversations are there after %s, the mails %v", got, conversations, fetchLimit, f.Took > 0)
		}
		if err := rest(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	used, err := host.CPUOf(d.site.Servers...)
	f.CPU = used - cpu
	return err
}

// taken is how many mails have an entry in the book.
func (d *Door) taken(ctx context.Context) (int, error) {
	var book struct{ Tally map[string]int }
	err := d.site.Back().Do(ctx, wire.Call{Method: http.MethodGet, Path: "/v1/mail?limit=1&inbox=" + d.id, Token: d.admin, Out: &book})
	all := 0
	for _, n := range book.Tally {
		all += n
	}
	return all, err
}

// Weight is what one more mail costs a house in memory: the largest it was, over what it was
// before, from when put delivers the mail until its conversation is there.
func (d *Door) Weight(ctx context.Context, put func() error) (before, peak host.Memory, err error) {
	pid := d.site.Servers[0]
	if before, err = host.ResidentOf(pid); err != nil {
		return before, peak, err
	}
	had, err := d.site.Back().Counter(ctx, received)
	if err != nil {
		return before, peak, err
	}
	if err := put(); err != nil {
		return before, peak, err
	}
	for end := time.Now().Add(2 * patience); ; {
		m, err := host.ResidentOf(pid)
		if err != nil {
			return before, peak, err
		}
		if m.RSS > peak.RSS {
			peak = m
		}
		got, err := d.site.Back().Counter(ctx, received)
		if err != nil || got > had {
			return before, peak, err
		}
		if time.Now().After(end) {
			return before, peak, errors.New("the mail is not there")
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return before, peak, err
		}
	}
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
