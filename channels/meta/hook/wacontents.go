package hook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"centrala"
	"centrala/channels/meta/graph"
)

type waLocation struct {
	Name      text `json:"name"`
	Address   text `json:"address"`
	Latitude  text `json:"latitude"`
	Longitude text `json:"longitude"`
}

type waCard struct {
	Name struct {
		Formatted text `json:"formatted_name"`
	} `json:"name"`
	Phones []struct {
		Phone text `json:"phone"`
	} `json:"phones"`
	Emails []struct {
		Email text `json:"email"`
	} `json:"emails"`
}

type waButton struct {
	Payload text `json:"payload"`
	Text    text `json:"text"`
}

type interactive struct {
	Type   text           `json:"type"`
	List   object[choice] `json:"list_reply"`
	Button object[choice] `json:"button_reply"`
	Flow   object[flow]   `json:"nfm_reply"`
}

type choice struct {
	ID          text `json:"id"`
	Title       text `json:"title"`
	Description text `json:"description"`
}

type flow struct {
	Name text `json:"name"`
	Body text `json:"body"`
	JSON text `json:"response_json"`
}

type waOrder struct {
	Catalog text `json:"catalog_id"`
	Text    text `json:"text"`
	Items   list `json:"product_items"`
}

type waSystem struct {
	Body      text `json:"body"`
	Type      text `json:"type"`
	WaID      text `json:"wa_id"`
	NewWaID   text `json:"new_wa_id"`
	UserID    text `json:"user_id"`
	NewUserID text `json:"new_user_id"`
}

// waContents reads what a message says, and puts its files and buttons into in; ok is false for types
// that are not known.
func (r *reading) waContents(m waMessage, in *centrala.Inbound) (words string, ok bool) {
	r.told("messages")
	switch m.Type {
	case "text":
		return string(m.Text.V.Body), true
	case "image", "video", "sticker", "document", "audio", "voice":
		return r.waMedia(m, in), true
	case "location":
		l := m.Location.V
		return r.words.MetaLocation(strings.Join(strings.Fields(fmt.Sprintf("%s %s %s, %s", l.Name, l.Address, l.Latitude, l.Longitude)), " ")), true
	case "contacts":
		return r.cards(m.Contacts), true
	case "button":
		r.pressed(in, string(m.Button.V.Payload))
		return string(cmp.Or(m.Button.V.Text, m.Button.V.Payload)), true
	case "interactive":
		return r.interactive(m.Interactive.V, in)
	case "order":
		return r.order(m.Order.V, in), true
	case "system":
		return r.system(m.System.V, in)
	case "unsupported", "unknown":
		return r.words.MetaUnsupported(), true
	}
	return "", false
}

// pressed makes a message the pressing of a button.
func (r *reading) pressed(in *centrala.Inbound, payload string) {
	if in.Kind == centrala.KindMessage {
		in.Kind = centrala.KindPostback
	}
	in.Payload = payload
}

func (r *reading) waMedia(m waMessage, in *centrala.Inbound) string {
	for _, o := range []object[waMedia]{m.Image, m.Video, m.Sticker, m.Document, m.Audio, m.Voice} {
		f := o.V
		if f.ID == "" {
			continue
		}
		kind, _, _ := strings.Cut(string(f.Type), ";") // "audio/ogg; codecs=opus"
		name := graph.Clean(string(f.Filename))
		if name == "" {
			name = string(m.Type) + extension(kind)
		}
		in.Attachments = append(in.Attachments, centrala.Part{Name: name, Type: kind, Handle: Handle{Media: string(f.ID), SHA: string(f.SHA)}.String()})
		return string(f.Caption)
	}
	return r.words.MetaUnsupported() // a file without an id, as of one that was too large for the vendor
}

// extension is how the name of a file of a type ends, "" when that is not known.
func extension(kind string) string {
	for _, end := range sorted(types) {
		if types[end] == kind {
			return end
		}
	}
	return ""
}

func (r *reading) cards(all list) string {
	var out []string
	for _, raw := range all {
		var c waCard
		if json.Unmarshal(raw, &c) != nil {
			continue
		}
		one := []string{string(c.Name.Formatted)}
		for _, p := range c.Phones {
			one = append(one, string(p.Phone))
		}
		for _, e := range c.Emails {
			one = append(one, string(e.Email))
		}
		out = append(out, strings.Join(strings.Fields(strings.Join(one, " ")), " "))
	}
	return r.words.MetaContact(strings.Join(out, "; "))
}

func (r *reading) interactive(i interactive, in *centrala.Inbound) (string, bool) {
	for _, c := range []object[choice]{i.Button, i.List} {
		if c.Is {
			r.pressed(in, string(c.V.ID))
			return cmp.Or(paragraphs(string(c.V.Title), string(c.V.Description)), string(c.V.ID)), true
		}
	}
	if i.Flow.Is {
		r.pressed(in, string(i.Flow.V.JSON))
		return r.words.MetaTemplate(string(cmp.Or(i.Flow.V.Body, i.Flow.V.Name))), true
	}
	return "", false
}

func (r *reading) order(o waOrder, in *centrala.Inbound) string {
	lines := []string{string(o.Text)}
	for _, raw := range o.Items {
		var p struct {
			ID       text `json:"product_retailer_id"`
			Quantity text `json:"quantity"`
			Price    text `json:"item_price"`
			Currency text `json:"currency"`
		}
		if json.Unmarshal(raw, &p) != nil {
			continue
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s × %s, %s %s", p.Quantity, p.ID, p.Price, p.Currency)))
		if p.ID != "" && len(in.Matters) < centrala.MaxMatters {
			in.Matters = append(in.Matters, centrala.Matter{Kind: "offer", ID: string(p.ID)})
		}
	}
	return paragraphs(append([]string{r.words.MetaCart()}, lines...)...)
}

// system reads that somebody has another number or id now. Both are theirs from here on.
func (r *reading) system(s waSystem, in *centrala.Inbound) (string, bool) {
	kind := string(s.Type)
	number, id := Digits(string(cmp.Or(s.NewWaID, s.WaID))), string(cmp.Or(s.NewUserID, s.UserID))
	switch {
	case strings.HasSuffix(kind, "user_changed_number") && number != "":
		in.Aliases = append(in.Aliases, number)
		in.Phone = "+" + number
		return r.words.MetaNewNumber("+" + number), true
	case strings.HasSuffix(kind, "user_changed_user_id") && id != "":
		in.Aliases = append(in.Aliases, id)
		return r.words.MetaNewIdentity(), true
	}
	r.skip("system " + kind)
	return "", false
}
