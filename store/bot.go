package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"centrala/store/column"

	"centrala"
)

const botColumns = `SELECT conversation, state, why, article, anchor, title, url, visitor, side, locale, of_seq, quote, at, until, told FROM bot_turn`

func botFields(t *centrala.BotTurn) []any {
	return []any{&t.Conversation, &t.State, &t.Why, &t.Article, &t.Anchor, &t.Title, &t.URL, &t.Visitor, &t.Side, &t.Locale, &t.Of, &t.Quote,
		column.Instant(&t.At), column.Instant(&t.Until), &t.Told}
}

// BotTurn reads the answer bot's turn in a conversation; NotFound when it had none.
func (db *DB) BotTurn(ctx context.Context, id centrala.ConversationID) (centrala.BotTurn, error) {
	t, err := column.One(ctx, db.ro, botFields, botColumns+` WHERE conversation = $1`, id)
	return t, column.Missing(err, "turn of the bot in", id.String())
}

// DueBotTurns lists turns that have something to be done about: they lapse by now, or have steps
// that were not recorded.
func (db *DB) DueBotTurns(ctx context.Context, limit int) ([]centrala.BotTurn, error) {
	due, err := column.All(ctx, db.ro, botFields, botColumns+` WHERE state IN ('asked', 'quoted') AND until <= $1 ORDER BY until LIMIT $2`, column.Micros(db.now()), limit)
	if err != nil {
		return nil, fmt.Errorf("read the bot's turns: %w", err)
	}
	untold, err := column.All(ctx, db.ro, botFields, botColumns+` WHERE untold = 1 ORDER BY conversation LIMIT $1`, limit)
	return append(due, untold...), wrap(err, "read the bot's turns")
}

// BeginBotTurn writes down that the bot asks, or that it would have asked somebody of the group that
// is offered nothing, and reports whether it did: not when there was a turn before, when an agent has
// answered, when the conversation is over, or when the customer has written since. Event bot.turned.
func (db *DB) BeginBotTurn(ctx context.Context, t centrala.BotTurn) (begun bool, err error) {
	err = db.writeWith(ctx, need{conversation: t.Conversation}, func(tx *Tx) error {
		begun = false
		c, err := tx.byID(t.Conversation)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if !waitsForPerson(c) || c.LastText.Seq != t.Of {
			return nil
		}
		n, err := tx.Exec(`INSERT INTO bot_turn (conversation, state, why, article, anchor, title, url, visitor, side, locale, of_seq, quote, at, until, told, untold)
			VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, 0, 1) ON CONFLICT (conversation) DO NOTHING`,
			t.Conversation, t.State, t.Article, t.Anchor, t.Title, t.URL, t.Visitor, t.Side, t.Locale, t.Of, column.Micros(tx.now), column.Micros(t.Until))
		if err != nil {
			return fmt.Errorf("begin the bot's turn: %w", err)
		}
		if begun = n > 0; !begun || t.State == centrala.BotHeld {
			return nil
		}
		return tx.turned(t)
	})
	return begun, err
}

// waitsForPerson reports whether a conversation is still to be answered for the first time.
func waitsForPerson(c *conversation) bool {
	return !c.HumanReplied && c.MergedInto == 0 && (c.Status == centrala.Waiting || c.Status == centrala.Open)
}

// turned tells of a turn that is another.
func (tx *Tx) turned(t centrala.BotTurn) error {
	return tx.EmitIn(t.Conversation, centrala.BotTurned, bot(""), centrala.Facts{Kind: "turned", State: string(t.State), Article: t.Article})
}

func bot(name string) centrala.Author {
	return centrala.Author{Kind: centrala.ByBot, ID: "bot", Name: name}
}

// MoveBotTurn moves the bot's turn in a conversation that scope sees, with everything that comes of
// it in one commit: by agreeing, quote is said as the bot's message, which answers nothing as far as
// promises and figures go; what is solved is resolved as by its customer; what is handed over tells
// the team so. until is when the turn lapses then. The same move again changes nothing. Closed when
// the turn has no place for the move, or an agent was faster. Event bot.turned.
func (db *DB) MoveBotTurn(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, m centrala.BotMove, quote centrala.BotQuote) (centrala.BotTurn, error) {
	var out centrala.BotTurn
	err := db.writeWith(ctx, need{conversation: id}, func(tx *Tx) error {
		c, err := tx.seen(scope, id)
		if err != nil {
			return err
		}
		if err = tx.Row(botColumns+` WHERE conversation = $1`+tx.Lock("bot_turn"), []any{id}, botFields(&out)...); err != nil {
			return column.Missing(err, "turn of the bot in", id.String())
		}
		was, move := out, m
		if (m == centrala.BotTime || m == centrala.BotWords) && !waitsForPerson(c) {
			move = centrala.BotOver // nobody is left to be handed over
		}
		if out.State, err = out.After(move); err != nil || out.State == was.State {
			return err
		}
		if move != centrala.BotOver && !waitsForPerson(c) {
			return centrala.Errorf(centrala.Closed, "This question is not open any more.")
		}
		out.Why = move
		if err := tx.afterMove(c, &out, quote); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE bot_turn SET state = $2, why = $3, quote = $4, until = $5, untold = $6 WHERE conversation = $1`,
			id, out.State, out.Why, out.Quote, column.Micros(out.Until), column.Flag(len(out.Steps()) > out.Told))
		if err != nil {
			return fmt.Errorf("move the bot's turn: %w", err)
		}
		return tx.turned(out)
	})
	return out, err
}

// afterMove does what a move brings in its conversation.
func (tx *Tx) afterMove(c *conversation, t *centrala.BotTurn, quote centrala.BotQuote) error {
	switch t.State {
	case centrala.BotQuoted:
		r, err := tx.say(c, centrala.Reply{Text: quote.Text}, words{by: bot(quote.Name), text: quote.Text, sender: "bot", key: "quote " + c.ID.String(), channel: c.Channel})
		t.Quote, t.Until = r.Seq, quote.Until
		return err
	case centrala.BotSolved:
		_, err := tx.do(c, centrala.Resolve{ByCustomer: true}, centrala.Author{Kind: centrala.ByCustomer, ID: c.Visitor().String()})
		return err
	case centrala.BotHandedOver:
		_, err := tx.record(c, centrala.Step{Type: centrala.BotHandover, Timeline: true, Data: centrala.Facts{Kind: "handed_over", State: string(t.Why),
			Article: t.Article, Title: t.Title, Seq: t.Quote}}, words{by: bot("")})
		if err == nil {
			tx.update(c)
			tx.settle(c)
		}
		return err
	}
	return nil
}

// NextBotStep takes the next of a turn's steps that nobody has taken to record it; "" when there is
// none. Of several who ask, each step is one's.
func (db *DB) NextBotStep(ctx context.Context, id centrala.ConversationID) (step string, t centrala.BotTurn, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		step = ""
		if err := tx.Row(botColumns+` WHERE conversation = $1`+tx.Lock("bot_turn"), []any{id}, botFields(&t)...); err != nil {
			return column.Missing(err, "turn of the bot in", id.String())
		}
		steps := t.Steps()
		if t.Told >= len(steps) {
			return nil
		}
		step = steps[t.Told]
		t.Told++
		_, err := tx.Exec(`UPDATE bot_turn SET told = $2, untold = $3 WHERE conversation = $1`, id, t.Told, column.Flag(t.Told < len(steps)))
		return wrap(err, "take a step of the bot's turn")
	})
	return step, t, err
}
