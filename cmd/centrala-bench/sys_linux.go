package main

import (
	"fmt"
	"os"
	"syscall"
)

// dataSync brings the file's data to the disk.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// enoughFiles is an error when this process may not open n files. (Go lifts the soft limit.)
func enoughFiles(n int) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Max < uint64(n) {
		return fmt.Errorf("%d open files are needed and the hard limit is %d (ulimit -Hn)", n, l.Max)
	}
	return nil
}
