package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
)

// A key that the program makes is one that it signs with, and its record is the one that belongs
// to it; a key that is there is never written over.
func TestDkimKeys(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"rsa", "ed25519"} {
		path := filepath.Join(t.TempDir(), "key.pem")
		var out, errs strings.Builder
		args := []string{"dkim", "new", "--domain", "firma.test", "--selector", "centrala", "--kind", kind, "--out", path}
		if code := run(t.Context(), args, &out, &errs); code != 0 {
			t.Fatalf("%s: %d, %s", kind, code, &errs)
		}
		key, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := centrala.SigningKey(string(key)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the key's file is %v, %v", kind, info, err)
		}
		var again strings.Builder
		if code := run(t.Context(), []string{"dkim", "show", path, "--domain", "firma.test.", "--selector", "centrala"}, &again, &errs); code != 0 || again.String() != out.String() {
			t.Errorf("%s: shown again as %q (%s), first %q", kind, &again, &errs, &out)
		}
		if !strings.HasPrefix(out.String(), `centrala._domainkey.firma.test. IN TXT ( "v=DKIM1; k=`+kind+"; p=") || strings.Contains(out.String(), "PRIVATE") {
			t.Errorf("%s: record %s", kind, &out)
		}
		if code := run(t.Context(), args, &out, &errs); code != 1 || !strings.Contains(errs.String(), "never written over") {
			t.Errorf("%s: a second key in the same place: %d, %s", kind, code, &errs)
		}
	}
}
