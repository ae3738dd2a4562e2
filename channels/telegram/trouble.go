package telegram

import (
	"errors"

	"centrala"
	"centrala/channels"
	"centrala/words"
)

// What may be wrong with the line, for programs.
const (
	faultSettings  = "telegram.settings"
	faultToken     = "telegram.token"
	faultContested = "telegram.contested"
	faultHooked    = "telegram.hooked"
	faultUnhooked  = "telegram.unhooked"
	faultPending   = "telegram.pending"
)

// faults are what people are told of each.
var faults = map[string]func(words.Words) string{
	faultSettings:  words.Words.BotMissing,
	faultToken:     words.Words.BotUnknown,
	faultContested: words.Words.BotContested,
	faultHooked:    words.Words.BotHooked,
	faultUnhooked:  words.Words.BotUnhooked,
	faultPending:   words.Words.BotLate,
}

// Trouble says what to do about a line that does not work, from its health alone.
func (c *Channel) Trouble(_ centrala.Inbox, h channels.Health) channels.Finding {
	say, known := faults[h.Code]
	switch {
	case known:
	case h.Way == channels.Arranged:
		say = words.Words.BotUnsettled
	default:
		say = words.Words.BotSilent
	}
	var cause error
	if h.LastError != "" {
		cause = errors.New(h.LastError)
	}
	return finding(h.Code, false, cause, say)
}

// Warning says what to do about what does not work on a line that works otherwise.
func (c *Channel) Warning(_ centrala.Inbox, why error) channels.Finding {
	code := channels.FaultCode(why)
	say, known := faults[code]
	if !known {
		say = words.Words.BotSilent
	}
	return finding(code, true, why, say)
}
