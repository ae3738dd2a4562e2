package gateway

import (
	"context"

	"centrala"
	"centrala/gateway/frames"
)

// Bot is the answer bot, as customers meet it. Press is Closed when a button was pressed too late.
type Bot interface {
	Turn(ctx context.Context, id centrala.ConversationID) (centrala.BotTurn, error)
	Press(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, m centrala.BotMove) error
}

// press is bot.answer: a button of the bot's.
func (s *session) press(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.BotAnswer](body)
	if err != nil {
		return err
	}
	id, err := frames.ConversationID(f.Conversation)
	if err != nil {
		return err
	}
	move, err := f.Move()
	if err != nil {
		return err
	}
	if s.g.cfg.Bot == nil {
		return centrala.Errorf(centrala.NotFound, "There is no answer bot here.")
	}
	ctx, cancel := s.g.call()
	defer cancel()
	if err := s.g.cfg.Bot.Press(ctx, s.who.Load().Scope, id, move); err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{Conversation: id})
	return nil
}

// botAsks is what the bot asks about a customer's conversation now; nil for nothing.
func (g *Gateway) botAsks(ctx context.Context, c *centrala.Conversation) (*frames.BotQuestion, error) {
	if g.cfg.Bot == nil || c.HumanReplied || c.Status == centrala.Resolved {
		return nil, nil
	}
	t, err := g.cfg.Bot.Turn(ctx, c.ID)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil, nil
	}
	if err != nil || !t.Open() || !t.Until.After(g.cfg.Now()) {
		return nil, err
	}
	return frames.BotAsks(t), nil
}

// botTurned shows a customer who is connected what the bot asks by now, or takes it back.
func (g *Gateway) botTurned(c *centrala.Conversation) {
	contact, inbox := c.Visitor(), c.Inbox
	if g.cfg.Bot == nil || len(g.hub.Audience(contact, inbox)) == 0 {
		return
	}
	g.tasks.Go(func() {
		ctx, cancel := g.call()
		defer cancel()
		question, err := g.botAsks(ctx, c)
		if err != nil {
			g.log.Warn("read the bot's turn", "conversation", c.ID, "err", err) // the next welcome has it
			return
		}
		frame := g.encode(frames.BotClosed{Type: "bot.closed", Conversation: c.ID})
		if question != nil {
			question.Type = "bot"
			frame = g.encode(question)
		}
		for _, s := range g.hub.Audience(contact, inbox) {
			s.sock.Push(frame)
		}
	})
}
