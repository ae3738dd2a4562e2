package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/telegram"
)

func outTo(who, text string) centrala.Outbound {
	return centrala.Outbound{Delivery: 31, Attempt: 1, Inbox: inboxOf(false), Conversation: 41, Seq: 2, To: centrala.Address{Address: who}, Text: text}
}

func TestTextGoesAsItIs(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	c := lineTo(t, g, nil)
	out := outTo("5550001", "  *nie pogrubione* _ani_ <b>to</b> & [x](y)\n\"cudzysłów\"\n")
	out.Answers = "7700077:5550001:40"
	id, err := c.Send(t.Context(), out)
	if err != nil || id != "7700077:5550001:41" {
		t.Fatalf("%q, %v", id, err)
	}
	if s := g.Sent()[0]; s.Method != "sendMessage" || s.Text != "*nie pogrubione* _ani_ <b>to</b> & [x](y)\n\"cudzysłów\"" || s.ParseMode != "" || s.Answers != "40" || s.Chat != "5550001" {
		t.Errorf("%+v", s)
	}
	out.Answers = "7700077:5550099:40" // of another chat
	if _, err := c.Send(t.Context(), out); err != nil || g.Sent()[1].Answers != "" {
		t.Errorf("%v, %+v", err, g.Sent()[1])
	}
}

