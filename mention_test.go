package centrala

import (
	"slices"
	"testing"
	"time"
)

func TestMentionsLetSomebodySee(t *testing.T) {
	t.Parallel()
	before := Conversation{ID: 1, Contact: 5, Team: 7, Side: Buyer, Status: Waiting, LastSeq: 2, Version: 3}
	after, steps, err := before.Apply(Jot{Mentions: []AgentID{21, 22}}, time.Now())
	if err != nil || len(steps) != 1 || !slices.Equal(steps[0].Data.Mentions, []AgentID{21, 22}) {
		t.Fatalf("%+v, %v", steps, err)
	}
	if after.Status != before.Status || after.Version != before.Version || len(before.Mentions) != 0 {
		t.Errorf("a note moved the conversation: %+v", after)
	}
	for name, tt := range map[string]struct {
		scope Scope
		sees  bool
	}{
		"mentioned":               {Scope{Agent: 21, Teams: []TeamID{8}}, true},
		"not mentioned":           {Scope{Agent: 23, Teams: []TeamID{8}}, false},
		"a customer of that id":   {Scope{Contact: 21}, false},
		"nobody":                  {Scope{}, false},
		"a program of other side": {Scope{Sides: []Side{Seller}}, false},
	} {
		if tt.scope.Sees(&before) {
			t.Errorf("%s sees it before", name)
		}
		if tt.scope.Sees(&after) != tt.sees {
			t.Errorf("%s sees it: %v", name, !tt.sees)
		}
	}
}

func TestMentionsWaitToBeRead(t *testing.T) {
	t.Parallel()
	c := Conversation{LastSeq: 4}
	c.Mention([]AgentID{21, 22}, 4)
	shared := c.Mentions
	if c.ReadMention(21, 3) || c.ReadMention(23, 4) || c.ReadMention(0, 4) {
		t.Error("read too soon, or by somebody else")
	}
	if !c.ReadMention(21, 4) || c.ReadMention(21, 9) {
		t.Error("read once, and not twice")
	}
	c.Mention([]AgentID{21}, 6)
	if want := []Mention{{22, 4, false}, {21, 6, false}}; !slices.Equal(c.Mentions, want) {
		t.Errorf("mentioned again: %+v", c.Mentions)
	}
	if !slices.Equal(shared, []Mention{{21, 4, false}, {22, 4, false}}) {
		t.Errorf("whoever shares the list sees it change: %+v", shared)
	}
}

func TestMentionsAreTakenAlong(t *testing.T) {
	t.Parallel()
	into := Conversation{LastSeq: 9, Mentions: []Mention{{21, 2, true}, {22, 3, false}}}
	from := Conversation{LastSeq: 5, Mentions: []Mention{{21, 5, false}, {22, 5, true}, {23, 4, true}}}
	if !into.TakeMentions(&from) {
		t.Error("nothing was taken")
	}
	if want := []Mention{{22, 3, false}, {21, 9, false}, {23, 9, true}}; !slices.Equal(into.Mentions, want) {
		t.Errorf("got %+v, want %+v", into.Mentions, want)
	}
	if into.TakeMentions(&Conversation{}) {
		t.Error("something came of nothing")
	}
}
