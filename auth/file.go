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

// fileToken names one attachment, or one picture elsewhere, and the one reader for whom its
// address was made.
type fileToken struct {
	File    centrala.AttachmentID `json:"f,omitzero"`
	Picture string                `json:"u,omitempty"`
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
	return "/v1/attachments/" + id.String() + "?t=" + g.fileToken(p, fileToken{File: id})
}

// PictureURL is an address of ours at which p, and nobody else, gets the picture at an address
// elsewhere for an hour; "" when that is too long for one.
func (g *Guard) PictureURL(p Principal, address string) string {
	if len(address) > maxToken/2 {
		return ""
	}
	return "/v1/images?t=" + g.fileToken(p, fileToken{Picture: address})
}

func (g *Guard) fileToken(p Principal, t fileToken) string {
	t.Until = g.now().Add(FileLife).Unix()
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
	return seal(g.file, data)
}

// FileReader is the reader for whom the address with token t was made, with the rights they
// have now. A token that is not ours, too old, or of another attachment is Unauthorized.
func (g *Guard) FileReader(ctx context.Context, id centrala.AttachmentID, token string) (Principal, error) {
	t, err := g.openFile(token)
	if err == nil && (t.File != id || t.Picture != "") {
		err = refuse(Bad)
	}
	if err != nil {
		return Principal{}, err
	}
	return g.fileReader(ctx, t)
}

// Picture is the address elsewhere that the token of a PictureURL stands for, if its reader may
// still read anything.
func (g *Guard) Picture(ctx context.Context, token string) (string, error) {
	t, err := g.openFile(token)
	if err == nil && t.Picture == "" {
		err = refuse(Bad)
	}
	if err == nil {
		_, err = g.fileReader(ctx, t)
	}
	return t.Picture, err
}

func (g *Guard) openFile(token string) (t fileToken, err error) {
	if len(token) > maxToken {
		return t, refuse(Bad)
	}
	data, ok := open(g.file, token)
	if !ok || json.Unmarshal(data, &t) != nil {
		return t, refuse(Bad)
	}
	if !g.now().Before(time.Unix(t.Until, 0)) {
		return t, refuse(Expired)
	}
	return t, nil
}

func (g *Guard) fileReader(ctx context.Context, t fileToken) (Principal, error) {
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
