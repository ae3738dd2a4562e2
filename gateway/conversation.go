package gateway

import (
	"context"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/auth"
)

// conversation is what agents and programs see of a conversation.
type conversation struct {
	Type        string                  `json:"type,omitempty"`
	ID          centrala.ConversationID `json:"id"`
	Ref         string                  `json:"ref"`
	Inbox       centrala.InboxID        `json:"inbox"`
	Channel     centrala.Channel        `json:"channel"`
	Side        *centrala.Side          `json:"side"`
	Status      centrala.Status         `json:"status"`
	Turn        centrala.Turn           `json:"turn"`
	Subject     string                  `json:"subject"`
	Contact     personOut               `json:"contact"`
	Team        centrala.TeamID         `json:"team"`
	Assignee    *faceOut                `json:"assignee"`
	Priority    int                     `json:"priority"`
	Tags        []string                `json:"tags"`
	Complaint   bool                    `json:"complaint"`
	LastSeq     int64                   `json:"last_seq"`
	LastMessage *lastOut                `json:"last_message"`
	Unread      int                     `json:"unread"`
	Read        readOut                 `json:"read"`
	Opened      time.Time               `json:"opened_at"`
	Due         *time.Time              `json:"due"`
	Version     int64                   `json:"version"`
	Reason      string                  `json:"reason,omitempty"`
}

// talk is what customers see of theirs.
type talk struct {
	Type     string                  `json:"type,omitempty"`
	ID       centrala.ConversationID `json:"id"`
	Status   centrala.Status         `json:"status"`
	Assignee *faceOut                `json:"assignee"`
	Team     *string                 `json:"team"`
	Queue    *queueOut               `json:"queue"`
	Online   bool                    `json:"online"`
	LastSeq  int64                   `json:"last_seq"`
	Unread   *int                    `json:"unread,omitempty"`
	Read     readOut                 `json:"read"`
	Opened   time.Time               `json:"opened_at"`
}

type (
	personOut struct {
		ID       centrala.ContactID `json:"id"`
		Name     *string            `json:"name"`
		Verified bool               `json:"verified"`
	}
	faceOut struct {
		ID     string  `json:"id,omitempty"`
		Name   string  `json:"name"`
		Avatar *string `json:"avatar"`
	}
	readOut struct {
		Customer int64 `json:"customer"`
		Agent    int64 `json:"agent"`
	}
	lastOut struct {
		Seq    int64           `json:"seq"`
		Author centrala.Author `json:"author"`
		Text   string          `json:"text"`
		At     time.Time       `json:"at"`
	}
	queueOut struct {
		Position int  `json:"position"`
		Low      *int `json:"eta_low_s"`
		High     *int `json:"eta_high_s"`
	}
)

// staffTalk is the staff's object of c; kind is the frame's type, "" inside a list.
func staffTalk(kind string, c *centrala.Conversation) conversation {
	out := conversation{
		Type: kind, ID: c.ID, Ref: "#" + strconv.FormatInt(c.Number, 10), Inbox: c.Inbox, Channel: c.Channel, Side: orNull(c.Side),
		Status: c.Status, Turn: c.Turn, Subject: c.Subject, Team: c.Team, Priority: c.Priority, Tags: c.Tags, Complaint: c.Complaint,
		Contact: personOut{ID: c.Contact, Name: orNull(c.ContactName), Verified: c.Verified},
		LastSeq: c.LastSeq, Unread: c.Unread, Read: readOut{c.ReadByCustomer, c.ReadByAgent}, Opened: c.OpenedAt, Version: c.Version, Reason: c.Reason,
	}
	if out.Tags == nil {
		out.Tags = []string{}
	}
	if c.Assignee != 0 {
		out.Assignee = &faceOut{ID: c.Assignee.String(), Name: c.AssigneeName}
	}
	if c.LastText.Seq != 0 {
		out.LastMessage = &lastOut{Seq: c.LastText.Seq, Author: centrala.Author{Kind: c.LastText.Author}, Text: c.LastText.Text, At: c.UpdatedAt}
	}
	if !c.Due.IsZero() {
		out.Due = &c.Due
	}
	return out
}

// customerTalk is the customer's object of c at a place in the queue, 0 for none.
func (g *Gateway) customerTalk(kind string, c *centrala.Conversation, position int) talk {
	out := talk{Type: kind, ID: c.ID, Status: c.Status, Online: g.floor.online(c.Team), LastSeq: c.LastSeq,
		Read: readOut{c.ReadByCustomer, c.ReadByAgent}, Opened: c.OpenedAt, Team: orNull(g.house.team(c.Team))}
	if c.Assignee != 0 {
		out.Assignee = &faceOut{Name: c.AssigneeName}
	}
	if position > 0 {
		out.Queue = &queueOut{Position: position}
		if eta := g.queue.eta(c.Team, position); eta != nil {
			out.Queue.Low, out.Queue.High = &eta[0], &eta[1]
		}
	}
	return out
}

