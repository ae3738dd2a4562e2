package lab

import (
	"bufio"
	"context"
	_ "embed" // its configuration
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoPostfix tells that this machine has no Postfix, ErrNotRoot that only root may start one.
var (
	ErrNoPostfix = errors.New("no Postfix is installed: apt-get install postfix")
	ErrNotRoot   = errors.New("a Postfix of our own can only be started by root")
)

// A Postfix is a mail server with a queue of its own. What is for Domain it delivers into a
// Dovecot's mailbox, what is for anybody else into Folder, and what it cannot deliver it reports
// to the sender as every Postfix does. Some recipients, of whatever domain, it treats badly:
//
//	nobody@     550 5.1.1 at once                     gone@      taken, then returned: 5.1.1
//	full@       552 5.2.2                             slow@      taken, then reported as delayed
//	barred@     554 5.7.1                             spam@      550 5.7.1 after the data
//	later@      450 4.2.0                             unsure@    451 4.3.0 after the data
//	perhaps@    put off unless refused (450 4.7.1)    foul@      554 5.7.1 after the data
//	shut@       421, and hung up on                   grey@      put off the first time, taken the second
//	busy@       451 4.7.1, too many messages          rush@      421 4.7.0, too many messages, and hung up on
//	…@busy.test the same, for everybody of the domain
//
// Mails above 2 MB are refused (552 5.3.4). The methods are for one goroutine at a time; Mails
// may be called from any.
type Postfix struct {
	Addr     string // from this machine, without encryption or login
	Login    string // STARTTLS and a login are asked for
	TLSLogin string // the same, encrypted from the first byte
	Metered  string // as Addr, but nobody may send more than two mails a minute
	Domain   string
	Folder   string // the maildir of all who are not ours

	dir  string
	p    *process
	grey *greylist
}

// StartPostfix starts a Postfix in a folder of its own, which Close removes. Its own domain is
// delivered into the Dovecot's mailbox, whose user may log in. cert is a PEM file with
// certificate and key.
func StartPostfix(ctx context.Context, domain, cert string, box *Dovecot, log io.Writer) (*Postfix, error) {
	postconf, err := exec.LookPath("/usr/sbin/postconf")
	if err != nil {
		return nil, ErrNoPostfix
	}
	if os.Getuid() != 0 {
		return nil, ErrNotRoot
	}
	programs, err := exec.Command(postconf, "-d", "-h", "daemon_directory").Output()
	if err != nil {
		return nil, fmt.Errorf("ask Postfix where it is: %w", err)
	}
	dir, err := os.MkdirTemp("", "post") // paths of its sockets must be short
	if err != nil {
		return nil, err
	}
	s := &Postfix{dir: dir, Domain: domain, Folder: filepath.Join(dir, "outside")}
	if err = s.configure(cert, box); err == nil {
		s.grey, err = newGreylist(filepath.Join(dir, "grey"))
	}
	if err == nil {
		master := exec.Command(filepath.Join(strings.TrimSpace(string(programs)), "master"), "-c", dir, "-d")
		s.p, err = spawn("postfix at "+s.Addr, master, log)
	}
	if err == nil {
		err = s.p.await(ctx, 20*time.Millisecond, answers(s.Addr, "220 "))
	}
	if err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "log")) // as far as there is one
		return nil, errors.Join(err, fmt.Errorf("its log: %s", said), s.Close())
	}
	return s, nil
}

