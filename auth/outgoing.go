package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Outgoing is a client for addresses that somebody configured. It refuses every address that
// is not on the public internet, after the name has been resolved and again for each redirect,
// so that no setting can make the server talk to its own neighbours. Only https is spoken.
// private lifts both limits: for tests and for the demo on loopback.
func Outgoing(private bool) *http.Client { return outgoing(private, private) }

// OutgoingPictures is a client for pictures that strangers put into their mails: likewise, but
// they may be at http addresses, and nobody learns from where somebody was sent on.
func OutgoingPictures(private bool) *http.Client {
	c := outgoing(private, true)
	redirect := c.CheckRedirect
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		r.Header.Del("Referer")
		return redirect(r, via)
	}
	return c
}

func outgoing(private, plain bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: -1}
	if !private {
		dialer.Control = publicOnly
	}
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: httpsOnly{plain: plain, next: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableKeepAlives: true,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 5 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= 3 {
				return errors.New("more than three redirects")
			}
			return nil
		},
	}
}

// httpsOnly refuses plain http, of the first address and of every redirect.
type httpsOnly struct {
	plain bool // http is spoken too
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t httpsOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !(t.plain && r.URL.Scheme == "http") {
		return nil, fmt.Errorf("address of %s is not https", r.URL.Host)
	}
	return t.next.RoundTrip(r)
}

// publicOnly sees the address that will really be connected to (net.Dialer.Control).
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if !Public(ap.Addr()) {
		return fmt.Errorf("address %s is not on the public internet", ap.Addr())
	}
	return nil
}

// Public reports whether a is an address of the public internet: none of the ranges set aside
// by RFC 6890 and its successors.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// reserved lists what IsGlobalUnicast lets through and nobody should be sent to: shared address
// space, protocol assignments, documentation, benchmarking, 6to4, NAT64 and the rest of the old
// class E (IANA's special-purpose address registries).
func reserved() []netip.Prefix {
	list := []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
		"2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10"}
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
