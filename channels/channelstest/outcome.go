package channelstest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
)

// What has to hold of attempts whose outcome does not come with the reply: told of by echo, asked
// after, or put off.

// lost sends an answer whose reply does not come, though the other side takes it.
func (l Line) lost(t *testing.T, s channels.Sender) centrala.Outbound {
	t.Helper()
	out := l.outbound(centrala.Address{Address: l.Silent})
	out.Delivery, out.Text = 32, "Odpowiedź, która przepadła po drodze."
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var ambiguous *centrala.Ambiguous
	if _, err := s.Send(ctx, out); !errors.As(err, &ambiguous) {
		t.Fatalf("to somebody who is silent: %v", err)
	}
	return out
}

// echoes: whoever says to be told of what was sent is told by the mark of the delivery, also of what
// nobody heard of.
func echoes(t *testing.T, l Line) {
	s, ok := l.Channel.(channels.Echoer)
	if !ok {
		t.Skip("nobody tells of what was sent")
	}
	if d := s.EchoWithin(); d <= 0 {
		t.Errorf("an echo is waited for %v", d)
	}
	if l.Echo == nil || l.Silent == "" {
		t.Fatal("the line says that it has echoes, and has none to show")
	}
	log := l.listen(t)
	l.Echo(t, log)
	id, err := s.Send(t.Context(), l.outbound(l.Someone))
	if err != nil {
		t.Fatal(err)
	}
	lost := l.lost(t, s)
	of := func(d centrala.DeliveryID) (named string) {
		for _, in := range log.Items() {
			if in.About != nil && in.About.Ours == d && !in.Kind.Says() {
				named = in.About.ID
			}
		}
		return named
	}
	Eventually(t, "both are told of, each by its mark", func() bool { return of(31) == id && of(lost.Delivery) != "" && of(lost.Delivery) != id })
	if taken, _ := log.Taken(); len(taken) != 0 {
		t.Errorf("our own words are taken for somebody's: %+v", taken)
	}
}

// asks: whoever can ask whether an answer is there finds the one that is, and no other; a question
// without an answer is no no.
func asks(t *testing.T, l Line) {
	s, ok := l.Channel.(channels.Checker)
	if !ok {
		t.Skip("the other side is not asked")
	}
	if l.Silent == "" {
		t.Fatal("the line says that it can ask, and nothing of it is lost")
	}
	out := l.lost(t, s)
	out.Attempt, out.Doubtful = 2, true
	var there []Letter
	Eventually(t, "the other side has it", func() bool {
		there = slices.DeleteFunc(l.Got(t), func(g Letter) bool { return g.Text != out.Text })
		return len(there) == 1
	})
	if id, found, err := s.Sent(t.Context(), out); err != nil || !found || id != there[0].ID {
		t.Errorf("what is there is %q, %t, %v; want %q", id, found, err, there[0].ID)
	}
	other := out
	other.Delivery, other.Text = 33, "Tego nikt jeszcze nie wysłał."
	if id, found, err := s.Sent(t.Context(), other); err != nil || found {
		t.Errorf("what was never sent is %q, %t, %v", id, found, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if id, found, err := s.Sent(ended, out); err == nil || found {
		t.Errorf("a question that was broken off says %q, %t, %v", id, found, err)
	}
}

// waits: an answer to somebody who gets too many is put off with its time, was not taken, and keeps
// nobody else's.
func waits(t *testing.T, l Line) {
	if l.Hurry == nil {
		t.Skip("nobody gets too many")
	}
	s := l.sender(t)
	to := l.Hurry(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	taken, later := 0, 0
	for n := range 8 {
		all.Go(func() {
			out := l.outbound(to)
			out.Delivery = centrala.DeliveryID(100 + n)
			_, err := s.Send(t.Context(), out)
			var wait *channels.Later
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				taken++
			case errors.As(err, &wait) && wait.For > 0 && wait.Err != nil:
				later++
			default:
				t.Errorf("to somebody who gets too many: %v", err)
			}
		})
	}
	all.Wait()
	if later == 0 {
		t.Error("nothing was put off")
	}
	if _, err := s.Send(t.Context(), l.outbound(l.Someone)); err != nil {
		t.Errorf("to somebody else meanwhile: %v", err)
	}
	Eventually(t, "what was taken is got", func() bool { return len(l.Got(t)) == taken+1 })
}

func tests(t *testing.T, l Line) {
	tester, ok := l.Channel.(channels.Tester)
	if !ok {
		t.Skip("the line is not tested")
	}
	for _, f := range tester.Test(t.Context(), l.Inbox) {
		if !f.OK || f.Check == "" || f.Text["pl"] == "" || f.Text["en"] == "" {
			t.Errorf("a line that works: %+v", f)
		}
	}
	found := tester.Test(t.Context(), centrala.Inbox{Channel: l.Channel.Kind()})
	if len(found) == 0 || found[0].OK || found[0].Text["pl"] == "" {
		t.Errorf("a line without settings: %+v", found)
	}
}
