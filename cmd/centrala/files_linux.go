package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"golang.org/x/sys/unix"
)

// keeper has everything written to the file system of a folder of files reach the disk: files,
// their names and their folders, in one call for all that came since the last. It is nil when the
// files are kept elsewhere.
func keeper(blobs string) func() error {
	u, err := url.Parse(blobs)
	if err != nil || u.Scheme != "file" {
		return nil
	}
	return func() (err error) {
		dir, err := os.Open(u.Path)
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		defer func() { err = errors.Join(err, dir.Close()) }()
		if err := unix.Syncfs(int(dir.Fd())); err != nil {
			return fmt.Errorf("files: %w", err)
		}
		return nil
	}
}
