package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A configuration that cannot be is refused at the start, by name, without a stack.
func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ toml, want string }{
		"no TOML":             {"listen = ", "line 1"},
		"an unknown key":      {"[chat]\ncarry_on_afer = \"1s\"\n", `did you mean "chat.carry_on_after"`},
		"no length of time":   {"[survey]\nmail_after = \"jutro\"\n", "mail_after"},
		"a language":          {"locale = \"de\"\n", "neither pl nor en"},
		"a database":          {"database = \"mysql://x\"\n", "postgres://"},
		"a database away":     {"database = \"postgres://nobody@127.0.0.1:1/none?connect_timeout=2\"\n", "database"},
		"an address":          {"url = \"pomoc\"\n", "url"},
		"half of TLS":         {"[http]\ntls_cert = \"c.pem\"\n", "tls_key"},
		"TLS files":           {"[http]\ntls_cert = \"/nowhere.pem\"\ntls_key = \"/nowhere.pem\"\n", "nowhere.pem"},
		"a proxy":             {"[http]\ntrusted_proxies = [\"proxy\"]\n", "trusted_proxies"},
		"a log level":         {"[log]\nlevel = \"loud\"\n", "log.level"},
		"a mailbox's team":    {"[[mailbox]]\nslug = \"pomoc\"\naddress = \"a@b.test\"\nteam = \"Nikt\"\n", "mailbox 1: team"},
		"a mailbox's side":    {"[[mailbox]]\nslug = \"pomoc\"\naddress = \"a@b.test\"\nside = \"both\"\n", "not buyer, seller or advertiser"},
		"a mailbox's slug":    {"[[mailbox]]\naddress = \"a@b.test\"\n", "mailbox"},
		"surveys that expire": {"[survey]\nmail_after = \"48h\"\nexpires = \"1h\"\n", "expire"},
		"files elsewhere":     {"blobs = \"ftp://x\"\n", "files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newPremises(t, "", c.toml)
			out, code := h.run(t, "", "serve", "--listen", "127.0.0.1:0")
			if code != 1 || !strings.Contains(out, c.want) || strings.Contains(out, "goroutine ") {
				t.Errorf("exit code %d, want 1 and %q:\n%s", code, c.want, out)
			}
		})
	}
}

// A key file that is not one, a data folder that is a file, an address that is taken.
func TestBrokenSurroundings(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	if err := os.MkdirAll(h.data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.data, "key"), []byte("nie klucz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := h.run(t, "", "serve", "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(out, "64 hexadecimal digits") {
		t.Errorf("a broken key file: exit code %d:\n%s", code, out)
	}
	if out, code := h.run(t, "", "doctor"); code != 1 || !strings.Contains(out, "backup") {
		t.Errorf("the doctor about a broken key file: exit code %d:\n%s", code, out)
	}
	file := newPremises(t, "", "")
	if err := os.WriteFile(file.data, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := file.run(t, "", "serve", "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(out, "data") {
		t.Errorf("a data folder that is a file: exit code %d:\n%s", code, out)
	}
	first := newPremises(t, "", "")
	p := first.serve(t)
	second := newPremises(t, "", "")
	if out, code := second.run(t, "", "serve", "--listen", strings.TrimPrefix(p.Base, "http://")); code != 1 || !strings.Contains(out, "address already in use") {
		t.Errorf("a taken address: exit code %d:\n%s", code, out)
	}
	if out, code := first.run(t, "", "serve", "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(out, "in use by another process") {
		t.Errorf("a data folder in use: exit code %d:\n%s", code, out)
	}
	first.hire(t, "a@firma.test", "A", "admin")
	if out, code := first.run(t, "", "doctor"); code != 0 || !strings.Contains(out, "runs at") {
		t.Errorf("the doctor beside a server: exit code %d:\n%s", code, out)
	}
	if status, _ := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d", status)
	}
}

// raw opens a socket as anybody can.
func (p *process) raw(t *testing.T, origin string) (*socket, *http.Response, error) {
	t.Helper()
	o := &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}}
	if origin != "" {
		o.HTTPHeader = http.Header{"Origin": {origin}}
	}
	ws, res, err := websocket.Dial(t.Context(), strings.Replace(p.Base, "http", "ws", 1)+"/v1/socket", o)
	if err != nil {
		return nil, res, err
	}
	ws.SetReadLimit(1 << 20)
	return &socket{ws, t.Context()}, res, nil
}

