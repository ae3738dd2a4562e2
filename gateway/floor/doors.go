package floor

import (
	"context"
	"sync"
	"time"

	"centrala"
)

// doorsFresh is how old the list of doors and teams may be.
const doorsFresh = 3 * time.Second

// House is where the doors and the teams are read.
type House interface {
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
	Teams(ctx context.Context) ([]centrala.Team, error)
}

// Doors are the inboxes and the teams' names as last read.
type Doors struct {
	house House

	mu    sync.Mutex
	doors []centrala.Inbox
	names map[centrala.TeamID]string
	at    time.Time
}

// NewDoors makes Doors that are read from house.
func NewDoors(house House) *Doors { return &Doors{house: house} }

// All are the doors, read anew when they are old.
func (d *Doors) All(ctx context.Context) ([]centrala.Inbox, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) < doorsFresh {
		return d.doors, nil
	}
	doors, err := d.house.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	teams, err := d.house.Teams(ctx)
	if err != nil {
		return nil, err
	}
	d.names = make(map[centrala.TeamID]string, len(teams))
	for i := range teams {
		d.names[teams[i].ID] = teams[i].Name
	}
	d.doors, d.at = doors, time.Now()
	return doors, nil
}

// Door is one inbox; nil when there is none.
func (d *Doors) Door(ctx context.Context, id centrala.InboxID) (*centrala.Inbox, error) {
	doors, err := d.All(ctx)
	if err != nil {
		return nil, err
	}
	for i := range doors {
		if doors[i].ID == id {
			return &doors[i], nil
		}
	}
	return nil, nil
}

// Team is a team's name as last read, "" when it is not known.
func (d *Doors) Team(id centrala.TeamID) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names[id]
}
