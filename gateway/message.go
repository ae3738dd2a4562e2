package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// send is message.send.
func (s *session) send(env frames.Envelope, body []byte) error {
	f, err := frames.DecodeSend(env, body)
	if err != nil {
		return err
	}
	p := s.who.Load()
	post, err := s.post(p, f)
	if err != nil {
		return err
	}
	if s.lanes == nil {
		return s.append(env.Ref, p, post)
	}
	s.lanes.Do(s.sock, post.Conversation, func() {
		if err := s.append(env.Ref, p, post); err != nil {
			s.refuse(env.Ref, err)
		}
	})
	return nil
}

// append brings a post into the log and acknowledges it once it is on disk.
func (s *session) append(ref string, p *auth.Principal, post centrala.Post) error {
	s.mu.Lock()
	s.own = append(s.own, post.Key)
	s.mu.Unlock()
	ctx, cancel := s.g.call()
	defer cancel()
	r, err := s.g.cfg.Log.Append(ctx, post)
	if err != nil || r.Repeated {
		s.acked(post.Key) // no commit will come by to take it
	}
	if centrala.CodeOf(err) == centrala.Closed && p.Visitor != nil {
		s.doubt.Store(true)
	}
	if err != nil {
		return err
	}
	if p.Visitor != nil {
		s.wishes = nil
		if !r.Repeated && !post.Note {
			s.hints.Sent(&s.g.hints, p, post.Text, r)
		}
	}
	s.ack(ref, frames.Ack{Conversation: r.Conversation, Message: r.Message, Seq: r.Seq, At: &r.At})
	return nil
}

// post is what a message.send asks the log to keep.
func (s *session) post(p *auth.Principal, f *frames.Send) (centrala.Post, error) {
	post := centrala.Post{Sender: p.ID, Key: f.Key, Author: p.Author(), Scope: p.Scope, Text: f.Text, Channel: centrala.Chat, Note: f.Note,
		Via: centrala.Channel(f.Via), Answers: f.Answers, Template: f.Template}
	if f.Conversation != "" {
		id, err := frames.ConversationID(f.Conversation)
		if err != nil {
			return post, err
		}
		post.Conversation = id
	}
	if len(f.Attachments) > centrala.MaxAttachments {
		return post, &centrala.Error{Code: centrala.TooMany, Field: "attachments",
			Message: fmt.Sprintf("A message carries at most %d attachments.", centrala.MaxAttachments)}
	}
	for _, a := range f.Attachments {
		id, err := frames.ID[centrala.AttachmentID]("attachments", a)
		if err != nil {
			return post, err
		}
		post.Attachments = append(post.Attachments, id)
	}
	for _, m := range f.Mentions {
		id, err := frames.ID[centrala.AgentID]("mentions", m)
		if err != nil {
			return post, err
		}
		post.Mentions = append(post.Mentions, id)
	}
	switch p.Kind {
	case auth.Visitor:
		if f.Note {
			return post, &centrala.Error{Code: centrala.Forbidden, Field: "note", Message: "Notes are the team's."}
		}
		contact := s.contact(p)
		post.Contact, post.Inbox = &contact, p.Visitor.Inbox
		if post.Author.Name == "" {
			post.Author.Name = contact.Name
		}
	case auth.Agent:
		post.Agent, post.Channel, post.Reason = p.Agent.ID, "", frames.Answered(p.Agent)
		post.NoClaim = p.Role() != centrala.RoleAgent
		if f.Claim != nil {
			post.NoClaim = !*f.Claim
		}
	default:
		post.NoClaim, post.Channel = true, ""
	}
	if p.Kind != auth.Visitor && post.Conversation == 0 {
		return post, centrala.InvalidField("conversation", "No conversation is named.")
	}
	return post, post.Check()
}

// contact is the customer with what they have said about themselves since.
func (s *session) contact(p *auth.Principal) centrala.Contact {
	c := auth.ContactOf(*p.Visitor)
	if w := s.wishes; w != nil {
		if w.Email != nil {
			c.Email, c.EmailProven = *w.Email, false // their own word
		}
		if w.Name != nil {
			c.Name = *w.Name
		}
		if w.Side != nil {
			c.Side = *w.Side
		}
	}
	return c
}

// ack answers a frame that was done, if it asked for an answer.
func (s *session) ack(ref string, f frames.Ack) {
	if ref == "" {
		return
	}
	f.Type, f.Ref = "ack", ref
	s.sock.Answer(s.g.encode(&f))
}

// history answers with a part of a timeline.
func (s *session) history(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.HistoryQuery](body)
	if err != nil {
		return err
	}
	id, err := frames.ConversationID(f.Conversation)
	if err != nil {
		return err
	}
	if err := f.Check(MaxHistory, DefaultHistory); err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	out := frames.History{Type: "history", Ref: env.Ref, Conversation: id}
	var msgs []centrala.Message
	if f.After != nil {
		msgs, _, err = s.g.cfg.Log.Tail(ctx, p.Scope, id, *f.After, f.Limit+1)
		out.More = len(msgs) > f.Limit
		msgs = msgs[:min(len(msgs), f.Limit)]
	} else {
		page := centrala.Page{Limit: f.Limit}
		if f.Before != nil {
			page.Before = *f.Before
		}
		msgs, out.More, err = s.g.cfg.Log.Messages(ctx, p.Scope, id, page)
	}
	if err != nil {
		return err
	}
	if out.Messages, err = s.g.entries(p, msgs, f.After != nil); err != nil {
		return err
	}
	out.More = out.More || len(out.Messages) < len(msgs)
	s.sock.Answer(s.g.encode(out))
	return nil
}

// entries are messages as a history holds them, in ascending seq, as many as fit into a frame:
// the first ones when reading forward, else the last.
func (g *Gateway) entries(p *auth.Principal, msgs []centrala.Message, forward bool) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, 0, len(msgs))
	size := 1 << 10
	for i := range msgs {
		m := &msgs[i]
		if !forward {
			m = &msgs[len(msgs)-1-i]
		}
		e, err := g.entry(p, m)
		if err != nil {
			return nil, err
		}
		if size += len(e) + 1; size > MaxServerFrame {
			break
		}
		out = append(out, e)
	}
	if !forward {
		slices.Reverse(out)
	}
	return out, nil
}

func (g *Gateway) entry(p *auth.Principal, m *centrala.Message) (json.RawMessage, error) {
	if p.Kind == auth.Visitor && m.Hidden() {
		return fmt.Appendf(nil, `{"seq":%d,"hidden":true}`, m.Seq), nil
	}
	b, err := json.Marshal(g.seenBy(p, m))
	if err != nil {
		return nil, fmt.Errorf("encode an entry: %w", err)
	}
	return append(fmt.Appendf(nil, `{"seq":%d,`, m.Seq), b[1:]...), nil
}

// pong answers a client that asks for a sign of life.
func (s *session) pong(env frames.Envelope, _ []byte) error {
	if env.Ref == "" {
		return centrala.InvalidField("ref", "A ping has a ref.")
	}
	s.sock.Answer(s.g.encode(frames.Pong{Type: "pong", Ref: env.Ref, At: time.Now().UTC()}))
	return nil
}
