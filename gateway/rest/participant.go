package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Participants are who reads a conversation along by mail.
type Participants interface {
	AddParticipant(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, who centrala.Address, by centrala.Author) (centrala.Conversation, error)
	RemoveParticipant(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, who string, by centrala.Author) (centrala.Conversation, error)
}

func (s *server) participantRoutes() {
	add(s, get("/v1/conversations/{id}/participants", "Who reads along by mail", auth.ReadConversations), s.listParticipants)
	add(s, post("/v1/conversations/{id}/participants", "Have somebody read along by mail from now on", auth.WriteConversations), s.addParticipant)
	add(s, remove("/v1/conversations/{id}/participants/{address}", "End somebody's reading along", auth.WriteConversations), s.removeParticipant)
}

func participants(c centrala.Conversation) *answer[List[centrala.Participant]] {
	return page(c.Participants, "")
}

func (s *server) listParticipants(ctx context.Context, c caller, in *conversationPath) (*answer[List[centrala.Participant]], error) {
	v, err := s.Store.Conversation(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return participants(v), nil
}

type newParticipant struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Address string `json:"address" required:"true" maxLength:"254"`
		Name    string `json:"name,omitempty" maxLength:"200"`
	}
}

func (s *server) addParticipant(ctx context.Context, c caller, in *newParticipant) (*answer[List[centrala.Participant]], error) {
	if !plausibleEmail(in.Body.Address) {
		return nil, centrala.InvalidField("address", "%.80q is not an e-mail address.", in.Body.Address)
	}
	v, err := s.Store.AddParticipant(ctx, c.Scope, in.ID.ID, centrala.Address{Name: in.Body.Name, Address: in.Body.Address}, c.Author())
	if err != nil {
		return nil, err
	}
	return participants(v), nil
}

type participantPath struct {
	ID      conversationRef `path:"id"`
	Address string          `path:"address" maxLength:"254"`
}

func (s *server) removeParticipant(ctx context.Context, c caller, in *participantPath) (*answer[List[centrala.Participant]], error) {
	v, err := s.Store.RemoveParticipant(ctx, c.Scope, in.ID.ID, in.Address, c.Author())
	if err != nil {
		return nil, err
	}
	return participants(v), nil
}
