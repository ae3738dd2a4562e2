package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

// With certificate files the server speaks TLS alone: the session's cookie is for TLS only, and
// the doctor finds the server.
func TestTLS(t *testing.T) {
	t.Parallel()
	cert := channelstest.NewCertificate(t)
	h := newPremises(t, "", fmt.Sprintf("[http]\ntls_cert = %q\ntls_key = %q\n", cert.Path, cert.Path))
	h.hire(t, "szefowa@firma.test", "Barbara Nowak", "admin")
	cmd := command(t.Context(), h.args("serve", "--listen", "127.0.0.1:0")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	trust := cert.Trust.Clone()
	trust.ServerName = "localhost"
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var base string
	eventually(t, "the server is ready", func() error {
		b, err := os.ReadFile(filepath.Join(h.data, "address"))
		if err != nil {
			return err
		}
		base = strings.TrimSpace(string(b))
		res, err := client.Get(base + "/readyz")
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
	if !strings.HasPrefix(base, "https://127.0.0.1:") {
		t.Errorf("its address is %s", base)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/v1/sessions", strings.NewReader(`{"email":"szefowa@firma.test","password":"`+goodPassword+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", res.Status, b, err)
	}
	c := res.Cookies()
	if len(c) != 1 || !c[0].Secure || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %v", c)
	}
	if v := res.TLS.Version; v < tls.VersionTLS12 {
		t.Errorf("TLS version %x", v)
	}
	if plain, err := http.Get("http" + strings.TrimPrefix(base, "https") + "/readyz"); err == nil {
		plain.Body.Close()
		if plain.StatusCode != http.StatusBadRequest {
			t.Errorf("without TLS it answers %s", plain.Status)
		}
	}
	if out, code := h.run(t, "", "doctor"); code != 0 || !strings.Contains(out, "runs at https://") {
		t.Errorf("the doctor: exit code %d:\n%s", code, out)
	}
}

// Who tries too often is told when to come back, and everybody else goes on.
func TestLimits(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	admin := h.furnish(t, p)
	tooMany := func(what string, most int, try func() (int, http.Header)) {
		t.Helper()
		for n := range most + 1 {
			status, header := try()
			if status != http.StatusTooManyRequests {
				continue
			}
			if n < most/2 || header.Get("Retry-After") == "" {
				t.Errorf("%s: refused after %d tries, Retry-After %q", what, n, header.Get("Retry-After"))
			}
			return
		}
		t.Errorf("%s: %d tries are not refused", what, most+1)
	}
	post := func(path, body string) (int, http.Header) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", p.Base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header
	}
	tooMany("signing in", 10, func() (int, http.Header) {
		return post("/v1/sessions", `{"email":"ania@firma.test","password":"zgaduję to hasło"}`)
	})
	if status, _ := post("/v1/sessions", `{"email":"ania@firma.test","password":"`+goodPassword+`"}`); status != http.StatusTooManyRequests {
		t.Errorf("the right guess after too many gets %d", status)
	}
	tooMany("visitors", 30, func() (int, http.Header) { return post("/v1/visitors", `{"inbox":"web"}`) })
	p.must(t, "GET", "/v1/me", admin, nil, nil) // whoever is signed in works on

	// Fifty sockets of one address may be waiting to say who they are.
	refused := 0
	for range 60 {
		s, res, err := p.raw(t, "")
		if err == nil {
			defer s.CloseNow()
			continue
		}
		if refused++; res == nil || res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("a socket too many: %v, %v", res, err)
		}
	}
	if refused < 10 {
		t.Errorf("%d of 60 sockets without a name are refused, want at least 10", refused)
	}
}
