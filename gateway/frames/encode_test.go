package frames

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"centrala"
)

// The frames that write themselves say what encoding/json would, byte for byte.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 9, 30, 0, 120_000_000, time.UTC)
	m := &centrala.Message{ID: 9, Conversation: 8, Seq: 3, Author: centrala.Author{Kind: centrala.ByAgent, ID: "a_1", Name: "Ania"},
		Text: "Zażółć <gęślą> \"jaźń\"", Channel: centrala.Chat, At: at, Key: "k"}
	rich := centrala.Message{ID: 10, Text: strings.Repeat("ż", centrala.MaxFrameText), HasHTML: true, HasMore: true, Note: true, Mentions: []centrala.AgentID{2},
		Attachments: []centrala.Attachment{{ID: 5, Name: "a.png", URL: "/f?a&b"}}, System: &centrala.Facts{Kind: "assigned", Agent: 2},
		Change: &centrala.Change{Of: 3, Kind: "edit", Text: "x"}, Answers: 2, Reactions: []centrala.Reaction{{By: "customer", Emoji: "👍"}}, Edited: true, Unsent: true, Pressed: true, At: at}
	social := centrala.Conversation{ID: 9, Channel: centrala.Messenger, HeardAt: at, Human: true, Matters: []centrala.Matter{{Kind: "order", ID: "o1", Due: at}}, OpenedAt: at}
	full := centrala.Conversation{ID: 8, Number: 20417, Inbox: 4, Channel: centrala.Chat, Side: centrala.Buyer, Status: centrala.Open, Turn: centrala.AgentsTurn,
		Subject: "Paczka & awizo", Contact: 7, ContactName: "Zofia", Verified: true, Team: 3, Assignee: 2, AssigneeName: "Ania", Priority: 1,
		Tags: []string{"a", "<b>"}, Complaint: true, Mentions: []centrala.Mention{{Agent: 2, Seq: 3, Read: true}}, LastSeq: 12,
		LastText: centrala.Preview{Seq: 12, Author: m.Author, Text: m.Text, At: at}, Unread: 2, ReadByCustomer: 3, ReadByAgent: 4,
		OpenedAt: at, Due: at.Add(time.Hour), Reason: "wolna linia", Version: 5}
	conversation := func(c *centrala.Conversation) *Conversation {
		f := ForStaff("conversation", c)
		return &f
	}
	face := conversation(&full)
	face.Assignee.Avatar = OrNull("https://example.com/a.png")
	for _, f := range []Appender{
		&Ack{Type: "ack", Ref: "1"},
		&Ack{Type: "ack", Ref: "\n", Conversation: 8, Message: "m_1", Seq: 2, At: &at},
		&Message{Type: "message", Conversation: 8, Seq: 3, Message: m},
		&Message{Type: "message", Conversation: 8, Seq: 3, Hidden: true},
		&Message{Type: "message", Conversation: 8, Seq: 4, Message: &rich},
		conversation(&full), face, conversation(&social), conversation(&centrala.Conversation{}),
	} {
		want, err := json.Marshal(plain(f))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.AppendJSON([]byte("before"))
		if err != nil || string(got) != "before"+string(want) {
			t.Errorf("%T\n%s, %v, want\n%s", f, got, err, want)
		}
	}
}

// plain is a frame as encoding/json sees it.
func plain(f Appender) any {
	switch f := f.(type) {
	case *Ack:
		return *f
	case *Message:
		return *f
	default:
		return *f.(*Conversation)
	}
}
