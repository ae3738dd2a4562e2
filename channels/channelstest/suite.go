package channelstest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
)

// Features say what a channel can do, and so what it has to pass.
type Features struct {
	Files     bool // carries files in
	FilesOut  bool // carries files out
	Subjects  bool
	Markup    bool // brings HTML
	Threads   bool // an answer leads back to what it answers
	Knows     bool // knows the same message when it comes again
	Automatic bool // tells programs from people
}

// File is a file that somebody outside sends or got.
type File struct{ Name, Type, Data string }

// Letter is a message as people outside write and get it.
type Letter struct {
	From    centrala.Address
	To      string // where an answer goes; "" the inbox's own address
	Answers string // the id that the program of its writer says that it answers
	ID      string // the vendor's, of what was got
	Subject string
	Text    string
	HTML    string
	Files   []File
	Robot   bool // written by a program, as such programs write
}

// Line is a channel with an outside of its own.
type Line struct {
	Channel channels.Channel
	Inbox   centrala.Inbox
	Can     Features

	// Write has somebody outside write to the inbox. A channel that listens finds it by itself;
	// of others, Write gives it to the intake.
	Write func(t testing.TB, to channels.Intake, l Letter)
	// Got is what people outside have got so far.
	Got func(t testing.TB) []Letter
	// People that cannot be reached: for good, for now, and without anybody knowing. Empty ones
	// are not tried.
	Gone, Away, Silent string
	// Someone can be reached.
	Someone centrala.Address
	// Known tells its name when the vendor is asked for it, Shy does not. Empty where it is not asked.
	Known, Shy string
	// Writer is who writes; the zero one is somebody with a mailbox.
	Writer centrala.Address
	// Echo has the other side tell a log of what it takes from now on; every Echoer has it.
	Echo func(t testing.TB, to channels.Intake)
	// Hurry gives somebody other than Someone of whom the other side wants fewer messages than come
	// at once.
	Hurry func(t testing.TB) centrala.Address
	// Carries are files that the channel brings; nil: any, with their names and types.
	Carries []File
}

// writer is who writes.
func (l Line) writer() centrala.Address {
	if l.Writer != (centrala.Address{}) {
		return l.Writer
	}
	return centrala.Address{Name: "Łucja Źdźbło", Address: "lucja@example.test"}
}

const words = "Dzień dobry, zażółć gęślą jaźń.\n\nDrugi akapit: \"cudzysłów\", <b>nie znacznik</b> & 1 < 2."

// Run runs the suite. New gives a fresh line for each of its tests, which run in parallel.
func Run(t *testing.T, New func(t testing.TB) Line) {
	for name, test := range map[string]func(*testing.T, Line){
		"what is written comes once, whole and in order": arrives,
		"files come byte for byte":                       filesArrive,
		"markup comes clean":                             markupIsClean,
		"the same again is known":                        repeats,
		"programs are told from people":                  robots,
		"what is sent is got":                            sends,
		"an answer finds what it answers":                threads,
		"failures say what they mean":                    failures,
		"an end is an end":                               ends,
		"what is told of by echo is known by its mark":   echoes,
		"what nobody heard of is asked after":            asks,
		"who gets too many keeps nobody else's":          waits,
		"a name is told, or why it is not":               named,
		"a death in the middle doubles nothing":          dies,
		"whatever is explained has an outcome":           explains,
		"a line test says what is so":                    tests,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, New(t))
		})
	}
}

// listen reads the line into a recorder until the test ends.
func (l Line) listen(t *testing.T) *Recorder {
	t.Helper()
	log := &Recorder{}
	if listener, ok := l.Channel.(channels.Listener); ok {
		during(t, func(ctx context.Context) error { return listener.Listen(ctx, l.Inbox, log) })
	}
	if reader, ok := l.Channel.(channels.Reader); ok {
		reading := channels.Reading{Inbox: l.Inbox, Reader: reader, Shelf: log, Board: &channels.Board{}, Log: slog.New(slog.DiscardHandler), Wake: log.Wake(), Every: 20 * time.Millisecond}
		during(t, reading.Run)
	}
	if poller, ok := l.Channel.(channels.Poller); ok && poller.Polls(l.Inbox) {
		during(t, func(ctx context.Context) error { return poller.Poll(ctx, l.Inbox, log) })
	}
	return log
}

// during runs f until the test ends, and holds it to ending then.
func during(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("listening ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("listening did not end with its context")
		}
	})
}

func (l Line) writes(t *testing.T) {
	t.Helper()
	if l.Write == nil {
		t.Skip("nobody writes on this channel")
	}
}