// Everything that is not a frame, and every token that is none, ends in a clear answer for
// whoever sent it, and for nobody else.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	admin := h.furnish(t, p)
	desk := p.console(t, p.login(t, "ania@firma.test"))
	honest := p.customer(t)
	c := honest.say(t, map[string]any{"text": "Dzień dobry"}).Conversation
	t.Run("input", func(t *testing.T) {
		t.Run("frames", func(t *testing.T) { t.Parallel(); p.badFrames(t, c) })
		t.Run("tokens", func(t *testing.T) { t.Parallel(); p.badTokens(t) })
		t.Run("origins", func(t *testing.T) { t.Parallel(); p.badOrigins(t) })
		t.Run("a flood", func(t *testing.T) { t.Parallel(); p.flood(t, honest, desk, c) })
		t.Run("markup", func(t *testing.T) { t.Parallel(); p.markup(t, admin) })
	})
	ack := desk.say(t, map[string]any{"conversation": c, "text": "Do widzenia"})
	if f := honest.wait(t, "the last word", func(f frame) bool { _, text := f.words(); return f.Type == "message" && text == "Do widzenia" }); f.Seq != ack.Seq {
		t.Errorf("seq %d, acknowledged as %d", f.Seq, ack.Seq)
	}
	if strings.Contains(p.said(), "panic") || strings.Contains(p.said(), "goroutine ") {
		t.Error("something panicked")
	}
}

func (p *process) badFrames(t *testing.T, foreign string) {
	frames := []struct{ body, code string }{
		{`{"ref":"0","type":"launch.missiles"}`, "unknown_type"},
		{`{"ref":"1"}`, "bad_frame"},
		{`{"ref":"2","type":"message.send","text":42,"key":"k"}`, "bad_frame"},
		{`{"ref":"3","type":"message.send","text":"` + strings.Repeat("ż", 16_001) + `","key":"k"}`, "too_long"},
		{`{"ref":"4","type":"message.send","text":"bez klucza"}`, "invalid"},
		{`{"ref":"5","type":"message.send","text":"  ","key":"k"}`, "invalid"},
		{`{"ref":"6","type":"history","conversation":"` + foreign + `"}`, "not_found"},
		{`{"ref":"7","type":"history","conversation":"'; DROP TABLE event; --"}`, "invalid"},
		{`{"ref":"8","type":"presence.set","status":"online"}`, "forbidden"},
		{`{"ref":"9","type":"hello","token":"x"}`, "conflict"},
		{`{"ref":"10","type":"message.send","text":"a\u0000b","key":"k"}`, "invalid"},
		{`{"ref":"11","type":"message.send","text":"x","key":"k","conversation":"` + foreign + `"}`, "not_found"},
		{`{"ref":"12","type":"survey.answer","survey":"sv_1","score":3}`, "invalid"},
	}
	var l *receiver
	for i, f := range frames {
		if i%7 == 0 { // five messages a second are taken from one socket
			s, err := p.dial(t.Context(), p.newVisitor(t))
			if err != nil {
				t.Fatal(err)
			}
			l = s.listen(t)
		}
		if err := l.Write(t.Context(), websocket.MessageText, []byte(f.body)); err != nil {
			t.Fatal(err)
		}
		got := l.wait(t, f.body[:min(60, len(f.body))], func(f frame) bool { return f.Ref == fmt.Sprint(i) })
		if got.Type != "error" || got.Code != f.code {
			t.Errorf("%.60s gets %s, want %s", f.body, got.Raw, f.code)
		}
	}
	l.ask(t, map[string]any{"type": "ping"}) // it still lives

	for name, bad := range map[string]struct {
		kind websocket.MessageType
		body string
		code websocket.StatusCode
	}{
		"over-long":     {websocket.MessageText, `{"type":"ping","ref":"` + strings.Repeat("x", 70_000) + `"}`, 1009},
		"not JSON":      {websocket.MessageText, `dzień dobry`, 4000},
		"not whole":     {websocket.MessageText, `{"type":"ping"`, 4000},
		"not an object": {websocket.MessageText, `["ping"]`, 4000},
		"binary":        {websocket.MessageBinary, `{"type":"ping","ref":"1"}`, 4000},
		"empty":         {websocket.MessageText, ``, 4000},
		"nested":        {websocket.MessageText, `{"type":"ping","ref":` + strings.Repeat("[", 20_000), 4000},
	} {
		s, err := p.dial(t.Context(), p.newVisitor(t))
		if err != nil {
			t.Fatal(err)
		}
		l := s.listen(t)
		if err := s.Write(t.Context(), bad.kind, []byte(bad.body)); err != nil {
			t.Fatal(err)
		}
		if code, reason := l.closed(t); code != bad.code {
			t.Errorf("%s: closed with %d %q, want %d", name, code, reason, bad.code)
		}
	}
	s, _, err := p.raw(t, "")
	if err != nil {
		t.Fatal(err)
	}
	l = s.listen(t)
	if err := s.send(map[string]any{"type": "ping", "ref": "early"}); err != nil {
		t.Fatal(err)
	}
	if f := l.wait(t, "before hello", func(f frame) bool { return f.Ref == "early" }); f.Code != "unauthorized" {
		t.Errorf("before hello: %s", f.Raw)
	}
	if code, _ := l.closed(t); code != 4001 {
		t.Errorf("before hello: closed with %d", code)
	}
}

