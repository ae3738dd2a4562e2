package main

import (
	"time"

	"centrala"
	"centrala/gateway/hub"
	"centrala/search"
)

// What the nodes say to each other beside the stream, by topic. Nothing depends on it being
// heard: what is missed is found by a sweep, or was about something that is over by then.
const (
	onEdge  = "edge"  // typing, who looks where, read marks, sessions that ended
	onDoors = "doors" // an inbox was saved, or a mailbox's lease is free
	onLine  = "line"  // a line was mended: which inbox's
	onHooks = "hooks" // something was posted to an inbox: which
	onIndex = "index" // the indexes are made anew
)

// peers are the gateways of the other nodes, nil when there are none.
func (p *Program) peers() hub.Peers {
	if !p.clustered() {
		return nil
	}
	return edgePeers{p}
}

type edgePeers struct{ p *Program }

// Tell implements hub.Peers.
func (e edgePeers) Tell(word []byte) { e.p.bus.Say(onEdge, word) }

// confer joins this node to the others.
func (p *Program) confer() {
	p.bus.Hear(onEdge, p.gateway.Hear)
	p.bus.Hear(onDoors, func(string, []byte) { p.lookAtDoors() })
	p.bus.Hear(onLine, func(node string, b []byte) {
		var id centrala.InboxID
		if err := id.UnmarshalText(b); err != nil {
			p.log.Warn("another node mended a line that has no name", "node", node, "err", err)
			return
		}
		p.exchange.Reopen(id)
	})
	p.bus.Hear(onHooks, func(node string, b []byte) {
		var id centrala.InboxID
		if err := id.UnmarshalText(b); err != nil || id == 0 {
			p.log.Warn("another node has a hook of an inbox that has no name", "node", node, "err", err)
			return
		}
		p.exchange.Came(id)
	})
	p.bus.Hear(onIndex, func(string, []byte) {
		if err := p.indexes.rebuild([]*search.HelpCentre{p.help}); err != nil {
			p.log.Warn("another node makes its index anew, this one does already")
		}
	})
	p.bus.Live(p.shelve)
}

// lookAtDoors has the lines follow what was changed in the settings.
func (p *Program) lookAtDoors() {
	p.exchange.Look()
	p.courier.Look()
	p.settling.Look()
	p.hooks.Forget()
}

// doorsChanged has the lines of all nodes do so.
func (p *Program) doorsChanged() {
	p.lookAtDoors()
	p.bus.Say(onDoors, nil)
}

// lineMended opens a line anew, on whichever node it is.
func (p *Program) lineMended(id centrala.InboxID) {
	p.exchange.Reopen(id)
	p.bus.Say(onLine, []byte(id.String()))
}

// shelve has this node's index follow an article that changed. One node of the search group
// handles the event; the others have an index of their own.
func (p *Program) shelve(e centrala.Event) {
	switch e.Type {
	case centrala.ArticleSaved, centrala.ArticleRemoved, centrala.ArticleWords:
	default:
		return
	}
	select {
	case p.articles <- struct{}{}:
	default:
	}
	if p.far != nil {
		p.follower.Expect()
		time.AfterFunc(lookAfter, p.follower.Look)
	}
}

// lookAfter is how long after a change this node looks what the one that handles it made of the index
// that all share.
const lookAfter = time.Second
