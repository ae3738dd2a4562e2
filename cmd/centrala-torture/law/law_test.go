package law

import (
	"fmt"
	"slices"
	"testing"
)

// whole is a record in which every law is kept: two customers and an agent, a note, a reconnect.
func whole() *Record {
	r := &Record{}
	marta := r.Read(&Reader{Name: "Marta", Customer: true, Sees: map[string]bool{"c_1": true}})
	jan := r.Read(&Reader{Name: "Jan", Customer: true, Sees: map[string]bool{"c_2": true}})
	ania := r.Read(&Reader{Name: "Ania"})
	say := func(by string, order int, conversation string, seq int64, note bool) {
		text := fmt.Sprintf("%s %d", by, order)
		s := r.Say(&Said{By: by, Order: order, Key: by + fmt.Sprint(order), Text: text, Note: note})
		r.Acknowledge(s, conversation, seq)
	}
	say("Marta", 0, "c_1", 1, false)
	say("Marta", 1, "c_1", 2, false)
	say("Ania", 0, "c_1", 4, true)
	say("Ania", 1, "c_1", 5, false)
	say("Jan", 0, "c_2", 1, false)
	hear := func(to *Reader, socket int, conversation string, seq int64, by string, order int) {
		a := Arrival{Socket: socket, Conversation: conversation, Seq: seq, Text: fmt.Sprintf("%s %d", by, order)}
		if by == to.Name {
			a.Key = by + fmt.Sprint(order)
		}
		r.Hear(to, a)
	}
	for _, to := range []*Reader{marta, ania} {
		hear(to, 1, "c_1", 1, "Marta", 0)
		hear(to, 1, "c_1", 2, "Marta", 1)
		r.Hear(to, Arrival{Socket: 1, Conversation: "c_1", Seq: 3, System: true})
	}
	r.Hear(marta, Arrival{Socket: 2, Conversation: "c_1", Seq: 3, System: true}) // after a reconnect once more
	r.Hear(marta, Arrival{Socket: 2, Conversation: "c_1", Seq: 4, Hidden: true})
	hear(ania, 1, "c_1", 4, "Ania", 0)
	hear(marta, 2, "c_1", 5, "Ania", 1)
	hear(ania, 1, "c_1", 5, "Ania", 1)
	hear(jan, 1, "c_2", 1, "Jan", 0)
	hear(ania, 1, "c_2", 1, "Jan", 0)
	r.Say(&Said{By: "Jan", Order: 1, Key: "Jan1", Text: "Jan 1"}) // on its way when the line was cut
	byMail(r, ania, say)
	log := r.Read(&Reader{Name: "the log", Log: true})
	for _, a := range slices.Clone(ania.Arrivals) {
		a.Socket = 0
		r.Hear(log, a)
	}
	for ms := range 10 {
		r.Leave(Farewell{Term: 1, Name: "Marta", Code: 1012, RetryAfter: 300 + 400*ms})
	}
	r.Return(&Tab{Name: "Jan, tab 1", Conversation: "c_2", From: 0, Upto: 1, Seqs: []int64{1}, Texts: []string{"Jan 0"}, Resumed: true})
	r.Expect(true, "the disk was full and somebody was told")
	return r
}

// byMail is an exchange of mails: Ewa writes twice and is answered twice, the second time after
// nobody knew what became of the answer.
func byMail(r *Record, ania *Reader, say func(string, int, string, int64, bool)) {
	for n := range 2 {
		r.Post(Posted{By: "Ewa", Order: n, ID: fmt.Sprintf("<e%d@x>", n), Text: fmt.Sprintf("Ewa %d", n)})
		r.Hear(ania, Arrival{Socket: 1, Conversation: "c_3", Seq: int64(1 + 2*n), Text: fmt.Sprintf("Ewa %d", n)})
		say("Ania", 2+n, "c_3", int64(2+2*n), false)
		r.Hear(ania, Arrival{Socket: 1, Conversation: "c_3", Seq: int64(2 + 2*n), Key: fmt.Sprintf("Ania%d", 2+n), Text: fmt.Sprintf("Ania %d", 2+n)})
		r.Account(Delivery{Conversation: "c_3", Seq: int64(2 + 2*n), State: "handed_over", Asked: n})
		for range 1 + n {
			r.Deliver(Mail{To: "Ewa", MessageID: fmt.Sprintf("<a%d@x>", n), Text: fmt.Sprintf("Ania %d", 2+n), Answers: []string{fmt.Sprintf("<e%d@x>", n)}})
		}
	}
}

