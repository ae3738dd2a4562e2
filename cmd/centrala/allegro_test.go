package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/gateway/rest"
	"centrala/store"
)

// market is a program with a seller's account at a fake Allegro.
type market struct {
	*process
	h     *premises
	at    *channelstest.Allegro
	dsn   string
	admin string
	ania  string
	inbox string
}

// newMarket has an account that nobody has connected yet.
func newMarket(t *testing.T, dsn string) *market {
	t.Helper()
	m := &market{at: channelstest.NewAllegro(t), dsn: dsn}
	m.h = newPremises(t, dsn, fmt.Sprintf("[social.allegro]\napi_url = %q\nauth_url = %q\nevery = \"200ms\"\nissues_every = \"200ms\"\n", m.at.URL, m.at.URL))
	m.process = m.h.serve(t)
	m.admin = m.h.furnish(t, m.process)
	m.ania = m.login(t, "ania@firma.test")
	var door struct{ ID string }
	m.must(t, "POST", "/v1/inboxes", m.admin, map[string]any{"channel": "allegro", "name": "Allegro", "side": "buyer", "client_secret": channelstest.ClientSecret,
		"account": map[string]any{"client": channelstest.ClientID, "name": "sklep_ola", "mark_read": true}}, &door)
	m.inbox = door.ID
	return m
}

// kill ends the program as a power cut does.
func (m *market) kill() { _ = m.Process.Kill() } // it may be dead already

// again starts the program where it was left.
func (m *market) again(t *testing.T) {
	t.Helper()
	m.kill()
	_ = m.Wait() // it was killed
	m.process = m.h.serve(t)
}

func (m *market) device() string { return "/v1/inboxes/" + m.inbox + "/device" }

// begin asks for a code as the administrator.
func (m *market) begin(t *testing.T) (code centrala.DeviceCode) {
	t.Helper()
	m.must(t, "POST", m.device(), m.admin, nil, &code)
	if code.UserCode == "" || !strings.Contains(code.WholePage, code.UserCode) {
		t.Fatalf("the code is %+v", code)
	}
	return code
}

func (m *market) becomes(t *testing.T, what string, ok func(centrala.DeviceState) bool) (is centrala.DeviceState) {
	t.Helper()
	channelstest.Eventually(t, what, func() bool {
		m.must(t, "GET", m.device(), m.admin, nil, &is)
		return ok(is)
	})
	return is
}

func (m *market) ends(t *testing.T, want string) {
	t.Helper()
	m.becomes(t, "the account is "+want, func(is centrala.DeviceState) bool { return is.State == want })
}

// connect connects the account.
func (m *market) connect(t *testing.T) {
	t.Helper()
	m.at.Decides(m.begin(t).UserCode, "granted")
	m.ends(t, centrala.DeviceConnected)
}

// health waits until the inbox does as is wanted.
func (m *market) health(t *testing.T, what string, ok func(rest.InboxState) bool) (is rest.InboxState) {
	t.Helper()
	channelstest.Eventually(t, what, func() bool {
		var doors struct {
			Items []struct {
				ID    string
				State rest.InboxState
			}
		}
		m.must(t, "GET", "/v1/inboxes", m.admin, nil, &doors)
		for _, d := range doors.Items {
			if d.ID == m.inbox {
				is = d.State
			}
		}
		return ok(is)
	})
	return is
}

func working(is rest.InboxState) bool { return is.OK && is.LastOKAt != nil }

// audited are the actions of the audit log about the inbox, the latest first, each with its author.
func (m *market) audited(t *testing.T) (lines []string) {
	t.Helper()
	var log rest.List[rest.AuditLine]
	m.must(t, "GET", "/v1/audit", m.admin, nil, &log)
	for _, l := range log.Items {
		if l.Subject == m.inbox && l.Actor != nil {
			lines = append(lines, l.Action+" "+l.Actor.Name)
		}
	}
	return lines
}

