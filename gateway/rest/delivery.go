package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Deliveries are the ledger of what left for the outside.
type Deliveries interface {
	Deliveries(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) ([]centrala.Delivery, error)
	Redeliver(ctx context.Context, scope centrala.Scope, id centrala.DeliveryID) error
}

func (s *server) deliveryRoutes() {
	add(s, get("/v1/conversations/{id}/deliveries", "What left for the outside, and what became of it", auth.ReadConversations), s.listDeliveries)
	add(s, post("/v1/conversations/{id}/deliveries/{delivery}/retry", "Send it again, with the same Message-ID", auth.WriteConversations), s.redeliver)
}

func (s *server) listDeliveries(ctx context.Context, c caller, in *conversationPath) (*answer[List[centrala.Delivery]], error) {
	items, err := s.Store.Deliveries(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return page(items, ""), nil
}

type deliveryPath struct {
	ID       conversationRef `path:"id"`
	Delivery deliveryRef     `path:"delivery"`
	Body     *struct{}
}

func (s *server) redeliver(ctx context.Context, c caller, in *deliveryPath) (*answer[List[centrala.Delivery]], error) {
	before, err := s.Store.Deliveries(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range before {
		if d.ID != in.Delivery.ID {
			continue
		}
		if err := s.Store.Redeliver(ctx, c.Scope, d.ID); err != nil {
			return nil, err
		}
		if err := s.audited(ctx, c, "delivery.retried", d.ID.String(), in.ID.ID.String()); err != nil {
			return nil, err
		}
		return s.listDeliveries(ctx, c, &conversationPath{ID: in.ID})
	}
	return nil, centrala.Errorf(centrala.NotFound, "There is no such delivery.")
}
