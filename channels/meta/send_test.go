package meta_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

func TestWhatIsSentBearsTheMarkTheAnswerAndTheTag(t *testing.T) {
	t.Parallel()
	for _, kind := range []centrala.Channel{centrala.Messenger, centrala.Instagram} {
		o := open(t, kind)
		out := o.outbound("Paczka wyjechała dziś rano.")
		out.Answers = "m_question"
		if _, err := o.send(t, out); err != nil {
			t.Fatal(err)
		}
		out.Window = centrala.Window{Until: time.Now().Add(-time.Hour), Extended: time.Now().Add(time.Hour)}
		if _, err := o.send(t, out); err != nil {
			t.Fatal(err)
		}
		got := o.Sent()
		if got[0].Mark != "centrala:out:"+out.Delivery.String() || got[0].ReplyTo != "m_question" || got[0].Kind != "RESPONSE" || got[0].Tag != "" {
			t.Errorf("%s: within the window %+v", kind, got[0])
		}
		if got[1].Kind != "MESSAGE_TAG" || got[1].Tag != "HUMAN_AGENT" {
			t.Errorf("%s: by a person, later %+v", kind, got[1])
		}
	}
}

// Outside the window nothing is called at all.
func TestNothingIsSentOutsideTheWindow(t *testing.T) {
	t.Parallel()
	over := centrala.Window{Until: time.Now().Add(-time.Hour)}
	human := centrala.Window{Until: time.Now().Add(-time.Hour), Extended: time.Now().Add(time.Hour)}
	for name, c := range map[string]struct {
		kind   centrala.Channel
		change func(*centrala.Outbound)
	}{
		"messenger":                 {centrala.Messenger, func(out *centrala.Outbound) { out.Window = over }},
		"instagram":                 {centrala.Instagram, func(out *centrala.Outbound) { out.Window = over }},
		"whatsapp in free words":    {centrala.WhatsApp, func(out *centrala.Outbound) { out.Window = over; out.Window.Template = true }},
		"a program later":           {centrala.Messenger, func(out *centrala.Outbound) { out.Window, out.Automatic = human, true }},
		"a bot later":               {centrala.Messenger, func(out *centrala.Outbound) { out.Window, out.Author.Kind = human, centrala.ByBot }},
		"the last second is gone":   {centrala.WhatsApp, func(out *centrala.Outbound) { out.Window.Until = time.Now() }},
		"long after the seven days": {centrala.Messenger, func(out *centrala.Outbound) { out.Window = over; out.Window.Extended = time.Now().Add(-time.Second) }},
	} {
		o := open(t, c.kind)
		out := o.outbound("Za późno.")
		c.change(&out)
		var rejected *centrala.Rejected
		if _, err := o.send(t, out); !errors.As(err, &rejected) || rejected.Cause != centrala.OutsideWindow {
			t.Errorf("%s: %v", name, err)
		}
		if asked := o.Asked(); len(asked) != 0 {
			t.Errorf("%s: Meta was asked %v", name, asked)
		}
	}
}

func TestATemplatePassesAtAnyTime(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	templates, err := o.line.(channels.Templater).Templates(t.Context(), o.inbox)
	if err != nil || len(templates) != 1 || templates[0].Name != "odpowiedz_bok" || templates[0].Blanks != 2 || templates[0].Locale != "pl" {
		t.Fatalf("templates %+v, %v", templates, err)
	}
	out := o.outbound("Dzień dobry Ola, w sprawie zwrotu mamy odpowiedź.")
	out.Window = centrala.Window{Until: time.Now().Add(-time.Hour), Template: true}
	out.Template = &centrala.Template{Name: "odpowiedz_bok", Locale: "pl", Params: []string{"Ola", "zwrotu"}}
	if _, err := o.send(t, out); err != nil {
		t.Fatal(err)
	}
	if got := o.Sent()[0]; got.Template != "odpowiedz_bok" || !slices.Equal(got.Params, []string{"Ola", "zwrotu"}) || got.Text != "" {
		t.Errorf("sent %+v", got)
	}
	out.Template.Params = out.Template.Params[:1]
	var rejected *centrala.Rejected
	if _, err := o.send(t, out); !errors.As(err, &rejected) || rejected.Cause != centrala.BadTemplate || !strings.Contains(rejected.Reason, "132000") {
		t.Errorf("with a blank too few: %v", err)
	}
}

