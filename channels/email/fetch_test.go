package email_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/email"
	"centrala/lab"
)

// maker is an IMAP server of one make, as the promises of fetching need it.
type maker struct {
	at          centrala.Server
	put         func([]byte) error
	stop, start func(testing.TB)
}

// makers are the servers that mail is fetched from in real life's two families, and the first
// without MOVE.
func makers(t *testing.T) map[string]func(*testing.T) maker {
	t.Helper()
	dovecot := func(c lab.DovecotConfig) func(*testing.T) maker {
		return func(t *testing.T) maker {
			d := channelstest.NewDovecotLike(t, c)
			return maker{d.Server, d.Put, d.Stop, d.Start}
		}
	}
	return map[string]func(*testing.T) maker{
		"Dovecot":              dovecot(lab.DovecotConfig{}),
		"Dovecot without MOVE": dovecot(lab.DovecotConfig{More: "imap_capability = IMAP4rev1 LITERAL+ SASL-IR UIDPLUS IDLE\n"}),
		"Cyrus": func(t *testing.T) maker {
			c := channelstest.NewCyrus(t)
			return maker{c.Server, c.Put,
				func(t testing.TB) { fine(t, c.Stop()) },
				func(t testing.TB) { fine(t, c.Start(context.Background())) }}
		},
	}
}

// shop is a mailbox at a maker's server and a line that reads it.
type shop struct {
	*post
	maker
}

func newShop(t *testing.T, at maker, change ...func(*centrala.Mailbox)) *shop {
	t.Helper()
	s := &shop{&post{board: &channels.Board{}, log: &channelstest.Recorder{}}, at}
	blobs := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = blobs.Close() }) // in memory
	s.line = email.New(email.Config{Blobs: blobs, Board: s.board, PollEvery: time.Hour, Timeout: 20 * time.Second,
		Wait: func(int, time.Duration) time.Duration { return 20 * time.Millisecond }})
	box := &centrala.Mailbox{Address: "bok@firma.test", IMAP: at.at, IMAPPassword: channelstest.Password}
	for _, f := range change {
		f(box)
	}
	s.inbox = centrala.Inbox{ID: 7, Channel: centrala.Email, Enabled: true, Mailbox: box}
	s.client(t) // where a mailbox is made by the first login
	return s
}

// client is a mail program of somebody who looks into the mailbox too.
func (s *shop) client(t *testing.T) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(fmt.Sprintf("%s:%d", s.at.Host, s.at.Port), nil)
	fine(t, err)
	t.Cleanup(func() { _ = c.Close() }) // may be closed by the server already
	fine(t, c.Login(s.at.User, channelstest.Password).Wait())
	return c
}

func letterOf(subject string) []byte {
	return fmt.Appendf(nil, "From: jan@example.test\r\nTo: bok@firma.test\r\nSubject: %s\r\nMessage-ID: <%s@example.test>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nTreść: %s\r\n",
		subject, strings.ReplaceAll(subject, " ", "."), subject)
}

func (s *shop) write(t *testing.T, subject string) {
	t.Helper()
	fine(t, s.put(letterOf(subject)))
}

// append puts a mail into any folder.
func (s *shop) append(t *testing.T, c *imapclient.Client, folder, subject string) {
	t.Helper()
	raw := letterOf(subject)
	cmd := c.Append(folder, int64(len(raw)), nil)
	_, err := cmd.Write(raw)
	fine(t, err)
	fine(t, cmd.Close())
	_, err = cmd.Wait()
	fine(t, err)
}

// subjects are those in a folder now, with their flags.
func (s *shop) subjects(t *testing.T, folder string) map[string][]imap.Flag {
	t.Helper()
	c := s.client(t)
	defer c.Close()
	got := make(map[string][]imap.Flag)
	data, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || data.NumMessages == 0 {
		return got
	}
	all, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{Envelope: true, Flags: true}).Collect()
	fine(t, err)
	for _, m := range all {
		got[m.Envelope.Subject] = m.Flags
	}
	return got
}

func (s *shop) open(t *testing.T) {
	t.Helper()
	s.listen(t)
	s.works(t)
}

