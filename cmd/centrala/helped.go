package main

import (
	"context"
	"strings"

	"centrala"
	"centrala/asking"
)

// SuggestConfig is who is shown articles before they write.
type SuggestConfig struct {
	Held float64 `toml:"held" default:"0" help:"share of visitors, 0 to 0.5, who are shown no suggestions, so that what these are worth can be measured"`
}

// holdOut is who is suggested nothing.
func (p *Program) holdOut() asking.HoldOut {
	return asking.HoldOut{Key: p.keys.HoldOut, Share: p.cfg.Suggest.Held}
}

// helped is the log as a way in of letters sees it: with each that begins something come the
// articles that may answer it, for the acknowledgement, if its inbox names any.
type helped struct {
	accepted
	p *Program
}

func (p *Program) helped(way string) helped { return helped{accepted{p.db, p.doors[way]}, p} }

// Receive implements the rooms' ports.
func (h helped) Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	h.look(ctx, &in)
	r, err := h.accepted.Receive(ctx, in)
	if err == nil && r.Offered[0] != 0 {
		h.note(ctx, in, r)
	}
	return r, err
}

// ReceiveAll implements the rooms' ports.
func (h helped) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	for i := range ins {
		h.look(ctx, &ins[i])
	}
	out, err := h.accepted.ReceiveAll(ctx, ins)
	for i, r := range out {
		if err == nil && r.Offered[0] != 0 {
			h.note(ctx, ins[i], r)
		}
	}
	return out, err
}

// look finds the articles. That none could be looked for costs nothing but them.
func (h helped) look(ctx context.Context, in *centrala.Inbound) {
	if in.Outcome != centrala.Ingested || len(in.InReplyTo) > 0 || in.Entry != 0 {
		return
	}
	door, err := h.DB.Inbox(ctx, in.Inbox)
	if err != nil || !door.Acknowledge || !door.AckArticles {
		return
	}
	side := door.Side
	if side == centrala.NoSide {
		side = in.Side
	}
	text := centrala.Clip(in.Subject+"\n"+in.Text, 2000)
	if in.Articles, err = h.p.help.Suggest(ctx, centrala.Query{Text: text, Side: side, Locale: in.Locale}); err != nil {
		h.p.log.WarnContext(ctx, "articles for an acknowledgement", "err", err)
	}
	now := h.DB.Now()
	in.Held = h.p.holdOut().Holds(h.p.holdOut().Stranger(strings.ToLower(in.From.Address), "mail", now), now) ||
		in.Visitor != "" && h.p.holdOut().Holds(in.Visitor, now)
}

// note remembers that articles were named. It is no episode of the visitor's: they have written.
func (h helped) note(ctx context.Context, in centrala.Inbound, r centrala.Receipt) {
	d := centrala.Deflection{Kind: "offered", Place: centrala.AtMail, Conversation: r.Conversation, Side: in.Side, Locale: in.Locale, At: h.DB.Now()}
	if in.Held {
		d.Kind = "held"
	}
	for _, id := range r.Offered {
		if id != 0 {
			d.Articles = append(d.Articles, id)
		}
	}
	if err := h.p.library.Offer(context.WithoutCancel(ctx), d); err != nil {
		h.p.log.WarnContext(ctx, "remember what an acknowledgement named", "err", err)
	}
}
