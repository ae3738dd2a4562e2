package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"centrala"
)

func worldCases() []testCase {
	return []testCase{
		{"joining shows no customer more or less, whatever is joined and parted in which order", nobodySeesMore},
	}
}

// world is what should be, beside the log: who came as whom, and who was found to be whom.
type world struct {
	people []centrala.Contact
	came   map[centrala.ContactID][]centrala.ConversationID
	into   map[centrala.ContactID]centrala.ContactID
	joined map[centrala.MergerID]centrala.Merger
}

func (w *world) root(id centrala.ContactID) centrala.ContactID {
	for w.into[id] != 0 {
		id = w.into[id]
	}
	return id
}

func nobodySeesMore(t *testing.T, h *house) {
	w := world{came: map[centrala.ContactID][]centrala.ConversationID{}, into: map[centrala.ContactID]centrala.ContactID{}, joined: map[centrala.MergerID]centrala.Merger{}}
	dice := rand.New(rand.NewPCG(7, 11))
	for i := range 6 {
		k := centrala.Contact{ID: h.NewContactID(), Name: fmt.Sprintf("Osoba %d", i)}
		if i < 2 {
			k = signed(h, fmt.Sprint("u", i), fmt.Sprintf("u%d@poczta.test", i))
		}
		w.people = append(w.people, k)
		w.came[k.ID] = append(w.came[k.ID], h.say(t, h.post(k, "0", "pierwsze")).Conversation)
	}
	was := map[centrala.ContactID]centrala.Contact{}
	for _, k := range w.people {
		was[k.ID] = h.contact(t, k.ID)
	}
	for step := range 60 {
		w.step(t, h, dice, step)
		w.check(t, h)
	}
	for len(w.joined) > 0 {
		w.undo(t, h, dice)
		w.check(t, h)
	}
	for id, k := range was {
		if got := h.contact(t, id); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", k) {
			t.Errorf("in the end\n%+v\nis not\n%+v", got, k)
		}
	}
}

func (w *world) step(t *testing.T, h *house, dice *rand.Rand, step int) {
	t.Helper()
	k := w.people[dice.IntN(len(w.people))]
	switch dice.IntN(5) {
	case 0, 1:
		o := w.people[dice.IntN(len(w.people))]
		a, b := w.root(k.ID), w.root(o.ID)
		m, err := h.Merge(t.Context(), centrala.Everything(), a, b, bySupervisor)
		if a == b || centrala.CodeOf(err) == centrala.Conflict {
			return
		}
		if err != nil {
			t.Fatalf("join %s and %s: %v", a, b, err)
		}
		w.into[m.Other], w.joined[m.ID] = m.Contact, m
	case 2:
		w.undo(t, h, dice)
	case 3: // over, and something new
		last := w.came[k.ID][len(w.came[k.ID])-1]
		h.do(t, last, centrala.Resolve{})
		h.clock.move(centrala.ReopenWithin + 1)
		w.came[k.ID] = append(w.came[k.ID], h.say(t, h.post(k, fmt.Sprint(step), "nowe")).Conversation)
	default:
		if r := h.say(t, h.post(k, fmt.Sprint(step), "dalej")); !slices.Contains(w.came[k.ID], r.Conversation) {
			t.Fatalf("step %d: their words went to %s", step, r.Conversation)
		}
	}
}

func (w *world) undo(t *testing.T, h *house, dice *rand.Rand) {
	t.Helper()
	ids := slices.Sorted(maps.Keys(w.joined))
	if len(ids) == 0 {
		return
	}
	m := w.joined[ids[dice.IntN(len(ids))]]
	h.part(t, w.root(m.Contact), m.ID)
	delete(w.joined, m.ID)
	delete(w.into, m.Other)
}

func (w *world) check(t *testing.T, h *house) {
	t.Helper()
	together := map[centrala.ContactID][]centrala.ConversationID{}
	for _, k := range w.people {
		want := slices.Sorted(slices.Values(w.came[k.ID]))
		if got := h.theirs(t, centrala.Scope{Contact: k.ID, Inbox: h.widget.ID}, 0); !slices.Equal(got, want) {
			t.Fatalf("visitor %s sees %v, and came with %v", k.ID, got, want)
		}
		root := w.root(k.ID)
		together[root] = append(together[root], want...)
		if now, err := h.ContactNow(t.Context(), k.ID); err != nil || now != root {
			t.Fatalf("%s is %s now, %v; want %s", k.ID, now, err, root)
		}
	}
	for root, want := range together {
		slices.Sort(want)
		if got := h.theirs(t, centrala.Everything(), root); !slices.Equal(got, want) {
			t.Fatalf("person %s has %v, want %v", root, got, want)
		}
	}
}
