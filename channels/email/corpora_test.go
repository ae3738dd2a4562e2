package email_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"centrala"
	"centrala/channels"
	"centrala/channels/email"
)

// corpus is a folder of real mail that others collected. It is read where its package keeps
// it, and never copied into the project.
type corpus struct {
	name    string
	where   func(t *testing.T) string
	dir     string
	pattern string
	least   int // mails that it is known to have
}

const (
	pythonDir      = "usr/lib/python3/dist-packages/"
	bounceDir      = pythonDir + "flufl/bounce/tests/data"
	hyperkittyDir  = pythonDir + "hyperkitty/tests/testdata"
	pythonTestsDir = "usr/lib/python3.11/test/test_email/data"
)

func corpora() []corpus {
	return []corpus{
		{"flufl.bounce", debian("python3-flufl.bounce", bounceDir), bounceDir, "*.txt", 115},
		{"hyperkitty", debian("python3-django-hyperkitty", hyperkittyDir), hyperkittyDir, "*.txt", 21},
		{"python-email", debian("libpython3.11-testsuite", pythonTestsDir), pythonTestsDir, "msg_*.txt", 47},
		{"enmime mail", module("github.com/jhillyerd/enmime/v2", "v2.3.0"), "testdata/mail", "*.raw", 40},
		{"enmime low-quality", module("github.com/jhillyerd/enmime/v2", "v2.3.0"), "testdata/low-quality", "*.raw", 12},
		{"enmime parts", module("github.com/jhillyerd/enmime/v2", "v2.3.0"), "testdata/parts", "*.raw", 31},
		{"enmime DSNs", module("github.com/jhillyerd/enmime/v2", "v2.3.0"), "dsn/testdata", "*.raw", 5},
	}
}

// absent skips a test for want of a corpus; where everything must be there, it fails.
func absent(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

// debian is a Debian package that keeps its mails in dir: as it is installed, as .ci/need or
// CENTRALA_TEST_CORPORA unpacks it, or fetched and unpacked into the user's cache, which takes
// no rights.
func debian(name, dir string) func(t *testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		for _, root := range append(filepath.SplitList(os.Getenv("CENTRALA_TEST_CORPORA")), "/", "/usr/local/lib/centrala-tests/corpora") {
			if _, err := os.Stat(filepath.Join(root, dir)); err == nil {
				return root
			}
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			absent(t, name, err)
		}
		root := filepath.Join(cache, "centrala-corpora", name)
		if _, err := os.Stat(root); err == nil {
			return root
		}
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "apt-get", "download", name)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			absent(t, "the package "+name+" is neither installed nor to be had: "+strings.TrimSpace(string(out)), err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
		if err != nil || len(files) != 1 {
			absent(t, name, errors.New("apt-get download left no package"))
		}
		fresh := filepath.Join(dir, "root")
		if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "-x", files[0], fresh).CombinedOutput(); err != nil {
			absent(t, name+": "+string(out), err)
		}
		if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(fresh, root); err != nil { // across file systems, or somebody was faster
			return fresh
		}
		return root
	}
}

// module is a Go module in the module cache, fetched by the go command when it is not there.
func module(path, version string) func(t *testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", path+"@"+version)
		cmd.Dir = t.TempDir() // outside of this module, whose list of modules it is none of
		out, err := cmd.Output()
		var found struct{ Dir, Error string }
		if jerr := json.Unmarshal(out, &found); err != nil || jerr != nil || found.Dir == "" {
			absent(t, "the module "+path+" is not to be had: "+found.Error, errors.Join(err, jerr))
		}
		return found.Dir
	}
}

func (c corpus) files(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join(c.where(t), c.dir)
	files, err := filepath.Glob(filepath.Join(dir, c.pattern))
	if err != nil || len(files) < c.least {
		t.Fatalf("%s: %d mails in %s, want %d: %v", c.name, len(files), dir, c.least, err)
	}
	return files
}

