package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"centrala/channels/channelstest"
)

// collectorOf is an OpenTelemetry collector that keeps what it gets.
type collectorOf struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*spans.Span
	about []string // attributes of the resources
}

func newCollector(t *testing.T) *collectorOf {
	t.Helper()
	c := &collectorOf{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Errorf("what came at %s is no trace: %v", r.URL.Path, err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collectorOf) take(r *http.Request) error {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		return fmt.Errorf("%s of %s", r.Method, r.Header.Get("Content-Type"))
	}
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return err
		}
		body = z
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var in collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(b, &in); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range in.ResourceSpans {
		for _, a := range rs.Resource.Attributes {
			c.about = append(c.about, a.Key+"="+a.Value.GetStringValue())
		}
		for _, ss := range rs.ScopeSpans {
			c.spans = append(c.spans, ss.Spans...)
		}
	}
	return nil
}

// ways are the spans by trace, each by name.
func (c *collectorOf) ways() map[string]map[string]*spans.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]map[string]*spans.Span{}
	for _, s := range c.spans {
		id := hex.EncodeToString(s.TraceId)
		if all[id] == nil {
			all[id] = map[string]*spans.Span{}
		}
		all[id][s.Name] = s
	}
	return all
}

// A message of a customer is one trace, from the frame to the other frame, and everything that
// is done because of it is in it.
func TestTraceFromFrameToFrame(t *testing.T) {
	t.Parallel()
	to := newCollector(t)
	h := newPremises(t, "", "")
	p := h.serve(t)
	h.furnish(t, p)
	if code := p.end(t); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	h.configure(t, "[trace]\nendpoint = "+strconv.Quote(to.URL)+"\n\n[stream]\nnode = \"jeden\"\n")
	p = h.serve(t)
	desk, customer := p.console(t, p.login(t, "ania@firma.test")), p.customer(t)
	customer.say(t, map[string]any{"text": "kanarek w klatce"})
	desk.wait(t, "the conversation is hers", func(f frame) bool { return f.Type == "conversation" && strings.Contains(string(f.Raw), "Ania") })
	if code := p.end(t); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	want := []string{"accept socket", "queue", "commit", "publish", "handle routing", "live"}
	var whole map[string]*spans.Span
	for _, way := range to.ways() {
		if !slices.ContainsFunc(want, func(name string) bool { return way[name] == nil }) {
			whole = way
		}
	}
	if whole == nil {
		t.Fatalf("no trace has all of %v:\n%v", want, to.ways())
	}
	root := whole["accept socket"]
	for name, s := range whole {
		if name != "accept socket" && !bytes.Equal(s.ParentSpanId, root.SpanId) {
			t.Errorf("%s does not belong to the frame", name)
		}
		if s.EndTimeUnixNano < s.StartTimeUnixNano || s.StartTimeUnixNano+1e9 < root.StartTimeUnixNano {
			t.Errorf("%s is from %d to %d, the frame from %d", name, s.StartTimeUnixNano, s.EndTimeUnixNano, root.StartTimeUnixNano)
		}
	}
	for _, a := range []string{"service.name=centrala", "service.instance.id=jeden"} {
		if !slices.Contains(to.about, a) {
			t.Errorf("the spans do not say %s: %v", a, to.about)
		}
	}
	if said := fmt.Sprint(to.ways()); strings.Contains(said, "kanarek") {
		t.Error("a span holds the words of a message")
	}
}

var metricLine = regexp.MustCompile(`(?m)^# TYPE (centrala_[a-z_]+) `)

// Every figure that the program has is in docs/operations.md, and the other way round; and the
// dashboard and the alerts ask for nothing else. The log of all this, at its most talkative,
// holds identifiers and no word that anybody wrote.
func TestWhatIsWatched(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	h := newPremises(t, "", "")
	p := h.serve(t)
	h.furnish(t, p)
	if code := p.end(t); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	h.configure(t, "[log]\nlevel = \"debug\"\n"+outside.mailbox(channelstest.Password, `team = "sprzedający"`))
	p = h.serve(t)
	p.canaries(t, outside)
	if code := p.end(t); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}
	log := p.said()
	for line := range strings.Lines(log) {
		if strings.Contains(strings.ToLower(line), "kanarek") {
			t.Errorf("the log holds words: %s", line)
		}
	}
	if !regexp.MustCompile(`delivery handed over.* channel=email .*conversation=c_`).MatchString(log) {
		t.Error("a line about a mail does not name channel and conversation")
	}
}

// canaries has people write, in every way, and looks at the figures afterwards.
func (p *process) canaries(t *testing.T, outside *post) {
	t.Helper()
	marek := p.login(t, "marek@firma.test")
	desk, ania, customer := p.console(t, marek), p.console(t, p.login(t, "ania@firma.test")), p.customer(t)
	ack := customer.say(t, map[string]any{"text": "kanarek w czacie"})
	ania.wait(t, "the conversation is hers", func(f frame) bool { return f.Type == "conversation" && strings.Contains(string(f.Raw), "Ania") })
	ania.say(t, map[string]any{"conversation": ack.Conversation, "text": "kanarek odpowiada"})
	outside.write(t, "kanarek.jan@example.test", "Kanarek w temacie", "kanarek w liście")
	f := desk.wait(t, "the mail at the console", func(f frame) bool {
		return f.Type == "conversation" && strings.Contains(string(f.Raw), "Kanarek w temacie") && strings.Contains(string(f.Raw), "Marek")
	})
	desk.say(t, map[string]any{"conversation": f.ID, "text": "kanarek odpisuje"})
	outside.got(t, "kanarek.jan@example.test", 1)
	if err := customer.CloseNow(); err != nil {
		t.Logf("the customer's end: %v", err)
	}
	if s, err := p.dial(t.Context(), marek); err != nil {
		t.Error(err)
	} else if err := s.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	written := namesIn(regexp.MustCompile("(?m)^\\| `(centrala_[a-z_]+)` "), string(page))
	eventually(t, "the figures are those of docs/operations.md", func() error {
		status, body := p.get(t, "/metrics")
		if found := namesIn(metricLine, body); status != http.StatusOK || !slices.Equal(found, written) {
			return fmt.Errorf("%d: not documented %v, not there %v", status, without(found, written), without(written, found))
		}
		return nil
	})
	for _, file := range []string{"../../deploy/grafana.json", "../../deploy/alerts.yml"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asked := namesIn(regexp.MustCompile(`\b(centrala_[a-z_]+)\b`), string(b))
		for i, name := range asked {
			for _, end := range []string{"_bucket", "_count", "_sum"} {
				if base := strings.TrimSuffix(name, end); base != name && slices.Contains(written, base) {
					asked[i] = base
				}
			}
		}
		if unknown := without(asked, written); len(asked) < 10 || len(unknown) > 0 {
			t.Errorf("%s asks for %d figures, of which these are not there: %v", file, len(asked), unknown)
		}
	}
}

// namesIn are the first groups of what a pattern finds, sorted, each once.
func namesIn(pattern *regexp.Regexp, in string) []string {
	found := map[string]bool{}
	for _, m := range pattern.FindAllStringSubmatch(in, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
