package allegro_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
	"centrala/channels/allegro/signin"
	"centrala/channels/channelstest"
)

func (d *desk) answer(thread, text string) centrala.Outbound {
	return centrala.Outbound{Delivery: 31, Attempt: 1, Inbox: d.inbox, Conversation: 41, Number: 20417, Seq: 2, To: centrala.Address{Name: "ola", Address: "ola"},
		Author: centrala.Author{Kind: centrala.ByAgent, Name: "Ania"}, Text: text, At: time.Now(), Channel: centrala.Allegro, ThreadID: thread}
}

func quick(c *allegro.Config) { c.Gap = time.Millisecond }

func (d *desk) attachment(t *testing.T, name, kind, data string) centrala.Attachment {
	t.Helper()
	if err := d.files.WriteAll(t.Context(), name, []byte(data), nil); err != nil {
		t.Fatal(err)
	}
	return centrala.Attachment{Name: name, Type: kind, Size: int64(len(data)), Blob: name}
}

func rejection(t *testing.T, err error, cause centrala.BounceCause) {
	t.Helper()
	var rejected *centrala.Rejected
	if !errors.As(err, &rejected) || rejected.Cause != cause || rejected.Reason == "" {
		t.Errorf("%v, want a rejection: %s", err, cause)
	}
}

// An answer goes into its thread or issue with its files, and comes back as an echo by the id that was
// given for it.
func TestSend(t *testing.T) {
	t.Parallel()
	d := open(t, quick)
	d.at.Be(channelstest.AllegroLike{Gap: time.Microsecond})
	thread, _ := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "Czy pasuje?"})
	issue := d.at.Open("DISPUTE", "ola", "Gdzie paczka?")
	log := d.listens(t)
	log.Wait(t, 2)
	for _, to := range []string{"thr:" + thread, "iss:" + issue} {
		out := d.answer(to, "Tak, proszę.")
		out.Attachments = []centrala.Attachment{d.attachment(t, "zdjęcie.png", "image/png", "\x89PNG"), d.attachment(t, "f.pdf", "application/pdf; charset=binary", "%PDF")}
		id, err := d.line.Send(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		sent := d.at.Sent()
		got := sent[len(sent)-1]
		if !strings.HasSuffix(id, got.ID) || got.Text != "Tak, proszę." || len(got.Files) != 2 || got.Files[0].Name != "zdjęcie.png" || got.Files[1].Data != "%PDF" || got.Thread+got.Issue != to[4:] {
			t.Errorf("sent %+v as %s", got, id)
		}
		channelstest.Eventually(t, "the echo comes", func() bool {
			for _, in := range log.Items() {
				if in.Kind == centrala.KindEcho && in.About.ID == id && in.ThreadID == to && len(in.Attachments) == 2 {
					return true
				}
			}
			return false
		})
	}
	if err := d.line.MarkRead(t.Context(), d.inbox, "thr:"+thread, "ola", ""); err != nil || !d.at.Read(thread) {
		t.Errorf("marked as read: %v", err)
	}
	if err := d.line.MarkRead(t.Context(), d.inbox, "iss:"+issue, "ola", ""); err != nil {
		t.Errorf("an issue: %v", err)
	}
}

// What Allegro would refuse, and what no person wrote, is refused before or as Allegro refuses it, with
// the cause.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := open(t, quick)
	d.at.Be(channelstest.AllegroLike{Gap: time.Microsecond})
	thread, _ := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	to := "thr:" + thread
	send := func(change func(*centrala.Outbound)) error {
		out := d.answer(to, "Tak.")
		change(&out)
		_, err := d.line.Send(t.Context(), out)
		return err
	}
	rejection(t, send(func(o *centrala.Outbound) { o.Automatic = true }), centrala.Refused)
	rejection(t, send(func(o *centrala.Outbound) { o.Text = strings.Repeat("ą", 2001) }), centrala.TooLarge)
	rejection(t, send(func(o *centrala.Outbound) { o.ThreadID = "thr:nothing" }), centrala.Unreachable)
	rejection(t, send(func(o *centrala.Outbound) { o.ThreadID = "elsewhere" }), centrala.Unreachable)
	rejection(t, send(func(o *centrala.Outbound) {
		o.Attachments = []centrala.Attachment{d.attachment(t, "a.zip", "application/zip", "PK")}
	}), centrala.BadFile)
	rejection(t, send(func(o *centrala.Outbound) {
		o.Attachments = []centrala.Attachment{{Name: "a.png", Type: "image/png", Size: 5<<20 + 1, Blob: "a"}}
	}), centrala.BadFile)
	issue := d.at.Open("CLAIM", "ola", "x")
	d.at.Decide(issue, "CLAIM_REJECTED", true)
	rejection(t, send(func(o *centrala.Outbound) { o.ThreadID = "iss:" + issue }), centrala.NotOpen)
	if err := send(func(o *centrala.Outbound) { o.Text = strings.Repeat("ą", 2000) }); err != nil {
		t.Errorf("2 000 characters: %v", err)
	}
	if n := len(d.at.Sent()); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
}

