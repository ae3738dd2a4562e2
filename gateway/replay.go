package gateway

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// behind is what a socket still has to be shown from the log before it is live. Whoever comes
// listens first and replays second: what is committed meanwhile is not queued but noted here,
// and the replay goes on until it has met it. It is guarded by the session's mu.
type behind struct {
	replaying map[centrala.ConversationID]int64 // the highest seq noted for a conversation
	shown     map[centrala.ConversationID]int64 // how far a replay got: the hub may come by with less
	events    bool                              // events are being replayed
	low       centrala.EventID                  // the lowest event noted since the last look
	rows      map[centrala.ConversationID]struct{}
	turns     int // of the wheel, since there is nothing more to replay
}

// notes reports whether an entry is left to the replay, or was shown by it.
func (b *behind) notes(m *centrala.Message) bool {
	if seq, ok := b.replaying[m.Conversation]; ok {
		b.replaying[m.Conversation] = max(seq, m.Seq)
		return true
	}
	if b.events {
		if b.low == 0 || m.ID < b.low {
			b.low = m.ID
		}
		return true
	}
	if at, ok := b.shown[m.Conversation]; ok {
		if m.Seq <= at {
			return true
		}
		delete(b.shown, m.Conversation)
	}
	return false
}

func (b *behind) done() bool { return len(b.replaying) == 0 && !b.events }

// point is one conversation to resume.
type point struct {
	name  string
	id    centrala.ConversationID // zero: not even an identifier
	after int64
}

// points reads the resume list of a hello. A conversation that is named twice counts once,
// from the lower place.
func points(list []resumePoint) ([]point, error) {
	if len(list) > MaxResume {
		return nil, &centrala.Error{Code: centrala.TooMany, Field: "resume", Message: "At most 50 conversations are resumed at once."}
	}
	out := make([]point, 0, len(list))
next:
	for _, r := range list {
		if r.After < 0 {
			return nil, centrala.InvalidField("after", "A place in a conversation is not negative.")
		}
		for i := range out {
			if out[i].name == r.Conversation {
				out[i].after = min(out[i].after, r.After)
				continue next
			}
		}
		id, err := conversationID(r.Conversation)
		if err != nil {
			id = 0
		}
		out = append(out, point{name: centrala.Clip(r.Conversation, MaxRef), id: id, after: r.After})
	}
	return out, nil
}

// prepare notes what will be replayed, before the socket is live.
func (s *session) prepare(list []point, events bool) {
	if len(list) == 0 && !events {
		return
	}
	b := &behind{replaying: map[centrala.ConversationID]int64{}, shown: map[centrala.ConversationID]int64{},
		rows: map[centrala.ConversationID]struct{}{}, events: events}
	for _, p := range list {
		if p.id != 0 {
			b.replaying[p.id] = 0
		}
	}
	s.mu.Lock()
	s.behind = b
	s.mu.Unlock()
}

// replay shows what was missed, conversation after conversation, then event after event. It
// writes at the socket's own speed, past the queue.
func (s *session) replay(p *auth.Principal, list []point, cursor string, events bool) {
	for _, pt := range list {
		if err := s.resume(p, pt); err != nil {
			s.abandon(err)
			return
		}
	}
	if !events {
		return
	}
	if err := s.catchUp(p, cursor); err != nil {
		s.abandon(err)
	}
}

// abandon ends a socket that could not be shown what it missed: it comes back and resumes.
func (s *session) abandon(err error) {
	if !s.over() {
		s.g.log.Warn("a replay broke off", "principal", s.who.Load().ID, "err", err)
	}
	s.restart()
}

// replayPage is how many entries are read and written at once.
const replayPage = 100

