package auth

import (
	"maps"

	"centrala"
)

// Action is something that a principal may or may not do at all. To what they may do it, their
// Scope says.
type Action string

// The actions.
const (
	ReadConversations  Action = "conversations.read"
	WriteConversations Action = "conversations.write" // answer, note, claim, resolve, tag …
	AssignOthers       Action = "conversations.assign"
	LogConversations   Action = "conversations.log" // a call or a walk-in, by hand
	WatchMessages      Action = "messages.watch"
	OwnTalk            Action = "talk" // a customer's own conversations
	Upload             Action = "attachments.upload"
	ReadContacts       Action = "contacts.read"
	WriteContacts      Action = "contacts.write"
	BlockContacts      Action = "contacts.block"
	ExportContacts     Action = "contacts.export"
	EraseContacts      Action = "contacts.erase"
	ReadHouse          Action = "house.read" // colleagues, teams, hours, inboxes, macros
	WriteMacros        Action = "macros.write"
	ManageAgents       Action = "agents.manage"
	ManageTeams        Action = "teams.manage"
	ManageInboxes      Action = "inboxes.manage"
	ManageKeys         Action = "keys.manage"
	ReadAudit          Action = "audit.read"
	ReadMail           Action = "mail.read"   // the book of fetched mail, and the mails themselves
	DecideMail         Action = "mail.decide" // release, spam, read again
	ReadHooks          Action = "hooks.read"  // the book of webhooks
	OpenHooks          Action = "hooks.open"  // their bodies; read them again
	ReadArticles       Action = "articles.read"
	WriteArticles      Action = "articles.write"
	ReadSurveys        Action = "surveys.read"
	WorkFollowUps      Action = "follow_ups.work"
	ReadReports        Action = "reports.read"
	ReadStream         Action = "stream.read"
	ReplayStream       Action = "stream.replay"
	RebuildSearch      Action = "search.rebuild"
	OwnAccount         Action = "account" // an agent's own profile and presence
)

// Allowed says who may do one action: which roles, which scope of an API key ("" none), and
// whether visitors may.
type Allowed struct {
	Agent, Supervisor, Admin bool
	Key                      string
	Visitor                  bool
}

// Permissions is the whole table of who may do what. The map is the caller's own.
func Permissions() map[Action]Allowed { return maps.Clone(permissions) }

var permissions = permissionTable() // never written again

func permissionTable() map[Action]Allowed {
	staff := func(key string) Allowed { return Allowed{Agent: true, Supervisor: true, Admin: true, Key: key} }
	lead := func(key string) Allowed { return Allowed{Supervisor: true, Admin: true, Key: key} }
	admin := func(key string) Allowed { return Allowed{Admin: true, Key: key} }
	return map[Action]Allowed{
		ReadConversations:  staff("conversations:read"),
		WriteConversations: staff("conversations:write"),
		AssignOthers:       staff("conversations:write"),
		LogConversations:   staff(""),
		WatchMessages:      lead("stream:read"),
		OwnTalk:            {Visitor: true},
		Upload:             {Agent: true, Supervisor: true, Admin: true, Key: "conversations:write", Visitor: true},
		ReadContacts:       staff("contacts:read"),
		WriteContacts:      staff("contacts:write"),
		BlockContacts:      staff("contacts:write"),
		ExportContacts:     lead("contacts:read"),
		EraseContacts:      admin(""),
		ReadHouse:          staff("conversations:read"),
		WriteMacros:        lead("settings:write"),
		ManageAgents:       admin("settings:write"),
		ManageTeams:        admin("settings:write"),
		ManageInboxes:      admin("settings:write"),
		ManageKeys:         admin(""),
		ReadAudit:          admin(""),
		ReadMail:           lead("mail:read"),
		DecideMail:         lead("mail:write"),
		ReadHooks:          admin("mail:read"),
		OpenHooks:          admin("mail:write"),
		ReadArticles:       staff("articles:read"),
		WriteArticles:      lead("articles:write"),
		ReadSurveys:        staff("surveys:read"),
		WorkFollowUps:      staff(""),
		ReadReports:        staff("reports:read"),
		ReadStream:         admin("stream:read"),
		ReplayStream:       admin(""),
		RebuildSearch:      admin(""),
		OwnAccount:         staff(""),
	}
}

// Can reports whether p may do a at all. An action that is not in the table nobody may do.
func Can(p Principal, a Action) bool {
	rule, ok := permissions[a]
	if !ok {
		return false
	}
	switch p.Kind {
	case Visitor:
		return rule.Visitor
	case Machine:
		return rule.Key != "" && p.Key != nil && p.Key.Allows(rule.Key)
	case Agent:
		switch p.Role() {
		case centrala.RoleAgent:
			return rule.Agent
		case centrala.RoleSupervisor:
			return rule.Supervisor
		case centrala.RoleAdmin:
			return rule.Admin
		}
	}
	return false
}

// AgentScope is what an agent sees: their teams' conversations and their own; a supervisor also
// those of their sides; an administrator all.
func AgentScope(a centrala.Agent) centrala.Scope {
	switch a.Role {
	case centrala.RoleAdmin:
		return centrala.Everything()
	case centrala.RoleSupervisor:
		return centrala.Scope{Agent: a.ID, Teams: a.Teams, Sides: a.Sides}
	default:
		return centrala.Scope{Agent: a.ID, Teams: a.Teams}
	}
}

// KeyScope is what an API key sees: its sides, or all when it names none.
func KeyScope(k centrala.APIKey) centrala.Scope {
	if len(k.Sides) == 0 {
		return centrala.Everything()
	}
	return centrala.Scope{Sides: k.Sides}
}
