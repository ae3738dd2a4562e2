package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"centrala/auth"
)

func request(host string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/conversations", nil)
	r.Host = host
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestHosts(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("https://help.shop.example")
	s := auth.Site{Base: base, Hosts: []string{"pomoc.shop.example"}}
	for host, want := range map[string]bool{
		"help.shop.example": true, "HELP.shop.example:443": true, "help.shop.example.": true, "pomoc.shop.example": true,
		"localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true, "192.0.2.3": true,
		"evil.example": false, "help.shop.example.evil.example": false, "": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
	} {
		if got := s.HostOK(request(host)); got != want {
			t.Errorf("host %q: %v", host, got)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("https://help.shop.example")
	s := auth.Site{Base: base, Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}} // httptest's peer is 192.0.2.1
	for _, c := range []struct {
		host    string
		headers []string
		want    bool
	}{
		{"help.shop.example", nil, true},
		{"help.shop.example", []string{"Origin", "https://help.shop.example"}, true},
		{"localhost:8080", []string{"Origin", "http://localhost:8080"}, true},
		{"localhost:8080", []string{"Origin", "http://localhost:9090"}, false},
		{"localhost:8080", []string{"Origin", "null"}, false},
		{"localhost:8080", []string{"Origin", "http://localhost:8080.evil.example"}, false},
		{"localhost:8080", []string{"Origin", "https://evil.example"}, false},
		{"localhost:8080", []string{"Origin", "file://localhost:8080"}, false},
		{"shop.example", []string{"Origin", "http://shop.example", "X-Forwarded-Proto", "https"}, false}, // the weaker origin
		{"shop.example", []string{"Origin", "https://shop.example", "X-Forwarded-Proto", "https"}, true},
		{"localhost:8080", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"localhost:8080", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"localhost:8080", []string{"Sec-Fetch-Site", "same-origin"}, true},
	} {
		if got := s.SameOrigin(request(c.host, c.headers...)); got != c.want {
			t.Errorf("%s %v: %v", c.host, c.headers, got)
		}
	}
	if (auth.Site{}).Secure(request("localhost", "X-Forwarded-Proto", "https")) {
		t.Error("a stranger's X-Forwarded-Proto counts")
	}
}
