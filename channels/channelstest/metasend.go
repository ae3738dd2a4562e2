package channelstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// takeMessage is the Send API.
func (m *Meta) takeMessage(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Recipient struct {
			ID      string `json:"id"`
			Comment string `json:"comment_id"`
		} `json:"recipient"`
		Type    string `json:"messaging_type"`
		Tag     string `json:"tag"`
		ReplyTo struct {
			MID string `json:"mid"`
		} `json:"reply_to"`
		Action  string `json:"sender_action"`
		Message *struct {
			Text       string `json:"text"`
			Metadata   string `json:"metadata"`
			Attachment *struct {
				Type    string `json:"type"`
				Payload struct {
					ID string `json:"attachment_id"`
				} `json:"payload"`
			} `json:"attachment"`
		} `json:"message"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		MetaRefusal{400, 100, 0, "(#100) not JSON"}.refuse(w)
		return
	}
	if c.Action != "" {
		m.mu.Lock()
		m.seen = append(m.seen, c.Recipient.ID)
		m.mu.Unlock()
		metaAnswer(w, 200, map[string]any{"recipient_id": c.Recipient.ID})
		return
	}
	if c.Message == nil || (c.Message.Text == "") == (c.Message.Attachment == nil) || utf8.RuneCountInString(c.Message.Text) > 2000 {
		MetaRefusal{400, 100, 2018109, "(#100) Length of param message[text] must be less than or equal to 2000"}.refuse(w)
		return
	}
	s := MetaSent{To: c.Recipient.ID, Comment: c.Recipient.Comment, Text: c.Message.Text, Mark: c.Message.Metadata, Kind: c.Type, Tag: c.Tag, ReplyTo: c.ReplyTo.MID}
	if s.Comment != "" {
		s.To = MetaPerson
	}
	if a := c.Message.Attachment; a != nil {
		if s.File = m.uploaded(a.Payload.ID); s.File == nil {
			MetaRefusal{400, 100, 2018074, "(#100) Invalid attachment"}.refuse(w)
			return
		}
	}
	if m.spoiled(w, s.To, s.Tag != "", MetaRefusal{400, 551, 1545041, "This person isn't available right now."}, MetaRefusal{400, 10, 2018278, "outside of allowed window"}) {
		return
	}
	m.take(w, s, "m_", func(s MetaSent) any {
		return map[string]any{"recipient_id": s.To, "message_id": s.ID}
	}, m.echoOf)
}

func (m *Meta) uploaded(id string) *File {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.uploads[id]
	if !ok {
		return nil
	}
	return &f
}

// spoiled writes what goes wrong with a person, and says whether anything did.
func (m *Meta) spoiled(w http.ResponseWriter, to string, tagged bool, gone, shut MetaRefusal) bool {
	m.mu.Lock()
	f := m.faults
	m.mu.Unlock()
	switch {
	case strings.HasSuffix(to, "404"):
		gone.refuse(w)
	case strings.HasSuffix(to, "503"):
		MetaRefusal{500, 2, 0, "An unexpected error has occurred. Please retry your request later."}.refuse(w)
	case f.Shut && !tagged:
		shut.refuse(w)
	default:
		return false
	}
	return true
}

// take takes a message, tells of it, and answers, unless the answer is to be lost.
func (m *Meta) take(w http.ResponseWriter, s MetaSent, prefix string, reply func(MetaSent) any, echo func(MetaSent) []byte) {
	m.mu.Lock()
	m.n++
	s.ID, s.At = prefix+strconv.Itoa(m.n), time.Now()
	m.sent = append(m.sent, s)
	f, to := m.faults, m.callback
	unheard := strings.HasSuffix(s.To, "408") || m.spend(&m.faults.Unheard)
	m.mu.Unlock()
	if f.NoMark {
		s.Mark = ""
	}
	tell := func() {
		if to != "" && !f.NoEcho {
			_, _ = m.Post(to, echo(s)) // whoever does not take it is told again by nobody here
		}
	}
	if f.EchoFirst {
		tell()
	} else {
		m.posts.Go(tell)
	}
	if unheard {
		panic(http.ErrAbortHandler)
	}
	metaAnswer(w, 200, reply(s))
}

// echoOf is the hook that tells of a message of the page.
func (m *Meta) echoOf(s MetaSent) []byte {
	msg := map[string]any{"mid": s.ID, "is_echo": true, "app_id": 4455667788}
	if s.Mark != "" {
		msg["metadata"] = s.Mark
	}
	if s.Text != "" {
		msg["text"] = s.Text
	}
	if s.File != nil {
		msg["attachments"] = []any{map[string]any{"type": "file", "payload": map[string]any{"url": m.Keep(*s.File)}}}
	}
	m.mu.Lock()
	object, account := cmp.Or(m.object, "page"), cmp.Or(m.account, MetaPage)
	m.mu.Unlock()
	return MetaHook(object, account, MetaEvent(account, s.To, s.At, "message", msg))
}

// takeComment takes an answer below a comment.
func (m *Meta) takeComment(w http.ResponseWriter, r *http.Request, comment string) {
	s := MetaSent{Comment: comment, Public: true}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		f, err := formFile(r)
		if err != nil {
			MetaRefusal{400, 100, 0, err.Error()}.refuse(w)
			return
		}
		s.File, s.Text = &f, r.FormValue("message")
	} else {
		var c struct {
			Message string `json:"message"`
		}
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil || c.Message == "" {
			MetaRefusal{400, 100, 0, "(#100) message is required"}.refuse(w)
			return
		}
		s.Text = c.Message
	}
	m.take(w, s, "c_", func(s MetaSent) any { return map[string]any{"id": s.ID} }, func(s MetaSent) []byte {
		return MetaFeed(s.At, map[string]any{"item": "comment", "verb": "add", "comment_id": s.ID, "post_id": MetaPage + "_1", "parent_id": comment,
			"from": map[string]any{"id": MetaPage, "name": "Jarmark"}, "message": s.Text, "created_time": s.At.Unix()})
	})
}

// listSaid lists what the account said, as the Graph API does.
func (m *Meta) listSaid(w http.ResponseWriter, r *http.Request, node, edge string) {
	var data []map[string]any
	for _, s := range m.Sent() {
		if edge == "comments" && (!s.Public || s.Comment != node) || edge == "conversations" && (s.Public || s.To != r.URL.Query().Get("user_id")) {
			continue
		}
		data = append(data, map[string]any{"id": s.ID, "message": s.Text, "created_time": s.At.UTC().Format("2006-01-02T15:04:05-0700"), "from": map[string]any{"id": MetaPage, "name": "Jarmark"}})
	}
	if edge == "comments" {
		metaAnswer(w, 200, map[string]any{"data": data})
		return
	}
	metaAnswer(w, 200, map[string]any{"data": []any{map[string]any{"id": "t_1", "messages": map[string]any{"data": data}}}})
}

// takeWhatsApp is the Cloud API.
func (m *Meta) takeWhatsApp(w http.ResponseWriter, r *http.Request) {
	type media struct {
		ID       string `json:"id"`
		Caption  string `json:"caption"`
		Filename string `json:"filename"`
	}
	var c struct {
		Product   string `json:"messaging_product"`
		To        string `json:"to"`
		Recipient string `json:"recipient"`
		Type      string `json:"type"`
		Status    string `json:"status"`
		MessageID string `json:"message_id"`
		Mark      string `json:"biz_opaque_callback_data"`
		Context   struct {
			ID string `json:"message_id"`
		} `json:"context"`
		Text struct {
			Body string `json:"body"`
		} `json:"text"`
		Image, Video, Audio, Document *media
		Template                      struct {
			Name       string `json:"name"`
			Components []struct {
				Parameters []struct {
					Text string `json:"text"`
				} `json:"parameters"`
			} `json:"components"`
		} `json:"template"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || c.Product != "whatsapp" {
		MetaRefusal{400, 100, 0, "(#100) messaging_product is required"}.refuse(w)
		return
	}
	if c.Status == "read" {
		m.mu.Lock()
		m.seen = append(m.seen, c.MessageID)
		m.mu.Unlock()
		metaAnswer(w, 200, map[string]any{"success": true})
		return
	}
	s := MetaSent{To: c.To + c.Recipient, Text: c.Text.Body, Mark: c.Mark, Kind: c.Type, ReplyTo: c.Context.ID, Template: c.Template.Name}
	for _, component := range c.Template.Components {
		for _, p := range component.Parameters {
			s.Params = append(s.Params, p.Text)
		}
	}
	for _, f := range []*media{c.Image, c.Video, c.Audio, c.Document} {
		if f != nil {
			s.File, s.Text = m.uploaded(f.ID), f.Caption
		}
	}
	if s.Template == "odpowiedz_bok" && len(s.Params) != 2 {
		MetaRefusal{400, 132000, 0, "(#132000) Number of parameters does not match the expected number of params"}.refuse(w)
		return
	}
	if s.Text == "" && s.File == nil && s.Template == "" {
		MetaRefusal{400, 131008, 0, "(#131008) Required parameter is missing"}.refuse(w)
		return
	}
	if m.spoiled(w, s.To, s.Template != "", MetaRefusal{400, 131026, 0, "Message undeliverable"}, MetaRefusal{400, 131047, 0, "Re-engagement message"}) {
		return
	}
	m.take(w, s, "wamid.OUT", func(s MetaSent) any {
		return map[string]any{"messaging_product": "whatsapp", "contacts": []any{map[string]any{"input": s.To, "wa_id": s.To}}, "messages": []any{map[string]any{"id": s.ID}}}
	}, func(s MetaSent) []byte {
		status := func(state string) map[string]any {
			v := map[string]any{"id": s.ID, "status": state, "timestamp": fmt.Sprint(s.At.Unix()), "recipient_id": s.To}
			if s.Mark != "" {
				v["biz_opaque_callback_data"] = s.Mark
			}
			return v
		}
		return MetaWhatsApp(map[string]any{"statuses": []any{status("sent"), status("delivered")}})
	})
}
