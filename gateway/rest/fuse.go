package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Fuses are what stands still because too much mail came or went.
type Fuses interface {
	Fuses(ctx context.Context) ([]centrala.Fuse, error)
	ResetFuse(ctx context.Context, inbox centrala.InboxID, name string) error
}

func (s *server) fuseRoutes() {
	add(s, get("/v1/fuses", "Senders and inboxes whose mail stands still because it looks like a loop, the latest first", auth.ManageInboxes), s.listFuses)
	add(s, post("/v1/fuses/reset", "Make a fuse whole before its time", auth.ManageInboxes), s.resetFuse)
}

func (s *server) listFuses(ctx context.Context, _ caller, _ *nothing) (*answer[List[centrala.Fuse]], error) {
	list, err := s.Store.Fuses(ctx)
	if err != nil {
		return nil, err
	}
	return page(list, ""), nil
}

type fuseInput struct {
	Body struct {
		Inbox centrala.InboxID `json:"inbox" required:"true"`
		Name  string           `json:"name" maxLength:"254" doc:"The sender's address; empty: the acknowledgements of the inbox."`
	}
}

func (s *server) resetFuse(ctx context.Context, c caller, in *fuseInput) (*answer[List[centrala.Fuse]], error) {
	if err := s.Store.ResetFuse(ctx, in.Body.Inbox, in.Body.Name); err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "fuse.reset", in.Body.Inbox.String(), ""); err != nil {
		return nil, err
	}
	return s.listFuses(ctx, c, nil)
}
