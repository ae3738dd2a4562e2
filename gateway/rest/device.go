package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Devices is how an account is connected by a code that a person types at its vendor's. Begin goes on
// when the request is over; State tells how it goes, on whichever node it was begun. How it ended is
// audited as the doing of who began it.
type Devices interface {
	Begin(ctx context.Context, in centrala.Inbox, by centrala.Author, address string) (centrala.DeviceCode, error)
	State(ctx context.Context, in centrala.Inbox) (centrala.DeviceState, error)
}

func (s *server) deviceRoutes() {
	add(s, post("/v1/inboxes/{id}/device", "Connect an Allegro account: a code for a person to confirm on Allegro's page", auth.ManageInboxes).once(), s.beginDevice)
	add(s, get("/v1/inboxes/{id}/device", "How the connecting goes", auth.ManageInboxes), s.deviceState)
}

// deviceInbox is an inbox that is connected in this way.
func (s *server) deviceInbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error) {
	in, err := s.Store.Inbox(ctx, id)
	if err != nil {
		return in, err
	}
	if in.Channel != centrala.Allegro {
		return in, centrala.InvalidField("channel", "Only accounts of Allegro are connected with a code.")
	}
	if s.Devices == nil {
		return in, centrala.Errorf(centrala.Unavailable, "This server cannot connect accounts.")
	}
	return in, nil
}

func (s *server) beginDevice(ctx context.Context, c caller, in *inboxAct) (*answer[centrala.DeviceCode], error) {
	v, err := s.deviceInbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	code, err := s.Devices.Begin(ctx, v, c.Author(), auth.Prefix(c.addr))
	if err != nil {
		return nil, err
	}
	return ok(code), s.audited(ctx, c, "inbox.connect", v.ID.String(), string(v.Channel))
}

func (s *server) deviceState(ctx context.Context, _ caller, in *inboxAct) (*answer[centrala.DeviceState], error) {
	v, err := s.deviceInbox(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	state, err := s.Devices.State(ctx, v)
	if err != nil {
		return nil, err
	}
	return ok(state), nil
}
