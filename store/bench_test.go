package store_test

import (
	"fmt"
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
