package main

import (
	"fmt"
	"os"
	"syscall"
)

// dataSync brings the file's data to the disk.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// enoughFiles is an error when this process may not open n files; it lifts the soft limit first.
func enoughFiles(n int) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
			return fmt.Errorf("raise the limit of open files: %w", err)
		}
	}
	if l.Cur < uint64(n) {
		return fmt.Errorf("%d open files are needed and the hard limit is %d (ulimit -Hn)", n, l.Cur)
	}
	return nil
}
