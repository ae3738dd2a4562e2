package stream

import (
	"log/slog"
	"testing"
	"time"

	"centrala"
)

// What an event belongs to goes with it to the other nodes, and only in the header.
func TestTraceGoesWithTheEvent(t *testing.T) {
	t.Parallel()
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	var got []string
	l := &live{node: "two", log: slog.New(slog.DiscardHandler), limit: 1,
		handlers: []func(centrala.Event){func(e centrala.Event) { got = append(got, e.Trace) }}}
	for _, want := range []string{trace, ""} {
		e := centrala.Event{ID: centrala.EventID(centrala.FirstID(time.Now())), Type: centrala.MessageReceived, At: time.Now(), Trace: want}
		n, err := encode(e, "one")
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decode(n.Data); err != nil || back.Trace != "" {
			t.Errorf("the event itself holds %q, %v", back.Trace, err)
		}
		if _, ok := n.Header[metaTrace]; ok != (want != "") {
			t.Errorf("the header of %q: %v", want, n.Header)
		}
		if arrived(n).Metadata[metaTrace] != want {
			t.Errorf("work gets %v, want %q", arrived(n).Metadata, want)
		}
		l.receive(n)
	}
	if len(got) != 2 || got[0] != trace || got[1] != "" {
		t.Errorf("live gets %q", got)
	}
}
