package storetest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
)

// houseCases are the promises about everything around the log, by noun.
func houseCases() []testCase {
	var all []testCase
	for _, noun := range [][]testCase{agentCases(), teamCases(), sessionCases(), inboxCases(), macroCases(), keyCases(), auditCases(),
		articleCases(), suggestionCases(), worthCases(), surveyCases(), followUpCases(), reportCases(), idempotencyCases()} {
		all = append(all, noun...)
	}
	return all
}

// lock is a real sealer: AES-GCM, the nonce in front.
type lock struct{ cipher.AEAD }

// newLock makes the sealer of a name, always with the same key.
func newLock(t testing.TB, name string) lock {
	t.Helper()
	key := sha256.Sum256([]byte(name))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return lock{gcm}
}

func (l lock) Seal(plain []byte) ([]byte, error) { return l.AEAD.Seal(nil, nil, plain, nil), nil }

func (l lock) Open(sealed []byte) ([]byte, error) { return l.AEAD.Open(nil, nil, sealed, nil) }

// need ends the test when something that must work does not.
func need(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused wants err to be a refusal with this code, and, when one is given, of this field.
func refused(t testing.TB, err error, code centrala.Code, field ...string) {
	t.Helper()
	if centrala.CodeOf(err) != code {
		t.Fatalf("got %v, want a refusal with %s", err, code)
	}
	if e, ok := errors.AsType[*centrala.Error](err); ok && len(field) > 0 && e.Field != field[0] {
		t.Fatalf("got %v of the field %q, want %q", err, e.Field, field[0])
	}
}

// same wants two values that print alike to be alike.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Fatalf("%s: got %s, want %s", what, g, w)
	}
}

// atOnce does n things at the same moment and tells how many worked. The others must have been
// refused with code.
func atOnce(t testing.TB, n int, code centrala.Code, do func(i int) error) (worked int) {
	t.Helper()
	errs := make([]error, n)
	var start, end sync.WaitGroup
	start.Add(1)
	for i := range n {
		end.Go(func() {
			start.Wait()
			errs[i] = do(i)
		})
	}
	start.Done()
	end.Wait()
	for _, err := range errs {
		switch centrala.CodeOf(err) {
		case "":
			worked++
		case code:
		default:
			t.Errorf("got %v, want nil or a refusal with %s", err, code)
		}
	}
	return worked
}

// raw reads one value past the store, as it lies in the database.
func (h *house) raw(t testing.TB, query string, args ...any) string {
	t.Helper()
	driver, source := "pgx", h.dsn
	if path, ok := strings.CutPrefix(h.dsn, "sqlite:"); ok {
		driver, source = "sqlite", path
	}
	db, err := sql.Open(driver, source)
	need(t, err)
	defer db.Close()
	var value []byte
	need(t, db.QueryRow(query, args...).Scan(&value))
	return string(value)
}

// happened lists the events of the given types since the store began, in order.
func (h *house) happened(t testing.TB, types ...centrala.EventType) []centrala.Event {
	t.Helper()
	commits, err := h.Since(t.Context(), centrala.Everything(), 0, 10_000)
	need(t, err)
	var out []centrala.Event
	for _, c := range commits {
		for _, typ := range types {
			if c.Event.Type == typ {
				out = append(out, c.Event)
			}
		}
	}
	return out
}

// matter is a conversation that a new contact began in the widget.
func (h *house) matter(t testing.TB, side centrala.Side) centrala.Conversation {
	t.Helper()
	id := h.NewContactID()
	return h.matterOf(t, centrala.Contact{ID: id, Name: "Ewa", Email: id.String() + "@klient.test", Side: side})
}

func (h *house) matterOf(t testing.TB, k centrala.Contact) centrala.Conversation {
	t.Helper()
	r, err := h.Append(t.Context(), centrala.Post{
		Sender: "v_" + k.ID.String(), Key: fmt.Sprint(h.NewID()), Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: k.Name},
		Inbox: h.widget.ID, Channel: centrala.Chat, Contact: &k, Scope: centrala.Scope{Contact: k.ID, Inbox: h.widget.ID}, Text: "Gdzie jest paczka?",
	})
	need(t, err)
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	need(t, err)
	return c
}

// replied is an answer of ania's.
func (h *house) replied(t testing.TB, c centrala.ConversationID) {
	t.Helper()
	_, err := h.Append(t.Context(), centrala.Post{
		Sender: h.ania.ID.String(), Key: fmt.Sprint(h.NewID()), Author: centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: h.ania.Name},
		Conversation: c, Agent: h.ania.ID, Scope: centrala.Everything(), Text: "Już sprawdzam.",
	})
	need(t, err)
}

// asked is a survey about a conversation, open for thirty days and due by mail in one.
func (h *house) asked(t testing.TB, c centrala.Conversation) centrala.Survey {
	t.Helper()
	now := h.clock.now()
	s, err := h.Invite(t.Context(), centrala.Survey{Conversation: c.ID, Agent: h.ania.ID, Team: c.Team, Side: c.Side, Channel: c.Channel,
		Locale: "pl", MailAt: now.Add(24 * time.Hour), ExpiresAt: now.Add(30 * 24 * time.Hour)})
	need(t, err)
	return s
}

// rawExec changes the tables past the store, as a restored backup or a lost row would.
func (h *house) rawExec(t testing.TB, query string, args ...any) {
	t.Helper()
	driver, source := "pgx", h.dsn
	if path, ok := strings.CutPrefix(h.dsn, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	need(t, err)
	defer db.Close()
	_, err = db.Exec(query, args...)
	need(t, err)
}
