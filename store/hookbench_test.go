package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/storetest"
)

// plain seals nothing.
type plain struct{}

func (plain) Seal(b []byte) ([]byte, error) { return b, nil }
func (plain) Open(b []byte) ([]byte, error) { return b, nil }

// BenchmarkReadHooks is what one hook of a thousand messages costs, of people who have written
// before and in which every tenth thing is an edit.
func BenchmarkReadHooks(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "b.db") }, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) { readHooks(b, dsn(b)) })
	}
}

func readHooks(b *testing.B, dsn string) {
	db, err := store.Open(b.Context(), dsn, store.Options{Seal: plain{}})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	in, err := db.SaveInbox(b.Context(), centrala.Inbox{Slug: "fb", Name: "fb", Channel: centrala.Messenger, Enabled: true, Account: &centrala.Account{ID: "page"}})
	if err != nil {
		b.Fatal(err)
	}
	round := 0
	for b.Loop() {
		b.StopTimer()
		round++
		var items []centrala.Inbound
		for n := range 1000 {
			who := fmt.Sprint("p", n%200)
			it := centrala.Inbound{Kind: centrala.KindMessage, Channel: in.Channel, ExternalID: fmt.Sprint(round, "-", n), Text: "Dzień dobry, kiedy wrócą pieniądze za anulowane zamówienie 2487-1193-05?",
				From: centrala.Address{Name: who, Address: who}, At: time.Now()}
			if n%10 == 9 {
				it.Kind, it.About, it.ExternalID = centrala.KindEdit, &centrala.About{ID: fmt.Sprint(round, "-", n-1), Version: 1}, ""
			}
			items = append(items, it)
		}
		if err := db.KeepHooks(b.Context(), []centrala.Hook{{Inbox: in.ID, Channel: in.Channel, Key: fmt.Sprint(round), Body: []byte("{}")}}, nil); err != nil {
			b.Fatal(err)
		}
		hooks, err := db.UnreadHooks(b.Context(), in.ID, 1)
		if err != nil || len(hooks) != 1 {
			b.Fatal(len(hooks), err)
		}
		b.StartTimer()
		if err := db.ReadHooks(b.Context(), []centrala.HookRead{{Hook: hooks[0].ID, Reading: centrala.Reading{Items: items}}}); err != nil {
			b.Fatal(err)
		}
	}
}
