package email_test

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/channels/email/letter"
)

// reading is what another program reads of a mail.
type reading struct {
	Subject, From, To, Cc, ReplyTo, Text, HTML string
	References, Kinds, Files, Defects, Names   []string
}

const pythonReader = `import email, email.policy, json, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
one = lambda name: ', '.join(f'{a.display_name} <{a.addr_spec}>' for a in m[name].addresses) if m[name] else ''
r = dict(Subject=m['Subject'], From=one('From'), To=one('To'), Cc=one('Cc'), ReplyTo=one('Reply-To'), References=(m['References'] or '').split(), Names=m.keys(),
  Text=m.get_body(('plain',)).get_content(), HTML=m.get_body(('html',)).get_content(), Kinds=[p.get_content_type() for p in m.walk()],
  Files=[f'{a.get_filename()} {len(a.get_content())}' for a in m.iter_attachments()],
  Defects=[repr(d) for p in m.walk() for d in list(p.defects) + [e for v in p.values() for e in v.defects]])
json.dump(r, sys.stdout)`

// readByPython is a mail as Python's email package reads it, strictly.
func readByPython(t *testing.T, raw string) (r reading) {
	t.Helper()
	const python = "/usr/bin/python3"
	if _, err := os.Stat(python); err != nil {
		t.Skip("no other program to read mails with: apt-get install python3")
	}
	path := filepath.Join(t.TempDir(), "mail.eml")
	fine(t, os.WriteFile(path, []byte(raw), 0o600))
	said, err := exec.Command(python, "-c", pythonReader, path).Output()
	fine(t, err)
	fine(t, json.Unmarshal(said, &r))
	return r
}

// Another program reads every word, name and file as it was written, finds no fault with the
// form, and an agent's answer does not look like a program's.
func TestAnswerAsOthersReadIt(t *testing.T) {
	t.Parallel()
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	out.Cc = []centrala.Address{{Name: `Ewa "Ewcia" Żółć, sp. z o.o.`, Address: "ewa@example.test"}, {Address: "jan@zażółć.test"}}
	out.Subject = "Reklamacja: „buty zimowe”, rozmiar 42 – zażółć gęślą jaźń 👟 i jeszcze bardzo długi temat, który nie mieści się w jednym wierszu nagłówka listu"
	out.Text = "Zażółć gęślą jaźń 👟\n.\n.kropka na początku\nFrom the start\n" + strings.Repeat("długi wiersz bez końca ", 100) + "\n\n\nkoniec "
	out.References = nil
	for n := range 60 {
		out.References = append(out.References, strings.Repeat("x", 60)+string(rune('a'+n%26))+strings.Repeat("y", n)+"@mail.example.test")
	}
	out.Attachments = append(out.Attachments, centrala.Attachment{ID: 6, Name: "Umowa – „załącznik nr 1” do zamówienia (ostateczna wersja, naprawdę) ąćęłńóśźż.pdf", Type: "application/pdf", Blob: "out/1"},
		centrala.Attachment{ID: 7, Name: "plain.txt", Type: "text/plain; charset=x", Blob: "out/1"}, centrala.Attachment{ID: 8, Name: "../../etc/\"x\"\r\n.eml", Type: "message/rfc822", Blob: "out/1"})
	var b strings.Builder
	line.Written(t, out, &b)
	raw := b.String()
	for l := range strings.Lines(raw) {
		if len(l) > 1000 || !strings.HasSuffix(l, "\r\n") {
			t.Errorf("a line of %d bytes: %.80q", len(l), l)
		}
		if strings.ContainsFunc(l, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("a line that not every server passes on: %q", l)
		}
	}
	r := readByPython(t, raw)
	if len(r.Defects) > 0 {
		t.Errorf("faults: %v", r.Defects)
	}
	if want := centrala.ReplySubject(out.Subject, out.Number); r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
	if r.From != "Pomoc: Łódź <bok@firma.test>" || r.To != "Jan Źródłowski <jan@example.test>" || !strings.HasPrefix(r.ReplyTo, "Pomoc: Łódź <bok+t-") {
		t.Errorf("from %q to %q, answers to %q", r.From, r.To, r.ReplyTo)
	}
	if r.Cc != `Ewa "Ewcia" Żółć, sp. z o.o. <ewa@example.test>,  <jan@xn--zk-nga0b1n9c.test>` && !strings.HasSuffix(r.Cc, ".test>") {
		t.Errorf("cc %q", r.Cc)
	}
	if !strings.HasPrefix(r.Text, out.Text[:len(out.Text)-1]) || !strings.Contains(r.Text, "\n-- \nAnia\nZespół kupujących\n") || !strings.Contains(r.Text, "> Proszę o zwrot.") {
		t.Errorf("text %q", r.Text)
	}
	if !strings.Contains(r.HTML, "Zażółć gęślą jaźń 👟<br>") || strings.Contains(r.HTML, "<script") {
		t.Errorf("HTML %q", r.HTML)
	}
	ids := make([]string, 0, 21)
	for _, id := range append(append(out.References[:1:1], out.References[41:]...), out.InReplyTo) {
		ids = append(ids, "<"+id+">")
	}
	if !slices.Equal(r.References, ids) {
		t.Errorf("%d references, want %d: %v", len(r.References), len(ids), r.References)
	}
	if want := []string{"multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "application/pdf", "text/plain", "application/octet-stream"}; !slices.Equal(r.Kinds, want) {
		t.Errorf("parts %v", r.Kinds)
	}
	if len(r.Files) != 4 || r.Files[1] != out.Attachments[1].Name+" 12" || r.Files[0] != "faktura – żółta.pdf 12" || strings.ContainsAny(r.Files[3], "/\r\n") {
		t.Errorf("files %q", r.Files)
	}
	for _, name := range []string{"Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "List-Unsubscribe", "List-Unsubscribe-Post", email.LoopHeader, "Bcc"} {
		if slices.Contains(r.Names, name) {
			t.Errorf("an agent's answer has %s", name)
		}
	}
	structure(t, raw, out.Attachments[1].Name)
}

