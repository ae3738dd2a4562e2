package rest

import (
	"context"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
)

// Conversations are the conversations of the log. Whatever lies outside the scope is NotFound.
type Conversations interface {
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Conversations(ctx context.Context, scope centrala.Scope, f centrala.Filter) (items []centrala.Conversation, next string, err error)
	Do(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error)
	Counts(ctx context.Context, scope centrala.Scope, agent centrala.AgentID) (centrala.Counts, error)
	Queue(ctx context.Context, id centrala.ConversationID) (position int, err error)
}

// Desk is the agents' lines now, and conversations that are written down by hand.
type Desk interface {
	Lines(ctx context.Context) ([]centrala.Line, error)
	Log(ctx context.Context, agent centrala.Agent, l centrala.Logged) (centrala.Receipt, error)
}

type conversationQuery struct {
	View      string          `query:"view" enum:"mine,queue,team,mentions,snoozed,resolved" doc:"One of the lists of the console's rail."`
	Status    centrala.Status `query:"status" enum:"waiting,open,snoozed,resolved"`
	Side      centrala.Side   `query:"side" enum:"buyer,seller,advertiser"`
	Team      teamWish        `query:"team"`
	Assignee  agentWish       `query:"assignee"`
	Mentioned string          `query:"mentioned" enum:"me" doc:"me: only those whose notes mention the agent who asks."`
	Contact   contactWish     `query:"contact"`
	Tag       string          `query:"tag" maxLength:"40"`
	Channel   string          `query:"channel" maxLength:"20"`
	Complaint bool            `query:"complaint" doc:"true: only complaints."`
	Q         string          `query:"q" maxLength:"200" doc:"Words anywhere in the conversation, or its number."`
	Order     centrala.Order  `query:"order" enum:"due,queue" doc:"Left out: latest change first; views but resolved: soonest deadline first."`
	Cursor    string          `query:"cursor" maxLength:"200"`
	Limit     int             `query:"limit" minimum:"1" maximum:"200"`
}

type conversationPath struct {
	ID conversationRef `path:"id"`
}

func (s *server) conversationRoutes() {
	read := []auth.Action{auth.ReadConversations, auth.OwnTalk}
	add(s, get("/v1/conversations", "Conversations that the caller may see", read...), s.listConversations)
	add(s, get("/v1/conversations/{id}", "One conversation", read...), s.getConversation)
	add(s, post("/v1/conversations", "Write down a call or a visit", auth.LogConversations).creates(), s.logConversation)
	add(s, patch("/v1/conversations/{id}", "Change the subject", auth.WriteConversations), s.patchConversation)
	add(s, get("/v1/counts", "The numbers of the console's rail", auth.ReadConversations), s.counts)
}

// filter is the query in the log's terms.
func (q *conversationQuery) filter(c caller) centrala.Filter {
	f := centrala.Filter{Status: q.Status, Side: q.Side, Team: q.Team.ID, Assignee: q.Assignee.ID, Contact: q.Contact.ID, Tag: q.Tag,
		Channel: centrala.Channel(q.Channel), Complaint: q.Complaint, Text: q.Q, Order: q.Order, Cursor: q.Cursor, Limit: q.Limit}
	if c.isVisitor() {
		return centrala.Filter{Status: q.Status, Cursor: q.Cursor, Limit: q.Limit} // what the rest would match, a customer may not know
	}
	if q.View != "" && q.Order == "" && q.View != "resolved" {
		f.Order = centrala.ByDue
	}
	if q.Mentioned == "me" {
		f.Mentioned = c.AgentID()
	}
	switch q.View {
	case "mine":
		f.Status, f.Assignee = centrala.Open, c.Scope.Agent
	case "queue":
		f.Status = centrala.Waiting
	case "team":
		f.Status = centrala.Open
	case "mentions":
		f.Mentioned, f.ToRead = c.AgentID(), true
	case "snoozed":
		f.Status, f.Assignee = centrala.Snoozed, c.Scope.Agent
	case "resolved":
		f.Status = centrala.Resolved
	}
	if f.Assignee == 0 && (q.View == "mine" || q.View == "snoozed") && c.Agent != nil {
		f.Assignee = c.Agent.ID
	}
	return f
}

