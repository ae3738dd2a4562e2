package gateway

import (
	"sync"
	"time"

	"centrala"
	"centrala/auth"
)

// typists is who is typing where. Marks are never stored and last TypingFor.
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
	face  face
	until time.Time
	from  *session
}

// types is typing: the others in the conversation are told, and told that it is over when it
// was not renewed.
func (s *session) types(env envelope, body []byte) error {
	f, err := decode[typingIn](body)
	if err != nil {
		return err
	}
	id, err := conversationID(f.Conversation)
	if err != nil {
		return err
	}
	where, err := s.sees(id)
	if err != nil {
		return err
	}
	p := s.who.Load()
	key, mark := typist{id, p.ID}, typingMark{by: p.Author(), face: where, until: time.Now().Add(TypingFor), from: s}
	t := &s.g.hub.typing
	t.mu.Lock()
	if f.On {
		t.marks[key] = mark
	} else {
		delete(t.marks, key)
	}
	t.mu.Unlock()
	s.g.hub.tellTyping(key, mark, f.On)
	s.ack(env.Ref, ackFrame{})
	return nil
}

// typed ends the marks that were not renewed.
func (h *hub) typed(now time.Time) {
	var over map[typist]typingMark
	h.typing.mu.Lock()
	for k, m := range h.typing.marks {
		if now.After(m.until) {
			if over == nil {
				over = map[typist]typingMark{}
			}
			over[k] = m
			delete(h.typing.marks, k)
		}
	}
	h.typing.mu.Unlock()
	for k, m := range over {
		h.tellTyping(k, m, false)
	}
}

func (h *hub) tellTyping(k typist, m typingMark, on bool) {
	h.tellOthers(k.conversation, m.face, k.person, h.g.encode(typingFrame{Type: "typing", Conversation: k.conversation, Author: m.by, On: on}))
}

// tellOthers brings a frame that is not kept to everybody in a conversation but one person.
func (h *hub) tellOthers(id centrala.ConversationID, f face, but string, frame []byte) {
	if now, ok := h.face(id); ok {
		f = now
	}
	for _, s := range h.audience(f.contact, f.inbox) {
		if s.who.Load().ID != but {
			s.push(frame)
		}
	}
	h.tellStaff(f.as(id), but, frame)
}

// tellStaff brings a frame to the staff who get a conversation's messages.
func (h *hub) tellStaff(c *centrala.Conversation, but string, frame []byte) {
	for _, s := range *h.staff.Load() {
		if s.who.Load().ID == but {
			continue
		}
		if _, reads := s.follows(c); reads {
			s.push(frame)
		}
	}
}

// drop ends what a socket was typing when it goes.
func (t *typists) drop(h *hub, person string, s *session) {
	over := map[typist]typingMark{}
	t.mu.Lock()
	for k, m := range t.marks {
		if m.from == s && k.person == person {
			over[k] = m
			delete(t.marks, k)
		}
	}
	t.mu.Unlock()
	for k, m := range over {
		h.tellTyping(k, m, false)
	}
}

// marks are how far people have received and read, gathered so that each is stored at most
// once a second.
type marks struct {
	mu   sync.Mutex
	next map[typist]*mark
}

type mark struct {
	who            *auth.Principal
	received, read int64
}

func newMarks() *marks { return &marks{next: map[typist]*mark{}} }

func (s *session) received(env envelope, body []byte) error { return s.seen(env, body, false) }
func (s *session) readUpto(env envelope, body []byte) error { return s.seen(env, body, true) }

// seen notes a received or read mark; the clerk stores it and tells the others.
func (s *session) seen(env envelope, body []byte, read bool) error {
	f, err := decode[seenIn](body)
	if err != nil {
		return err
	}
	id, err := conversationID(f.Conversation)
	if err != nil {
		return err
	}
	if f.Upto < 0 {
		return centrala.InvalidField("upto", "A place in a conversation is not negative.")
	}
	if _, err := s.sees(id); err != nil {
		return err
	}
	p := s.who.Load()
	if read || p.Kind == auth.Visitor { // what staff has received is nobody's business
		s.g.marks.note(typist{id, p.ID}, p, f.Upto, read)
	}
	s.ack(env.Ref, ackFrame{})
	return nil
}

func (k *marks) note(key typist, p *auth.Principal, upto int64, read bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.next[key]
	if m == nil {
		m = &mark{who: p}
		k.next[key] = m
	}
	m.received = max(m.received, upto)
	if read {
		m.read = max(m.read, upto)
	}
}

// flush stores what was noted and tells the others.
func (k *marks) flush(g *Gateway) {
	k.mu.Lock()
	next := k.next
	if len(next) > 0 {
		k.next = map[typist]*mark{}
	}
	k.mu.Unlock()
	var (
		all  sync.WaitGroup
		room = make(chan struct{}, 16) // side by side they share commits
	)
	for key, m := range next {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if err := g.storeMark(key, m); err != nil {
				g.log.Warn("store a read mark", "conversation", key.conversation, "err", err)
				k.note(key, m.who, m.received, false)
				k.note(key, m.who, m.read, true)
			}
		})
	}
	all.Wait()
}

func (g *Gateway) storeMark(key typist, m *mark) error {
	ctx, cancel := g.call()
	defer cancel()
	id, by := key.conversation, m.who.Author()
	err := g.cfg.Log.Seen(ctx, m.who.Scope, id, by, m.received, m.read)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil // it left their sight meanwhile
	}
	if err != nil {
		return err
	}
	c, err := g.cfg.Lists.Conversation(ctx, centrala.Everything(), id)
	if err != nil {
		return err
	}
	received, read := min(m.received, c.LastSeq), min(m.read, c.LastSeq)
	if m.who.Kind == auth.Visitor && received > 0 {
		state := string(centrala.Delivered)
		if read >= received {
			state = string(centrala.DeliveryRead)
		}
		g.hub.tellStaff(&c, key.person, g.encode(deliveryFrame{Type: "delivery", Conversation: id, Seq: received, State: state, At: time.Now().UTC()}))
	}
	if read > 0 {
		g.hub.tellOthers(id, faceOf(&c), key.person, g.encode(readFrame{Type: "read", Conversation: id, Author: by, Upto: read}))
		g.hub.refresh(id)
	}
	return nil
}
