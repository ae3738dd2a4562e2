//go:build !linux

package host

import (
	"errors"
	"os"
)

func dataSync(f *os.File) error { return f.Sync() }

// EnoughFiles is told in sys_linux.go.
func EnoughFiles(int) error { return nil }

// Pin is told in sys_linux.go.
func Pin(int, ...int) error { return errors.New("processes can be pinned on Linux only") }
