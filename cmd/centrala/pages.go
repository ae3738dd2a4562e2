package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"centrala"
	"centrala/channels/form"
	"centrala/demo"
	"centrala/gateway/pages"
	"centrala/routing"
	"centrala/survey"
	"centrala/words"
)

// pages is everything that people read without signing in, and the console's shell.
func (p *Program) pages() (http.Handler, error) {
	secret, door := survey.Secret(p.keys.Surveys), form.New()
	c := pages.Config{
		Log: p.log, Now: p.db.Now, Articles: p.library, Suggester: p.help, Shelf: p.library, Surveys: p.db, Inboxes: p.db, Intake: p.helped(byForm), Questions: p.library, Guard: p.guard, HoldOut: p.holdOut(), Blobs: p.blobs,
		Form: func(in centrala.Inbox, f pages.Filled, now time.Time) (centrala.Inbound, error) {
			return door.Read(in, form.Fields(f), now)
		},
		Secrets: pages.Secrets{Hash: survey.Hash, Nonce: secret.Nonce, CheckNonce: secret.CheckNonce},
		Site:    p.site, Brand: p.cfg.Brand, ShopURL: p.cfg.Shop, Locale: p.cfg.Locale, NoLimits: p.flags.NoLimits, SurveyQuestion: p.question,
		Hours: p.outside,
	}
	if p.flags.Demo {
		shop, err := demo.Site()
		if err != nil {
			return nil, err
		}
		c.Shop = shop
	}
	c.Enclosed = func(ctx context.Context, id centrala.ArticleID) ([]pages.Enclosed, error) {
		files, err := p.library.Files(ctx, id)
		out := make([]pages.Enclosed, len(files))
		for i, f := range files {
			out[i] = pages.Enclosed{Name: f.Name, URL: f.URL(), Size: f.Size}
		}
		return out, err
	}
	if p.cfg.Theme != "" {
		css, err := os.ReadFile(p.cfg.Theme)
		if err != nil {
			return nil, fmt.Errorf("theme: %w", err)
		}
		c.Theme = string(css)
	}
	return pages.New(c)
}

// outside is what the widget tells while nobody of an inbox's team is there: the team's own
// words, or ours with the hour at which it opens.
func (p *Program) outside(ctx context.Context, in centrala.Inbox, locale string) (heading, short string) {
	team, err := p.db.Team(ctx, in.Team)
	if err != nil {
		return "", "" // no team of its own: somebody may be there
	}
	now := p.db.Now()
	isOpen, opens := routing.Office(team.Hours, now)
	if isOpen {
		return "", ""
	}
	w := words.For(locale)
	return routing.OutsideText(team.Hours, locale, now), w.OutsideHours(opens)
}
