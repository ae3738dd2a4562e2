package hub

import (
	"context"
	"encoding/json"
	"time"

	"centrala"
	"centrala/gateway/frames"
)

// Peers are the hubs of the other nodes. What they are told is fleeting: it is stored nowhere,
// comes at most once and may be lost.
type Peers interface {
	// Tell does not block.
	Tell(word []byte)
}

// word is what hubs tell each other; one of the fields is set.
type word struct {
	Typing *typing   `json:"typing,omitempty"`
	Views  *looks    `json:"views,omitempty"`
	Seen   *Progress `json:"seen,omitempty"`
	Ended  string    `json:"ended,omitempty"` // a principal whose tokens may not count any more
}

// typing is a mark that somebody has set or taken away.
type typing struct {
	Conversation centrala.ConversationID `json:"conversation"`
	Person       string                  `json:"person"`
	By           centrala.Author         `json:"by"`
	Face         Face                    `json:"face"`
	On           bool                    `json:"on"`
}

// Progress is how far somebody has come in a conversation, as the log has it.
type Progress struct {
	Conversation centrala.ConversationID `json:"conversation"`
	Person       string                  `json:"person"`
	By           centrala.Author         `json:"by"`
	Received     int64                   `json:"received,omitempty"` // a customer's
	Read         int64                   `json:"read,omitempty"`
	At           time.Time               `json:"at"`
}

// tell brings a word to the other nodes, if there are any.
func (h *Hub[R]) tell(w word) {
	if h.peers == nil {
		return
	}
	b, err := json.Marshal(w)
	if err != nil {
		h.logger.Error("encode a word for the other nodes", "err", err)
		return
	}
	h.peers.Tell(b)
}

// Hear takes what another node's hub told. It does not block.
func (h *Hub[R]) Hear(node string, b []byte) {
	var w word
	if err := json.Unmarshal(b, &w); err != nil {
		h.logger.Warn("a word of another node cannot be read", "node", node, "err", err)
		return
	}
	switch {
	case w.Typing != nil:
		h.typesThere(w.Typing)
	case w.Views != nil:
		h.views.there(node, w.Views, time.Now())
		h.tellViews(w.Views.Conversation)
	case w.Seen != nil:
		h.progressThere(*w.Seen)
	case w.Ended != "":
		h.told.Ended(w.Ended)
	}
}

// Ended has the sockets of a principal asked again who they are, on all nodes.
func (h *Hub[R]) Ended(principal string) {
	h.told.Ended(principal)
	h.tell(word{Ended: principal})
}

// Progressed tells everybody in a conversation, on all nodes, how far somebody has come.
func (h *Hub[R]) Progressed(p Progress, c *centrala.Conversation) {
	h.tellProgress(p, c)
	h.tell(word{Seen: &p})
}

func (h *Hub[R]) progressThere(p Progress) {
	h.post(h.shard(p.Conversation), job[R]{do: func(sh *shard[R]) {
		if !h.listened(sh.topic(p.Conversation)) {
			return
		}
		ctx, cancel := context.WithTimeout(h.ctx, patience)
		defer cancel()
		c, err := h.log.Conversation(ctx, centrala.Everything(), p.Conversation)
		if err != nil {
			h.logger.Warn("read a conversation that somebody read on another node", "conversation", p.Conversation, "err", err)
			return
		}
		h.tellProgress(p, &c)
	}})
}

func (h *Hub[R]) tellProgress(p Progress, c *centrala.Conversation) {
	if p.Received > 0 {
		state := centrala.Delivered
		if p.Read >= p.Received {
			state = centrala.DeliveryRead
		}
		h.TellStaff(c, p.Person, h.encode.Frame(frames.Delivery{Type: "delivery", Conversation: c.ID, Seq: p.Received, State: string(state), At: p.At}))
	}
	if p.Read > 0 {
		h.TellOthers(c.ID, FaceOf(c), p.Person, h.encode.Frame(frames.Read{Type: "read", Conversation: c.ID, Author: p.By, Upto: p.Read}))
		h.Refresh(c.ID)
	}
}
