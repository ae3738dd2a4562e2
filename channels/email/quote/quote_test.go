package quote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala/channels/email/quote"
)

// replies is the folder of real replies with what should be shown of them first.
func replies(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CENTRALA_TEST_REPLIES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data", "reply-trimming")
	}
	if _, err := os.Stat(filepath.Join(dir, "emails")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no reply corpus: it lies in shared/data beside the checkout, or where CENTRALA_TEST_REPLIES says")
		}
		t.Skip("no reply corpus: set CENTRALA_TEST_REPLIES to a folder with emails/ and trimmed/")
	}
	return dir
}

// The corpus expects an empty text for a mail that is one long quote, and of a forwarded mail
// only its body: two cases in which we show everything, on purpose.
func TestShownFirstOfRealReplies(t *testing.T) {
	t.Parallel()
	dir := replies(t)
	files, err := filepath.Glob(filepath.Join(dir, "emails", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails in %s: %v", dir, err)
	}
	right := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(dir, "trimmed", filepath.Base(f)))
		if err != nil {
			t.Fatal(err)
		}
		got := quote.ShownFirst(string(raw))
		if clean(got) == clean(string(want)) {
			right++
			continue
		}
		t.Logf("%s:\n--- got\n%s\n--- want\n%s", filepath.Base(f), brief(got), brief(string(want)))
		if strings.TrimSpace(got) == "" && strings.TrimSpace(string(raw)) != "" {
			t.Errorf("%s: nothing is left of it", filepath.Base(f))
		}
	}
	t.Logf("reply trimming: %d of %d as expected", right, len(files))
	if right < 55 {
		t.Errorf("only %d of %d replies are shown as expected, want at least 55", right, len(files))
	}
}

func clean(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func brief(s string) string {
	if len(s) > 700 {
		return s[:700] + "…"
	}
	return s
}