// The vendor takes a message a second: ours keep that distance, and one that somebody else of the
// account was quicker than waits as long as it is told.
func TestPace(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *allegro.Config) { c.Gap = 60 * time.Millisecond })
	d.at.Be(channelstest.AllegroLike{Gap: 50 * time.Millisecond})
	thread, _ := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := d.line.Send(t.Context(), d.answer("thr:"+thread, "Tak."))
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Errorf("four at once: %v", err)
		}
	}
	d.at.Be(channelstest.AllegroLike{Gap: time.Hour})
	var busy *channels.Busy
	for _, want := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, time.Minute} {
		if _, err := d.line.Send(t.Context(), d.answer("thr:"+thread, "Tak.")); !errors.As(err, &busy) || busy.For != want {
			t.Errorf("%v, want %v", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.line.Send(ctx, d.answer("thr:"+thread, "Tak.")); err == nil {
		t.Error("sent after the end")
	}
}

// An attempt of which nobody knows how it ended is looked for before it is made again: by words,
// author and time, and never taken for another answer with the same words.
func TestSent(t *testing.T) {
	t.Parallel()
	d := open(t, quick)
	d.at.Be(channelstest.AllegroLike{Gap: time.Microsecond})
	var ambiguous *centrala.Ambiguous
	thread, _ := d.at.Write(channelstest.AllegroMessage{Login: "silent", Text: "Tak."})
	issue := d.at.Open("DISPUTE", "silent", "Tak.")
	for _, to := range []string{"thr:" + thread, "iss:" + issue, ""} {
		out := d.answer(to, "Tak.\r\n")
		out.To.Address = "silent"
		if to == "" {
			out.Text, out.Delivery = "Nowy wątek", 32
		}
		if _, found, err := d.line.Sent(t.Context(), out); found || err != nil {
			t.Errorf("%s: found %t, %v before it was sent", to, found, err)
		}
		if _, err := d.line.Send(t.Context(), out); !errors.As(err, &ambiguous) {
			t.Fatalf("%s: %v", to, err)
		}
		id, found, err := d.line.Sent(t.Context(), out)
		if sent := d.at.Sent(); !found || err != nil || !strings.HasSuffix(id, sent[len(sent)-1].ID) {
			t.Errorf("%s: %q, %t, %v", to, id, found, err)
		}
		other := out
		other.Attachments = []centrala.Attachment{{}}
		if _, found, _ := d.line.Sent(t.Context(), other); found {
			t.Errorf("%s: found with a file", to)
		}
	}
	other, _ := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	first, second := d.answer("thr:"+other, "Dziękuję!"), d.answer("thr:"+other, "Dziękuję!")
	second.Delivery = 99
	if _, err := d.line.Send(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, found, err := d.line.Sent(t.Context(), second); found || err != nil {
		t.Errorf("the second thanks are taken for the first: %v", err)
	}
	if _, found, err := d.line.Sent(t.Context(), first); !found || err != nil {
		t.Errorf("the first thanks: %t, %v", found, err)
	}
	old := d.answer("thr:"+other, "Dziękuję!")
	old.At = time.Now().Add(time.Hour)
	if _, found, _ := d.another().Sent(t.Context(), old); found {
		t.Error("what was said before the answer was given is taken for it")
	}
}

// A token that has ended is renewed once, whoever of several nodes that does; when the vendor takes
// none any more, the line stops.
func TestTokensOfSenders(t *testing.T) {
	t.Parallel()
	d := open(t, quick)
	d.at.Be(channelstest.AllegroLike{Gap: time.Microsecond})
	thread, _ := d.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "x"})
	d.at.Expire()
	nodes := []*allegro.Channel{d.line, d.another(quick), d.another(quick)}
	done := make(chan error)
	for _, n := range nodes {
		go func() {
			_, found, err := n.Sent(t.Context(), d.answer("thr:"+thread, "Tak."))
			if found {
				err = errors.New("found")
			}
			done <- err
		}()
	}
	for range nodes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if d.keep.kept == 0 {
		t.Error("nothing was kept")
	}
	d.at.Withdraw()
	var stopped *channels.Stopped
	if _, err := d.line.Send(t.Context(), d.answer("thr:"+thread, "Tak.")); !errors.As(err, &stopped) || stopped.Code != signin.NotConnected {
		t.Errorf("after all tokens ended: %v", err)
	}
	d.at.Be(channelstest.AllegroLike{NoScope: true})
	d.keepUp()
	if _, err := d.line.Send(t.Context(), d.answer("thr:"+thread, "Tak.")); !errors.As(err, &stopped) || stopped.Code != signin.Forbidden {
		t.Errorf("without permission: %v", err)
	}
}
