package floor

import (
	"net/url"
	"strings"
)

// Allows reports whether an inbox's list lets origin in. An entry is an origin
// ("https://shop.example"), a host ("shop.example", any scheme), either with "*." for all
// names below it, or "*" for everybody.
func Allows(list []string, origin string) bool {
	scheme, host, ok := splitOrigin(origin)
	if !ok {
		return false
	}
	for _, entry := range list {
		if entry == "*" {
			return true
		}
		wantScheme, want := "", strings.ToLower(strings.TrimSuffix(strings.TrimSpace(entry), "/"))
		if s, rest, found := strings.Cut(want, "://"); found {
			wantScheme, want = s, rest
		}
		if wantScheme != "" && wantScheme != scheme {
			continue
		}
		want = bare(scheme, want)
		if want == host {
			return true
		}
		if below, wild := strings.CutPrefix(want, "*"); wild && strings.HasPrefix(below, ".") && strings.HasSuffix(host, below) && len(host) > len(below) {
			return true
		}
	}
	return false
}

// splitOrigin takes an Origin header apart; "null" and everything that is no site is not ok.
func splitOrigin(origin string) (scheme, host string, ok bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", "", false
	}
	return u.Scheme, bare(u.Scheme, strings.ToLower(u.Host)), true
}

// bare is host without the port that its scheme implies.
func bare(scheme, host string) string {
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return strings.TrimSuffix(host, port)
}
