// Package channelstest is what every channel passes: one suite, told what the channel can do,
// and the mail servers of others that the mail tests run against.
package channelstest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Need finds a program that a test is made with. Where it is missing the test is skipped with
// a line that says how to get it; on a build machine (CI=true) that is a failure.
func Need(t testing.TB, pkg string, paths ...string) string {
	t.Helper()
	for _, p := range paths {
		if found, err := exec.LookPath(p); err == nil {
			return found
		}
	}
	Missing(t, paths[0]+" is missing: apt-get install "+pkg)
	return ""
}

// Missing skips the test, or fails it on a build machine.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Eventually waits until ok, for as long as such things may take on a busy machine.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited 30 s and still not: %s", what)
		}
	}
}

// scratch is a folder with a short name, because paths of sockets must be short.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Logf("scratch folder left behind: %v", err)
		}
	})
	return dir
}
