package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"centrala"
	"centrala/words"
)

// Cases is what the bot reads of conversations and the people in them.
type Cases interface {
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Messages(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, p centrala.Page) (msgs []centrala.Message, more bool, err error)
	Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error)
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
}

// Turns is where turns are kept. Each change is one commit, with all that comes of it.
type Turns interface {
	BotTurn(ctx context.Context, id centrala.ConversationID) (centrala.BotTurn, error)
	BeginBotTurn(ctx context.Context, t centrala.BotTurn) (begun bool, err error)
	MoveBotTurn(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, m centrala.BotMove, quote centrala.BotQuote) (centrala.BotTurn, error)
	DueBotTurns(ctx context.Context, limit int) ([]centrala.BotTurn, error)
	NextBotStep(ctx context.Context, id centrala.ConversationID) (step string, t centrala.BotTurn, err error)
}

// Help is the Help Centre: what answers a question, and the article as its readers see it now.
type (
	Suggester interface {
		Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
	}
	Articles interface {
		ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
	}
	// Shelf records the steps of suggestions.
	Shelf interface {
		Offer(ctx context.Context, d centrala.Deflection) error
	}
)

// Config is what a bot needs; the ports are required.
type Config struct {
	Cases     Cases
	Turns     Turns
	Suggester Suggester
	Articles  Articles
	Shelf     Shelf

	Base   string                                   // where the pages are: "https://help.example.com"
	Locale string                                   // of people whose language is not known; "" Polish
	Held   func(visitor string, now time.Time) bool // who is of the group that is offered nothing; nil: nobody
	Now    func() time.Time                         // by which the log is written; nil: time.Now
	Logger *slog.Logger                             // nil: silence
}

const (
	// An offer stands for offerFor, the question whether a quotation was enough for quoteFor.
	offerFor, quoteFor = 3 * time.Minute, 15 * time.Minute
	// Words are answered at once or not at all: an offer that comes late only startles.
	fresh = time.Minute
	// Of a conversation that no person has answered, the first so many messages of the customer are
	// looked at, if they are of the first entries: the first one is often a greeting.
	firstWords, early = 3, 20
	// dueAtOnce bounds one sweep.
	dueAtOnce = 200
)

// Bot offers and quotes. What it knows it reads from the log each time, so any number of bots may
// work on one log, and an event may come twice. All methods are safe for concurrent use.
type Bot struct{ c Config }

// New makes a bot.
func New(c Config) *Bot {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Held == nil {
		c.Held = func(string, time.Time) bool { return false }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Base = strings.TrimRight(c.Base, "/")
	return &Bot{c}
}

// Events are the types that Handle wants to see.
func Events() []centrala.EventType {
	return []centrala.EventType{centrala.MessageReceived, centrala.MessageSent, centrala.ConversationResolved, centrala.ConversationMerged}
}

// Handle looks whether words of a customer's are answered by a passage, and ends the turn in which
// they write on, an agent answers, or the conversation ends.
func (b *Bot) Handle(ctx context.Context, e centrala.Event) error {
	if e.Channel != centrala.Chat {
		return nil
	}
	t, err := b.c.Turns.BotTurn(ctx, e.Conversation)
	switch {
	case centrala.CodeOf(err) == centrala.NotFound:
		if e.Type == centrala.MessageReceived && e.Seq <= early {
			return b.consider(ctx, e)
		}
		return nil
	case err != nil || !t.Open():
		return err
	case e.Type == centrala.MessageReceived && e.Seq > max(t.Of, t.Quote):
		return b.move(ctx, centrala.Everything(), t, centrala.BotWords, centrala.BotQuote{})
	case e.Type == centrala.MessageReceived:
		return nil // what the turn is about, or what was said before the quotation
	}
	c, err := b.c.Cases.Conversation(ctx, centrala.Everything(), e.Conversation)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil
	}
	if err != nil || !c.HumanReplied && c.Status != centrala.Resolved && c.MergedInto == 0 {
		return err // a message of the bot's own, or of a program
	}
	return b.move(ctx, centrala.Everything(), t, centrala.BotOver, centrala.BotQuote{})
}

