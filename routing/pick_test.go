package routing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/routing"
	"centrala/words"
)

const (
	buyers, sellers          = centrala.TeamID(1), centrala.TeamID(2)
	ania, piotr, marek, kuba = centrala.AgentID(1), centrala.AgentID(2), centrala.AgentID(3), centrala.AgentID(4)
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func line(a centrala.AgentID, name string, load int, teams ...centrala.TeamID) centrala.Line {
	if teams == nil {
		teams = []centrala.TeamID{buyers}
	}
	return centrala.Line{Agent: a, Name: name, Teams: teams, Status: centrala.Online, Load: load, Capacity: 24, Served: noon().Add(-time.Duration(a) * time.Minute)}
}

func with(l centrala.Line, change func(*centrala.Line)) centrala.Line {
	change(&l)
	return l
}

func TestPick(t *testing.T) {
	t.Parallel()
	chat, mail := centrala.Conversation{Channel: centrala.Chat}, centrala.Conversation{Channel: centrala.Email}
	away := func(l *centrala.Line) { l.Status = centrala.Away }
	never := func(l *centrala.Line) { l.Served = time.Time{} }
	for _, tt := range []struct {
		name    string
		c       centrala.Conversation
		lines   []centrala.Line
		putBack centrala.AgentID
		want    string // agent, rule, free of all lines
	}{
		{"the most free capacity", chat, []centrala.Line{line(ania, "Ania", 8), line(piotr, "Piotr", 4), line(marek, "Marek", 12)}, 0, "2 most_free 5/6"},
		{"a mail costs half a chat", mail, []centrala.Line{line(ania, "Ania", 8), line(piotr, "Piotr", 4)}, 0, "2 most_free 10/12"},
		{"of equals, who was served longest ago", chat, []centrala.Line{line(ania, "Ania", 4), line(marek, "Marek", 4), line(piotr, "Piotr", 4)}, 0, "3 longest 5/6"},
		{"who was never served comes first", chat, []centrala.Line{line(marek, "Marek", 4), with(line(ania, "Ania", 4), never)}, 0, "1 longest 5/6"},
		{"then the lower id", chat, []centrala.Line{with(line(piotr, "Piotr", 4), never), with(line(ania, "Ania", 4), never)}, 0, "1 longest 5/6"},
		{"the only one with room", chat, []centrala.Line{line(ania, "Ania", 24), line(piotr, "Piotr", 20)}, 0, "2 only 1/6"},
		{"exactly as much room as it costs", chat, []centrala.Line{line(ania, "Ania", 20)}, 0, "1 only 1/6"},
		{"a chat does not fit where a mail does", chat, []centrala.Line{line(ania, "Ania", 22)}, 0, ""},
		{"and the mail fits", mail, []centrala.Line{line(ania, "Ania", 22)}, 0, "1 only 1/12"},
		{"capacity that differs counts as capacity", chat, []centrala.Line{line(ania, "Ania", 12), with(line(piotr, "Piotr", 0), func(l *centrala.Line) { l.Capacity = 8 })}, 0, "1 most_free 3/6"},
		{"who is on a break takes nothing", chat, []centrala.Line{with(line(ania, "Ania", 0), away), line(piotr, "Piotr", 20)}, 0, "2 only 1/6"},
		{"offline likewise", chat, []centrala.Line{with(line(ania, "Ania", 0), func(l *centrala.Line) { l.Status = centrala.Offline })}, 0, ""},
		{"another team's free line is of no use", chat, []centrala.Line{line(ania, "Ania", 0, sellers)}, 0, ""},
		{"whoever had it before", centrala.Conversation{Channel: centrala.Chat, LastAssignee: piotr}, []centrala.Line{line(ania, "Ania", 0), line(piotr, "Piotr", 20)}, 0, "2 returning 1/6"},
		{"unless they have no room", centrala.Conversation{Channel: centrala.Chat, LastAssignee: piotr}, []centrala.Line{line(ania, "Ania", 0), line(piotr, "Piotr", 21)}, 0, "1 only 6/6"},
		{"or are on a break", centrala.Conversation{Channel: centrala.Chat, LastAssignee: piotr}, []centrala.Line{line(ania, "Ania", 0), with(line(piotr, "Piotr", 0), away)}, 0, "1 only 6/6"},
		{"or have just put it back", centrala.Conversation{Channel: centrala.Chat, LastAssignee: piotr}, []centrala.Line{line(ania, "Ania", 8), line(piotr, "Piotr", 0)}, piotr, "1 only 4/6"},
		{"nobody", chat, nil, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for range 3 { // whatever the order in which they are listed
				tt.lines = append(tt.lines[min(1, len(tt.lines)):], tt.lines[:min(1, len(tt.lines))]...)
				got := ""
				if c, ok := routing.Pick(tt.c, buyers, tt.lines, tt.putBack); ok {
					got = fmt.Sprintf("%d %s %d/%d", c.Agent, c.Kind, c.Free, c.Of)
				}
				if got != tt.want {
					t.Fatalf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	pl, en := words.For("pl"), words.For("en")
	choice := func(k routing.Kind) routing.Choice {
		return routing.Choice{Agent: ania, Name: "Ania Nowak", Kind: k, Free: 5, Of: 6}
	}
	monday := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
	say := func(w words.Words, k routing.Kind) string {
		reason, chips := choice(k).Say(w, centrala.Buyer, "Zakupy")
		if len(chips) > 3 {
			t.Errorf("%s has %d chips", k, len(chips))
		}
		return strings.ReplaceAll(reason+" | "+strings.Join(chips, " | "), "\u00a0", " ")
	}
	for _, tt := range []struct{ got, want string }{
		{say(pl, routing.MostFree), "Najwięcej wolnych linii w zespole Zakupy: 5 z 6 | Kupujący → Zakupy | wolne linie: 5 z 6"},
		{say(en, routing.MostFree), "Most free lines in Zakupy: 5 of 6 | Buyer → Zakupy | free lines: 5 of 6"},
		{say(pl, routing.Returning), "Ania Nowak zna tę sprawę i ma wolną linię | Kupujący → Zakupy | zna tę sprawę | wolne linie: 5 z 6"},
		{say(en, routing.Returning), "Ania Nowak knows this case and has a free line | Buyer → Zakupy | knows the case | free lines: 5 of 6"},
		{say(pl, routing.Only), "Jedyna wolna linia w zespole Zakupy | Kupujący → Zakupy | jedyna wolna linia | wolne linie: 5 z 6"},
		{say(pl, routing.Longest), "Najdłużej bez nowej rozmowy wśród wolnych linii w zespole Zakupy | Kupujący → Zakupy | najdłużej bez nowej | wolne linie: 5 z 6"},
		{routing.Wait{Kind: routing.Busy}.Say(en, centrala.Buyer, "Ads"), "Waiting: no one in Ads has a free line"},
		{routing.Wait{Kind: routing.Nobody}.Say(en, centrala.Buyer, "Ads"), "Waiting: no one in Ads is on the line"},
		{routing.Wait{Kind: routing.Shut, Opens: monday}.Say(en, centrala.Buyer, "Ads"), "Waiting: Ads is back on the line on Monday 12 January at 9:00"},
		{routing.Wait{Kind: routing.PutBack}.Say(en, centrala.Buyer, "Ads"), "Waiting: it was put back, and no one else in Ads has a free line"},
		{routing.Wait{Kind: routing.NoTeam}.Say(en, centrala.Advertiser, ""), "Waiting: no team has this side: advertiser"},
	} {
		if tt.got != tt.want {
			t.Errorf("got  %q\nwant %q", tt.got, tt.want)
		}
	}
}

func waiting(id int64, channel centrala.Channel, minutesAgo int, change ...func(*centrala.Conversation)) centrala.Conversation {
	c := centrala.Conversation{ID: centrala.ConversationID(id), Status: centrala.Waiting, Channel: channel, Side: centrala.Buyer, Team: buyers,
		QueuedAt: noon().Add(-time.Duration(minutesAgo) * time.Minute)}
	for _, f := range change {
		f(&c)
	}
	return c
}

// planned writes moves as "1→2 2:busy": conversation 1 to agent 2, conversation 2 waits.
func planned(moves []routing.Move) string {
	var out []string
	for _, m := range moves {
		if m.Choice.Agent != 0 {
			out = append(out, fmt.Sprintf("%d→%d", int64(m.Conversation.ID), int64(m.Choice.Agent)))
		} else {
			out = append(out, fmt.Sprintf("%d:%s", int64(m.Conversation.ID), m.Wait.Kind))
		}
	}
	return strings.Join(out, " ")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	urgent := func(c *centrala.Conversation) { c.Priority = 2 }
	seller := func(c *centrala.Conversation) { c.Side, c.Team = centrala.Seller, 0 }
	taken := func(c *centrala.Conversation) { c.Status = centrala.Open }
	small := with(line(ania, "Ania", 0), func(l *centrala.Line) { l.Capacity = 3 })
	teams := []centrala.Team{{ID: buyers, Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}}, {ID: sellers, Name: "Sprzedający", Sides: []centrala.Side{centrala.Seller}}}
	for _, tt := range []struct {
		name    string
		waiting []centrala.Conversation
		lines   []centrala.Line
		putBack map[centrala.ConversationID]centrala.AgentID
		want    string
	}{
		{"priority first, then the longest queued", []centrala.Conversation{waiting(1, centrala.Chat, 1), waiting(2, centrala.Chat, 9), waiting(3, centrala.Chat, 0, urgent)},
			[]centrala.Line{line(ania, "Ania", 16)}, nil, "3→1 2→1 1:busy"},
		{"each choice takes up room", []centrala.Conversation{waiting(1, centrala.Chat, 4), waiting(2, centrala.Chat, 3), waiting(3, centrala.Chat, 2), waiting(4, centrala.Chat, 1)},
			[]centrala.Line{line(ania, "Ania", 12), line(piotr, "Piotr", 14)}, nil, "1→1 2→2 3→1 4→2"},
		{"a line that fits only a mail goes to the mail", []centrala.Conversation{waiting(1, centrala.Chat, 1), waiting(2, centrala.Email, 0)},
			[]centrala.Line{line(ania, "Ania", 22)}, nil, "1:busy 2→1"},
		{"but not for ever", []centrala.Conversation{waiting(1, centrala.Chat, 2), waiting(2, centrala.Email, 0), waiting(3, centrala.Email, 0, seller)},
			[]centrala.Line{line(ania, "Ania", 22, buyers, sellers)}, nil, "1:busy 2:busy 3→1"},
		{"and not for a chat that never fits", []centrala.Conversation{waiting(1, centrala.Chat, 9), waiting(2, centrala.Email, 0)},
			[]centrala.Line{small}, nil, "1:busy 2→1"},
		{"the side's team", []centrala.Conversation{waiting(1, centrala.Chat, 2, seller), waiting(2, centrala.Chat, 1)},
			[]centrala.Line{line(ania, "Ania", 0), line(marek, "Marek", 0, sellers)}, nil, "1→3 2→1"},
		{"put back", []centrala.Conversation{waiting(1, centrala.Chat, 2), waiting(2, centrala.Chat, 1)},
			[]centrala.Line{line(ania, "Ania", 16)}, map[centrala.ConversationID]centrala.AgentID{1: ania}, "1:put_back 2→1"},
		{"somebody has it already", []centrala.Conversation{waiting(1, centrala.Chat, 2, taken)}, []centrala.Line{line(ania, "Ania", 0)}, nil, ""},
		{"nobody is there", []centrala.Conversation{waiting(1, centrala.Chat, 2)}, []centrala.Line{line(marek, "Marek", 0, sellers)}, nil, "1:nobody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.lines)
			got := planned(routing.Plan(tt.waiting, routing.Roster{Teams: teams, Lines: tt.lines, PutBack: tt.putBack}, noon()))
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if fmt.Sprint(before) != fmt.Sprint(tt.lines) {
				t.Error("the lines that were passed in are changed")
			}
		})
	}
}

func TestShut(t *testing.T) {
	t.Parallel()
	team := centrala.Team{ID: buyers, Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}, Hours: office()}
	wait := routing.Why(team, nil, warsaw(t, "2026-01-10 11:00"))
	if wait.Kind != routing.Shut || !wait.Opens.Equal(warsaw(t, "2026-01-12 09:00")) {
		t.Errorf("on a Saturday: %+v", wait)
	}
	if wait := routing.Why(team, nil, warsaw(t, "2026-01-12 11:00")); wait.Kind != routing.Nobody {
		t.Errorf("on a Monday: %+v", wait)
	}
	if wait := routing.Why(team, []centrala.Line{line(ania, "Ania", 24)}, warsaw(t, "2026-01-10 11:00")); wait.Kind != routing.Busy {
		t.Errorf("on a Saturday with somebody there: %+v", wait)
	}
}

func TestTeamOf(t *testing.T) {
	t.Parallel()
	team := func(id centrala.TeamID, name string, sides ...centrala.Side) centrala.Team {
		return centrala.Team{ID: id, Name: name, Sides: sides}
	}
	day, night := team(1, "Dzień", centrala.Buyer), team(3, "Noc", centrala.Buyer)
	market, rest := team(2, "Rynek", centrala.Seller), team(4, "Reszta")
	conv := func(side centrala.Side, own centrala.TeamID) centrala.Conversation {
		return centrala.Conversation{Channel: centrala.Chat, Side: side, Team: own}
	}
	for _, tt := range []struct {
		name  string
		c     centrala.Conversation
		teams []centrala.Team
		lines []centrala.Line
		want  centrala.TeamID
	}{
		{"its own team, whatever the side", conv(centrala.Buyer, 2), []centrala.Team{day, market}, nil, 2},
		{"a team that is gone is none", conv(centrala.Buyer, 9), []centrala.Team{day, market}, nil, 1},
		{"the team of the side", conv(centrala.Seller, 0), []centrala.Team{day, market, rest}, nil, 2},
		{"of two, the one with most room", conv(centrala.Buyer, 0), []centrala.Team{day, night}, []centrala.Line{line(ania, "Ania", 8, 1), line(piotr, "Piotr", 4, 3)}, 3},
		{"of two, the one that is there", conv(centrala.Buyer, 0), []centrala.Team{day, night}, []centrala.Line{line(piotr, "Piotr", 24, 3)}, 3},
		{"of two, the first", conv(centrala.Buyer, 0), []centrala.Team{day, night}, nil, 1},
		{"no team has the side", conv(centrala.Advertiser, 0), []centrala.Team{day, market}, nil, 0},
		{"but one has all that is left", conv(centrala.Advertiser, 0), []centrala.Team{day, market, rest}, nil, 4},
		{"nobody knows the side", conv(centrala.NoSide, 0), []centrala.Team{market, day, rest}, nil, 4},
		{"and no team has the rest", conv(centrala.NoSide, 0), []centrala.Team{market, day}, nil, 1},
		{"there are no teams", conv(centrala.Buyer, 0), nil, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := routing.TeamOf(tt.c, tt.teams, tt.lines)
			if got.ID != tt.want || ok != (tt.want != 0) {
				t.Errorf("got team %d (%v), want %d", int64(got.ID), ok, int64(tt.want))
			}
		})
	}
}

func TestPutBackBy(t *testing.T) {
	t.Parallel()
	said := centrala.Message{At: noon(), Author: centrala.Author{Kind: centrala.ByCustomer}, Text: "jest tu kto?"}
	moved := func(kind string, by centrala.AuthorKind, ago time.Duration) centrala.Message {
		return centrala.Message{At: noon().Add(-ago), Author: centrala.Author{Kind: by}, System: &centrala.Facts{Kind: kind, From: ania}}
	}
	for _, tt := range []struct {
		name    string
		history []centrala.Message
		want    centrala.AgentID
	}{
		{"put back", []centrala.Message{moved("assigned", centrala.BySystem, 2*time.Minute), moved("unassigned", centrala.ByAgent, time.Minute), said}, ania},
		{"transferred", []centrala.Message{moved("transferred", centrala.ByAgent, time.Minute), said}, ania},
		{"too long ago", []centrala.Message{moved("unassigned", centrala.ByAgent, routing.PutBackFor)}, 0},
		{"by the program", []centrala.Message{moved("unassigned", centrala.BySystem, time.Minute)}, 0},
		{"given again since", []centrala.Message{moved("unassigned", centrala.ByAgent, 2*time.Minute), moved("assigned", centrala.ByAgent, time.Minute)}, 0},
		{"over and reopened since", []centrala.Message{moved("unassigned", centrala.ByAgent, 2*time.Minute), moved("resolved", centrala.ByAgent, time.Minute)}, 0},
		{"nothing", nil, 0},
	} {
		if got := routing.PutBackBy(tt.history, noon()); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, int64(got), int64(tt.want))
		}
	}
}

func TestAskAddress(t *testing.T) {
	t.Parallel()
	chat := centrala.Conversation{Channel: centrala.Chat, Status: centrala.Waiting, Turn: centrala.AgentsTurn, WaitingSince: noon().Add(-routing.Patience)}
	fresh, answered, mail, over := chat, chat, chat, chat
	fresh.WaitingSince = noon().Add(-routing.Patience + 1)
	answered.Turn = centrala.CustomersTurn
	mail.Channel = centrala.Email
	over.Status = centrala.Resolved
	for _, tt := range []struct {
		name    string
		c       centrala.Conversation
		address string
		online  bool
		want    bool
	}{
		{"two minutes", chat, "", true, true},
		{"not yet", fresh, "", true, false},
		{"nobody on the line", fresh, "", false, true},
		{"the address is known", chat, "m@example.test", false, false},
		{"it is the customer's turn", answered, "", true, false},
		{"a mail has an address", mail, "", false, false},
		{"it is over", over, "", false, false},
	} {
		if got := routing.AskAddress(tt.c, tt.address, tt.online, noon()); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}
