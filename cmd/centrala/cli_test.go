package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"encoding/xml"

	"centrala/channels/channelstest"
)

var linkIn = regexp.MustCompile(`http://\S+/console/set-password#(\S+)`)

// link is the one-time token in what a command printed.
func link(t *testing.T, out string) string {
	t.Helper()
	m := linkIn.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no link is printed:\n%s", out)
	}
	return m[1]
}

// Accounts made beside a running server: the link sets a password once, a new password ends
// what the old one opened, what is wrong is said by name.
func TestAgentCommands(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	one := link(t, h.must(t, "", "agent", "add", "--email", "ola@firma.test", "--name", "Ola Kępa", "--role", "admin"))
	p.refusal(t, http.StatusUnauthorized, "POST", "/v1/sessions", "", map[string]string{"email": "ola@firma.test", "password": goodPassword})
	if status, _ := p.call(t.Context(), "POST", "/v1/passwords", "", map[string]string{"token": one, "password": "krótkie"}, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("a weak password gets %d", status)
	}
	p.must(t, "POST", "/v1/passwords", "", map[string]string{"token": one, "password": goodPassword}, nil)
	if status, _ := p.call(t.Context(), "POST", "/v1/passwords", "", map[string]string{"token": one, "password": "inne-haslo-123"}, nil); status/100 != 4 {
		t.Errorf("the link works twice: %d", status)
	}
	token := p.login(t, "ola@firma.test")
	p.must(t, "GET", "/v1/me", token, nil, nil)

	two := link(t, h.must(t, "", "agent", "passwd", "OLA@firma.test"))
	p.must(t, "GET", "/v1/me", token, nil, nil) // a link that nobody has used changes nothing
	p.must(t, "POST", "/v1/passwords", "", map[string]string{"token": two, "password": "nowe-haslo-2026"}, nil)
	p.refusal(t, http.StatusUnauthorized, "GET", "/v1/me", token, nil)
	p.refusal(t, http.StatusUnauthorized, "POST", "/v1/sessions", "", map[string]string{"email": "ola@firma.test", "password": goodPassword})

	p.must(t, "POST", "/v1/sessions", "", map[string]string{"email": "ola@firma.test", "password": "nowe-haslo-2026"}, nil)
	h.must(t, goodPassword+"\n", "agent", "passwd", "ola@firma.test", "--stdin")
	p.login(t, "ola@firma.test")
	if out := h.must(t, "", "agent", "list"); !strings.Contains(out, "ola@firma.test") || !strings.Contains(out, "Ola Kępa") || !strings.Contains(out, "active") {
		t.Errorf("the list is\n%s", out)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"did you mean ola@firma.test", []string{"agent", "passwd", "olaa@firma.test"}},
		{"there is no team", []string{"agent", "add", "--email", "x@firma.test", "--name", "X", "--team", "Nikt"}},
		{"e-mail address", []string{"agent", "add", "--email", "ola@firma.test", "--name", "Druga"}},
	} {
		if out, code := h.run(t, "", c.args...); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit code %d, want 1 and %q:\n%s", c.args, code, c.want, out)
		}
	}
	if out, code := h.run(t, "krótkie\n", "agent", "passwd", "ola@firma.test", "--stdin"); code != 1 || !strings.Contains(out, "at least") {
		t.Errorf("a weak password: exit code %d:\n%s", code, out)
	}
	p.login(t, "ola@firma.test") // it stayed
}

// A key works as soon as it is made and not a moment after it is revoked.
func TestKeyCommands(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	h.furnish(t, p)
	out := h.must(t, "", "key", "add", "magazyn", "--scope", "conversations:read", "--side", "buyer")
	key, id := regexp.MustCompile(`ck_\S+`).FindString(out), regexp.MustCompile(`\bk_\w+|\bkey_\w+`).FindString(out)
	if key == "" {
		t.Fatalf("no key is printed:\n%s", out)
	}
	p.customer(t).say(t, map[string]any{"text": "Dzień dobry"})
	if all := p.matters(t, key, ""); len(all) != 1 || all[0].Side != "buyer" {
		t.Errorf("the key sees %+v", all)
	}
	p.refusal(t, http.StatusForbidden, "GET", "/v1/keys", key, nil)
	list := h.must(t, "", "key", "list")
	if !strings.Contains(list, "magazyn") || strings.Contains(list, key) {
		t.Errorf("the list is\n%s", list)
	}
	if id == "" {
		id = strings.Fields(list[strings.Index(list, "\n")+1:])[0]
	}
	h.must(t, "", "key", "revoke", id)
	p.refusal(t, http.StatusUnauthorized, "GET", "/v1/conversations", key, nil)
	if out, code := h.run(t, "", "key", "add", "x", "--scope", "conversation:read"); code != 1 || !strings.Contains(out, "conversations:read") {
		t.Errorf("an unknown scope: exit code %d:\n%s", code, out)
	}
	if out, code := h.run(t, "", "key", "revoke", "bzdura"); code != 1 {
		t.Errorf("an unknown key: exit code %d:\n%s", code, out)
	}
}

