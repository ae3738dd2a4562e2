package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Memory of a process, in KiB.
type Memory struct {
	RSS, PSS   int
	Anon, File int // parts of RSS: the process's own, and pages of files such as the program itself
}

// memoryOf reads /proc.
func memoryOf(pid int) (Memory, error) {
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
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return m, err
	}
	m.PSS, err = kibibytes(rollup, "Pss:")
	return m, err
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

// cpuOf is the processor time of a process so far, user and system, to 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return processorTime(b)
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
