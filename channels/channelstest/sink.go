package channelstest

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"centrala"
	"centrala/lab"
)

// Sink is a lab.Sink that ends with the test. Some recipients it treats badly:
//
//	nobody@  refused for good        later@   put off
//	spam@    refused after the data  full@    put off after the data
//	barred@  refused by policy       silent@  never answered after the data
//	cut@     hung up on after the data; odd@ answered out of step
type Sink struct {
	Server centrala.Server
	sink   *lab.Sink
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
	sink, err := lab.StartSink(context.Background(), lab.SinkConfig{Dir: scratch(t), Folder: o.Folder, Password: o.Password, Cert: o.Cert, Log: testLog{t}})
	if errors.Is(err, lab.ErrNoSink) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Stop(); err != nil {
			t.Log(err)
		}
	})
	s := &Sink{Server: centrala.Server{Host: "127.0.0.1", Port: port(t, sink.Addr), TLS: "none"}, sink: sink}
	if o.Password != "" {
		s.Server.User = "bok"
	}
	if o.Cert != "" {
		s.Server.TLS, s.Server.Host = "starttls", "localhost"
	}
	return s
}

// Mails are the raw mails that were taken so far, in the order of their arrival.
func (s *Sink) Mails(t testing.TB) (mails []string) {
	t.Helper()
	all, err := s.sink.Mails()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		mails = append(mails, string(all[name]))
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
