package channelstest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// ClientID and ClientSecret are who we are to a Provider.
const (
	ClientID     = "centrala-test"
	ClientSecret = "klucz-do-dostawcy"
)

// Provider is a server that signs people in, as Google and Microsoft do (RFC 6749, 7636, 7662):
// it asks for consent, gives codes and tokens, and tells mail servers whose token it is. It is
// safe for concurrent use; what it is like can be changed while it runs.
type Provider struct {
	URL string

	mu      sync.Mutex
	like    ProviderLike
	codes   map[string]grant
	refresh map[string]bool
	access  map[string]time.Time // until when each is good
	asked   int
	atOnce  int
	most    int
}

// ProviderLike is how a Provider behaves.
type ProviderLike struct {
	Life    time.Duration // of access tokens, default an hour
	Rotate  bool          // each refresh token is good for one renewal
	Refuse  string        // an error code for every renewal: invalid_grant
	Broken  bool          // every renewal is a 500
	Slow    time.Duration // before every answer
	User    string        // whose mailbox it is, default bok
	NoToken bool          // mail servers are told that no token is good
}

type grant struct{ back, challenge string }

// NewProvider starts a Provider, which ends with the test.
func NewProvider(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{codes: make(map[string]grant), refresh: make(map[string]bool), access: make(map[string]time.Time)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", p.consent)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /introspect", p.introspect)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Be changes how it behaves.
func (p *Provider) Be(like ProviderLike) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.like = like
}

// Consented is a refresh token of somebody who has consented.
func (p *Provider) Consented() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refreshToken()
}

func (p *Provider) refreshToken() string {
	token := "refresh-" + rand.Text()
	p.refresh[token] = true
	return token
}

// Withdraw takes every consent back: no token is good any more.
func (p *Provider) Withdraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.refresh)
	clear(p.access)
}

// Asked is how many renewals were asked for, and how many of them at most at once.
func (p *Provider) Asked() (n, atOnce int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.most
}

// Good reports whether an access token is.
func (p *Provider) Good(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.like.NoToken && time.Now().Before(p.access[token])
}

// consent is the page on which people say yes; these do at once.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = grant{q.Get("redirect_uri"), q.Get("code_challenge")}
	p.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("client_id") != ClientID || r.PostForm.Get("client_secret") != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	p.asked++
	p.atOnce++
	p.most = max(p.most, p.atOnce)
	like := p.like
	p.mu.Unlock()
	time.Sleep(like.Slow)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.atOnce--
	refresh := r.PostForm.Get("refresh_token")
	switch {
	case like.Broken:
		http.Error(w, "the cat sleeps on the server", http.StatusInternalServerError)
		return
	case like.Refuse != "":
		answer(w, http.StatusBadRequest, map[string]any{"error": like.Refuse, "error_description": "Token has been expired or revoked."})
		return
	case r.PostForm.Get("grant_type") == "authorization_code" && p.proved(r.PostForm):
		refresh = p.refreshToken()
	case r.PostForm.Get("grant_type") == "refresh_token" && p.refresh[refresh]:
		if !like.Rotate {
			refresh = ""
			break
		}
		delete(p.refresh, refresh)
		refresh = p.refreshToken()
	default:
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
		return
	}
	life := like.Life
	if life == 0 {
		life = time.Hour
	}
	access := "access-" + rand.Text()
	p.access[access] = time.Now().Add(life)
	said := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(life.Seconds())}
	if refresh != "" {
		said["refresh_token"] = refresh
	}
	answer(w, http.StatusOK, said)
}

// proved takes a code, once, from who asked for it (PKCE).
func (p *Provider) proved(form url.Values) bool {
	g, ok := p.codes[form.Get("code")]
	delete(p.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return ok && g.back == form.Get("redirect_uri") && g.challenge == base64.RawURLEncoding.EncodeToString(sum[:])
}

func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	user := "bok"
	p.mu.Lock()
	if p.like.User != "" {
		user = p.like.User
	}
	p.mu.Unlock()
	if !p.Good(r.FormValue("token")) {
		answer(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	answer(w, http.StatusOK, map[string]any{"active": true, "username": user})
}

func answer(w http.ResponseWriter, status int, v map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the other side may be gone
}
