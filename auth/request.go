package auth

import (
	"net/http"
	"strings"
)

// SessionCookieName is the cookie of agents' browsers.
const SessionCookieName = "centrala_session"

// SessionCookie carries an agent's session. It is a host-only cookie that scripts cannot read;
// secure says whether the site is reached over TLS.
func SessionCookie(token string, secure bool) *http.Cookie {
	return &http.Cookie{Name: SessionCookieName, Value: token, Path: "/", HttpOnly: true, Secure: secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(SessionLongest.Seconds())}
}

// EndedCookie takes the session cookie out of the browser.
func EndedCookie(secure bool) *http.Cookie {
	return &http.Cookie{Name: SessionCookieName, Path: "/", HttpOnly: true, Secure: secure,
		SameSite: http.SameSiteLaxMode, MaxAge: -1}
}

// TokenOf is the token that a request carries, and whether it came in the cookie, where the
// browser puts it without being asked and the request therefore needs the CSRF checks. A Bearer
// header goes before the cookie. It is "" when there is neither.
func TokenOf(r *http.Request) (token string, cookie bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, value, _ := strings.Cut(h, " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(value), false
		}
		return h, false // some other scheme: not ours, and refused as bad
	}
	if c, err := r.Cookie(SessionCookieName); err == nil {
		return c.Value, true
	}
	return "", false
}
