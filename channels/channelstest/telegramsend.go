package channelstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// send takes a message that a bot sends.
func (g *Telegram) send(w http.ResponseWriter, r *http.Request, method string) {
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		answerTelegram(w, nil, 400, "Bad Request: can't parse form", nil)
		return
	}
	s := TelegramSent{Method: method, Chat: r.FormValue("chat_id"), Text: r.FormValue("text") + r.FormValue("caption"), ParseMode: r.FormValue("parse_mode")}
	var answers struct {
		ID int64 `json:"message_id"`
	}
	if p := r.FormValue("reply_parameters"); p != "" {
		if err := json.Unmarshal([]byte(p), &answers); err != nil {
			answerTelegram(w, nil, 400, "Bad Request: can't parse reply parameters JSON object", nil)
			return
		}
		s.Answers = strconv.FormatInt(answers.ID, 10)
	}
	for _, field := range []string{"photo", "document"} {
		f, head, err := r.FormFile(field)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(f)
		if err != nil {
			answerTelegram(w, nil, 400, "Bad Request: can't read the file", nil)
			return
		}
		s.File = &File{Name: head.Filename, Type: head.Header.Get("Content-Type"), Data: string(data)}
	}
	if g.refuses(w, s) || g.fails(w) {
		return
	}
	id, unheard := g.take(s)
	if s.Chat == TelegramSilent || unheard {
		select {
		case <-r.Context().Done():
		case <-g.away:
		}
		return
	}
	answerTelegram(w, map[string]any{"message_id": id, "date": time.Now().Unix(), "chat": map[string]any{"id": json.Number(s.Chat), "type": "private"}, "text": s.Text}, 0, "", nil)
}

// refuses answers whatever is not taken.
func (g *Telegram) refuses(w http.ResponseWriter, s TelegramSent) bool {
	switch {
	case s.Chat == TelegramBlocked:
		answerTelegram(w, nil, 403, "Forbidden: bot was blocked by the user", nil)
	case s.Chat == TelegramSlow:
		answerTelegram(w, nil, 429, "Too Many Requests: retry after 3", map[string]any{"retry_after": 3})
	case s.Chat == TelegramProxied:
		proxied(w)
	case s.Chat == TelegramMoved:
		id, _ := strconv.ParseInt(TelegramMovedTo, 10, 64) // a constant
		answerTelegram(w, nil, 400, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": id})
	case s.Chat == TelegramBadPhoto && s.Method == "sendPhoto":
		answerTelegram(w, nil, 400, "Bad Request: PHOTO_INVALID_DIMENSIONS", nil)
	case !strings.HasPrefix(s.Chat, "555"):
		answerTelegram(w, nil, 400, "Bad Request: chat not found", nil)
	case len([]rune(s.Text)) > 4096:
		answerTelegram(w, nil, 400, "Bad Request: message is too long", nil)
	case s.Text == "" && s.File == nil:
		answerTelegram(w, nil, 400, "Bad Request: message text is empty", nil)
	default:
		return false
	}
	return true
}

// fails answers a send that is not taken because of what goes wrong now.
func (g *Telegram) fails(w http.ResponseWriter) bool {
	g.mu.Lock()
	f := g.faults
	g.faults.Limited, g.faults.Broken = max(f.Limited-1, 0), max(f.Broken-1, 0)
	g.mu.Unlock()
	switch {
	case f.Limited > 0:
		answerTelegram(w, nil, 429, fmt.Sprintf("Too Many Requests: retry after %d", f.RetryAfter), map[string]any{"retry_after": f.RetryAfter})
	case f.Broken > 0:
		proxied(w)
	default:
		return false
	}
	return true
}

// proxied is the error page of a proxy before Telegram.
func proxied(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
	fmt.Fprint(w, "<html><head><title>502 Bad Gateway</title></head></html>")
}

// take keeps a message of a bot and gives its number, and whether nobody hears of that.
func (g *Telegram) take(s TelegramSent) (id int64, unheard bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id, unheard = g.number(s.Chat), g.faults.Unheard > 0
	g.faults.Unheard = max(g.faults.Unheard-1, 0)
	s.ID, s.At = fmt.Sprintf("7700077:%s:%d", s.Chat, id), time.Now()
	g.sent = append(g.sent, s)
	return id, unheard
}

// number is the next message's in a chat.
func (g *Telegram) number(chat string) int64 {
	g.chats[chat]++
	return 40 + g.chats[chat]
}

// Say has somebody write to the bot in their private chat, and gives the update's number. A letter
// with the id of an earlier one is the same message in another update.
func (g *Telegram) Say(l Letter) int64 {
	g.mu.Lock()
	n, again := g.known[l.ID]
	if !again || l.ID == "" {
		n = g.number(l.From.Address)
		g.known[l.ID] = n
	}
	g.mu.Unlock()
	chat := json.Number(l.From.Address)
	m := map[string]any{
		"message_id": n, "date": 1_767_607_920 + n, "chat": map[string]any{"id": chat, "type": "private", "first_name": l.From.Name},
		"from": map[string]any{"id": chat, "is_bot": false, "first_name": l.From.Name, "language_code": "pl"},
	}
	text := "text"
	for _, f := range l.Files {
		kept := map[string]any{"file_id": g.Keep(f), "file_unique_id": "u", "file_size": len(f.Data)}
		text = "caption"
		if f.Name == "" {
			small := map[string]any{"file_id": "AgACsmall", "file_unique_id": "s", "width": 90, "height": 60}
			kept["width"], kept["height"] = 1280, 853
			m["photo"] = []any{small, kept}
			continue
		}
		kept["file_name"], kept["mime_type"] = f.Name, f.Type
		m["document"] = kept
	}
	if l.Text != "" {
		m[text] = l.Text
	}
	if parts := strings.Split(l.Answers, ":"); len(parts) == 3 {
		m["reply_to_message"] = map[string]any{"message_id": json.Number(parts[2]), "date": 1_767_607_000, "chat": m["chat"], "text": "…"}
	}
	body, err := json.Marshal(map[string]any{"message": m})
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return g.Update(string(body))
}

// Letters is what people got from the bot.
func (g *Telegram) Letters() []Letter {
	var got []Letter
	for _, s := range g.Sent() {
		l := Letter{ID: s.ID, Text: s.Text, Answers: s.Answers}
		if s.File != nil {
			l.Files = []File{*s.File}
		}
		got = append(got, l)
	}
	return got
}
