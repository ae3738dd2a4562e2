package channelstest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"time"
)

// credentials are the application's, as RFC 6749 has them sent.
func credentials(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return ok && errID == nil && errSecret == nil && id == ClientID && secret == ClientSecret
}

func (a *Allegro) beginDevice(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.like.NoSignIn {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if !credentials(r) || r.FormValue("client_id") != ClientID {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	device, user := "device-"+rand.Text(), rand.Text()[:6]
	a.devices[device] = &allegroDevice{user: user, state: "authorization_pending"}
	answer(w, http.StatusOK, map[string]any{"device_code": device, "user_code": user, "expires_in": 3600, "interval": 1,
		"verification_uri": "https://allegro.example.test/skojarz-aplikacje", "verification_uri_complete": "https://allegro.example.test/skojarz-aplikacje?code=" + user})
}

func (a *Allegro) token(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[r.PostFormValue("grant_type")]++
	done := func() {
		if a.onGrant != nil {
			a.onGrant(r.PostFormValue("grant_type"))
		}
	}
	no := func(code string) {
		done()
		answer(w, http.StatusBadRequest, map[string]any{"error": code})
	}
	switch {
	case a.like.NoSignIn:
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case !credentials(r):
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case r.PostFormValue("grant_type") == "refresh_token":
		used := r.PostFormValue("refresh_token")
		until, known := a.refresh[used]
		if !known || !until.IsZero() && !a.now().Before(until) {
			no("invalid_grant")
			return
		}
		if until.IsZero() && a.like.Grace > 0 {
			a.refresh[used] = a.now().Add(a.like.Grace)
		} else {
			delete(a.refresh, used)
		}
	case r.PostFormValue("grant_type") == "urn:ietf:params:oauth:grant-type:device_code":
		d := a.devices[r.PostFormValue("device_code")]
		switch {
		case d == nil || d.state == "expired":
			no("Invalid device code")
			return
		case d.state == "slow_down":
			d.state = "authorization_pending"
			no("slow_down")
			return
		case d.state != "granted":
			no(d.state)
			return
		}
		delete(a.devices, r.PostFormValue("device_code"))
	default:
		no("unsupported_grant_type")
		return
	}
	access, refresh := a.pair()
	done()
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "bearer", "refresh_token": refresh,
		"expires_in": int(a.access[access].Sub(a.now()).Seconds()), "scope": "allegro:api:messaging allegro:api:disputes", "allegro_api": true, "jti": "j"})
}

// Connected is a pair of tokens that are good.
func (a *Allegro) Connected() (access, refresh string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pair()
}

func (a *Allegro) pair() (access, refresh string) {
	life := a.like.Life
	if life == 0 {
		life = 12 * time.Hour
	}
	access, refresh = "access-"+rand.Text(), "refresh-"+rand.Text()
	a.access[access], a.refresh[refresh] = a.now().Add(life), time.Time{}
	return access, refresh
}

// Expire ends all access tokens.
func (a *Allegro) Expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.access)
}

// Withdraw ends all tokens.
func (a *Allegro) Withdraw() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.access)
	clear(a.refresh)
}

// Decides has the person with a code agree (granted), refuse (access_denied) or be too late (expired).
func (a *Allegro) Decides(user, state string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.devices {
		if d.user == user {
			d.state = state
		}
	}
}