// gnomeHelp is Debian's gnome-user-docs: real help in Polish.
const gnomeHelp = "/usr/share/help/pl/gnome-help"

// The pages of gnome-user-docs, as Markdown files, are imported beside a running server, which
// finds them within seconds.
func TestArticleImport(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(gnomeHelp + "/*.page")
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) == 0 {
		channelstest.Missing(t, "gnome-user-docs is missing: apt-get install gnome-user-docs")
	}
	h := newPremises(t, "", "")
	p := h.serve(t)
	dir := t.TempDir()
	for _, page := range pages {
		writeArticle(t, dir, page)
	}
	if out := h.must(t, "", "article", "import", dir); !strings.Contains(out, fmt.Sprintf("%d articles", len(pages))) {
		t.Errorf("it says %s", out)
	}
	imported := time.Now()
	for query, want := range map[string]string{"zacięty papier w drukarce": "printing-paperjam", "zmienic haslo": "user-changepassword", "komputer jest gorący": "power-hotcomputer"} {
		eventually(t, query, func() error {
			var found struct{ Items []struct{ Slug, URL string } }
			if _, err := p.call(t.Context(), "GET", "/v1/articles/search?locale=pl&limit=3&q="+url.QueryEscape(query), "", nil, &found); err != nil {
				return err
			}
			for _, f := range found.Items {
				if f.Slug == want {
					return nil
				}
			}
			return fmt.Errorf("finds %v", found.Items)
		})
	}
	t.Logf("all is found %v after the import", time.Since(imported).Round(time.Millisecond)) // a figure, since the machine may be busy
	if status, body := p.get(t, "/help/pl/printing-paperjam"); status != http.StatusOK || !strings.Contains(body, "papier") {
		t.Errorf("its page answers %d", status)
	}

	h.must(t, "", "article", "import", dir) // again: the same articles, not twice as many
	if out := h.must(t, "", "article", "search", "zacięty papier"); strings.Count(out, "printing-paperjam") != 1 {
		t.Errorf("article search says\n%s", out)
	}
	if err := os.WriteFile(filepath.Join(dir, "zepsuty.md"), []byte("---\ntitle: [\n---\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := h.run(t, "", "article", "import", dir); code != 1 || !strings.Contains(out, "zepsuty.md") || !strings.Contains(out, "nothing was imported") {
		t.Errorf("a broken file: exit code %d:\n%s", code, out)
	}
}