// newVisitor is a visitor's token. The window allows thirty a minute, as everybody else's.
func (p *process) newVisitor(t *testing.T) string {
	t.Helper()
	var v struct{ Token string }
	p.must(t, "POST", "/v1/visitors", "", map[string]string{"inbox": "web", "locale": "pl"}, &v)
	return v.Token
}

func (p *process) badTokens(t *testing.T) {
	good := p.newVisitor(t)
	elsewhere := newPremises(t, "", "")
	q := elsewhere.serve(t)
	elsewhere.furnish(t, q)
	middle := []byte(good)
	middle[len(middle)/2] ^= 1
	for name, token := range map[string]string{
		"changed in the middle": string(middle), "cut": good[:len(good)-2], "doubled": good + good, "of another installation": q.newVisitor(t),
		"an agent's of another installation": q.login(t, "ania@firma.test"), "a key that was never made": "ck_" + strings.Repeat("a", 43), "words": "wpuść mnie",
	} {
		s, _, err := p.raw(t, "")
		if err != nil {
			t.Fatal(err)
		}
		l := s.listen(t)
		if err := s.send(map[string]any{"type": "hello", "token": token}); err != nil {
			t.Fatal(err)
		}
		if code, reason := l.closed(t); code != 4001 || !strings.Contains(reason, "bad") && !strings.Contains(reason, "revoked") {
			t.Errorf("%s: closed with %d %q", name, code, reason)
		}
		if strings.ContainsAny(token, "ść") {
			continue // cannot stand in a header
		}
		p.refusal(t, http.StatusUnauthorized, "GET", "/v1/conversations", token, nil)
	}
	p.refusal(t, http.StatusUnauthorized, "GET", "/v1/agents", "", nil)
	p.refusal(t, http.StatusForbidden, "GET", "/v1/agents", good, nil)
}

