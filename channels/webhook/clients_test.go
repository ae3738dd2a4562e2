package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/webhook"
	client "centrala/docs/clients"
)

// door is an inbox behind HTTP, as the house has it at /hooks/{inbox}.
func door(t *testing.T, c *webhook.Channel, inbox centrala.Inbox, to channels.Shelf) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, channels.MaxHook))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := channelstest.Knock(t, c, inbox, to, r.Header, body); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/hooks/in_7"
}

func TestTheClientsAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"webhook.go", "webhook.ts"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", "clients", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > 60 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

func TestTheGoClientSpeaksBothWays(t *testing.T) {
	t.Parallel()
	c, inbox, _ := open(t)
	log := &channelstest.Recorder{}
	hook := door(t, c, inbox, log)
	event := map[string]any{"type": "message", "id": "a-1", "from": map[string]any{"id": "u-1"}, "text": "Zażółć <gęślą> jaźń"}
	if err := client.Post(hook, secret, event); err != nil {
		t.Fatal(err)
	}
	if err := client.Post(hook, "another secret", event); err == nil {
		t.Error("a post with another secret was let in")
	}
	if got := read(t, c, inbox, string(log.Hooks()[0].Body)); len(log.Hooks()) != 1 || got.Items[0].Text != "Zażółć <gęślą> jaźń" {
		t.Errorf("%d hooks, %+v", len(log.Hooks()), got)
	}

	taken := map[string]string{}
	theirs := httptest.NewServer(client.Receive(secret, func(key string, answer []byte) (string, error) {
		if key == "" {
			return "", nil
		}
		if len(taken) == 0 {
			taken[key] = ""
			return "", fmt.Errorf("not now")
		}
		taken[key] = string(answer)
		return "their-" + key, nil
	}))
	t.Cleanup(theirs.Close)
	inbox.Account.Endpoint = theirs.URL
	answers(t, c, inbox, func(key string) bool { return strings.Contains(taken[key], "W drodze.") })
}

// answers sends an answer, twice because the other side does not take the first.
func answers(t *testing.T, c *webhook.Channel, inbox centrala.Inbox, got func(key string) bool) {
	t.Helper()
	out := centrala.Outbound{Delivery: 31, Inbox: inbox, Conversation: 41, Number: 20417, Seq: 2, To: centrala.Address{Address: "u-1"}, Text: "W drodze.", At: time.Now()}
	if id, err := c.Send(t.Context(), out); err == nil {
		t.Fatalf("the first attempt: %q", id)
	}
	id, err := c.Send(t.Context(), out)
	if err != nil || id != "their-"+c.Key(out) || !got(c.Key(out)) {
		t.Errorf("the second attempt: %q, %v", id, err)
	}
	for _, f := range c.Test(t.Context(), inbox) {
		if !f.OK {
			t.Errorf("the line test: %+v", f)
		}
	}
	out.Inbox.Account = &centrala.Account{Endpoint: inbox.Account.Endpoint, HookSecret: "another secret"}
	if id, err := c.Send(t.Context(), out); err == nil {
		t.Errorf("signed with another secret: %q", id)
	}
}

// program uses the client in TypeScript: it posts what its first argument says, then takes answers
// until it is ended.
const program = `
import { post, receive } from "./webhook.mjs";
const [hook, secret] = process.argv.slice(2);
await post(hook, secret, { type: "message", id: "ts-1", from: { phone: "+48 600 100 200" }, text: "Zażółć gęślą jaźń" });
let tries = 0;
const failed = await post(hook, "another secret", { type: "message" }).then(() => "", (e) => String(e));
const server = receive(secret, async (a) => {
  if (tries++ === 0) throw new Error("not now");
  if (a.text !== "W drodze.") throw new Error("other words");
  return "their-" + a.id;
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port, failed })));
`

func TestTheTypeScriptClientSpeaksBothWays(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	tsc := filepath.Join("..", "..", "web", "node_modules", ".bin", "tsc")
	if _, there := os.Stat(tsc); err != nil || there != nil {
		channelstest.Missing(t, "node, or the TypeScript compiler of web/, is not there")
	}
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join("..", "..", "docs", "clients", "webhook.ts"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"webhook.mts": string(source), "use.mjs": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	types, err := filepath.Abs(filepath.Join("..", "..", "web", "node_modules", "@types"))
	if err != nil {
		t.Fatal(err)
	}
	compile := exec.CommandContext(t.Context(), tsc, "--target", "es2022", "--module", "nodenext", "--strict", "--skipLibCheck", "--typeRoots", types, "--types", "node",
		filepath.Join(dir, "webhook.mts"))
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c, inbox, _ := open(t)
	log := &channelstest.Recorder{}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	run := exec.CommandContext(ctx, node, filepath.Join(dir, "use.mjs"), door(t, c, inbox, log), secret)
	run.Stderr = t.Output()
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { end(); _ = run.Wait() }() // it was ended
	var said struct {
		Port   int
		Failed string
	}
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.Failed, "401") || len(log.Hooks()) != 1 {
		t.Errorf("a post with another secret: %q; %d hooks", said.Failed, len(log.Hooks()))
	}
	if in := read(t, c, inbox, string(log.Hooks()[0].Body)).Items[0]; in.Text != "Zażółć gęślą jaźń" || in.From.Address != "tel:+48600100200" {
		t.Errorf("%+v", in)
	}
	inbox.Account.Endpoint = fmt.Sprintf("http://127.0.0.1:%d/", said.Port)
	answers(t, c, inbox, func(string) bool { return true })
}

// The example of the page, as somebody pastes it.
func TestTheExampleWithCurlWorks(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			channelstest.Missing(t, tool+" is not there")
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "webhook.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```sh\n(body=.*?)```").FindSubmatch(page)
	if example == nil {
		t.Fatal("the page has no example")
	}
	c, inbox, _ := open(t)
	log := &channelstest.Recorder{}
	sh := exec.CommandContext(t.Context(), "sh", "-ec", string(example[1]))
	sh.Env = append(os.Environ(), "SECRET="+secret, "HOOK="+door(t, c, inbox, log))
	if out, err := sh.CombinedOutput(); err != nil || len(out) > 0 || len(log.Hooks()) != 1 {
		t.Fatalf("%v, %s, %d hooks", err, out, len(log.Hooks()))
	}
	if in := read(t, c, inbox, string(log.Hooks()[0].Body)).Items[0]; in.Text != "Dzień dobry, gdzie jest paczka?" || in.From.Address != "tel:+48600100200" {
		t.Errorf("%+v", in)
	}
}
