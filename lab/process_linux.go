package lab

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// endsWithUs has the kernel end the child when this process ends, and keeps Ctrl+C from it: a
// terminal sends that to a whole group, and the order of ending is ours.
func endsWithUs(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig, cmd.SysProcAttr.Setpgid = syscall.SIGKILL, true
}

// as makes cmd run as another user.
func as(cmd *exec.Cmd, uid, gid uint32) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
}

func mount(dir, options string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, options) }

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }

// reserve takes a port for as long as this process lives, by a lock on a file of that name;
// false when it is taken.
func reserve(port int) (bool, error) {
	dir := filepath.Join(os.TempDir(), "centrala-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	fd, err := syscall.Open(filepath.Join(dir, strconv.Itoa(port)), syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return false, err
	}
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) // kept until the process ends, and then let go by the kernel
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, syscall.Close(fd)
	}
	return err == nil, err
}
