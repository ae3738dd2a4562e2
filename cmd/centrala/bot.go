package main

import (
	"fmt"

	"centrala/bot"
	"centrala/scribe"
)

// openBot makes the answer bot and, where a language model is configured, what drafts for agents.
func (p *Program) openBot() error {
	p.bot = bot.New(bot.Config{Cases: p.db, Turns: p.db, Suggester: p.help, Articles: p.library, Shelf: p.library,
		Base: p.Base, Locale: p.cfg.Locale, Now: p.db.Now, Logger: p.log})
	d := p.cfg.Draft
	if d.URL == "" {
		return nil
	}
	s, err := scribe.New(scribe.Config{Endpoint: scribe.Endpoint{URL: d.URL, Model: d.Model, Key: d.Key, Timeout: d.Timeout, Tokens: d.Tokens},
		Cases: p.db, Suggester: p.help, Articles: p.library, Base: p.Base, Locale: p.cfg.Locale, Logger: p.log})
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	p.scribe = s
	return nil
}
