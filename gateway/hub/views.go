package hub

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"centrala"
	"centrala/gateway/frames"
)

// Each node tells again who looks where, and forgets what it was not told again: a node that
// was killed looks nowhere.
const (
	viewsAgain = 10 * time.Second
	viewsFor   = 25 * time.Second
)

// views is which of the staff look at which conversation.
type views[R Reader] struct {
	mu    sync.Mutex
	here  map[R]centrala.ConversationID
	away  map[centrala.ConversationID]map[string]view // by node
	again time.Time                                   // when the other nodes are told again
}

// view is who looks at one conversation on one other node.
type view struct {
	agents []frames.Face
	until  time.Time
}

// looks is a view as the other nodes are told it.
type looks struct {
	Conversation centrala.ConversationID `json:"conversation"`
	Agents       []frames.Face           `json:"agents"`
}

// Look says which conversation one of the staff has open, 0 for none. Everybody who looks at it,
// or at the one before, is told who does.
func (h *Hub[R]) Look(r R, id centrala.ConversationID) {
	h.views.mu.Lock()
	was := h.views.here[r]
	if id == 0 {
		delete(h.views.here, r)
	} else {
		h.views.here[r] = id
	}
	h.views.mu.Unlock()
	if was != 0 && was != id {
		h.looked(was)
	}
	if id != 0 {
		h.looked(id)
	}
}

// looked tells here and elsewhere who looks at a conversation now.
func (h *Hub[R]) looked(id centrala.ConversationID) {
	h.tell(word{Views: &looks{id, h.views.agents(id)}})
	h.tellViews(id)
}

// tellViews tells those here who look at a conversation who does.
func (h *Hub[R]) tellViews(id centrala.ConversationID) {
	h.views.mu.Lock()
	defer h.views.mu.Unlock() // so that the last to be told is the latest
	var frame []byte
	for r, at := range h.views.here {
		if at != id {
			continue
		}
		if frame == nil {
			frame = h.encode.Frame(frames.Viewers{Type: "viewers", Conversation: id, Agents: h.views.all(id)})
		}
		r.Push(frame)
	}
}

// agents are those who look at a conversation here, each once.
func (v *views[R]) agents(id centrala.ConversationID) []frames.Face {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.near(id)
}

func (v *views[R]) near(id centrala.ConversationID) []frames.Face {
	out := []frames.Face{}
	for r, at := range v.here {
		if p := r.Who(); at == id && p.Agent != nil {
			out = joined(out, frames.Face{ID: p.ID, Name: p.Agent.Name})
		}
	}
	return out
}

// joined is a list with one more face, unless it has it.
func joined(list []frames.Face, f frames.Face) []frames.Face {
	if slices.ContainsFunc(list, func(o frames.Face) bool { return o.ID == f.ID }) {
		return list
	}
	return append(list, f)
}

// all are those who look at a conversation on any node, by name.
func (v *views[R]) all(id centrala.ConversationID) []frames.Face {
	out := v.near(id)
	for _, there := range v.away[id] {
		for _, a := range there.agents {
			out = joined(out, a)
		}
	}
	slices.SortFunc(out, func(a, b frames.Face) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out
}

// there notes who looks at a conversation on another node.
func (v *views[R]) there(node string, l *looks, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(l.Agents) == 0 {
		v.forget(l.Conversation, node)
		return
	}
	if v.away[l.Conversation] == nil {
		v.away[l.Conversation] = map[string]view{}
	}
	v.away[l.Conversation][node] = view{l.Agents, now.Add(viewsFor)}
}

func (v *views[R]) forget(id centrala.ConversationID, node string) {
	delete(v.away[id], node)
	if len(v.away[id]) == 0 {
		delete(v.away, id)
	}
}

// tickViews tells the other nodes again what they would forget, and forgets what was not told again.
func (h *Hub[R]) tickViews(now time.Time) {
	v := &h.views
	v.mu.Lock()
	var over []centrala.ConversationID
	for id, nodes := range v.away {
		for node, there := range nodes {
			if now.After(there.until) {
				v.forget(id, node)
				over = append(over, id)
			}
		}
	}
	var mine []centrala.ConversationID
	if now.After(v.again) {
		v.again = now.Add(viewsAgain)
		mine = slices.Compact(slices.Sorted(maps.Values(v.here)))
	}
	v.mu.Unlock()
	for _, id := range over {
		h.tellViews(id)
	}
	for _, id := range mine {
		h.tell(word{Views: &looks{id, v.agents(id)}})
	}
}
