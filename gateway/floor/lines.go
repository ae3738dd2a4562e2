// Package floor is what the live edge knows of the house between two looks at the log: who is
// on the line, which doors there are and which sites they let in, and how long people wait.
package floor

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

// linesFresh is how long the lines count as known when nothing has happened.
const linesFresh = 10 * time.Second

// Lines is who is on the line. The zero value knows nobody.
type Lines struct {
	touched atomic.Bool
	read    sync.Mutex // one reader at a time

	mu    sync.RWMutex
	lines map[centrala.AgentID]centrala.Line
	at    time.Time
}

// Touch says that something has happened that may have changed a line.
func (l *Lines) Touch() { l.touched.Store(true) }

// Refresh reads the lines anew with from, when they were touched or time has passed, and
// returns those that are different; whoever left is Offline.
func (l *Lines) Refresh(ctx context.Context, from func(context.Context) ([]centrala.Line, error)) ([]centrala.Line, error) {
	l.read.Lock()
	defer l.read.Unlock()
	l.mu.RLock()
	fresh := time.Since(l.at) < linesFresh
	l.mu.RUnlock()
	if !l.touched.Swap(false) && fresh {
		return nil, nil
	}
	list, err := from(ctx)
	if err != nil {
		l.touched.Store(true)
		return nil, err
	}
	now := make(map[centrala.AgentID]centrala.Line, len(list))
	for _, line := range list {
		now[line.Agent] = line
	}
	l.mu.Lock()
	was := l.lines
	l.lines, l.at = now, time.Now()
	l.mu.Unlock()
	return different(was, now), nil
}

func different(was, now map[centrala.AgentID]centrala.Line) []centrala.Line {
	var out []centrala.Line
	for id, n := range now {
		if w, ok := was[id]; !ok || w.Status != n.Status || w.Load != n.Load || w.Capacity != n.Capacity {
			out = append(out, n)
		}
	}
	for id, w := range was {
		if _, ok := now[id]; !ok {
			w.Status = centrala.Offline
			out = append(out, w)
		}
	}
	return out
}

// All are the lines as last read.
func (l *Lines) All() []centrala.Line {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]centrala.Line, 0, len(l.lines))
	for _, line := range l.lines {
		out = append(out, line)
	}
	return out
}

// Of is an agent's line as last read, Offline when there is none.
func (l *Lines) Of(id centrala.AgentID) centrala.Line {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if line, ok := l.lines[id]; ok {
		return line
	}
	return centrala.Line{Agent: id, Status: centrala.Offline}
}

// Online reports whether somebody of a team is on the line; of any team for the zero one.
func (l *Lines) Online(team centrala.TeamID) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, line := range l.lines {
		if line.Status == centrala.Online && (team == 0 || slices.Contains(line.Teams, team)) {
			return true
		}
	}
	return false
}
