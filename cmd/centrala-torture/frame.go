package main

import "encoding/json"

// frame is as much of a server's frame as people here look at.
type frame struct {
	Type         string `json:"type"`
	Ref          string `json:"ref"`
	Code         string `json:"code"`
	Retry        bool   `json:"retry"`
	RetryAfter   int    `json:"retry_after_ms"`
	Conversation string `json:"conversation"`
	ID           string `json:"id"`
	Seq          int64  `json:"seq"`
	LastSeq      int64  `json:"last_seq"`
	Hidden       bool   `json:"hidden"`
	Gone         bool   `json:"gone"`
	Truncated    bool   `json:"truncated"`
	Assignee     *struct{ ID string }
	Turn         string          `json:"turn"`
	Channel      string          `json:"channel"`
	Message      json.RawMessage `json:"message"` // an object, an id in ack, words in error
	Messages     []entry         `json:"messages"`
	More         bool            `json:"more"`
	Me           struct{ ID string }
}

// entry is one of a history, or of a page of REST.
type entry struct {
	Seq    int64  `json:"seq"`
	Hidden bool   `json:"hidden"`
	Key    string `json:"key"`
	Text   string `json:"text"`
	Author struct{ Kind, ID, Name string }
	System json.RawMessage `json:"system"`
}