// consider offers what surely answers the words of an event, if the bot may speak there at all.
func (b *Bot) consider(ctx context.Context, e centrala.Event) error {
	if b.c.Now().Sub(e.At) > fresh {
		return nil
	}
	c, err := b.c.Cases.Conversation(ctx, centrala.Everything(), e.Conversation)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil // erased since
	}
	if err != nil || c.HumanReplied || c.Status == centrala.Resolved || c.Spam {
		return err
	}
	in, err := b.c.Cases.Inbox(ctx, c.Inbox)
	if err != nil || !in.Bot || !in.Enabled || in.Channel != centrala.Chat {
		return err
	}
	said, err := b.said(ctx, e)
	if err != nil || said.ID == 0 {
		return err
	}
	t, ok, err := b.answer(ctx, c, said)
	if err != nil || !ok {
		return err
	}
	now := b.c.Now()
	t.State, t.Until = centrala.BotAsked, now.Add(offerFor)
	if b.c.Held(t.Visitor, now) {
		t.State = centrala.BotHeld
	}
	begun, err := b.c.Turns.BeginBotTurn(ctx, t)
	if err != nil {
		return fmt.Errorf("offer an answer: %w", err)
	}
	if begun {
		b.c.Logger.Info("the bot's turn", "conversation", t.Conversation.String(), "state", string(t.State), "article", t.Article.String())
		b.tell(ctx, t.Conversation)
	}
	return nil
}

// said is the customer's message of an event, if it may be answered: one of their first, of which
// none asks for a person. Zero when not.
func (b *Bot) said(ctx context.Context, e centrala.Event) (m centrala.Message, err error) {
	msgs, more, err := b.c.Cases.Messages(ctx, centrala.Everything(), e.Conversation, centrala.Page{Before: e.Seq + 1, Limit: early})
	if err != nil || more {
		return m, err
	}
	theirs := 0
	for _, x := range msgs {
		if x.Author.Kind != centrala.ByCustomer || x.System != nil || x.Change != nil {
			continue
		}
		if theirs++; theirs > firstWords || AsksForPerson(x.Text) {
			return centrala.Message{}, nil
		}
		if x.Seq == e.Seq {
			m = x
		}
	}
	if strings.TrimSpace(m.Text) == "" || m.Unsent {
		return centrala.Message{}, nil
	}
	return m, nil
}

// answer finds what may be offered for a message. The bot quotes only what everybody may read: its
// words stay in a conversation that may later be read by mail.
func (b *Bot) answer(ctx context.Context, c centrala.Conversation, m centrala.Message) (t centrala.BotTurn, ok bool, err error) {
	contact, err := b.c.Cases.Contact(ctx, centrala.Everything(), c.Visitor())
	if err != nil {
		return t, false, err
	}
	locale, _, _ := strings.Cut(cmp.Or(contact.Locale, b.c.Locale, words.Polish), "-")
	found, err := b.c.Suggester.Suggest(ctx, centrala.Query{Text: m.Text, Locale: locale, Side: c.Side, Asker: centrala.Everybody, Limit: 3})
	if err != nil {
		b.c.Logger.Warn("the bot cannot look for an answer", "err", err)
		return t, false, nil // nobody waits for it
	}
	best, ok := Choose(found)
	if !ok {
		return t, false, nil
	}
	page, anchor, _ := strings.Cut(best.URL, "#")
	t = centrala.BotTurn{Conversation: c.ID, Article: best.ID, Anchor: anchor, Title: best.Title, URL: best.URL, Visitor: m.Sender, Side: c.Side, Locale: locale, Of: m.Seq}
	p, ok, err := b.passage(ctx, t)
	if t.Anchor = p.Anchor; t.Anchor != "" {
		t.URL = page + "#" + t.Anchor
	}
	return t, ok, err
}

