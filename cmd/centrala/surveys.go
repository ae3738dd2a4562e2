package main

import (
	"centrala/survey"
)

// surveyConfig is when and how this installation asks.
func (p *Program) surveyConfig() survey.Config {
	rules := survey.Rules{Quarantine: p.cfg.Survey.Quarantine, MailAfter: p.cfg.Survey.MailAfter, Expires: p.cfg.Survey.Expires}
	return survey.Config{Cases: p.db, Book: p.db, Secret: survey.Secret(p.keys.Surveys), Company: p.cfg.Brand, Base: p.Base,
		Rules: rules, Locale: p.cfg.Locale, Logger: p.log, Now: p.db.Now}
}
