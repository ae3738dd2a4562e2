package meta

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/words"
)

// permissions that a token needs; of those in one entry, any.
func (l *line) permissions(a centrala.Account) [][]string {
	switch l.kind {
	case centrala.Instagram:
		return [][]string{{"instagram_manage_messages", "instagram_business_manage_messages"}}
	case centrala.WhatsApp:
		return [][]string{{"whatsapp_business_messaging"}, {"whatsapp_business_management"}}
	}
	all := [][]string{{"pages_messaging"}, {"pages_manage_metadata"}}
	if a.Comments {
		all = append(all, []string{"pages_manage_engagement"}, []string{"pages_read_engagement"}, []string{"pages_read_user_content"})
	}
	return all
}

// Test implements channels.Tester: is there what is needed, whose the token is and until when it is
// good, what it may do, and is our app told of what happens. Nothing is sent.
func (p *page) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	return p.test(ctx, inbox, func(ctx context.Context, t token, a centrala.Account) channels.Finding {
		all, err := p.subscribed(ctx, inbox, p.node(a))
		if err != nil {
			return finding("webhook", false, err, words.Words.MetaHooksUnasked)
		}
		want := p.fields(a)
		if p.kind == centrala.Instagram {
			want = want[:1]
		}
		missing, _ := lacking(all, t.App, want)
		if len(missing) > 0 {
			return finding("webhook", false, nil, func(w words.Words) string { return w.MetaHooksMissing(strings.Join(missing, ", ")) })
		}
		return finding("webhook", true, nil, words.Words.MetaHooksHere)
	})
}

// Test implements channels.Tester, likewise.
func (w *whatsApp) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	return w.test(ctx, inbox, func(ctx context.Context, t token, a centrala.Account) channels.Finding {
		if a.Business == "" {
			f := finding("webhook", true, nil, words.Words.MetaNoBusiness)
			f.Warn = true
			return f
		}
		all, err := w.subscribed(ctx, inbox, a.Business)
		if err != nil {
			return finding("webhook", false, err, words.Words.MetaHooksUnasked)
		}
		told := slices.ContainsFunc(all, func(s subscription) bool { return t.App == "" || s.App.V.ID == t.App || s.ID == t.App })
		if !told {
			return finding("webhook", false, nil, func(w words.Words) string { return w.MetaHooksMissing("messages") })
		}
		return finding("webhook", true, nil, words.Words.MetaHooksHere)
	})
}

// test does what is the same everywhere; hooks is the last step.
func (l *line) test(ctx context.Context, in centrala.Inbox, hooks func(context.Context, token, centrala.Account) channels.Finding) []channels.Finding {
	a, ok := account(in)
	if !ok || len(a.AppSecrets()) == 0 || len(a.HookSecrets()) == 0 {
		return []channels.Finding{finding("settings", false, nil, func(w words.Words) string {
			return w.MetaBare(a.ID == "", a.Token == "", len(a.AppSecrets()) == 0)
		})}
	}
	ctx, cancel := context.WithTimeout(ctx, 24*time.Second)
	defer cancel()
	var found []channels.Finding
	began := time.Now()
	step := func(f channels.Finding) {
		f.Took, began = time.Since(began), time.Now()
		found = append(found, f)
	}
	name, err := l.profileOf(ctx, in)
	if err != nil {
		step(l.trouble(err))
		return found
	}
	step(finding("account", true, nil, func(w words.Words) string { return w.MetaAccount(name) }))
	t, err := l.inspect(ctx, in)
	switch {
	case err != nil:
		f := finding("token", true, err, words.Words.MetaTokenUnasked)
		f.Skipped = true
		step(f)
	case !bool(t.Valid):
		step(finding("token", false, nil, words.Words.MetaTokenEnded))
		return found
	default:
		step(l.expiry(in, t))
		step(l.allowed(a, t))
	}
	step(hooks(ctx, t, a))
	return found
}

// expiry is until when a token is good.
func (l *line) expiry(in centrala.Inbox, t token) channels.Finding {
	signed(l.c.Board, in.ID, t)
	f := finding("token", true, nil, func(w words.Words) string { return w.MetaTokenUntil(t.Expires.Time) })
	f.Warn = !t.Expires.IsZero() && t.Expires.Before(l.c.Now().Add(centrala.ExpiryWarning))
	return f
}

// allowed is what a token may do.
func (l *line) allowed(a centrala.Account, t token) channels.Finding {
	var missing []string
	for _, any := range l.permissions(a) {
		if !slices.ContainsFunc(any, func(p string) bool { return slices.Contains(t.Scopes, p) }) {
			missing = append(missing, any[0])
		}
	}
	if len(missing) > 0 {
		return finding("permissions", false, nil, func(w words.Words) string { return w.MetaNotAllowed(strings.Join(missing, ", ")) })
	}
	return finding("permissions", true, nil, words.Words.MetaAllowed)
}

// trouble is a failed call in words, with what to do about it.
func (l *line) trouble(err error) channels.Finding {
	var (
		stopped  *channels.Stopped
		rejected *centrala.Rejected
		busy     *channels.Busy
	)
	switch {
	case errors.As(err, &stopped):
		return told(stopped.Code, err)
	case errors.As(err, &rejected):
		return finding("account", false, err, words.Words.MetaNoSuchAccount)
	case errors.As(err, &busy):
		return finding("account", false, err, words.Words.MetaBusy)
	}
	return finding("account", false, err, words.Words.MetaAway)
}

// told is a code of Stopped in words.
func told(code string, cause error) channels.Finding {
	switch code {
	case graph.StoppedToken:
		return finding("token", false, cause, words.Words.MetaTokenEnded)
	case graph.StoppedPermission:
		return finding("permissions", false, cause, words.Words.MetaForbidden)
	case graph.StoppedPolicy:
		return finding("policy", false, cause, words.Words.MetaRestricted)
	}
	return finding("settings", false, cause, func(w words.Words) string { return w.MetaBare(true, true, true) })
}

// Trouble says what to do about a line that does not work, from its health alone.
func (l *line) Trouble(_ centrala.Inbox, h channels.Health) channels.Finding {
	var cause error
	if h.LastError != "" {
		cause = errors.New(h.LastError)
	}
	if h.Code != "" {
		return told(h.Code, cause)
	}
	if h.Err != nil {
		return l.trouble(h.Err)
	}
	return finding("account", false, cause, words.Words.MetaAway)
}

func finding(check string, ok bool, cause error, say func(words.Words) string) channels.Finding {
	f := channels.Finding{Check: check, OK: ok, Text: make(map[string]string)}
	for _, locale := range words.Locales() {
		f.Text[locale] = say(words.For(locale))
	}
	if cause != nil {
		f.Cause = cause.Error()
	}
	return f
}