// writeArticle turns a page of gnome-user-docs into a Markdown file with front matter.
func writeArticle(t *testing.T, dir, page string) {
	t.Helper()
	f, err := os.Open(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	d.Strict, d.Entity = false, xml.HTMLEntity
	var open, paragraphs []string
	var text strings.Builder
	title := ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if open = append(open, token.Name.Local); token.Name.Local == "title" || token.Name.Local == "p" {
				text.Reset()
			}
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			s := strings.Join(strings.Fields(text.String()), " ")
			switch info := slices.Contains(open, "info"); {
			case info:
			case token.Name.Local == "title" && title == "":
				title = s
			case token.Name.Local == "title" || token.Name.Local == "p":
				paragraphs = append(paragraphs, s)
			}
			open = open[:len(open)-1]
		}
	}
	name := strings.TrimSuffix(filepath.Base(page), ".page")
	if title == "" {
		title = name
	}
	file := fmt.Sprintf("---\ntitle: %q\nslug: %s\nlocale: pl\n---\n\n%s\n", title, name, strings.Join(paragraphs, "\n\n"))
	if err := os.WriteFile(filepath.Join(dir, name+".md"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever is explained, there is one object a file, in the documented shape, and exit code 0.
func TestExplainBrokenMails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names []string
	for name, raw := range map[string]string{
		"empty": "", "zeros": strings.Repeat("\x00", 5000), "headers alone": "From: a@b.test\r\nSubject: x", "not a mail": "%PDF-1.7\n\xff\xfe\x00 nic",
		"open boundary": "From: jan@example.test\r\nTo: b@c.test\r\nMessage-ID: <1@x>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nDzień dobry",
		"no boundary":   "From: jan@example.test\r\nContent-Type: multipart/mixed\r\n\r\n--?\r\n\r\nx", "bad base64": "From: jan@example.test\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
		"unknown charset": "From: jan@example.test\r\nContent-Type: text/plain; charset=x-marsjański\r\n\r\n\xb1\xe6", "nested": nestedMail(200),
		"script":      "From: jan@example.test\r\nMessage-ID: <2@x>\r\nContent-Type: text/html\r\n\r\n" + script + "<b>Dzień dobry</b>",
		"bounce":      "From: MAILER-DAEMON@x\r\nReturn-Path: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b--\r\n",
		"header bomb": "From: jan@example.test\r\n" + strings.Repeat("X-Bomba: "+strings.Repeat("a", 900)+"\r\n", 2000) + "\r\nx",
	} {
		path := filepath.Join(dir, name+".eml")
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, path)
	}
	out, code := runProgram(t, "", append([]string{"explain", "--channel", "email", "--json"}, names...)...)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(names) {
		t.Fatalf("%d objects for %d files:\n%s", len(lines), len(names), out)
	}
	for i, line := range lines {
		explained(t, line, names[i])
	}
	if out, code := runProgram(t, "", append([]string{"explain", "--channel", "email"}, names...)...); code != 0 || strings.Contains(out, "goroutine ") {
		t.Errorf("for people: exit code %d:\n%s", code, out)
	}
	if _, code := runProgram(t, "", "explain", "--channel", "email", "--json", filepath.Join(dir, "nie ma.eml")); code != 1 {
		t.Errorf("a file that is not there: exit code %d", code)
	}
	if _, code := runProgram(t, "", "explain", "--channel", "faks", names[0]); code != 2 {
		t.Errorf("a channel that is not there: exit code %d", code)
	}
}

func nestedMail(depth int) string {
	var b strings.Builder
	b.WriteString("From: jan@example.test\r\nMessage-ID: <3@x>\r\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String() + "\r\nw środku"
}

// explained checks the documented shape of one object: every key, no null list.
func explained(t *testing.T, line, file string) {
	t.Helper()
	name := filepath.Base(file)
	var x map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &x); err != nil {
		t.Fatalf("%s: %v: %s", name, err, line)
	}
	for _, key := range []string{"file", "outcome", "reason", "inbound"} {
		if len(x[key]) == 0 || string(x[key]) == "null" || string(x[key]) == `""` {
			t.Errorf("%s: %s is %s", name, key, x[key])
		}
	}
	if want, _ := json.Marshal(file); string(x["file"]) != string(want) {
		t.Errorf("%s: the file is %s", name, x["file"])
	}
	outcome := strings.Trim(string(x["outcome"]), `"`)
	if !slices.Contains([]string{"ingested", "duplicate", "automatic", "bounce", "spam", "oversize", "quarantined"}, outcome) {
		t.Errorf("%s: the outcome is %s", name, outcome)
	}
	var inbound []map[string]json.RawMessage
	if err := json.Unmarshal(x["inbound"], &inbound); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, in := range inbound {
		for _, key := range []string{"kind", "external_id", "from", "to", "subject", "text", "full_text", "html", "in_reply_to", "references", "attachments", "at"} {
			if len(in[key]) == 0 || string(in[key]) == "null" {
				t.Errorf("%s: %s is %s", name, key, in[key])
			}
		}
		if strings.Contains(string(in["html"]), "script") || strings.Contains(string(in["html"]), "onerror") {
			t.Errorf("%s: the HTML is %s", name, in["html"])
		}
	}
	if name == "script.eml" && (outcome != "ingested" || len(inbound) != 1 || !strings.Contains(string(inbound[0]["text"]), "Dzień dobry")) {
		t.Errorf("%s: %s", name, line)
	}
}