func explainFile(t *testing.T, line *email.Channel, file string) channels.Explanation {
	t.Helper()
	raw, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	e := line.Explain(context.Background(), raw)
	e.File = filepath.Base(file)
	return e
}

// Every mail of every corpus ends in an outcome, none makes the reader panic, and none is read
// otherwise than the reader of another language reads it, but where that one is known to err.
func TestCorpora(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{})
	for _, c := range corpora() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := c.files(t)
			others := secondReader(t, files)
			outcomes := make(map[centrala.Outcome]int)
			quarantined, wrong, panics := 0, 0, 0
			for i, f := range files {
				e := explainFile(t, line, f)
				outcomes[e.Outcome]++
				switch {
				case !slices.Contains(centrala.Outcomes(), e.Outcome) || e.Cause.Code == "":
					t.Errorf("%s: outcome %q, cause %+v", f, e.Outcome, e.Cause)
				case strings.Contains(e.Reason, "reader failed"):
					panics++
					t.Errorf("%s: %s", f, e.Reason)
				case e.Outcome == centrala.Quarantined:
					quarantined++
					t.Logf("%s: quarantined: %s", e.File, e.Reason)
				}
				if why := others[i].differs(e); why != "" && !erring(e.File) {
					wrong++
					t.Errorf("%s: %s", e.File, why)
				}
			}
			n := len(files)
			t.Logf("%s: %d mails, %d parsed, %d quarantined, %d wrong, %d panics, 0 dropped, %v", c.name, n, n-quarantined, quarantined, wrong, panics, outcomes)
		})
	}
}

// opinion is what Python's own reader makes of a mail: a second opinion, by nobody who knows
// this one.
type opinion struct {
	Subject string
	From    []string
	Files   []string
	Words   []string // of its plain text
}

const secondReaderScript = `
import email, email.policy, json, sys
from email.utils import getaddresses
for name in json.load(sys.stdin):
    o = {"Subject": "", "From": [], "Files": [], "Words": []}
    try:
        m = email.message_from_binary_file(open(name, "rb"), policy=email.policy.default)
    except Exception:
        print(json.dumps(o)); continue
    try: o["Subject"] = str(m.get("Subject") or "")
    except Exception: pass
    try: o["From"] = [a for _, a in getaddresses([str(m.get("From") or "")]) if "@" in a]
    except Exception: pass
    try:
        b = m.get_body(("plain",))
        if b is not None: o["Words"] = b.get_content().split()
    except Exception: pass
    try: o["Files"] = [p.get_filename() for p in m.iter_attachments() if p.get_filename()]
    except Exception: pass
    print(json.dumps(o))
`

func secondReader(t *testing.T, files []string) []opinion {
	t.Helper()
	in, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-c", secondReaderScript)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		absent(t, "python3 gives no second opinion", err)
	}
	all := make([]opinion, 0, len(files))
	for l := range strings.Lines(string(out)) {
		var o opinion
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if len(all) != len(files) {
		t.Fatalf("%d opinions of %d mails", len(all), len(files))
	}
	return all
}

// differs says in what a mail was read otherwise, or "".
func (o opinion) differs(e channels.Explanation) string {
	if len(e.Inbound) == 0 {
		if len(o.From) > 0 || o.Subject != "" { // words without either are a text, no mail
			return "nothing was read of it"
		}
		return ""
	}
	in := e.Inbound[0]
	same := func(a, b string) bool {
		return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
	}
	switch {
	case o.Subject != "" && !strings.Contains(o.Subject, "\ufffd") && !same(o.Subject, in.Subject):
		return "subject " + in.Subject + ", elsewhere " + o.Subject
	case len(o.From) == 1 && !strings.EqualFold(o.From[0], in.From.Address):
		return "from " + in.From.Address + ", elsewhere " + o.From[0]
	}
	for _, name := range o.Files {
		if e.Bounce == nil && !strings.Contains(name, "\ufffd") && !slices.ContainsFunc(in.Attachments, func(p channels.ExplainedPart) bool { return same(p.Name, name) }) {
			return "no file " + name
		}
	}
	for _, w := range o.Words {
		if !strings.ContainsFunc(w, unreadable) && !strings.Contains(in.FullText, strings.Trim(w, ">")) {
			return "the text has no " + w
		}
	}
	return ""
}

