package meta_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

func admit(t *testing.T, o *outside, body []byte, header string) error {
	t.Helper()
	h := http.Header{}
	if header != "" {
		h.Set("X-Hub-Signature-256", header)
	}
	key, err := o.line.(channels.Doorkeeper).Admit(o.inbox, channels.Posting{Header: h, Body: body})
	if key != "" {
		t.Errorf("a key %q", key)
	}
	return err
}

// The vectors of Meta's signature over the bytes as they came: with a letter as \u0144, and the same
// JSON with the letter itself.
func TestASignatureIsOverTheBytes(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("hook", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, b := read("signed-escaped.json"), read("signed-utf8.json")
	const ofA = "sha256=5c428db56192cdac77518e6d6b63835870558069ffe1f278acfb31b5b8fc667d"
	const ofB = "sha256=6501524950cca813ef74ddbbcecf83af1c05fc1352eaf6657bb179cbdd16cf57"
	if len(a) != 239 || len(b) != 235 {
		t.Fatalf("the vectors have %d and %d bytes", len(a), len(b))
	}
	for _, good := range []struct {
		body   []byte
		header string
	}{{a, ofA}, {b, ofB}} {
		if err := admit(t, o, good.body, good.header); err != nil {
			t.Errorf("Meta's own is refused: %v", err)
		}
	}
	for name, header := range map[string]string{
		"of other bytes": ofA, "missing": "", "without a name": strings.TrimPrefix(ofB, "sha256="), "short": ofB[:40], "no digits": "sha256=" + strings.Repeat("zz", 32),
		"by an old name": "sha1=" + strings.TrimPrefix(ofB, "sha256="), "longer": ofB + "00",
	} {
		var forged *channels.Forged
		if err := admit(t, o, b, header); !errors.As(err, &forged) || forged.Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnySecretOfTheListWillDo(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	o.inbox.Account.AppSecret = "new-secret\n" + channelstest.MetaSecret
	body := []byte(`{"object":"whatsapp_business_account"}`)
	for _, secret := range []string{"new-secret", channelstest.MetaSecret} {
		if err := admit(t, o, body, channelstest.MetaSignature(secret, body)); err != nil {
			t.Errorf("signed with %s: %v", secret, err)
		}
	}
	var forged *channels.Forged
	if err := admit(t, o, body, channelstest.MetaSignature("", body)); !errors.As(err, &forged) {
		t.Errorf("signed with nothing: %v", err)
	}
	o.inbox.Account.AppSecret = " \n"
	if err := admit(t, o, body, channelstest.MetaSignature("", body)); !errors.As(err, &forged) {
		t.Errorf("an inbox without a secret: %v", err)
	}
}

func TestTheHandshakeIsAnsweredByteForByte(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Instagram)
	o.inbox.Account.HookSecret = "new\n" + channelstest.MetaVerify
	greet := func(mode, token, challenge string) (string, bool) {
		return o.line.(channels.Doorkeeper).Greet(o.inbox, url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}})
	}
	for _, token := range []string{"new", channelstest.MetaVerify} {
		if got, ok := greet("subscribe", token, `11<b>584&"`); !ok || got != `11<b>584&"` {
			t.Errorf("%q, %t", got, ok)
		}
	}
	for _, bad := range [][2]string{{"unsubscribe", "new"}, {"", "new"}, {"subscribe", "neW"}, {"subscribe", ""}, {"subscribe", "new\n" + channelstest.MetaVerify}} {
		if got, ok := greet(bad[0], bad[1], "1"); ok || got != "" {
			t.Errorf("%q is answered %q", bad, got)
		}
	}
	if _, ok := o.line.(channels.Doorkeeper).Greet(centrala.Inbox{}, url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {""}}); ok {
		t.Error("an inbox without an account answers")
	}
}
