package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"centrala"
	"centrala/store"
	"centrala/store/storetest"
)

// BenchmarkAppend is the durable rate of messages by fifty customers who each wait for their
// acknowledgement, on SQLite with every commit synced.
func BenchmarkAppend(b *testing.B) {
	db, err := store.Open(b.Context(), storetest.SQLite(b), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	in, err := db.SaveInbox(b.Context(), centrala.Inbox{Slug: "web", Name: "web", Channel: centrala.Chat, Enabled: true})
	if err != nil {
		b.Fatal(err)
	}
	var customers atomic.Int64
	b.SetParallelism(25) // times GOMAXPROCS
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		k := centrala.Contact{ID: db.NewContactID(), Name: "Marta"}
		sender := fmt.Sprint("v_", customers.Add(1))
		for i := 0; pb.Next(); i++ {
			_, err := db.Append(b.Context(), centrala.Post{Sender: sender, Key: fmt.Sprintf("%016x", db.NewID()),
				Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: k.Name}, Inbox: in.ID, Channel: centrala.Chat, Contact: &k,
				Text:  "Dzień dobry, kiedy wrócą pieniądze za anulowane zamówienie 2487-1193-05? Czekam już tydzień i nic.",
				Scope: centrala.Scope{Contact: k.ID, Inbox: in.ID}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkSearch is how long an agent waits for a word that stands nowhere, the slowest search
// there is: 200 conversations of 50 messages are read through.
func BenchmarkSearch(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db, err := store.Open(b.Context(), dsn(b), store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			in, err := db.SaveInbox(b.Context(), centrala.Inbox{Slug: "web", Name: "web", Channel: centrala.Chat, Enabled: true})
			if err != nil {
				b.Fatal(err)
			}
			var customers sync.WaitGroup
			for n := range 200 {
				customers.Go(func() {
					k := centrala.Contact{ID: db.NewContactID(), Name: "Marta Wójcik"}
					for i := range 50 {
						if _, err := db.Append(b.Context(), centrala.Post{Sender: fmt.Sprint("v_", n), Key: fmt.Sprint("k", i),
							Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: k.Name}, Inbox: in.ID, Channel: centrala.Chat, Contact: &k,
							Text:  "Dzień dobry, kiedy wrócą pieniądze za anulowane zamówienie 2487-1193-05? Czekam już tydzień i nic.",
							Scope: centrala.Scope{Contact: k.ID, Inbox: in.ID}}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			customers.Wait()
			for b.Loop() {
				if items, _, err := db.Conversations(b.Context(), centrala.Everything(), centrala.Filter{Text: "reklamacja"}); err != nil || len(items) != 0 {
					b.Fatalf("%d conversations, %v", len(items), err)
				}
			}
		})
	}
}
