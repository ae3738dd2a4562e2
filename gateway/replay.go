package gateway

import (
	"context"
	"errors"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/hub"
)

// prepare notes what will be replayed, before the socket is live.
func (s *session) prepare(list []frames.Point, events bool) {
	if len(list) == 0 && !events {
		return
	}
	ids := make([]centrala.ConversationID, 0, len(list))
	for _, p := range list {
		if p.ID != 0 {
			ids = append(ids, p.ID)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = hub.NewBehind(ids, events)
}

// replay shows what was missed, conversation after conversation, then event after event. It
// writes at the socket's own speed, past the queue.
func (s *session) replay(p *auth.Principal, list []frames.Point, cursor string, events bool) {
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
	if !s.sock.Over() {
		s.g.log.Warn("a replay broke off", "principal", s.who.Load().ID, "err", err)
	}
	s.restart()
}

// replayPage is how many entries are read at once, pourRoom how many bytes of them are written
// at once.
const (
	replayPage = 100
	pourRoom   = 64 << 10
)

var errUnencoded = errors.New("a frame could not be encoded")

// resume replays one conversation and switches it to live.
func (s *session) resume(p *auth.Principal, pt frames.Point) error {
	answer := frames.Resumed{Type: "resumed", Conversation: pt.Name}
	var (
		msgs []centrala.Message
		c    centrala.Conversation
		err  = error(centrala.Errorf(centrala.NotFound, "no identifier"))
	)
	if pt.ID != 0 {
		msgs, c, err = s.tail(p, pt.ID, pt.After)
	}
	switch {
	case centrala.CodeOf(err) == centrala.NotFound:
		answer.Gone = true
	case err != nil:
		return err
	case c.MergedInto != 0:
		answer.Moved = c.MergedInto
	default:
		s.g.hub.Know(&c)
		return s.missed(p, &c, msgs, pt, answer)
	}
	s.live(pt.ID, -1, answer)
	return nil
}

// missed writes the entries after a point until it has met what the hub noted. msgs are the
// first of them.
func (s *session) missed(p *auth.Principal, c *centrala.Conversation, msgs []centrala.Message, pt frames.Point, answer frames.Resumed) (err error) {
	at := min(pt.After, c.LastSeq)
	if c.LastSeq-at > MaxReplay {
		at, answer.Truncated = c.LastSeq-MaxReplay, true
		msgs, _, err = s.tail(p, pt.ID, at)
	}
	answer.From = at + 1
	for ; ; msgs, _, err = s.tail(p, pt.ID, at) {
		if centrala.CodeOf(err) == centrala.NotFound { // it left this reader's sight meanwhile
			s.live(pt.ID, -1, frames.Resumed{Type: "resumed", Conversation: pt.Name, Gone: true})
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
			if s.live(pt.ID, at, answer) {
				return nil
			}
		}
	}
}

func (s *session) tail(p *auth.Principal, id centrala.ConversationID, after int64) ([]centrala.Message, centrala.Conversation, error) {
	ctx, done, err := s.g.turn()
	if err != nil {
		return nil, centrala.Conversation{}, err
	}
	defer done()
	return s.g.cfg.Log.Tail(ctx, p.Scope, id, after, replayPage)
}

// pour writes entries as message frames, past the queue, a chunk at a time.
func (s *session) pour(p *auth.Principal, msgs []centrala.Message) error {
	var (
		batch []byte
		n     int
	)
	for i := range msgs {
		frame := encoder{s.g}.Entry(p, &msgs[i])
		if frame == nil {
			return errUnencoded
		}
		if len(batch)+len(frame) > pourRoom && n > 0 {
			if err := s.sock.Send(batch, n); err != nil {
				return err
			}
			batch, n = batch[:0], 0
		}
		batch, n = append(batch, frame...), n+1
	}
	if n == 0 {
		return nil
	}
	return s.sock.Send(batch, n)
}

// live switches a conversation to live, unless the hub has noted more than was shown, and says
// so to the peer in the same moment. A negative place is that there is nothing to show.
func (s *session) live(id centrala.ConversationID, at int64, answer frames.Resumed) bool {
	frame := s.g.encode(answer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at < 0 {
		s.behind.Drop(id)
	} else if !s.behind.Met(id, at) {
		return false
	}
	s.sock.Push(frame)
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
		s.mu.Lock()
		from, met := s.behind.MetEvents(after, !s.g.cfg.Cluster, changed)
		if met {
			s.sock.Push(s.g.encode(frames.CaughtUp{Type: "caught_up", Cursor: s.g.cursorAt(after)}))
		}
		s.mu.Unlock()
		if met {
			return nil
		}
		after = min(after, from)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind.StopEvents()
	s.sock.Push(s.g.encode(frames.Stale{Type: "stale"}))
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
		if _, reads := s.Follows(c.Conversation); c.Message == nil || !reads && !c.Message.Addresses(p.AgentID()) {
			continue
		}
		s.mu.Lock()
		fresh := s.behind.Fresh(c.Message)
		s.mu.Unlock()
		if fresh {
			msgs = append(msgs, *c.Message)
		}
	}
	return s.pour(p, msgs)
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
		frame := encoder{s.g}.Gone(id)
		if rows, _ := s.Follows(&c); rows {
			frame = encoder{s.g}.Row(&c)
		}
		if err := s.sock.Send(frame, 1); err != nil {
			return err
		}
	}
	clear(changed)
	return nil
}

// cursorAt is the opaque form of a place in the log.
func (g *Gateway) cursorAt(id centrala.EventID) string { return frames.FormatCursor(g.cfg.Epoch, id) }

// cursor reads a cursor; it is not ok, and stale, when it is none of ours, of another epoch,
// older than what is kept, or ahead of the log.
func (g *Gateway) cursor(ctx context.Context, text string) (centrala.EventID, bool, error) {
	id, ok := frames.ParseCursor(g.cfg.Epoch, text)
	if !ok {
		return 0, false, nil
	}
	last, err := g.cfg.Lists.LastEvent(ctx)
	return id, id <= last && (id == 0 || time.Since(id.Made()) < CursorKept), err
}

// forget lets go of what a replay remembers, a turn of the wheel after its end: by then the
// hub has long come by.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind != nil && s.behind.Over() {
		s.behind = nil
	}
}
