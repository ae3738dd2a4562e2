package rest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

// HookBook is the book of webhooks: every post of a vendor, and everything that a poller fetched,
// has an entry in it.
type HookBook interface {
	Hooks(ctx context.Context, scope centrala.Scope, f centrala.HookFilter) (items []centrala.Hook, next string, err error)
	HookTally(ctx context.Context, scope centrala.Scope, f centrala.HookFilter) (map[centrala.HookOutcome]int, error)
	HooksOf(ctx context.Context, scope centrala.Scope, ids []centrala.HookID, bodies bool) ([]centrala.Hook, error)
	ReplayHooks(ctx context.Context, scope centrala.Scope, ids []centrala.HookID) (were []centrala.Hook, err error)
	PreviewHooks(ctx context.Context, reads []centrala.HookRead) (centrala.HookPreview, error)
}

// Limits of replaying: how many hooks at once, and for how long their reading is waited for.
const (
	maxReplay  = 500
	replayWait = 10 * time.Second
)

func (s *server) hookRoutes() {
	add(s, get("/v1/hooks", "The book of webhooks, the newest first", auth.ReadHooks), s.listHooks)
	add(s, get("/v1/hooks/tally", "How many ended how", auth.ReadHooks), s.tallyHooks)
	add(s, get("/v1/hooks.csv", "The book as a table", auth.ReadHooks).with(asType("text/csv")), s.hooksCSV)
	add(s, get("/v1/hooks/{id}", "One webhook, with its body and how it is read today, for who may see them", auth.ReadHooks), s.getHook)
	add(s, post("/v1/hooks/preview", "What would come of webhooks if they were read again", auth.OpenHooks), s.previewHooks)
	add(s, post("/v1/hooks/replay", "Read webhooks again with the parser of today", auth.OpenHooks), s.replayHooks)
}

type hookQuery struct {
	Q       string               `query:"q" maxLength:"200" doc:"Parts of words of what it is, its key and its reason, with Polish letters or without; a conversation's number."`
	Inbox   inboxWish            `query:"inbox"`
	Channel centrala.Channel     `query:"channel" maxLength:"40"`
	Outcome centrala.HookOutcome `query:"outcome" enum:"new,taken,nothing,repeated,unread,forged"`
	From    time.Time            `query:"from" doc:"Came at or after."`
	Before  time.Time            `query:"before" doc:"Came before."`
	Cursor  string               `query:"cursor" maxLength:"60"`
	Limit   int                  `query:"limit" minimum:"1" maximum:"200"`
}

func (q *hookQuery) filter() centrala.HookFilter {
	return centrala.HookFilter{Inbox: q.Inbox.ID, Channel: q.Channel, Outcome: q.Outcome, From: q.From, Before: q.Before, Text: q.Q, Cursor: q.Cursor, Limit: q.Limit}
}

// HookLine is a webhook as the book lists it.
type HookLine struct {
	centrala.Hook
	InboxName string `json:"inbox_name"`
}

// inboxesByID are all inboxes.
func (s *server) inboxesByID(ctx context.Context) (map[centrala.InboxID]centrala.Inbox, error) {
	list, err := s.Store.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[centrala.InboxID]centrala.Inbox, len(list))
	for _, in := range list {
		byID[in.ID] = in
	}
	return byID, nil
}

func (s *server) listHooks(ctx context.Context, c caller, q *hookQuery) (*answer[List[HookLine]], error) {
	items, next, err := s.Store.Hooks(ctx, c.Scope, q.filter())
	if err != nil {
		return nil, err
	}
	inboxes, err := s.inboxesByID(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]HookLine, len(items))
	for i, h := range items {
		lines[i] = HookLine{h, inboxes[h.Inbox].Name}
	}
	return page(lines, next), nil
}

func (s *server) tallyHooks(ctx context.Context, c caller, q *hookQuery) (*answer[map[centrala.HookOutcome]int], error) {
	tally, err := s.Store.HookTally(ctx, c.Scope, q.filter())
	return ok(tally), err
}

// hooksCSV is the book as a table.
func (s *server) hooksCSV(ctx context.Context, c caller, q *hookQuery) (*text, error) {
	inboxes, err := s.inboxesByID(ctx)
	if err != nil {
		return nil, err
	}
	f := q.filter()
	f.Limit = 200
	return bookTable("webhooks",
		[][]string{{"from", cellTime(q.From)}, {"before", cellTime(q.Before)}, {"at", cellTime(s.Now())}, {"inbox", q.Inbox.ID.String()}, {"channel", string(q.Channel)},
			{"outcome", string(q.Outcome)}, {"q", q.Q}},
		[]string{"id", "came_at", "read_at", "inbox", "inbox_name", "channel", "what", "key", "outcome", "code", "detail", "size", "parser", "tries", "items", "messages", "conversation", "address"},
		func(cursor string) ([]centrala.Hook, string, error) {
			f.Cursor = cursor
			return s.Store.Hooks(ctx, c.Scope, f)
		},
		func(h centrala.Hook) []string {
			return []string{h.ID.String(), cellTime(h.At), cellTime(h.ReadAt), h.Inbox.String(), inboxes[h.Inbox].Name, string(h.Channel), h.What, h.Key, string(h.Outcome),
				h.Cause.Code, h.Cause.Detail, strconv.FormatInt(h.Size, 10), strconv.Itoa(h.Parser), strconv.Itoa(h.Tries), strconv.Itoa(h.Items), strconv.Itoa(h.Messages), cellNumber(h.Number), h.Address}
		})
}

