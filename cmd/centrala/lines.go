package main

import (
	"centrala/channels"
	"centrala/channels/meta"
	"centrala/channels/telegram"
	"centrala/channels/webhook"
)

// openLines makes every line that the house has; a line is known from here on by what it can do.
func (p *Program) openLines() []channels.Channel {
	social := p.cfg.Social
	return append(
		meta.Lines(meta.Config{Base: social.Meta, Files: p.blobs, Timeout: social.Timeout, Board: p.board, Log: p.log}),
		p.mail,
		p.openAllegro(),
		telegram.New(telegram.Config{API: social.Telegram, Files: p.blobs, Board: p.board, Log: p.log, Timeout: social.Timeout}),
		webhook.New(webhook.Config{Files: p.blobs, Log: p.log, Timeout: social.Timeout, PrivateFiles: social.Private}),
	)
}

// able are the lines that can do something.
func able[T channels.Channel](lines []channels.Channel) []T {
	var out []T
	for _, l := range lines {
		if t, ok := l.(T); ok {
			out = append(out, t)
		}
	}
	return out
}
