package allegro

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"centrala"
	"centrala/channels"
)

// issuePage is how many issues, or messages of one, are asked for at once.
const (
	issuePage     = 100
	issuePageStep = 95
)

// openIssues are the statuses in which somebody has to decide or to answer.
var openIssues = url.Values{"status": {"CLAIM_SUBMITTED", "DISPUTE_ONGOING", "DISPUTE_UNRESOLVED"}}

// issueMarks is how far the issues of an account have been read: each by itself, because they are not
// listed by what changed. An issue that is not listed any more is forgotten; when it is listed again,
// the log knows its messages by their ids.
type issueMarks struct {
	Begin time.Time           `json:"begin"`
	Full  time.Time           `json:"full"`
	Known map[string]issueRow `json:"known,omitempty"`
}

type issueRow struct {
	Version string    `json:"v"`           // of its state
	Count   int       `json:"n"`           // messages that it says to have
	Listed  int       `json:"l"`           // messages that were there
	Open    bool      `json:"o,omitempty"` // somebody had to decide or to answer
	Last    time.Time `json:"at,omitzero"` // of the youngest
	Since   time.Time `json:"s,omitzero"`  // when the count was first seen, by our clock
}

func parseIssueMarks(s string, now time.Time) (issueMarks, error) {
	m := issueMarks{Begin: now.Add(-history)}
	if s != "" {
		if err := json.Unmarshal([]byte(s), &m); err != nil {
			return m, fmt.Errorf("the mark of the issues cannot be read: %w", err)
		}
	}
	return m, nil
}

func (m issueMarks) String() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // of times, numbers and strings
	}
	return string(b)
}

// version is that of an issue's state: another one is news. What is said in it is not part of it.
func version(i issue) string {
	active := "?"
	if i.State.ChatActive != nil {
		active = strconv.FormatBool(bool(*i.State.ChatActive))
	}
	var last string
	if i.Chat.Last != nil {
		last = i.Chat.Last.Created.String()
	}
	i.Chat.Last, i.State.ChatActive, i.Buyer, i.Attachments, i.Chat.Count = nil, nil, nil, nil, 0
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // of strings and times
	}
	return hashed(string(b), active, last)
}

func hashed(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// stale reports whether an issue's chat has to be read: its number of messages is another one than
// was read, whatever its flags say, or what it says to have was not all there.
func (r issueRow) stale(i issue, now time.Time) bool {
	return i.Chat.Count != r.Count || r.Listed < r.Count && now.Sub(r.Since) < forget
}

// issues looks through the issues: the open ones, those that were open when they were last looked at,
// and the latest of all; at night all.
func (c *Channel) issues(ctx context.Context, in centrala.Inbox, to channels.Shelf) error {
	now := c.c.Now()
	was, err := to.Mark(ctx, in.ID, "issues")
	if err != nil {
		return fmt.Errorf("read the mark: %w", err)
	}
	m, err := parseIssueMarks(was, now)
	if err != nil {
		return err
	}
	nightly := m.Full.Before(lastNight(now))
	all, err := c.listIssues(ctx, in, m.Known, nightly)
	if err != nil {
		return err
	}
	found, known := &batch{to: to}, make(map[string]issueRow)
	for _, i := range all {
		row, had := m.Known[string(i.id)]
		if !had && m.past(i.is) {
			known[string(i.id)] = issueRow{Version: version(i.is), Count: i.is.Chat.Count, Listed: i.is.Chat.Count, Last: i.is.lastSaid(), Since: now}
			continue
		}
		row, err := c.lookIssue(ctx, in, i, row, had, found)
		if err != nil {
			return err
		}
		known[string(i.id)] = row
	}
	if m.Known = known; nightly {
		m.Full = now
	}
	if is := m.String(); is != was || len(found.hooks) > 0 {
		return found.flush(ctx, &centrala.Mark{Inbox: in.ID, Name: "issues", Value: is})
	}
	return nil
}

func open(i issue) bool { return slices.Contains(openIssues["status"], string(i.State.Status)) }

// past reports whether an issue was over before the account was connected.
func (m issueMarks) past(i issue) bool {
	return !open(i) && i.Opened.Before(m.Begin) && i.lastSaid().Before(m.Begin)
}

// listIssues is the open issues, the first page of all, or all of them, and those that were open and
// are on neither: nothing else would tell of their end.
func (c *Channel) listIssues(ctx context.Context, in centrala.Inbox, known map[string]issueRow, whole bool) ([]listed[issue], error) {
	p := pages{what: "list the issues", path: "/sale/issues", version: beta, query: openIssues, size: issuePage, step: issuePageStep,
		of: func(b body) []json.RawMessage { return b.Issues }}
	all, err := list[issue](ctx, c, in, p)
	if err != nil {
		return nil, err
	}
	if p.query = nil; !whole {
		p.most = 1
	}
	latest, err := list[issue](ctx, c, in, p)
	if err != nil {
		return nil, err
	}
	there := make(map[word]bool)
	all = slices.DeleteFunc(nameable(c, in, "issues", append(latest, all...)), func(i listed[issue]) bool {
		again := there[i.id]
		there[i.id] = true
		return again
	})
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if there[word(id)] || !known[id].Open {
			continue
		}
		got, err := c.call(ctx, in, http.MethodGet, "/sale/issues/"+url.PathEscape(id), beta, nil)
		if status(err) == http.StatusNotFound {
			continue // it was removed
		}
		if err != nil {
			return nil, fmt.Errorf("read an issue: %w", err)
		}
		i := readListed[issue](json.RawMessage(got.Body))
		i.id = word(id)
		all = append(all, i)
	}
	slices.SortStableFunc(all, func(a, b listed[issue]) int { return a.is.Opened.Compare(b.is.Opened.Time) })
	return all, nil
}

// lookIssue finds out what is new of an issue, and what is then known of it.
func (c *Channel) lookIssue(ctx context.Context, in centrala.Inbox, i listed[issue], row issueRow, had bool, found *batch) (issueRow, error) {
	is, now := version(i.is), c.c.Now()
	stale := !had || row.stale(i.is, now)
	if !stale && is == row.Version {
		return row, nil
	}
	keep := body{Kept: kept, Issue: i.raw}
	ids := []string{is}
	if stale {
		chat, err := c.chat(ctx, in, string(i.id))
		if err != nil {
			return row, err
		}
		if row.Count != i.is.Chat.Count || !had {
			row.Since = now
		}
		since := row.Last.Add(-overlap)
		row.Count, row.Listed = i.is.Chat.Count, len(chat)
		for _, m := range chat {
			row.Last = later(row.Last, m.is.when())
			if !had || m.is.Created.IsZero() || m.is.Created.After(since) {
				keep.Chat = append(keep.Chat, m.raw)
				ids = append(ids, string(m.id))
			}
		}
	}
	if !stale || is != row.Version || len(keep.Chat) > 0 {
		h, err := hookOf(in, now, issueMark+string(i.id)+":"+hashed(ids...), "issue", keep)
		if err == nil {
			err = found.add(ctx, h)
		}
		if err != nil {
			return row, err
		}
	}
	row.Version, row.Open = is, open(i.is)
	return row, nil
}

// chat is what was said in an issue, the oldest first. The vendor's own order is not documented.
func (c *Channel) chat(ctx context.Context, in centrala.Inbox, id string) ([]listed[chatMessage], error) {
	return list[chatMessage](ctx, c, in, pages{what: "read the chat of an issue", path: "/sale/issues/" + url.PathEscape(id) + "/chat", version: beta,
		size: issuePage, step: issuePageStep, of: func(b body) []json.RawMessage { return b.Chat }})
}