func arrives(t *testing.T, l Line) {
	l.writes(t)
	log := l.listen(t)
	for n := range 3 {
		l.Write(t, log, Letter{From: l.writer(), Subject: fmt.Sprintf("Pytanie nr %d o żółwia", n), Text: words})
	}
	ids := make(map[string]bool)
	for n, in := range log.Wait(t, 3) {
		if in.Outcome != centrala.Ingested || in.Reason == "" || in.Inbox != l.Inbox.ID || in.Channel != l.Channel.Kind() {
			t.Errorf("outcome %s (%s), inbox %v, channel %s", in.Outcome, in.Reason, in.Inbox, in.Channel)
		}
		if in.Text != words || in.FullText != words {
			t.Errorf("text %q, full text %q", in.Text, in.FullText)
		}
		if in.From != l.writer() {
			t.Errorf("from %v", in.From)
		}
		if want := fmt.Sprintf("Pytanie nr %d o żółwia", n); l.Can.Subjects && in.Subject != want {
			t.Errorf("message %d has the subject %q", n, in.Subject)
		}
		if in.ExternalID == "" || ids[in.ExternalID] {
			t.Errorf("external id %q is empty or not its own", in.ExternalID)
		}
		if ids[in.ExternalID] = true; in.At.IsZero() || in.Digest == "" {
			t.Errorf("at %v, digest %q", in.At, in.Digest)
		}
	}
}

func filesArrive(t *testing.T, l Line) {
	if !l.Can.Files {
		t.Skip("no files")
	}
	log := l.listen(t)
	files := []File{{"zdjęcie łóżka.png", "image/png", "\x89PNG\x00\r\n\xff"}, {"pusty.txt", "text/plain", ""}, {"duży.bin", "application/octet-stream", strings.Repeat("\x00\xffą\n", 50_000)}}
	if l.Carries != nil {
		files = l.Carries
	}
	l.Write(t, log, Letter{From: l.Someone, Subject: "Pliki", Text: "W załączeniu.", Files: files})
	in := log.Wait(t, 1)[0]
	if len(in.Attachments) != len(files) {
		t.Fatalf("%d files, want %d: %+v", len(in.Attachments), len(files), in.Attachments)
	}
	for i, p := range in.Attachments {
		if f, ok := l.Channel.(channels.Fetcher); ok && p.Handle != "" {
			fetched(t, f, l.Inbox, p, files[i])
			continue
		}
		if p.Name != files[i].Name || p.Type != files[i].Type || p.Size != int64(len(files[i].Data)) || p.Inline {
			t.Errorf("file %d is %q, %s, %d bytes, inline %t", i, p.Name, p.Type, p.Size, p.Inline)
		}
		for range 2 {
			r, err := p.Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || string(got) != files[i].Data {
				t.Errorf("%s has %d bytes, %v; want %d", p.Name, len(got), err, len(files[i].Data))
			}
		}
	}
}

// fetched holds a file that the vendor keeps against what was sent, twice.
func fetched(t *testing.T, f channels.Fetcher, inbox centrala.Inbox, p centrala.Part, want File) {
	t.Helper()
	for range 2 {
		got, err := f.Fetch(t.Context(), inbox, centrala.Media{ID: 1, Inbox: inbox.ID, Handle: p.Handle, Name: p.Name, Type: p.Type})
		if err != nil {
			t.Fatal(err)
		}
		r, err := got.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(data) != want.Data {
			t.Errorf("%s has %d bytes, %v; want %d", want.Name, len(data), err, len(want.Data))
		}
		if name := cmp.Or(got.Name, p.Name); want.Name != "" && name != want.Name {
			t.Errorf("its name is %q, want %q", name, want.Name)
		}
	}
}

func markupIsClean(t *testing.T, l Line) {
	if !l.Can.Markup {
		t.Skip("no markup")
	}
	log := l.listen(t)
	l.Write(t, log, Letter{From: l.Someone, Subject: "HTML", HTML: `<p onclick="x()">Dzień <b>dobry</b></p><script>alert(1)</script>` +
		`<img src="https://tracker.example.test/x.gif"><a href="javascript:alert(1)">x</a>`})
	in := log.Wait(t, 1)[0]
	if !strings.Contains(in.HTML, "<b>dobry</b>") || !strings.Contains(in.Text, "Dzień dobry") {
		t.Errorf("HTML %q, text %q", in.HTML, in.Text)
	}
	for _, bad := range []string{"script", "onclick", "javascript", `src="http`} {
		if strings.Contains(in.HTML, bad) {
			t.Errorf("HTML still has %q: %s", bad, in.HTML)
		}
	}
}

func repeats(t *testing.T, l Line) {
	if !l.Can.Knows {
		t.Skip("the vendor gives nothing to know it by")
	}
	log := l.listen(t)
	same := Letter{From: l.Someone, ID: "ta-sama@example.test", Subject: "Dwa razy", Text: "To samo."}
	l.Write(t, log, same)
	l.Write(t, log, same)
	l.Write(t, log, Letter{From: l.Someone, ID: "inna@example.test", Subject: "Inne", Text: "Coś innego."})
	taken := log.Wait(t, 2)
	if _, again := log.Taken(); again != 1 || len(taken) != 2 || taken[1].Text != "Coś innego." {
		t.Errorf("%d messages taken, %d known again", len(taken), again)
	}
}

