// Package host reads what the machine and its processes tell about themselves.
package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"centrala/cmd/centrala-bench/stats"
)

// A Machine is where the figures were measured; without it they mean little.
type Machine struct {
	Cores     int     `json:"cores"`
	CPU       string  `json:"cpu"`
	Kernel    string  `json:"kernel"`
	Go        string  `json:"go"`
	Load      string  `json:"load"` // of 1, 5 and 15 minutes, before the bench began
	Sync50    float64 `json:"fdatasync_p50_us"`
	Sync99    float64 `json:"fdatasync_p99_us"`
	Busy      float64 `json:"busy_cores"` // what others used before the bench began
	When      string  `json:"when"`
	Directory string  `json:"directory"`
}

// Inspect measures dir's disk and reads what the system tells about itself.
func Inspect(dir string) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), When: time.Now().UTC().Format(time.RFC3339), Directory: dir}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = field(b, "model name")
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(b))
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	m.Busy = busyCores(time.Second)
	samples, err := syncCost(dir, 300)
	if err != nil {
		return m, err
	}
	m.Sync50, m.Sync99 = micros(samples.Quantile(0.5)), micros(samples.Quantile(0.99))
	return m, nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// field is the value of a line such as "model name : AMD EPYC".
func field(file []byte, key string) string {
	for line := range bytes.Lines(file) {
		if k, v, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// busyCores is how many cores the whole machine kept busy during a while; 0 where it does not tell.
func busyCores(during time.Duration) float64 {
	before, err := busyTicks()
	if err != nil {
		return 0
	}
	start := time.Now()
	time.Sleep(during)
	after, err := busyTicks()
	if err != nil {
		return 0
	}
	return float64(after-before) / 100 / time.Since(start).Seconds()
}

func busyTicks() (int64, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return sumBusy(b)
}

// sumBusy adds what the first line of proc_stat(5) counts, but idle and iowait, in ticks of 10 ms.
func sumBusy(stat []byte) (int64, error) {
	var user, nice, system, idle, iowait, irq, softirq int64
	_, err := fmt.Sscanf(string(stat), "cpu %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq)
	return user + nice + system + irq + softirq, err
}

// syncCost is how long it takes to append 4 KiB to a file in dir and bring them to the disk.
func syncCost(dir string, times int) (*stats.Latencies, error) {
	f, err := os.Create(filepath.Join(dir, "fdatasync"))
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	samples := stats.NewLatencies()
	page := make([]byte, 4096)
	for range times {
		if _, err := f.Write(page); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		start := time.Now()
		if err := dataSync(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		samples.Record(time.Since(start))
	}
	return samples, f.Close()
}

// String is the heading over the table.
func (m Machine) String() string {
	s := fmt.Sprintf("%s · %d cores, %s, Linux %s, %s · fdatasync of 4 KiB p50 %.0f µs, p99 %.0f µs · load before %s, others used %.2f cores",
		m.When, m.Cores, m.CPU, m.Kernel, m.Go, m.Sync50, m.Sync99, m.Load, m.Busy)
	if m.Busy > 0.2 {
		s += "\nThe machine was not quiet: others worked on it, so the figures below are worse than its own."
	}
	return s
}
