package main

import (
	"context"
	"fmt"
	"time"

	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/post"
)

const (
	hookRate   = 1000 // posts a second
	hookWindow = 20 * time.Second
	hookBatch  = 1000 // messages in one post
)

// runHooks has webhooks come in: a thousand a second, and a thousand messages in one.
func (b *Bench) runHooks(ctx context.Context) error {
	return b.calm(ctx, 1, func(ctx context.Context, site *load.Site) error {
		door, err := post.OpenLetterbox(ctx, site)
		if err != nil {
			return err
		}
		b.say("one post of %d messages …", hookBatch)
		answered, read, err := door.Batch(ctx, hookBatch)
		if err != nil {
			return err
		}
		f := figure(fmt.Sprintf("one webhook of %s messages, until all are in the log", thousands(hookBatch)), millis(read), "ms").judge(b.most(1000))
		f.Note = fmt.Sprintf("from the post on; answered after %.0f ms", millis(answered))
		b.add(f)
		b.say("%d posts a second …", hookRate)
		p, err := door.Rate(ctx, hookRate, hookWindow)
		if err != nil {
			return err
		}
		b.add(hookFigures(b, p)...)
		return nil
	})
}

// hookFigures are the lines of posts at a rate.
func hookFigures(b *Bench, p *post.Posted) []Figure {
	rate := figure("webhooks accepted, each on disk before its 200", float64(p.Kept)/p.For.Seconds(), "/s").judge(b.least(0.98 * hookRate))
	rate.Note = fmt.Sprintf("signed posts of one message, open loop of %s/s for %.0f s; %s of %s were accepted; %s of all were in the log after %.1f s",
		thousands(hookRate), hookWindow.Seconds(), thousands(p.Kept), thousands(p.Sent), thousands(p.Kept), p.Read.Seconds())
	took := figure("post → 200, p99", millis(p.Took.Quantile(0.99)), "ms").judge(b.most(100))
	took.Note = fmt.Sprintf("from the due time, while they are read; p50 %.1f ms, slowest %.0f ms", millis(p.Took.Quantile(0.5)), millis(p.Took.Max()))
	behind := figure("until all of them are messages, after the last post", (p.Read - p.For).Seconds(), "s")
	return []Figure{rate, took, behind}
}
