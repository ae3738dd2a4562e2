package auth

import (
	"context"
	"time"

	"centrala"
)

// Store is what the Guard asks of the log.
type Store interface {
	Accounts
	Sessions
	Links
	Contacts
	House
}

// Accounts are agents and their passwords. Unknown accounts are NotFound. SetPassword also
// ends all sessions of the agent.
type Accounts interface {
	Agent(ctx context.Context, id centrala.AgentID) (centrala.Agent, error)
	Credentials(ctx context.Context, email string) (agent centrala.Agent, passwordHash, totp string, err error)
	SetPassword(ctx context.Context, id centrala.AgentID, hash string) error
}

// Sessions are agents' sessions by the SHA-256 of their tokens. Session is NotFound when there
// is none or it was ended, Unauthorized when its time is over.
type Sessions interface {
	StartSession(ctx context.Context, tokenHash []byte, agent centrala.AgentID, now time.Time, idle, longest time.Duration) error
	Session(ctx context.Context, tokenHash []byte) (centrala.AgentID, error)
	EndSession(ctx context.Context, tokenHash []byte) error
	EndSessions(ctx context.Context, agent centrala.AgentID) error
}

// Links are one-time links by the SHA-256 of their tokens, one for each agent and purpose.
// UseOneTime is NotFound for one that is unknown, used or too old, and uses a good one up.
type Links interface {
	OneTime(ctx context.Context, tokenHash []byte, purpose string, agent centrala.AgentID, expires time.Time) error
	UseOneTime(ctx context.Context, tokenHash []byte, purpose string) (centrala.AgentID, error)
}

// Contacts are the people outside, as far as tokens go. AbsorbVisitor moves the conversations
// that old has in the inbox to into, making its row; it refuses, as Conflict, when old is
// verified.
type Contacts interface {
	NewContactID() centrala.ContactID
	ContactBySubject(ctx context.Context, subject string) (id centrala.ContactID, found bool, err error)
	VisitorState(ctx context.Context, id centrala.ContactID) (generation int64, blocked, exists bool, err error)
	AbsorbVisitor(ctx context.Context, old centrala.ContactID, into centrala.Contact, inbox centrala.InboxID, by centrala.Author) error
}

// House is API keys by the SHA-256 of their secrets, and the audit log. KeyByHash is NotFound
// for an unknown key; a revoked one is returned with Revoked set.
type House interface {
	KeyByHash(ctx context.Context, hash []byte) (centrala.APIKey, error)
	Audit(ctx context.Context, e centrala.AuditEntry) error
}