// says waits until Ania may read words, and gives their conversation.
func (m *market) says(t *testing.T, text string) (conversation string) {
	t.Helper()
	channelstest.Eventually(t, text, func() bool {
		for _, c := range m.matters(t, m.ania, "") {
			if slices.Contains(m.said(t, c.ID), text) {
				conversation = c.ID
			}
		}
		return conversation != ""
	})
	return conversation
}

// said are the words of a conversation, in order.
func (m *market) said(t *testing.T, conversation string) (texts []string) {
	t.Helper()
	for _, e := range m.words(t, m.ania, conversation) {
		if e.Text != "" { // that a file came is an entry, too
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// answer answers as Ania.
func (m *market) answer(t *testing.T, conversation, text string, files ...string) (seq int64) {
	t.Helper()
	var sent struct{ Seq int64 }
	m.must(t, "POST", "/v1/conversations/"+conversation+"/messages", m.ania, map[string]any{"text": text, "attachments": files}, &sent)
	return sent.Seq
}

type parcel struct {
	Seq                  int64
	State, Reason, Cause string
}

// delivered waits until all that an answer left as is in a state.
func (m *market) delivered(t *testing.T, conversation string, seq int64, want string) (got []parcel) {
	t.Helper()
	eventuallyWithin(t, 90*time.Second, fmt.Sprintf("the delivery of %d is %s", seq, want), func() bool {
		var page struct{ Items []parcel }
		m.must(t, "GET", "/v1/conversations/"+conversation+"/deliveries", m.ania, nil, &page)
		got = slices.DeleteFunc(page.Items, func(p parcel) bool { return p.Seq != seq })
		return len(got) > 0 && !slices.ContainsFunc(got, func(p parcel) bool { return p.State != want })
	})
	return got
}

// eventuallyWithin is for what the program itself waits with.
func eventuallyWithin(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(d), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited %v and still not: %s", d, what)
		}
	}
}

// An administrator connects the account with a code that somebody confirms at Allegro, whatever becomes
// of the code and of the program meanwhile; who did so, and how it ended, is audited.
func TestAllegroIsConnected(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		is := m.health(t, "nobody has connected it", func(is rest.InboxState) bool { return is.Code == "allegro.connect" })
		if is.OK || is.Error == "" || is.FailingSince == nil {
			t.Errorf("before: %+v", is)
		}
		for _, method := range []string{"GET", "POST"} {
			m.refusal(t, http.StatusForbidden, method, m.device(), m.ania, nil)
		}

		m.at.Decides(m.begin(t).UserCode, "access_denied")
		m.ends(t, centrala.DeviceDenied)
		m.at.Decides(m.begin(t).UserCode, "expired")
		m.ends(t, centrala.DeviceExpired)

		m.begin(t) // given up for the next
		code := m.begin(t)
		m.at.Decides(code.UserCode, "slow_down")
		m.becomes(t, "Allegro wants to be asked less often", func(is centrala.DeviceState) bool { return is.Code != nil && is.Code.Interval == code.Interval+5 })
		m.again(t)
		shown := m.becomes(t, "it is pending", func(is centrala.DeviceState) bool { return is.State == centrala.DevicePending })
		if shown.Code == nil || shown.Code.UserCode != code.UserCode || shown.Code.WholePage != code.WholePage || !shown.Code.Expires.Equal(code.Expires) {
			t.Errorf("after a restart it shows %+v, not %+v", shown.Code, code)
		}
		m.at.Decides(code.UserCode, "granted")
		m.ends(t, centrala.DeviceConnected)
		m.health(t, "the line works", working)
		m.at.Write(channelstest.AllegroMessage{Login: "kupujaca_ola", Text: "Dzień dobry"})
		m.says(t, "Dzień dobry")

		const by = " Barbara Nowak"
		want := []string{"inbox.connected" + by, "inbox.connect" + by, "inbox.connect_expired" + by, "inbox.connect" + by, "inbox.connect_expired" + by, "inbox.connect" + by,
			"inbox.connect_denied" + by, "inbox.connect" + by, "inbox.created" + by}
		if got := m.audited(t); !slices.Equal(got, want) {
			t.Errorf("audited: %q", got)
		}
	})
}

