package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// ErrNoDisk tells that no small disk can be had here.
var ErrNoDisk = errors.New("no small disk: mounting a tmpfs needs root with CAP_SYS_ADMIN, or sudo without a password, and /dev/shm is none of at most 256 MB")

// A Disk is a small file system of its own, in memory, that can be filled and emptied. The
// methods are for one goroutine at a time.
type Disk struct {
	Dir     string
	unmount func() error
}

// NewDisk mounts a disk of so many bytes at an existing folder, or takes the machine's /dev/shm
// where that is as small as containers have it. ErrNoDisk when there is neither. Close ends it.
func NewDisk(dir string, size int64) (*Disk, error) {
	err := mount(dir, fmt.Sprintf("size=%d,mode=0700", size))
	if err == nil {
		return &Disk{dir, func() error { return unmount(dir) }}, nil
	}
	owned := fmt.Sprintf("size=%d,mode=0700,uid=%d", size, os.Getuid())
	if exec.Command("sudo", "-n", "mount", "-t", "tmpfs", "-o", owned, "tmpfs", dir).Run() == nil {
		return &Disk{dir, exec.Command("sudo", "-n", "umount", "--lazy", dir).Run}, nil
	}
	var shm syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &shm) == nil && int64(shm.Blocks)*int64(shm.Bsize) <= 4*size {
		if dir, err := os.MkdirTemp("/dev/shm", "centrala"); err == nil {
			return &Disk{dir, func() error { return os.RemoveAll(dir) }}, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNoDisk, err)
}

// Fill takes all that is left but the last bytes.
func (d *Disk) Fill(last int64) (err error) {
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return f.Truncate(max(info.Size()-last, 0))
}

// Free makes room again.
func (d *Disk) Free() error { return os.Remove(d.ballast()) }

// Close unmounts the disk; what is on it is gone.
func (d *Disk) Close() error { return d.unmount() }

func (d *Disk) ballast() string { return filepath.Join(d.Dir, "ballast") }
