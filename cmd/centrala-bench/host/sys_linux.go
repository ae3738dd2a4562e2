package host

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// dataSync brings the file's data to the disk.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// EnoughFiles is an error when this process may not open n files. (Go lifts the soft limit.)
func EnoughFiles(n int) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Max < uint64(n) {
		return fmt.Errorf("%d open files are needed and the hard limit is %d (ulimit -Hn)", n, l.Max)
	}
	return nil
}

// Pin keeps a process on some cores, with every thread that it has and will have.
func Pin(pid int, cores ...int) error {
	var set unix.CPUSet
	for _, c := range cores {
		set.Set(c)
	}
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	pinned := map[int]bool{}
	for { // a thread that is not pinned yet may make another
		threads, err := os.ReadDir(tasks)
		if err != nil {
			return err
		}
		more := false
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if pinned[id] {
				continue
			}
			if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH { // ESRCH: it has ended
				return fmt.Errorf("pin process %d to cores %v: %w", pid, cores, err)
			}
			pinned[id], more = true, true
		}
		if !more {
			return nil
		}
	}
}