func TestFilesGoOut(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	files := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = files.Close() }) // in memory
	c := lineTo(t, g, func(c *telegram.Config) { c.Files = files })
	big := bytes.Repeat([]byte("x\x00"), 1<<20)
	if err := files.WriteAll(t.Context(), "out/1", big, nil); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		to, name, kind, method string
	}{
		{"5550001", "zdjęcie \"łóżka\".png", "image/png", "sendPhoto"},
		{"5550002", "faktura\r\nX-Evil: 1.pdf", "application/pdf", "sendDocument"},
		{channelstest.TelegramBadPhoto, "pasek.png", "image/png", "sendDocument"},
	} {
		out := outTo(x.to, "podpis")
		out.Attachments = []centrala.Attachment{{Name: x.name, Type: x.kind, Size: int64(len(big)), Blob: "out/1"}}
		if _, err := c.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		sent := g.Sent()
		if s := sent[len(sent)-1]; s.Method != x.method || s.Text != "podpis" || s.File == nil || s.File.Data != string(big) || strings.ContainsAny(s.File.Name, "\r\n") || s.ParseMode != "" {
			t.Errorf("%s: %s, %q", x.name, s.Method, s.Text)
		}
	}
	out := outTo("5550001", "x")
	out.Attachments = []centrala.Attachment{{Name: "nie ma", Type: "text/plain", Size: 3, Blob: "out/2"}}
	var (
		doubt    *centrala.Ambiguous
		rejected *centrala.Rejected
	)
	if _, err := c.Send(t.Context(), out); err == nil || errors.As(err, &doubt) || errors.As(err, &rejected) {
		t.Errorf("a file that is not there: %v", err)
	}
	for what, out := range map[string]centrala.Outbound{
		"too large":  {Attachments: []centrala.Attachment{{Size: 50<<20 + 1}}},
		"two files":  {Attachments: make([]centrala.Attachment, 2)},
		"a caption":  {Text: strings.Repeat("ł", 1025), Attachments: make([]centrala.Attachment, 1)},
		"a text":     {Text: strings.Repeat("ł", 4097)},
		"nothing":    {},
		"no address": {Text: "x", To: centrala.Address{Address: "@ola"}},
	} {
		out.Inbox = inboxOf(false)
		if out.To.Address == "" {
			out.To.Address = "5550001"
		}
		if _, err := c.Send(t.Context(), out); !errors.As(err, &rejected) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatTelegramAnswers(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	c := lineTo(t, g, func(c *telegram.Config) { c.Timeout = 300 * time.Millisecond })
	var (
		rejected  *centrala.Rejected
		ambiguous *centrala.Ambiguous
		busy      *channels.Busy
		stopped   *channels.Stopped
	)
	_, err := c.Send(t.Context(), outTo(channelstest.TelegramBlocked, "x"))
	if !errors.As(err, &rejected) || rejected.Cause != centrala.Unreachable || rejected.Reason != "Forbidden: bot was blocked by the user" {
		t.Errorf("blocked: %v", err)
	}
	if _, err = c.Send(t.Context(), outTo("404", "x")); !errors.As(err, &rejected) || rejected.Cause != centrala.Unreachable || rejected.Reason != "Bad Request: chat not found" {
		t.Errorf("unknown: %v", err)
	}
	if _, err = c.Send(t.Context(), outTo(channelstest.TelegramSlow, "x")); !errors.As(err, &busy) || busy.For != 4*time.Second || busy.Domain != "" {
		t.Errorf("429: %v", err)
	}
	if _, err = c.Send(t.Context(), outTo(channelstest.TelegramSilent, "x")); !errors.As(err, &ambiguous) {
		t.Errorf("taken, and no answer: %v", err)
	}
	_, err = c.Send(t.Context(), outTo(channelstest.TelegramProxied, "tajemnica"))
	if err == nil || errors.As(err, &rejected) || errors.As(err, &busy) || errors.As(err, &stopped) || errors.As(err, &ambiguous) || strings.Contains(err.Error(), "html") {
		t.Errorf("502: %v", err)
	}
	id, err := c.Send(t.Context(), outTo(channelstest.TelegramMoved, "x"))
	if err != nil || id != "7700077:"+channelstest.TelegramMovedTo+":41" {
		t.Errorf("moved: %q, %v", id, err)
	}
	g.Break(1)
	if _, err = c.Send(t.Context(), outTo("5550001", "x")); err == nil || errors.As(err, &ambiguous) {
		t.Errorf("broken: %v", err)
	}
}

// About a message a second to one chat: a burst passes, what is too much for it is given back, and
// another chat does not wait.
func TestPaceOfAChat(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	c := lineTo(t, g, nil)
	began := time.Now()
	for range 3 {
		if _, err := c.Send(t.Context(), outTo("5550001", "x")); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 900*time.Millisecond {
		t.Errorf("a burst took %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	later := make(chan error, 8)
	for range 8 {
		go func() { _, err := c.Send(ctx, outTo("5550001", "x")); later <- err }()
	}
	given := 0
	channelstest.Eventually(t, "some are given back", func() bool {
		select {
		case err := <-later:
			var l *channels.Later
			if errors.As(err, &l) && l.For > 2*time.Second {
				given++
			}
		default:
		}
		return given >= 5
	})
	began = time.Now()
	if _, err := c.Send(t.Context(), outTo("5550002", "x")); err != nil || time.Since(began) > time.Second {
		t.Errorf("another chat waited %v, %v", time.Since(began), err)
	}
	cancel()
}

func TestFilesAreFetched(t *testing.T) {
	t.Parallel()
	g := channelstest.NewTelegram(t)
	c, inbox := lineTo(t, g, nil), inboxOf(false)
	id := g.Keep(channelstest.File{Name: "x.pdf", Data: "%PDF-"})
	g.Expire() // the first address has run out
	p, err := c.Fetch(t.Context(), inbox, centrala.Media{Handle: id, Name: "x.pdf", Type: "application/pdf"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(data) != "%PDF-" || p.Name != "x.pdf" || g.Calls("getFile") != 2 {
		t.Errorf("%q, %v, %+v after %d calls", data, err, p, g.Calls("getFile"))
	}
	var (
		rejected *centrala.Rejected
		stopped  *channels.Stopped
	)
	huge := g.Keep(channelstest.File{Data: strings.Repeat("x", 20<<20+1)})
	if _, err := c.Fetch(t.Context(), inbox, centrala.Media{Handle: huge}); !errors.As(err, &rejected) || rejected.Cause != centrala.TooLarge {
		t.Errorf("too large: %v", err)
	}
	if _, err := c.Fetch(t.Context(), inbox, centrala.Media{Handle: "gone"}); !errors.As(err, &rejected) {
		t.Errorf("gone: %v", err)
	}
	g.Break(1)
	if _, err := c.Fetch(t.Context(), inbox, centrala.Media{Handle: id}); err == nil || errors.As(err, &rejected) {
		t.Errorf("502: %v", err)
	}
	inbox.Account.Token = "78:AAGeheim"
	if _, err := c.Fetch(t.Context(), inbox, centrala.Media{Handle: id}); !errors.As(err, &stopped) || strings.Contains(err.Error(), "Geheim") {
		t.Errorf("another token: %v", err)
	}
}

// Whatever goes wrong, the token is in no line of the log.
func TestTheTokenIsInNoLog(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	g := channelstest.NewTelegram(t)
	c := lineTo(t, g, func(c *telegram.Config) {
		c.Log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.API = strings.Replace(g.URL, "http://", "http://127.0.0.1:1/", 1)
		c.Timeout = 100 * time.Millisecond
	})
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	err := c.Poll(ctx, inboxOf(true), &channelstest.Recorder{})
	if !errors.Is(err, context.DeadlineExceeded) || lines.Len() == 0 || strings.Contains(lines.String(), "AAF") {
		t.Errorf("%v\n%s", err, lines.String())
	}
}
