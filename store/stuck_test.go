package store

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala/store/column"

	"centrala"
)

// A writer that hangs costs nobody more than a bounded wait: who is in the queue, and who finds
// it full, is told to try again, the store is not ready, and nothing that was refused is on
// disk later.
func TestStuckWriterRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "c.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		var held sync.WaitGroup
		held.Go(func() {
			err := db.write(t.Context(), func(*Tx) error { <-hang; return nil })
			if err != nil {
				t.Errorf("what the writer had taken: %v", err)
			}
		})
		synctest.Wait()
		const callers = 300 // more than the queue has room for
		began := time.Now()
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				err := db.write(t.Context(), func(*Tx) error { t.Error("a refused operation was carried out"); return nil })
				var e *centrala.Error
				if !errors.As(err, &e) || e.Code != centrala.Unavailable || e.RetryAfter == 0 {
					t.Errorf("a stuck writer: %v", err)
				}
			})
		}
		time.Sleep(6 * time.Second) // in the bubble's time
		if err := db.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "a commit has been running") {
			t.Errorf("ready: %v", err)
		}
		wait.Wait()
		if took := time.Since(began); took != patience {
			t.Errorf("they were told after %v", took)
		}
		s, err := db.Stats(t.Context())
		if err != nil || s.Refused != callers || s.Queue != s.Room {
			t.Errorf("%d refused, %d of %d waiting, %v", s.Refused, s.Queue, s.Room, err)
		}
		for range 17 {
			db.Published(make([]centrala.EventID, 4096))
		}
		if s, err = db.Stats(t.Context()); err != nil || s.Marks != maxMarks || s.Forgotten != 17*4096-maxMarks {
			t.Errorf("%d marks wait, %d forgotten, %v", s.Marks, s.Forgotten, err)
		}
		close(hang)
		held.Wait()
		if err := db.write(t.Context(), func(*Tx) error { return nil }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestStatsTellWhatWaits(t *testing.T) {
	t.Parallel()
	ahead := time.Duration(0)
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "c.db"), Options{Now: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.write(t.Context(), func(tx *Tx) error {
		return tx.Emit(centrala.ArticleSaved, centrala.Author{Kind: centrala.BySystem}, centrala.Facts{Kind: "article"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Bury(t.Context(), centrala.DeadLetter{Group: "routing", Error: "no"}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.rw.Exec(`INSERT INTO delivery (id, conversation, event, seq, from_seq, inbox, channel, address, message_id, notice, state, attempts, reason, external_id, next_at, lease_until, made_at, at)
		VALUES (1, 1, 1, 1, 1, 1, 'email', '', '', '', 'queued', 0, '', '', $1, 0, 0, 0)`, column.Micros(time.Now())); err != nil {
		t.Fatal(err)
	}
	ahead = time.Hour
	s, err := db.Stats(t.Context())
	if err != nil || s.Outbox != 1 || s.DeadLetters != 1 || s.Deliveries[centrala.DeliveryQueued] != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	for what, d := range map[string]time.Duration{"oldest event": s.OldestUnpublished, "oldest delivery": s.OldestDue} {
		if d < time.Hour || d > time.Hour+time.Minute {
			t.Errorf("the %s is %v old", what, d)
		}
	}
	if s.Batch.Count != s.Commit.Count || s.Batch.Count < 2 || s.Batch.Sum < 2 {
		t.Errorf("batches %+v, commits %+v", s.Batch, s.Commit)
	}
	if err := db.Clock(); err != nil {
		t.Errorf("a clock that went on: %v", err)
	}
	ahead = -time.Hour
	if err := db.Clock(); err == nil || !strings.Contains(err.Error(), "set back by 1h") {
		t.Errorf("a clock that was set back: %v", err)
	}
	ahead = 0
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
