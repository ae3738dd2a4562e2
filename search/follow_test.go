package search_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/search"
)

// A follower makes an index right of what it was told, of what it was not, and of what it could not
// do at first; the log says so once.
func TestFollowerFindsWhatItWasNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		s := &stock{all: []centrala.Article{{ID: 1, UpdatedAt: at}}}
		d := &drawer{versions: map[centrala.ArticleID]int64{}}
		var log strings.Builder
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		h := search.New(d, s, logger)
		f := search.NewFollower(h, logger)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait()
		if len(d.versions) != 1 {
			t.Fatalf("at the start the index has %v", d.versions)
		}
		save := func(id centrala.ArticleID) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.all = append(s.all, centrala.Article{ID: id, UpdatedAt: at})
		}
		save(2)
		f.Follow(centrala.Event{Type: centrala.ArticleSaved, Data: centrala.Facts{Article: 2}})
		synctest.Wait()
		if d.versions[2] == 0 {
			t.Error("what it was told is not in the index")
		}
		save(3)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if d.versions[3] == 0 {
			t.Error("what it was not told is not in the index half a minute later")
		}
		for id := range centrala.ArticleID(200) { // more than it remembers
			save(1000 + id)
		}
		for id := range centrala.ArticleID(200) {
			f.Follow(centrala.Event{Type: centrala.ArticleSaved, Data: centrala.Facts{Article: 1000 + id}})
		}
		synctest.Wait()
		if len(d.versions) != 203 {
			t.Errorf("of many changes at once the index has %d", len(d.versions))
		}
		d.breaks(errors.New("the server is away"))
		save(4)
		f.Follow(centrala.Event{Type: centrala.ArticleSaved, Data: centrala.Facts{Article: 4}})
		time.Sleep(time.Minute)
		synctest.Wait()
		if h.Ready() == nil {
			t.Error("an index that is behind says that it is right")
		}
		d.breaks(nil)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if d.versions[4] == 0 || h.Ready() != nil {
			t.Errorf("after the server is back: %v", h.Ready())
		}
		if n := strings.Count(log.String(), "does not follow"); n != 1 {
			t.Errorf("the log says so %d times:\n%s", n, log.String())
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
