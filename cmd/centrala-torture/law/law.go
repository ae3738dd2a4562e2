package law

import (
	"cmp"
	"fmt"
	"slices"
)

// A Law is a promise about the words of a run.
type Law struct {
	Name  string
	Says  string
	check func(*Record, *Verdict)
}

// A Verdict is how a law fared: how many things were held against it, and which broke it.
type Verdict struct {
	Law      Law
	Checked  int
	Breaches []string
}

func (v *Verdict) breach(format string, args ...any) {
	v.Breaches = append(v.Breaches, fmt.Sprintf(format, args...))
}

// All are all that a run must keep.
func All() []Law {
	return []Law{
		{"kept", "what was acknowledged is at its seq, for everybody who may read it, and every mail is in the log", kept},
		{"once", "no message is there twice, by its key or by its words", once},
		{"ordered", "a sender's messages are in the order of their sending, and come in ascending seq", ordered},
		{"dense", "every timeline is 1, 2, 3 … without holes", dense},
		{"agreed", "the same seq is the same message for every reader", agreed},
		{"private", "nobody reads what is not theirs, and no customer a note", private},
		{"threaded", "who writes by mail has one conversation, and every answer names a mail of theirs", threaded},
		{"outside", "an answer leaves once or is known not to have; only what was unknown and asked for again may leave again", outside},
		{"polite", "a server that is told to end closes each socket with 1012, and the moments to come back are spread", polite},
		{"resumed", "of very many who are cut at once all come back, and miss nothing", resumed},
		{"behaved", "what a fault promises beside words happens", behaved},
	}
}

// Judge holds a finished record against every law.
func Judge(r *Record) []Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Verdict
	for _, l := range All() {
		v := Verdict{Law: l}
		l.check(r, &v)
		out = append(out, v)
	}
	return out
}

// place is a position that all readers share.
type place struct {
	conversation string
	seq          int64
}

// timeline is what a reader ended up with: the first arrival of each place.
func (r *Reader) timeline() map[place]Arrival {
	out := map[place]Arrival{}
	for _, a := range r.Arrivals {
		p := place{a.Conversation, a.Seq}
		if _, had := out[p]; !had {
			out[p] = a
		}
	}
	return out
}

// may reports whether a conversation is the reader's to see.
func (r *Reader) may(conversation string) bool { return r.Sees == nil || r.Sees[conversation] }

func kept(r *Record, v *Verdict) {
	for _, reader := range r.readers {
		has := reader.timeline()
		for _, s := range r.said {
			if !s.Acknowledged() || !reader.may(s.Conversation) {
				continue
			}
			v.Checked++
			a, there := has[place{s.Conversation, s.Seq}]
			switch {
			case !there:
				v.breach("%s has no %s/%d, which %s had acknowledged: %q", reader.Name, s.Conversation, s.Seq, s.By, s.Text)
			case s.Note && reader.Customer && a.Hidden:
			case a.Text != s.Text:
				v.breach("%s reads %q at %s/%d, where %s had %q acknowledged", reader.Name, a.Text, s.Conversation, s.Seq, s.By, s.Text)
			}
		}
	}
	if len(r.posted) == 0 {
		return
	}
	j := r.journal()
	for _, p := range r.posted {
		if v.Checked++; len(j.places[p.Text]) == 0 {
			v.breach("the log has no %q, which %s put into the mailbox", p.Text, p.By)
		}
	}
}

func once(r *Record, v *Verdict) {
	for _, reader := range r.readers {
		byText, byKey := map[string]place{}, map[string]place{}
		for p, a := range reader.timeline() {
			if a.System || a.Hidden {
				continue
			}
			v.Checked++
			if first, twice := byText[a.Text]; twice {
				v.breach("%s reads %q at %v and at %v", reader.Name, a.Text, first, p)
			}
			byText[a.Text] = p
			if a.Key == "" {
				continue
			}
			if first, twice := byKey[a.Key]; twice {
				v.breach("%s has the key %s at %v and at %v", reader.Name, a.Key, first, p)
			}
			byKey[a.Key] = p
		}
	}
}

func ordered(r *Record, v *Verdict) {
	type voice struct{ by, conversation string }
	last := map[voice]*Said{}
	said := slices.SortedFunc(slices.Values(r.said), func(a, b *Said) int { return cmp.Compare(a.Order, b.Order) })
	for _, s := range said {
		if !s.Acknowledged() {
			continue
		}
		v.Checked++
		w := voice{s.By, s.Conversation}
		if l := last[w]; l != nil && l.Seq >= s.Seq {
			v.breach("%s sent %q before %q and got %d and %d in %s", s.By, l.Text, s.Text, l.Seq, s.Seq, s.Conversation)
		}
		last[w] = s
	}
	orderedMail(r, v)
	for _, reader := range r.readers {
		type stretch struct {
			socket       int
			conversation string
		}
		highest := map[stretch]int64{}
		for _, a := range reader.Arrivals {
			v.Checked++
			at := stretch{a.Socket, a.Conversation}
			if a.Seq <= highest[at] {
				v.breach("%s got %s/%d after %d on one socket", reader.Name, a.Conversation, a.Seq, highest[at])
			}
			highest[at] = max(highest[at], a.Seq)
		}
	}
}

// orderedMail checks that what somebody wrote later is later in the log.
func orderedMail(r *Record, v *Verdict) {
	if len(r.posted) == 0 {
		return
	}
	j := r.journal()
	last := map[string]place{}
	for _, p := range r.posted { // of each sender in the order of their writing
		if len(j.places[p.Text]) == 0 {
			continue
		}
		v.Checked++
		at := slices.MinFunc(j.places[p.Text], func(a, b place) int { return cmp.Compare(a.seq, b.seq) })
		if before := last[p.By]; before.conversation == at.conversation && before.seq > at.seq {
			v.breach("%q of %s is at %d, before what they wrote earlier at %d", p.Text, p.By, at.seq, before.seq)
		}
		last[p.By] = at
	}
}

func dense(r *Record, v *Verdict) {
	for _, reader := range r.readers {
		count, highest := map[string]int64{}, map[string]int64{}
		for p := range reader.timeline() {
			count[p.conversation]++
			highest[p.conversation] = max(highest[p.conversation], p.seq)
		}
		for conversation, top := range highest {
			v.Checked++
			if count[conversation] != top {
				v.breach("%s has %d entries of %s, whose last is %d", reader.Name, count[conversation], conversation, top)
			}
		}
	}
}

func agreed(r *Record, v *Verdict) {
	truth := map[place]Arrival{}
	whose := map[place]string{}
	for _, reader := range r.readers {
		for _, a := range reader.Arrivals { // every one, not only the first: a reload must show the same
			if a.Hidden {
				continue
			}
			v.Checked++
			p := place{a.Conversation, a.Seq}
			if t, known := truth[p]; known && (t.Text != a.Text || t.System != a.System) {
				v.breach("%v is %q for %s and %q for %s", p, t.Text, whose[p], a.Text, reader.Name)
			}
			truth[p], whose[p] = a, reader.Name
		}
	}
}

func private(r *Record, v *Verdict) {
	notes := map[string]bool{}
	for _, s := range r.said {
		if s.Note {
			notes[s.Text] = true
		}
	}
	for _, reader := range r.readers {
		for _, a := range reader.Arrivals {
			v.Checked++
			if !reader.may(a.Conversation) {
				v.breach("%s reads %s/%d, which is not theirs", reader.Name, a.Conversation, a.Seq)
			}
			if reader.Customer && notes[a.Text] {
				v.breach("%s, a customer, reads the note %q", reader.Name, a.Text)
			}
		}
	}
}
