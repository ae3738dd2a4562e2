package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"centrala"
)

// envelope is what every client frame has.
type envelope struct {
	Type string `json:"type"`
	Ref  string `json:"ref"`
}

// The frames that clients send (docs/protocol.md, section 2). web/protocol.json lists them too,
// and a test compares the two.
type (
	helloFrame struct {
		Token        string        `json:"token,omitempty"`
		Resume       []resumePoint `json:"resume,omitempty"`
		ResumeEvents string        `json:"resume_events,omitempty"`
		Watch        *watchWish    `json:"watch,omitempty"`
		Ref          string        `json:"ref,omitempty"`
	}
	resumePoint struct {
		Conversation string `json:"conversation"`
		After        int64  `json:"after"`
	}
	watchWish struct {
		Filter   *filterWish `json:"filter,omitempty"`
		Messages bool        `json:"messages,omitempty"`
	}
	filterWish struct {
		Status   string `json:"status,omitempty"`
		Side     string `json:"side,omitempty"`
		Team     string `json:"team,omitempty"`
		Assignee string `json:"assignee,omitempty"`
	}
	pingFrameIn struct {
		Ref string `json:"ref"`
	}
	sendFrame struct {
		Ref          string   `json:"ref"`
		Key          string   `json:"key"`
		Conversation string   `json:"conversation,omitempty"`
		Text         string   `json:"text"`
		Attachments  []string `json:"attachments,omitempty"`
		Note         bool     `json:"note,omitempty"`
		Claim        *bool    `json:"claim,omitempty"`
	}
	typingIn struct {
		Conversation string `json:"conversation"`
		On           bool   `json:"on"`
	}
	seenIn struct { // received and read
		Conversation string `json:"conversation"`
		Upto         int64  `json:"upto"`
	}
	historyIn struct {
		Ref          string `json:"ref"`
		Conversation string `json:"conversation"`
		Before       *int64 `json:"before,omitempty"`
		After        *int64 `json:"after,omitempty"`
		Limit        int    `json:"limit,omitempty"`
	}
	suggestIn struct {
		Ref  string `json:"ref"`
		Text string `json:"text"`
	}
	feedbackIn struct {
		Ref          string `json:"ref"`
		Article      string `json:"article"`
		Conversation string `json:"conversation,omitempty"`
		Kind         string `json:"kind"`
	}
	answerIn struct {
		Ref     string          `json:"ref"`
		Survey  string          `json:"survey"`
		Score   json.RawMessage `json:"score"`
		Comment string          `json:"comment,omitempty"`
	}
	endIn struct {
		Ref          string `json:"ref"`
		Conversation string `json:"conversation"`
	}
	contactIn struct {
		Ref   string  `json:"ref"`
		Email *string `json:"email,omitempty"`
		Name  *string `json:"name,omitempty"`
		Side  *string `json:"side,omitempty"`
	}
	presenceIn struct {
		Status string `json:"status"`
		Ref    string `json:"ref,omitempty"`
	}
	viewIn struct {
		Conversation *string `json:"conversation"`
	}
	watchIn struct {
		Ref      string     `json:"ref"`
		Filter   filterWish `json:"filter"`
		Messages bool       `json:"messages,omitempty"`
	}
)

