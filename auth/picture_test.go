package auth_test

import (
	"strings"
	"testing"

	"centrala"
	"centrala/auth"
)

// The address of a remote picture is good for the reader it was made for, for an hour, and for
// nothing else; that of a file is none of a picture.
func TestPictureAddresses(t *testing.T) {
	t.Parallel()
	g, m, c := aGuard(t, auth.Options{})
	a := m.hire(t, g, centrala.Agent{Email: "ola@demo.test", Role: centrala.RoleAgent}, password)
	p, err := g.AgentPrincipal(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	token := func(url string) string {
		_, tok, _ := strings.Cut(url, "?t=")
		return tok
	}
	picture := token(g.PictureURL(p, "https://shop.example/logo.png?a=1&b=2"))
	if got, err := g.Picture(t.Context(), picture); err != nil || got != "https://shop.example/logo.png?a=1&b=2" {
		t.Fatalf("%q, %v", got, err)
	}
	_, err = g.Picture(t.Context(), picture[:len(picture)-2]+"xx")
	wantReason(t, err, auth.Bad)
	_, err = g.Picture(t.Context(), token(g.FileURL(p, 9)))
	wantReason(t, err, auth.Bad)
	_, err = g.FileReader(t.Context(), 0, picture)
	wantReason(t, err, auth.Bad)
	if long := g.PictureURL(p, "https://shop.example/"+strings.Repeat("x", 4096)); long != "" {
		t.Errorf("an address of %d bytes was signed", len(long))
	}
	gone := m.agents[a.ID]
	gone.Disabled = true
	m.agents[a.ID] = gone
	if _, err := g.Picture(t.Context(), picture); err == nil {
		t.Error("somebody who was shut out got a picture")
	}
	gone.Disabled = false
	m.agents[a.ID] = gone
	c.pass(auth.FileLife)
	_, err = g.Picture(t.Context(), picture)
	wantReason(t, err, auth.Expired)
}