func (r *Record) reader(name string) *Reader {
	return r.readers[slices.IndexFunc(r.readers, func(x *Reader) bool { return x.Name == name })]
}

// unsent is the message without an acknowledgement.
func (r *Record) unsent() *Said {
	return r.said[slices.IndexFunc(r.said, func(s *Said) bool { return !s.Acknowledged() })]
}

// drop takes away what a reader heard at a place.
func (r *Reader) drop(conversation string, seq int64) {
	r.Arrivals = slices.DeleteFunc(r.Arrivals, func(a Arrival) bool { return a.Conversation == conversation && a.Seq == seq })
}

// A server that breaks one law is caught by that law, and by none that it keeps.
func TestEachBreachIsCaught(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(*Record)
		laws  []string
	}{
		{"nothing is wrong", func(*Record) {}, nil},
		{"an acknowledged message is in nobody's timeline", func(r *Record) { r.Acknowledge(r.unsent(), "c_2", 2) }, []string{"kept"}},
		{"one reader misses the last message", func(r *Record) { r.reader("Marta").drop("c_1", 5) }, []string{"kept"}},
		{"one reader has a hole", func(r *Record) { r.reader("Ania").drop("c_1", 3) }, []string{"dense"}},
		{"a resent message is stored twice", func(r *Record) {
			r.Hear(r.reader("Jan"), Arrival{Socket: 1, Conversation: "c_2", Seq: 2, Key: "Jan0", Text: "Jan 0"})
		}, []string{"once"}},
		{"a key is taken twice with other words", func(r *Record) {
			r.Hear(r.reader("Jan"), Arrival{Socket: 1, Conversation: "c_2", Seq: 2, Key: "Jan0", Text: "Jan 0 again"})
		}, []string{"once"}},
		{"the words that were on their way come twice", func(r *Record) {
			for seq := range int64(2) {
				r.Hear(r.reader("Ania"), Arrival{Socket: 1, Conversation: "c_2", Seq: 2 + seq, Text: "Jan 1"})
			}
		}, []string{"once"}},
		{"two messages changed places", func(r *Record) { r.said[0].Order, r.said[1].Order = 1, 0 }, []string{"ordered"}},
		{"a socket gets a lower seq late", func(r *Record) {
			a := r.reader("Ania").Arrivals
			a[1], a[2] = a[2], a[1]
		}, []string{"ordered"}},
		{"a socket gets a message twice", func(r *Record) {
			r.Hear(r.reader("Jan"), Arrival{Socket: 1, Conversation: "c_2", Seq: 1, Key: "Jan0", Text: "Jan 0"})
		}, []string{"ordered"}},
		{"two readers read different words", func(r *Record) { r.reader("Ania").Arrivals[0].Text = "other" }, []string{"kept", "agreed"}},
		{"a reload shows other words", func(r *Record) {
			r.Hear(r.reader("Jan"), Arrival{Socket: 2, Conversation: "c_2", Seq: 1, Text: "other"})
		}, []string{"agreed"}},
		{"a customer reads a note", func(r *Record) {
			for i, a := range r.reader("Marta").Arrivals {
				if a.Hidden {
					r.reader("Marta").Arrivals[i] = Arrival{Socket: 2, Conversation: "c_1", Seq: 4, Text: "Ania 0"}
				}
			}
		}, []string{"private"}},
		{"a customer reads another's conversation", func(r *Record) {
			r.Hear(r.reader("Jan"), Arrival{Socket: 1, Conversation: "c_1", Seq: 1, Text: "Marta 0"})
		}, []string{"private"}},
		{"a mail leaves twice", func(r *Record) { r.Deliver(r.mails[0]) }, []string{"outside"}},
		{"what was asked for again leaves twice more", func(r *Record) { r.Deliver(r.mails[2]) }, []string{"outside"}},
		{"a mail leaves under another name", func(r *Record) { r.mails[1].MessageID = "<other@x>" }, []string{"outside"}},
		{"a mail that is handed over never left", func(r *Record) { r.mails = r.mails[1:] }, []string{"outside"}},
		{"a mail that left waits to be sent", func(r *Record) { r.ledger[0].State = "queued" }, []string{"outside"}},
		{"a mail is being handed over for ever", func(r *Record) { r.ledger[0].State = "handing_over" }, []string{"outside"}},
		{"an answer is no row of the ledger", func(r *Record) { r.ledger = r.ledger[1:] }, []string{"outside"}},
		{"a mail leaves that nobody wrote", func(r *Record) {
			r.Deliver(Mail{To: "Ewa", MessageID: "<b@x>", Text: "Buy!", Answers: []string{"<e0@x>"}})
		}, []string{"outside"}},
		{"a mail of the mailbox is not in the log", func(r *Record) {
			r.Post(Posted{By: "Ewa", Order: 2, ID: "<e2@x>", Text: "Ewa 2"})
		}, []string{"kept"}},
		{"a mail is taken twice", func(r *Record) {
			for _, name := range []string{"Ania", "the log"} {
				r.Hear(r.reader(name), Arrival{Socket: 9, Conversation: "c_3", Seq: 5, Text: "Ewa 1"})
			}
		}, []string{"once"}},
		{"mails change places", func(r *Record) { r.posted[0], r.posted[1] = r.posted[1], r.posted[0] }, []string{"ordered"}},
		{"a reply opens another conversation", func(r *Record) {
			r.Post(Posted{By: "Ewa", Order: 2, ID: "<e2@x>", Text: "Ewa 2"})
			for _, name := range []string{"Ania", "the log"} {
				r.Hear(r.reader(name), Arrival{Socket: 9, Conversation: "c_4", Seq: 1, Text: "Ewa 2"})
			}
		}, []string{"threaded"}},
		{"an answer names no mail", func(r *Record) { r.mails[0].Answers = nil }, []string{"threaded"}},
		{"an answer goes to somebody else", func(r *Record) { r.mails[0].To = "Jan" }, []string{"threaded"}},
		{"a socket just ends", func(r *Record) { r.goodbye[0] = Farewell{Term: 1, Name: "Jan", Code: -1} }, []string{"polite"}},
		{"all sockets come back at once", func(r *Record) {
			for i := range r.goodbye {
				r.goodbye[i].RetryAfter = 1000
			}
		}, []string{"polite"}},
		{"a socket comes back never", func(r *Record) { r.goodbye[0].RetryAfter = 0 }, []string{"polite"}},
		{"a tab stays away", func(r *Record) { r.tabs[0].Resumed = false }, []string{"resumed"}},
		{"a tab misses the last", func(r *Record) { r.tabs[0].Upto = 2 }, []string{"resumed"}},
		{"a tab skips one", func(r *Record) { r.tabs[0].Seqs[0] = 2 }, []string{"resumed"}},
		{"a tab reads other words", func(r *Record) { r.tabs[0].Texts[0] = "Jan 9" }, []string{"resumed"}},
		{"what had to happen did not", func(r *Record) { r.Expect(false, "nobody was told") }, []string{"behaved"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := whole()
			tt.spoil(r)
			var broken []string
			for _, v := range Judge(r) {
				if v.Checked == 0 {
					t.Errorf("the law %q had nothing to check", v.Law.Name)
				}
				if len(v.Breaches) > 0 {
					broken = append(broken, v.Law.Name)
				}
			}
			if !slices.Equal(broken, tt.laws) {
				t.Errorf("broken: %v, want %v", broken, tt.laws)
			}
		})
	}
}
