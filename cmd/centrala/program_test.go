package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"centrala/demo"
)

// TestMain lets the tests start the program as a process of its own: this very binary, told
// so by its environment.
func TestMain(m *testing.M) {
	if os.Getenv("CENTRALA_TEST_MAIN") == "1" {
		os.Unsetenv("CENTRALA_TEST_MAIN")
		main()
		return
	}
	os.Exit(m.Run())
}

// command is the program with arguments, as a process.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "CENTRALA_TEST_MAIN=1")
	return cmd
}

// process is a running program.
type process struct {
	*exec.Cmd
	Base string
	mu   sync.Mutex
	log  bytes.Buffer
}

var openAt = regexp.MustCompile(`(?:Shop with the chat window|address=)\s*(http://[^/\s]+)|listen=(\S+)`)

// start runs the program and waits until it is ready.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{Cmd: command(context.Background(), args...)}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr = w, w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			p.mu.Lock()
			p.log.Write(append(lines.Bytes(), '\n'))
			p.mu.Unlock()
			if m := openAt.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case found <- cmp.Or(m[1], "http://"+m[2]):
				default:
				}
			}
		}
		close(found)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
		if t.Failed() {
			t.Logf("the program said:\n%s", p.said())
		}
	})
	var ok bool
	if p.Base, ok = <-found; !ok {
		t.Fatalf("the program did not start:\n%s", p.said())
	}
	eventually(t, "the program is ready", func() error {
		res, err := http.Get(p.Base + "/readyz")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			b, _ := io.ReadAll(res.Body)
			return fmt.Errorf("%s: %s", res.Status, b)
		}
		return nil
	})
	return p
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// startDemo runs the demonstration on a free port with its limits off.
func startDemo(t *testing.T, data string) *process {
	t.Helper()
	return start(t, "demo", "--data", data, "--listen", "127.0.0.1:0", "--no-limits")
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() error) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %v", what, err)
		case <-tick.C:
		}
	}
}

// call makes a REST request and decodes the answer into out, which may be nil.
func (p *process) call(ctx context.Context, method, path, token string, in, out any) (int, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.Base+path, body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, err
	}
	if res.StatusCode/100 != 2 {
		return res.StatusCode, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, b)
	}
	if out != nil {
		err = json.Unmarshal(b, out)
	}
	return res.StatusCode, err
}

// signIn gives the token of a demo account.
func (p *process) signIn(t *testing.T, email string) string {
	t.Helper()
	var v struct{ Token string }
	if _, err := p.call(t.Context(), "POST", "/v1/sessions", "", map[string]string{"email": email, "password": demo.Password}, &v); err != nil {
		t.Fatal(err)
	}
	return v.Token
}

// wireFrame is what the tests read of a frame.
type wireFrame struct {
	Type         string          `json:"type"`
	Ref          string          `json:"ref"`
	Code         string          `json:"code"`
	Conversation string          `json:"conversation"`
	ID           string          `json:"id"`
	Seq          int64           `json:"seq"`
	Status       string          `json:"status"`
	Reason       string          `json:"reason"`
	Survey       string          `json:"survey"`
	Message      json.RawMessage `json:"message"` // an object, and in an ack its name
}

// words is who said what in a message frame.
func (f wireFrame) words() (author, text string) {
	var m struct {
		Text   string
		Author struct{ Kind string }
	}
	if json.Unmarshal(f.Message, &m) != nil {
		return "", ""
	}
	return m.Author.Kind, m.Text
}

// socket is a client of the wire contract.
type socket struct {
	*websocket.Conn
	ctx context.Context
}

func (p *process) dial(ctx context.Context, token string) (*socket, error) {
	return p.dialWith(ctx, map[string]any{"token": token})
}

// dialWith says hello with more than a token.
func (p *process) dialWith(ctx context.Context, hello map[string]any) (*socket, error) {
	ws, _, err := websocket.Dial(ctx, strings.Replace(p.Base, "http", "ws", 1)+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	s := &socket{ws, ctx}
	hello["type"], hello["ref"] = "hello", "hello"
	if err := s.send(hello); err != nil {
		return nil, err
	}
	_, err = s.until(func(f wireFrame) bool { return f.Type == "welcome" })
	return s, err
}

func (s *socket) send(f map[string]any) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return s.Write(s.ctx, websocket.MessageText, b)
}

// until reads frames up to one that is wanted; an error frame ends it.
func (s *socket) until(want func(wireFrame) bool) (wireFrame, error) {
	return s.untilRaw(func(f wireFrame, _ []byte) bool { return want(f) })
}

// untilRaw is until with the frame as it came.
func (s *socket) untilRaw(want func(wireFrame, []byte) bool) (wireFrame, error) {
	for {
		_, b, err := s.Read(s.ctx)
		if err != nil {
			return wireFrame{}, err
		}
		var f wireFrame
		if err := json.Unmarshal(b, &f); err != nil {
			return f, err
		}
		if want(f, b) {
			return f, nil
		}
		if f.Type == "error" {
			return f, fmt.Errorf("refused: %s", b)
		}
	}
}

// visitor becomes a customer and connects.
func (p *process) visitor(ctx context.Context) (*socket, string, error) {
	var v struct{ Token string }
	if _, err := p.call(ctx, "POST", "/v1/visitors", "", map[string]string{"inbox": "web", "locale": "pl"}, &v); err != nil {
		return nil, "", err
	}
	s, err := p.dial(ctx, v.Token)
	return s, v.Token, err
}