func (s *shop) works(t *testing.T) {
	t.Helper()
	channelstest.Eventually(t, "the line works", func() bool {
		h, ok := s.board.Line(7, channels.In)
		return ok && h.State == channels.Working
	})
}

func taken(in []centrala.Inbound) []string {
	var all []string
	for _, i := range in {
		all = append(all, i.Subject)
	}
	return all
}

// What fetching promises holds for every make of server.
func TestFetching(t *testing.T) {
	t.Parallel()
	for name, start := range makers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for promise, test := range map[string]func(*testing.T, maker){
				"new mail is there at once":              atOnce,
				"a backlog comes in order":               backlog,
				"folders are read at the same time":      severalFolders,
				"what is stored is moved":                moves,
				"what is stored is marked":               marks,
				"a folder is made anew":                  remade,
				"the server ends in the middle":          ends,
				"we end between the commit and the move": endsBetween,
				"a connection is half dead":              halfDead,
				"a refused password locks nobody out":    refusedPassword,
				"history is as long as asked":            history,
			} {
				t.Run(promise, func(t *testing.T) { test(t, start(t)) })
			}
		})
	}
}

// By IDLE alone: the next look would be in an hour.
func atOnce(t *testing.T, at maker) {
	s := newShop(t, at)
	s.open(t)
	var slowest time.Duration
	for n := range 5 {
		sent := time.Now()
		s.write(t, fmt.Sprintf("sprawa %d", n))
		s.log.Wait(t, n+1)
		slowest = max(slowest, time.Since(sent))
	}
	t.Logf("a new mail is in the log %v after its delivery at most", slowest.Round(time.Millisecond))
	if slowest > 2*time.Second {
		t.Errorf("a new mail took %v", slowest)
	}
	if h, _ := s.board.Line(7, channels.In); h.Watch != channels.Idle || h.LastOK.IsZero() {
		t.Errorf("the health is %+v", h)
	}
}

func backlog(t *testing.T, at maker) {
	s := newShop(t, at)
	const n = 300
	for i := range n {
		s.write(t, fmt.Sprintf("sprawa %04d", i))
	}
	began := time.Now()
	s.listen(t)
	got := taken(s.log.Wait(t, n))
	t.Logf("%d mails in %v", n, time.Since(began).Round(time.Millisecond))
	if len(got) != n || !slices.IsSorted(got) {
		t.Errorf("%d taken, in order: %v", len(got), slices.IsSorted(got))
	}
	if len(s.subjects(t, "INBOX")) != n {
		t.Error("a mailbox that is only read lost mails")
	}
}

func severalFolders(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.Folders = []string{"INBOX", "Reklamacje", "Zażółć"} })
	c := s.client(t)
	fine(t, c.Create("Reklamacje", nil).Wait())
	s.listen(t) // "Zażółć" is not there yet
	s.write(t, "w skrzynce")
	s.log.Wait(t, 1)
	channelstest.Eventually(t, "the line says which folder is missing", func() bool {
		h, _ := s.board.Line(7, channels.In)
		return h.State == channels.Failing && h.Code == "imap.folder" && strings.Contains(h.LastError, "Zażółć")
	})
	fine(t, c.Create("Zażółć", nil).Wait())
	s.works(t)
	for n, folder := range []string{"Zażółć", "Reklamacje"} {
		sent := time.Now()
		s.append(t, c, folder, "w "+folder)
		got := s.log.Wait(t, n+2)[n+1]
		if took := time.Since(sent); took > 2*time.Second || got.Cursor.Folder != folder || !strings.HasPrefix(got.ExternalID, folder+":") {
			t.Errorf("%s: after %v, cursor %+v", got.ExternalID, took, got.Cursor)
		}
	}
	found := s.line.Test(t.Context(), s.inbox)
	i := slices.IndexFunc(found, func(f channels.Finding) bool { return f.Check == "imap.folder" })
	if i < 0 || !slices.Contains(found[i].Folders, "Zażółć") || !slices.Contains(found[i].Folders, "INBOX") || !strings.Contains(found[i].Text["pl"], "3\u00a0wiadomości") {
		t.Errorf("the line test lists %+v", found)
	}
}

