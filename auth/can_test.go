package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
)

// TestPermissions walks every action with every kind of principal. A letter stands for whoever
// may: v visitor, a agent, s supervisor, A administrator, k a key with the scope named after it.
func TestPermissions(t *testing.T) {
	t.Parallel()
	want := map[auth.Action][2]string{
		auth.ReadConversations:  {"asA", "conversations:read"},
		auth.WriteConversations: {"asA", "conversations:write"},
		auth.AssignOthers:       {"asA", "conversations:write"},
		auth.LogConversations:   {"asA", ""},
		auth.WatchMessages:      {"sA", "stream:read"},
		auth.OwnTalk:            {"v", ""},
		auth.Upload:             {"vasA", "conversations:write"},
		auth.ReadContacts:       {"asA", "contacts:read"},
		auth.WriteContacts:      {"asA", "contacts:write"},
		auth.BlockContacts:      {"asA", "contacts:write"},
		auth.ExportContacts:     {"sA", "contacts:read"},
		auth.EraseContacts:      {"A", ""},
		auth.ReadHouse:          {"asA", "conversations:read"},
		auth.WriteMacros:        {"sA", "settings:write"},
		auth.ManageAgents:       {"A", "settings:write"},
		auth.ManageTeams:        {"A", "settings:write"},
		auth.ManageInboxes:      {"A", "settings:write"},
		auth.ManageKeys:         {"A", ""},
		auth.ReadAudit:          {"A", ""},
		auth.ReadMail:           {"sA", "mail:read"},
		auth.DecideMail:         {"sA", "mail:write"},
		auth.ReadHooks:          {"A", "mail:read"},
		auth.OpenHooks:          {"A", "mail:write"},
		auth.ReadArticles:       {"asA", "articles:read"},
		auth.WriteArticles:      {"sA", "articles:write"},
		auth.ReadSurveys:        {"asA", "surveys:read"},
		auth.WorkFollowUps:      {"asA", ""},
		auth.ReadReports:        {"asA", "reports:read"},
		auth.ReadStream:         {"A", "stream:read"},
		auth.ReplayStream:       {"A", ""},
		auth.RebuildSearch:      {"A", ""},
		auth.OwnAccount:         {"asA", ""},
	}
	person := func(r centrala.Role) auth.Principal {
		return auth.Principal{Kind: auth.Agent, Agent: &centrala.Agent{Role: r}}
	}
	who := map[rune]auth.Principal{
		'v': {Kind: auth.Visitor, Visitor: &centrala.Visitor{}},
		'a': person(centrala.RoleAgent), 's': person(centrala.RoleSupervisor), 'A': person(centrala.RoleAdmin),
	}
	strangers := []auth.Principal{{}, {Kind: auth.Agent}, {Kind: auth.Machine}, person("root"), person("")}
	for action := range auth.Permissions() {
		w, ok := want[action]
		if !ok {
			t.Errorf("%s is not in this test's table", action)
			continue
		}
		for letter, p := range who {
			should := false
			for _, l := range w[0] {
				should = should || l == letter
			}
			if got := auth.Can(p, action); got != should {
				t.Errorf("%c %s: %v, want %v", letter, action, got, should)
			}
		}
		for _, scope := range centrala.KeyScopes() {
			key := auth.Principal{Kind: auth.Machine, Key: &centrala.APIKey{Scopes: []string{scope}}}
			if got := auth.Can(key, action); got != (scope == w[1]) {
				t.Errorf("key with %s, %s: %v", scope, action, got)
			}
		}
		for _, p := range strangers {
			if auth.Can(p, action) {
				t.Errorf("a stranger %+v may %s", p, action)
			}
		}
	}
	if len(want) != len(auth.Permissions()) {
		t.Errorf("the table has %d actions, this test %d", len(auth.Permissions()), len(want))
	}
	if auth.Can(who['A'], "no.such.action") {
		t.Error("an unknown action is allowed")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	a := centrala.Agent{ID: 4, Teams: []centrala.TeamID{1}, Sides: []centrala.Side{centrala.Buyer}}
	own := &centrala.Conversation{Team: 1, Side: centrala.Buyer}
	sameSide := &centrala.Conversation{Team: 2, Side: centrala.Buyer}
	mine := &centrala.Conversation{Team: 9, Side: centrala.Seller, Assignee: 4}
	other := &centrala.Conversation{Team: 9, Side: centrala.Seller}
	nobodys := &centrala.Conversation{}
	for role, want := range map[centrala.Role][5]bool{
		centrala.RoleAgent:      {true, false, true, false, false},
		centrala.RoleSupervisor: {true, true, true, false, false},
		centrala.RoleAdmin:      {true, true, true, true, true},
		"":                      {true, false, true, false, false},
	} {
		a.Role = role
		s := auth.AgentScope(a)
		for i, c := range []*centrala.Conversation{own, sameSide, mine, other, nobodys} {
			if s.Sees(c) != want[i] {
				t.Errorf("%s sees conversation %d: %v", role, i, !want[i])
			}
		}
	}
	if s := auth.KeyScope(centrala.APIKey{Sides: []centrala.Side{centrala.Seller}}); s.Sees(own) || !s.Sees(other) || s.All {
		t.Errorf("key scope %+v", s)
	}
}

func TestLimiterSlides(t *testing.T) {
	t.Parallel()
	c := aClock()
	l := auth.NewLimiter(3, time.Minute, c.now)
	for i := range 3 {
		if left, _, ok := l.Take("x"); !ok || left != 2-i {
			t.Fatalf("take %d: %d %v", i, left, ok)
		}
		c.pass(10 * time.Second)
	}
	if _, wait, ok := l.Take("x"); ok || wait != 30*time.Second {
		t.Errorf("wait %v, %v", wait, ok)
	}
	if _, _, ok := l.Take("y"); !ok {
		t.Error("another key was limited")
	}
	l.Return("x")
	if _, _, ok := l.Take("x"); !ok {
		t.Error("what was returned still counts")
	}
	c.pass(30 * time.Second)
	if _, _, ok := l.Take("x"); !ok {
		t.Error("the first should have slid out")
	}
	if _, _, ok := l.Take("x"); ok {
		t.Error("only one had slid out")
	}
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:4000", "", "192.0.2.7"},
		{"192.0.2.7:4000", "1.2.3.4", "192.0.2.7"}, // a stranger's word
		{"10.0.0.1:4000", "1.2.3.4", "1.2.3.4"},
		{"10.0.0.1:4000", "6.6.6.6, 1.2.3.4", "1.2.3.4"}, // the client made up the first
		{"10.0.0.1:4000", "1.2.3.4, 10.0.0.9", "1.2.3.4"},
		{"10.0.0.1:4000", "nonsense", "10.0.0.1"},
		{"[::1]:4000", "2606:4700::1", "2606:4700::1"},
		{"[::ffff:10.0.0.1]:4000", "1.2.3.4", "1.2.3.4"},
		{"@", "1.2.3.4", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := auth.ClientAddr(r, proxies); got != c.want {
			t.Errorf("%s via %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestTokenOf(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if tok, cookie := auth.TokenOf(r); tok != "" || cookie {
		t.Errorf("%q %v", tok, cookie)
	}
	r.AddCookie(auth.SessionCookie("cs_1", true))
	if tok, cookie := auth.TokenOf(r); tok != "cs_1" || !cookie {
		t.Errorf("%q %v", tok, cookie)
	}
	r.Header.Set("Authorization", "bearer ck_2")
	if tok, cookie := auth.TokenOf(r); tok != "ck_2" || cookie {
		t.Errorf("%q %v", tok, cookie)
	}
	r.Header.Set("Authorization", "Basic eDp5")
	if tok, cookie := auth.TokenOf(r); tok != "Basic eDp5" || cookie {
		t.Errorf("%q %v: another scheme must not fall back to the cookie", tok, cookie)
	}
	c := auth.SessionCookie("x", true)
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
}
