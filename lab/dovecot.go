package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// ErrNoDovecot tells that this machine has no Dovecot to start.
var ErrNoDovecot = errors.New("no IMAP server is installed: apt-get install dovecot-imapd")

// A Dovecot is an IMAP server with one mailbox, without encryption at Addr and with it at
// TLSAddr when it was given a certificate. The methods are for one goroutine at a time; Put may
// be called from any.
type Dovecot struct {
	Addr, TLSAddr string
	Folder        string // the maildir
	dir           string
	binary        string
	log           io.Writer
	p             *process
	put           maildir
}

// DovecotUser and DovecotPassword are what a Dovecot lets in.
const (
	DovecotUser     = "bok"
	DovecotPassword = "tajne"
)

// DovecotConfig says what a Dovecot is like. The zero value is one without encryption.
type DovecotConfig struct {
	Cert       string // a PEM file with certificate and key, or ""
	Introspect string // where it asks whether an access token is good (RFC 7662); then it knows XOAUTH2 and OAUTHBEARER
	More       string // further lines of its configuration
	Log        io.Writer
}

// StartDovecot starts a Dovecot in a folder of its own, which Close removes. cert is a PEM file
// with certificate and key, or "".
func StartDovecot(ctx context.Context, cert string, log io.Writer) (*Dovecot, error) {
	return DovecotConfig{Cert: cert, Log: log}.Start(ctx)
}

// Start starts a Dovecot like that in a folder of its own, which Close removes.
func (c DovecotConfig) Start(ctx context.Context) (*Dovecot, error) {
	binary, err := exec.LookPath("dovecot")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/dovecot"); err != nil {
			return nil, ErrNoDovecot
		}
	}
	dir, err := os.MkdirTemp("", "mail") // paths of its sockets must be short
	if err != nil {
		return nil, err
	}
	d := &Dovecot{dir: dir, binary: binary, log: c.Log, Folder: filepath.Join(dir, DovecotUser)}
	err = os.Chmod(dir, 0o755) // the mailbox is read as another user
	if err == nil {
		d.put, err = newMaildir(d.Folder)
	}
	if err == nil {
		err = d.configure(c)
	}
	if err == nil {
		err = d.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return d, nil
}

// Start starts it again after Stop, under the same addresses, and waits until it answers.
func (d *Dovecot) Start(ctx context.Context) (err error) {
	cmd := exec.Command(d.binary, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	if d.p, err = spawn("dovecot at "+d.Addr, cmd, d.log); err != nil {
		return err
	}
	if err := d.p.await(ctx, 10*time.Millisecond, answers(d.Addr, "* OK")); err != nil {
		said, _ := os.ReadFile(filepath.Join(d.dir, "log")) // as far as there is one
		return errors.Join(err, d.Stop(), fmt.Errorf("its log: %s", said))
	}
	return nil
}

// Stop ends the server and every connection to it. It may be called twice.
func (d *Dovecot) Stop() error {
	if d.p == nil {
		return nil
	}
	p := d.p
	d.p = nil
	return p.stop(syscall.SIGTERM)
}

// Close ends the server and removes its folder, mails included.
func (d *Dovecot) Close() error { return errors.Join(d.Stop(), os.RemoveAll(d.dir)) }

// Put delivers a mail into the mailbox, as a delivery agent does: when it returns, the mail is
// there whole, also for a server that is started later.
func (d *Dovecot) Put(raw []byte) error { return d.put.add(raw, time.Now()) }

// authSocket is where another server asks whether it lets somebody in.
func (d *Dovecot) authSocket() string { return filepath.Join(d.dir, "run", "auth-login") }

// Renumber makes the server, while it is stopped, give all messages new numbers under a new
// UIDVALIDITY, as a restored mailbox does.
func (d *Dovecot) Renumber() error {
	var errs []error
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*"} {
		files, err := filepath.Glob(filepath.Join(d.Folder, pattern))
		errs = append(errs, err)
		for _, f := range files {
			errs = append(errs, os.Remove(f))
		}
	}
	return errors.Join(errs...)
}