// structure has Dovecot take a mail apart.
func structure(t *testing.T, raw, file string) {
	t.Helper()
	box := channelstest.NewDovecot(t)
	fine(t, box.Put([]byte(raw)))
	client, err := imapclient.DialInsecure(channelstest.Address(box.Server), nil)
	fine(t, err)
	defer client.Close()
	fine(t, client.Login(box.Server.User, channelstest.Password).Wait())
	_, err = client.Select("INBOX", nil).Wait()
	fine(t, err)
	got, err := client.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}).Collect()
	fine(t, err)
	if len(got) != 1 || len(got[0].Envelope.Cc) != 2 || got[0].Envelope.MessageID != "c.1.2@firma.test" {
		t.Fatalf("Dovecot's envelope: %+v", got)
	}
	var names []string
	got[0].BodyStructure.Walk(func(_ []int, part imap.BodyStructure) bool {
		if d := part.Disposition(); d != nil {
			name := d.Params["filename"]
			if coded, ok := strings.CutPrefix(d.Params["filename*"], "utf-8''"); ok { // RFC 2231
				var err error
				name, err = url.PathUnescape(coded)
				fine(t, err)
			}
			names = append(names, name)
		}
		return true
	})
	if len(names) != 4 || names[1] != file {
		t.Errorf("Dovecot's files: %q, want the second %q", names, file)
	}
}

// An acknowledgement says that a program answers, asks for no answer and no bounce, and belongs
// to the mail that it answers.
func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	line, sink, out := sender(t, channelstest.SinkOptions{}, email.Config{})
	out.Automatic, out.Reply, out.Subject, out.Text, out.Quoted = true, true, "Mamy Twoją wiadomość", "Odpowiemy jutro.", nil
	if _, err := line.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	a, err := letter.Read(strings.NewReader(sink.Wait(t, 1)[0]), false, letter.Measure)
	fine(t, err)
	for name, want := range map[string]string{
		"Return-Path": "<>", "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk", email.LoopHeader: "1",
		"In-Reply-To": "<CAx1@mail.example.test>", "List-Unsubscribe": "",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