func robots(t *testing.T, l Line) {
	if !l.Can.Automatic {
		t.Skip("programs do not show")
	}
	log := l.listen(t)
	l.Write(t, log, Letter{From: l.Someone, Subject: "Nieobecność", Text: "Jestem na urlopie.", Robot: true})
	if in := log.Wait(t, 1)[0]; in.Outcome == centrala.Ingested || in.Reason == "" {
		t.Errorf("outcome %s (%s)", in.Outcome, in.Reason)
	}
}

// outbound is a reply to somebody.
func (l Line) outbound(to centrala.Address) centrala.Outbound {
	return centrala.Outbound{
		Delivery: 31, Attempt: 1, Inbox: l.Inbox, Conversation: 41, Number: 20417, Seq: 2, To: to, Locale: "pl",
		Author: centrala.Author{Kind: centrala.ByAgent, Name: "Ania"}, Subject: "Zwrot żółwia", Text: words, At: time.Now().Truncate(time.Second),
	}
}

func (l Line) sender(t *testing.T) channels.Sender {
	t.Helper()
	s, ok := l.Channel.(channels.Sender)
	if !ok {
		t.Skip("nothing is sent on this channel")
	}
	return s
}

func sends(t *testing.T, l Line) {
	s := l.sender(t)
	id, err := s.Send(t.Context(), l.outbound(l.Someone))
	if err != nil || id == "" {
		t.Fatalf("Send = %q, %v", id, err)
	}
	var got []Letter
	Eventually(t, "it is got", func() bool { got = l.Got(t); return len(got) == 1 })
	if !strings.HasPrefix(got[0].Text, words) || got[0].ID != id {
		t.Errorf("got %q with the id %q, want the id %q", got[0].Text, got[0].ID, id)
	}
	if l.Can.Subjects && (!strings.Contains(got[0].Subject, "Zwrot żółwia") || !strings.Contains(got[0].Subject, "#20417")) {
		t.Errorf("subject %q", got[0].Subject)
	}
}

func threads(t *testing.T, l Line) {
	if !l.Can.Threads {
		t.Skip("answers do not lead back")
	}
	s, log := l.sender(t), l.listen(t)
	id, err := s.Send(t.Context(), l.outbound(l.Someone))
	if err != nil {
		t.Fatal(err)
	}
	var got []Letter
	Eventually(t, "it is got", func() bool { got = l.Got(t); return len(got) == 1 })
	l.Write(t, log, Letter{From: l.Someone, To: got[0].To, Answers: id, Subject: "Odp: " + got[0].Subject, Text: "Dziękuję."})
	in := log.Wait(t, 1)[0]
	if in.ReplyTo != 41 && !strings.Contains(strings.Join(in.ThreadKeys(), " "), id) && (in.About == nil || in.About.ID != id) {
		t.Errorf("the answer leads to conversation %v, ids %v; want 41 or %q", in.ReplyTo, in.ThreadKeys(), id)
	}
}

func failures(t *testing.T, l Line) {
	s := l.sender(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var (
		rejected  *centrala.Rejected
		ambiguous *centrala.Ambiguous
		stopped   *channels.Stopped
	)
	if l.Gone != "" {
		if _, err := s.Send(ctx, l.outbound(centrala.Address{Address: l.Gone})); !errors.As(err, &rejected) || rejected.Reason == "" {
			t.Errorf("to somebody who is gone: %v", err)
		}
	}
	if l.Away != "" {
		_, err := s.Send(ctx, l.outbound(centrala.Address{Address: l.Away}))
		if err == nil || errors.As(err, &rejected) || errors.As(err, &ambiguous) || errors.As(err, &stopped) {
			t.Errorf("to somebody who is away: %v", err)
		}
	}
	if l.Silent != "" {
		if _, err := s.Send(ctx, l.outbound(centrala.Address{Address: l.Silent})); !errors.As(err, &ambiguous) {
			t.Errorf("to somebody who is silent: %v", err)
		}
	}
}

func ends(t *testing.T, l Line) {
	s := l.sender(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if _, err := s.Send(ctx, l.outbound(l.Someone)); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("Send after the end: %v in %v", err, time.Since(began))
	}
}

func explains(t *testing.T, l Line) {
	e, ok := l.Channel.(channels.Explainer)
	if !ok {
		t.Skip("nothing is explained on this channel")
	}
	for _, raw := range []string{"", "\x00", "{", "<html>", strings.Repeat("a", 100_000), strings.Repeat("\r\n", 10_000), "{}", "From: a@b\r\n\r\n\xff\xfe"} {
		got := e.Explain(t.Context(), bytes.NewReader([]byte(raw)))
		if got.Outcome == "" || got.Reason == "" || got.Inbound == nil || !utf8.ValidString(got.String()) {
			t.Errorf("%.20q is explained as %+v", raw, got)
		}
	}
}
