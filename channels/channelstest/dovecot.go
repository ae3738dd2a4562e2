package channelstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"centrala"
)

// Dovecot is an IMAP server of its own in a scratch folder, with one mailbox, user "bok" and
// password "tajne".
type Dovecot struct {
	Server centrala.Server // "none"; the same host with TLSPort for "tls"
	TLS    *tls.Config     // trusts its certificate
	Cert   string          // the PEM file of certificate and key
	Folder string          // the maildir
	dir    string
	tls    int
	cmd    *exec.Cmd
	done   chan struct{}
}

// Password is what Dovecot lets "bok" in with.
const Password = "tajne"

// NewDovecot starts a Dovecot, which ends with the test.
func NewDovecot(t testing.TB) *Dovecot {
	t.Helper()
	Need(t, "dovecot-imapd", "dovecot", "/usr/sbin/dovecot")
	d := &Dovecot{dir: scratch(t)}
	d.Folder = filepath.Join(d.dir, "bok")
	maildir(t, d.Folder)
	cert := NewCertificate(t)
	d.Cert, d.TLS = cert.Path, cert.Trust
	d.Server = centrala.Server{Host: "localhost", Port: freePort(t), TLS: "none", User: "bok"}
	d.tls = freePort(t)
	d.configure(t)
	d.Start(t)
	t.Cleanup(func() { d.Stop(t) })
	return d
}

// Encrypted is the server's address for TLS from the first byte, or for STARTTLS.
func (d *Dovecot) Encrypted(how string) centrala.Server {
	s := d.Server
	if s.TLS = how; how == "tls" {
		s.Port = d.tls
	}
	return s
}

func (d *Dovecot) configure(t testing.TB) {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	owner, login, internal := me, me.Username, me.Username
	if me.Uid == "0" { // mail is never read as root
		if owner, err = user.Lookup("mail"); err != nil {
			t.Fatal(err)
		}
		login, internal = "dovenull", "dovecot"
		chown(t, d.Folder, owner)
	}
	conf := fmt.Sprintf(`protocols = imap
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
ssl = yes
ssl_cert = <%[5]s
ssl_key = <%[5]s
passdb {
  driver = static
  args = user=bok password=%[6]s
}
userdb {
  driver = static
  args = uid=%[7]s gid=%[8]s home=%[1]s
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[9]d
  }
  inet_listener imaps {
    port = %[10]d
    ssl = yes
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
`, d.dir, login, internal, d.Folder, d.Cert, Password, owner.Uid, owner.Gid, d.Server.Port, d.tls)
	write(t, filepath.Join(d.dir, "dovecot.conf"), []byte(conf))
}

func chown(t testing.TB, dir string, to *user.User) {
	t.Helper()
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(to.Gid)
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"", "new", "cur", "tmp"} {
		if err := os.Chown(filepath.Join(dir, sub), uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

// Start starts the server and waits until it answers.
func (d *Dovecot) Start(t testing.TB) {
	t.Helper()
	dovecot := Need(t, "dovecot-imapd", "dovecot", "/usr/sbin/dovecot")
	d.cmd = exec.Command(dovecot, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.Stderr = testLog{t}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	d.done = done
	go func() {
		defer close(done)
		_ = d.cmd.Wait() // it ends when it is told to
	}()
	Eventually(t, "Dovecot answers", func() bool {
		select {
		case <-done:
			log, _ := os.ReadFile(filepath.Join(d.dir, "log")) // as far as there is one
			t.Fatalf("Dovecot ended: %s", log)
		default:
		}
		conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Server.Port)), time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close() // it was only asked whether it is there
		return true
	})
}

// Stop ends the server and every connection to it.
func (d *Dovecot) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-d.done:
		return
	default:
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Logf("stop Dovecot: %v", err)
	}
	select {
	case <-d.done:
	case <-time.After(10 * time.Second):
		_ = d.cmd.Process.Kill() // it had its time
		<-d.done
	}
}

// Renumber makes the server, while it is stopped, give all messages new numbers under a new
// UIDVALIDITY, as a restored mailbox does.
func (d *Dovecot) Renumber(t testing.TB) {
	t.Helper()
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*"} {
		files, err := filepath.Glob(filepath.Join(d.Folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Certificate is a certificate for localhost: a PEM file with its key, and the configuration
// that trusts it.
type Certificate struct {
	Path  string
	Trust *tls.Config
}

// NewCertificate makes a Certificate.
func NewCertificate(t testing.TB) Certificate {
	t.Helper()
	path := filepath.Join(scratch(t), "cert.pem")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, path, append(public, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return Certificate{path, &tls.Config{RootCAs: pool}}
}
