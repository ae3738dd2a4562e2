package store

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"centrala"
)

// desk is a store with an inbox and one customer's chat, whose last message the writer remembers.
func desk(t *testing.T) (db *DB, dsn string, post func(key, text string) (centrala.Receipt, error), contact centrala.ContactID) {
	t.Helper()
	dsn = "sqlite:" + filepath.Join(t.TempDir(), "c.db")
	db, err := Open(t.Context(), dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	in, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Side: centrala.Buyer, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	k := centrala.Contact{ID: db.NewContactID(), Name: "Marta", Side: centrala.Buyer}
	post = func(key, text string) (centrala.Receipt, error) {
		return db.Append(t.Context(), centrala.Post{Sender: "v_1", Key: key, Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String()},
			Inbox: in.ID, Channel: centrala.Chat, Contact: &k, Text: text, Scope: centrala.Scope{Contact: k.ID, Inbox: in.ID}})
	}
	for _, key := range []string{"1", "2"} {
		if _, err := post(key, "pytanie "+key); err != nil {
			t.Fatal(err)
		}
	}
	return db, dsn, post, k.ID
}

// remembered is how many conversations the writer remembers, asked on its own goroutine.
func remembered(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.write(t.Context(), func(tx *Tx) error { n = len(tx.w.recent.byID); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// What another process commits is seen by the next message: a contact blocked there is refused
// here, and seq goes on from what was written there.
func TestAnotherProcessIsSeen(t *testing.T) {
	t.Parallel()
	db, dsn, post, contact := desk(t)
	if remembered(t, db) != 1 {
		t.Fatal("the chat is not remembered, so nothing is tried here")
	}
	other, err := Open(t.Context(), dsn, Options{Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	r, err := post("3", "trzecie")
	if err != nil || r.Seq != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = other.Do(t.Context(), centrala.Everything(), r.Conversation, centrala.Complain{On: true}, centrala.Author{Kind: centrala.BySystem}) // takes seq 4
	if err != nil {
		t.Fatal(err)
	}
	if r, err = post("5", "piąte"); err != nil || r.Seq != 5 {
		t.Fatalf("after an entry of another process: %+v, %v", r, err)
	}
	if err := other.Block(t.Context(), centrala.Everything(), contact, true, centrala.Author{Kind: centrala.BySystem}); err != nil {
		t.Fatal(err)
	}
	if _, err := post("6", "szóste"); centrala.CodeOf(err) != centrala.Closed {
		t.Fatalf("blocked by another process: %v", err)
	}
}

// What was rolled back is not remembered, and what else changes a conversation or who is in it
// is not written over.
func TestForgotten(t *testing.T) {
	t.Parallel()
	db, _, post, contact := desk(t)
	refusal := centrala.Errorf(centrala.Conflict, "no")
	var at *conversation
	err := db.write(t.Context(), func(tx *Tx) error {
		var err error
		if at, err = tx.conversation(`c.contact = $1`, contact); err != nil {
			return err
		}
		at.LastSeq, at.LastN = 40, 40
		tx.update(at)
		return refusal
	})
	if centrala.CodeOf(err) != centrala.Conflict || remembered(t, db) != 0 {
		t.Fatalf("%v; remembered after a rollback: %d", err, remembered(t, db))
	}
	if r, err := post("3", "trzecie"); err != nil || r.Seq != 3 {
		t.Fatalf("after a rollback: %+v, %v", r, err)
	}
	if err := db.Seen(t.Context(), centrala.Scope{Contact: contact}, at.ID, centrala.Author{Kind: centrala.ByCustomer}, 3, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := post("4", "czwarte"); err != nil {
		t.Fatal(err)
	}
	c, err := db.Conversation(t.Context(), centrala.Everything(), at.ID)
	if err != nil || c.ReadByCustomer != 3 || c.LastSeq != 4 || c.Unread != 4 || time.Since(c.LastText.At) > time.Minute {
		t.Fatalf("%+v, %v", c, err)
	}
}

// What moves a conversation beside its words is remembered with them: a claim, a snooze, its end.
func TestRememberedAsItMoves(t *testing.T) {
	t.Parallel()
	db, _, post, _ := desk(t)
	ania, err := db.SaveAgent(t.Context(), centrala.Agent{Email: "ania@example.test", Name: "Ania", Role: centrala.RoleAgent})
	if err != nil {
		t.Fatal(err)
	}
	by := centrala.Author{Kind: centrala.ByAgent, ID: ania.ID.String(), Name: ania.Name}
	r, err := post("3", "trzecie")
	if err != nil {
		t.Fatal(err)
	}
	reply := func(key string) {
		t.Helper()
		if _, err := db.Append(t.Context(), centrala.Post{Sender: ania.ID.String(), Key: key, Author: by, Agent: ania.ID, Conversation: r.Conversation,
			Scope: centrala.Everything(), Text: "odpowiedź " + key}); err != nil {
			t.Fatal(err)
		}
	}
	do := func(cmd centrala.Command) {
		t.Helper()
		if _, err := db.Do(t.Context(), centrala.Everything(), r.Conversation, cmd, by); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []func(){
		func() { reply("a") }, func() { reply("b") }, func() { do(centrala.Snooze{Until: time.Now().Add(time.Hour)}) }, func() { do(centrala.Resolve{}) },
		func() { do(centrala.Reopen{}) }, func() { do(centrala.Tag{Tags: []string{"zwrot"}}) }, func() { do(centrala.Unassign{}) },
	} {
		step()
		if r, err = post(fmt.Sprint("k", i), "dalej"); err != nil {
			t.Fatalf("after step %d: %v", i+1, err)
		}
		var kept *conversation
		if err := db.write(t.Context(), func(tx *Tx) (err error) { kept, err = tx.byID(r.Conversation); return err }); err != nil {
			t.Fatal(err)
		}
		read, err := db.Conversation(t.Context(), centrala.Everything(), r.Conversation)
		if err != nil || !reflect.DeepEqual(kept.Conversation, read) {
			t.Errorf("after step %d it remembers\n%+v, the table has\n%+v (%v)", i+1, kept.Conversation, read, err)
		}
	}
}