// Tokens are renewed, each refresh token once. Where a crash loses what Allegro gave, it goes on by
// itself while the old one is still good; else the account stands still until somebody connects it, and
// nothing that was to be sent or read meanwhile is lost.
func TestAllegroTokens(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		m.connect(t)
		thread, _ := m.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "pierwsza"})
		c := m.says(t, "pierwsza")
		for n, text := range []string{"druga", "trzecia"} {
			m.at.Expire()
			m.at.Write(channelstest.AllegroMessage{Thread: thread, Login: "ola", Text: text})
			m.says(t, text)
			if got := m.at.Calls("refresh_token"); got != n+1 {
				t.Errorf("%d renewals, want %d", got, n+1)
			}
			m.again(t)
		}

		crash := func() {
			dead := make(chan struct{})
			m.at.OnGrant(func(string) { m.kill(); close(dead) })
			m.at.Expire()
			<-dead
			m.at.OnGrant(nil)
		}
		m.health(t, "it works", working)
		m.at.Be(channelstest.AllegroLike{Grace: time.Hour})
		crash()
		m.at.Write(channelstest.AllegroMessage{Thread: thread, Login: "ola", Text: "czwarta"})
		m.again(t)
		m.says(t, "czwarta")

		m.health(t, "it works", working)
		m.at.Be(channelstest.AllegroLike{})
		crash()
		m.again(t)
		is := m.health(t, "the account is stopped", func(is rest.InboxState) bool { return is.Code == "allegro.connect" })
		if is.OK || is.Error == "" {
			t.Errorf("the administrator is told %+v", is)
		}
		seq := m.answer(t, c, "Odpowiedź, która czeka.")
		m.at.Write(channelstest.AllegroMessage{Thread: thread, Login: "ola", Text: "piąta"})
		m.health(t, "the answer is kept", func(is rest.InboxState) bool { return is.Queued == 1 })
		m.delivered(t, c, seq, "queued")
		m.connect(t)
		m.says(t, "piąta")
		m.delivered(t, c, seq, "handed_over")
		m.health(t, "it works again", func(is rest.InboxState) bool { return working(is) && is.Queued == 0 })
		if sent := m.at.Sent(); len(sent) != 1 || sent[0].Text != "Odpowiedź, która czeka." {
			t.Errorf("sent %+v", sent)
		}
		want := []string{"pierwsza", "druga", "trzecia", "czwarta", "Odpowiedź, która czeka.", "piąta"}
		if got := m.said(t, c); !slices.Equal(got, want) {
			t.Errorf("it says %q", got)
		}
	})
}

// A connection that ends within a week is warned of; a sign-in that is away does not hide that.
func TestAllegroExpiry(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		m.connect(t)
		is := m.health(t, "it works", func(is rest.InboxState) bool { return working(is) && is.ExpiresAt != nil })
		if is.Warning != "" || time.Until(*is.ExpiresAt) < 80*24*time.Hour || is.RenewsAt == nil {
			t.Errorf("connected lately: %+v", is)
		}
		if code := m.end(t); code != 0 {
			t.Fatalf("the program ended with %d", code)
		}
		ends := time.Now().Add(6 * 24 * time.Hour)
		m.keepTokens(t, ends)
		m.at.Be(channelstest.AllegroLike{NoSignIn: true})
		m.process = m.h.serve(t)
		is = m.health(t, "its end is warned of", func(is rest.InboxState) bool { return is.Warning != "" })
		if is.ExpiresAt == nil || is.ExpiresAt.Sub(ends).Abs() > time.Second || is.OK {
			t.Errorf("while the sign-in is away: %+v", is)
		}
		m.at.Be(channelstest.AllegroLike{})
		m.health(t, "it is connected for long again", func(is rest.InboxState) bool {
			return working(is) && is.Warning == "" && time.Until(*is.ExpiresAt) > 80*24*time.Hour
		})
	})
}

