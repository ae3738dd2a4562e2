package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"strings"

	"centrala"
	"centrala/channels"
)

// Admit implements channels.Doorkeeper: X-Hub-Signature-256 is the HMAC-SHA256 of the bytes of the
// body under the app's secret. Any of several secrets will do, and all of them are compared. Meta
// gives its posts no ids.
func (l *line) Admit(inbox centrala.Inbox, p channels.Posting) (key string, err error) {
	var secrets []string
	if inbox.Account != nil {
		secrets = inbox.Account.AppSecrets()
	}
	if len(secrets) == 0 {
		return "", &channels.Forged{Reason: "the inbox has no app secret to check it by"}
	}
	header := p.Header.Get("X-Hub-Signature-256")
	if header == "" {
		return "", &channels.Forged{Reason: "no X-Hub-Signature-256"}
	}
	digits, named := strings.CutPrefix(header, "sha256=")
	signed, err := hex.DecodeString(digits)
	if !named || err != nil || len(signed) != sha256.Size {
		return "", &channels.Forged{Reason: "X-Hub-Signature-256 is none"}
	}
	good := 0
	for _, s := range secrets {
		mac := hmac.New(sha256.New, []byte(s))
		mac.Write(p.Body) // never fails
		good |= subtle.ConstantTimeCompare(mac.Sum(nil), signed)
	}
	if good == 0 {
		return "", &channels.Forged{Reason: "signed with another secret"}
	}
	return "", nil
}

// Greet implements channels.Doorkeeper: Meta asks with a verify token, and is given its challenge
// back.
func (l *line) Greet(inbox centrala.Inbox, query url.Values) (answer string, ok bool) {
	if inbox.Account == nil {
		return "", false
	}
	given, good := sha256.Sum256([]byte(query.Get("hub.verify_token"))), 0
	for _, s := range inbox.Account.HookSecrets() {
		want := sha256.Sum256([]byte(s))
		good |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	if good == 0 || query.Get("hub.mode") != "subscribe" {
		return "", false
	}
	return query.Get("hub.challenge"), true
}
