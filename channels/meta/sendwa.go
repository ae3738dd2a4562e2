package meta

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/meta/hook"
)

// waSend is a call of the Cloud API.
type waSend struct {
	Product   string      `json:"messaging_product"`
	Kind      string      `json:"recipient_type,omitempty"`
	To        string      `json:"to,omitempty"`        // a number
	Recipient string      `json:"recipient,omitempty"` // the id of somebody whose number is not known
	Type      string      `json:"type,omitempty"`
	Context   *waAnswered `json:"context,omitempty"`
	Text      *waSendText `json:"text,omitempty"`
	Image     *waSendFile `json:"image,omitempty"`
	Video     *waSendFile `json:"video,omitempty"`
	Audio     *waSendFile `json:"audio,omitempty"`
	Document  *waSendFile `json:"document,omitempty"`
	Template  *waTemplate `json:"template,omitempty"`
	Mark      string      `json:"biz_opaque_callback_data,omitempty"`
	Status    string      `json:"status,omitempty"` // read
	MessageID string      `json:"message_id,omitempty"`
}

type waAnswered struct {
	ID string `json:"message_id"`
}

type waSendText struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type waSendFile struct {
	ID       string `json:"id"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
}

type waTemplate struct {
	Name       string        `json:"name"`
	Language   waLanguage    `json:"language"`
	Components []waComponent `json:"components,omitempty"`
}

type waLanguage struct {
	Code string `json:"code"`
}

type waComponent struct {
	Type       string        `json:"type"`
	Parameters []waParameter `json:"parameters"`
}

type waParameter struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

const waProduct = "whatsapp"

// Send implements channels.Sender. Outside the window only a template passes.
func (w *whatsApp) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	if _, err := w.passage(out); err != nil {
		return "", err
	}
	if len(out.Attachments) > 1 {
		return "", &centrala.Rejected{Reason: "a message holds one file"}
	}
	m := waSend{Product: waProduct, Kind: "individual", Mark: markOf(out.Delivery)}
	m.To, m.Recipient = whom(out)
	if out.Answers != "" {
		m.Context = &waAnswered{out.Answers}
	}
	switch {
	case out.Template != nil:
		m.Type, m.Template, m.Context = "template", filled(*out.Template), nil
	case len(out.Attachments) == 1:
		if err := w.attach(ctx, out, &m); err != nil {
			return "", err
		}
	default:
		m.Type, m.Text = "text", &waSendText{Body: out.Text}
	}
	var sent struct {
		Messages []struct {
			ID text `json:"id"`
		} `json:"messages"`
	}
	a, _ := account(out.Inbox)
	if err := w.call(ctx, out.Inbox, http.MethodPost, "/"+a.ID+"/messages", nil, m, &sent); err != nil {
		return "", err
	}
	if len(sent.Messages) == 0 {
		return "", nil
	}
	return string(sent.Messages[0].ID), nil
}

// whom a message is for: by number wherever one is known, as Meta wants it.
func whom(out centrala.Outbound) (to, recipient string) {
	all := append([]string{out.To.Address}, out.Aliases...)
	if i := slices.IndexFunc(all, func(a string) bool { return !hook.BusinessScoped(a) && len(hook.Digits(a)) > 5 }); i >= 0 {
		return hook.Digits(all[i]), ""
	}
	return "", out.To.Address
}

func filled(t centrala.Template) *waTemplate {
	out := &waTemplate{Name: t.Name, Language: waLanguage{cmp.Or(t.Locale, "pl")}}
	if len(t.Params) > 0 {
		body := waComponent{Type: "body"}
		for _, p := range t.Params {
			body.Parameters = append(body.Parameters, waParameter{"text", p})
		}
		out.Components = []waComponent{body}
	}
	return out
}

// Sizes and kinds of what WhatsApp takes; what is larger, or of another kind, goes as a document.
const (
	waImage    = 5 << 20
	waFilm     = 16 << 20
	waDocument = 100 << 20
)

// attach uploads the file of a message.
func (w *whatsApp) attach(ctx context.Context, out centrala.Outbound, m *waSend) error {
	f := out.Attachments[0]
	if f.Size > waDocument {
		return &centrala.Rejected{Reason: "WhatsApp takes files of up to 100 MB", Cause: centrala.BadFile}
	}
	kind := plain(f.Type)
	var got struct {
		ID text `json:"id"`
	}
	a, _ := account(out.Inbox)
	fields := [][2]string{{"messaging_product", waProduct}, {"type", kind}}
	if err := w.post(ctx, out.Inbox, "/"+a.ID+"/media", fields, "file", f, &got); err != nil {
		return harmless(err)
	}
	file := &waSendFile{ID: string(got.ID), Caption: out.Text}
	switch {
	case (kind == "image/jpeg" || kind == "image/png") && f.Size <= waImage:
		m.Type, m.Image = "image", file
	case (kind == "video/mp4" || kind == "video/3gpp") && f.Size <= waFilm:
		m.Type, m.Video = "video", file
	case slices.Contains([]string{"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}, kind) && f.Size <= waFilm && out.Text == "":
		m.Type, m.Audio = "audio", file
	default:
		file.Filename = f.Name
		m.Type, m.Document = "document", file
	}
	return nil
}

// plain is a type without its parameters.
func plain(mime string) string {
	kind, _, _ := strings.Cut(strings.ToLower(mime), ";")
	return cmp.Or(strings.TrimSpace(kind), "application/octet-stream")
}

// MarkRead implements channels.Receipts.
func (w *whatsApp) MarkRead(ctx context.Context, inbox centrala.Inbox, _, _, last string) error {
	a, _ := account(inbox)
	if last == "" {
		return nil
	}
	return harmless(w.call(ctx, inbox, http.MethodPost, "/"+a.ID+"/messages", nil, waSend{Product: waProduct, Status: "read", MessageID: last}, nil))
}

var blank = regexp.MustCompile(`\{\{\s*(\d+)\s*\}\}`)

// component is a part of a template as the Graph API lists it.
type component struct {
	Type    text `json:"type"`
	Format  text `json:"format"`
	Text    text `json:"text"`
	Buttons []struct {
		Type text `json:"type"`
		URL  text `json:"url"`
	} `json:"buttons"`
}

// Templates implements channels.Templater: those that are approved and can be filled with words alone.
// Those with a picture, named blanks, or blanks outside their body are left out.
func (w *whatsApp) Templates(ctx context.Context, inbox centrala.Inbox) ([]centrala.Template, error) {
	a, _ := account(inbox)
	out, after := []centrala.Template{}, ""
	for range 20 { // pages
		q := values("fields", "name,language,status,parameter_format,components", "status", "APPROVED", "limit", "100")
		if after != "" {
			q.Set("after", after)
		}
		var got struct {
			Data []struct {
				Name       text        `json:"name"`
				Language   text        `json:"language"`
				Status     text        `json:"status"`
				Format     text        `json:"parameter_format"`
				Components []component `json:"components"`
			} `json:"data"`
			Paging struct {
				Cursors struct {
					After text `json:"after"`
				} `json:"cursors"`
				Next text `json:"next"`
			} `json:"paging"`
		}
		if err := w.call(ctx, inbox, http.MethodGet, "/"+cmp.Or(a.Business, a.ID)+"/message_templates", q, nil, &got); err != nil {
			return nil, err
		}
		for _, t := range got.Data {
			if body, ok := fillable(t.Components); ok && strings.EqualFold(string(t.Status), "approved") && !strings.EqualFold(string(t.Format), "named") {
				out = append(out, centrala.Template{Name: string(t.Name), Locale: string(t.Language), Body: body, Blanks: blanks(body)})
			}
		}
		if after = string(got.Paging.Cursors.After); after == "" || got.Paging.Next == "" {
			break
		}
	}
	return out, nil
}

// fillable is the body of a template of which nothing but the body has blanks.
func fillable(all []component) (body string, ok bool) {
	for _, c := range all {
		switch strings.ToUpper(string(c.Type)) {
		case "BODY":
			body = string(c.Text)
			ok = !strings.Contains(blank.ReplaceAllString(body, ""), "{{")
		case "HEADER":
			if c.Format != "" && !strings.EqualFold(string(c.Format), "text") || strings.Contains(string(c.Text), "{{") {
				return "", false
			}
		case "BUTTONS":
			for _, b := range c.Buttons {
				if strings.Contains(string(b.URL), "{{") || b.Type == "COPY_CODE" || b.Type == "OTP" || b.Type == "FLOW" {
					return "", false
				}
			}
		}
	}
	return body, ok
}

// blanks is how many different blanks a body has.
func blanks(body string) int {
	seen := map[string]bool{}
	for _, m := range blank.FindAllStringSubmatch(body, -1) {
		seen[m[1]] = true
	}
	return len(seen)
}

// values is a query of names and values in turn.
func values(pairs ...string) url.Values {
	q := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		q.Set(pair[0], pair[1])
	}
	return q
}
