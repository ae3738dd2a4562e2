package email_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
)

// keyOf is a private key in PEM.
func keyOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	fine(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func signingKeys(t *testing.T) map[string]string {
	t.Helper()
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	fine(t, err)
	_, short, err := ed25519.GenerateKey(rand.Reader)
	fine(t, err)
	return map[string]string{"rsa-sha256": keyOf(t, long), "ed25519-sha256": keyOf(t, short)}
}

// verified is what go-msgauth says of a mail, given what the domain publishes.
func verified(t *testing.T, raw string, record map[string]string) []*dkim.Verification {
	t.Helper()
	found, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if text := record[strings.TrimSuffix(name, ".")]; text != "" {
			return []string{text}, nil
		}
		return nil, errors.New("no such record: " + name)
	}})
	fine(t, err)
	return found
}

// Two programs that are not ours believe the signature of what a server really took, and not of
// what somebody changed; the same mail is signed the same.
func TestSigned(t *testing.T) {
	t.Parallel()
	box := channelstest.NewDovecot(t)
	post := channelstest.NewPostfix(t, box)
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	out = through(out, post.Server, "")
	out.Cc = []centrala.Address{{Name: "Ewa Żółć", Address: "ewa@other.test"}}
	out.Text += "\n\n  zażółć   gęślą \t\n\n\n"
	taken := 0
	for kind, key := range signingKeys(t) {
		sealed := *out.Inbox.Mailbox
		sealed.DKIMSelector, sealed.DKIMKey = "centrala", key
		signed := out
		signed.Inbox.Mailbox, signed.MessageID = &sealed, kind+"@firma.test"
		for n := range 2 {
			signed.Attempt = n + 1
			if _, err := line.Send(t.Context(), signed); err != nil {
				t.Fatal(err)
			}
		}
		taken += 4
		name, text, err := email.DNSRecord("centrala", "firma.test", key)
		if err != nil || name != "centrala._domainkey.firma.test" {
			t.Fatalf("record %q, %v", name, err)
		}
		var raws []string
		for _, raw := range post.Wait(t, taken) {
			_, raw, _ = strings.Cut(raw, "\nDKIM-Signature:") // without what Postfix put before
			if raw = "DKIM-Signature:" + raw; strings.Contains(raw, kind+"@firma.test") {
				raws = append(raws, strings.ReplaceAll(raw, "\n", "\r\n"))
			}
		}
		if len(raws) != 4 || raws[0] != raws[3] {
			t.Fatalf("%s: %d mails, which should be four times the same:\n%q\n%q", kind, len(raws), raws[0], raws[len(raws)-1])
		}
		raw := raws[0]
		v := verified(t, raw, map[string]string{name: text})
		if len(v) != 1 || v[0].Err != nil || v[0].Domain != "firma.test" {
			t.Fatalf("%s: go-msgauth says %+v", kind, v[0])
		}
		for _, field := range []string{"From", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Reply-To", "Mime-Version", "Content-Type"} {
			if !strings.Contains(" "+strings.Join(v[0].HeaderKeys, " ")+" ", " "+field+" ") {
				t.Errorf("%s: %s is not signed: %v", kind, field, v[0].HeaderKeys)
			}
		}
		checkWithPython(t, kind, raw, name, text, true)
		for what, changed := range map[string]string{
			"another word":   strings.Replace(raw, "firma.test/z", "zlodziej.test/z", 1),
			"another sender": "From: prezes@firma.test\r\n" + raw,
			"another title":  strings.Replace(raw, "Subject: ", "Subject: Re: ", 1),
		} {
			if v := verified(t, changed, map[string]string{name: text}); changed == raw || len(v) != 1 || v[0].Err == nil {
				t.Errorf("%s: a mail with %s is believed", kind, what)
			}
			checkWithPython(t, kind+" with "+what, changed, name, text, false)
		}
	}
}

const dkimpy = `import dkim, sys
raw = open(sys.argv[1], 'rb').read()
ok = dkim.verify(raw, dnsfunc=lambda name, timeout=5: sys.argv[3].encode() if name.decode().rstrip('.') == sys.argv[2] else None)
sys.exit(0 if ok else 3)`

// checkWithPython asks dkimpy, where it is installed.
func checkWithPython(t *testing.T, what, raw, name, text string, want bool) {
	t.Helper()
	need := "import dkim"
	if strings.HasPrefix(what, "ed25519") {
		need = "import dkim, nacl"
	}
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", need).Run(); err != nil {
		t.Log("not checked with dkimpy: apt-get install python3-dkim")
		return
	}
	path := filepath.Join(t.TempDir(), "mail.eml")
	fine(t, os.WriteFile(path, []byte(raw), 0o600))
	said, err := exec.Command(python, "-c", dkimpy, path, name, text).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		t.Fatalf("%s: dkimpy: %v: %s", what, err, said)
	}
	if (err == nil) != want {
		t.Errorf("%s: dkimpy says %v, want %v", what, err == nil, want)
	}
}

