package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"centrala/store/storetest"
)

// goodPassword is what the accounts of these tests sign in with.
const goodPassword = "zielony-rower-42"

// onBoth runs a test on both databases; dsn is "" for SQLite in the data folder.
func onBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, storetest.Postgres(t)) })
}

// premises is an installation: a data folder and a configuration file.
type premises struct{ data, file, head string }

// newPremises makes an empty installation. settings are lines of its configuration.
func newPremises(t *testing.T, dsn, settings string) *premises {
	t.Helper()
	dir := t.TempDir()
	h := &premises{data: filepath.Join(dir, "data"), file: filepath.Join(dir, "centrala.toml")}
	if dsn != "" {
		h.head = "database = " + strconv.Quote(dsn) + "\n"
	}
	h.head += settings
	h.configure(t, "")
	return h
}

// configure writes the configuration: the settings, and what comes behind them.
func (h *premises) configure(t *testing.T, more string) {
	t.Helper()
	if err := os.WriteFile(h.file, []byte(h.head+"\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *premises) args(args ...string) []string {
	return append(args, "--config", h.file, "--data", h.data)
}

// serve starts the server on a free port.
func (h *premises) serve(t *testing.T, more ...string) *process {
	t.Helper()
	return start(t, h.args(append([]string{"serve", "--listen", "127.0.0.1:0"}, more...)...)...)
}

// run runs a command to its end. It gives what it printed and its exit code.
func (h *premises) run(t *testing.T, stdin string, args ...string) (out string, code int) {
	t.Helper()
	return runProgram(t, stdin, h.args(args...)...)
}

func runProgram(t *testing.T, stdin string, args ...string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := command(ctx, args...)
	var b bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &b, &b
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return b.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that has to succeed.
func (h *premises) must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, code := h.run(t, stdin, args...)
	if code != 0 {
		t.Fatalf("centrala %s: exit code %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// hire makes an account with a password.
func (h *premises) hire(t *testing.T, email, name, role string, teams ...string) {
	t.Helper()
	args := []string{"agent", "add", "--email", email, "--name", name, "--role", role, "--stdin"}
	for _, team := range teams {
		args = append(args, "--team", team)
	}
	h.must(t, goodPassword+"\n", args...)
}

// login signs in to an account of the premises.
func (p *process) login(t *testing.T, email string) string {
	t.Helper()
	var v struct{ Token string }
	p.must(t, "POST", "/v1/sessions", "", map[string]string{"email": email, "password": goodPassword}, &v)
	return v.Token
}

// must makes a request that has to succeed.
func (p *process) must(t *testing.T, method, path, token string, in, out any) {
	t.Helper()
	if _, err := p.call(t.Context(), method, path, token, in, out); err != nil {
		t.Fatal(err)
	}
}

// refusal makes a request that has to be refused with a status.
func (p *process) refusal(t *testing.T, status int, method, path, token string, in any) {
	t.Helper()
	if got, err := p.call(t.Context(), method, path, token, in, nil); got != status {
		t.Fatalf("%s %s: status %d (%v), want %d", method, path, got, err, status)
	}
}

// get reads a page as a browser would, without following where it leads.
func (p *process) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.Base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String()
}

// furnish makes an administrator, the teams Kupujący and Sprzedający with one agent each
// (ania@ and marek@firma.test), and the chat window web. It gives the administrator's token.
func (h *premises) furnish(t *testing.T, p *process) (admin string) {
	t.Helper()
	h.hire(t, "szefowa@firma.test", "Barbara Nowak", "admin")
	admin = p.login(t, "szefowa@firma.test")
	p.must(t, "POST", "/v1/teams", admin, map[string]any{"name": "Kupujący", "sides": []string{"buyer"}}, nil)
	p.must(t, "POST", "/v1/teams", admin, map[string]any{"name": "Sprzedający", "sides": []string{"seller"}}, nil)
	h.hire(t, "ania@firma.test", "Ania Rutkowska", "agent", "Kupujący")
	h.hire(t, "marek@firma.test", "Marek Zieliński", "agent", "sprzedający")
	p.must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "chat", "name": "Czat", "slug": "web", "side": "buyer"}, nil)
	return admin
}

// end ends the program as an operator does and gives its exit code.
func (p *process) end(t *testing.T) int {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { _ = p.Process.Kill() }) // then the code is -1
	defer late.Stop()
	_ = p.Wait() // the code tells
	return p.ProcessState.ExitCode()
}

// frame is a frame as it came.
type frame struct {
	wireFrame
	Raw []byte
}

// into reads the frame's own fields.
func (f frame) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(f.Raw, v); err != nil {
		t.Fatalf("%s: %v", f.Raw, err)
	}
}

// receiver keeps every frame that comes on a socket, so that none is missed while another one
// is waited for.
type receiver struct {
	*socket
	mu     sync.Mutex
	frames []frame
	ended  error
	news   chan struct{} // closed when something comes, and replaced
}

