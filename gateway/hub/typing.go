package hub

import (
	"sync"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// TypingFor is how long a typing mark lasts without being renewed.
const TypingFor = 6 * time.Second

// typists is who is typing where. Marks are never stored.
type typists struct {
	mu    sync.Mutex
	marks map[typist]typingMark
}

type typist struct {
	conversation centrala.ConversationID
	person       string
}

type typingMark struct {
	by    centrala.Author
	face  Face
	until time.Time
	from  any // the Reader; nil when it is on another node
}

// Types tells the others in a conversation that r types, or has stopped.
func (h *Hub[R]) Types(r R, id centrala.ConversationID, f Face, on bool) {
	p := r.Who()
	key, mark := typist{id, p.ID}, typingMark{by: p.Author(), face: f, until: time.Now().Add(TypingFor), from: r}
	h.typists.mu.Lock()
	if on {
		h.typists.marks[key] = mark
	} else {
		delete(h.typists.marks, key)
	}
	h.typists.mu.Unlock()
	h.tellTyping(key, mark, on)
	h.tell(word{Typing: &typing{id, p.ID, mark.by, f, on}})
}

// typesThere is Types of somebody on another node.
func (h *Hub[R]) typesThere(t *typing) {
	key, mark := typist{t.Conversation, t.Person}, typingMark{by: t.By, face: t.Face, until: time.Now().Add(TypingFor)}
	h.typists.mu.Lock()
	_, known := h.typists.marks[key]
	if t.On {
		h.typists.marks[key] = mark
	} else {
		delete(h.typists.marks, key)
	}
	h.typists.mu.Unlock()
	if known || t.On {
		h.tellTyping(key, mark, t.On)
	}
}

// Tick ends what was not renewed: typing marks, and what agents of other nodes look at.
func (h *Hub[R]) Tick(now time.Time) {
	h.endTyping(func(_ typist, m typingMark) bool { return now.After(m.until) })
	h.tickViews(now)
}

func (h *Hub[R]) stopTyping(r R) {
	h.endTyping(func(_ typist, m typingMark) bool { return m.from == any(r) })
}

func (h *Hub[R]) endTyping(over func(typist, typingMark) bool) {
	var ended map[typist]typingMark
	h.typists.mu.Lock()
	for k, m := range h.typists.marks {
		if over(k, m) {
			if ended == nil {
				ended = map[typist]typingMark{}
			}
			ended[k] = m
			delete(h.typists.marks, k)
		}
	}
	h.typists.mu.Unlock()
	for k, m := range ended {
		h.tellTyping(k, m, false)
		if m.from != nil {
			h.tell(word{Typing: &typing{k.conversation, k.person, m.by, m.face, false}})
		}
	}
}

func (h *Hub[R]) tellTyping(k typist, m typingMark, on bool) {
	h.TellOthers(k.conversation, m.face, k.person, h.encode.Frame(frames.Typing{Type: "typing", Conversation: k.conversation, Author: m.by, On: on}))
}

// TellOthers brings a frame that is not kept to everybody in a conversation but one person. f
// is the conversation's face if the hub does not know a newer one.
func (h *Hub[R]) TellOthers(id centrala.ConversationID, f Face, but string, frame []byte) {
	if now, ok := h.Face(id); ok {
		f = now
	}
	for _, r := range h.Audience(f.Contact, f.Inbox) {
		if r.Who().ID != but {
			r.Push(frame)
		}
	}
	h.TellStaff(f.As(id), but, frame)
}

// TellStaff brings a frame to the staff who get a conversation's entries, but one person.
func (h *Hub[R]) TellStaff(c *centrala.Conversation, but string, frame []byte) {
	for _, r := range h.Staff() {
		if r.Who().ID == but {
			continue
		}
		if _, reads := r.Follows(c); reads {
			r.Push(frame)
		}
	}
}

// TellAllStaff brings a frame to all of the staff who may do something.
func (h *Hub[R]) TellAllStaff(may auth.Action, frame []byte) {
	for _, r := range h.Staff() {
		if auth.Can(*r.Who(), may) {
			r.Push(frame)
		}
	}
}