func unreadable(r rune) bool { return r == '\ufffd' || unicode.IsControl(r) }

// erring are the mails that the other reader reads wrongly; each was looked at.
func erring(file string) bool {
	return slices.Contains([]string{
		"bad-subject-header.txt",                       // 0x85 in "iso-8859-1" is an ellipsis
		"extra-base64-character.raw",                   // it gives up on base64 with one character too many
		"mime-bad-content-transfer-encoding.raw",       // it reads plain text as base64, as it is declared
		"payload-utf8-wrong.txt",                       // a picture pasted as text: what its bytes mean is anybody's guess
		"malformed-multiple-address-header-values.raw", // two senders without a comma: the last is the address, as behind a pretended name
	}, file)
}

// expected is what the package of the bounces itself expects of each.
type expected struct {
	recipients []string
	temporary  bool
}

func expectations(t *testing.T) map[string]expected {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(debian("python3-flufl.bounce", bounceDir)(t), pythonDir+"flufl/bounce/testing/helpers.py"))
	if err != nil {
		absent(t, "what is expected of the bounces", err)
	}
	all := make(map[string]expected)
	address := regexp.MustCompile(`b'([^']+)'`)
	for _, m := range regexp.MustCompile(`(?s)\('[a-z0-9]+',\s*'([a-z0-9_]+\.txt)',\s*\[(.*?)\](, True)?\)`).FindAllStringSubmatch(string(raw), -1) {
		x := all[m[1]]
		for _, a := range address.FindAllStringSubmatch(m[2], -1) {
			x.recipients = append(x.recipients, strings.ToLower(a[1]))
		}
		x.temporary = x.temporary || m[3] != ""
		all[m[1]] = x
	}
	return all
}

// Of the 115 bounces nearly all are known for what they are, with the right recipient and
// whether it is for good. Where the package expects no recipient, no mail bounced, or nobody
// can tell whose: those are counted apart.
func TestBounceCorpus(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{})
	want := expectations(t)
	bounces, known, right, statuses, wrong := 0, 0, 0, 0, 0
	for _, f := range corpora()[0].files(t) {
		e := explainFile(t, line, f)
		x, ok := want[e.File]
		if !ok || len(x.recipients) == 0 {
			t.Logf("%s: nothing is expected; %s %+v", e.File, e.Outcome, e.Bounce)
			continue
		}
		bounces++
		if e.Outcome != centrala.Bounce {
			t.Logf("%s: wrong: %s, not bounce: %s", e.File, e.Outcome, e.Reason)
			wrong++
			continue
		}
		known++
		if e.Bounce.Status != "" {
			statuses++
		}
		switch {
		case !slices.Contains(x.recipients, e.Bounce.Recipient):
			t.Logf("%s: wrong: recipient %q, want one of %q", e.File, e.Bounce.Recipient, x.recipients)
			wrong++
		case (e.Bounce.Action != "failed") != x.temporary:
			t.Logf("%s: wrong: %s %s, want temporary %t", e.File, e.Bounce.Action, e.Bounce.Status, x.temporary)
			wrong++
		default:
			right++
		}
	}
	t.Logf("bounces: %d, recognised %d, recipient and permanence right %d, with a status code %d, wrong %d", bounces, known, right, statuses, wrong)
	if bounces < 100 || known*100 < bounces*95 || right*100 < bounces*95 {
		t.Errorf("of %d bounces %d are recognised and %d right, want 95 %%", bounces, known, right)
	}
}
