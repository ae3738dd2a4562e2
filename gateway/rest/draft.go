package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Scribe drafts answers for agents. It writes nothing: what it drafts goes into the composer of who
// asked.
type Scribe interface {
	Draft(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.AnswerDraft, error)
}

// DraftsPerMinute is how many drafts one agent may ask for.
const DraftsPerMinute = 10

func (s *server) draftRoutes() {
	add(s, post("/v1/conversations/{id}/draft", "Have a language model draft an answer for the composer; nothing is sent, and the text is kept nowhere", auth.WriteConversations).once(), s.draft)
}

func (s *server) draft(ctx context.Context, c caller, in *actInput) (*answer[centrala.AnswerDraft], error) {
	if c.Agent == nil {
		return nil, centrala.Errorf(centrala.Forbidden, "Drafts are for people.")
	}
	if _, err := s.Store.Conversation(ctx, c.Scope, in.ID.ID); err != nil {
		return nil, err
	}
	if s.Scribe == nil {
		return nil, &centrala.Error{Code: centrala.NotFound, Field: "draft", Message: "No language model is configured."}
	}
	if _, wait, free := s.drafts.Take(c.ID); !free {
		return nil, &centrala.Error{Code: centrala.RateLimited, Field: "draft", RetryAfter: wait, Message: "Too many drafts were asked for; try again later."}
	}
	if err := s.audited(ctx, c, "draft.asked", in.ID.ID.String(), ""); err != nil { // before anything leaves the house
		return nil, err
	}
	out, err := s.Scribe.Draft(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if out.Sources == nil {
		out.Sources = []centrala.Source{}
	}
	return ok(out), nil
}
