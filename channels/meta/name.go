package meta

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
)

// Name implements naming.Namer. A person of Messenger or Instagram who has written to the account has
// let it know who they are; of others, and of those who blocked it, it is not told.
func (p *page) Name(ctx context.Context, inbox centrala.Inbox, address string) (string, error) {
	fields := "name,first_name,last_name"
	if p.kind == centrala.Instagram {
		fields = "name,username"
	}
	var got struct {
		Name     text `json:"name"`
		First    text `json:"first_name"`
		Last     text `json:"last_name"`
		Username text `json:"username"`
	}
	if err := p.call(ctx, inbox, http.MethodGet, "/"+url.PathEscape(address), values("fields", fields), nil, &got); err != nil {
		return "", untold(err)
	}
	name := cmp.Or(graph.Clean(string(got.Name)), graph.Clean(strings.TrimSpace(string(got.First+" "+got.Last))))
	if name == "" && got.Username != "" {
		name = "@" + graph.Clean(string(got.Username))
	}
	if name == "" {
		return "", &centrala.Rejected{Reason: "Meta tells no name"}
	}
	return name, nil
}

// untold is why a name was not told. That a permission is missing halts no messages, and may be mended
// tomorrow.
func untold(err error) error {
	var (
		stopped *channels.Stopped
		e       graph.Error
	)
	if !errors.As(err, &stopped) || !errors.As(err, &e) || stopped.Code != graph.StoppedPermission {
		return err
	}
	if e.Withheld() {
		return &centrala.Rejected{Reason: e.Error()}
	}
	return &channels.Later{For: 24 * time.Hour, Err: e}
}
