package main

import (
	"fmt"
	"time"

	"centrala/bot"
	"centrala/scribe"
)

// DraftConfig is the language model that drafts answers for agents. It never sends any.
type DraftConfig struct {
	URL     string        `toml:"url" help:"OpenAI-compatible server with its version, such as https://api.example.com/v1; without TLS only on the own network; default: nothing drafts"`
	Model   string        `toml:"model" help:"name of the model"`
	Key     string        `toml:"key" help:"key of the server, if it wants one"`
	Timeout time.Duration `toml:"timeout" default:"20s" help:"how long a draft may take, at most 25s"`
	Tokens  int           `toml:"max_tokens" default:"600" help:"how long a draft may be, in the model's tokens"`
}

// openBot makes the answer bot and, where a language model is configured, what drafts for agents.
func (p *Program) openBot() error {
	p.bot = bot.New(bot.Config{Cases: p.db, Turns: p.db, Suggester: p.help, Articles: p.library, Shelf: p.library,
		Base: p.Base, Locale: p.cfg.Locale, Now: p.db.Now, Held: p.holdOut().Holds, Logger: p.log})
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
