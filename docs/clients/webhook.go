// Package webhook speaks with centrala's door for anything else (docs/webhook.md), both ways.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Sign is the header of a body that is posted at t, in Unix seconds.
func Sign(secret string, body []byte, t int64) string {
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%d.%s", t, body)
	return fmt.Sprintf("t=%d,v1=%x", t, m.Sum(nil))
}

// Verify reports whether a header signs a body, within five minutes of now.
func Verify(secret, header string, body []byte, now time.Time) (fits bool) {
	var t int64
	_, err := fmt.Sscanf(header, "t=%d,", &t)
	for _, part := range strings.Split(header, ",") {
		fits = hmac.Equal([]byte(fmt.Sprintf("t=%d,%s", t, part)), []byte(Sign(secret, body, t))) || fits
	}
	return fits && err == nil && now.Sub(time.Unix(t, 0)).Abs() < 5*time.Minute
}

// Post tells centrala of events. After an error the same events may be posted again.
func Post(hook, secret string, events ...map[string]any) error {
	body, _ := json.Marshal(map[string]any{"v": 1, "events": events})
	r, err := http.NewRequest(http.MethodPost, hook, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Centrala-Signature", Sign(secret, body, time.Now().Unix()))
	res, err := http.DefaultClient.Do(r)
	if err == nil && (res.Body.Close() != nil || res.StatusCode/100 != 2) {
		err = fmt.Errorf("centrala says %s", res.Status)
	}
	return err
}

// Receive takes answers. send gives the id of the message, for the same key the same; a ping has none.
func Receive(secret string, send func(key string, answer []byte) (id string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !Verify(secret, r.Header.Get("Centrala-Signature"), body, time.Now()) {
			w.WriteHeader(http.StatusUnauthorized)
		} else if id, err := send(r.Header.Get("Idempotency-Key"), body); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable) // it comes again
		} else {
			fmt.Fprintf(w, `{"id":%q}`, id)
		}
	})
}