func TestFilesAreUploadedAndSent(t *testing.T) {
	t.Parallel()
	png := channelstest.File{Name: "łóżko.png", Type: "image/png", Data: "\x89PNG" + strings.Repeat("ż", 1000)}
	for _, kind := range []centrala.Channel{centrala.Messenger, centrala.Instagram, centrala.WhatsApp} {
		o := open(t, kind)
		out := o.outbound("")
		if kind == centrala.WhatsApp {
			out.Text = "proszę"
		}
		out.Attachments = []centrala.Attachment{o.keep(t, png)}
		if _, err := o.send(t, out); err != nil {
			t.Fatal(err)
		}
		if got := o.Sent()[0]; got.File == nil || *got.File != png || got.Text != out.Text {
			t.Errorf("%s: sent %+v", kind, got)
		}
	}
	o := open(t, centrala.Instagram)
	var rejected *centrala.Rejected
	for _, f := range []centrala.Attachment{{Name: "a.zip", Type: "application/zip", Size: 1}, {Name: "a.png", Type: "image/png", Size: 9 << 20}} {
		out := o.outbound("")
		out.Attachments = []centrala.Attachment{f}
		if _, err := o.send(t, out); !errors.As(err, &rejected) || rejected.Cause != centrala.BadFile {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if asked := o.Asked(); len(asked) != 0 {
		t.Errorf("Meta was asked %v", asked)
	}
}

func TestSomebodyWithoutANumberIsWrittenToById(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	out := o.outbound("Dzień dobry")
	out.To.Address = "PL.998877"
	if _, err := o.send(t, out); err != nil {
		t.Fatal(err)
	}
	out.Aliases = []string{channelstest.MetaNumber}
	if _, err := o.send(t, out); err != nil {
		t.Fatal(err)
	}
	if got := o.Sent(); got[0].To != "PL.998877" || got[1].To != channelstest.MetaNumber {
		t.Errorf("sent to %q and %q", got[0].To, got[1].To)
	}
}

func TestACommentIsAnsweredInPublicOrInPrivate(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	out := o.outbound("99 zł")
	out.Channel, out.ThreadID, out.Window, out.Answers = centrala.Facebook, "post:900100200300_1:1_10", centrala.Window{}, "1_11"
	id, err := o.send(t, out)
	if err != nil || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	out.Channel, out.Window = centrala.Messenger, centrala.Window{Until: time.Now().Add(-time.Hour)}
	if _, err := o.send(t, out); err != nil {
		t.Fatal(err)
	}
	got := o.Sent()
	if !got[0].Public || got[0].Comment != "1_10" || got[0].Text != "99 zł" {
		t.Errorf("in public %+v", got[0])
	}
	if got[1].Public || got[1].Comment != "1_11" || got[1].Mark == "" || got[1].Kind != "RESPONSE" {
		t.Errorf("in private %+v", got[1])
	}
	found, ok, err := o.line.(channels.Checker).Sent(t.Context(), centrala.Outbound{Inbox: o.inbox, Channel: centrala.Facebook, ThreadID: out.ThreadID, Text: "99 zł", At: out.At})
	if err != nil || !ok || found != id {
		t.Errorf("looking for it: %q, %t, %v", found, ok, err)
	}
}

// An attempt whose answer was lost is in doubt, and Meta can be asked.
func TestAnAnswerThatWasLostIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, kind := range []centrala.Channel{centrala.Messenger, centrala.Instagram, centrala.WhatsApp} {
		o := open(t, kind)
		o.Fault(func(f *channelstest.MetaFaults) { f.Unheard = 1 })
		out := o.outbound("Raz i nie więcej")
		var doubt *centrala.Ambiguous
		if _, err := o.send(t, out); !errors.As(err, &doubt) {
			t.Fatalf("%s: %v", kind, err)
		}
		c, ok := o.line.(channels.Checker)
		if !ok {
			continue // of WhatsApp the status tells
		}
		id, found, err := c.Sent(t.Context(), out)
		if kind == centrala.Messenger && (err != nil || !found || id != o.Sent()[0].ID) {
			t.Errorf("%s: %q, %t, %v", kind, id, found, err)
		}
		out.Text = "Tego nie było"
		if _, found, err := c.Sent(t.Context(), out); found || err != nil {
			t.Errorf("%s: what was not sent was found, %v", kind, err)
		}
	}
}

func TestWhatWasReadIsTold(t *testing.T) {
	t.Parallel()
	for kind, want := range map[centrala.Channel]string{centrala.Messenger: channelstest.MetaPerson, centrala.WhatsApp: "wamid.TEST1"} {
		o := open(t, kind)
		if err := o.line.(channels.Receipts).MarkRead(t.Context(), o.inbox, "", channelstest.MetaPerson, "wamid.TEST1"); err != nil {
			t.Fatal(err)
		}
		if got := o.Seen(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: seen %q", kind, got)
		}
	}
}

// Each error of the table means what the page says.
func TestErrorsMeanWhatTheirCodesSay(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	kindOf := func(err error) string {
		var (
			rejected *centrala.Rejected
			stopped  *channels.Stopped
			busy     *channels.Busy
			later    *channels.Later
			doubt    *centrala.Ambiguous
		)
		switch {
		case errors.As(err, &rejected):
			return "rejected " + string(rejected.Cause)
		case errors.As(err, &stopped):
			return "stopped " + stopped.Code
		case errors.As(err, &busy):
			return "busy " + busy.For.String()
		case errors.As(err, &later):
			return "later " + later.For.String()
		case errors.As(err, &doubt):
			return "doubt"
		case err == nil:
			return "taken"
		}
		return "again"
	}
	for _, c := range []struct {
		status, code, subcode int
		want                  string
	}{
		{500, 1, 0, "again"}, {500, 2, 0, "again"}, {400, 1200, 0, "again"}, {400, 131000, 0, "again"}, {500, 131016, 0, "again"}, {503, 99, 0, "again"},
		{400, 4, 0, "busy 1m0s"}, {400, 17, 0, "busy 1m0s"}, {400, 32, 0, "busy 1m0s"}, {400, 613, 0, "busy 1m0s"}, {400, 80006, 0, "busy 1m0s"},
		{400, 80007, 0, "busy 1m0s"}, {400, 130429, 0, "busy 1m0s"}, {429, 77, 0, "busy 1m0s"},
		{400, 131056, 0, "later 6s"}, {400, 131049, 0, "later 24h0m0s"},
		{400, 131048, 0, "stopped meta.policy"}, {400, 368, 0, "stopped meta.policy"}, {403, 131031, 0, "stopped meta.policy"},
		{401, 0, 0, "stopped meta.token"}, {401, 190, 463, "stopped meta.token"}, {400, 102, 0, "stopped meta.token"},
		{400, 3, 0, "stopped meta.permission"}, {403, 10, 0, "stopped meta.permission"}, {403, 200, 0, "stopped meta.permission"}, {403, 299, 0, "stopped meta.permission"}, {400, 230, 0, "stopped meta.permission"},
		{400, 10, 2018278, "rejected outside-window"}, {400, 131047, 0, "rejected outside-window"},
		{400, 551, 0, "rejected unreachable"}, {400, 551, 1545041, "rejected unreachable"}, {403, 200, 1545041, "rejected unreachable"}, {400, 131026, 0, "rejected unreachable"}, {400, 131021, 0, "rejected unreachable"},
		{400, 100, 2018001, "rejected unreachable"}, {400, 100, 0, "rejected "}, {400, 131008, 0, "rejected "}, {400, 131009, 0, "rejected "},
		{400, 131051, 0, "rejected bad-file"}, {400, 131052, 0, "rejected bad-file"}, {400, 131053, 0, "rejected bad-file"},
		{404, 132001, 0, "rejected bad-template"}, {400, 132005, 0, "rejected bad-template"}, {400, 132015, 0, "rejected bad-template"},
		{400, 987654, 0, "rejected "},
	} {
		o.Fault(func(f *channelstest.MetaFaults) {
			f.Refused, f.Refusal = 1, channelstest.MetaRefusal{Status: c.status, Code: c.code, Subcode: c.subcode, Message: "because of " + channelstest.MetaToken}
		})
		_, err := o.send(t, o.outbound("x"))
		if got := kindOf(err); got != c.want {
			t.Errorf("status %d, code %d/%d: %s, want %s (%v)", c.status, c.code, c.subcode, got, c.want, err)
		}
		if strings.Contains(err.Error(), channelstest.MetaToken) {
			t.Errorf("a token in an error: %v", err)
		}
	}
	if got := o.Sent(); len(got) != 0 {
		t.Errorf("%d messages were sent", len(got))
	}
}

func TestTooManyCallsMakeTheAccountWait(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	o.Fault(func(f *channelstest.MetaFaults) { f.Limited, f.Usage, f.Regain = 1, 97, 19 })
	out := o.outbound("raz")
	var busy *channels.Busy
	if _, err := o.send(t, out); !errors.As(err, &busy) || busy.For != 19*time.Minute || busy.Domain != "" {
		t.Fatalf("%v, for %v", err, busy)
	}
	h, _ := o.board.Line(7, channels.Out)
	if h.Used != 100 || time.Until(h.Limited) < 18*time.Minute {
		t.Errorf("the board says %d %%, limited until %v", h.Used, h.Limited)
	}
	o.Fault(func(f *channelstest.MetaFaults) { f.Usage, f.Regain = 40, 0 })
	if _, err := o.send(t, out); err != nil {
		t.Fatal(err)
	}
	if h, _ := o.board.Line(7, channels.Out); h.Used != 40 || !h.Limited.IsZero() {
		t.Errorf("the board says %d %%, limited until %v", h.Used, h.Limited)
	}
}

// The echo that comes before the answer is known by its mark.
func TestAnEchoMayComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, kind := range []centrala.Channel{centrala.Messenger, centrala.WhatsApp} {
		o := open(t, kind)
		log := &channelstest.Recorder{}
		o.into(log)
		o.Callback(o.hook)
		o.Fault(func(f *channelstest.MetaFaults) { f.EchoFirst, f.Unheard = true, 1 })
		out := o.outbound("Sprawdzam")
		if _, err := o.send(t, out); err == nil {
			t.Fatal("the answer was not lost")
		}
		hooks, err := log.UnreadHooks(context.Background(), 7, 9)
		if err != nil || len(hooks) != 1 {
			t.Fatalf("%d hooks, %v", len(hooks), err)
		}
		r := channels.ReadHook(o.line.(channels.Reader), o.inbox, hooks[0])
		if in := r.Reading.Items[0]; in.About == nil || in.About.Ours != out.Delivery || in.About.ID != o.Sent()[0].ID || in.About.State != centrala.DeliveryHandedOver {
			t.Errorf("%s: %+v, about %+v", kind, in, in.About)
		}
	}
}
