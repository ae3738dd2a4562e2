package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"centrala"
)

// What a commit names lies on the disk before it: a mail whose bytes could not be kept is not
// taken, and asked for again.
func TestFilesBeforeTheCommit(t *testing.T) {
	t.Parallel()
	var calls int
	var broken error
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "c.db"), Options{Files: func() error { calls++; return broken }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	in := centrala.Inbound{Inbox: 1, Channel: centrala.Email, ExternalID: "INBOX:1:1", Outcome: centrala.Automatic, At: time.Now(),
		Cursor: &centrala.Cursor{Inbox: 1, Folder: "INBOX", Validity: 1, UID: 1}}
	if _, err := db.Receive(t.Context(), in); err != nil || calls != 0 {
		t.Fatalf("a mail without files: asked %d times, %v", calls, err)
	}
	in.ExternalID, in.Raw, in.Cursor.UID = "INBOX:1:2", "in/raw", 2
	broken = errors.New("the disk is gone")
	if _, err := db.Receive(t.Context(), in); centrala.CodeOf(err) != centrala.Unavailable || calls != 1 {
		t.Fatalf("its bytes could not be kept: asked %d times, %v", calls, err)
	}
	if c, err := db.Cursor(t.Context(), 1, "INBOX"); err != nil || c.UID != 1 {
		t.Errorf("the cursor is at %d, %v", c.UID, err)
	}
	if _, err := db.SaveAttachment(t.Context(), "v_1", centrala.Attachment{Name: "a.png", Blob: "b"}); centrala.CodeOf(err) != centrala.Unavailable {
		t.Errorf("an upload that could not be kept: %v", err)
	}
	broken = nil
	if _, err := db.Receive(t.Context(), in); err != nil || calls != 3 {
		t.Errorf("asked %d times, %v", calls, err)
	}
}
