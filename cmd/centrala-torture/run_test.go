package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run with a server that breaks a promise comes to its end and names the law; one with an
// honest server names none.
func TestRunFindsTheLie(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		lie    lie
		broken []string // laws, in their order
	}{
		{"honest", honest, nil},
		{"acknowledges before it stores", forgets, []string{"kept", "ordered", "agreed"}},
		{"stores twice", doubles, []string{"once"}},
		{"swaps frames", swaps, []string{"ordered"}},
		{"skips a seq", skips, []string{"dense"}},
		{"shows another's conversation", mixesUp, []string{"private"}},
		{"shows notes to customers", tells, []string{"private"}},
		{"shows other words on reload", rewrites, []string{"kept", "agreed"}},
		{"stops answering", deaf, []string{"behaved"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &liar{lie: tt.lie}
			crash := Fault{Name: "crash", Do: func(context.Context, *Run) error { l.crash(tt.lie == forgets); return nil }}
			patience := time.Minute
			if tt.lie == deaf {
				patience = 3 * time.Second
			}
			result, err := Plan{House: l, Seed: 1, Customers: 4, Faults: []Fault{crash}, Rounds: 4, Patience: patience, Log: io.Discard}.Do(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, v := range result.Verdicts {
				if len(v.Breaches) > 0 {
					broken = append(broken, v.Law.Name)
					t.Logf("%s: %d of %d, such as %s", v.Law.Name, len(v.Breaches), v.Checked, v.Breaches[0])
				}
			}
			if !slices.Equal(broken, tt.broken) {
				t.Errorf("broken: %v, want %v", broken, tt.broken)
			}
			if result.Acked < 40 {
				t.Errorf("only %d messages were acknowledged", result.Acked)
			}
		})
	}
}

// What is asked for wrongly is refused with what could be asked for; a fault that this house
// cannot have is named, not met.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--customers", "45", "--mails", "8"}, "at most 50"},
		{[]string{"--house", "castle"}, "--house is sqlite, postgres or cluster"},
		{[]string{"--server", "/nowhere/centrala"}, "make build"},
		{[]string{"--faults", "kill,flood"}, `no fault "flood"`},
		{[]string{"--faults", "nats-cut"}, "nats-cut (needs cluster)"},
		{[]string{"--faults", "smtp-torn", "--mails", "0"}, "smtp-torn (needs mail)"},
	} {
		args := append([]string{"--server", self, "--dir", t.TempDir()}, tt.args...)
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v; want %q", tt.args, err, tt.want)
		}
	}
	h := &premises{kind: onCluster, mail: true}
	chosen, without, err := h.choose("kill,busy,nats-cut", 0)
	if err != nil || len(chosen) != 2 || len(without) != 1 || !strings.HasPrefix(without[0], "busy") {
		t.Errorf("a cluster meets %v, without %v, %v", chosen, without, err)
	}
}
