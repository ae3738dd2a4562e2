package gateway

import (
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/socket"
)

// The clerk's rounds, in ticks of the wheel.
const (
	marksEvery  = int(time.Second / socket.Tick)
	leaseEvery  = int(10 * time.Second / socket.Tick)
	queueEvery  = int(QueueEvery / socket.Tick)
	cursorEvery = int(5 * time.Second / socket.Tick)
	checkEvery  = int(socket.PingEvery / socket.Tick)
)

// settleAfter is how far behind a cursor stays where several nodes write: an event with a
// lower identifier may still appear (see centrala.IDs).
const settleAfter = 10 * time.Second

// clerk is the goroutine that does what is due with the log. What it fails to do it does in
// the next round.
func (g *Gateway) clerk() {
	t := time.NewTicker(socket.Tick)
	defer t.Stop()
	told := centrala.EventID(0)
	for n := 1; ; n++ {
		select {
		case <-g.ctx.Done():
			return
		case now := <-t.C:
			g.hub.Tick(now)
		}
		if n%marksEvery == 0 {
			g.marks.Flush(g.storeMark)
		}
		if n%leaseEvery == 0 {
			g.heartbeat()
		}
		g.lookAround()
		g.queue.tell(g, n%queueEvery == 0)
		if n%cursorEvery == 0 {
			told = g.cursors(told)
		}
		if g.cfg.Cluster && n%checkEvery == 0 {
			g.hub.Gap()
		}
	}
}

// heartbeat renews the leases of all agents who have a live socket.
func (g *Gateway) heartbeat() {
	ctx, cancel := g.call()
	defer cancel()
	if agents := g.present(); len(agents) > 0 {
		if err := g.cfg.Floor.Heartbeat(ctx, agents); err != nil {
			g.log.Warn("renew the leases", "err", err)
		}
	}
}

// lookAround keeps the lines and the teams' names as they are.
func (g *Gateway) lookAround() {
	if g.wheel.Len() == 0 {
		return
	}
	ctx, cancel := g.call()
	defer cancel()
	if err := g.refreshLines(ctx); err != nil {
		g.log.Warn("read the lines", "err", err)
	}
	if _, err := g.doors.All(ctx); err != nil {
		g.log.Warn("read the doors", "err", err)
	}
}

// cursors tells the staff where they would resume, if that has moved. It is behind everything
// that was pushed to them.
func (g *Gateway) cursors(told centrala.EventID) centrala.EventID {
	at := g.settled(g.hub.High())
	if at <= told || len(g.hub.Staff()) == 0 {
		return told
	}
	g.hub.After(func() {
		g.hub.TellAllStaff(auth.ReadConversations, g.encode(frames.Cursor{Type: "cursor", Value: g.cursorAt(at)}))
	})
	return at
}

// settled is at, or an earlier place before which nothing can appear any more.
func (g *Gateway) settled(at centrala.EventID) centrala.EventID {
	if !g.cfg.Cluster {
		return at
	}
	return min(at, centrala.EventID(centrala.FirstID(g.cfg.Now().Add(-settleAfter))))
}
