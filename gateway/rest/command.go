package rest

import (
	"context"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
)

func (s *server) commandRoutes() {
	act := func(verb, summary string) route {
		return post("/v1/conversations/{id}/"+verb, summary, auth.WriteConversations)
	}
	add(s, post("/v1/conversations/{id}/claim", "Take it oneself", auth.WriteConversations), s.claim)
	add(s, post("/v1/conversations/{id}/assign", "Give it to a person", auth.AssignOthers), s.assign)
	add(s, act("unassign", "Back to its team's queue"), s.unassign)
	add(s, post("/v1/conversations/{id}/transfer", "To a team, a person or a side", auth.AssignOthers), s.transfer)
	add(s, act("resolve", "It is over"), s.resolve)
	add(s, act("reopen", "It is not over"), s.reopen)
	add(s, act("snooze", "Let it sleep until a time, or until the customer writes"), s.snooze)
	add(s, act("priority", "Set the priority"), s.prioritise)
	add(s, act("tags", "Replace the tags"), s.tag)
	add(s, act("complaint", "Mark it as a complaint, or take the mark back"), s.complain)
	add(s, act("spam", "Mark it as spam, or take the mark back"), s.spam)
	add(s, act("merge", "End it in favour of another one of the same contact"), s.merge)
}

// do carries a command out and answers with the conversation as it is now.
func (s *server) do(ctx context.Context, c caller, id centrala.ConversationID, cmd centrala.Command) (*answer[Conversation], error) {
	v, err := s.Store.Do(ctx, c.Scope, id, cmd, c.Author())
	if err != nil {
		return nil, err
	}
	return ok(conversationView(&v)), nil
}

// because is the reason of a move that somebody made by hand, in their language.
func because(c caller, pl, en string) string {
	name := c.Author().Name
	if c.Agent != nil && c.Agent.Locale == "en" {
		return en + ": " + name
	}
	return pl + ": " + name
}

type actInput struct {
	ID   conversationRef `path:"id"`
	Body *struct{}
}

func (s *server) claim(ctx context.Context, c caller, in *actInput) (*answer[Conversation], error) {
	if c.Agent == nil {
		return nil, centrala.Errorf(centrala.Forbidden, "A program cannot take a conversation.")
	}
	return s.do(ctx, c, in.ID.ID, centrala.Assign{Agent: c.Agent.ID, Name: c.Agent.Name, Claim: true, Reason: because(c, "wzięcie z listy", "taken from the list")})
}

func (s *server) unassign(ctx context.Context, c caller, in *actInput) (*answer[Conversation], error) {
	return s.do(ctx, c, in.ID.ID, centrala.Unassign{Reason: because(c, "powrót do kolejki", "put back into the queue")})
}

func (s *server) reopen(ctx context.Context, c caller, in *actInput) (*answer[Conversation], error) {
	return s.do(ctx, c, in.ID.ID, centrala.Reopen{})
}

type assignInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Agent centrala.AgentID `json:"agent" required:"true"`
	}
}

func (s *server) assign(ctx context.Context, c caller, in *assignInput) (*answer[Conversation], error) {
	a, err := s.receiver(ctx, c, in.Body.Agent)
	if err != nil {
		return nil, err
	}
	return s.do(ctx, c, in.ID.ID, centrala.Assign{Agent: a.ID, Name: a.Name, Reason: because(c, "przydział", "assigned")})
}

// receiver is the agent to whom c may give something: anybody for an administrator, agents of
// the own sides for a supervisor or a program, of the own teams for an agent.
func (s *server) receiver(ctx context.Context, c caller, id centrala.AgentID) (centrala.Agent, error) {
	none := &centrala.Error{Code: centrala.Invalid, Field: "agent", Message: "There is no such agent to give it to."}
	if id == 0 {
		return centrala.Agent{}, none
	}
	a, err := s.Store.Agent(ctx, id)
	if centrala.CodeOf(err) == centrala.NotFound || (err == nil && a.Disabled) {
		return a, none
	}
	if err != nil {
		return a, err
	}
	if c.Scope.All || (c.Agent != nil && c.Agent.ID == a.ID) || shares(c.Scope.Teams, a.Teams) || shares(c.Scope.Sides, a.Sides) {
		return a, nil
	}
	return a, none
}

func shares[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(v T) bool { return slices.Contains(b, v) })
}

type transferInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Team  centrala.TeamID  `json:"team,omitzero"`
		Agent centrala.AgentID `json:"agent,omitzero"`
		Side  centrala.Side    `json:"side,omitempty" enum:"buyer,seller,advertiser"`
		Note  string           `json:"note,omitempty" doc:"For the team only."`
	}
}

// transfer may go anywhere: the right desk is often another team's. A person is only chosen
// from whom one may see (see receiver), unless their team is named too.
func (s *server) transfer(ctx context.Context, c caller, in *transferInput) (*answer[Conversation], error) {
	b := in.Body
	if err := centrala.CheckText("note", b.Note); err != nil {
		return nil, err
	}
	cmd := centrala.Transfer{Team: b.Team, Agent: b.Agent, Side: b.Side, Note: b.Note, Reason: because(c, "przekazanie", "transferred")}
	if b.Team != 0 {
		t, err := s.Store.Team(ctx, b.Team)
		if centrala.CodeOf(err) == centrala.NotFound {
			return nil, centrala.InvalidField("team", "There is no such team.")
		}
		if err != nil {
			return nil, err
		}
		cmd.TeamName = t.Name
	}
	if b.Agent != 0 {
		a, err := s.Store.Agent(ctx, b.Agent)
		if err != nil || b.Team == 0 || !slices.Contains(a.Teams, b.Team) || a.Disabled {
			if a, err = s.receiver(ctx, c, b.Agent); err != nil {
				return nil, err
			}
		}
		cmd.AgentName = a.Name
	}
	// It may leave the caller's sight by this very move: the answer still shows it once.
	return s.do(ctx, c, in.ID.ID, cmd)
}

type resolveInput struct {
	ID   conversationRef `path:"id"`
	Body *struct {
		Survey *bool `json:"survey,omitempty" doc:"false: nobody is asked how it went this time."`
	}
}

func (s *server) resolve(ctx context.Context, c caller, in *resolveInput) (*answer[Conversation], error) {
	cmd := centrala.Resolve{}
	if in.Body != nil && in.Body.Survey != nil {
		cmd.Unasked = !*in.Body.Survey
	}
	return s.do(ctx, c, in.ID.ID, cmd)
}

type snoozeInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Until time.Time `json:"until" required:"true"`
	}
}

func (s *server) snooze(ctx context.Context, c caller, in *snoozeInput) (*answer[Conversation], error) {
	if in.Body.Until.After(s.Now().AddDate(1, 0, 0)) {
		return nil, centrala.InvalidField("until", "A conversation sleeps for at most a year.")
	}
	return s.do(ctx, c, in.ID.ID, centrala.Snooze{Until: in.Body.Until})
}

type priorityInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Priority int `json:"priority" required:"true" minimum:"0" maximum:"2"`
	}
}

func (s *server) prioritise(ctx context.Context, c caller, in *priorityInput) (*answer[Conversation], error) {
	return s.do(ctx, c, in.ID.ID, centrala.Prioritise{Priority: in.Body.Priority})
}

type tagsInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Tags []string `json:"tags" required:"true" maxItems:"20"`
	}
}

func (s *server) tag(ctx context.Context, c caller, in *tagsInput) (*answer[Conversation], error) {
	return s.do(ctx, c, in.ID.ID, centrala.Tag{Tags: in.Body.Tags})
}

type markInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		On bool `json:"on" required:"true"`
	}
}

func (s *server) complain(ctx context.Context, c caller, in *markInput) (*answer[Conversation], error) {
	return s.do(ctx, c, in.ID.ID, centrala.Complain{On: in.Body.On})
}

func (s *server) spam(ctx context.Context, c caller, in *markInput) (*answer[Conversation], error) {
	if in.Body.On {
		return s.do(ctx, c, in.ID.ID, centrala.Resolve{Spam: true})
	}
	return s.do(ctx, c, in.ID.ID, centrala.Reopen{})
}

type mergeInput struct {
	ID   conversationRef `path:"id"`
	Body struct {
		Into centrala.ConversationID `json:"into" required:"true"`
	}
}

func (s *server) merge(ctx context.Context, c caller, in *mergeInput) (*answer[Conversation], error) {
	if _, err := s.Store.Conversation(ctx, c.Scope, in.Body.Into); err != nil {
		return nil, err // one that the caller may not see is as good as none
	}
	return s.do(ctx, c, in.ID.ID, centrala.Merge{Into: in.Body.Into})
}
