package channelstest

import (
	"bufio"
	_ "embed" // the server's script
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"centrala"
)

//go:embed sink.py
var sinkScript []byte

// Sink is an SMTP server, aiosmtpd, that keeps what it takes. Some recipients it treats badly:
//
//	nobody@  refused for good        later@   put off
//	spam@    refused after the data  full@    put off after the data
//	barred@  refused by policy       silent@  never answered after the data
//	cut@     hung up on after the data
type Sink struct {
	Server centrala.Server
	folder string
}

// SinkOptions say what a Sink asks of its clients.
type SinkOptions struct {
	Folder   string // a maildir, default its own
	Password string // of every user; "" for no login
	Cert     string // a PEM file: STARTTLS is required
}

// NewSink starts a Sink, which ends with the test.
func NewSink(t testing.TB, o SinkOptions) *Sink {
	t.Helper()
	python := Need(t, "python3-aiosmtpd", "/usr/bin/python3", "python3")
	if exec.Command(python, "-c", "import aiosmtpd").Run() != nil {
		Missing(t, "aiosmtpd is missing: apt-get install python3-aiosmtpd")
	}
	dir := scratch(t)
	if o.Folder == "" {
		o.Folder = filepath.Join(dir, "mail")
		maildir(t, o.Folder)
	}
	script := filepath.Join(dir, "sink.py")
	write(t, script, sinkScript)
	port := freePort(t)
	cmd := exec.Command(python, script, strconv.Itoa(port), o.Folder, o.Password, o.Cert)
	cmd.Stderr = testLog{t}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd, stdin)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the SMTP server did not start: %q, %v", line, err)
	}
	s := &Sink{Server: centrala.Server{Host: "127.0.0.1", Port: port, TLS: "none"}, folder: o.Folder}
	if o.Password != "" {
		s.Server.User = "bok"
	}
	if o.Cert != "" {
		s.Server.TLS, s.Server.Host = "starttls", "localhost"
	}
	return s
}

// start runs cmd until the test ends, then closes its input and, should that not be enough,
// kills it.
func start(t testing.TB, cmd *exec.Cmd, stdin io.Closer) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stdin.Close(); err != nil {
			t.Logf("close the input of %s: %v", cmd.Path, err)
		}
		kill := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() }) // it may have ended just now
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Logf("%s ended: %v", cmd.Path, err)
		}
	})
}

// Mails are the raw mails that were taken so far, in the order of their arrival.
func (s *Sink) Mails(t testing.TB) []string {
	t.Helper()
	var mails []string
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(s.folder, sub))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			raw, err := os.ReadFile(filepath.Join(s.folder, sub, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			mails = append(mails, string(raw))
		}
	}
	return mails
}

// Wait waits until n mails were taken, and gives them.
func (s *Sink) Wait(t testing.TB, n int) []string {
	t.Helper()
	var mails []string
	Eventually(t, strconv.Itoa(n)+" mails at the SMTP server", func() bool {
		mails = s.Mails(t)
		return len(mails) >= n
	})
	return mails
}

// Swaks makes a mail with swaks and sends it to a server: args are its options, from and to
// addresses among them.
func Swaks(t testing.TB, to centrala.Server, args ...string) {
	t.Helper()
	swaks := Need(t, "swaks", "swaks")
	all := append([]string{"--server", to.Host, "--port", strconv.Itoa(to.Port), "--hide-all", "--helo", "mailer.example.test"}, args...)
	if out, err := exec.Command(swaks, all...).CombinedOutput(); err != nil {
		t.Fatalf("swaks: %v: %s", err, out)
	}
}

func maildir(t testing.TB, dir string) {
	t.Helper()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// freePort is a port that nothing listens on. It lies below those that systems give away by
// themselves, so that no connection takes it before the server that it is for.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 15_000 + rand.IntN(17_000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = l.Close() // nobody has connected
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, fs.FileMode(0o644)); err != nil {
		t.Fatal(err)
	}
}

// testLog passes a program's complaints on.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