// Close ends the server and removes its folder, mails included.
func (s *Postfix) Close() error {
	var errs []error
	if s.p != nil {
		if err := s.p.signal(syscall.SIGTERM); err != nil {
			errs = append(errs, err)
		}
		<-s.p.done // it ends itself and all its servants by that signal
	}
	if s.grey != nil {
		errs = append(errs, s.grey.close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// Log is what it has written about itself so far.
func (s *Postfix) Log() string {
	said, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(said)
}

// Mails are the raw mails that people outside have got so far, by the names of their files.
func (s *Postfix) Mails() (map[string][]byte, error) { return maildir(s.Folder).all() }

//go:embed postfix.cf
var postfixMain string

//go:embed postfix.master.cf
var postfixMaster string

func (s *Postfix) configure(cert string, box *Dovecot) error {
	owner, err := user.Lookup("mail")
	if err != nil {
		return err
	}
	folder, err := newMaildir(s.Folder)
	if err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(s.dir, 0o755), folder.give(owner), s.queue()); err != nil {
		return err
	}
	ports := map[string]string{}
	for name, addr := range map[string]*string{"PLAIN": &s.Addr, "LOGIN": &s.Login, "TLS": &s.TLSLogin, "METERED": &s.Metered} {
		if *addr, err = FreeAddress(); err != nil {
			return err
		}
		ports[name] = *addr
	}
	with := strings.NewReplacer("DIR", s.dir, "DOMAIN", strings.ReplaceAll(s.Domain, ".", `\.`), "CERT", cert, "BOX", strings.TrimPrefix(box.Folder, "/"),
		"OUTSIDE", strings.TrimPrefix(s.Folder, "/"), "UID", owner.Uid, "GID", owner.Gid, "SASL", box.authSocket(),
		"PLAIN", ports["PLAIN"], "LOGIN ", ports["LOGIN"]+" ", "TLSPORT", ports["TLS"], "METERED", ports["METERED"])
	main, tables, _ := strings.Cut(postfixMain, "\n=== ")
	errs := []error{
		os.WriteFile(filepath.Join(s.dir, "main.cf"), []byte(with.Replace(main)), 0o644),
		os.WriteFile(filepath.Join(s.dir, "master.cf"), []byte(with.Replace(postfixMaster)), 0o644),
	}
	for _, table := range strings.Split(tables, "\n=== ") {
		name, rows, _ := strings.Cut(table, "\n")
		errs = append(errs, os.WriteFile(filepath.Join(s.dir, name), []byte(with.Replace(rows)), 0o644))
	}
	return errors.Join(errs...)
}

// queue makes the folders that Postfix works in.
func (s *Postfix) queue() error {
	who, err := user.Lookup("postfix")
	if err != nil {
		return ErrNoPostfix
	}
	uid, err := strconv.Atoi(who.Uid)
	if err != nil {
		return err
	}
	drop, err := user.LookupGroup("postdrop")
	if err != nil {
		return ErrNoPostfix
	}
	gid, err := strconv.Atoi(drop.Gid)
	if err != nil {
		return err
	}
	queue := filepath.Join(s.dir, "queue")
	errs := []error{os.Mkdir(queue, 0o755), os.Mkdir(filepath.Join(queue, "pid"), 0o755), os.Mkdir(filepath.Join(s.dir, "data"), 0o700), os.Chown(filepath.Join(s.dir, "data"), uid, -1)}
	for _, name := range strings.Fields("active bounce corrupt defer deferred flush hold incoming private saved trace") {
		at := filepath.Join(queue, name)
		errs = append(errs, os.Mkdir(at, 0o700), os.Chown(at, uid, -1))
	}
	for _, name := range []string{"maildrop", "public"} {
		at := filepath.Join(queue, name)
		errs = append(errs, os.Mkdir(at, 0o700), os.Chown(at, uid, gid), os.Chmod(at, 0o730))
	}
	return errors.Join(errs...)
}

// A greylist is a policy service: who writes to somebody for the first time is told to come
// back (http://www.postfix.org/SMTPD_POLICY_README.html).
type greylist struct {
	l     net.Listener
	known map[string]bool // of the one goroutine that answers
	done  chan struct{}
}

func newGreylist(path string) (*greylist, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	g := &greylist{l: l, known: map[string]bool{}, done: make(chan struct{})}
	go g.run()
	return g, os.Chmod(path, 0o666)
}

func (g *greylist) close() error {
	err := g.l.Close()
	<-g.done
	return err
}

func (g *greylist) run() {
	defer close(g.done)
	for {
		conn, err := g.l.Accept()
		if err != nil {
			return
		}
		g.answer(conn)
		_ = conn.Close() // Postfix comes again for the next question
	}
}

// answer answers the one question of a connection: lines of name=value, and an empty one.
func (g *greylist) answer(conn net.Conn) {
	var triplet []string
	asked := bufio.NewScanner(conn)
	for asked.Scan() && asked.Text() != "" {
		line := asked.Text()
		for _, name := range []string{"client_address=", "sender=", "recipient="} {
			if strings.HasPrefix(line, name) {
				triplet = append(triplet, line)
			}
		}
	}
	action := "DUNNO"
	if key := strings.Join(triplet, " "); !g.known[key] {
		g.known[key] = true
		action = "DEFER_IF_PERMIT Greylisted, come back later"
	}
	_, _ = io.WriteString(conn, "action="+action+"\n\n") // Postfix defers by itself when it hears nothing
}
