package channelstest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Callback says where the fake posts the echoes and statuses of what is sent; "": nowhere.
func (m *Meta) Callback(address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.callback = address
}

// Speak has the echoes of what is sent come as an object's and an account's; at first they are the
// page's.
func (m *Meta) Speak(object, account string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.object, m.account = object, account
}

// MetaSignature is the header by which a body is known to be Meta's.
func MetaSignature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body) // never fails
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Post posts a body to a webhook, signed, and gives the status that it was answered with.
func (m *Meta) Post(address string, body []byte) (int, error) {
	m.mu.Lock()
	secret := MetaSecret
	if m.faults.BadSignature {
		secret = "another secret"
	}
	m.mu.Unlock()
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", MetaSignature(secret, body))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close() // it was read
	return res.StatusCode, err
}

// entries are numbered, so that no two hooks have the same bytes.
var entries atomic.Int64

// encoded is JSON as Meta writes it: of ASCII alone.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings
	}
	var out strings.Builder
	for _, c := range string(b) {
		switch {
		case c < 0x80:
			out.WriteRune(c)
		case c < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			c -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		}
	}
	return []byte(out.String())
}

// MetaHook is a hook of a page or an Instagram account with some events.
func MetaHook(object, account string, events ...map[string]any) []byte {
	return encoded(map[string]any{"object": object, "entry": []any{map[string]any{"id": account, "time": time.Now().UnixMilli(), "n": entries.Add(1), "messaging": events}}})
}

// MetaEvent is one event: key names its kind, as "message" or "read".
func MetaEvent(sender, recipient string, at time.Time, key string, value map[string]any) map[string]any {
	return map[string]any{"sender": map[string]any{"id": sender}, "recipient": map[string]any{"id": recipient}, "timestamp": at.UnixMilli(), key: value}
}

// MetaFeed is a hook of a page's posts.
func MetaFeed(at time.Time, value map[string]any) []byte {
	return encoded(map[string]any{"object": "page", "entry": []any{map[string]any{"id": MetaPage, "time": at.Unix(), "n": entries.Add(1),
		"changes": []any{map[string]any{"field": "feed", "value": value}}}}})
}

// MetaWhatsApp is a hook of the fake's number; value has what it tells: messages, contacts, statuses.
func MetaWhatsApp(value map[string]any) []byte { return MetaWhatsAppField("messages", value) }

// MetaWhatsAppField is likewise one of another field.
func MetaWhatsAppField(field string, value map[string]any) []byte {
	v := map[string]any{"messaging_product": "whatsapp", "metadata": map[string]any{"display_phone_number": "48220000000", "phone_number_id": MetaPhone}, "n": entries.Add(1)}
	for k, x := range value {
		v[k] = x
	}
	return encoded(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": MetaBusiness, "changes": []any{map[string]any{"field": field, "value": v}}}}})
}

// MetaMessage is a message that somebody wrote on WhatsApp, of a type that is named as its key.
func MetaMessage(from, id string, at time.Time, kind string, value any) map[string]any {
	return map[string]any{"from": from, "id": id, "timestamp": fmt.Sprint(at.Unix()), "type": kind, kind: value}
}
