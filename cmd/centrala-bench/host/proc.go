package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Memory of a process, in KiB.
type Memory struct {
	RSS, PSS   int
	Anon, File int // parts of RSS: the process's own, and pages of files such as the program itself
}

// MemoryOf reads /proc.
func MemoryOf(pid int) (Memory, error) {
	m, err := ResidentOf(pid)
	if err != nil {
		return m, err
	}
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return m, err
	}
	m.PSS, err = kibibytes(rollup, "Pss:")
	return m, err
}

// ResidentOf is MemoryOf without the PSS, whose counting takes the system a while.
func ResidentOf(pid int) (Memory, error) {
	var m Memory
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	for key, to := range map[string]*int{"VmRSS:": &m.RSS, "RssAnon:": &m.Anon, "RssFile:": &m.File} {
		if *to, err = kibibytes(status, key); err != nil {
			return m, err
		}
	}
	return m, nil
}

// kibibytes is the value of a line such as "VmRSS:   90112 kB".
func kibibytes(file []byte, key string) (int, error) {
	for line := range bytes.Lines(file) {
		if f := strings.Fields(string(line)); len(f) == 3 && f[0] == key && f[2] == "kB" {
			return strconv.Atoi(f[1])
		}
	}
	return 0, fmt.Errorf("there is no %s in it", key)
}

// CPUOf is the processor time of processes so far, user and system, to 10 ms each.
func CPUOf(pids ...int) (time.Duration, error) {
	var all time.Duration
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		d, err := processorTime(b)
		if err != nil {
			return 0, err
		}
		all += d
	}
	return all, nil
}

// CPUBelow is the processor time so far of all children of a process, their children and so on,
// but for those excepted. What has ended no longer counts.
func CPUBelow(pid int, except ...int) (time.Duration, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	parent, used := map[int]int{}, map[int]time.Duration{}
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(b[max(bytes.LastIndexByte(b, ')'), 0):]), ") ")
		if f := strings.Fields(rest); len(f) > 1 {
			if parent[id], err = strconv.Atoi(f[1]); err != nil {
				return 0, err
			}
		}
		if used[id], err = processorTime(b); err != nil {
			return 0, err
		}
	}
	var all time.Duration
	for id, d := range used {
		for at := id; at > 0 && !slices.Contains(except, at); at = parent[at] {
			if parent[at] == pid {
				all += d
				break
			}
		}
	}
	return all, nil
}

// processorTime reads utime and stime, fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms.
// The second field is a name in parentheses that may itself hold anything.
func processorTime(stat []byte) (time.Duration, error) {
	_, rest, ok := strings.Cut(string(stat[max(bytes.LastIndexByte(stat, ')'), 0):]), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0, fmt.Errorf("%.60q is no process's stat", stat)
	}
	var ticks int64
	for _, s := range f[11:13] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// CoresOf is how many cores a process keeps busy during a while from now.
func CoresOf(ctx context.Context, pid int, during time.Duration) (float64, error) {
	before, err := CPUOf(pid)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	select {
	case <-time.After(during):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	after, err := CPUOf(pid)
	return float64(after-before) / float64(time.Since(start)), err
}
