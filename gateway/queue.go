package gateway

import (
	"slices"
	"sync"
	"time"

	"centrala"
)

// queue tells waiting customers their place, and how long it may take once enough others have
// been seen to wait.
type queue struct {
	mu      sync.Mutex
	waiting map[centrala.ConversationID]*place // of customers who are connected
	samples map[centrala.TeamID][]sample
}

type place struct {
	c        *centrala.Conversation
	position int // as last told; 0: not yet
	first    int // when they came
	online   bool
}

// sample is how long one customer waited for each place that was before them.
type sample struct {
	at time.Time
	s  float64
}

// sampleFor is how long a wait says something about the next; keepSamples bounds how many.
const (
	sampleFor   = 2 * time.Hour
	keepSamples = 200
)

func newQueue() *queue {
	return &queue{waiting: map[centrala.ConversationID]*place{}, samples: map[centrala.TeamID][]sample{}}
}

// changed tells a conversation's customer how it stands now. One that waits is left to the
// clerk, who asks for its place.
func (q *queue) changed(g *Gateway, c *centrala.Conversation) {
	to := g.hub.audience(c.Contact, c.Inbox)
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.waiting[c.ID]
	if len(to) == 0 {
		delete(q.waiting, c.ID)
		return
	}
	if c.Status == centrala.Waiting {
		if p == nil {
			p = &place{}
			q.waiting[c.ID] = p
		}
		p.c, p.position = c, 0
		return
	}
	delete(q.waiting, c.ID)
	frame := g.encode(g.customerTalk("conversation", c, 0))
	for _, s := range to {
		s.push(frame)
	}
}

// follow notes a waiting customer who has just been told their place.
func (q *queue) follow(c *centrala.Conversation, position int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[c.ID] == nil {
		q.waiting[c.ID] = &place{c: c, position: position, first: position}
	}
}

// due are the conversations whose customers may be told something: all of them on a turn, else
// those that were told nothing yet.
func (q *queue) due(all bool) []centrala.ConversationID {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []centrala.ConversationID
	for id, p := range q.waiting {
		if all || p.position == 0 {
			out = append(out, id)
		}
	}
	return out
}

// tell brings waiting customers their places, if they are new.
func (q *queue) tell(g *Gateway, all bool) {
	for _, id := range q.due(all) {
		ctx, cancel := g.call()
		position, err := g.cfg.Lists.Queue(ctx, id)
		cancel()
		if err != nil {
			g.log.Warn("find the place in the queue", "conversation", id, "err", err)
			return
		}
		q.place(g, id, position)
	}
}

func (q *queue) place(g *Gateway, id centrala.ConversationID, position int) {
	q.mu.Lock()
	p := q.waiting[id]
	if p == nil || position == 0 { // it has been taken meanwhile, and that is told by its own commit
		q.mu.Unlock()
		return
	}
	c := p.c
	online := g.floor.online(c.Team)
	same := p.position == position && p.online == online
	p.position, p.online = position, online
	if p.first == 0 {
		p.first = position
	}
	to := g.hub.audience(c.Contact, c.Inbox)
	if len(to) == 0 {
		delete(q.waiting, id)
	}
	q.mu.Unlock()
	if same || len(to) == 0 {
		return
	}
	frame := g.encode(g.customerTalk("conversation", c, position))
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[id] != p || p.c != c {
		return // it has moved on while this was written
	}
	for _, s := range to {
		s.push(frame)
	}
}

// served notes how long a conversation waited for its agent.
func (q *queue) served(c *centrala.Conversation, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := 1
	if p := q.waiting[c.ID]; p != nil {
		first = max(first, p.first)
	}
	list := append(q.samples[c.Team], sample{at, max(0, at.Sub(c.QueuedAt).Seconds()) / float64(first)})
	q.samples[c.Team] = list[max(0, len(list)-keepSamples):]
}

// eta is a range in seconds for a place in a team's queue: what half of those who came lately
// have waited for each place; nil when too few have.
func (q *queue) eta(team centrala.TeamID, position int) *[2]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.estimate(team, position, time.Now())
}

func (q *queue) estimate(team centrala.TeamID, position int, now time.Time) *[2]int {
	list := q.samples[team]
	for len(list) > 0 && now.Sub(list[0].at) > sampleFor {
		list = list[1:]
	}
	q.samples[team] = list
	if len(list) < MinSamples {
		return nil
	}
	waits := make([]float64, len(list))
	for i := range list {
		waits[i] = list[i].s
	}
	slices.Sort(waits)
	quarter := func(k int) int { return int(waits[(len(waits)-1)*k/4]*float64(position) + 0.5) }
	return &[2]int{quarter(1), quarter(3)}
}

// outlook is the estimate for somebody who would come now.
func (q *queue) outlook(team centrala.TeamID) *[2]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := 0
	for _, p := range q.waiting {
		if p.c.Team == team {
			before++
		}
	}
	return q.estimate(team, before+1, time.Now())
}
