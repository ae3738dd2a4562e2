package lab

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full takes nothing more, and takes it again when it was freed.
func TestDisk(t *testing.T) {
	t.Parallel()
	d, err := NewDisk(scratch(t), 4<<20)
	need(t, err, ErrNoDisk)
	t.Cleanup(func() { must(t, d.Close()) })
	write := func() error {
		return os.WriteFile(filepath.Join(d.Dir, "words"), bytes.Repeat([]byte("x"), 1<<20), 0o600)
	}
	must(t, write())
	must(t, d.Fill(4<<10))
	if err := os.WriteFile(filepath.Join(d.Dir, "more"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk takes more: %v", err)
	}
	must(t, d.Free())
	must(t, write())
}

// The system calls of a running process fail while a tracer is there.
func TestInject(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "read line; exec dd if=/dev/zero of="+filepath.Join(scratch(t), "words")+" count=1 conv=fsync")
	var said bytes.Buffer
	cmd.Stderr = &said
	begin, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	tracer, err := Inject(t.Context(), cmd.Process.Pid, "fsync", "error=EIO")
	if err != nil {
		_ = begin.Close() // it ends
		_ = cmd.Wait()    // in whatever way
	}
	need(t, err, ErrNoTracer)
	_, err = begin.Write([]byte("go\n"))
	must(t, err)
	if err := cmd.Wait(); err == nil || !strings.Contains(said.String(), "put/output error") {
		t.Errorf("a failing fsync: %v, %s", err, &said)
	}
	must(t, tracer.Stop())
}
