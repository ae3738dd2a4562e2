package post

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// A Letterbox is an inbox that others post to, signed.
type Letterbox struct {
	site         *load.Site
	path, secret string
}

// OpenLetterbox makes such an inbox.
func OpenLetterbox(ctx context.Context, site *load.Site) (*Letterbox, error) {
	admin, err := site.Administrator(ctx)
	if err != nil {
		return nil, err
	}
	in := map[string]any{"channel": "webhook", "name": "Bramka", "slug": "bramka", "side": "seller", "account": map[string]any{}}
	var made struct {
		ID         string
		HookSecret string `json:"hook_secret"`
	}
	err = site.Back().Do(ctx, wire.Call{Method: http.MethodPost, Path: "/v1/inboxes", Token: admin, In: in, Out: &made})
	return &Letterbox{site: site, path: "/hooks/bramka", secret: made.HookSecret}, err
}

// event is what somebody says, in the words of the contract. A person says something in their own
// conversation now and then: so many people take turns.
func event(i int64) string {
	const people = 500
	return fmt.Sprintf(`{"type":"message","id":"bench-%d","at":%q,"from":{"id":"p%d","name":"Osoba %d"},"conversation":"c%d","text":"Dzień dobry, gdzie jest moja paczka numer %d? Czekam od wtorku."}`,
		i, time.Now().UTC().Format(time.RFC3339Nano), i%people, i%people, i%people, i)
}

// body is a post of the events from first on.
func body(first int64, n int) []byte {
	events := make([]string, n)
	for i := range events {
		events[i] = event(first + int64(i))
	}
	return []byte(`{"v":1,"events":[` + strings.Join(events, ",") + `]}`)
}

// post posts, and says the status.
func (l *Letterbox) post(ctx context.Context, client *http.Client, b []byte) (int, error) {
	t := strconv.FormatInt(time.Now().Unix(), 10)
	m := hmac.New(sha256.New, []byte(l.secret))
	m.Write([]byte(t + "."))
	m.Write(b)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.site.Front().Addr+l.path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Centrala-Signature", "t="+t+",v1="+hex.EncodeToString(m.Sum(nil)))
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// Posted is what became of posts that came at a rate.
type Posted struct {
	Sent, Kept int64
	Took       *stats.Latencies // from the due time to the 200
	For        time.Duration    // from the first post until the last was answered
	Read       time.Duration    // from the first post until everything was a message
}

const hands = 64 // posts that are under way at once at most

// Rate posts single messages at a rate that waits for nobody, and then waits until all of them are
// in the log.
func (l *Letterbox) Rate(ctx context.Context, rate float64, window time.Duration) (*Posted, error) {
	before, err := l.site.Front().Counter(ctx, received)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: hands, MaxConnsPerHost: hands, DisableCompression: true}}
	defer client.CloseIdleConnections()
	p := &Posted{Took: stats.NewLatencies(), Sent: int64(rate * window.Seconds())}
	var next, kept atomic.Int64
	began := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	for range hands {
		g.Go(func() error {
			for {
				i := next.Add(1) - 1
				if i >= p.Sent {
					return nil
				}
				due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
				if err := rest(gctx, time.Until(due)); err != nil {
					return err
				}
				status, err := l.post(gctx, client, body(i, 1))
				if err != nil {
					return err
				}
				p.Took.Record(time.Since(due))
				if status == http.StatusOK {
					kept.Add(1)
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	p.For, p.Kept = time.Since(began), kept.Load()
	err = l.await(ctx, before+float64(p.Kept))
	p.Read = time.Since(began)
	return p, err
}

// Batch posts n messages at once, and says how long until the answer, and until all are in the log.
func (l *Letterbox) Batch(ctx context.Context, n int) (answered, read time.Duration, err error) {
	before, err := l.site.Front().Counter(ctx, received)
	if err != nil {
		return 0, 0, err
	}
	b := body(1<<40, n)
	began := time.Now()
	status, err := l.post(ctx, http.DefaultClient, b)
	answered = time.Since(began)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("a batch of %d messages: status %d", n, status)
	}
	if err != nil {
		return answered, 0, err
	}
	err = l.await(ctx, before+float64(n))
	return answered, time.Since(began), err
}

// await waits until so many messages of customers are in the log.
func (l *Letterbox) await(ctx context.Context, messages float64) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	for {
		have, err := l.site.Front().Counter(ctx, received)
		if err != nil || have >= messages {
			return err
		}
		if err := rest(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("%.0f of %.0f messages are in the log: %w", have, messages, err)
		}
	}
}