type hookPath struct {
	ID hookRef `path:"id"`
}

// HookEntry is a webhook whole. Body is empty, and Explanation null, when the body is not kept any
// more or not for the caller.
type HookEntry struct {
	HookLine
	Body        string `json:"body" doc:"As it came; what is no UTF-8 is a mark."`
	Explanation any    `json:"explanation" doc:"How it is read today, as centrala explain --json tells it."`
}

func (s *server) getHook(ctx context.Context, c caller, in *hookPath) (*answer[HookEntry], error) {
	hooks, err := s.Store.HooksOf(ctx, c.Scope, []centrala.HookID{in.ID.ID}, auth.Can(c.Principal, auth.OpenHooks))
	if err != nil {
		return nil, err
	}
	if len(hooks) == 0 {
		return nil, centrala.Errorf(centrala.NotFound, "There is no such webhook.")
	}
	h := hooks[0]
	inboxes, err := s.inboxesByID(ctx)
	if err != nil {
		return nil, err
	}
	inbox := inboxes[h.Inbox]
	v := HookEntry{HookLine: HookLine{h, inbox.Name}}
	if len(h.Body) == 0 {
		return ok(v), nil
	}
	if err := s.audited(ctx, c, "hook.opened", h.ID.String(), string(h.Channel)); err != nil {
		return nil, err
	}
	v.Body = strings.ToValidUTF8(string(h.Body), "\ufffd")
	if s.ReadHook != nil {
		_, v.Explanation = s.ReadHook(inbox, h)
	}
	return ok(v), nil
}

type hookChoice struct {
	Body struct {
		IDs []centrala.HookID `json:"ids" minItems:"1" maxItems:"500"`
	}
}

func (h *hookChoice) check() error {
	if n := len(h.Body.IDs); n == 0 || n > maxReplay {
		return centrala.InvalidField("ids", "1 to %d webhooks are read again at once.", maxReplay)
	}
	return nil
}

// previewHooks reads hooks as a replay would, and tells what would come of it.
func (s *server) previewHooks(ctx context.Context, c caller, in *hookChoice) (*answer[centrala.HookPreview], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	hooks, err := s.Store.HooksOf(ctx, c.Scope, in.Body.IDs, true)
	if err != nil {
		return nil, err
	}
	inboxes, err := s.inboxesByID(ctx)
	if err != nil {
		return nil, err
	}
	var reads []centrala.HookRead
	for _, h := range hooks {
		if len(h.Body) > 0 && h.Replayable() && s.ReadHook != nil {
			read, _ := s.ReadHook(inboxes[h.Inbox], h)
			reads = append(reads, read)
		}
	}
	p, err := s.Store.PreviewHooks(ctx, reads)
	return ok(p), err
}

// HookReplay is what came of a replay. Unread are those that still could not be read, or have not
// been within ten seconds.
type HookReplay struct {
	Replayed int `json:"replayed"`
	Messages int `json:"messages" doc:"That came into the log by it."`
	Unread   int `json:"unread"`
}

// replayHooks has hooks read again by whoever holds their inbox, in the order in which they came,
// and waits for that. When none of them can be, nothing was done, and nothing is written down.
func (s *server) replayHooks(ctx context.Context, c caller, in *hookChoice) (*answer[HookReplay], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	were, err := s.Store.ReplayHooks(ctx, c.Scope, in.Body.IDs)
	if err != nil || len(were) == 0 {
		return ok(HookReplay{}), err
	}
	inboxes, err := s.inboxesByID(ctx)
	if err != nil {
		return nil, err
	}
	v := HookReplay{Replayed: len(were)}
	ids := make([]centrala.HookID, len(were))
	waits, rung := false, map[centrala.InboxID]bool{}
	for i, h := range were {
		ids[i] = h.ID
		v.Messages -= h.Messages
		waits = waits || inboxes[h.Inbox].Enabled
		if !rung[h.Inbox] && s.Replayed != nil {
			rung[h.Inbox] = true
			s.Replayed(h.Inbox)
		}
	}
	now, err := s.awaitHooks(ctx, c, ids, waits)
	if err != nil {
		return nil, err
	}
	for _, h := range now {
		v.Messages += h.Messages
		if h.Outcome == centrala.HookUnread || h.Outcome == centrala.HookNew {
			v.Unread++
		}
	}
	v.Messages = max(v.Messages, 0)
	if err := s.audited(ctx, c, "hooks.replayed", were[0].ID.String(), fmt.Sprintf("%d replayed, %d messages, %d unread", v.Replayed, v.Messages, v.Unread)); err != nil {
		return nil, err
	}
	return ok(v), nil
}

// awaitHooks gives hooks once all of them have been read, or as they are when that takes too long.
func (s *server) awaitHooks(ctx context.Context, c caller, ids []centrala.HookID, waits bool) ([]centrala.Hook, error) {
	end := time.Now().Add(replayWait)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		hooks, err := s.Store.HooksOf(ctx, c.Scope, ids, false)
		if err != nil {
			return nil, err
		}
		waiting := false
		for _, h := range hooks {
			waiting = waiting || h.Outcome == centrala.HookNew
		}
		if !waiting || !waits || time.Now().After(end) {
			return hooks, nil
		}
		select {
		case <-ctx.Done():
			return hooks, nil // they are being read; what came of it stands in the book
		case <-time.After(pause):
		}
	}
}
