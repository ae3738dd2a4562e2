package gateway

import (
	"errors"
	"slices"
	"sync"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/socket"
)

// scratch is where frames are made before they get a piece of memory of their own size.
var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 2<<10); return &b }}

// encode is v as a whole WebSocket frame; nil, and a line in the log, when it cannot be.
func (g *Gateway) encode(v any) []byte {
	room := scratch.Get().(*[]byte)
	defer scratch.Put(room)
	body, err := frames.Append((*room)[:0], v)
	if err != nil {
		g.log.Error("encode a frame", "err", err)
		return nil
	}
	*room = body
	return socket.Text(body)
}

// refusal is the error frame for err. What is no refusal is logged, and told as unavailable.
func (g *Gateway) refusal(s *session, ref string, err error) []byte {
	f := frames.Error{Type: "error", Ref: ref, Code: centrala.Unavailable, Retry: true,
		Message: "This could not be done now. Try again in a moment."}
	var refused *centrala.Error
	if errors.As(err, &refused) && refused.Code != centrala.Internal {
		f.Code, f.Message, f.Field = refused.Code, refused.Message, refused.Field
		f.Retry = f.Code == centrala.RateLimited || f.Code == centrala.Unavailable
		f.RetryAfter = refused.RetryAfter.Milliseconds()
		if f.Code == centrala.RateLimited {
			f.RetryAfter = max(1, f.RetryAfter)
		}
	} else {
		principal := ""
		if p := s.who.Load(); p != nil {
			principal = p.ID
		}
		g.log.Error("a frame could not be handled", "principal", principal, "err", err)
	}
	g.refused.frames.Add(1)
	return g.encode(f)
}

// encoder makes the hub's frames.
type encoder struct{ *Gateway }

// Entry is the frame of an entry for one reader. A customer learns of a note, and of what is
// the team's own business, only that its seq exists.
func (e encoder) Entry(p *auth.Principal, m *centrala.Message) []byte {
	f := &frames.Message{Type: "message", Conversation: m.Conversation, Seq: m.Seq}
	if p.Kind == auth.Visitor && m.Hidden() {
		f.Hidden = true
	} else {
		f.Message = e.seenBy(p, m)
	}
	return e.encode(f)
}

// Row is a conversation as the staff sees it.
func (e encoder) Row(c *centrala.Conversation) []byte {
	f := frames.ForStaff("conversation", c)
	return e.encode(&f)
}

// Gone is a conversation that is no longer watched.
func (e encoder) Gone(id centrala.ConversationID) []byte {
	return e.encode(frames.Gone{Type: "conversation", ID: id, Gone: true})
}

// Frame is any other frame.
func (e encoder) Frame(v any) []byte { return e.encode(v) }

// seenBy is an entry as a reader may see it: the key only if it is theirs, files with an
// address that is theirs.
func (g *Gateway) seenBy(p *auth.Principal, m *centrala.Message) *centrala.Message {
	out := *m
	if p.Kind == auth.Visitor {
		out = m.ForCustomer()
	}
	if m.Sender != p.ID {
		out.Key = ""
	}
	if len(m.Attachments) > 0 {
		out.Attachments = slices.Clone(m.Attachments)
		for i := range out.Attachments {
			if out.Attachments[i].State != centrala.FileHere {
				continue
			}
			out.Attachments[i].URL = g.cfg.Guard.FileURL(*p, out.Attachments[i].ID)
		}
	}
	return &out
}
