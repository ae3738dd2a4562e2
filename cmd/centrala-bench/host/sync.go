package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// CountSyncs has strace(1) count how often a process brings files to the disk during a while
// from now. strace stops the process at every system call, so that it is much slower meanwhile.
func CountSyncs(ctx context.Context, pid int, during time.Duration, dir string) (int, error) {
	file := filepath.Join(dir, "strace")
	cmd := exec.CommandContext(ctx, "strace", "-f", "-c", "-U", "name,calls", "-e", "trace=fsync,fdatasync", "-o", file, "-p", strconv.Itoa(pid))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // it lets go of the process
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	select {
	case <-time.After(during):
	case <-ctx.Done():
	}
	err := cmd.Process.Signal(syscall.SIGINT)
	_ = cmd.Wait() // it ends by the signal; whether it did its work the file tells
	if err != nil {
		return 0, fmt.Errorf("strace: %w", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return countedSyncs(b)
}

var syncLine = regexp.MustCompile(`(?m)^\s*(?:fsync|fdatasync)\s+(\d+)\s*$`)

// countedSyncs adds up the lines of strace -c -U name,calls.
func countedSyncs(table []byte) (int, error) {
	found := syncLine.FindAllSubmatch(table, -1)
	if len(found) == 0 {
		return 0, fmt.Errorf("strace counted nothing: %.200q", table)
	}
	all := 0
	for _, m := range found {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}
