package centrala

import "time"

// BotState is where the answer bot's turn in a conversation stands.
type BotState string

// The bot asks whether it may show a passage, quotes it when the customer agrees, and is done:
// because that solved the matter, because a person is wanted after the quotation, because its offer
// was declined, or because the turn lapsed. Held: the customer is of the group that is offered
// nothing.
const (
	BotAsked      BotState = "asked"
	BotQuoted     BotState = "quoted"
	BotSolved     BotState = "solved"
	BotHandedOver BotState = "handed_over"
	BotDeclined   BotState = "declined"
	BotLapsed     BotState = "lapsed"
	BotHeld       BotState = "held"
)

// BotMove is what happens in a turn of the bot.
type BotMove string

// The moves. The customer agrees to see the passage or declines it, and says that it solved the
// matter or did not; or writes on; or lets the time run out. An agent answers, or the conversation
// ends otherwise.
const (
	BotAgree    BotMove = "agree"
	BotDecline  BotMove = "decline"
	BotSolve    BotMove = "solve"
	BotUnsolved BotMove = "unsolved"
	BotWords    BotMove = "words"
	BotTime     BotMove = "time"
	BotOver     BotMove = "over"
)

// BotTurn is the answer bot's turn in a conversation, the only one that there is.
type BotTurn struct {
	Conversation ConversationID
	State        BotState
	Why          BotMove // by which it came to be so
	Article      ArticleID
	Anchor       string // of the section that is quoted, "" the beginning
	Title        string // of the article, when it was offered
	URL          string // to the section
	Visitor      string // who was asked, as measuring names them
	Side         Side
	Locale       string
	Of           int64 // seq of the message that it is about
	Quote        int64 // seq of the quotation; 0: there was none
	At           time.Time
	Until        time.Time // when it lapses by itself
	Told         int       // how many of its Steps were recorded
}

// BotQuote is a passage as the bot says it: under which name, and until when it waits to hear whether
// that was enough.
type BotQuote struct {
	Name, Text string
	Until      time.Time
}

// Open reports whether the bot waits for the customer.
func (t BotTurn) Open() bool { return t.State == BotAsked || t.State == BotQuoted }

// After says where the turn stands after a move. The same move again changes nothing. A move that
// the turn has no place for is Closed: the customer's button was pressed too late.
func (t BotTurn) After(m BotMove) (BotState, error) {
	if m == t.Why {
		return t.State, nil
	}
	switch t.State {
	case BotAsked:
		switch m {
		case BotAgree:
			return BotQuoted, nil
		case BotDecline, BotWords:
			return BotDeclined, nil
		case BotTime, BotOver:
			return BotLapsed, nil
		}
	case BotQuoted:
		switch m {
		case BotSolve:
			return BotSolved, nil
		case BotUnsolved, BotWords, BotTime:
			return BotHandedOver, nil
		case BotOver:
			return BotLapsed, nil
		}
	}
	return t.State, Errorf(Closed, "This question is not open any more.")
}

// Steps are the steps of a suggestion that the turn has come through, in order. A quotation after
// which nobody said anything is neither solved nor unsolved.
func (t BotTurn) Steps() []string {
	if t.State == BotHeld {
		return []string{"held"}
	}
	steps := []string{"offered"}
	if t.Quote > 0 {
		steps = append(steps, "opened")
	}
	switch {
	case t.State == BotSolved:
		steps = append(steps, "solved")
	case t.State == BotHandedOver && t.Why != BotTime:
		steps = append(steps, "unsolved")
	}
	return steps
}
