package lab

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
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
