package main

import (
	"context"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"centrala/deflection"
	"centrala/report"
)

// MeasureConfig is what is remembered of what the Help Centre is worth.
type MeasureConfig struct {
	Keep time.Duration `toml:"keep" default:"9600h" help:"how long suggestions, visitors' days and questions are kept (400 days); 0s: for good"`
}

// measured catches up with what the Help Centre was worth, and forgets what is old.
func (p *Program) measured(ctx context.Context) error {
	return p.library.Sweep(ctx, p.cfg.Measure.Keep)
}

// deflectionTable writes what the Help Centre was worth.
func deflectionTable(out io.Writer, r deflection.Report, locale string) error {
	return report.DeflectionTable(r, locale).WriteCSV(out)
}

// help tells of the Help Centre's steps and questions on this node.
func (f figures) help(out chan<- prometheus.Metric) {
	s := f.p.library.Stats()
	for kind, n := range s.Steps {
		count(out, "centrala_suggestion_steps_total", "Articles that were offered, held back, opened, or said something of.", n, label{"kind", kind})
	}
	count(out, "centrala_questions_total", "Questions that somebody looked for.", s.Answered, label{"found", "yes"})
	count(out, "centrala_questions_total", "Questions that somebody looked for.", s.Unanswered, label{"found", "no"})
	const answers = "Questions to the Help Centre, by the engine that answered."
	count(out, "centrala_search_answers_total", answers, f.p.help.Answered(), label{"engine", f.p.help.Engine()})
	if f.p.preferred != nil {
		count(out, "centrala_search_answers_total", answers, f.p.preferred.Answered(), label{"engine", f.p.far.Engine()})
	}
}
