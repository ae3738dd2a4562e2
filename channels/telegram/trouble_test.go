package telegram

import (
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	channelstest.EveryFaultHasWords(t, len(faults), func(h channels.Health) channels.Finding { return New(Config{}).Trouble(centrala.Inbox{}, h) })
}