// What must not run does not: the demonstration for others, limits off for others, keys that
// are not known. Nothing is left in the data folder.
func TestRefusedStarts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want string
		code int
		args []string
	}{
		"the demonstration, for others":       {"--public", 1, []string{"demo", "--listen", "0.0.0.0:0"}},
		"the demonstration, for all of IPv6":  {"--public", 1, []string{"demo", "--listen", "[::]:0"}},
		"the demonstration, by an empty host": {"--public", 1, []string{"demo", "--listen", ":0"}},
		"without limits, in public":           {"never with --public", 1, []string{"demo", "--listen", "127.0.0.1:0", "--public", "--no-limits"}},
		"without limits, for others":          {"loopback", 1, []string{"serve", "--listen", "0.0.0.0:0", "--no-limits"}},
		"a command that is none":              {"centrala --help", 2, []string{"serv"}},
		"a flag that is none":                 {"--no-limit", 2, []string{"serve", "--no-limit"}},
		"restore of what is no backup":        {"no backup", 1, []string{"restore", os.Args[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			out, code := runProgram(t, "", append(c.args, "--data", data)...)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.want, out)
			}
			if left, err := os.ReadDir(data); err == nil && len(left) > 0 {
				t.Errorf("%d files are left behind", len(left))
			}
		})
	}
	h := newPremises(t, "", "brnad = \"x\"\n")
	for _, args := range [][]string{{"serve"}, {"doctor"}, {"backup", filepath.Join(t.TempDir(), "b.tar.gz")}, {"agent", "list"}} {
		if out, code := h.run(t, "", args...); code != 1 || !strings.Contains(out, `did you mean "brand"`) {
			t.Errorf("%v with an unknown key: exit code %d:\n%s", args, code, out)
		}
	}
}

// SIGTERM ends the server as docs/protocol.md says: sockets are told to come back, by 1012 with
// a time spread at random, what was acknowledged is there afterwards, the exit code is 0.
func TestServerEndsPolitely(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	admin := h.furnish(t, p)
	var chats []*receiver
	var acked []frame
	for i := range 8 {
		chat := p.customer(t)
		acked = append(acked, chat.say(t, map[string]any{"text": fmt.Sprintf("Klient %d", i)}))
		chats = append(chats, chat)
	}
	desk := p.console(t, admin)
	if code := p.end(t); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.said())
	}
	waits := map[int]bool{}
	for i, l := range append(chats, desk) {
		code, reason := l.closed(t)
		var v struct {
			Retry int `json:"retry_after_ms"`
		}
		if err := json.Unmarshal([]byte(reason), &v); code != 1012 || err != nil || v.Retry < 0 || v.Retry > 60_000 {
			t.Errorf("socket %d is closed with %d %q", i, code, reason)
		}
		waits[v.Retry] = true
	}
	if len(waits) < 3 {
		t.Errorf("all are to come back at the same time: %v", waits)
	}
	p = h.serve(t)
	admin = p.login(t, "szefowa@firma.test")
	for i, f := range acked {
		if said := p.words(t, admin, f.Conversation); len(said) != 1 || said[0].Text != fmt.Sprintf("Klient %d", i) || said[0].Seq != f.Seq {
			t.Errorf("customer %d: %+v", i, said)
		}
	}
	if strings.Contains(p.said(), "unclean") {
		t.Errorf("it was not ended properly:\n%s", p.said())
	}
}

// BenchmarkStart is a start of the furnished demonstration until it is ready.
func BenchmarkStart(b *testing.B) {
	for name, again := range map[string]bool{"first": false, "later": true} {
		b.Run(name, func(b *testing.B) {
			data := b.TempDir()
			if again {
				startOnce(b, data)
			}
			for b.Loop() {
				if !again {
					data = b.TempDir()
				}
				startOnce(b, data)
			}
		})
	}
}

// startOnce starts the demonstration, waits until it is ready, and ends it off the clock.
func startOnce(b *testing.B, data string) {
	p := start(b, "demo", "--data", data, "--listen", "127.0.0.1:0", "--no-limits")
	b.StopTimer()
	_ = p.Process.Kill()
	_ = p.Wait()
	b.StartTimer()
}
