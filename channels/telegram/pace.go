package telegram

import (
	"context"
	"errors"
	"sync"
	"time"

	"centrala/channels"
)

// What Telegram bears: about one message a second to a chat, with short bursts, and thirty a
// second of a bot.
const (
	chatEvery = time.Second
	chatBurst = 3
	botEvery  = time.Second / 30
	botBurst  = 10
)

// patience is for how long a message waits for its turn here; longer, and it is given back.
const patience = 2 * time.Second

// pace holds the messages of this process to that. It is safe for concurrent use.
type pace struct {
	mu    sync.Mutex
	chats map[pair]*channels.Bucket
	bots  map[string]*channels.Bucket
}

type pair struct {
	bot  string
	chat int64
}

func newPace() *pace {
	return &pace{chats: make(map[pair]*channels.Bucket), bots: make(map[string]*channels.Bucket)}
}

// wait waits for a chat's turn. *channels.Later says that it would take too long.
func (p *pace) wait(ctx context.Context, bot string, chat int64, now func() time.Time) error {
	at, ok := p.book(bot, chat, now())
	d := at.Sub(now())
	if !ok {
		return &channels.Later{For: d, Err: errors.New("one chat gets about a message a second")}
	}
	if d > 0 && !pause(ctx, d) || ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// book takes the next turn and says when that is; not when it is too far away.
func (p *pace) book(bot string, chat int64, now time.Time) (at time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy(now)
	one := p.chats[pair{bot, chat}]
	if one == nil {
		one = &channels.Bucket{Every: chatEvery, Burst: chatBurst}
		p.chats[pair{bot, chat}] = one
	}
	all := p.bots[bot]
	if all == nil {
		all = &channels.Bucket{Every: botEvery, Burst: botBurst}
		p.bots[bot] = all
	}
	at = one.Ready(now)
	free := all.Ready(now)
	if free.After(at) {
		at = free
	}
	if at.Sub(now) > patience {
		return at, false
	}
	one.Take(at)
	all.Take(free) // one chat that waits keeps no turn of the others
	return at, true
}

// tidy forgets chats that had nothing for long, once there are many.
func (p *pace) tidy(now time.Time) {
	if len(p.chats) < 4096 {
		return
	}
	for k, b := range p.chats {
		full := *b
		full.Burst = 1
		if !full.Ready(now).After(now) {
			delete(p.chats, k)
		}
	}
}
