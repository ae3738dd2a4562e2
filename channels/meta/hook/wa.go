package hook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/meta/graph"
)

// value is what a change of WhatsApp tells.
type value struct {
	Metadata object[metadata] `json:"metadata"`
	Contacts list             `json:"contacts"`
	Messages list             `json:"messages"`
	Statuses list             `json:"statuses"`
	Echoes   list             `json:"message_echoes"`
	Errors   list             `json:"errors"`
}

type metadata struct {
	ID text `json:"phone_number_id"`
}

// waContact is who wrote. Of people who go by a username the number may be missing; their id towards
// this business is UserID.
type waContact struct {
	WaID    text            `json:"wa_id"`
	UserID  text            `json:"user_id"`
	Profile object[profile] `json:"profile"`
}

type profile struct {
	Name     text `json:"name"`
	Username text `json:"username"`
}

type waMessage struct {
	From        text                `json:"from"`
	FromUserID  text                `json:"from_user_id"`
	To          text                `json:"to"`
	ToUserID    text                `json:"to_user_id"`
	ID          text                `json:"id"`
	Timestamp   stamp               `json:"timestamp"`
	Type        text                `json:"type"`
	GroupID     text                `json:"group_id"`
	Context     object[waContext]   `json:"context"`
	Referral    object[referral]    `json:"referral"`
	Text        object[waText]      `json:"text"`
	Image       object[waMedia]     `json:"image"`
	Video       object[waMedia]     `json:"video"`
	Sticker     object[waMedia]     `json:"sticker"`
	Document    object[waMedia]     `json:"document"`
	Audio       object[waMedia]     `json:"audio"`
	Voice       object[waMedia]     `json:"voice"`
	Location    object[waLocation]  `json:"location"`
	Contacts    list                `json:"contacts"`
	Reaction    object[waReaction]  `json:"reaction"`
	Button      object[waButton]    `json:"button"`
	Interactive object[interactive] `json:"interactive"`
	Order       object[waOrder]     `json:"order"`
	System      object[waSystem]    `json:"system"`
	Edit        object[waEdit]      `json:"edit"`
	Revoke      object[waEdit]      `json:"revoke"`
}

type waContext struct {
	ID text `json:"id"`
}

type waText struct {
	Body text `json:"body"`
}

type waMedia struct {
	ID       text `json:"id"`
	Type     text `json:"mime_type"`
	SHA      text `json:"sha256"`
	Caption  text `json:"caption"`
	Filename text `json:"filename"`
}

type waReaction struct {
	MessageID text `json:"message_id"`
	Emoji     text `json:"emoji"`
}

type waEdit struct {
	Original text            `json:"original_message_id"`
	Message  json.RawMessage `json:"message"`
}

// whatsApp reads the messages, echoes and statuses of one number.
func (r *reading) whatsApp(c change, at string) {
	var v value
	if !r.decode(c.Value, &v, at) {
		return
	}
	if id := string(v.Metadata.V.ID); !r.mine(id) {
		return
	}
	var contacts []waContact
	for i, raw := range v.Contacts {
		var w waContact
		if r.decode(raw, &w, fmt.Sprintf("%s, contact %d", at, i)) {
			contacts = append(contacts, w)
		}
	}
	for i, raw := range v.Messages {
		at := fmt.Sprintf("%s, message %d", at, i)
		var m waMessage
		if r.decode(raw, &m, at) {
			r.waMessage(m, who(m, contacts), false, at)
		}
	}
	for i, raw := range v.Echoes {
		at := fmt.Sprintf("%s, echo %d", at, i)
		var m waMessage
		if r.decode(raw, &m, at) {
			r.waMessage(m, waContact{WaID: m.To, UserID: m.ToUserID}, true, at)
		}
	}
	for i, raw := range v.Statuses {
		r.status(raw, fmt.Sprintf("%s, status %d", at, i))
	}
	for _, raw := range v.Errors {
		var e graph.Error
		if json.Unmarshal(raw, &e) == nil {
			r.skip(fmt.Sprintf("error %d of the account", e.Code))
		}
	}
}