// The frames that the server sends.
type (
	pongFrame struct {
		Type string    `json:"type"`
		Ref  string    `json:"ref"`
		At   time.Time `json:"at"`
	}
	ackFrame struct {
		Type         string                  `json:"type"`
		Ref          string                  `json:"ref"`
		Conversation centrala.ConversationID `json:"conversation,omitzero"`
		Message      string                  `json:"message,omitempty"`
		Seq          int64                   `json:"seq,omitempty"`
		At           *time.Time              `json:"at,omitempty"`
	}
	errorFrame struct {
		Type       string        `json:"type"`
		Ref        string        `json:"ref,omitempty"`
		Code       centrala.Code `json:"code"`
		Message    string        `json:"message"`
		Field      string        `json:"field,omitempty"`
		Retry      bool          `json:"retry"`
		RetryAfter int64         `json:"retry_after_ms,omitempty"`
	}
	messageFrame struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Seq          int64                   `json:"seq"`
		Message      *centrala.Message       `json:"message,omitempty"`
		Hidden       bool                    `json:"hidden,omitempty"`
	}
	typingFrame struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Author       centrala.Author         `json:"author"`
		On           bool                    `json:"on"`
	}
	deliveryFrame struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Seq          int64                   `json:"seq"`
		State        string                  `json:"state"`
		At           time.Time               `json:"at"`
		Reason       string                  `json:"reason,omitempty"`
	}
	readFrame struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Author       centrala.Author         `json:"author"`
		Upto         int64                   `json:"upto"`
	}
	historyFrame struct {
		Type         string                  `json:"type"`
		Ref          string                  `json:"ref"`
		Conversation centrala.ConversationID `json:"conversation"`
		Messages     []json.RawMessage       `json:"messages"`
		More         bool                    `json:"more"`
	}
	suggestionsFrame struct {
		Type     string                `json:"type"`
		Ref      string                `json:"ref"`
		Query    string                `json:"query"`
		Articles []centrala.Suggestion `json:"articles"`
	}
	resumedFrame struct {
		Type         string                  `json:"type"`
		Conversation string                  `json:"conversation"`
		From         int64                   `json:"from,omitempty"`
		Seq          int64                   `json:"seq,omitempty"`
		Truncated    bool                    `json:"truncated,omitempty"`
		Gone         bool                    `json:"gone,omitempty"`
		Moved        centrala.ConversationID `json:"moved,omitzero"`
	}
	surveyFrame struct {
		Type         string                  `json:"type,omitempty"`
		Survey       centrala.SurveyID       `json:"survey"`
		Conversation centrala.ConversationID `json:"conversation"`
		Kind         string                  `json:"kind"`
		Question     string                  `json:"question"`
		Scale        [2]int                  `json:"scale"`
		Locale       string                  `json:"locale"`
		Expires      time.Time               `json:"expires_at"`
	}
	surveyClosedFrame struct {
		Type         string                  `json:"type"`
		Survey       centrala.SurveyID       `json:"survey"`
		Conversation centrala.ConversationID `json:"conversation,omitzero"`
	}
	presenceFrame struct {
		Type     string                  `json:"type"`
		Agent    centrala.AgentID        `json:"agent"`
		Status   centrala.PresenceStatus `json:"status"`
		Load     int                     `json:"load"`
		Capacity int                     `json:"capacity"`
	}
	viewersFrame struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Agents       []faceOut               `json:"agents"`
	}
	cursorFrame struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	caughtUpFrame struct {
		Type   string `json:"type"`
		Cursor string `json:"cursor"`
	}
	staleFrame struct {
		Type   string `json:"type"`
		Cursor string `json:"cursor,omitempty"`
	}
	goneFrame struct {
		Type string                  `json:"type"`
		ID   centrala.ConversationID `json:"id"`
		Gone bool                    `json:"gone"`
	}
)

// decodeEnvelope reads type and ref. What is no JSON object at all is fatal for the socket.
func decodeEnvelope(body []byte) (env envelope, refusal *centrala.Error, fatal bool) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' {
		return env, centrala.Errorf(centrala.BadFrame, "A frame is one JSON object."), true
	}
	err := json.Unmarshal(body, &env)
	var wrong *json.UnmarshalTypeError
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

// decode reads the fields of one frame. Fields that are not known are ignored.
func decode[T any](body []byte) (T, error) {
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

// encode is v as a whole WebSocket frame; nil, and a line in the log, when it cannot be.
func (g *Gateway) encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		g.log.Error("encode a frame", "err", err)
		return nil
	}
	return textFrame(body)
}

// refusal is the error frame for err. What is no refusal is logged, and told as unavailable.
func (g *Gateway) refusal(s *session, ref string, err error) []byte {
	f := errorFrame{Type: "error", Ref: ref, Code: centrala.Unavailable, Retry: true,
		Message: "This could not be done now. Try again in a moment."}
	var refused *centrala.Error
	if errors.As(err, &refused) && refused.Code != centrala.Internal {
		f.Code, f.Message, f.Field = refused.Code, refused.Message, refused.Field
		f.Retry = f.Code == centrala.RateLimited || f.Code == centrala.Unavailable
		f.RetryAfter = refused.RetryAfter.Milliseconds()
		if f.Code == centrala.RateLimited {
			f.RetryAfter = max(1, f.RetryAfter)
		}
	} else {
		principal := ""
		if p := s.who.Load(); p != nil {
			principal = p.ID
		}
		g.log.Error("a frame could not be handled", "principal", principal, "err", err)
	}
	g.stats.refused.Add(1)
	return g.encode(f)
}

// conversationID reads the identifier in a frame's field "conversation".
func conversationID(s string) (centrala.ConversationID, error) {
	return parse[centrala.ConversationID]("conversation", s)
}

// parse reads the identifier in a frame's field.
func parse[T ~int64, P interface {
	*T
	UnmarshalText([]byte) error
}](field, s string) (T, error) {
	var id T
	if err := P(&id).UnmarshalText([]byte(s)); err != nil || id == 0 {
		return 0, centrala.InvalidField(field, "This is not an identifier of the right kind.")
	}
	return id, nil
}
