package gateway

import (
	"context"
	"sync"
	"time"

	"centrala"
)

// houseFresh is how old the list of doors and teams may be.
const houseFresh = 3 * time.Second

// house is the doors and the teams' names as last read.
type house struct {
	from House

	mu    sync.Mutex
	doors []centrala.Inbox
	names map[centrala.TeamID]string
	at    time.Time
}

func newHouse(from House) *house { return &house{from: from} }

// read reads the lists anew when they are old; h.mu is held.
func (h *house) read(ctx context.Context) error {
	if time.Since(h.at) < houseFresh {
		return nil
	}
	doors, err := h.from.Inboxes(ctx)
	if err != nil {
		return err
	}
	teams, err := h.from.Teams(ctx)
	if err != nil {
		return err
	}
	h.names = make(map[centrala.TeamID]string, len(teams))
	for i := range teams {
		h.names[teams[i].ID] = teams[i].Name
	}
	h.doors, h.at = doors, time.Now()
	return nil
}

func (h *house) inboxes(ctx context.Context) ([]centrala.Inbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.read(ctx)
	return h.doors, err
}

// inbox is one door; nil when there is none.
func (h *house) inbox(ctx context.Context, id centrala.InboxID) (*centrala.Inbox, error) {
	doors, err := h.inboxes(ctx)
	for i := range doors {
		if doors[i].ID == id {
			return &doors[i], err
		}
	}
	return nil, err
}

// team is a team's name as last read, "" when it is not known.
func (h *house) team(id centrala.TeamID) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.names[id]
}
