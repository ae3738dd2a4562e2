package allegro_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
)

// Raw bodies are read as this table says.
func TestExplain(t *testing.T) {
	t.Parallel()
	type said struct{ kind, id, thread, from, text string }
	for name, want := range map[string]struct {
		outcome centrala.Outcome
		cause   string
		said    []said
	}{
		"threads.json": {centrala.Ignored, "nothing", nil},
		"messages.json": {centrala.Ingested, "read", []said{
			{"echo", "5f0e0c3a-0000-4000-8000-000000000002", "thr:thr-Zx1", "thr:thr-Zx1", "Dzień dobry, tak – pasuje."},
			{"message", "5f0e0c3a-0000-4000-8000-000000000001", "thr:thr-Zx1", "kupujaca_ola", "Czy pasuje do modelu X2?\n\nVIN: WVWZZZ1JZXW000001"}}},
		"issues.json": {centrala.Ingested, "read", []said{{"matter", "", "iss:11110000-0000-4000-8000-00000000000a", "kupujaca_ola", ""}}},
		"chat.json": {centrala.Ingested, "read", []said{
			{"message", "iss:m-1", "", "kupujaca_ola", "Kolor się nie zgadza"},
			{"message", "iss:m-2", "", "iss:", "Allegro (ADMIN): Przyjmujemy zgłoszenie"}}},
		"kept-message.json": {centrala.Ingested, "read", []said{{"message", "5f0e0c3a-0000-4000-8000-000000000009", "thr:thr-Zx9", "thr:thr-Zx9", "Nie mam już konta."}}},
		"kept-issue.json": {centrala.Ingested, "read", []said{
			{"message", "iss:m-3", "iss:11110000-0000-4000-8000-00000000000b", "adam", "Gdzie jest paczka?"},
			{"echo", "iss:m-4", "iss:11110000-0000-4000-8000-00000000000b", "adam", "Nadana wczoraj."},
			{"matter", "", "iss:11110000-0000-4000-8000-00000000000b", "adam", ""}}},
		"broken.json": {centrala.Quarantined, "unreadable", []said{{"message", "m-5", "thr:thr-1", "ola", "To da się przeczytać."}}},
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "raw", name))
		if err != nil {
			t.Fatal(err)
		}
		got := allegro.New(allegro.Config{}).Explain(t.Context(), bytes.NewReader(raw))
		if got.Outcome != want.outcome || got.Cause.Code != want.cause {
			t.Errorf("%s: %s, %+v; notes %q", name, got.Outcome, got.Cause, got.Notes)
		}
		var is []said
		for _, in := range got.Inbound {
			is = append(is, said{in.Kind, in.ExternalID, in.Thread, in.From.Address, in.Text})
		}
		if !reflect.DeepEqual(is, want.said) {
			t.Errorf("%s says %q,\nwant %q", name, is, want.said)
		}
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "raw", "issues.json"))
	if err != nil {
		t.Fatal(err)
	}
	in := allegro.New(allegro.Config{}).Explain(t.Context(), bytes.NewReader(raw)).Inbound[0]
	if m := in.Matters[2]; m.Title != "CLAIM 17/2026 · REFUND 129.00 PLN · RETURN_REQUIRED" || m.Due.Format("2006-01-02") != "2026-01-12" {
		t.Errorf("the issue is %+v", m)
	}
}

// Whatever a body holds, reading it ends, says the same each time, and gives nothing that could not be
// kept.
func FuzzReadAllegro(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "raw", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	line := allegro.New(allegro.Config{})
	inbox := centrala.Inbox{ID: 7, Channel: centrala.Allegro}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := centrala.Hook{Inbox: 7, Channel: centrala.Allegro, Body: raw}
		got, err := line.Read(inbox, h)
		if err != nil {
			if channels.FaultCode(err) == "" || len(got.Items) > 0 {
				t.Fatalf("an error without a code, or beside things: %v", err)
			}
			return
		}
		again, err := line.Read(inbox, h)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("read again as something else: %v", err)
		}
		for _, in := range got.Items {
			if in.Kind.Says() && (in.ExternalID == "" || in.From.Address == "" || in.Digest == "" || in.Text == "" && len(in.Attachments) == 0) {
				t.Fatalf("a message without an id, a writer or words: %+v", in)
			}
			if !utf8.ValidString(in.Text) || !utf8.ValidString(in.Subject) || bytes.ContainsRune([]byte(in.Text), 0) {
				t.Fatalf("words that cannot be kept: %q", in.Text)
			}
			if _, err := json.Marshal(in.Matters); err != nil {
				t.Fatal(err)
			}
		}
	})
}
