package hooks

import (
	"context"
	"slices"

	"centrala"
	"centrala/channels"
)

// admit says whether a posting is the vendor's, and by what key it is known. A check that fails
// itself is an error like any other.
func admit(d door, p channels.Posting) (key string, err error) {
	err = channels.Guarded(func() (err error) {
		key, err = d.keeper.Admit(d.inbox, p)
		return err
	})
	return key, err
}

// addressed are the hooks that an admitted posting becomes: one for the inbox that it came to and,
// when its vendor posts for several accounts to one address, one for each other inbox that has one
// of them and admits the posting too.
func (h *Handler) addressed(ctx context.Context, d door, key string, p channels.Posting) ([]centrala.Hook, error) {
	hook := func(in centrala.Inbox, key string) centrala.Hook {
		return centrala.Hook{Inbox: in.ID, Channel: in.Channel, At: p.At, Key: key, Body: p.Body, Size: int64(len(p.Body))}
	}
	own := hook(d.inbox, key)
	router, ok := d.keeper.(channels.Router)
	if !ok {
		return []centrala.Hook{own}, nil
	}
	var accounts []string
	err := channels.Guarded(func() error {
		accounts = router.Accounts(p.Body)
		return nil
	})
	others := func(id string) bool { return d.inbox.Account == nil || id != d.inbox.Account.ID }
	if err != nil || !slices.ContainsFunc(accounts, others) { // what it holds is found out, and told, where it is read
		return []centrala.Hook{own}, nil
	}
	inboxes, err := h.known.inboxes(ctx)
	if err != nil {
		return nil, err
	}
	var list []centrala.Hook
	for _, in := range inboxes {
		if !in.Enabled || in.ID == d.inbox.ID || in.Account == nil || !slices.Contains(accounts, in.Account.ID) {
			continue
		}
		for _, k := range h.c.Keepers {
			if k.Kind() != in.Channel {
				continue
			}
			if key, err := admit(door{in, k}, p); err == nil {
				list = append(list, hook(in, key))
			}
		}
	}
	if len(list) == 0 || d.inbox.Account != nil && slices.Contains(accounts, d.inbox.Account.ID) {
		list = append(list, own)
	}
	return list, nil
}
