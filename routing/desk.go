package routing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/words"
)

// Log is what the desk asks of the conversation log.
type Log interface {
	Waiting(ctx context.Context, teams ...centrala.TeamID) ([]centrala.Conversation, error)
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Conversations(ctx context.Context, scope centrala.Scope, f centrala.Filter) (items []centrala.Conversation, next string, err error)
	Messages(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, p centrala.Page) (msgs []centrala.Message, more bool, err error)
	Do(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error)
}

// House is what the desk asks about who works here and what is due.
type House interface {
	Teams(ctx context.Context) ([]centrala.Team, error)
	Lines(ctx context.Context) ([]centrala.Line, error)
	LapsedAgents(ctx context.Context) ([]centrala.AgentID, error)
	SetPresence(ctx context.Context, agent centrala.AgentID, status centrala.PresenceStatus) error
	DueSnoozes(ctx context.Context, limit int) ([]centrala.ConversationID, error)
}

// Config is what a desk needs. Log, House and Promises are required.
type Config struct {
	Log      Log
	House    House
	Promises Promises
	Locale   string           // of the reasons; "" Polish
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: silence
}

// Desk gives waiting conversations to agents. What it knows it reads from the log each time,
// so any number of desks may work on one log: whoever comes second meets a Conflict, reads
// again and goes on. All methods are safe for concurrent use.
type Desk struct {
	log      Log
	house    House
	promises Promises
	words    words.Words
	now      func() time.Time
	slog     *slog.Logger

	turn  chan struct{} // held by the one round that runs
	rest  time.Time     // until when the next one waits; belongs to who has the turn
	crowd atomic.Int64  // how many waited when that was last read
	mu    sync.Mutex
	next  *round // joined by everybody who comes while another one runs
}

const (
	// roundTime bounds one round: two of them, the one that runs and the one that is joined, fit
	// into the two seconds that a handler of the stream has.
	roundTime = 800 * time.Millisecond
	// maxPasses is how often a round that meets conflicts reads again before it leaves the rest to
	// whoever is ahead of it and to the sweep.
	maxPasses = 20
	// crowded is how many may wait before it is worth asking first whether anybody has room.
	crowded = 100
	// quickHolds and sweepHolds bound how many reasons to wait are looked after at a time.
	quickHolds, sweepHolds = 50, 200
	// A round that took longer than shortestRest is followed by a rest as long, up to longestRest.
	shortestRest, longestRest = 5 * time.Millisecond, 100 * time.Millisecond
	// smallest is the least that a conversation costs.
	smallest = 2
)

// New makes a desk.
func New(c Config) *Desk {
	d := &Desk{log: c.Log, house: c.House, promises: c.Promises, words: words.For(c.Locale), now: c.Now, slog: c.Logger, turn: make(chan struct{}, 1)}
	if d.now == nil {
		d.now = time.Now
	}
	if d.slog == nil {
		d.slog = slog.New(slog.DiscardHandler)
	}
	return d
}

// Events are the types that Handle wants to see: those after which somebody may get a line.
func Events() []centrala.EventType {
	return []centrala.EventType{
		centrala.ConversationOpened, centrala.ConversationQueued, centrala.ConversationReopened, centrala.ConversationResolved,
		centrala.ConversationSnoozed, centrala.ConversationUnassigned, centrala.ConversationTransferred, centrala.ConversationAssigned,
		centrala.AgentPresence, centrala.AgentChanged,
	}
}

// Handle gives free lines to those who wait and says to the others why they wait. It looks at
// the log and not at the event, which may come late, twice or not at all. Calls that come while
// one is at work share the next one. What cannot be done in time, because many desks want the
// same or the log is slow, is logged and left to the next Sweep; an error is the log's own.
func (d *Desk) Handle(ctx context.Context, e centrala.Event) error {
	return d.join(ctx, e.Conversation, false)
}

// author is who moves conversations when the desk does.
func author() centrala.Author { return centrala.Author{Kind: centrala.BySystem, ID: "routing"} }

// round is one look at everything that waits, on behalf of all who joined it.
type round struct {
	fresh map[centrala.ConversationID]bool // the events were about these
	sweep bool
	done  chan struct{}
	err   error // once done is closed
}