func moves(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.After, m.MoveTo = centrala.AfterMove, "Przyjęte" })
	for n := range 4 {
		s.write(t, fmt.Sprintf("sprawa %d", n))
	}
	refused := atomic.Bool{}
	s.log.Refuse(func(in centrala.Inbound) error { // what is not stored is not moved
		if in.Subject == "sprawa 2" && refused.CompareAndSwap(false, true) {
			if _, there := s.subjects(t, "INBOX")["sprawa 2"]; !there {
				t.Error("moved before the commit")
			}
			return centrala.Errorf(centrala.Unavailable, "The disk is full.")
		}
		return nil
	})
	s.listen(t)
	s.log.Wait(t, 4)
	channelstest.Eventually(t, "what is stored is in the other folder", func() bool { return len(s.subjects(t, "Przyjęte")) == 4 && len(s.subjects(t, "INBOX")) == 0 })
	s.write(t, "sprawa 4")
	s.log.Wait(t, 5)
	channelstest.Eventually(t, "a later one too", func() bool { _, there := s.subjects(t, "Przyjęte")["sprawa 4"]; return there })
	if _, again := s.log.Taken(); again != 0 {
		t.Errorf("%d mails were fetched twice", again)
	}
	if h, _ := s.board.Line(7, channels.In); h.Warning != "" {
		t.Errorf("the line warns: %s", h.Warning)
	}
}

func marks(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.After = centrala.AfterSeen })
	s.write(t, "pierwsza")
	s.open(t)
	s.write(t, "druga")
	s.log.Wait(t, 2)
	channelstest.Eventually(t, "both are marked as read", func() bool {
		there := s.subjects(t, "INBOX")
		return slices.Contains(there["pierwsza"], imap.FlagSeen) && slices.Contains(there["druga"], imap.FlagSeen)
	})
}

// A folder that is removed and made again numbers its mails anew; the log knows what it has.
func remade(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.Folders, m.PollEvery = []string{"Sprawy"}, "1s" })
	c := s.client(t)
	fine(t, c.Create("Sprawy", nil).Wait())
	for n := range 4 {
		s.append(t, c, "Sprawy", fmt.Sprintf("sprawa %d", n))
	}
	s.open(t)
	first := s.log.Wait(t, 4)
	fine(t, c.Delete("Sprawy").Wait())
	channelstest.Eventually(t, "the line misses the folder", func() bool {
		h, _ := s.board.Line(7, channels.In)
		return h.State == channels.Failing
	})
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1100 * time.Millisecond))) // servers make a UIDVALIDITY of the second
	fine(t, c.Create("Sprawy", nil).Wait())
	for n := range 5 {
		s.append(t, c, "Sprawy", fmt.Sprintf("sprawa %d", n))
	}
	got := s.log.Wait(t, 5)
	s.works(t)
	taken, again := s.log.Taken()
	if len(taken) != 5 || again != 4 || got[4].Subject != "sprawa 4" || got[4].Cursor.Validity == first[0].Cursor.Validity {
		t.Errorf("%d taken, %d known again, validity %d after %d", len(taken), again, got[4].Cursor.Validity, first[0].Cursor.Validity)
	}
}

func ends(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.After, m.MoveTo = centrala.AfterMove, "Przyjęte" })
	const n = 120
	for i := range n {
		s.write(t, fmt.Sprintf("sprawa %04d", i))
	}
	halfway, hold := make(chan struct{}), make(chan struct{})
	seen := 0
	s.log.Refuse(func(centrala.Inbound) error { // runs under the recorder's lock
		if seen++; seen == 70 {
			close(halfway)
			<-hold
		}
		return nil
	})
	s.listen(t)
	<-halfway // fifty are moved, twenty are stored and were not moved yet
	s.stop(t)
	close(hold)
	s.start(t)
	got := taken(s.log.Wait(t, n))
	s.works(t)
	if _, again := s.log.Taken(); again != 0 || len(got) != n || !slices.IsSorted(got) {
		t.Errorf("%d of %d taken, %d twice, in order: %v", len(got), n, again, slices.IsSorted(got))
	}
	there, moved := s.subjects(t, "INBOX"), s.subjects(t, "Przyjęte")
	for _, subject := range got {
		_, a := there[subject]
		if _, b := moved[subject]; a == b {
			t.Errorf("%s: in the folder %v, in the other %v", subject, a, b)
		}
	}
	t.Logf("%d lie where they were, %d are moved", len(there), len(moved))
}

