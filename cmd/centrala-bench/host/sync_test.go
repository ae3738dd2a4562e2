package host

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestCountedSyncs(t *testing.T) {
	t.Parallel()
	n, err := countedSyncs([]byte("syscall                           calls\n-------------------------------- ------\nfdatasync                          389\nfsync                                3\n-------------------------------- ------\ntotal                              392\n"))
	if err != nil || n != 392 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := countedSyncs([]byte("strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted")); err == nil {
		t.Errorf("nothing counted is %d", n)
	}
}

// A busy child counts, and no longer when it is excepted.
func TestCPUBelow(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	child := exec.Command("sh", "-c", "while :; do :; done")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = child.Wait() // it was killed
	}()
	for end := time.Now().Add(20 * time.Second); ; {
		d, err := CPUBelow(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if d > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a busy child uses no processor time")
		}
	}
	if d, err := CPUBelow(os.Getpid(), child.Process.Pid); err != nil || d != 0 {
		t.Errorf("without the child it is %s, %v", d, err)
	}
}
