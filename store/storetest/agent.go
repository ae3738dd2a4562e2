package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"centrala"
)

func agentCases() []testCase {
	return []testCase{
		{"agent/an address is one agent's, however it is written", agentAddress},
		{"agent/a hundred at once get one account", agentRace},
		{"agent/sides are those of the teams", agentSides},
		{"agent/what is wrong is refused and named", agentRefused},
		{"agent/saving keeps the password, a disabled agent is out", agentSaved},
		{"agent/the last administrator stays", lastAdmin},
		{"agent/credentials", agentCredentials},
	}
}

func agentAddress(t *testing.T, h *house) {
	ctx := t.Context()
	_, err := h.SaveAgent(ctx, centrala.Agent{Email: " Ania@Example.TEST ", Name: "Inna", Role: centrala.RoleAgent})
	refused(t, err, centrala.Conflict, "email")
	p := h.piotr
	p.Email = "ANIA@example.test"
	_, err = h.SaveAgent(ctx, p)
	refused(t, err, centrala.Conflict, "email")
	same(t, "piotr's address", mustAgent(t, h, p.ID).Email, "piotr@example.test")
	a, _, _, err := h.Credentials(ctx, "ANIA@example.test ")
	need(t, err)
	same(t, "who signs in", a.ID, h.ania.ID)
}

func mustAgent(t *testing.T, h *house, id centrala.AgentID) centrala.Agent {
	t.Helper()
	a, err := h.Agent(t.Context(), id)
	need(t, err)
	return a
}

func agentRace(t *testing.T, h *house) {
	worked := atOnce(t, 100, centrala.Conflict, func(i int) error {
		_, err := h.SaveAgent(context.Background(), centrala.Agent{Email: "nowa@example.test", Name: fmt.Sprint("Nowa ", i), Role: centrala.RoleAgent})
		return err
	})
	same(t, "accounts made", worked, 1)
	agents, err := h.Agents(t.Context())
	need(t, err)
	same(t, "agents", len(agents), 3)
}

func agentSides(t *testing.T, h *house) {
	ctx := t.Context()
	a := h.ania
	a.Teams = []centrala.TeamID{h.other.ID, h.team.ID, h.team.ID}
	saved, err := h.SaveAgent(ctx, a)
	need(t, err)
	same(t, "teams", saved.Teams, []centrala.TeamID{h.team.ID, h.other.ID})
	same(t, "sides", saved.Sides, []centrala.Side{centrala.Buyer, centrala.Seller})
	same(t, "read again", mustAgent(t, h, a.ID), saved)
	a.Teams = nil
	saved, err = h.SaveAgent(ctx, a)
	need(t, err)
	if saved.Teams == nil || saved.Sides == nil || len(saved.Teams)+len(saved.Sides) != 0 {
		t.Fatalf("an agent of no team has %#v and %#v, want empty lists", saved.Teams, saved.Sides)
	}
	agents, err := h.Agents(ctx)
	need(t, err)
	same(t, "by name", []string{agents[0].Name, agents[1].Name}, []string{"Ania", "Piotr"})
}

func agentRefused(t *testing.T, h *house) {
	good := centrala.Agent{Email: "ola@example.test", Name: "Ola", Role: centrala.RoleAgent}
	for field, spoil := range map[string]func(*centrala.Agent){
		"email":    func(a *centrala.Agent) { a.Email = "ola" },
		"name":     func(a *centrala.Agent) { a.Name = " \t" },
		"role":     func(a *centrala.Agent) { a.Role = "boss" },
		"teams":    func(a *centrala.Agent) { a.Teams = []centrala.TeamID{42} },
		"capacity": func(a *centrala.Agent) { a.Capacity = -1 },
		"locale":   func(a *centrala.Agent) { a.Locale = "pl\x00" },
	} {
		a := good
		spoil(&a)
		_, err := h.SaveAgent(t.Context(), a)
		refused(t, err, centrala.Invalid, field)
	}
	a := good
	a.Name = "Ola\xff"
	_, err := h.SaveAgent(t.Context(), a)
	refused(t, err, centrala.Invalid, "name")
	a = good
	a.ID = 42
	_, err = h.SaveAgent(t.Context(), a)
	refused(t, err, centrala.NotFound)
	_, err = h.Agent(t.Context(), 42)
	refused(t, err, centrala.NotFound)
}

