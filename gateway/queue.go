package gateway

import (
	"sync"
	"time"

	"centrala"
)

// queue tells waiting customers their place.
type queue struct {
	mu      sync.Mutex
	waiting map[centrala.ConversationID]*place // of customers who are connected
}

type place struct {
	c        *centrala.Conversation
	position int // as last told; 0: not yet
	first    int // when they came
	online   bool
}

func newQueue() *queue {
	return &queue{waiting: map[centrala.ConversationID]*place{}}
}

// changed tells a conversation's customer how it stands now. One that waits is left to the
// clerk, who asks for its place.
func (q *queue) changed(g *Gateway, c *centrala.Conversation) {
	to := g.hub.Audience(c.Visitor(), c.Inbox)
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
		s.sock.Push(frame)
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
	online := g.lines.Online(c.Team)
	same := p.position == position && p.online == online
	p.position, p.online = position, online
	if p.first == 0 {
		p.first = position
	}
	to := g.hub.Audience(c.Visitor(), c.Inbox)
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
		s.sock.Push(frame)
	}
}

// served notes how long a conversation waited for its agent.
func (q *queue) served(g *Gateway, c *centrala.Conversation, at time.Time) {
	q.mu.Lock()
	first := 1
	if p := q.waiting[c.ID]; p != nil {
		first = p.first
	}
	q.mu.Unlock()
	g.waits.Served(c.Team, first, at.Sub(c.QueuedAt), at)
}

// outlook is the estimate for somebody who would come now.
func (q *queue) outlook(g *Gateway, team centrala.TeamID) *[2]int {
	q.mu.Lock()
	before := 0
	for _, p := range q.waiting {
		if p.c.Team == team {
			before++
		}
	}
	q.mu.Unlock()
	return g.waits.Estimate(team, before+1, time.Now())
}