func (q *conversationQuery) wantsMentions() bool { return q.View == "mentions" || q.Mentioned != "" }

func (s *server) listConversations(ctx context.Context, c caller, q *conversationQuery) (*answer[List[EitherView]], error) {
	if q.wantsMentions() && c.Agent == nil && !c.isVisitor() {
		return nil, centrala.InvalidField("mentioned", "Notes mention people, and a program is none.")
	}
	scope := c.Scope
	scope.Own = q.View == "queue" || q.View == "team"
	items, next, err := s.Store.Conversations(ctx, scope, q.filter(c))
	if err != nil {
		return nil, err
	}
	views := make([]EitherView, len(items))
	for i := range items {
		if views[i], err = s.view(ctx, c, &items[i]); err != nil {
			return nil, err
		}
	}
	return page(views, next), nil
}

// view is a conversation as c may see it.
func (s *server) view(ctx context.Context, c caller, v *centrala.Conversation) (EitherView, error) {
	if !c.isVisitor() {
		view := conversationView(v)
		return EitherView{team: &view}, nil
	}
	out := &CustomersView{ID: v.ID, Status: v.Status, LastSeq: v.LastSeq, Read: Read{v.ReadByCustomer, v.ReadByAgent}, OpenedAt: v.OpenedAt.UTC()}
	if v.Status == centrala.Snoozed { // how the team sorts its work is its own business
		out.Status = centrala.Open
	}
	if v.Assignee != 0 {
		out.Assignee = &Face{Name: v.AssigneeName}
	}
	if v.Team != 0 {
		t, err := s.Store.Team(ctx, v.Team)
		if err != nil && centrala.CodeOf(err) != centrala.NotFound {
			return EitherView{}, err
		}
		out.Team = orNull(t.Name)
	}
	if v.Status == centrala.Waiting {
		n, err := s.Store.Queue(ctx, v.ID)
		if err != nil {
			return EitherView{}, err
		}
		if n > 0 {
			out.Queue = &Place{n}
		}
	}
	lines, err := s.Store.Lines(ctx)
	if err != nil {
		return EitherView{}, err
	}
	out.Online = slices.ContainsFunc(lines, func(l centrala.Line) bool {
		return l.Status == centrala.Online && (v.Team == 0 || slices.Contains(l.Teams, v.Team))
	})
	return EitherView{customer: out}, nil
}

func (s *server) getConversation(ctx context.Context, c caller, in *conversationPath) (*answer[EitherView], error) {
	v, err := s.Store.Conversation(ctx, c.Scope, in.ID.ID)
	if err != nil {
		return nil, err
	}
	view, err := s.view(ctx, c, &v)
	return ok(view), err
}

type logged struct {
	Body struct {
		Channel centrala.Channel `json:"channel" required:"true" enum:"phone,walk_in"`
		Side    centrala.Side    `json:"side,omitempty"`
		Contact struct {
			Name  string `json:"name" maxLength:"200"`
			Email string `json:"email,omitempty" maxLength:"254"`
			Phone string `json:"phone,omitempty" maxLength:"40"`
		} `json:"contact" required:"true"`
		Subject string          `json:"subject" maxLength:"200"`
		Text    string          `json:"text" required:"true"`
		Team    centrala.TeamID `json:"team,omitzero"`
	}
}

