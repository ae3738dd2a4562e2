package main

import (
	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
	"centrala/channels/allegro/signin"
)

// openAllegro makes the line to Allegro, and what connects its accounts.
func (p *Program) openAllegro() channels.Channel {
	c := p.cfg.Social
	at := signin.Config{Auth: c.Allegro.Auth, Keeper: p.db, Log: p.log, Timeout: c.Timeout, Now: p.db.Now}
	p.devices = signin.NewDevices(at, p.db, func(id centrala.InboxID) {
		p.doorsChanged()
		p.lineMended(id)
	})
	return allegro.New(allegro.Config{API: c.Allegro.API, Tokens: signin.New(at), Blobs: p.blobs, Board: p.board, Log: p.log,
		Every: c.Allegro.Every, Issues: c.Allegro.Issues, Timeout: c.Timeout, Now: p.db.Now})
}
