package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"centrala"
	"centrala/auth"
)

// KeyCmd looks after API keys.
type KeyCmd struct {
	Add    KeyAddCmd    `cmd:"" help:"Make a key; its secret is printed once."`
	List   KeyListCmd   `cmd:"" help:"List the keys."`
	Revoke KeyRevokeCmd `cmd:"" help:"End a key at once."`
}

// KeyAddCmd makes a key.
type KeyAddCmd struct {
	Name  string   `arg:"" help:"What it is for."`
	Scope []string `required:"" help:"What it may do; may be repeated: conversations:read, conversations:write, contacts:read, contacts:write, articles:read, articles:write, surveys:read, reports:read, stream:read, settings:write."`
	Side  []string `help:"Sides it may see: buyer, seller, advertiser; none means all."`
}

// Run implements the command.
func (k *KeyAddCmd) Run(ctx context.Context, cli *CLI) error {
	key := centrala.APIKey{Name: k.Name, Created: time.Now()}
	known := centrala.APIKey{Scopes: centrala.KeyScopes()}
	for _, s := range k.Scope {
		if !known.Allows(s) {
			return fmt.Errorf("there is no scope %q; did you mean %q?", s, nearest(s, centrala.KeyScopes()))
		}
		key.Scopes = append(key.Scopes, s)
	}
	for _, s := range k.Side {
		if !centrala.Side(s).Valid() {
			return fmt.Errorf("%q is not buyer, seller or advertiser", s)
		}
		key.Sides = append(key.Sides, centrala.Side(s))
	}
	return cli.use(ctx, func(h *house) error {
		secret, hash := auth.NewKey()
		key, err := h.AddKey(ctx, key, hash)
		if err != nil {
			return err
		}
		if err := h.Audit(ctx, centrala.AuditEntry{By: operator(), Action: "key.created", Subject: key.ID.String()}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cli.Out, "%s\nThis is shown once. Revoke it with: centrala key revoke %s\n", secret, key.ID)
		return err
	})
}

// KeyListCmd lists the keys.
type KeyListCmd struct{}

// Run implements the command.
func (KeyListCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		keys, err := h.Keys(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cli.Out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPES\tSIDES\tLAST USED\tSTATE")
		for _, k := range keys {
			sides, used, state := "all", "never", "active"
			if len(k.Sides) > 0 {
				sides = strings.Trim(fmt.Sprint(k.Sides), "[]")
			}
			if k.Used != nil {
				used = k.Used.Local().Format(time.DateTime)
			}
			if k.Revoked != nil {
				state = "revoked"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, strings.Join(k.Scopes, " "), sides, used, state)
		}
		return w.Flush()
	})
}

// KeyRevokeCmd ends a key.
type KeyRevokeCmd struct {
	ID string `arg:"" help:"The key's id, as centrala key list prints it."`
}

// Run implements the command.
func (k *KeyRevokeCmd) Run(ctx context.Context, cli *CLI) error {
	var id centrala.KeyID
	if err := id.UnmarshalText([]byte(k.ID)); err != nil {
		return err
	}
	return cli.use(ctx, func(h *house) error {
		if err := h.RevokeKey(ctx, id); err != nil {
			return err
		}
		if err := h.Audit(ctx, centrala.AuditEntry{By: operator(), Action: "key.revoked", Subject: k.ID}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(cli.Out, k.ID, "is revoked.")
		return err
	})
}