// keepTokens has the account's connection end at a time, while the program is shut.
func (m *market) keepTokens(t *testing.T, ends time.Time) {
	t.Helper()
	keys, err := LoadKeys(m.h.data + "/key")
	if err != nil {
		t.Fatal(err)
	}
	dsn := m.dsn
	if dsn == "" {
		dsn = "sqlite:" + m.h.data + "/centrala.db"
	}
	db, err := store.Open(t.Context(), dsn, store.Options{Seal: keys, Node: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var id centrala.InboxID
	err = id.UnmarshalText([]byte(m.inbox))
	in, err2 := db.Inbox(t.Context(), id)
	if err = errors.Join(err, err2); err == nil {
		err = db.KeepTokens(t.Context(), id, in.Account.Refresh, in.Account.Token, in.Account.Refresh, ends)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Whatever happens while threads and issues are looked through, all of it comes, once and in order.
func TestAllegroMissesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		var mu sync.Mutex
		written := map[string][]string{} // by login
		write := func(login, text string, at time.Time) {
			mu.Lock()
			defer mu.Unlock()
			m.at.Write(channelstest.AllegroMessage{Login: login, Text: text, At: at})
			written[login] = append(written[login], text)
		}
		want := func() map[string][]string {
			mu.Lock()
			defer mu.Unlock()
			by := map[string][]string{}
			for login, texts := range written {
				by[login] = slices.Clone(texts)
			}
			return by
		}
		same := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		for n := range 45 {
			write("gadatliwa", fmt.Sprintf("słowo %d", n), same.Add(time.Duration(n/15)*time.Millisecond))
			write(fmt.Sprintf("k%02d", n), "dzień dobry", same)
		}
		kill := make(chan struct{})
		var once, late sync.Once
		var pages atomic.Int64
		m.at.OnCall(func(_, path string) {
			if path != "/messaging/threads" {
				return
			}
			page := pages.Add(1)
			if page == 2 {
				once.Do(func() { m.kill(); close(kill) })
			}
			if page > 4 {
				late.Do(func() { write("k07", "jeszcze coś", time.Time{}); write("nowa", "kiedy patrzyliście", time.Time{}) })
			}
		})
		m.connectKilled(t, kill)
		m.holds(t, want)

		for _, like := range []channelstest.AllegroLike{{Broken: 3}, {Cut: 3}} {
			m.at.Be(like)
			write("k08", fmt.Sprintf("po %+v", like), time.Time{})
			m.holds(t, want)
		}
		m.waits(t)
		write("k08", "po przerwie", time.Time{})
		m.holds(t, want)
	})
}

// connectKilled connects the account of a program that is killed at its first look.
func (m *market) connectKilled(t *testing.T, killed <-chan struct{}) {
	t.Helper()
	m.at.Decides(m.begin(t).UserCode, "granted")
	<-killed
	m.again(t)
	m.ends(t, centrala.DeviceConnected)
}

// holds waits until each buyer's conversation says what they wrote, and nothing else does.
func (m *market) holds(t *testing.T, written func() map[string][]string) {
	t.Helper()
	var got, want map[string][]string
	defer func() {
		if t.Failed() {
			t.Logf("came: %v\nwant: %v", got, want)
		}
	}()
	channelstest.Eventually(t, "all of it came, once and in order", func() bool {
		got, want = map[string][]string{}, written()
		for _, c := range m.matters(t, m.ania, "") {
			if c.Side != "buyer" || c.Channel != "allegro" {
				t.Fatalf("a conversation of %s on the side of %q", c.Channel, c.Side)
			}
			if said := want[c.Contact.Name]; len(said) > 0 {
				got[c.Contact.Name] = append(got[c.Contact.Name], m.said(t, c.ID)...)
			}
		}
		return len(got) == len(want) && !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(k string) bool { return !slices.Equal(got[k], want[k]) })
	})
}

// waits has Allegro ask to be left alone for three seconds, and holds the program to it.
func (m *market) waits(t *testing.T) {
	t.Helper()
	var mu sync.Mutex
	var calls []time.Time
	m.at.OnCall(func(string, string) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, time.Now())
	})
	m.at.Be(channelstest.AllegroLike{Busy: 1, Retry: 3 * time.Second})
	m.health(t, "it is said until when nothing is asked", func(is rest.InboxState) bool { return is.LimitedUntil != nil })
	m.health(t, "the line works again", func(is rest.InboxState) bool { return working(is) && is.LimitedUntil == nil })
	mu.Lock()
	defer mu.Unlock()
	var longest time.Duration
	for n := range len(calls) - 1 {
		longest = max(longest, calls[n+1].Sub(calls[n]))
	}
	if longest < 2900*time.Millisecond {
		t.Errorf("it was left alone for %v", longest)
	}
}

