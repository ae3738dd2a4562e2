package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoCyrus tells that this machine has no Cyrus to start.
var ErrNoCyrus = errors.New("no Cyrus IMAP server is unpacked in " + cyrusAt + ": .ci/need does it")

// cyrusAt is where .ci/need unpacks Cyrus: its package cannot be installed beside Dovecot's.
const cyrusAt = "/usr/local/lib/centrala-tests/cyrus"

// A Cyrus is an IMAP server with one mailbox, without encryption. It lets in whom a Dovecot
// does. The methods are for one goroutine at a time; Put may be called from any.
type Cyrus struct {
	Addr, lmtp string
	dir        string
	root       string // of the unpacked packages
	log        io.Writer
	p          *process
}

// StartCyrus starts a Cyrus in a folder of its own, which Close removes.
func StartCyrus(ctx context.Context, log io.Writer) (*Cyrus, error) {
	c := &Cyrus{root: cyrusAt, log: log}
	if _, err := os.Stat(c.bin("master")); err != nil {
		return nil, ErrNoCyrus
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "mail"); err != nil { // paths of its sockets must be short
		return nil, err
	}
	if err = c.configure(ctx); err == nil {
		err = c.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

func (c *Cyrus) bin(name string) string { return filepath.Join(c.root, "usr/lib/cyrus/bin", name) }

// command is a program of the unpacked packages, with their libraries.
func (c *Cyrus) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	var libraries []string
	for _, pattern := range []string{"usr/lib/*-linux-gnu", "lib/*-linux-gnu"} {
		found, _ := filepath.Glob(filepath.Join(c.root, pattern)) // the pattern is sound
		libraries = append(libraries, found...)
	}
	plugins, _ := filepath.Glob(filepath.Join(c.root, "usr/lib/*-linux-gnu/sasl2")) // likewise
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"), "SASL_PATH="+strings.Join(plugins, ":"))
	return cmd
}

// Start starts it again after Stop, under the same address, and waits until it answers.
func (c *Cyrus) Start(ctx context.Context) (err error) {
	cmd := c.command(context.WithoutCancel(ctx), c.bin("master"), "-D", "-C", c.path("imapd.conf"), "-M", c.path("cyrus.conf"), "-p", c.path("pid"))
	if c.p, err = spawn("cyrus at "+c.Addr, cmd, c.log); err != nil {
		return err
	}
	if err := c.p.await(ctx, 10*time.Millisecond, answers(c.Addr, "* OK")); err != nil {
		return errors.Join(err, c.Stop())
	}
	return nil
}

// Stop ends the server and every connection to it. It may be called twice.
func (c *Cyrus) Stop() error {
	if c.p == nil {
		return nil
	}
	p := c.p
	c.p = nil
	return p.stop(syscall.SIGTERM)
}

// Close ends the server and removes its folder, mails included.
func (c *Cyrus) Close() error { return errors.Join(c.Stop(), os.RemoveAll(c.dir)) }

func (c *Cyrus) path(name string) string { return filepath.Join(c.dir, name) }

func (c *Cyrus) configure(ctx context.Context) error {
	owner, err := user.Current()
	if err != nil {
		return err
	}
	root := owner.Uid == "0"
	if root { // mail is never read as root
		if owner, err = user.Lookup("mail"); err != nil {
			return err
		}
	}
	group, err := user.LookupGroupId(owner.Gid)
	if err != nil {
		return err
	}
	for _, addr := range []*string{&c.Addr, &c.lmtp} {
		if *addr, err = FreeAddress(); err != nil {
			return err
		}
	}
	for _, dir := range []string{"conf/socket", "conf/db", "spool"} {
		if err := os.MkdirAll(c.path(dir), 0o755); err != nil {
			return err
		}
	}
	server := fmt.Sprintf(cyrusConf, filepath.Dir(c.bin("imapd")), c.path("imapd.conf"), c.Addr, c.lmtp)
	err = errors.Join(os.WriteFile(c.path("imapd.conf"), fmt.Appendf(nil, imapdConf, c.dir, owner.Username, group.Name), 0o644),
		os.WriteFile(c.path("cyrus.conf"), []byte(server), 0o644))
	if err != nil {
		return err
	}
	account := c.command(ctx, filepath.Join(c.root, "usr/sbin/saslpasswd2"), "-p", "-c", "-f", c.path("sasldb2"), "-u", "localhost", DovecotUser)
	account.Stdin = strings.NewReader(DovecotPassword)
	if said, err := account.CombinedOutput(); err != nil {
		return fmt.Errorf("make the account: %w: %s", err, said)
	}
	if !root {
		return nil
	}
	return giveAll(c.dir, owner)
}

// giveAll makes everything below a folder another user's.
func giveAll(dir string, to *user.User) error {
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(to.Gid)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
}

// Put delivers a mail into the mailbox by LMTP (RFC 2033). The mailbox is there once somebody
// has logged in to it.
func (c *Cyrus) Put(raw []byte) error {
	conn, err := net.DialTimeout("tcp", c.lmtp, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	text := textproto.NewConn(conn)
	if _, _, err := text.ReadResponse(220); err != nil {
		return err
	}
	for _, step := range []struct {
		say    string
		expect int
	}{{"LHLO lab", 250}, {"MAIL FROM:<>", 250}, {"RCPT TO:<" + DovecotUser + ">", 250}, {"DATA", 354}} {
		if err := text.PrintfLine("%s", step.say); err != nil {
			return err
		}
		if _, _, err := text.ReadResponse(step.expect); err != nil {
			return fmt.Errorf("%s: %w", step.say, err)
		}
	}
	data := text.DotWriter()
	if _, err := data.Write(raw); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	if _, _, err := text.ReadResponse(250); err != nil {
		return fmt.Errorf("the mail: %w", err)
	}
	return nil
}

const imapdConf = `configdirectory: %[1]s/conf
defaultpartition: default
partition-default: %[1]s/spool
cyrus_user: %[2]s
cyrus_group: %[3]s
servername: localhost
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: %[1]s/sasldb2
sasl_mech_list: PLAIN
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
autocreate_post: yes
idlesocket: %[1]s/conf/socket/idle
duplicatesuppression: no
failedloginpause: 0
imapidresponse: no
`

const cyrusConf = `START {
  recover cmd="%[1]s/ctl_cyrusdb -C %[2]s -r"
  idled cmd="%[1]s/idled -C %[2]s"
}
SERVICES {
  imap cmd="%[1]s/imapd -C %[2]s" listen="%[3]s" prefork=0 maxchild=100
  lmtp cmd="%[1]s/lmtpd -C %[2]s -a" listen="%[4]s" prefork=0 maxchild=10
}
EVENTS {
}
`
