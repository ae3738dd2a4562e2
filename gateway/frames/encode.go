package frames

import (
	"encoding/json"

	"centrala"
	"centrala/object"
)

// An Appender is a frame that writes itself, byte for byte as encoding/json would. Those are
// the frames that every message brings; all others are encoding/json's.
type Appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// Append appends a frame of either sort.
func Append(b []byte, frame any) ([]byte, error) {
	if f, ok := frame.(Appender); ok {
		return f.AppendJSON(b)
	}
	body, err := json.Marshal(frame)
	return append(b, body...), err
}

// begin is the object of a frame of some kind.
func begin(b []byte, kind string) object.Object {
	o := object.Begin(b)
	o.String("type", kind)
	return o
}

// AppendJSON implements Appender.
func (f *Ack) AppendJSON(b []byte) ([]byte, error) {
	o := begin(b, f.Type)
	o.String("ref", f.Ref)
	if f.Conversation != 0 {
		object.Put(&o, "conversation", f.Conversation)
	}
	o.Some("message", f.Message)
	o.Positive("seq", f.Seq)
	if f.At != nil {
		o.Time("at", *f.At)
	}
	return o.End()
}

// AppendJSON implements Appender.
func (f *Message) AppendJSON(b []byte) ([]byte, error) {
	o := begin(b, f.Type)
	object.Put(&o, "conversation", f.Conversation)
	o.Int("seq", f.Seq)
	if f.Message != nil {
		message(&o, f.Message)
	}
	o.If("hidden", f.Hidden)
	return o.End()
}

// message adds what centrala.Message writes of itself.
func message(o *object.Object, m *centrala.Message) {
	o.Open("message")
	o.String("id", centrala.MessageRef(m.ID))
	author(o, m.Author)
	o.String("text", centrala.Clip(m.Text, centrala.MaxFrameText))
	o.If("cut", len(m.Text) > centrala.MaxFrameText)
	o.If("has_html", m.HasHTML)
	o.If("has_more", m.HasMore)
	if len(m.Attachments) > 0 {
		o.Any("attachments", m.Attachments)
	}
	o.If("note", m.Note)
	if len(m.Mentions) > 0 {
		o.Any("mentions", m.Mentions)
	}
	if m.Trust != nil {
		o.Any("trust", m.Trust)
	}
	o.Positive("answers", m.Answers)
	if m.System != nil {
		o.Any("system", m.System)
	}
	if m.Change != nil {
		o.Any("change", m.Change)
	}
	if len(m.Reactions) > 0 {
		o.Any("reactions", m.Reactions)
	}
	o.If("edited", m.Edited)
	o.If("unsent", m.Unsent)
	o.If("pressed", m.Pressed)
	o.String("channel", string(m.Channel))
	o.Time("at", m.At)
	o.Some("key", m.Key)
	o.Close()
}

// author adds who wrote something.
func author(o *object.Object, a centrala.Author) {
	o.Open("author")
	o.String("kind", string(a.Kind))
	o.Some("id", a.ID)
	o.Some("name", a.Name)
	o.Close()
}

// AppendJSON implements Appender. The frame has a type; inside a list it has none and is
// encoding/json's.
func (f *Conversation) AppendJSON(b []byte) ([]byte, error) {
	o := begin(b, f.Type)
	object.Put(&o, "id", f.ID)
	o.String("ref", f.Ref)
	object.Put(&o, "inbox", f.Inbox)
	o.String("channel", string(f.Channel))
	orNull(&o, "side", f.Side)
	o.String("status", string(f.Status))
	o.String("turn", string(f.Turn))
	o.String("subject", f.Subject)
	o.Open("contact")
	object.Put(&o, "id", f.Contact.ID)
	orNull(&o, "name", f.Contact.Name)
	o.Bool("verified", f.Contact.Verified)
	o.Close()
	object.Put(&o, "team", f.Team)
	f.assignee(&o)
	o.Int("priority", int64(f.Priority))
	o.Any("tags", f.Tags)
	o.Bool("complaint", f.Complaint)
	o.Int("last_seq", f.LastSeq)
	f.lastMessage(&o)
	o.Int("unread", int64(f.Unread))
	o.Open("read")
	o.Int("customer", f.Read.Customer)
	o.Int("agent", f.Read.Agent)
	o.Close()
	o.Time("opened_at", f.Opened)
	if f.Due != nil {
		o.Time("due", *f.Due)
	} else {
		o.Null("due")
	}
	o.Int("version", f.Version)
	o.Some("reason", f.Reason)
	if len(f.Mentions) > 0 {
		o.Any("mentions", f.Mentions)
	}
	if len(f.Participants) > 0 {
		o.Any("participants", f.Participants)
	}
	if f.Window != (centrala.Window{}) {
		o.Any("window", f.Window)
	}
	if len(f.Matters) > 0 {
		o.Any("matters", f.Matters)
	}
	return o.End()
}

func (f *Conversation) assignee(o *object.Object) {
	if f.Assignee == nil {
		o.Null("assignee")
		return
	}
	o.Open("assignee")
	o.Some("id", f.Assignee.ID)
	o.String("name", f.Assignee.Name)
	orNull(o, "avatar", f.Assignee.Avatar)
	o.Close()
}

func (f *Conversation) lastMessage(o *object.Object) {
	m := f.LastMessage
	if m == nil {
		o.Null("last_message")
		return
	}
	o.Open("last_message")
	o.Int("seq", m.Seq)
	author(o, m.Author)
	o.String("text", m.Text)
	o.Time("at", m.At)
	o.Close()
}

func orNull[T ~string](o *object.Object, name string, v *T) {
	if v == nil {
		o.Null(name)
		return
	}
	o.String(name, string(*v))
}
