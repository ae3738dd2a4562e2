package storetest

import (
	"testing"

	"centrala"
)

func teamCases() []testCase {
	return []testCase{
		{"team/comes back as it was saved", teamSaved},
		{"team/what is wrong is refused and named", teamRefused},
		{"team/goes only when nothing holds on to it", teamRemoved},
	}
}

func teamSaved(t *testing.T, h *house) {
	ctx := t.Context()
	team := centrala.Team{Name: " Reklama ", Sides: []centrala.Side{centrala.Advertiser}, Signature: "Zespół reklamy\nJarmark", Hours: centrala.Hours{
		Zone: "Europe/Warsaw", Holidays: true, Outside: map[string]string{"pl": "Wracamy o 8:00."},
		Days: map[string][]centrala.Span{"2026-12-24": {}, "2026-12-31": {{From: 480, To: 720}}},
	}}
	team.Hours.Week[1] = []centrala.Span{{From: 480, To: 720}, {From: 780, To: 1440}}
	saved, err := h.SaveTeam(ctx, team)
	need(t, err)
	team.ID, team.Name = saved.ID, "Reklama"
	same(t, "saved", saved, team)
	read, err := h.Team(ctx, saved.ID)
	need(t, err)
	same(t, "read", read, team)
	team.Sides, team.Signature = nil, ""
	_, err = h.SaveTeam(ctx, team)
	need(t, err)
	all, err := h.Teams(ctx)
	need(t, err)
	same(t, "by name", []string{all[0].Name, all[1].Name, all[2].Name}, []string{"Kupujący", "Reklama", "Sprzedający"})
	if all[1].Sides == nil || all[1].Signature != "" {
		t.Fatalf("got %#v, want the team without sides and signature", all[1])
	}
	events := h.happened(t, centrala.AgentChanged)
	last := events[len(events)-1]
	same(t, "event", []any{last.Data.Team, last.Data.State}, []any{saved.ID, "saved"})
}

func teamRefused(t *testing.T, h *house) {
	ctx := t.Context()
	for field, bad := range map[string][]centrala.Team{
		"name":      {{Name: ""}, {Name: "a\x00"}},
		"sides":     {{Name: "x", Sides: []centrala.Side{"courier"}}},
		"signature": {{Name: "x", Signature: "\xff"}},
		"hours": {
			{Name: "x", Hours: centrala.Hours{Zone: "Mars/Olympus"}},
			{Name: "x", Hours: centrala.Hours{Week: [7][]centrala.Span{{{From: 600, To: 600}}}}},
			{Name: "x", Hours: centrala.Hours{Week: [7][]centrala.Span{{{From: 600, To: 700}, {From: 690, To: 800}}}}},
			{Name: "x", Hours: centrala.Hours{Days: map[string][]centrala.Span{"24.12": nil}}},
			{Name: "x", Hours: centrala.Hours{Days: map[string][]centrala.Span{"2026-12-24": {{From: 0, To: 1441}}}}},
		},
	} {
		for _, team := range bad {
			_, err := h.SaveTeam(ctx, team)
			refused(t, err, centrala.Invalid, field)
		}
	}
	_, err := h.SaveTeam(ctx, centrala.Team{Name: h.other.Name})
	refused(t, err, centrala.Conflict, "name")
	_, err = h.SaveTeam(ctx, centrala.Team{ID: h.team.ID, Name: h.other.Name})
	refused(t, err, centrala.Conflict, "name")
	_, err = h.SaveTeam(ctx, centrala.Team{ID: 42, Name: "x"})
	refused(t, err, centrala.NotFound)
	_, err = h.Team(ctx, 42)
	refused(t, err, centrala.NotFound)
}

func teamRemoved(t *testing.T, h *house) {
	ctx := t.Context()
	refused(t, h.RemoveTeam(ctx, h.team.ID), centrala.Conflict) // members and inboxes
	team, err := h.SaveTeam(ctx, centrala.Team{Name: "Chwilowy"})
	need(t, err)
	c := h.matter(t, centrala.Buyer)
	h.do(t, c.ID, centrala.Transfer{Team: team.ID})
	refused(t, h.RemoveTeam(ctx, team.ID), centrala.Conflict)
	h.do(t, c.ID, centrala.Resolve{})
	need(t, h.RemoveTeam(ctx, team.ID))
	refused(t, h.RemoveTeam(ctx, team.ID), centrala.NotFound)
}
