package meta_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

func TestAPageIsSubscribedAndKeepsWhatItHad(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	settle := func() {
		t.Helper()
		if err := o.line.(channels.Settler).Settle(t.Context(), o.inbox, "https://pomoc.example.test/hooks/in_1"); err != nil {
			t.Fatal(err)
		}
	}
	o.Subscribe(channelstest.MetaPage, "messages", "leadgen")
	settle()
	got := o.Subscribed(channelstest.MetaPage)
	for _, want := range []string{"messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions", "message_edits", "feed", "leadgen"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not subscribed: %q", want, got)
		}
	}
	before := len(o.Asked())
	settle()
	if asked := o.Asked()[before:]; slices.Contains(asked, "POST /"+channelstest.MetaPage+"/subscribed_apps") {
		t.Errorf("what was settled is settled again: %q", asked)
	}
	o.inbox.Enabled = false
	settle()
	if got := o.Subscribed(channelstest.MetaPage); !slices.Contains(got, "messages") {
		t.Errorf("an inbox that was switched off took the page's subscription: %q", got)
	}
}

func TestABusinessAccountPostsToItsOwnAddress(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	if err := o.line.(channels.Settler).Settle(t.Context(), o.inbox, "https://pomoc.example.test/hooks/in_1"); err != nil {
		t.Fatal(err)
	}
	if got := o.Subscribed(channelstest.MetaBusiness); !slices.Contains(got, "https://pomoc.example.test/hooks/in_1") {
		t.Errorf("subscribed: %q", got)
	}
}

func failed(found []channels.Finding) (checks []string) {
	for _, f := range found {
		if !f.OK {
			checks = append(checks, f.Check)
		}
		if f.Text["pl"] == "" || f.Text["en"] == "" || strings.Contains(f.Cause, channelstest.MetaToken) {
			checks = append(checks, "badly said: "+f.Check)
		}
	}
	return checks
}

func TestALineTestSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   centrala.Channel
		change func(*outside)
		want   string
	}{
		{centrala.Messenger, func(o *outside) {}, "webhook"},
		{centrala.Messenger, func(o *outside) { o.Subscribe(channelstest.MetaPage, "messages") }, "webhook"},
		{centrala.Instagram, func(o *outside) { o.Subscribe(channelstest.MetaPage, "messages") }, ""},
		{centrala.WhatsApp, func(o *outside) {}, "webhook"},
		{centrala.WhatsApp, func(o *outside) { o.inbox.Account.Business = "" }, ""},
		{centrala.WhatsApp, func(o *outside) { o.Fault(func(f *channelstest.MetaFaults) { f.TokenEnded = true }) }, "token"},
		{centrala.Messenger, func(o *outside) { o.inbox.Account.ID = "404404" }, "account"},
		{centrala.Messenger, func(o *outside) { o.inbox.Account.AppSecret = "" }, "settings"},
		{centrala.Messenger, func(o *outside) { o.inbox.Account.Token = "" }, "settings"},
		{centrala.Messenger, func(o *outside) { o.Fault(func(f *channelstest.MetaFaults) { f.Limited = 1 }) }, "account"},
	} {
		o := open(t, c.kind)
		c.change(o)
		if got := strings.Join(failed(o.line.(channels.Tester).Test(t.Context(), o.inbox)), " "); got != c.want {
			t.Errorf("%s: what fails is %q, want %q", c.kind, got, c.want)
		}
	}
}

func TestTheBoardKnowsUntilWhenTheTokenIsGood(t *testing.T) {
	t.Parallel()
	watch := func(o *outside) (channels.Health, func() channels.Health) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			o.line.(channels.Watcher).Watch(ctx, o.inbox, o.board)
		}()
		t.Cleanup(func() { cancel(); <-done })
		read := func() channels.Health { h, _ := o.board.Line(7, channels.In); return h }
		return read(), read
	}
	o := open(t, centrala.Instagram)
	_, now := watch(o)
	channelstest.Eventually(t, "the end of the token is on the board", func() bool { return time.Until(now().Expires) > 59*24*time.Hour })
	o = open(t, centrala.Messenger)
	o.Fault(func(f *channelstest.MetaFaults) { f.TokenEnded = true })
	_, now = watch(o)
	channelstest.Eventually(t, "the line is halted", func() bool { return now().State == channels.Halted && now().Code == "meta.token" })
}

// listen reads what is posted until the test ends.
func (o *outside) listen(t *testing.T) *channelstest.Recorder {
	t.Helper()
	log := &channelstest.Recorder{}
	o.into(log)
	reading := channels.Reading{Inbox: o.inbox, Reader: o.line.(channels.Reader), Shelf: log, Board: o.board, Log: slog.New(slog.DiscardHandler), Wake: log.Wake(), Every: 20 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = reading.Run(ctx) // it ends with ctx
	}()
	t.Cleanup(func() { cancel(); <-done })
	return log
}