// A dispute and a claim, with order and offer beside them: what is said in them, by whom, what becomes of
// them, and answers to them.
func TestAllegroIssues(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		m.connect(t)
		dispute, claim := m.at.Open("DISPUTE", "ola", "Gdzie jest paczka?"), m.at.Open("CLAIM", "jan", "Kolor się nie zgadza")
		c, d := m.says(t, "Gdzie jest paczka?"), m.says(t, "Kolor się nie zgadza")
		m.at.Say(dispute, "ADMIN", "Prosimy o odpowiedź.")
		m.at.Say(dispute, "SELLER", "Napisane na stronie Allegro.")
		m.says(t, "Napisane na stronie Allegro.")
		seq := m.answer(t, c, "Paczka jest w drodze.")
		m.delivered(t, c, seq, "handed_over")
		m.at.Say(dispute, "BUYER", "Dziękuję")
		m.says(t, "Dziękuję")
		if got, want := m.said(t, c), []string{"Gdzie jest paczka?", "Allegro (ADMIN): Prosimy o odpowiedź.", "Napisane na stronie Allegro.", "Paczka jest w drodze.", "Dziękuję"}; !slices.Equal(got, want) {
			t.Errorf("it says %q", got)
		}
		if sent := m.at.Sent(); len(sent) != 1 || sent[0].Issue != dispute {
			t.Errorf("sent %+v", sent)
		}
		if who := m.words(t, m.ania, c); who[2].Author.Kind != "agent" || who[3].Author.Kind != "agent" {
			t.Errorf("the seller's words are by %+v and %+v", who[2].Author, who[3].Author)
		}

		about := m.about(t, d)
		if i := about["issue"]; i.ID != claim || i.Status != "CLAIM_SUBMITTED" || i.Due.IsZero() || about["order"].ID != "order-1" || about["offer"].ID != "9900112233" || about["offer"].URL == "" {
			t.Errorf("beside it: %+v", about)
		}
		m.at.Decide(claim, "CLAIM_REJECTED", true)
		channelstest.Eventually(t, "its end is seen", func() bool { return m.about(t, d)["issue"].Status == "CLAIM_REJECTED" })
		seq = m.answer(t, d, "Czy to jeszcze dojdzie?")
		if got := m.delivered(t, d, seq, "failed"); got[0].Reason == "" || got[0].Cause != "not-open" || !strings.Contains(got[0].Reason, "closed") {
			t.Errorf("refused as %+v", got)
		}
		if n := len(m.at.Sent()); n != 1 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

// about is what stands beside a conversation, by kind.
func (m *market) about(t *testing.T, conversation string) map[string]centrala.Matter {
	t.Helper()
	var view struct{ Matters []centrala.Matter }
	m.must(t, "GET", "/v1/conversations/"+conversation, m.ania, nil, &view)
	by := map[string]centrala.Matter{}
	for _, i := range view.Matters {
		by[i.Kind] = i
	}
	return by
}

// Answers leave whole and once, with their files, whatever becomes of the connection; what the seller
// types on Allegro's site is an answer, too.
func TestAllegroAnswers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		m := newMarket(t, dsn)
		m.at.Be(channelstest.AllegroLike{Gap: time.Millisecond})
		m.connect(t)
		const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR obrazek"
		thread, _ := m.at.Write(channelstest.AllegroMessage{Login: "ola", Text: "Czy pasuje?", Offer: "9900112233", Order: "zam-7",
			Files: []channelstest.AllegroFile{{Name: "foto.png", Type: "image/png", Data: png}}})
		c := m.says(t, "Czy pasuje?")
		if about := m.about(t, c); about["offer"].ID != "9900112233" || about["order"].ID != "zam-7" {
			t.Errorf("beside it: %+v", about)
		}
		var link string
		channelstest.Eventually(t, "the picture can be opened", func() bool {
			if first := m.words(t, m.ania, c)[0]; len(first.Attachments) == 1 {
				link = first.Attachments[0].URL
			}
			return link != ""
		})
		if _, body := m.get(t, strings.TrimPrefix(link, m.Base)); body != png {
			t.Errorf("the picture has %d bytes", len(body))
		}

		file, _ := m.attach(t.Context(), m.ania, "instrukcja.png", png)
		m.delivered(t, c, m.answer(t, c, "Tak, proszę.", file), "handed_over")
		sent := m.at.Sent()
		if len(sent) != 1 || sent[0].Thread != thread || sent[0].Text != "Tak, proszę." || len(sent[0].Files) != 1 || sent[0].Files[0].Data != png || sent[0].Files[0].Type != "image/png" {
			t.Fatalf("sent %+v", sent)
		}
		channelstest.Eventually(t, "the thread is marked as read", func() bool { return m.at.Read(thread) })

		long := strings.Repeat("zażółć gęślą jaźń ", 280)
		m.delivered(t, c, m.answer(t, c, long), "handed_over")
		var whole strings.Builder
		for _, s := range m.at.Sent()[1:] {
			if n := len([]rune(s.Text)); n > 2000 {
				t.Errorf("%d characters in one message", n)
			}
			whole.WriteString(s.Text)
		}
		if got, want := strings.Join(strings.Fields(whole.String()), ""), strings.Join(strings.Fields(long), ""); got != want {
			t.Errorf("of %d characters %d were sent", len(want), len(got))
		}
		before := len(m.at.Sent())

		m.at.Write(channelstest.AllegroMessage{Thread: thread, Login: "ola", Text: "Odpisane na stronie.", Ours: true})
		m.says(t, "Odpisane na stronie.")
		m.at.Write(channelstest.AllegroMessage{Thread: thread, Login: "ola", Text: "Dzięki!"})
		m.says(t, "Dzięki!")
		want := []string{"Czy pasuje?", "Tak, proszę.", strings.TrimSpace(long), "Odpisane na stronie.", "Dzięki!"}
		if got := m.said(t, c); !slices.EqualFunc(got, want, func(a, b string) bool { return strings.TrimSpace(a) == b }) {
			t.Errorf("it says %.400q", got)
		}
		for _, e := range m.words(t, m.ania, c) {
			if e.Text == "Odpisane na stronie." && e.Author.Kind != "agent" {
				t.Errorf("typed on the site by %+v", e.Author)
			}
		}
		if n := len(m.at.Sent()); n != before {
			t.Errorf("%d were sent for what was typed on the site", n-before)
		}
		m.silence(t)
	})
}

