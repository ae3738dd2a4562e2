package auth

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Site is what the server is called and who stands in front of it. The zero Site answers to
// localhost and to plain addresses, where nobody stands in front.
type Site struct {
	Base    *url.URL       // the public address, nil when it has none
	Hosts   []string       // further names it answers to, without ports
	Proxies []netip.Prefix // whose X-Forwarded-For and -Proto count
}

// HostOK reports whether the request is addressed to one of our names. A plain IP address
// always is: only names can be made to point here by somebody else (DNS rebinding).
func (s Site) HostOK(r *http.Request) bool {
	host := hostname(r.Host)
	if host == "localhost" || slices.Contains(s.Hosts, host) {
		return true
	}
	if s.Base != nil && strings.EqualFold(host, s.Base.Hostname()) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

func hostname(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// Own reports whether origin, an Origin header, names this site as r addresses it.
func (s Site) Own(r *http.Request, origin string) bool {
	if s.Base != nil && strings.EqualFold(origin, s.Base.Scheme+"://"+s.Base.Host) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && !s.Secure(r)
}

// SameOrigin reports whether a request that changes something may have been made by our own
// page or by no browser at all: its Origin is ours, or it has none and the browser, if there
// is one, does not say that another site made it (Fetch Metadata).
func (s Site) SameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return s.Own(r, origin)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return false
}

// Addr is the client's address, "" when there is none (see ClientAddr).
func (s Site) Addr(r *http.Request) string { return ClientAddr(r, s.Proxies) }

// Secure reports whether the client reached us over TLS, here or at a trusted proxy.
func (s Site) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return Trusted(r, s.Proxies) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
