package meta

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/meta/graph"
)

// fields are what a page is subscribed to.
func (p *page) fields(a centrala.Account) []string {
	if p.kind == centrala.Instagram {
		return []string{"messages", "messaging_postbacks", "messaging_seen", "message_reactions"}
	}
	all := []string{"messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions", "message_edits"}
	if a.Comments {
		all = append(all, "feed")
	}
	return all
}

// subscription is an app that a page or business account tells of what happens.
type subscription struct {
	ID     text   `json:"id"`
	Fields []text `json:"subscribed_fields"`
	App    object[struct {
		ID text `json:"id"`
	}] `json:"whatsapp_business_api_data"`
}

// subscribed are the apps that are told.
func (l *line) subscribed(ctx context.Context, in centrala.Inbox, node string) ([]subscription, error) {
	var got struct {
		Data []subscription `json:"data"`
	}
	err := l.call(ctx, in, http.MethodGet, "/"+node+"/subscribed_apps", nil, nil, &got)
	return got.Data, err
}

// lacking are the fields that a page does not tell our app of. Without knowing which app is ours, each
// that is told counts.
func lacking(all []subscription, app text, want []string) (missing, has []string) {
	for _, s := range all {
		if app == "" || s.ID == "" || s.ID == app {
			for _, f := range s.Fields {
				has = append(has, string(f))
			}
		}
	}
	for _, w := range want {
		if !slices.Contains(has, w) {
			missing = append(missing, w)
		}
	}
	return missing, has
}

// Settle implements channels.Settler: the page tells our app of what happens. Fields that it tells of
// already stay: an Instagram account hangs on the same page. Nothing is taken back when an inbox is
// switched off, for the same reason. Instagram has one field for its own, which its webhook names.
func (p *page) Settle(ctx context.Context, inbox centrala.Inbox, _ string) error {
	a, ok := account(inbox)
	if !ok || !inbox.Enabled {
		return nil
	}
	var app text
	if t, err := p.inspect(ctx, inbox); err == nil {
		app = t.App
	}
	all, err := p.subscribed(ctx, inbox, p.node(a))
	if err != nil {
		return err
	}
	want := p.fields(a)
	if p.kind == centrala.Instagram {
		want = want[:1] // the page has no name for the others
	}
	missing, has := lacking(all, app, want)
	if len(missing) == 0 {
		return nil
	}
	if app == "" {
		has = nil // they may be another app's
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(append(has, want...))))
	q := values("subscribed_fields", strings.Join(wanted, ","))
	return harmless(p.call(ctx, inbox, http.MethodPost, "/"+p.node(a)+"/subscribed_apps", q, nil, nil))
}

// Settle implements channels.Settler: the business account tells our app of what happens, and posts it
// to this inbox's own address, which overrides that of the app.
func (w *whatsApp) Settle(ctx context.Context, inbox centrala.Inbox, hook string) error {
	a, ok := account(inbox)
	if !ok || !inbox.Enabled || a.Business == "" {
		return nil
	}
	send := map[string]string{}
	if secrets := a.HookSecrets(); strings.HasPrefix(hook, "https://") && len(secrets) > 0 {
		send["override_callback_uri"], send["verify_token"] = hook, secrets[0]
	}
	return harmless(w.call(ctx, inbox, http.MethodPost, "/"+a.Business+"/subscribed_apps", nil, send, nil))
}

// profileOf asks who an account is, as customers know it.
func (l *line) profileOf(ctx context.Context, in centrala.Inbox) (name string, err error) {
	a, _ := account(in)
	var got struct {
		Name     text `json:"name"`
		Username text `json:"username"`
		Phone    text `json:"display_phone_number"`
		Verified text `json:"verified_name"`
	}
	fields := map[centrala.Channel]string{centrala.Messenger: "name", centrala.Instagram: "username,name", centrala.WhatsApp: "display_phone_number,verified_name"}[l.kind]
	err = l.call(ctx, in, http.MethodGet, "/"+a.ID, values("fields", fields), nil, &got)
	if got.Username != "" {
		got.Username = "@" + got.Username
	}
	return graph.Clean(strings.TrimSpace(string(cmp.Or(got.Username, got.Phone, got.Name)) + " " + string(got.Verified))), err
}
