package gateway

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/gateway/frames"
	"centrala/gateway/socket"
)

// web/protocol.json is the list of frames that the clients are built on: both sides have the
// same frames with the same fields.
func TestFramesAreThoseOfTheClients(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../web/protocol.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Objects map[string]map[string]string
		Frames  struct {
			Client, Server map[string]map[string]map[string]string
		}
		Closes map[string]int
		Limits map[string]int
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	client := map[string]any{
		"hello": frames.Hello{}, "ping": frames.Ping{}, "message.send": frames.Send{}, "typing": frames.TypingMark{}, "received": frames.Seen{}, "read": frames.Seen{},
		"history": frames.HistoryQuery{}, "suggest": frames.Suggest{}, "article.feedback": frames.Feedback{}, "survey.answer": frames.SurveyAnswer{}, "bot.answer": frames.BotAnswer{}, "conversation.end": frames.End{},
		"contact.set": frames.ContactSet{}, "presence.set": frames.PresenceSet{}, "view": frames.View{}, "watch": frames.Watch{},
	}
	server := map[string]any{
		"both/pong": frames.Pong{}, "both/ack": frames.Ack{}, "both/error": frames.Error{}, "both/message": frames.Message{}, "both/typing": frames.Typing{},
		"both/delivery": frames.Delivery{}, "both/read": frames.Read{}, "both/history": frames.History{}, "both/suggestions": frames.Suggestions{},
		"both/resumed": frames.Resumed{}, "customer/welcome": frames.VisitorWelcome{}, "customer/conversation": frames.Talk{}, "customer/survey": frames.Survey{},
		"customer/survey.closed": frames.SurveyClosed{}, "customer/bot": frames.BotQuestion{}, "customer/bot.closed": frames.BotClosed{}, "agent/welcome": frames.StaffWelcome{}, "agent/conversation": frames.Conversation{},
		"agent/presence": frames.Presence{}, "agent/viewers": frames.Viewers{}, "agent/cursor": frames.Cursor{}, "agent/caught_up": frames.CaughtUp{},
		"agent/stale": frames.Stale{},
	}
	seen := map[string]bool{}
	for who, frames := range list.Frames.Client {
		for name, fields := range frames {
			compare(t, "client "+who+" "+name, fields, client[name], nil)
			seen[name] = true
			h, handled := handlers()[name]
			if name != "hello" && (!handled || h.customer != (who != "agent") || (h.staff != "") != (who != "customer")) {
				t.Errorf("%s is a frame of %s; the server takes it otherwise", name, who)
			}
		}
	}
	for name := range client {
		if !seen[name] {
			t.Errorf("the clients do not know %s", name)
		}
	}
	clear(seen)
	for who, frames := range list.Frames.Server {
		for name, fields := range frames {
			compare(t, "server "+who+" "+name, fields, server[who+"/"+name], []string{"gone", "queue"})
			seen[who+"/"+name] = true
		}
	}
	for name := range server {
		if !seen[name] {
			t.Errorf("the clients do not know %s", name)
		}
	}
	for name, v := range map[string]any{
		"Talk": frames.Talk{}, "Conversation": frames.Conversation{}, "Queue": frames.Place{}, "Face": frames.Face{}, "Person": frames.Person{}, "Contact": frames.Contact{},
		"Agent": frames.Agent{}, "Survey": frames.Survey{}, "Bot": frames.BotQuestion{}, "ResumePoint": frames.ResumePoint{}, "Filter": frames.Filter{}, "Watch": frames.Watching{},
		"Read": frames.ReadMarks{}, "Mention": centrala.Mention{}, "LastMessage": frames.LastMessage{}, "Article": centrala.Suggestion{},
	} {
		compare(t, "object "+name, list.Objects[name], v, []string{"gone", "queue", "slug"})
	}
	for name, code := range map[string]int{"tooBig": 1009, "restart": int(closeRestart), "badFrame": int(closeFrame), "token": int(closeToken),
		"origin": int(closeOrigin), "tooSlow": int(socket.TooSlow), "rate": int(closeRate)} {
		if list.Closes[name] != code {
			t.Errorf("close %s is %d here and %d there", name, code, list.Closes[name])
		}
	}
	for name, n := range map[string]int{"frameBytes": MaxFrame, "textChars": centrala.MaxText, "resumeEntries": MaxResume, "historyEntries": MaxHistory} {
		if list.Limits[name] != n {
			t.Errorf("limit %s is %d here and %d there", name, n, list.Limits[name])
		}
	}
}

// compare holds the fields of one list against those of one struct; apart names fields that
// may be missing on either side.
func compare(t *testing.T, name string, fields map[string]string, v any, apart []string) {
	t.Helper()
	if v == nil {
		t.Errorf("%s: the server does not know it", name)
		return
	}
	here := map[string]bool{} // name → may be missing
	typ := reflect.TypeOf(v)
	for i := range typ.NumField() {
		tag, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if tag != "type" {
			here[tag] = strings.Contains(options, "omit")
		}
	}
	for field := range fields {
		bare, optional := strings.CutSuffix(field, "?")
		omitted, ok := here[bare]
		if !ok && !slices.Contains(apart, bare) {
			t.Errorf("%s: the server does not know the field %s", name, bare)
		}
		if strings.HasPrefix(name, "server") && omitted && !optional {
			t.Errorf("%s: the server may leave %s out, the clients count on it", name, bare)
		}
	}
	for field := range here {
		_, required := fields[field]
		_, optional := fields[field+"?"]
		if !required && !optional && !slices.Contains(apart, field) {
			t.Errorf("%s: the clients do not know the field %s", name, field)
		}
	}
}
