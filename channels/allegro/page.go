package allegro

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"centrala"
)

// The vendor's lists move while they are paged through: the next page begins before the end of the
// last, since what is removed meanwhile moves the others up.
const maxPages = 5000

// pages is a list of the vendor's that is asked for page by page.
type pages struct {
	what    string // is done, in words
	path    string
	query   url.Values
	version string
	size    int
	step    int                          // from one page to the next
	most    int                          // pages, 0: until the list ends
	of      func(body) []json.RawMessage // what an answer lists
	enough  func(times []time.Time) bool // of one page; nil: never
}

// dated is something that is listed, with the time by which it is put in order.
type dated interface{ when() time.Time }

func (t thread) when() time.Time      { return t.Last.Time }
func (m message) when() time.Time     { return m.Created.Time }
func (i issue) when() time.Time       { return i.Opened.Time }
func (m chatMessage) when() time.Time { return m.Created.Time }

// listed is a thing as it came. What cannot be read is nothing but its id: it is kept, and read when it
// can be.
type listed[T dated] struct {
	id  word
	is  T
	raw json.RawMessage
}

// list is what is on the pages, the oldest first, each once and as it was last changed. Of things of
// the same time those that the vendor lists as the later ones come later.
func list[T dated](ctx context.Context, c *Channel, in centrala.Inbox, p pages) ([]listed[T], error) {
	var out []listed[T]
	at := make(map[word]int)
	for page := 0; page < maxPages && (p.most == 0 || page < p.most); page++ {
		q := url.Values{"limit": {strconv.Itoa(p.size)}, "offset": {strconv.Itoa(page * p.step)}}
		maps.Copy(q, p.query)
		got, err := c.call(ctx, in, http.MethodGet, p.path+"?"+q.Encode(), p.version, nil)
		var b body
		if err == nil {
			err = got.JSON(&b)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.what, err)
		}
		raws := p.of(b)
		var times []time.Time
		for _, raw := range raws {
			l := readListed[T](raw)
			times = append(times, l.is.when())
			n, known := at[l.id]
			switch {
			case l.id == "" || !known:
				at[l.id] = len(out)
				out = append(out, l)
			case l.is.when().After(out[n].is.when()):
				out[n] = l
			}
		}
		if len(raws) < p.size || p.enough != nil && p.enough(times) {
			break
		}
	}
	if n := len(out); n > 0 && !out[0].is.when().Before(out[n-1].is.when()) {
		slices.Reverse(out) // it was listed the latest first
	}
	slices.SortStableFunc(out, func(a, b listed[T]) int { return a.is.when().Compare(b.is.when()) })
	return out, nil
}

func readListed[T dated](raw json.RawMessage) listed[T] {
	l := listed[T]{raw: raw}
	if err := json.Unmarshal(raw, &l.is); err != nil {
		var nothing T
		l.is = nothing
	}
	var n named
	if json.Unmarshal(raw, &n) == nil {
		l.id = n.ID
	}
	return l
}

// nameable leaves out what has no id, by which alone it could be asked for.
func nameable[T dated](c *Channel, in centrala.Inbox, what string, all []listed[T]) []listed[T] {
	return slices.DeleteFunc(all, func(l listed[T]) bool {
		if l.id == "" {
			c.c.Log.Warn("something in a list has no id", "inbox", in.ID.String(), "what", what)
		}
		return l.id == ""
	})
}