// who wrote a message: the contact with its number or id, and the only one when the message itself
// names nobody.
func who(m waMessage, contacts []waContact) waContact {
	i := slices.IndexFunc(contacts, func(c waContact) bool {
		return m.FromUserID != "" && c.UserID == m.FromUserID || m.From != "" && (c.WaID == m.From || c.UserID == m.From)
	})
	var w waContact
	switch {
	case i >= 0:
		w = contacts[i]
	case len(contacts) == 1 && m.From == "" && m.FromUserID == "":
		w = contacts[0]
	}
	w.UserID = cmp.Or(w.UserID, m.FromUserID)
	if BusinessScoped(string(m.From)) {
		w.UserID = cmp.Or(w.UserID, m.From)
	} else {
		w.WaID = cmp.Or(w.WaID, m.From)
	}
	return w
}

// BusinessScoped reports whether an id is that of a person towards one business: a country's code,
// a dot, and more (docs/meta.md, "People").
func BusinessScoped(id string) bool {
	return len(id) > 3 && id[2] == '.' && id[0] >= 'A' && id[0] <= 'Z' && id[1] >= 'A' && id[1] <= 'Z'
}

// address puts a person into an item: by their id towards the business when it is known, else by
// number; the other is as good.
func (w waContact) address(in *centrala.Inbound) {
	id, phone := string(w.UserID), Digits(string(w.WaID))
	in.From = centrala.Address{Name: string(cmp.Or(w.Profile.V.Name, w.Profile.V.Username)), Address: cmp.Or(id, phone)}
	if id != "" && phone != "" {
		in.Aliases = []string{phone}
	}
	if phone != "" {
		in.Phone = "+" + phone
	}
}

// Digits is a number without what people write between its digits.
func Digits(phone string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, phone)
}

// waMessage reads a message, or with echo one that was typed in the telephone's own app.
func (r *reading) waMessage(m waMessage, w waContact, echo bool, at string) {
	if m.ID == "" {
		r.bad("no-id", at)
		return
	}
	if m.GroupID != "" {
		r.skip("message to a group")
		return
	}
	in := r.item(centrala.KindMessage, centrala.WhatsApp, "", m.Timestamp.Time, r.hook.At)
	w.address(&in)
	if in.From.Address == "" {
		r.bad("no-person", at)
		return
	}
	in.ExternalID = string(m.ID)
	if m.Context.V.ID != "" {
		in.About = &centrala.About{ID: string(m.Context.V.ID)}
	}
	if echo {
		in.Kind, in.Payload = centrala.KindEcho, "WhatsApp Business"
	}
	switch m.Type {
	case "reaction":
		r.waReaction(m, in, at)
	case "edit":
		r.waEdit(m, in, at)
	case "revoke":
		if m.Revoke.V.Original == "" {
			r.bad("no-id", at)
			return
		}
		in.Kind, in.Payload, in.ExternalID, in.About = centrala.KindUnsend, "", "unsend:"+string(m.Revoke.V.Original), &centrala.About{ID: string(m.Revoke.V.Original)}
		r.put(in)
	default:
		in.Matters = m.Referral.V.matters()
		words, ok := r.waContents(m, &in)
		switch {
		case !ok:
			r.skip("message of type " + string(m.Type))
		case words == "" && len(in.Attachments) == 0:
			r.says(in, r.words.MetaUnsupported())
		default:
			r.says(in, words)
		}
	}
}

func (r *reading) waReaction(m waMessage, in centrala.Inbound, at string) {
	w := m.Reaction.V
	if w.MessageID == "" {
		r.bad("no-id", at)
		return
	}
	in.Kind, in.Payload = centrala.KindReaction, ""
	in.About = &centrala.About{ID: string(w.MessageID), Emoji: string(w.Emoji), Removed: w.Emoji == ""}
	in.ExternalID = "reaction:" + string(m.ID)
	r.put(in)
}

// waEdit reads an edit. Edits bear no numbers: the later one counts.
func (r *reading) waEdit(m waMessage, in centrala.Inbound, at string) {
	var now waMessage
	if m.Edit.V.Original == "" || !r.decode(m.Edit.V.Message, &now, at) {
		r.bad("no-id", at)
		return
	}
	words, ok := r.waContents(now, &centrala.Inbound{})
	if !ok {
		r.skip("edit of type " + string(now.Type))
		return
	}
	in.Kind, in.ExternalID, in.Payload = centrala.KindEdit, "edit:"+string(m.ID), ""
	in.About = &centrala.About{ID: string(m.Edit.V.Original), Version: in.At.UnixMilli()}
	r.says(in, words)
}
