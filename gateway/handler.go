package gateway

import (
	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
)

// handler is what is done with one type of frame, and who may send it.
type handler struct {
	customer bool        // visitors may
	staff    auth.Action // agents and programs that may do this may; "" nobody of them
	run      func(s *session, env frames.Envelope, body []byte) error
}

// handlers are all frames after hello. Each run answers a ref itself, unless it returns an
// error, which is the answer then.
func handlers() map[string]handler {
	const anybody = "anybody"
	return map[string]handler{
		"ping":             {true, anybody, (*session).pong},
		"message.send":     {true, auth.WriteConversations, (*session).send},
		"typing":           {true, auth.WriteConversations, (*session).types},
		"received":         {true, auth.ReadConversations, (*session).received},
		"read":             {true, auth.WriteConversations, (*session).readUpto},
		"history":          {true, auth.ReadConversations, (*session).history},
		"suggest":          {true, auth.ReadArticles, (*session).suggest},
		"article.feedback": {true, auth.ReadArticles, (*session).feedback},
		"survey.answer":    {true, "", (*session).rate},
		"bot.answer":       {true, "", (*session).press},
		"conversation.end": {true, "", (*session).finish},
		"contact.set":      {true, "", (*session).setContact},
		"presence.set":     {false, auth.OwnAccount, (*session).setPresence},
		"view":             {false, auth.ReadConversations, (*session).view},
		"watch":            {false, auth.ReadConversations, (*session).watch},
	}
}

// allowed reports whether a principal may send frames of this type at all.
func (h handler) allowed(p *auth.Principal) bool {
	if p.Kind == auth.Visitor {
		return h.customer
	}
	return h.staff == "anybody" || h.staff != "" && auth.Can(*p, h.staff)
}

// handle does what a frame asks for and answers its ref exactly once.
func (s *session) handle(env frames.Envelope, body []byte) {
	if env.Type == "hello" {
		s.hello(env, body)
		return
	}
	h, ok := s.g.handlers[env.Type]
	if !ok {
		s.refuse(env.Ref, centrala.Errorf(centrala.UnknownType, "There is no frame %.40q.", env.Type))
		return
	}
	if !h.allowed(s.who.Load()) {
		s.refuse(env.Ref, centrala.Errorf(centrala.Forbidden, "You may not send this frame."))
		return
	}
	if err := h.run(s, env, body); err != nil {
		s.refuse(env.Ref, err)
	}
}
