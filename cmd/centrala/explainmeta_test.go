package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"centrala/channels"
)

// A body of Meta's webhook is explained as it is read when it comes, whatever it is about.
func TestExplainMeta(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]string{
		"whatsapp.json": {"message", "message", "postback", "delivery"},
		"comments.json": {"comment", "comment", "echo", "edit", "unsend", "comment"},
	} {
		body, err := os.ReadFile(filepath.Join("..", "..", "channels", "meta", "hook", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := runProgram(t, "", "explain", "--channel", "meta", "--json", path)
		var x channels.Explanation
		if err := json.Unmarshal([]byte(out), &x); err != nil || code != 0 {
			t.Fatalf("%s: code %d, %v: %s", name, code, err, out)
		}
		if len(x.Inbound) != len(kinds) || x.File != path {
			t.Fatalf("%s: %d things of %s", name, len(x.Inbound), x.File)
		}
		for i, k := range kinds {
			if x.Inbound[i].Kind != k {
				t.Errorf("%s: thing %d is a %s, want %s", name, i, x.Inbound[i].Kind, k)
			}
		}
	}
	if out, code := runProgram(t, "nothing of Meta's", "explain", "--channel", "meta", "-"); code != 0 {
		t.Errorf("what is no body: code %d: %s", code, out)
	}
}
