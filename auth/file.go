package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"centrala"
)

// FileLife is how long an attachment's address is good for.
const FileLife = time.Hour

// fileToken names one attachment and the one reader for whom its address was made.
type fileToken struct {
	File    centrala.AttachmentID `json:"f"`
	Agent   centrala.AgentID      `json:"a,omitzero"`
	Key     bool                  `json:"k,omitempty"`
	Sides   []centrala.Side       `json:"s,omitempty"`
	All     bool                  `json:"x,omitempty"`
	Visitor string                `json:"v,omitempty"`
	Contact centrala.ContactID    `json:"c,omitzero"`
	Inbox   centrala.InboxID      `json:"i,omitzero"`
	Gen     int64                 `json:"g,omitempty"`
	ID      string                `json:"d,omitempty"`
	Until   int64                 `json:"t"`
}

// FileURL is an address of the attachment that p, and nobody else's rights, may read for an
// hour. It needs no header or cookie, so that images and downloads work.
func (g *Guard) FileURL(p Principal, id centrala.AttachmentID) string {
	t := fileToken{File: id, Until: g.now().Add(FileLife).Unix()}
	switch p.Kind {
	case Visitor:
		v := p.Visitor
		t.Visitor, t.Contact, t.Inbox, t.Gen = v.ID, v.Contact, v.Inbox, v.Generation
	case Agent:
		t.Agent = p.Agent.ID
	case Machine:
		t.Key, t.ID, t.Sides, t.All = true, p.ID, p.Scope.Sides, p.Scope.All
	}
	data, err := json.Marshal(t)
	if err != nil {
		return "" // plain numbers and strings: cannot happen
	}
	return "/v1/attachments/" + id.String() + "?t=" + seal(g.file, data)
}

// FileReader is the reader for whom the address with token t was made, with the rights they
// have now. A token that is not ours, too old, or of another attachment is Unauthorized.
func (g *Guard) FileReader(ctx context.Context, id centrala.AttachmentID, token string) (Principal, error) {
	if len(token) > maxToken {
		return Principal{}, refuse(Bad)
	}
	data, ok := open(g.file, token)
	if !ok {
		return Principal{}, refuse(Bad)
	}
	var t fileToken
	if err := json.Unmarshal(data, &t); err != nil || t.File != id {
		return Principal{}, refuse(Bad)
	}
	if !g.now().Before(time.Unix(t.Until, 0)) {
		return Principal{}, refuse(Expired)
	}
	switch {
	case t.Agent != 0:
		return g.AgentPrincipal(ctx, t.Agent)
	case t.Contact != 0:
		gen, _, _, err := g.store.VisitorState(ctx, t.Contact)
		if err != nil {
			return Principal{}, fmt.Errorf("state of visitor %s: %w", t.Contact, err)
		}
		if gen != t.Gen {
			return Principal{}, refuse(Revoked)
		}
		return visitorPrincipal(centrala.Visitor{ID: t.Visitor, Contact: t.Contact, Inbox: t.Inbox, Generation: gen}), nil
	case t.Key:
		return Principal{Kind: Machine, ID: t.ID, Key: &centrala.APIKey{}, Scope: centrala.Scope{All: t.All, Sides: t.Sides}}, nil
	}
	return Principal{}, refuse(Bad)
}
