package telegram

import (
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/words"
)

// Whatever is wrong with the line is said in both languages, each code in words of its own.
func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	codes := channelstest.Faults(t)
	if len(codes) != len(faults) || len(codes) == 0 {
		t.Errorf("%d codes, and words for %d", len(codes), len(faults))
	}
	seen := map[string]string{}
	for _, code := range append(codes, "") {
		for _, way := range []string{channels.In, channels.Out, channels.Arranged} {
			f := New(Config{}).Trouble(centrala.Inbox{}, channels.Health{Way: way, Code: code, LastError: "a detail"})
			pl, en := f.Text[words.Polish], f.Text[words.English]
			if f.OK || f.Check != code || pl == "" || en == "" || pl == en || f.Cause != "a detail" {
				t.Errorf("%q, %s: %+v", code, way, f)
			}
			if was, known := seen[pl]; known && was != code {
				t.Errorf("%q and %q are told in the same words: %q", code, was, pl)
			}
			seen[pl] = code
		}
	}
}
