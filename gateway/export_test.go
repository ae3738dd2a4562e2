package gateway

// Settle waits until everything that was committed before has been shown.
func (g *Gateway) Settle() {
	done := make(chan struct{})
	g.hub.After(func() { close(done) })
	<-done
}

// Round does the clerk's round of read marks at once.
func (g *Gateway) Round() { g.marks.Flush(g.storeMark) }

// Lines reads the floor at once.
func (g *Gateway) Lines() { g.lookAround() }

// Places tells everybody their place in the queue at once.
func (g *Gateway) Places() { g.queue.tell(g, true) }