// talkNow is a customer's conversation with its place in the queue and how much is unread, for
// the welcome.
func (g *Gateway) talkNow(ctx context.Context, p *auth.Principal, c *centrala.Conversation) (talk, error) {
	position := 0
	if c.Status == centrala.Waiting {
		var err error
		if position, err = g.cfg.Lists.Queue(ctx, c.ID); err != nil {
			return talk{}, err
		}
		g.queue.follow(c, position)
	}
	out := g.customerTalk("", c, position)
	unread := 0
	if c.LastText.Seq > c.ReadByCustomer && c.LastText.Author != centrala.ByCustomer {
		msgs, _, err := g.cfg.Log.Tail(ctx, p.Scope, c.ID, c.ReadByCustomer, MaxHistory)
		if err != nil {
			return talk{}, err
		}
		for i := range msgs {
			if !msgs[i].Hidden() && msgs[i].System == nil && msgs[i].Author.Kind != centrala.ByCustomer {
				unread++
			}
		}
	}
	out.Unread = &unread
	return out, nil
}

// finish is conversation.end: the customer is done.
func (s *session) finish(env envelope, body []byte) error {
	f, err := decode[endIn](body)
	if err != nil {
		return err
	}
	id, err := conversationID(f.Conversation)
	if err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	if _, err := s.g.cfg.Log.Do(ctx, p.Scope, id, centrala.Resolve{ByCustomer: true}, p.Author()); err != nil {
		return err
	}
	s.ack(env.Ref, ackFrame{Conversation: id})
	return nil
}

const maxName = 200 // characters

// setContact is contact.set: what a customer says about themselves. What their host site has
// signed it does not touch.
func (s *session) setContact(env envelope, body []byte) error {
	f, err := decode[contactIn](body)
	if err != nil {
		return err
	}
	p := s.who.Load()
	ch, err := contactChange(f, p.Visitor.Claims)
	if err != nil {
		return err
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if p.Visitor.Claims.Subject != "" {
		_, err = s.g.cfg.House.Contact(ctx, p.Scope, p.Visitor.Contact)
		if centrala.CodeOf(err) == centrala.NotFound { // kept until the first message makes the row, with what was signed
			s.wishes = &ch
			s.ack(env.Ref, ackFrame{})
			return nil
		}
	} else if l := p.Visitor.Claims.Locale; l != "" {
		ch.Locale = &l
	}
	if err == nil {
		_, err = s.g.cfg.House.UpdateContact(ctx, p.Scope, p.Visitor.Contact, ch)
	}
	if err != nil {
		return err
	}
	s.ack(env.Ref, ackFrame{})
	return nil
}

func contactChange(f contactIn, signed centrala.Claims) (ch centrala.ContactChange, err error) {
	fixed := func(field string) error {
		return &centrala.Error{Code: centrala.Forbidden, Field: field, Message: "The site that signed this visitor in says this."}
	}
	known := signed.Subject != ""
	if f.Email != nil {
		addr, err := mail.ParseAddress(strings.TrimSpace(*f.Email))
		switch {
		case known && signed.Email != "":
			return ch, fixed("email")
		case err != nil || addr.Name != "" || len(addr.Address) > 254 || strings.ContainsAny(addr.Address, "\r\n\x00"):
			return ch, centrala.InvalidField("email", "This is not an e-mail address.")
		}
		ch.Email = &addr.Address
	}
	if f.Name != nil {
		name := strings.TrimSpace(*f.Name)
		switch {
		case known && signed.Name != "":
			return ch, fixed("name")
		case utf8.RuneCountInString(name) > maxName:
			return ch, &centrala.Error{Code: centrala.TooLong, Field: "name", Message: "A name has at most 200 characters."}
		case strings.ContainsRune(name, 0):
			return ch, centrala.InvalidField("name", "A name has no control characters.")
		}
		ch.Name = &name
	}
	if f.Side != nil {
		side := centrala.Side(*f.Side)
		switch {
		case known && signed.Side != centrala.NoSide:
			return ch, fixed("side")
		case !side.Valid():
			return ch, centrala.InvalidField("side", "A side is buyer, seller or advertiser.")
		}
		ch.Side = &side
	}
	if ch == (centrala.ContactChange{}) {
		return ch, centrala.Errorf(centrala.Invalid, "Nothing is set.")
	}
	return ch, nil
}
