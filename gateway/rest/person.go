package rest

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
)

// Likenesses are contacts who may be one person: somebody of the team decides.
type Likenesses interface {
	Likely(ctx context.Context, scope centrala.Scope, id centrala.ContactID) ([]centrala.Likeness, error)
	Likeness(ctx context.Context, scope centrala.Scope, id, other centrala.ContactID) (centrala.Likeness, error)
	Unlike(ctx context.Context, scope centrala.Scope, id, other centrala.ContactID) error
}

// Persons are contacts who are one person: Merge makes them that, Unmerge two again.
type Persons interface {
	Persons(ctx context.Context, id centrala.ContactID) ([]centrala.ContactID, error)
	Mergers(ctx context.Context, scope centrala.Scope, id centrala.ContactID) ([]centrala.Merger, error)
	Merge(ctx context.Context, scope centrala.Scope, id, other centrala.ContactID, by centrala.Author) (centrala.Merger, error)
	Unmerge(ctx context.Context, scope centrala.Scope, id centrala.ContactID, merger centrala.MergerID, by centrala.Author) (centrala.Merger, error)
}

func (s *server) personRoutes() {
	add(s, get("/v1/contacts/{id}/likely", "Who may be the same person, and what speaks for it", auth.ReadContacts), s.likely)
	add(s, get("/v1/contacts/{id}/mergers", "Whom they were joined with, the latest first", auth.ReadContacts), s.mergers)
	add(s, post("/v1/contacts/{id}/merge", "Two contacts are one person", auth.WriteContacts), s.mergeContacts)
	add(s, post("/v1/contacts/{id}/unmerge", "They are two after all: each has their own conversations again", auth.WriteContacts), s.unmerge)
	add(s, post("/v1/contacts/{id}/unlike", "They are two, and not to be suggested again", auth.WriteContacts), s.unlike)
}

// LikelyView is somebody who may be the same person.
type LikelyView struct {
	Contact       ContactView         `json:"contact"`
	Evidence      []centrala.Evidence `json:"evidence" doc:"What speaks for it and against it, the strongest first."`
	Conversations int                 `json:"conversations" doc:"That the caller may see."`
	Channels      []centrala.Channel  `json:"channels"`
	Since         time.Time           `json:"since"`
}

type likelyQuery struct {
	ID    contactRef  `path:"id"`
	Other contactWish `query:"other" doc:"Only how it stands with this one, likely or not."`
}

func (s *server) likely(ctx context.Context, c caller, in *likelyQuery) (*answer[List[LikelyView]], error) {
	var (
		list []centrala.Likeness
		err  error
	)
	if in.Other.ID != 0 {
		list = make([]centrala.Likeness, 1)
		list[0], err = s.Store.Likeness(ctx, c.Scope, in.ID.ID, in.Other.ID)
	} else {
		list, err = s.Store.Likely(ctx, c.Scope, in.ID.ID)
	}
	if err != nil {
		return nil, err
	}
	out := make([]LikelyView, len(list))
	for i, l := range list {
		out[i] = LikelyView{Contact: contactView(l.Known.Contact), Evidence: append([]centrala.Evidence{}, l.Evidence...), Conversations: l.Known.Conversations,
			Channels: l.Known.Channels, Since: l.Known.Since.UTC()}
	}
	return page(out, ""), nil
}

func (s *server) mergers(ctx context.Context, c caller, in *contactPath) (*answer[List[centrala.Merger]], error) {
	list, err := s.Store.Mergers(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return page(list, ""), nil
}

type otherInput struct {
	ID   contactRef `path:"id"`
	Body struct {
		Other string `json:"other" required:"true" maxLength:"40"`
	}
}

// other is the contact that the body names.
func (in *otherInput) other() (id centrala.ContactID, err error) {
	if err = id.UnmarshalText([]byte(in.Body.Other)); err != nil {
		return 0, centrala.InvalidField("other", "%.40q is not a contact.", in.Body.Other)
	}
	return id, nil
}

// Joined is a person, and by which merger they are one.
type Joined struct {
	Contact ContactView       `json:"contact"`
	Merger  centrala.MergerID `json:"merger"`
}

func (s *server) mergeContacts(ctx context.Context, c caller, in *otherInput) (*answer[Joined], error) {
	other, err := in.other()
	if err != nil {
		return nil, err
	}
	m, err := s.Store.Merge(ctx, c.Scope, in.ID.ID, other, c.Author())
	if err != nil {
		return nil, err
	}
	return s.joined(ctx, c, m, m.Contact, "contact.joined", "joined with "+m.Other.String())
}

type unmergeInput struct {
	ID   contactRef `path:"id"`
	Body struct {
		Merger string `json:"merger" required:"true" maxLength:"40"`
	}
}

func (s *server) unmerge(ctx context.Context, c caller, in *unmergeInput) (*answer[Joined], error) {
	var id centrala.MergerID
	if err := id.UnmarshalText([]byte(in.Body.Merger)); err != nil {
		return nil, centrala.InvalidField("merger", "%.40q is not a merger.", in.Body.Merger)
	}
	m, err := s.Store.Unmerge(ctx, c.Scope, in.ID.ID, id, c.Author())
	if err != nil {
		return nil, err
	}
	return s.joined(ctx, c, m, in.ID.ID, "contact.parted", "told apart from "+m.Other.String())
}

// joined leaves the line in the audit log and shows the person. Who was told apart may be out of
// the caller's sight by now: then only their identifier is told.
func (s *server) joined(ctx context.Context, c caller, m centrala.Merger, id centrala.ContactID, action, detail string) (*answer[Joined], error) {
	if err := s.audited(ctx, c, action, m.Contact.String(), detail); err != nil {
		return nil, err
	}
	k, err := s.Store.Contact(ctx, c.Scope, id)
	if centrala.CodeOf(err) == centrala.NotFound {
		return ok(Joined{Contact: ContactView{ID: id}, Merger: m.ID}), nil
	}
	if err != nil {
		return nil, err
	}
	v, err := s.whole(ctx, c, k)
	if err != nil {
		return nil, err
	}
	return ok(Joined{Contact: v.Body, Merger: m.ID}), nil
}

func (s *server) unlike(ctx context.Context, c caller, in *otherInput) (*nothing, error) {
	other, err := in.other()
	if err != nil {
		return nil, err
	}
	if err := s.Store.Unlike(ctx, c.Scope, in.ID.ID, other); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "contact.unlike", in.ID.ID.String(), "not "+other.String())
}

// endedAll has the sockets of everybody who a person is checked.
func (s *server) endedAll(people []centrala.ContactID) {
	for _, id := range people {
		s.Ended(id.String())
	}
}
