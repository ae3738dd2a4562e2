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
	r.Deliver(Mail{MessageID: "<1@x>", Text: "Ania 1"})
	r.Deliver(Mail{MessageID: "<2@x>", Text: "Ania 7", Unknown: true})
	r.Deliver(Mail{MessageID: "<2@x>", Text: "Ania 7"}) // sent again by hand
	return r
}

func (r *Record) reader(name string) *Reader {
	return r.readers[slices.IndexFunc(r.readers, func(x *Reader) bool { return x.Name == name })]
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
		{"an acknowledged message is in nobody's timeline", func(r *Record) { r.Acknowledge(r.said[len(r.said)-1], "c_2", 2) }, []string{"kept"}},
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
		{"a mail leaves twice", func(r *Record) { r.Deliver(Mail{MessageID: "<1@x>"}) }, []string{"outside"}},
		{"a mail leaves again under another name", func(r *Record) { r.Deliver(Mail{MessageID: "<3@x>", Text: "Ania 1"}) }, []string{"outside"}},
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