// listen begins to read the socket. Nothing else may read it from then on.
func (s *socket) listen(t *testing.T) *receiver {
	t.Helper()
	l := &receiver{socket: s, news: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, b, err := s.Read(s.ctx)
			var f frame
			if err == nil {
				f.Raw = b
				err = json.Unmarshal(b, &f.wireFrame)
			}
			l.mu.Lock()
			if err == nil {
				l.frames = append(l.frames, f)
			}
			l.ended = err
			close(l.news)
			l.news = make(chan struct{})
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = s.CloseNow()
		<-done
	})
	return l
}

// look is all frames that came, what tells of news, and why no more will come.
func (l *receiver) look() ([]frame, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.frames[:len(l.frames):len(l.frames)], l.news, l.ended
}

// wait waits for a frame that is wanted, among those that came already too.
func (l *receiver) wait(t *testing.T, what string, want func(frame) bool) frame {
	t.Helper()
	return l.waitAfter(t, 0, what, want)
}

// count is how many frames came.
func (l *receiver) count() int {
	frames, _, _ := l.look()
	return len(frames)
}

// waitAfter is wait among all frames but the first n.
func (l *receiver) waitAfter(t *testing.T, n int, what string, want func(frame) bool) frame {
	t.Helper()
	late := time.After(40 * time.Second)
	for seen := n; ; {
		frames, news, ended := l.look()
		for ; seen < len(frames); seen++ {
			if want(frames[seen]) {
				return frames[seen]
			}
		}
		if ended != nil {
			t.Fatalf("%s: the socket ended: %v; %s", what, ended, told(frames))
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("%s: it did not come; %s", what, told(frames))
		}
	}
}

// closed waits for the end of the socket and gives its code.
func (l *receiver) closed(t *testing.T) (websocket.StatusCode, string) {
	t.Helper()
	late := time.After(40 * time.Second)
	for {
		frames, news, ended := l.look()
		if ended != nil {
			var ce websocket.CloseError
			if errors.As(ended, &ce) {
				return ce.Code, ce.Reason
			}
			return -1, ended.Error()
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("the socket did not end; %s", told(frames))
		}
	}
}

// told is the last frames, for the report of a failure.
func told(frames []frame) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d frames came, the last:", len(frames))
	for _, f := range frames[max(0, len(frames)-8):] {
		fmt.Fprintf(&b, "\n  %.300s", f.Raw)
	}
	return b.String()
}

// say sends a message and gives its ack.
func (l *receiver) say(t *testing.T, f map[string]any) frame {
	t.Helper()
	f["type"] = "message.send"
	if f["key"] == nil {
		f["key"] = fmt.Sprintf("k-%d", time.Now().UnixNano())
	}
	return l.ask(t, f)
}

// ask sends a frame and gives its answer; an error is none.
func (l *receiver) ask(t *testing.T, f map[string]any) frame {
	t.Helper()
	ref := fmt.Sprintf("r%d", time.Now().UnixNano())
	f["ref"] = ref
	if err := l.send(f); err != nil {
		t.Fatal(err)
	}
	answer := l.wait(t, fmt.Sprintf("the answer to %v", f["type"]), func(f frame) bool { return f.Ref == ref })
	if answer.Type == "error" {
		t.Fatalf("%v is refused: %s", f, answer.Raw)
	}
	return answer
}

// console connects an agent's console: online, watching everything that they may see.
func (p *process) console(t *testing.T, token string) *receiver {
	t.Helper()
	s, err := p.dial(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	l := s.listen(t)
	l.ask(t, map[string]any{"type": "watch", "filter": map[string]any{}})
	if err := l.send(map[string]any{"type": "presence.set", "status": "online"}); err != nil {
		t.Fatal(err)
	}
	return l
}

// customer connects a visitor of the window web.
func (p *process) customer(t *testing.T) *receiver {
	t.Helper()
	s, _, err := p.visitor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.listen(t)
}

// entry is a message as REST lists it.
type entry struct {
	Seq         int64
	Author      struct{ Kind, Name string }
	Text        string
	System      any
	Channel     string
	Attachments []struct {
		ID, Name, Type, URL string
		Size                int64
	}
}

// said is the words of a conversation, without what the system notes.
func (p *process) words(t *testing.T, token, conversation string) []entry {
	t.Helper()
	var page struct{ Items []entry }
	p.must(t, "GET", "/v1/conversations/"+conversation+"/messages?limit=100", token, nil, &page)
	var out []entry
	for _, e := range page.Items {
		if e.System == nil {
			out = append(out, e)
		}
	}
	return out
}

// matter is a conversation as REST lists it.
type matter struct {
	ID, Channel, Side, Status, Subject, Team, Inbox string
	Assignee                                        *struct{ Name string }
	Contact                                         struct{ ID, Name string }
}

func (p *process) matters(t *testing.T, token, query string) []matter {
	t.Helper()
	var page struct{ Items []matter }
	p.must(t, "GET", "/v1/conversations?limit=200"+query, token, nil, &page)
	return page.Items
}