// resume replays one conversation and switches it to live.
func (s *session) resume(p *auth.Principal, pt point) error {
	ctx, cancel := s.g.call()
	defer cancel()
	answer := resumedFrame{Type: "resumed", Conversation: pt.name}
	var c centrala.Conversation
	err := error(centrala.Errorf(centrala.NotFound, "no identifier"))
	if pt.id != 0 {
		c, err = s.g.cfg.Lists.Conversation(ctx, p.Scope, pt.id)
	}
	switch {
	case centrala.CodeOf(err) == centrala.NotFound:
		answer.Gone = true
	case err != nil:
		return err
	case c.MergedInto != 0:
		answer.Moved = c.MergedInto
	default:
		s.g.hub.know(&c)
		return s.missed(p, &c, pt, answer)
	}
	s.live(pt.id, 0, answer)
	return nil
}

// missed writes the entries after a point until it has met what the hub noted.
func (s *session) missed(p *auth.Principal, c *centrala.Conversation, pt point, answer resumedFrame) error {
	at := min(pt.after, c.LastSeq)
	if c.LastSeq-at > MaxReplay {
		at, answer.Truncated = c.LastSeq-MaxReplay, true
	}
	answer.From = at + 1
	for {
		msgs, err := s.tail(p, pt.id, at)
		if centrala.CodeOf(err) == centrala.NotFound { // it left this reader's sight meanwhile
			s.live(pt.id, 0, resumedFrame{Type: "resumed", Conversation: pt.name, Gone: true})
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.pour(p, msgs); err != nil {
			return err
		}
		if len(msgs) > 0 {
			at = msgs[len(msgs)-1].Seq
		}
		if len(msgs) < replayPage {
			answer.Seq = at
			if s.live(pt.id, at, answer) {
				return nil
			}
		}
	}
}

func (s *session) tail(p *auth.Principal, id centrala.ConversationID, after int64) ([]centrala.Message, error) {
	ctx, cancel := s.g.call()
	defer cancel()
	msgs, _, err := s.g.cfg.Log.Tail(ctx, p.Scope, id, after, replayPage)
	return msgs, err
}

// pour writes entries as message frames, past the queue, a chunk at a time.
func (s *session) pour(p *auth.Principal, msgs []centrala.Message) error {
	var batch []byte
	for i := range msgs {
		frame := s.g.message(p, &msgs[i])
		if len(batch)+len(frame) > 4*chunk {
			if err := s.wire.send(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, frame...)
		s.g.stats.out.Add(1)
	}
	if len(batch) == 0 {
		return nil
	}
	return s.wire.send(batch)
}

// live switches a conversation to live, unless the hub has noted more than was shown, and says
// so to the peer in the same moment.
func (s *session) live(id centrala.ConversationID, at int64, answer resumedFrame) bool {
	frame := s.g.encode(answer)
	s.mu.Lock()
	b := s.behind
	if at != 0 && b.replaying[id] > at {
		s.mu.Unlock()
		return false
	}
	delete(b.replaying, id)
	if at != 0 {
		b.shown[id] = at
	}
	start := s.enqueue(frame)
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
	return true
}

// catchUp replays the events after a cursor: the entries that the socket would have been
// shown, and every conversation that changed, as it is now.
func (s *session) catchUp(p *auth.Principal, cursor string) error {
	ctx, cancel := context.WithTimeout(s.g.ctx, 2*time.Minute)
	defer cancel()
	after, ok, err := s.g.cursor(ctx, cursor)
	if err != nil {
		return err
	}
	changed := map[centrala.ConversationID]struct{}{}
	for n := 0; ok; {
		commits, err := s.g.cfg.Lists.Since(ctx, p.Scope, after, MaxReplay)
		if err != nil {
			return err
		}
		if err := s.relive(p, commits, changed); err != nil {
			return err
		}
		if len(commits) > 0 {
			after = max(after, commits[len(commits)-1].Event.ID)
		}
		if n += len(commits); n > MaxCatchUp {
			ok = false
			break
		}
		if len(commits) == MaxReplay {
			continue
		}
		if err := s.show(ctx, p, changed); err != nil {
			return err
		}
		low, met := s.met(after, changed)
		if met {
			s.push(s.g.encode(caughtUpFrame{Type: "caught_up", Cursor: s.g.cursorAt(after)}))
			return nil
		}
		after = min(after, low)
	}
	s.mu.Lock()
	s.behind.events = false
	s.mu.Unlock()
	s.push(s.g.encode(staleFrame{Type: "stale"}))
	return nil
}

// relive writes the entries of commits that the socket listens to, each once.
func (s *session) relive(p *auth.Principal, commits []centrala.Commit, changed map[centrala.ConversationID]struct{}) error {
	var msgs []centrala.Message
	for i := range commits {
		c := &commits[i]
		if c.Conversation == nil {
			continue
		}
		changed[c.Conversation.ID] = struct{}{}
		if _, reads := s.follows(c.Conversation); !reads || c.Message == nil {
			continue
		}
		s.mu.Lock()
		fresh := c.Message.Seq > s.behind.shown[c.Message.Conversation]
		if fresh {
			s.behind.shown[c.Message.Conversation] = c.Message.Seq
		}
		s.mu.Unlock()
		if fresh {
			msgs = append(msgs, *c.Message)
		}
	}
	return s.pour(p, msgs)
}

// met ends the replay of events when the hub has noted nothing since the last look. Else it
// tells after which event to read again, and adds the conversations whose rows have changed.
func (s *session) met(after centrala.EventID, changed map[centrala.ConversationID]struct{}) (from centrala.EventID, met bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.behind
	low := b.low
	b.low = 0
	if !s.g.cfg.Cluster && low <= after { // one node's identifiers appear in their order
		low = 0
	}
	if low == 0 && len(b.rows) == 0 {
		b.events = false
		return 0, true
	}
	for id := range b.rows {
		changed[id] = struct{}{}
	}
	clear(b.rows)
	if low == 0 {
		return after, false
	}
	return low - 1, false
}

// show writes conversations as they are now, if the socket follows them; if it may see but
// does not follow them any more, that they are gone. It empties changed.
func (s *session) show(ctx context.Context, p *auth.Principal, changed map[centrala.ConversationID]struct{}) error {
	for id := range changed {
		c, err := s.g.cfg.Lists.Conversation(ctx, p.Scope, id)
		if centrala.CodeOf(err) == centrala.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		frame := s.g.encode(goneFrame{Type: "conversation", ID: id, Gone: true})
		if rows, _ := s.follows(&c); rows {
			frame = s.g.encode(staffTalk("conversation", &c))
		}
		if err := s.wire.send(frame); err != nil {
			return err
		}
	}
	clear(changed)
	return nil
}

// row pushes a conversation's present state, unless the events before it are still being
// replayed: the replay ends with the state.
func (s *session) row(id centrala.ConversationID, frame []byte) {
	s.mu.Lock()
	if b := s.behind; b != nil && b.events {
		b.rows[id] = struct{}{}
		s.mu.Unlock()
		return
	}
	start := s.enqueue(frame)
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// cursorAt is the opaque form of a place in the log.
func (g *Gateway) cursorAt(id centrala.EventID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(g.cfg.Epoch + "." + id.String()))
}

// cursor reads a cursor; it is not ok, and stale, when it is none of ours, of another epoch,
// older than what is kept, or ahead of the log.
func (g *Gateway) cursor(ctx context.Context, text string) (centrala.EventID, bool, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, false, nil
	}
	at := strings.LastIndexByte(string(b), '.')
	if at < 0 || string(b[:at]) != g.cfg.Epoch {
		return 0, false, nil
	}
	var id centrala.EventID
	if err := id.UnmarshalText(b[at+1:]); err != nil {
		return 0, false, nil
	}
	last, err := g.cfg.Lists.LastEvent(ctx)
	if err != nil {
		return 0, false, err
	}
	made := time.UnixMilli(int64(id) >> 22) // see centrala.IDs
	return id, id <= last && (id == 0 || time.Since(made) < CursorKept), nil
}

// forget lets go of what a replay remembers, a turn of the wheel after its end: by then the
// hub has long come by.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind == nil || !s.behind.done() {
		return
	}
	if s.behind.turns++; s.behind.turns > 1 {
		s.behind = nil
	}
}