func agentSaved(t *testing.T, h *house) {
	ctx := t.Context()
	before := len(h.happened(t, centrala.AgentChanged))
	need(t, h.SetPassword(ctx, h.ania.ID, "a hash"))
	need(t, h.StartSession(ctx, []byte("token"), h.ania.ID, h.clock.now(), time.Hour, time.Hour))
	need(t, h.OneTime(ctx, []byte("link"), "password", h.ania.ID, h.clock.now().Add(time.Hour)))
	a := h.ania
	a.Name, a.Capacity, a.Disabled, a.Created = "Ania B.", 12, true, time.Time{}
	saved, err := h.SaveAgent(ctx, a)
	need(t, err)
	same(t, "created", saved.Created, h.ania.Created)
	same(t, "capacity", saved.Capacity, 12)
	_, hash, _, err := h.Credentials(ctx, a.Email)
	need(t, err)
	same(t, "password", hash, "a hash")
	_, err = h.Session(ctx, []byte("token"))
	refused(t, err, centrala.NotFound)
	_, err = h.UseOneTime(ctx, []byte("link"), "password")
	refused(t, err, centrala.NotFound)
	refused(t, h.StartSession(ctx, []byte("other"), a.ID, h.clock.now(), time.Hour, time.Hour), centrala.NotFound)
	var states []string
	for _, e := range h.happened(t, centrala.AgentChanged)[before:] {
		same(t, "whose event", e.Data.Agent, a.ID)
		states = append(states, e.Data.State)
	}
	same(t, "events", states, []string{"password", "disabled"})
}

func lastAdmin(t *testing.T, h *house) {
	ctx := t.Context()
	var admins []centrala.Agent
	for i := range 4 {
		a, err := h.SaveAgent(ctx, centrala.Agent{Email: fmt.Sprintf("admin%d@example.test", i), Name: "Admin", Role: centrala.RoleAdmin})
		need(t, err)
		admins = append(admins, a)
	}
	worked := atOnce(t, len(admins), centrala.Conflict, func(i int) error {
		a := admins[i]
		if a.Disabled = i%2 == 0; !a.Disabled {
			a.Role = centrala.RoleAgent
		}
		_, err := h.SaveAgent(context.Background(), a)
		return err
	})
	same(t, "administrators who could go", worked, 3)
	for _, a := range admins {
		if now := mustAgent(t, h, a.ID); now.Role == centrala.RoleAdmin && !now.Disabled {
			now.Name = "Ostatni"
			_, err := h.SaveAgent(ctx, now)
			need(t, err)
		}
	}
}

func agentCredentials(t *testing.T, h *house) {
	ctx := t.Context()
	for _, unknown := range []string{"nikt@example.test", "", "\x00", "\xff@example.test", "' OR 1=1 --"} {
		_, _, _, err := h.Credentials(ctx, unknown)
		refused(t, err, centrala.NotFound)
	}
	_, hash, secret, err := h.Credentials(ctx, h.ania.Email)
	need(t, err)
	same(t, "before anything is set", hash+secret, "")
	need(t, h.SetTOTP(ctx, h.ania.ID, "JBSWY3DPEHPK3PXP"))
	_, _, secret, err = h.Credentials(ctx, h.ania.Email)
	need(t, err)
	same(t, "second factor", secret, "JBSWY3DPEHPK3PXP")
	if at := h.raw(t, `SELECT totp FROM agent WHERE id = $1`, int64(h.ania.ID)); at == "" || strings.Contains(at, "JBSWY3DPEHPK3PXP") {
		t.Fatalf("the second factor lies in the database as %q, want it sealed", at)
	}
	need(t, h.SetTOTP(ctx, h.ania.ID, ""))
	_, _, secret, err = h.Credentials(ctx, h.ania.Email)
	need(t, err)
	same(t, "after it is taken away", secret, "")
	refused(t, h.SetTOTP(ctx, 42, "x"), centrala.NotFound)
	refused(t, h.SetPassword(ctx, 42, "x"), centrala.NotFound)
}
