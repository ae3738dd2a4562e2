package auth

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limiter counts what happened under a key within the last period and refuses what is too much.
// It is exact: a sliding window, not a bucket. Safe for concurrent use.
type Limiter struct {
	n   int
	per time.Duration
	now func() time.Time

	mu    sync.Mutex
	times map[string][]time.Time // ascending, at most n each
	swept time.Time
}

// NewLimiter allows n in every period for each key. n = 0 allows everything.
func NewLimiter(n int, per time.Duration, now func() time.Time) *Limiter {
	return &Limiter{n: n, per: per, now: now, times: make(map[string][]time.Time)}
}

// Take counts one under key and says how many are left; when there are none, ok is false and
// wait is how long until there is one again.
func (l *Limiter) Take(key string) (left int, wait time.Duration, ok bool) {
	if l.n == 0 {
		return 1, 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.sweep(now)
	times := l.fresh(l.times[key], now)
	if len(times) >= l.n {
		l.times[key] = times
		return 0, times[0].Add(l.per).Sub(now), false
	}
	l.times[key] = append(times, now)
	return l.n - len(times) - 1, 0, true
}

// Return takes the latest Take of key back: what it stood for does not count.
func (l *Limiter) Return(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if times := l.times[key]; len(times) > 1 {
		l.times[key] = times[:len(times)-1]
	} else {
		delete(l.times, key)
	}
}

func (l *Limiter) fresh(times []time.Time, now time.Time) []time.Time {
	cut := now.Add(-l.per)
	return slices.DeleteFunc(times, func(t time.Time) bool { return !t.After(cut) })
}

// sweep forgets keys that have been quiet for a whole period, once a period.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < l.per {
		return
	}
	l.swept = now
	for key, times := range l.times {
		if len(l.fresh(times, now)) == 0 {
			delete(l.times, key)
		}
	}
}

// ClientAddr is the address a request comes from. X-Forwarded-For counts only as far as the
// hops that wrote it are trusted: the nearest address that is not a trusted proxy is the
// client. Without a valid address it is "".
func ClientAddr(r *http.Request, trusted []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr.String()
}

// Trusted reports whether the request's direct peer is one of the trusted proxies, whose word on
// the original scheme and host counts.
func Trusted(r *http.Request, trusted []netip.Prefix) bool {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && contains(trusted, ap.Addr().Unmap())
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// limitKey is what an address counts as for limits: a whole /64 in IPv6, where one subscriber
// has that many.
func limitKey(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() {
		return address
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}

// LimitKey is what a client address counts as for limits: itself, or its /64 in IPv6.
func LimitKey(address string) string { return limitKey(address) }

// Prefix is a network address as the audit log keeps it: cut to /24, or /48 in IPv6.
func Prefix(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
