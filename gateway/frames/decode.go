package frames

import (
	"bytes"
	"encoding/json"
	"errors"

	"centrala"
)

// Open reads type and ref. What is no JSON object at all is fatal for the socket.
func Open(body []byte) (env Envelope, refusal *centrala.Error, fatal bool) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' {
		return env, centrala.Errorf(centrala.BadFrame, "A frame is one JSON object."), true
	}
	var most struct { // most frames are messages, and are read in one go
		Type string `json:"type"`
		Send
	}
	err := json.Unmarshal(body, &most)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) { // of whichever frame it is: only type and ref matter here
		err = json.Unmarshal(body, &env)
	} else if env.Type, env.Ref = most.Type, most.Ref; env.Type == "message.send" {
		env.send = &most.Send
	}
	switch {
	case errors.As(err, &wrong):
		field := wrong.Field
		if field == "ref" {
			env.Ref = ""
		}
		return env, &centrala.Error{Code: centrala.BadFrame, Field: field, Message: "This field has the wrong type."}, false
	case err != nil:
		return env, centrala.Errorf(centrala.BadFrame, "A frame is one JSON object."), true
	case env.Type == "":
		return env, &centrala.Error{Code: centrala.BadFrame, Field: "type", Message: "A frame has a type."}, false
	}
	if len(env.Ref) > MaxRef {
		env.Ref = ""
		return env, centrala.InvalidField("ref", "A ref has at most %d bytes.", MaxRef), false
	}
	return env, nil, false
}

// DecodeSend reads a message.send that was opened.
func DecodeSend(env Envelope, body []byte) (*Send, error) {
	if env.send != nil {
		return env.send, nil
	}
	f, err := Decode[Send](body)
	return &f, err
}

// Decode reads the fields of one frame. Fields that are not known are ignored.
func Decode[T any](body []byte) (T, error) {
	var f T
	err := json.Unmarshal(body, &f)
	if err == nil {
		return f, nil
	}
	refusal := centrala.Errorf(centrala.BadFrame, "The frame's fields cannot be read.")
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		refusal.Field, refusal.Message = wrong.Field, "This field has the wrong type."
	}
	return f, refusal
}

// Check refuses what a history cannot be asked for; most bounds its limit, which is usual when
// none is given.
func (f *HistoryQuery) Check(most, usual int) error {
	switch {
	case f.Limit < 0 || f.Limit > most:
		return centrala.InvalidField("limit", "A limit is 1 to %d.", most)
	case f.Before != nil && f.After != nil:
		return centrala.InvalidField("before", "A history goes before or after a place, not both.")
	case f.Before != nil && *f.Before < 1:
		return centrala.InvalidField("before", "A place in a conversation is at least 1.")
	case f.After != nil && *f.After < 0:
		return centrala.InvalidField("after", "A place in a conversation is not negative.")
	}
	if f.Limit == 0 {
		f.Limit = usual
	}
	return nil
}

// ID reads the identifier in a field of a frame.
func ID[T ~int64, P interface {
	*T
	UnmarshalText([]byte) error
}](field, s string) (T, error) {
	var id T
	if err := P(&id).UnmarshalText([]byte(s)); err != nil || id == 0 {
		return 0, centrala.InvalidField(field, "This is not an identifier of the right kind.")
	}
	return id, nil
}

// ConversationID reads the field "conversation".
func ConversationID(s string) (centrala.ConversationID, error) {
	return ID[centrala.ConversationID]("conversation", s)
}
