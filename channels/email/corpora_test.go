package email_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
	"centrala/channels/email"
)

// corpus is a folder of real mail that others collected. It is read where its package put it,
// or below CENTRALA_TEST_CORPORA, where packages are unpacked beside each other.
type corpus struct {
	name, dir, pattern string
	bounces            bool
}

func corpora() []corpus {
	python := "usr/lib/python3/dist-packages/"
	return []corpus{
		{"flufl.bounce", python + "flufl/bounce/tests/data", "*.txt", true},
		{"hyperkitty", python + "hyperkitty/tests/testdata", "*.txt", false},
		{"python-email", "usr/lib/python3.11/test/test_email/data", "msg_*.txt", false},
		{"enmime-mail", "enmime/testdata/mail", "*", false},
		{"enmime-bad", "enmime/testdata/low-quality", "*", false},
		{"enmime-parts", "enmime/testdata/parts", "*", false},
	}
}

func (c corpus) files(t *testing.T) []string {
	t.Helper()
	roots := []string{"/"}
	if dir := os.Getenv("CENTRALA_TEST_CORPORA"); dir != "" {
		roots = append(strings.Split(dir, string(os.PathListSeparator)), "/")
	}
	for _, root := range roots {
		if files, err := filepath.Glob(filepath.Join(root, c.dir, c.pattern)); err == nil && len(files) > 0 {
			return files
		}
	}
	t.Skipf("no corpus %s: install its package, or set CENTRALA_TEST_CORPORA", c.name)
	return nil
}

// Every mail of every corpus ends in an outcome, none makes the reader panic, and of the
// bounces nearly all are known for what they are.
func TestCorpora(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{})
	for _, c := range corpora() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			outcomes := make(map[centrala.Outcome]int)
			unread, panics, n := 0, 0, 0
			for _, f := range c.files(t) {
				if info, err := os.Stat(f); err != nil || info.IsDir() {
					continue
				}
				raw, err := os.Open(f)
				if err != nil {
					t.Fatal(err)
				}
				e := line.Explain(context.Background(), raw)
				_ = raw.Close() // opened for reading
				n++
				outcomes[e.Outcome]++
				switch {
				case e.Outcome == "":
					t.Errorf("%s: no outcome", f)
				case strings.Contains(e.Reason, "reader failed"):
					panics++
					t.Errorf("%s: %s", f, e.Reason)
				case e.Outcome == centrala.Quarantined:
					unread++
					t.Logf("%s: quarantined: %s", filepath.Base(f), e.Reason)
				case c.bounces && e.Outcome != centrala.Bounce:
					t.Logf("%s: %s, not bounce: %s", filepath.Base(f), e.Outcome, e.Reason)
				case c.bounces && (e.Bounce.Recipient == "" || e.Bounce.Status == ""):
					t.Logf("%s: bounce of %q, status %q", filepath.Base(f), e.Bounce.Recipient, e.Bounce.Status)
				}
			}
			t.Logf("%s: %d mails, %d parsed, %d quarantined, %d panics, %v", c.name, n, n-unread, unread, panics, outcomes)
			if c.bounces && outcomes[centrala.Bounce]*100 < n*95 {
				t.Errorf("%d of %d bounces recognised, want 95 %%", outcomes[centrala.Bounce], n)
			}
		})
	}
}
