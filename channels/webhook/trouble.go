package webhook

import (
	"errors"

	"centrala"
	"centrala/channels"
	"centrala/words"
)

// What may be wrong with the line, for programs.
const (
	faultSettings = "webhook.settings"
	faultShut     = "webhook.shut"
)

// faults are what people are told of each.
var faults = map[string]func(words.Words) string{
	faultSettings: words.Words.DoorUnfinished,
	faultShut:     words.Words.DoorShut,
}

// Trouble says what to do about a line that does not work, from its health alone.
func (c *Channel) Trouble(_ centrala.Inbox, h channels.Health) channels.Finding {
	say, known := faults[h.Code]
	switch {
	case known:
	case h.Way == channels.In: // nobody is asked: what came could not be read from our own disk
		say = words.Words.DoorUnread
	default:
		say = words.Words.DoorSilent
	}
	var cause error
	if h.LastError != "" {
		cause = errors.New(h.LastError)
	}
	return finding(h.Code, false, cause, say)
}
