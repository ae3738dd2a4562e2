package hook_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"centrala"
	"centrala/channels/meta/hook"
)

// fuzz reads anything as a hook of an object, by inboxes with and without an account.
func fuzz(f *testing.F, account string, samples ...string) {
	for _, s := range samples {
		body, err := os.ReadFile(filepath.Join("testdata", s+".json"))
		if err != nil {
			f.Fatal(err)
		}
		for _, one := range singles(f, body) {
			f.Add(one)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, in := range []centrala.Inbox{{ID: 7}, inbox(account)} {
			h := centrala.Hook{Body: body, At: time.Unix(1767607920, 0)}
			r, err := reader.Read(in, h)
			sound(t, r, err)
			if again, _ := reader.Read(in, h); len(again.Items) != len(r.Items) {
				t.Errorf("%d things, and then %d", len(r.Items), len(again.Items))
			}
		}
		hook.Accounts(body)
	})
}

// singles are hooks of one item each: short ones are changed faster than long ones.
func singles(f *testing.F, body []byte) (out [][]byte) {
	var whole struct {
		Object string            `json:"object"`
		Entry  []json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		f.Fatal(err)
	}
	for _, raw := range whole.Entry {
		var e map[string]json.RawMessage
		if json.Unmarshal(raw, &e) != nil {
			out = append(out, fmt.Appendf(nil, `{"object":%q,"entry":[%s]}`, whole.Object, raw))
		}
		for _, key := range []string{"messaging", "changes"} {
			var items []json.RawMessage
			if json.Unmarshal(e[key], &items) != nil {
				continue
			}
			for _, item := range items {
				out = append(out, fmt.Appendf(nil, `{"object":%q,"entry":[{"id":%s,"time":1767607921000,%q:[%s]}]}`, whole.Object, e["id"], key, item))
			}
		}
	}
	return out
}

func FuzzReadMessenger(f *testing.F) {
	fuzz(f, "900100200300", "messenger", "messenger-contents", "broken", "signed-escaped")
}

func FuzzReadInstagram(f *testing.F) { fuzz(f, "17840000000000001", "instagram") }

func FuzzReadWhatsApp(f *testing.F) { fuzz(f, "770011", "whatsapp", "whatsapp-types") }

func FuzzReadComments(f *testing.F) { fuzz(f, "900100200300", "comments") }
