package channelstest

import (
	"context"
	"errors"
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/naming"
)

// named holds a channel that is asked who somebody is to telling it, or why not.
func named(t *testing.T, l Line) {
	n, ok := l.Channel.(naming.Namer)
	if !ok {
		t.Skip("the vendor is not asked for names")
	}
	var (
		rejected *centrala.Rejected
		stopped  *channels.Stopped
	)
	if name, err := n.Name(t.Context(), l.Inbox, l.Known); err != nil || name != "Łucja Źdźbło" {
		t.Errorf("the name is %q, %v", name, err)
	}
	if name, err := n.Name(t.Context(), l.Inbox, l.Shy); name != "" || !errors.As(err, &rejected) {
		t.Errorf("of somebody who does not want to be known: %q, %v", name, err)
	}
	if name, err := n.Name(t.Context(), l.Inbox, l.Away); l.Away != "" && (name != "" || err == nil || errors.As(err, &rejected) || errors.As(err, &stopped)) {
		t.Errorf("of somebody of whom nothing is told now: %q, %v", name, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Name(ctx, l.Inbox, l.Known); err == nil {
		t.Error("a name was told after the end")
	}
}