// passage is what is quoted of a turn's article as it is now; not ok when it cannot be any more.
func (b *Bot) passage(ctx context.Context, t centrala.BotTurn) (Passage, bool, error) {
	a, err := b.c.Articles.ArticleByID(ctx, t.Article)
	if centrala.CodeOf(err) == centrala.NotFound {
		return Passage{}, false, nil
	}
	if err != nil || !a.For(t.Side, false) {
		return Passage{}, false, err
	}
	p, ok := Cut(a, t.Anchor)
	return p, ok, nil
}

// Turn is the bot's turn in a conversation; NotFound when it had none.
func (b *Bot) Turn(ctx context.Context, id centrala.ConversationID) (centrala.BotTurn, error) {
	return b.c.Turns.BotTurn(ctx, id)
}

// Press is a customer's button in a conversation that scope sees: of the offer, or of the question
// whether the quotation was enough. The same button again changes nothing; Closed when it was
// pressed too late, NotFound when there never was such a question.
func (b *Bot) Press(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, m centrala.BotMove) error {
	t, err := b.c.Turns.BotTurn(ctx, id)
	if err != nil {
		return err
	}
	quote := centrala.BotQuote{}
	if m == centrala.BotAgree && t.State == centrala.BotAsked {
		p, ok, err := b.passage(ctx, t)
		if err != nil {
			return err
		}
		if !ok {
			m = centrala.BotOver // the article says something else by now
		}
		w := words.For(t.Locale)
		quote = centrala.BotQuote{Name: w.BotName(), Text: w.BotQuote(p.Title, p.Heading, p.Text, b.c.Base+t.URL), Until: b.c.Now().Add(quoteFor)}
	}
	moved, err := b.c.Turns.MoveBotTurn(ctx, scope, id, m, quote)
	if err != nil {
		return err
	}
	b.tell(ctx, moved.Conversation)
	if m == centrala.BotOver {
		return centrala.Errorf(centrala.Closed, "This answer is not there any more.")
	}
	return nil
}

// move is a move that no customer waits for; one that comes too late is none.
func (b *Bot) move(ctx context.Context, scope centrala.Scope, t centrala.BotTurn, m centrala.BotMove, quote centrala.BotQuote) error {
	moved, err := b.c.Turns.MoveBotTurn(ctx, scope, t.Conversation, m, quote)
	switch centrala.CodeOf(err) {
	case centrala.NotFound, centrala.Closed:
		return nil
	}
	if err == nil {
		b.tell(ctx, moved.Conversation)
	}
	return err
}

// tell records the steps of a turn that were not recorded yet. It is a count: failing to keep it is
// logged and holds up nothing.
func (b *Bot) tell(ctx context.Context, id centrala.ConversationID) {
	for {
		step, t, err := b.c.Turns.NextBotStep(ctx, id)
		if err == nil && step == "" {
			return
		}
		if err == nil {
			err = b.c.Shelf.Offer(ctx, centrala.Deflection{Kind: step, Place: centrala.AtBot, Articles: []centrala.ArticleID{t.Article},
				Conversation: id, Visitor: t.Visitor, Side: t.Side, Locale: t.Locale, At: t.At})
		}
		if err != nil {
			b.c.Logger.Warn("record what became of the bot's offer", "conversation", id.String(), "step", step, "err", err)
			return
		}
	}
}

// Sweep ends the turns whose time is over, and records what was not. It is meant to be called every
// few seconds, on every node.
func (b *Bot) Sweep(ctx context.Context) error {
	due, err := b.c.Turns.DueBotTurns(ctx, dueAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	now := b.c.Now()
	for _, t := range due {
		if t.Open() && !t.Until.After(now) {
			errs = append(errs, b.move(ctx, centrala.Everything(), t, centrala.BotTime, centrala.BotQuote{}))
		} else {
			b.tell(ctx, t.Conversation)
		}
	}
	return errors.Join(errs...)
}