// join takes part in the next round, and runs it if nobody else does.
func (d *Desk) join(ctx context.Context, about centrala.ConversationID, sweep bool) error {
	d.mu.Lock()
	if d.next == nil {
		d.next = &round{fresh: map[centrala.ConversationID]bool{}, done: make(chan struct{})}
	}
	r := d.next
	r.sweep = r.sweep || sweep
	if about != 0 {
		r.fresh[about] = true
	}
	d.mu.Unlock()

	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case d.turn <- struct{}{}:
	}
	defer func() { <-d.turn }()
	if d.ran(r) { // by who had the turn before
		return r.err
	}
	if err := d.breathe(ctx); err != nil {
		return err // whoever joined runs it
	}
	d.mu.Lock()
	d.next = nil
	d.mu.Unlock()
	began := d.now()
	r.err = d.run(ctx, r)
	d.rest = d.now().Add(min(d.now().Sub(began), longestRest))
	close(r.done)
	return r.err
}

func (d *Desk) ran(r *round) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next != r
}

// breathe waits, after a round that took long, so that the desk takes at most half of a
// processor however many events come.
func (d *Desk) breathe(ctx context.Context) error {
	wait := d.rest.Sub(d.now())
	if wait <= shortestRest {
		return nil
	}
	return pause(ctx, min(wait, longestRest))
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run is not ended by the caller's context: others wait for the round too.
func (d *Desk) run(ctx context.Context, r *round) error {
	end := time.Now().Add(roundTime)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	for n := range maxPasses {
		again, err := d.pass(ctx, r)
		if !time.Now().Before(end) { // a dial may give up a moment before ctx does
			break
		}
		if err != nil || !again {
			return err
		}
		// Somebody is doing the same: let them get ahead, or get ahead of them.
		if pause(ctx, rand.N(time.Duration(n+1)*4*time.Millisecond)) != nil {
			break
		}
	}
	d.slog.Warn("routing ran out of time and goes on with the next sweep", "waiting", d.crowd.Load())
	return nil
}

// pass reads, decides and acts once. again tells that somebody else was faster.
func (d *Desk) pass(ctx context.Context, r *round) (again bool, err error) {
	waiting, lines, err := d.waiting(ctx, r)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	roster, err := d.roster(ctx, waiting, lines)
	if err != nil {
		return false, err
	}
	return d.act(ctx, r, Plan(waiting, roster, d.now()))
}

// waiting is what the round should look at. When many wait, that is what the events were about
// and what waits for a team that has room: everything else waits for the same reason as before.
// lines are nil unless they had to be read for that.
func (d *Desk) waiting(ctx context.Context, r *round) (list []centrala.Conversation, lines []centrala.Line, err error) {
	if d.crowd.Load() > crowded && !r.sweep {
		if lines, err = d.house.Lines(ctx); err != nil {
			return nil, nil, err
		}
		if teams := teamsWithRoom(lines); len(teams) > 0 {
			if list, err = d.log.Waiting(ctx, append(teams, 0)...); err != nil { // 0: those that have no team yet
				return nil, nil, err
			}
		}
		list, err = d.also(ctx, list, r.fresh)
		return list, lines, err
	}
	if list, err = d.log.Waiting(ctx); err != nil {
		return nil, nil, err
	}
	d.crowd.Store(int64(len(list)))
	if len(list) > crowded { // a long list may be cut short
		list, err = d.also(ctx, list, r.fresh)
	}
	return list, nil, err
}

// also adds what is not in the list yet and waits.
func (d *Desk) also(ctx context.Context, list []centrala.Conversation, ids map[centrala.ConversationID]bool) ([]centrala.Conversation, error) {
	in := make(map[centrala.ConversationID]bool, len(list))
	for _, c := range list {
		in[c.ID] = true
	}
	for id := range ids {
		if in[id] {
			continue
		}
		c, err := d.log.Conversation(ctx, centrala.Everything(), id)
		if centrala.CodeOf(err) == centrala.NotFound {
			continue // erased since
		}
		if err != nil {
			return nil, err
		}
		if c.Status == centrala.Waiting {
			list = append(list, c)
		}
	}
	return list, nil
}

// hasRoom reports whether somebody on the line may get a conversation more.
func hasRoom(l centrala.Line) bool {
	return l.Status == centrala.Online && l.Load+smallest <= l.Capacity
}

// teamsWithRoom are the teams for which somebody has room.
func teamsWithRoom(lines []centrala.Line) []centrala.TeamID {
	var teams []centrala.TeamID
	for _, l := range lines {
		if hasRoom(l) {
			teams = append(teams, l.Teams...)
		}
	}
	slices.Sort(teams)
	return slices.Compact(teams)
}

// roster is who is there, read unless it was just now, and who has just put back one of those
// that wait.
func (d *Desk) roster(ctx context.Context, waiting []centrala.Conversation, lines []centrala.Line) (Roster, error) {
	teams, err := d.house.Teams(ctx)
	if err != nil {
		return Roster{}, err
	}
	if lines == nil {
		if lines, err = d.house.Lines(ctx); err != nil {
			return Roster{}, err
		}
	}
	r := Roster{Teams: teams, Lines: lines, PutBack: map[centrala.ConversationID]centrala.AgentID{}}
	free := map[centrala.AgentID]bool{}
	for _, l := range lines {
		free[l.Agent] = hasRoom(l)
	}
	for _, c := range waiting {
		if !free[c.LastAssignee] { // they would not get it anyway
			continue
		}
		history, _, err := d.log.Messages(ctx, centrala.Everything(), c.ID, centrala.Page{Limit: 20})
		if err != nil {
			return r, fmt.Errorf("who put %s back: %w", c.ID, err)
		}
		if by := PutBackBy(history, d.now()); by != 0 {
			r.PutBack[c.ID] = by
		}
	}
	return r, nil
}

// act carries out the moves, first those that give somebody a conversation. again tells that
// somebody else was faster; then what is left was decided on old grounds and is not done.
func (d *Desk) act(ctx context.Context, r *round, moves []Move) (again bool, err error) {
	var given, held []Move
	holds := quickHolds
	if r.sweep {
		holds = sweepHolds
	}
	for _, m := range moves {
		switch {
		case m.Choice.Agent != 0:
			given = append(given, m)
		case m.quiet(d.words):
		case len(held) < holds || r.fresh[m.Conversation.ID]:
			held = append(held, m)
		}
	}
	again, err = d.each(ctx, given)
	if again || err != nil {
		return again, err
	}
	return d.each(ctx, held)
}

// each carries out moves several at a time, since they share the log's commits, and begins no
// more once one of them came too late.
func (d *Desk) each(ctx context.Context, moves []Move) (late bool, err error) {
	var (
		conflict atomic.Bool
		mu       sync.Mutex
		errs     []error
		busy     sync.WaitGroup
	)
	hands := make(chan struct{}, 8)
	for _, m := range moves {
		hands <- struct{}{}
		if conflict.Load() {
			break
		}
		busy.Go(func() {
			defer func() { <-hands }()
			switch err := d.carryOut(ctx, m); centrala.CodeOf(err) {
			case "":
			case centrala.Conflict, centrala.NotFound, centrala.Closed:
				conflict.Store(true)
			default:
				mu.Lock()
				errs = append(errs, fmt.Errorf("route %s: %w", m.Conversation.ID, err))
				mu.Unlock()
			}
		})
	}
	busy.Wait()
	return conflict.Load(), errors.Join(errs...)
}

// quiet reports whether the conversation waits already as the move says.
func (m Move) quiet(w words.Words) bool {
	return (m.Team.ID == 0 || m.Team.ID == m.Conversation.Team) && m.Wait.Say(w, m.Conversation.Side, m.Team.Name) == m.Conversation.Reason
}

func (d *Desk) carryOut(ctx context.Context, m Move) error {
	c := m.Conversation
	if m.Choice.Agent == 0 {
		_, err := d.log.Do(ctx, centrala.Everything(), c.ID,
			centrala.Hold{Team: m.Team.ID, Reason: m.Wait.Say(d.words, c.Side, m.Team.Name), Version: c.Version}, author())
		return err
	}
	reason, chips := m.Choice.Say(d.words, c.Side, m.Team.Name)
	_, err := d.log.Do(ctx, centrala.Everything(), c.ID, centrala.Assign{Agent: m.Choice.Agent, Name: m.Choice.Name, Team: m.Team.ID,
		Reason: reason, Reasons: chips, Within: true, Version: c.Version}, author())
	if err == nil {
		d.slog.Info("assigned", "conversation", c.ID.String(), "agent", m.Choice.Agent.String(), "team", m.Team.ID.String(), "rule", string(m.Choice.Kind))
	}
	return err
}