// The reading ends when mails are stored and not moved yet: none is lost, none comes again, and
// each lies in one folder.
func endsBetween(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.After, m.MoveTo = centrala.AfterMove, "Przyjęte" })
	for n := range 6 {
		s.write(t, fmt.Sprintf("sprawa %d", n))
	}
	ctx, end := context.WithCancel(t.Context())
	seen := 0
	s.log.Refuse(func(centrala.Inbound) error { // runs under the recorder's lock
		if seen++; seen == 4 {
			end()
		}
		return nil
	})
	if err := s.line.Listen(ctx, s.inbox, s.log); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.log.Refuse(nil)
	s.open(t)
	s.write(t, "nowa")
	s.log.Wait(t, 7)
	channelstest.Eventually(t, "the new mail is moved", func() bool { _, there := s.subjects(t, "Przyjęte")["nowa"]; return there })
	got, again := s.log.Taken()
	there, moved := s.subjects(t, "INBOX"), s.subjects(t, "Przyjęte")
	if again != 0 || len(got) != 7 || len(there)+len(moved) != 7 {
		t.Errorf("%d taken, %d again, %d lie where they were and %d are moved", len(got), again, len(there), len(moved))
	}
	t.Logf("%d lie where they were, %d are moved", len(there), len(moved))
}

// The link goes silent without a word, as a middle box that forgot it does.
func halfDead(t *testing.T, at maker) {
	link, err := lab.NewLink(func() string { return fmt.Sprintf("%s:%d", at.at.Host, at.at.Port) }, 1)
	fine(t, err)
	t.Cleanup(func() { fine(t, link.Close()) })
	s := newShop(t, at)
	s.line = email.New(email.Config{Blobs: memblob.OpenBucket(nil), Board: s.board, PollEvery: time.Second, Timeout: time.Second,
		Wait: func(int, time.Duration) time.Duration { return 20 * time.Millisecond }})
	_, port, err := net.SplitHostPort(link.Addr())
	fine(t, err)
	s.inbox.Mailbox.IMAP.Port, err = strconv.Atoi(port)
	fine(t, err)
	s.open(t)
	link.Set(lab.Weather{Swallow: true})
	channelstest.Eventually(t, "the line notices", func() bool {
		h, _ := s.board.Line(7, channels.In)
		return h.State == channels.Failing
	})
	s.write(t, "po ciszy")
	link.Set(lab.Weather{})
	s.log.Wait(t, 1)
	s.works(t)
}

func refusedPassword(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) {
		m.IMAPPassword, m.Folders = "zgadywane", []string{"INBOX", "A", "B", "C", "D", "E"}
	})
	tries := atomic.Int32{}
	s.line = email.New(email.Config{Board: s.board, Wait: func(n int, limit time.Duration) time.Duration {
		tries.Store(int32(n))
		return 0
	}})
	err := s.line.Listen(t.Context(), s.inbox, s.log)
	var stopped *channels.Stopped
	if !errors.As(err, &stopped) || stopped.Code != "imap.login" || tries.Load() != 4 {
		t.Errorf("six folders: stopped after %d waits with %v", tries.Load(), err)
	}
}

// A mailbox that is new is read as far back as it asks for.
func history(t *testing.T, at maker) {
	s := newShop(t, at, func(m *centrala.Mailbox) { m.History = 3 })
	c := s.client(t)
	for _, days := range []int{40, 5, 2, 1, 0} {
		raw := letterOf(fmt.Sprintf("sprzed dni %d", days))
		cmd := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: time.Now().Add(-time.Duration(days) * 24 * time.Hour)})
		_, err := cmd.Write(raw)
		fine(t, err)
		fine(t, cmd.Close())
		_, err = cmd.Wait()
		fine(t, err)
	}
	s.open(t)
	s.write(t, "nowa")
	got := taken(s.log.Wait(t, 4))
	if !slices.Equal(got, []string{"sprzed dni 2", "sprzed dni 1", "sprzed dni 0", "nowa"}) {
		t.Errorf("taken: %v", got)
	}
}