// Whatever spaces, empty lines and folds a mail has, and however it is cut up on its way to the
// signer, its signature holds.
func TestSignaturesOfOddMails(t *testing.T) {
	t.Parallel()
	key := signingKeys(t)["ed25519-sha256"]
	box := &centrala.Mailbox{Address: "bok@firma.test", DKIMSelector: "s", DKIMKey: key}
	name, text, err := email.DNSRecord("s", "firma.test", key)
	fine(t, err)
	chance := mathrand.New(mathrand.NewPCG(1, 2))
	pieces := []string{" ", "  ", "\t", "\r\n", "\r\n\r\n", "a", "słowo", ".", " \r\n", "\r\n ", "=20"}
	for n := range 300 {
		body := ""
		for range chance.IntN(12) {
			body += pieces[chance.IntN(len(pieces))]
		}
		raw := "From:  Bok   <bok@firma.test>\r\nSubject: a\r\n  b \t c\r\nX-Other: x\r\nTo:jan@example.test\r\n\r\n" + body
		signed := email.SignRaw(t, box, time.Unix(1_700_000_000, 0), raw, 1+chance.IntN(40))
		if v := verified(t, signed, map[string]string{name: text}); len(v) != 1 || v[0].Err != nil {
			t.Fatalf("mail %d, body %q: %+v", n, body, v[0])
		}
	}
}

// A key that cannot sign stops the line and says so; nothing goes out unsigned.
func TestBrokenSigningKey(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	good := signingKeys(t)["ed25519-sha256"]
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	fine(t, err)
	for what, box := range map[string]centrala.Mailbox{
		"no PEM":     {DKIMSelector: "s", DKIMKey: "tajne"},
		"cut off":    {DKIMSelector: "s", DKIMKey: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
		"a selector": {DKIMSelector: "a b", DKIMKey: good},
	} {
		broken := *out.Inbox.Mailbox
		broken.DKIMSelector, broken.DKIMKey = box.DKIMSelector, box.DKIMKey
		o := out
		o.Inbox.Mailbox = &broken
		_, err := line.Send(t.Context(), o)
		var stopped *channels.Stopped
		if !errors.As(err, &stopped) || !strings.Contains(stopped.Reason, "DKIM") || strings.Contains(err.Error(), "tajne") {
			t.Errorf("%s: %v", what, err)
		}
		told := line.Trouble(o.Inbox, channels.Health{Way: channels.Out, Err: err, LastError: err.Error()})
		if told.Check != "smtp.dkim" || !strings.Contains(told.Text["pl"], "podpisać") || !strings.Contains(told.Text["en"], "signed") {
			t.Errorf("%s: people are told %+v", what, told)
		}
		if tested := line.Test(t.Context(), o.Inbox); !slices.ContainsFunc(tested, func(f channels.Finding) bool { return !f.OK && f.Check == "smtp.dkim" }) {
			t.Errorf("%s: the line test says %+v", what, tested)
		}
	}
	if _, err := centrala.SigningKey(keyOf(t, weak)); err != nil {
		t.Errorf("1024 bits: %v", err)
	}
	if n := len(sink.Mails(t)); n != 0 {
		t.Errorf("%d mails went out unsigned", n)
	}
}

// A large file is read twice and never held: neither writing nor signing a mail costs its size in
// memory.
func TestSignedFileIsStreamed(t *testing.T) {
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	const size = 4 << 20
	out.Attachments = []centrala.Attachment{{ID: 9, Name: "film.bin", Type: "application/octet-stream", Blob: "out/big", Size: size}}
	line.Put(t, "out/big", size)
	box := *out.Inbox.Mailbox
	box.DKIMSelector, box.DKIMKey = "centrala", signingKeys(t)["ed25519-sha256"]
	out.Inbox.Mailbox = &box
	before := held()
	var most, written uint64
	line.Written(t, out, writerFunc(func(p []byte) (int, error) {
		if written += uint64(len(p)); written%(1<<20) < uint64(len(p)) {
			most = max(most, held())
		}
		return len(p), nil
	}))
	t.Logf("a signed mail with a file of %d MB: %d kB held", size>>20, (max(most, before)-before)>>10)
	if written < size || most > before+size/2 {
		t.Errorf("of a mail with a file of %d bytes, written as %d, %d bytes were held", size, written, most-before)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// held is the memory that is really in use.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
