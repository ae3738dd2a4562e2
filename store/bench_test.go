package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/storetest"
)

// BenchmarkTalk is what a durable message costs while so many customers talk to agents: each
// waits for the acknowledgement of their words and gets an answer, and what is committed is
// marked as published, as the relay does. cpu-µs/op is the processor time of this process, so
// without PostgreSQL's own.
func BenchmarkTalk(b *testing.B) {
	for name, dsn := range storetest.Both() {
		for _, customers := range []int{1, 50, 500} {
			b.Run(fmt.Sprintf("%s/%d", name, customers), func(b *testing.B) { talk(b, dsn(b), customers) })
		}
	}
}

func talk(b *testing.B, dsn string, customers int) {
	db, err := store.Open(b.Context(), dsn, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.OnCommit(func(cs []centrala.Commit) {
		ids := make([]centrala.EventID, len(cs))
		for i, c := range cs {
			ids[i] = c.Event.ID
		}
		db.Published(ids)
	})
	in, err := db.SaveInbox(b.Context(), centrala.Inbox{Slug: "web", Name: "web", Channel: centrala.Chat, Enabled: true})
	if err != nil {
		b.Fatal(err)
	}
	ania, err := db.SaveAgent(b.Context(), centrala.Agent{Email: "ania@example.test", Name: "Ania", Role: centrala.RoleAgent})
	if err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	contacts := make([]centrala.Contact, customers)
	for i := range contacts {
		contacts[i] = centrala.Contact{ID: db.NewContactID(), Name: "Marta"}
	}
	run := func(messages int) {
		left.Store(int64(messages))
		var all sync.WaitGroup
		for _, k := range contacts {
			all.Go(func() { chat(b, db, in.ID, k, ania, &left) })
		}
		all.Wait()
	}
	run(4 * customers) // the conversations are open and claimed
	before, _ := db.Stats(b.Context())
	cpu := processorTime(b)
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	cpu = processorTime(b) - cpu
	after, err := db.Stats(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(after.Operations-before.Operations)/float64(after.Transactions-before.Transactions), "messages/commit")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// chat lets one customer talk to an agent until no messages are left.
func chat(b *testing.B, db *store.DB, in centrala.InboxID, k centrala.Contact, ania centrala.Agent, left *atomic.Int64) {
	for left.Add(-2) >= 0 {
		r, err := db.Append(b.Context(), centrala.Post{Sender: "v_" + k.ID.String(), Key: fmt.Sprintf("%016x", db.NewID()),
			Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: k.Name}, Inbox: in, Channel: centrala.Chat, Contact: &k,
			Text:  "Dzień dobry, kiedy wrócą pieniądze za anulowane zamówienie 2487-1193-05? Czekam już tydzień i nic.",
			Scope: centrala.Scope{Contact: k.ID, Inbox: in}})
		if err != nil {
			b.Error(err)
			return
		}
		_, err = db.Append(b.Context(), centrala.Post{Sender: ania.ID.String(), Key: fmt.Sprintf("%016x", db.NewID()),
			Author: centrala.Author{Kind: centrala.ByAgent, ID: ania.ID.String(), Name: ania.Name}, Conversation: r.Conversation, Agent: ania.ID,
			Text: "Sprawdzam, chwileczkę. Zwrot wyszedł w środę i powinien być u Pani najdalej jutro rano.", Scope: centrala.Everything()})
		if err != nil {
			b.Error(err)
			return
		}
	}
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
