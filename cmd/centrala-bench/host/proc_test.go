package host

import (
	"os"
	"testing"
	"time"
)

func TestProcessorTime(t *testing.T) {
	t.Parallel()
	tail := " S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9 0 100"
	for _, name := range []string{"centrala", "a b", "odd) name (x"} {
		got, err := processorTime([]byte("4711 (" + name + ")" + tail))
		if err != nil || got != 3*time.Second {
			t.Errorf("%q: %s, %v", name, got, err)
		}
	}
	for _, broken := range []string{"", "4711 (centrala", "4711 (centrala) S 1 2", "1 (c) S 1 2 3 4 5 6 7 8 9 10 x 1 0"} {
		if got, err := processorTime([]byte(broken)); err == nil {
			t.Errorf("%q gives %s", broken, got)
		}
	}
}

func TestKibibytes(t *testing.T) {
	t.Parallel()
	file := []byte("Name:\tcentrala\nVmHWM:\t  99999 kB\nVmRSS:\t   90112 kB\nThreads:\t9\n")
	if got, err := kibibytes(file, "VmRSS:"); err != nil || got != 90112 {
		t.Errorf("VmRSS %d, %v", got, err)
	}
	for _, key := range []string{"VmSwap:", "Threads:", "VmRSS"} {
		if got, err := kibibytes(file, key); err == nil {
			t.Errorf("%s gives %d", key, got)
		}
	}
}

func TestSumBusy(t *testing.T) {
	t.Parallel()
	got, err := sumBusy([]byte("cpu  100 20 30 4000 500 6 7 0 0 0\ncpu0 1 1 1 1 1 1 1\n"))
	if err != nil || got != 163 {
		t.Errorf("busy %d, %v", got, err)
	}
	if _, err := sumBusy([]byte("intr 1 2 3")); err == nil {
		t.Error("a line of something else is read")
	}
}

func TestThisProcess(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("no /proc here")
	}
	m, err := MemoryOf(os.Getpid())
	if err != nil || m.RSS < 1000 || m.PSS < 500 {
		t.Errorf("memory %+v, %v", m, err)
	}
	before, err := CPUOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		now, err := CPUOf(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now > before {
			return
		}
	}
	t.Error("a busy process uses no processor time")
}

func TestSyncCost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := syncCost(dir, 5)
	if err != nil || s.Count() != 5 || s.Max() <= 0 {
		t.Errorf("%d, %v", s.Count(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestField(t *testing.T) {
	t.Parallel()
	if got := field([]byte("vendor_id\t: X\nmodel name\t: AMD: EPYC \n"), "model name"); got != "AMD: EPYC" {
		t.Errorf("%q", got)
	}
}