// silence: a message that was taken and one that was not, and of neither anything is heard.
func (m *market) silence(t *testing.T) {
	t.Helper()
	before := len(m.at.Sent())
	m.at.Write(channelstest.AllegroMessage{Login: "silent", Text: "Halo?"})
	c := m.says(t, "Halo?")
	m.delivered(t, c, m.answer(t, c, "Przyjęte bez słowa."), "handed_over")
	if sent := m.at.Sent(); len(sent) != before+1 {
		t.Fatalf("it was sent %d times", len(sent)-before)
	}

	m.at.Write(channelstest.AllegroMessage{Login: "daleka", Text: "Hop, hop"})
	c = m.says(t, "Hop, hop")
	m.at.Be(channelstest.AllegroLike{Gap: time.Millisecond, Deaf: 1})
	seq := m.answer(t, c, "Nie przyjęte.")
	m.delivered(t, c, seq, "unknown")
	m.delivered(t, c, seq, "handed_over") // it was asked after, and sent again
	if sent := m.at.Sent(); len(sent) != before+2 || sent[before+1].Text != "Nie przyjęte." {
		t.Errorf("sent %+v", sent[before:])
	}
	if got := m.said(t, c); !slices.Equal(got, []string{"Hop, hop", "Nie przyjęte."}) {
		t.Errorf("it says %q", got)
	}
}
