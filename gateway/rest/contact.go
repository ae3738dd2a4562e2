package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// Contacts are the people outside. Erase returns the blobs to delete.
type Contacts interface {
	Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error)
	Contacts(ctx context.Context, scope centrala.Scope, text string, before centrala.ContactID, limit int) ([]centrala.Contact, error)
	UpdateContact(ctx context.Context, scope centrala.Scope, id centrala.ContactID, ch centrala.ContactChange) (centrala.Contact, error)
	Reachable(ctx context.Context, scope centrala.Scope, id centrala.ContactID) error
	Block(ctx context.Context, scope centrala.Scope, id centrala.ContactID, on bool, by centrala.Author) error
	Erase(ctx context.Context, id centrala.ContactID, by centrala.Author) (blobs []string, err error)
}

func (s *server) contactRoutes() {
	add(s, get("/v1/contacts", "Look for people", auth.ReadContacts), s.listContacts)
	add(s, get("/v1/contacts/{id}", "One person", auth.ReadContacts), s.getContact)
	add(s, patch("/v1/contacts/{id}", "Change what is known about a person", auth.WriteContacts), s.patchContact)
	add(s, remove("/v1/contacts/{id}", "Erase a person for good: names, addresses, words and files", auth.EraseContacts), s.eraseContact)
	add(s, get("/v1/contacts/{id}/conversations", "Their conversations, as far as the caller may see them", auth.ReadContacts), s.earlier)
	add(s, post("/v1/contacts/{id}/block", "Close the door to somebody, or open it again", auth.BlockContacts), s.blockContact)
	add(s, remove("/v1/contacts/{id}/undeliverable", "Say that mail reaches a person again", auth.WriteContacts), s.reachable)
	add(s, get("/v1/contacts/{id}/export", "Everything about a person, for them to have", auth.ExportContacts), s.exportContact)
}

// ContactView is a contact as the team sees them. Of conversations on sides that the caller does
// not see, it tells only that they exist.
type ContactView struct {
	ID         centrala.ContactID `json:"id"`
	Name       string             `json:"name"`
	Email      string             `json:"email,omitempty"`
	Phone      string             `json:"phone,omitempty"`
	Side       centrala.Side      `json:"side,omitempty"`
	Locale     string             `json:"locale,omitempty"`
	Verified   bool               `json:"verified"`
	ExternalID string             `json:"external_id,omitempty"`
	Blocked    bool               `json:"blocked,omitempty"`
	NoSurveys  bool               `json:"no_surveys,omitempty"`
	CreatedAt  time.Time          `json:"created_at"`
	OtherSides []centrala.Side    `json:"other_sides,omitempty"`

	EmailProven bool                `json:"email_proven,omitempty" doc:"The host site signed the address, or our own mail server confirmed it."`
	PhoneProven bool                `json:"phone_proven,omitempty" doc:"The host site signed the number, or they write from it."`
	Identities  []centrala.Identity `json:"identities,omitempty" doc:"At vendors. In answers about one person only."`
	Mergers     int                 `json:"mergers,omitempty" doc:"How many other contacts were found to be this person. In answers about one person only."`

	Undeliverable *centrala.Undeliverable `json:"undeliverable,omitempty" doc:"Mail does not reach the address any more."`
	Doubted       bool                    `json:"doubted,omitempty" doc:"Our own mail server says that the address is not theirs."`
}

func contactView(k centrala.Contact) ContactView {
	return ContactView{ID: k.ID, Name: k.Name, Email: k.Email, Phone: k.Phone, Side: k.Side, Locale: k.Locale, Verified: k.Verified,
		ExternalID: k.ExternalID, Blocked: k.Blocked, NoSurveys: k.NoSurveys, CreatedAt: k.CreatedAt.UTC(),
		EmailProven: k.EmailProven, PhoneProven: k.PhoneProven, Identities: k.Identities, Undeliverable: k.Undeliverable, Doubted: k.Doubted}
}

// whole is a contact with the sides that the caller does not see, and how many they were before.
func (s *server) whole(ctx context.Context, c caller, k centrala.Contact) (*answer[ContactView], error) {
	v := contactView(k)
	all, _, err := s.Store.Conversations(ctx, centrala.Everything(), centrala.Filter{Contact: k.ID, Limit: 200})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if sd := all[i].Side; sd != centrala.NoSide && !c.Scope.Sees(&all[i]) && !slices.Contains(v.OtherSides, sd) {
			v.OtherSides = append(v.OtherSides, sd)
		}
	}
	people, err := s.Store.Persons(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	v.Mergers = len(people) - 1
	return ok(v), nil
}

