package webhook_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
	"centrala/channels/webhook"
)

// samples are posts as programs of others write them.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d samples, %v", len(names), err)
	}
	out := make(map[string][]byte)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

func TestTheSamplesAreReadWhole(t *testing.T) {
	t.Parallel()
	for name, body := range samples(t) {
		e := webhook.New(webhook.Config{}).Explain(t.Context(), bytes.NewReader(body))
		if e.Outcome != centrala.Ingested || len(e.Inbound) == 0 {
			t.Errorf("%s: %s", name, e)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, body := range samples(f) {
		f.Add(body)
	}
	c := webhook.New(webhook.Config{})
	f.Fuzz(func(t *testing.T, body []byte) {
		h := centrala.Hook{Inbox: 7, At: came, Body: body}
		r, err := c.Read(centrala.Inbox{ID: 7}, h)
		if err != nil {
			if channels.FaultCode(err) == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("%v has no code", err)
			}
			return
		}
		for _, in := range r.Items {
			if !utf8.ValidString(in.Text+in.From.Name+in.From.Address+in.ExternalID+in.ThreadID) || bytes.ContainsRune([]byte(in.Text), 0) {
				t.Errorf("%+v cannot be stored", in)
			}
			if in.Kind.Says() && (in.ExternalID == "" || in.From.Address == "") {
				t.Errorf("%+v is by nobody, or unknown when it comes again", in)
			}
			if in.At.After(came.Add(webhook.Skew)) {
				t.Errorf("%v is yet to come", in.At)
			}
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add("t=1767607920,v1=00", []byte("{}"))
	f.Add(webhook.Sign([]string{"sekret"}, []byte("{}"), time.Unix(1767607920, 0)), []byte("{}"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		at := time.Unix(1767607920, 0)
		if webhook.Check([]string{"a secret that nobody knows"}, header, body, at) == nil {
			t.Error("forged")
		}
	})
}
