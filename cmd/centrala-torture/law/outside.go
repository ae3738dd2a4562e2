package law

import "slices"

// journal is what the log says, by text and by place.
type journal struct {
	places map[string][]place
	at     map[place]Arrival
}

func (r *Record) journal() journal {
	j := journal{map[string][]place{}, map[place]Arrival{}}
	for _, reader := range r.readers {
		if !reader.Log {
			continue
		}
		for p, a := range reader.timeline() {
			j.at[p] = a
			if !a.System && !a.Hidden {
				j.places[a.Text] = append(j.places[a.Text], p)
			}
		}
	}
	return j
}

// threaded holds exchanges of mails together.
func threaded(r *Record, v *Verdict) {
	j := r.journal()
	where, whose := map[string]string{}, map[string]string{} // exchange → conversation, and back
	mails := map[string][]string{}                           // exchange → Message-IDs
	for _, p := range r.posted {
		mails[p.By] = append(mails[p.By], p.ID)
		for _, at := range j.places[p.Text] {
			v.Checked++
			if c, known := where[p.By]; known && c != at.conversation {
				v.breach("%q of %s is in %s, and what they wrote before in %s", p.Text, p.By, at.conversation, c)
			}
			if by, known := whose[at.conversation]; known && by != p.By {
				v.breach("%s holds mails of %s and of %s", at.conversation, by, p.By)
			}
			where[p.By], whose[at.conversation] = at.conversation, p.By
		}
	}
	for _, m := range r.mails {
		v.Checked++
		if !slices.ContainsFunc(m.Answers, func(id string) bool { return slices.Contains(mails[m.To], id) }) {
			v.breach("%q, which went to %s, names none of their mails", m.Text, m.To)
		}
		for _, at := range j.places[m.Text] {
			if by := whose[at.conversation]; by != m.To {
				v.breach("%q went to %s and is in the conversation of %s", m.Text, m.To, by)
			}
		}
	}
}

// outside compares the house's own account of what left with what the world received.
func outside(r *Record, v *Verdict) {
	j := r.journal()
	left, ids := map[string]int{}, map[string]string{}
	for _, m := range r.mails {
		v.Checked++
		left[m.Text]++
		if before, known := ids[m.Text]; known && before != m.MessageID {
			v.breach("%q left as %s and as %s", m.Text, before, m.MessageID)
		}
		ids[m.Text] = m.MessageID
	}
	answered := map[place]Delivery{}
	for _, d := range r.ledger {
		p := place{d.Conversation, d.Seq}
		if _, twice := answered[p]; twice {
			v.breach("%v is in the ledger twice", p)
		}
		answered[p] = d
	}
	byMail := map[string]bool{} // the conversations that live there
	for _, p := range r.posted {
		for _, at := range j.places[p.Text] {
			byMail[at.conversation] = true
		}
	}
	said := map[string]bool{}
	for _, s := range r.said {
		if s.Note || !s.Acknowledged() || !byMail[s.Conversation] {
			continue
		}
		v.Checked++
		said[s.Text] = true
		d, there := answered[place{s.Conversation, s.Seq}]
		if !there {
			v.breach("%q is no row of the ledger", s.Text)
			continue
		}
		account(v, s.Text, d, left[s.Text])
	}
	for text := range left {
		if !said[text] {
			v.breach("%q left, and nobody had it acknowledged in a conversation by mail", text)
		}
	}
}

// account holds one row of the ledger against how often the mail left.
func account(v *Verdict, text string, d Delivery, left int) {
	switch {
	case left > 1+d.Asked:
		v.breach("%q left %d times, was asked for again %d times, and is %s", text, left, d.Asked, d.State)
	case d.State == "handed_over" && left == 0:
		v.breach("%q is handed over, and never left", text)
	case d.State == "queued" && left > d.Asked, d.State == "failed" && left > d.Asked:
		v.breach("%q has left, and is still %s", text, d.State)
	case d.State == "leased" || d.State == "handing_over":
		v.breach("%q is still %s when all is over", text, d.State)
	}
}

// resumed checks the sockets that were cut at once.
func resumed(r *Record, v *Verdict) {
	j := r.journal()
	for _, t := range r.tabs {
		v.Checked++
		if !t.Resumed {
			v.breach("%s did not come back", t.Name)
			continue
		}
		for i, seq := range t.Seqs {
			if seq != t.From+int64(i)+1 {
				v.breach("%s had everything up to %d of %s and got %d next", t.Name, t.From+int64(i), t.Conversation, seq)
				break
			}
			if a := j.at[place{t.Conversation, seq}]; t.Texts[i] != "" && a.Text != t.Texts[i] {
				v.breach("%s reads %q at %s/%d, where %q is", t.Name, t.Texts[i], t.Conversation, seq, a.Text)
			}
		}
		if t.From+int64(len(t.Seqs)) < t.Upto {
			v.breach("%s got %s up to %d of %d", t.Name, t.Conversation, t.From+int64(len(t.Seqs)), t.Upto)
		}
	}
}

// polite checks how the sockets ended that were open when a server was told to end.
func polite(r *Record, v *Verdict) {
	waits := map[int][]int{}
	for _, f := range r.goodbye {
		v.Checked++
		switch {
		case f.Code != 1012:
			v.breach("%s: closed with %d instead of 1012 (polite end %d)", f.Name, f.Code, f.Term)
		case f.RetryAfter < 200 || f.RetryAfter >= 5000:
			v.breach("%s is asked to come back after %d ms, not 200 to 5000", f.Name, f.RetryAfter)
		default:
			waits[f.Term] = append(waits[f.Term], f.RetryAfter)
		}
	}
	for term, w := range waits {
		slices.Sort(w)
		if n := len(slices.Compact(slices.Clone(w))); len(w) >= 8 && 2*n < len(w) {
			v.breach("%d sockets were asked to come back at %d different moments (polite end %d)", len(w), n, term)
		}
	}
}

// behaved checks what had to happen while faults were on.
func behaved(r *Record, v *Verdict) {
	for _, e := range r.kept {
		if v.Checked++; !e.Kept {
			v.breach("%s", e.What)
		}
	}
}
