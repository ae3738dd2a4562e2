package main

import (
	"time"

	"centrala/survey"
)

// SurveyConfig is when people are asked how it was.
type SurveyConfig struct {
	Enabled    bool          `toml:"enabled" default:"true" help:"ask after conversations"`
	MailAfter  time.Duration `toml:"mail_after" default:"24h" help:"how long after the end the question goes out by mail"`
	Quarantine time.Duration `toml:"quarantine" default:"2160h" help:"how long one person is not asked again (90 days)"`
	Expires    time.Duration `toml:"expires" default:"720h" help:"how long an answer is taken"`
}

// surveyConfig is when and how this installation asks.
func (p *Program) surveyConfig() survey.Config {
	rules := survey.Rules{Quarantine: p.cfg.Survey.Quarantine, MailAfter: p.cfg.Survey.MailAfter, Expires: p.cfg.Survey.Expires}
	return survey.Config{Cases: p.db, Book: p.db, Secret: survey.Secret(p.keys.Surveys), Company: p.cfg.Brand, Base: p.Base,
		Rules: rules, Locale: p.cfg.Locale, Logger: p.log, Now: p.db.Now}
}