func (p *process) badOrigins(t *testing.T) {
	if _, res, err := p.raw(t, "https://zly.example"); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page may connect: %v, %+v", err, res)
	}
	s, _, err := p.raw(t, p.Base)
	if err != nil {
		t.Fatalf("our own page may not connect: %v", err)
	}
	_ = s.CloseNow()
	for _, change := range []struct{ header, value string }{{"Origin", "https://zly.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Host", "zly.example"}} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", p.Base+"/v1/sessions", strings.NewReader(`{"email":"ania@firma.test","password":"`+goodPassword+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(change.header, change.value)
		if change.header == "Host" {
			r.Host = change.value
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode/100 != 4 {
			t.Errorf("signing in with %s: %s gets %s", change.header, change.value, res.Status)
		}
	}
}

// flood sends ten thousand frames as fast as they go, while two people talk.
func (p *process) flood(t *testing.T, honest, desk *receiver, c string) {
	s, err := p.dial(t.Context(), p.newVisitor(t))
	if err != nil {
		t.Fatal(err)
	}
	l := s.listen(t)
	sent := make(chan int)
	go func() {
		n := 0
		for ; n < 10_000; n++ {
			if s.Write(s.ctx, websocket.MessageText, []byte(`{"type":"suggest","ref":"f","text":"zwrot"}`)) != nil {
				break
			}
		}
		sent <- n
	}()
	tick := time.NewTicker(300 * time.Millisecond) // five messages a second are allowed
	defer tick.Stop()
	slowest := time.Duration(0)
	for i := range 6 {
		text := fmt.Sprintf("Wiadomość %d w czasie powodzi", i)
		began := time.Now()
		honest.say(t, map[string]any{"conversation": c, "text": text})
		desk.wait(t, text, func(f frame) bool { _, said := f.words(); return f.Type == "message" && said == text })
		slowest = max(slowest, time.Since(began))
		<-tick.C
	}
	if slowest > 5*time.Second { // generous: the machine may be busy with other things
		t.Errorf("a message took %v beside the flood", slowest)
	}
	if code, reason := l.closed(t); code != 4029 {
		t.Errorf("the flood ends with %d %q", code, reason)
	}
	t.Logf("%d frames were sent; a message beside it took %v at most", <-sent, slowest.Round(time.Millisecond))
}

const script = `<script>alert(1)</script><img src=x onerror=alert(2)>`

// markup puts HTML into every field that somebody can fill, and looks at what comes out.
func (p *process) markup(t *testing.T, admin string) {
	chat := p.customer(t)
	c := chat.say(t, map[string]any{"text": script}).Conversation
	chat.ask(t, map[string]any{"type": "contact.set", "name": script})
	p.must(t, "PATCH", "/v1/conversations/"+c, admin, map[string]any{"subject": script}, nil)
	p.must(t, "POST", "/v1/conversations/"+c+"/tags", admin, map[string]any{"tags": []string{"<b>tag</b>"}}, nil)
	p.must(t, "POST", "/v1/conversations/"+c+"/messages", admin, map[string]any{"text": script, "note": true}, nil)
	p.must(t, "POST", "/v1/teams", admin, map[string]any{"name": script, "sides": []string{"advertiser"}, "signature": script}, nil)
	p.must(t, "POST", "/v1/agents", admin, map[string]any{"name": script, "email": "html@firma.test", "role": "agent", "teams": []string{}}, nil)
	p.must(t, "POST", "/v1/macros", admin, map[string]any{"title": script, "text": map[string]string{"pl": script}}, nil)
	p.must(t, "PUT", "/v1/articles/pl/skrypt", admin, map[string]any{"title": script, "summary": script, "section": script, "tags": []string{script},
		"sides": []string{"buyer"}, "body": script + "\n\n[klik](javascript:alert(3)) ![x](javascript:alert(4)) <iframe src=//zly.example></iframe>"}, nil)
	page := p.upload(t, admin, "strona.html", "<html>"+script+"</html>")
	if page != http.StatusUnsupportedMediaType {
		t.Errorf("a page is taken as an attachment: %d", page)
	}
	for _, path := range []string{"/v1/conversations?limit=50", "/v1/conversations/" + c, "/v1/conversations/" + c + "/messages", "/v1/conversations/" + c + "/transcript",
		"/v1/teams", "/v1/agents", "/v1/macros", "/v1/articles", "/v1/articles/search?q=skrypt&locale=pl", "/v1/audit", "/v1/conversations/" + script} {
		header, body := p.fetch(t, path, admin)
		kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
		if kind != "application/json" && kind != "application/problem+json" && kind != "text/plain" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is %q, nosniff %q: a browser might run it", path, header.Get("Content-Type"), header.Get("X-Content-Type-Options"))
		}
		if kind == "application/json" && !json.Valid(body) {
			t.Errorf("%s is not JSON: %.200s", path, body)
		}
	}
	for _, path := range []string{"/help", "/help/pl/skrypt", "/help?q=skrypt", "/help?q=" + "%3Cscript%3Ealert(1)%3C/script%3E", "/contact?text=%3Cscript%3Ealert(1)%3C/script%3E", "/widget/web"} {
		header, body := p.fetch(t, path, "")
		for _, live := range []string{"<script>alert", "<img src=x", `"javascript:alert`, "<iframe src=//zly"} {
			if bytes.Contains(bytes.ToLower(body), []byte(live)) {
				t.Errorf("%s holds %s", path, live)
			}
		}
		if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src") || strings.Contains(policy, "'unsafe-inline'") && strings.Contains(policy, "script-src 'unsafe-inline'") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
	if _, body := p.fetch(t, "/help/pl/skrypt", ""); !bytes.Contains(body, []byte("&lt;script&gt;alert(1)")) {
		t.Errorf("the article does not show its title as text:\n%.600s", body)
	}
}

func (p *process) fetch(t *testing.T, path, token string) (http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.Base+strings.ReplaceAll(strings.ReplaceAll(path, "<", "%3C"), " ", "%20"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Header, b
}

// upload gives the status of an upload.
func (p *process) upload(t *testing.T, token, name, data string) int {
	t.Helper()
	_, status := p.attach(t.Context(), token, name, data)
	return status
}

// attach uploads a file and gives its id.
func (p *process) attach(ctx context.Context, token, name, data string) (id string, status int) {
	id, _, status = p.attachTo(ctx, "/v1/attachments", token, name, data)
	return id, status
}

// attachTo uploads a file to a resource; url is where it is read.
func (p *process) attachTo(ctx context.Context, to, token, name, data string) (id, url string, status int) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, data)
	}
	if err := errors.Join(err, form.Close()); err != nil {
		return "", "", 0
	}
	r, err := http.NewRequestWithContext(ctx, "POST", p.Base+to, &b)
	if err != nil {
		return "", "", 0
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", "", 0
	}
	defer res.Body.Close()
	var v struct{ ID, URL string }
	_ = json.NewDecoder(res.Body).Decode(&v) // without an id the test fails
	return v.ID, v.URL, res.StatusCode
}
