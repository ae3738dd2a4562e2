package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Visits are the tokens of customers.
type Visits interface {
	EndVisitor(ctx context.Context, id centrala.ContactID) error
}

func (s *server) visitorRoutes() {
	add(s, post("/v1/visitors", "Let a customer in; with the old token as Bearer, say who they are").creates(), s.enter)
	add(s, remove("/v1/visitors/me", "Make all tokens of this customer void", auth.OwnTalk), s.leave)
}

type visitorInput struct {
	Body struct {
		Inbox    string `json:"inbox" required:"true" maxLength:"63" doc:"The inbox's slug."`
		Locale   string `json:"locale,omitempty" maxLength:"35"`
		Identity string `json:"identity,omitempty" maxLength:"8192" doc:"A JWT that the host site signed."`
	}
}

// Entered is a visitor's token and who they are by it.
type Entered struct {
	Token   string        `json:"token"`
	Contact VisitorPerson `json:"contact"`
}

// VisitorPerson is a customer to themselves.
type VisitorPerson struct {
	ID       centrala.ContactID `json:"id"`
	Side     *centrala.Side     `json:"side"`
	Name     *string            `json:"name"`
	Verified bool               `json:"verified"`
}

func (s *server) enter(ctx context.Context, c caller, in *visitorInput) (*answer[Entered], error) {
	if _, wait, ok := s.visitors.Take(auth.LimitKey(c.addr)); !ok {
		return nil, tooOften(wait)
	}
	inbox, err := s.Store.InboxBySlug(ctx, in.Body.Inbox)
	if err == nil && (!inbox.Enabled || inbox.Channel != centrala.Chat) {
		err = centrala.Errorf(centrala.NotFound, "There is no such widget.")
	}
	if err != nil {
		return nil, err
	}
	old, cookie := auth.TokenOf(c.r)
	if cookie { // an agent who looks at the shop is a customer like any other
		old = ""
	}
	token, v, err := s.Guard.Visitor(ctx, inbox, in.Body.Identity, old, in.Body.Locale)
	if err != nil {
		return nil, err
	}
	out := Entered{Token: token, Contact: VisitorPerson{ID: v.Contact, Side: orNull(v.Claims.Side), Name: orNull(v.Claims.Name), Verified: v.Claims.Subject != ""}}
	if inbox.Side != centrala.NoSide {
		out.Contact.Side = &inbox.Side
	}
	return ok(out), nil
}

func (s *server) leave(ctx context.Context, c caller, _ *nothing) (*nothing, error) {
	if err := s.Store.EndVisitor(ctx, c.Visitor.Contact); err != nil {
		return nil, err
	}
	s.Ended(c.Visitor.Contact.String())
	return nil, nil
}
