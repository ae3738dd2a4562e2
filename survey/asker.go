package survey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"centrala"
)

// Cases is what the asker reads of conversations and the people in them.
type Cases interface {
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Conversations(ctx context.Context, scope centrala.Scope, f centrala.Filter) (items []centrala.Conversation, next string, err error)
	Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error)
}

// Book is where questions are kept. MailSurvey claims a due one and queues its mail in one
// step; Conflict when it is not to be sent any more.
type Book interface {
	LastAsked(ctx context.Context, contact centrala.ContactID) (time.Time, error)
	Invite(ctx context.Context, s centrala.Survey) (centrala.Survey, error)
	CancelSurveys(ctx context.Context, id centrala.ConversationID) error
	DueSurveys(ctx context.Context, limit int) ([]centrala.Survey, error)
	MailSurvey(ctx context.Context, id centrala.SurveyID, tokenHash []byte, n centrala.Notice) error
}

// Config is what an asker needs; the first five fields are required.
type Config struct {
	Cases   Cases
	Book    Book
	Secret  Secret // at least 32 bytes
	Company string // as customers know it
	Base    string // where the pages are: "https://help.example.com"

	Rules  Rules            // as they are; see DefaultRules
	Locale string           // for contacts whose language is not known; "" Polish
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: silence
}

// Asker asks customers how it was. What it knows it reads from the log each time, so any
// number of askers may work on one log, and an event may come twice. All methods are safe for
// concurrent use.
type Asker struct {
	c Config

	mu     sync.Mutex // so that two conversations of one person are not judged side by side
	looked time.Time  // when it was last looked for what events missed
}

const (
	// mailsAtOnce bounds one sweep.
	mailsAtOnce = 100
	// Every lookEvery the conversations that ended between lookBack and lookAfter ago are gone
	// through for questions that no event brought about.
	lookEvery, lookBack, lookAfter = 5 * time.Minute, time.Hour, time.Minute
)

// New makes an asker; what is missing or makes no sense in c is an error.
func New(c Config) (*Asker, error) {
	base, err := url.Parse(c.Base)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http":
		return nil, fmt.Errorf("surveys: %q is not the address of a site", c.Base)
	case len(c.Secret) < 32:
		return nil, errors.New("surveys: the key is shorter than 32 bytes")
	case strings.TrimSpace(c.Company) == "":
		return nil, errors.New("surveys: the company has no name")
	case c.Rules.Expires <= c.Rules.MailAfter || c.Rules.MailAfter < 0 || c.Rules.Quarantine < 0:
		return nil, errors.New("surveys: a question must expire after it is mailed")
	}
	c.Base = strings.TrimRight(c.Base, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Asker{c: c}, nil
}

// Events are the types that Handle wants to see.
func Events() []centrala.EventType {
	return []centrala.EventType{centrala.ConversationResolved, centrala.ConversationReopened}
}

// Handle asks after the end of a conversation, if its contact may be asked, and takes back what
// nobody has answered when the conversation goes on.
func (a *Asker) Handle(ctx context.Context, e centrala.Event) error {
	switch e.Type {
	case centrala.ConversationResolved:
		return a.ask(ctx, e.Conversation)
	case centrala.ConversationReopened:
		return a.takeBack(ctx, e.Conversation)
	}
	return nil
}

func (a *Asker) ask(ctx context.Context, id centrala.ConversationID) error {
	c, err := a.read(ctx, id)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil // erased since
	}
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.LastAsked, err = a.c.Book.LastAsked(ctx, c.Conversation.Contact); err != nil {
		return err
	}
	now := a.c.Now()
	if v := a.c.Rules.Eligible(c, now); v != Ask {
		a.c.Logger.Debug("not asked", "conversation", id.String(), "because", string(v))
		return nil
	}
	s, err := a.c.Book.Invite(ctx, a.c.Rules.Invitation(c, a.c.Locale, now))
	if centrala.CodeOf(err) == centrala.Conflict {
		return nil // asked already, and not answered yet
	}
	if err != nil {
		return fmt.Errorf("ask how %s was: %w", id, err)
	}
	a.c.Logger.Info("asked", "conversation", id.String(), "survey", s.ID.String(), "mail_at", s.MailAt)
	return nil
}

func (a *Asker) read(ctx context.Context, id centrala.ConversationID) (Case, error) {
	conversation, err := a.c.Cases.Conversation(ctx, centrala.Everything(), id)
	if err != nil {
		return Case{}, err
	}
	contact, err := a.c.Cases.Contact(ctx, centrala.Everything(), conversation.Contact)
	return Case{Conversation: conversation, Contact: contact}, err
}

// takeBack leaves alone what belongs to a conversation that is over again by now.
func (a *Asker) takeBack(ctx context.Context, id centrala.ConversationID) error {
	c, err := a.c.Cases.Conversation(ctx, centrala.Everything(), id)
	if centrala.CodeOf(err) == centrala.NotFound || err == nil && c.Status == centrala.Resolved {
		return nil
	}
	if err != nil {
		return err
	}
	return a.c.Book.CancelSurveys(ctx, id)
}

// Sweep mails the questions that are due, and now and then looks for conversations whose end
// no event told. It is meant to be called every few seconds, on every node.
func (a *Asker) Sweep(ctx context.Context) error {
	return errors.Join(a.mail(ctx), a.look(ctx))
}

func (a *Asker) mail(ctx context.Context) error {
	due, err := a.c.Book.DueSurveys(ctx, mailsAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range due {
		if err := a.post(ctx, s); err != nil {
			errs = append(errs, fmt.Errorf("mail survey %s: %w", s.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (a *Asker) post(ctx context.Context, s centrala.Survey) error {
	c, err := a.read(ctx, s.Conversation)
	if err != nil {
		return err
	}
	if c.Conversation.Status != centrala.Resolved || c.Conversation.Spam {
		return a.c.Book.CancelSurveys(ctx, s.Conversation)
	}
	letter := Letter{
		Company: a.c.Company, Base: a.c.Base, Token: a.c.Secret.Token(s.ID), Days: int(a.c.Rules.Quarantine / (24 * time.Hour)), Survey: s,
		Number: c.Conversation.Number, To: centrala.Address{Name: c.Contact.Name, Address: c.Contact.Email},
	}
	notice, err := letter.Notice()
	if err != nil {
		return err
	}
	err = a.c.Book.MailSurvey(ctx, s.ID, Hash(letter.Token), notice)
	if centrala.CodeOf(err) == centrala.Conflict {
		return nil // answered, taken back, or mailed by another node
	}
	if err == nil {
		a.c.Logger.Info("survey mailed", "conversation", s.Conversation.String(), "survey", s.ID.String())
	}
	return err
}

// look asks after what ended lately, as if its events came again.
func (a *Asker) look(ctx context.Context) error {
	now := a.c.Now()
	a.mu.Lock()
	due := now.Sub(a.looked) >= lookEvery
	if due {
		a.looked = now
	}
	a.mu.Unlock()
	if !due {
		return nil
	}
	ended, _, err := a.c.Cases.Conversations(ctx, centrala.Everything(), centrala.Filter{Status: centrala.Resolved, Limit: 200})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range ended {
		if ago := now.Sub(c.ResolvedAt); c.HumanReplied && ago < lookBack && ago >= lookAfter {
			errs = append(errs, a.ask(ctx, c.ID))
		}
	}
	return errors.Join(errs...)
}