func (s *server) logConversation(ctx context.Context, c caller, in *logged) (*answer[Conversation], error) {
	b := in.Body
	if err := side(b.Side); err != nil {
		return nil, err
	}
	if b.Contact.Email != "" && !plausibleEmail(b.Contact.Email) {
		return nil, centrala.InvalidField("contact.email", "%.80q is not an e-mail address.", b.Contact.Email)
	}
	if c.Role() != centrala.RoleAdmin && b.Team != 0 && !slices.Contains(c.Agent.Teams, b.Team) {
		return nil, centrala.InvalidField("team", "You are not in this team.")
	}
	r, err := s.Store.Log(ctx, *c.Agent, centrala.Logged{Key: c.key(), Channel: b.Channel, Side: b.Side, Name: b.Contact.Name,
		Email: b.Contact.Email, Phone: b.Contact.Phone, Subject: b.Subject, Text: b.Text, Team: b.Team})
	if err != nil {
		return nil, err
	}
	v, err := s.Store.Conversation(ctx, c.Scope, r.Conversation)
	return ok(conversationView(&v)), err
}

type subjectChange struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Subject *string `json:"subject,omitempty" maxLength:"200"`
	}
}

func (s *server) patchConversation(ctx context.Context, c caller, in *subjectChange) (*answer[Conversation], error) {
	if in.Body.Subject == nil {
		v, err := s.Store.Conversation(ctx, c.Scope, in.ID.ID)
		return ok(conversationView(&v)), err
	}
	return s.do(ctx, c, in.ID.ID, centrala.Entitle{Subject: *in.Body.Subject})
}

// Counts are the numbers of the rail. Late are those whose promised time is over.
type Counts struct {
	Mine      int             `json:"mine"`
	Queue     int             `json:"queue"`
	Team      int             `json:"team"`
	Mentions  int             `json:"mentions" doc:"Conversations with a note that mentions the agent and that they have not read."`
	Snoozed   int             `json:"snoozed"`
	Late      Late            `json:"late"`
	Waiting   []WaitingOfSide `json:"waiting"`
	FollowUps int             `json:"follow_ups"`
}

// Late counts what is past its time, as far as 200 conversations tell.
type Late struct {
	Mine  int `json:"mine"`
	Queue int `json:"queue"`
	Team  int `json:"team"`
}

// WaitingOfSide is a side's queue.
type WaitingOfSide struct {
	Side     centrala.Side `json:"side"`
	N        int           `json:"n"`
	OldestAt *time.Time    `json:"oldest_at"`
}

func (s *server) counts(ctx context.Context, c caller, _ *nothing) (*answer[Counts], error) {
	var me centrala.AgentID
	if c.Agent != nil {
		me = c.Agent.ID
	}
	n, err := s.Store.Counts(ctx, c.Scope, me)
	if err != nil {
		return nil, err
	}
	out := Counts{Mine: n.Mine, Queue: n.Queue, Team: n.Team, Mentions: n.Mentions, Snoozed: n.Snoozed, FollowUps: n.FollowUps}
	open, _, err := s.Store.Conversations(ctx, c.Scope, centrala.Filter{Status: centrala.Open, Order: centrala.ByDue, Limit: 200})
	if err != nil {
		return nil, err
	}
	queue, _, err := s.Store.Conversations(ctx, c.Scope, centrala.Filter{Status: centrala.Waiting, Order: centrala.ByQueue, Limit: 200})
	if err != nil {
		return nil, err
	}
	out.Late = late(open, queue, me, s.Now())
	for _, sd := range centrala.Sides() {
		w := WaitingOfSide{Side: sd, N: n.Waiting[sd]}
		for _, v := range queue {
			if v.Side == sd && (w.OldestAt == nil || v.WaitingSince.Before(*w.OldestAt)) {
				w.OldestAt = instant(v.WaitingSince)
			}
		}
		out.Waiting = append(out.Waiting, w)
	}
	return ok(out), nil
}

func late(open, queue []centrala.Conversation, me centrala.AgentID, now time.Time) Late {
	var l Late
	past := func(v centrala.Conversation) bool { return !v.Due.IsZero() && v.Due.Before(now) }
	for _, v := range open {
		if past(v) {
			l.Team++
			if v.Assignee == me && me != 0 {
				l.Mine++
			}
		}
	}
	for _, v := range queue {
		if past(v) {
			l.Queue++
		}
	}
	return l
}
