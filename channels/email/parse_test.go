package email_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala/channels/email"
)

var update = flag.Bool("update", false, "write what is read now into the .want.json files; review the difference")

// Each mail of testdata is read as the file beside it says.
func TestExplain(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.eml"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d mails in testdata, %v", len(files), err)
	}
	line := email.New(email.Config{})
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			e := line.Explain(t.Context(), bytes.NewReader(raw))
			e.File = filepath.Base(f)
			got := indented(t, e)
			wantFile := strings.TrimSuffix(f, ".eml") + ".want.json"
			if *update {
				if err := os.WriteFile(wantFile, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("read as\n%s\nwant\n%s", got, want)
			}
			if report := e.String(); !strings.Contains(report, string(e.Outcome)) {
				t.Errorf("the report does not name the outcome: %s", report)
			}
		})
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