type contactQuery struct {
	Q      string      `query:"q" maxLength:"200" doc:"Part of a name, address or number."`
	Before contactWish `query:"cursor"`
	Limit  int         `query:"limit" minimum:"1" maximum:"200"`
}

func (s *server) listContacts(ctx context.Context, c caller, q *contactQuery) (*answer[List[ContactView]], error) {
	limit := cmp.Or(q.Limit, 50)
	items, err := s.Store.Contacts(ctx, c.Scope, q.Q, q.Before.ID, limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(items) > limit {
		items = items[:limit]
		next = items[limit-1].ID.String()
	}
	out := make([]ContactView, len(items))
	for i, k := range items {
		out[i] = contactView(k)
	}
	return page(out, next), nil
}

type contactPath struct {
	ID contactRef `path:"id"`
}

func (s *server) getContact(ctx context.Context, c caller, in *contactPath) (*answer[ContactView], error) {
	k, err := s.Store.Contact(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return s.whole(ctx, c, k)
}

type contactInput struct {
	ID   contactRef `path:"id"`
	Body struct {
		Name   *string        `json:"name,omitempty" maxLength:"200"`
		Email  *string        `json:"email,omitempty" maxLength:"254"`
		Phone  *string        `json:"phone,omitempty" maxLength:"40"`
		Side   *centrala.Side `json:"side,omitempty"`
		Locale *string        `json:"locale,omitempty" maxLength:"35"`
	}
}

func (s *server) patchContact(ctx context.Context, c caller, in *contactInput) (*answer[ContactView], error) {
	b := in.Body
	if b.Email != nil && *b.Email != "" && !plausibleEmail(*b.Email) {
		return nil, centrala.InvalidField("email", "%.80q is not an e-mail address.", *b.Email)
	}
	if b.Side != nil {
		if err := side(*b.Side); err != nil {
			return nil, err
		}
	}
	for field, v := range map[string]*string{"name": b.Name, "phone": b.Phone, "locale": b.Locale} {
		if v != nil {
			if err := centrala.CheckText(field, *v); err != nil {
				return nil, err
			}
		}
	}
	old, err := s.Store.Contact(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	k, err := s.Store.UpdateContact(ctx, c.Scope, in.ID.ID, centrala.ContactChange{Name: b.Name, Email: b.Email, Phone: b.Phone, Locale: b.Locale, Side: b.Side})
	if err != nil {
		return nil, err
	}
	detail := differ(map[string]bool{"name": k.Name != old.Name, "email": k.Email != old.Email, "phone": k.Phone != old.Phone,
		"locale": k.Locale != old.Locale, "side": k.Side != old.Side})
	if err := s.audited(ctx, c, "contact.changed", k.ID.String(), detail); err != nil {
		return nil, err
	}
	return s.whole(ctx, c, k)
}

// differ names what changed, for the audit log, which never holds what was written there: it
// outlives the person's data.
func differ(changed map[string]bool) string {
	maps.DeleteFunc(changed, func(_ string, did bool) bool { return !did })
	return strings.Join(slices.Sorted(maps.Keys(changed)), ", ")
}

// eraseContact erases the rows first: from then on nothing leads to the files. A file that
// cannot be deleted now is told, not hidden.
func (s *server) eraseContact(ctx context.Context, c caller, in *contactPath) (*nothing, error) {
	people, err := s.Store.Persons(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	blobs, err := s.Store.Erase(ctx, in.ID.ID, c.Author())
	if err != nil {
		return nil, err
	}
	s.endedAll(people)
	var failed []error
	for _, b := range blobs {
		if b != "" {
			failed = append(failed, s.drop(ctx, b))
		}
	}
	if err := s.audited(ctx, c, "contact.erased", in.ID.ID.String(), fmt.Sprintf("%d files", len(blobs))); err != nil {
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// Earlier is one conversation of a contact in short.
type Earlier struct {
	ID         centrala.ConversationID `json:"id"`
	Ref        string                  `json:"ref"`
	Subject    string                  `json:"subject"`
	Text       string                  `json:"text,omitempty" doc:"Its last public words, at most 200 characters."`
	Channel    centrala.Channel        `json:"channel"`
	Side       centrala.Side           `json:"side,omitempty"`
	Status     centrala.Status         `json:"status"`
	OpenedAt   time.Time               `json:"opened_at"`
	ResolvedAt *time.Time              `json:"resolved_at,omitempty"`
}

type earlierQuery struct {
	ID     contactRef `path:"id"`
	Cursor string     `query:"cursor" maxLength:"200"`
	Limit  int        `query:"limit" minimum:"1" maximum:"200"`
}

func (s *server) earlier(ctx context.Context, c caller, in *earlierQuery) (*answer[List[Earlier]], error) {
	if _, err := s.Store.Contact(ctx, c.Scope, in.ID.ID); err != nil {
		return nil, err
	}
	items, next, err := s.Store.Conversations(ctx, c.Scope, centrala.Filter{Contact: in.ID.ID, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := make([]Earlier, len(items))
	for i, v := range items {
		out[i] = Earlier{ID: v.ID, Ref: fmt.Sprintf("#%d", v.Number), Subject: v.Subject, Text: v.LastText.Text, Channel: v.Channel, Side: v.Side, Status: v.Status,
			OpenedAt: v.OpenedAt.UTC(), ResolvedAt: instant(v.ResolvedAt)}
	}
	return page(out, next), nil
}

func (s *server) reachable(ctx context.Context, c caller, in *contactPath) (*answer[ContactView], error) {
	if err := s.Store.Reachable(ctx, c.Scope, in.ID.ID); err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "contact.reachable", in.ID.ID.String(), ""); err != nil {
		return nil, err
	}
	return s.getContact(ctx, c, in)
}

type blockInput struct {
	ID   contactRef `path:"id"`
	Body struct {
		Blocked bool `json:"blocked" required:"true"`
	}
}

func (s *server) blockContact(ctx context.Context, c caller, in *blockInput) (*answer[ContactView], error) {
	if err := s.Store.Block(ctx, c.Scope, in.ID.ID, in.Body.Blocked, c.Author()); err != nil {
		return nil, err
	}
	people, err := s.Store.Persons(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	s.endedAll(people)
	action := "contact.blocked"
	if !in.Body.Blocked {
		action = "contact.unblocked"
	}
	if err := s.audited(ctx, c, action, in.ID.ID.String(), ""); err != nil {
		return nil, err
	}
	return s.getContact(ctx, c, &contactPath{ID: in.ID})
}

// Export is everything that the caller may see about a person, in one document.
type Export struct {
	Contact       ContactView            `json:"contact"`
	Conversations []ExportedConversation `json:"conversations"`
	At            time.Time              `json:"at"`
	Cut           bool                   `json:"cut,omitempty" doc:"There was more than one document holds."`
}

// ExportedConversation is a conversation with what was said in it.
type ExportedConversation struct {
	Conversation
	Messages []Entry `json:"messages"`
}

// maxExported bounds one export, in messages.
const maxExported = 20_000

// exportContact leaves the team's notes out: they are about the person's matter, and are given
// out by a decision, not by a button.
func (s *server) exportContact(ctx context.Context, c caller, in *contactPath) (*answer[Export], error) {
	k, err := s.Store.Contact(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	out := Export{Contact: contactView(k), Conversations: []ExportedConversation{}, At: s.Now().UTC()}
	left, cursor := maxExported, ""
	for {
		items, next, err := s.Store.Conversations(ctx, c.Scope, centrala.Filter{Contact: k.ID, Cursor: cursor, Limit: 200})
		if err != nil {
			return nil, err
		}
		for i := range items {
			e := ExportedConversation{Conversation: conversationView(&items[i])}
			if e.Messages, err = s.said(ctx, c, items[i].ID, &left); err != nil {
				return nil, err
			}
			out.Conversations = append(out.Conversations, e)
		}
		if cursor = next; next == "" || left <= 0 {
			break
		}
	}
	out.Cut = left <= 0
	return ok(out), s.audited(ctx, c, "contact.exported", k.ID.String(), "")
}

// said is what was said publicly in a conversation, whole, at most *left entries.
func (s *server) said(ctx context.Context, c caller, id centrala.ConversationID, left *int) ([]Entry, error) {
	out := []Entry{}
	for after := int64(0); *left > 0; {
		msgs, _, err := s.Store.Tail(ctx, c.Scope, id, after, 200)
		if err != nil || len(msgs) == 0 {
			return out, err
		}
		for _, m := range msgs {
			if after = m.Seq; m.Hidden() {
				continue
			}
			if m.HasMore {
				if _, m.Text, _, err = s.Store.Message(ctx, c.Scope, id, m.Seq); err != nil {
					return nil, err
				}
			}
			e := s.entry(c, m.ForCustomer())
			e.Text, e.Cut = &m.Text, false
			out = append(out, e)
			*left--
		}
	}
	return out, nil
}
