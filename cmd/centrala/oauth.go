package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/oauth"
)

// OAuthConfig is how mailboxes sign in with a provider instead of a password.
type OAuthConfig struct {
	Google    GoogleConfig    `toml:"google"`
	Microsoft MicrosoftConfig `toml:"microsoft"`
}

// GoogleConfig is who this server is to Google.
type GoogleConfig struct {
	ClientID     string `toml:"client_id" help:"client id of this server, as registered with Google; without one mailboxes cannot sign in with Google"`
	ClientSecret string `toml:"client_secret" help:"its secret"`
	AuthURL      string `toml:"auth_url" help:"the page of consent; default: Google's"`
	TokenURL     string `toml:"token_url" help:"where tokens are given; default: Google's"`
}

// MicrosoftConfig is who this server is to Microsoft.
type MicrosoftConfig struct {
	ClientID     string `toml:"client_id" help:"application (client) id of this server, as registered with Microsoft; without one mailboxes cannot sign in with Microsoft"`
	ClientSecret string `toml:"client_secret" help:"its secret"`
	Tenant       string `toml:"tenant" default:"common" help:"the organisation's tenant, or common for any"`
	AuthURL      string `toml:"auth_url" help:"the page of consent, of a national cloud; default: Microsoft's"`
	TokenURL     string `toml:"token_url" help:"where tokens are given, of a national cloud; default: Microsoft's"`
}

// providers are those that mailboxes can sign in with.
func (c OAuthConfig) providers() (map[centrala.Login]oauth.Provider, error) {
	all := map[centrala.Login]oauth.Provider{
		centrala.ByGoogle:    oauth.Google(c.Google.ClientID, c.Google.ClientSecret).At(c.Google.AuthURL, c.Google.TokenURL),
		centrala.ByMicrosoft: oauth.Microsoft(c.Microsoft.ClientID, c.Microsoft.ClientSecret, c.Microsoft.Tenant).At(c.Microsoft.AuthURL, c.Microsoft.TokenURL),
	}
	for login, p := range all {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("oauth.%s: %w", login, err)
		}
	}
	return all, nil
}

// healths is how the ways of a door's line do: as this node knows, else as the node says that
// holds the line.
func (p *Program) healths(ctx context.Context, in centrala.Inbox) []channels.Health {
	var all []channels.Health
	h, here := p.board.Line(in.ID, channels.In)
	if !here && (in.Channel == centrala.Email || in.Channel.Social()) {
		here = p.heldElsewhere(ctx, in.ID, &h)
	}
	if here {
		all = append(all, h)
	}
	for _, way := range []string{channels.Out, channels.Arranged} {
		if h, ok := p.board.Line(in.ID, way); ok {
			all = append(all, h)
		}
	}
	return all
}

// heldElsewhere reads what another node says of a line.
func (p *Program) heldElsewhere(ctx context.Context, id centrala.InboxID, h *channels.Health) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	said, err := p.db.LineHealth(ctx, id)
	if err == nil && said != "" {
		err = json.Unmarshal([]byte(said), h)
	}
	if err != nil {
		p.log.WarnContext(ctx, "a line's health could not be read", "inbox", id.String(), "err", err)
	}
	return err == nil && said != ""
}
