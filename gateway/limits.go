package gateway

import (
	"time"

	"centrala/gateway/frames"
	"centrala/gateway/socket"
)

// The limits of what a session may do; those of the bare socket are in package socket. Those
// that protect against too much are switched off by Config.NoLimits for load tests.
const (
	// MaxFrame is the largest client frame in bytes, MaxRef the longest ref.
	MaxFrame = socket.MaxFrame
	MaxRef   = frames.MaxRef

	// MaxServerFrame is the largest server frame in bytes; history pages end before it.
	MaxServerFrame = 256 << 10

	// HelloWithin is how soon a new socket must say who it is: one round trip on the worst line.
	HelloWithin = 5 * time.Second

	// VisitorSockets is how many sockets one visitor may have: tabs of one browser, generously.
	VisitorSockets = 10

	// AddressSockets is how many sockets one address may have that have not said hello: offices
	// and phone networks share addresses, a flood of half-open sockets comes from one.
	AddressSockets = 50

	// FrameRate and FrameBurst are a socket's frames a second and at once: a fast typist with a
	// busy page sends five. MaxExcess refusals end the socket with 4029, unless it pauses.
	FrameRate  = 20
	FrameBurst = 60
	MaxExcess  = 200

	// MessageRate is a socket's messages a second, and at once: people write slower, and an
	// outbox that is sent after a long absence waits for each answer.
	MessageRate = 5

	// MaxResume is how many conversations one hello may resume.
	MaxResume = 50

	// MaxReplay is how many missed messages of a conversation are replayed; of more, the newest.
	MaxReplay = 500

	// MaxHistory is how many entries one history answer holds; DefaultHistory when none is asked.
	MaxHistory     = 100
	DefaultHistory = 50

	// MaxCatchUp is how many events resume_events replays; beyond it lists are loaded faster anew.
	MaxCatchUp = 20_000

	// CursorKept is how old a cursor may be, the time that the stream keeps its events.
	CursorKept = 72 * time.Hour

	// QueueEvery is how often a waiting customer is told their place while it only changes.
	QueueEvery = 10 * time.Second

	// readers is how many sockets that come or come back may read the log at once: about as many
	// as the database answers side by side.
	readers = 16

	// lanes is how many messages of one agent's socket may be on their way to the disk at once,
	// each to another conversation.
	lanes = 64
)