func (d *Dovecot) configure(c DovecotConfig) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	owner, login, internal := me, me.Username, me.Username
	if me.Uid == "0" { // mail is never read as root
		if owner, err = user.Lookup("mail"); err != nil {
			return err
		}
		login, internal = "dovenull", "dovecot"
		if err := d.put.give(owner); err != nil {
			return err
		}
	}
	var ports [2]string
	for i, addr := range []*string{&d.Addr, &d.TLSAddr} {
		if *addr, err = FreeAddress(); err != nil {
			return err
		}
		if _, ports[i], err = net.SplitHostPort(*addr); err != nil {
			return err
		}
	}
	secure := "ssl = no"
	if c.Cert != "" {
		secure = fmt.Sprintf("ssl = yes\nssl_cert = <%[1]s\nssl_key = <%[1]s", c.Cert)
	}
	bearers := filepath.Join(d.dir, "oauth2.conf")
	if c.Introspect != "" {
		secure += fmt.Sprintf(dovecotBearers, bearers)
		asks := fmt.Sprintf("introspection_url = %s\nintrospection_mode = post\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n", c.Introspect)
		if err := os.WriteFile(bearers, []byte(asks), 0o644); err != nil {
			return err
		}
	}
	conf := fmt.Sprintf(dovecotConf, d.dir, login, internal, d.Folder, secure, DovecotPassword, owner.Uid, owner.Gid, ports[0], ports[1], DovecotUser) + c.More + "\n"
	return os.WriteFile(filepath.Join(d.dir, "dovecot.conf"), []byte(conf), 0o644)
}

const dovecotBearers = `
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %s
}
`

const dovecotConf = `protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
default_login_user = %[2]s
default_internal_user = %[3]s
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
mail_location = maildir:%[4]s
mail_max_userip_connections = 100
%[5]s
passdb {
  driver = static
  args = user=%[11]s password=%[6]s
}
userdb {
  driver = static
  args = uid=%[7]s gid=%[8]s home=%[1]s
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[9]s
  }
  inet_listener imaps {
    port = %[10]s
    ssl = yes
  }
}
service auth {
  unix_listener auth-login {
    mode = 0666
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
namespace inbox {
  inbox = yes
}
`

// answers is whether a server at an address greets.
func answers(addr, greeting string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		got := make([]byte, len(greeting))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != greeting {
			return fmt.Errorf("greeted with %q, %w", got, err)
		}
		return nil
	}
}

// maildir is a folder of mails, each a file (https://cr.yp.to/proto/maildir.html).
type maildir string

func newMaildir(dir string) (maildir, error) {
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return "", err
		}
	}
	return maildir(dir), nil
}

// give makes the folder another user's.
func (m maildir) give(to *user.User) error {
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(to.Gid)
	if err != nil {
		return err
	}
	var errs []error
	for _, sub := range []string{"", "new", "cur", "tmp"} {
		errs = append(errs, os.Chown(filepath.Join(string(m), sub), uid, gid))
	}
	return errors.Join(errs...)
}

// add keeps a mail: written aside, then put into its place at once. Its name begins with the
// second and goes on with the microsecond: Dovecot numbers mails that it finds together by that,
// and reads no more than 32 bits of the first number.
func (m maildir) add(raw []byte, at time.Time) error {
	f, err := os.CreateTemp(filepath.Join(string(m), "tmp"), fmt.Sprintf("%d.M%06dP%d.*", at.Unix(), at.Nanosecond()/1000, os.Getpid()))
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Chmod(0o666), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(string(m), "new", filepath.Base(f.Name())))
}

// all are the mails in the folder, by the names of their files.
func (m maildir) all() (map[string][]byte, error) {
	mails := map[string][]byte{}
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(string(m), sub))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if mails[e.Name()], err = os.ReadFile(filepath.Join(string(m), sub, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return mails, nil
}
