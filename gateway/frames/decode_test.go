package frames

import "testing"

// A frame is opened by its type and ref alone; a field that would be wrong in a message is the
// business of the frame that has it.
func TestOpen(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Envelope{
		`{"type":"view","ref":"1","text":5,"mentions":"x","claim":"no"}`: {Type: "view", Ref: "1"},
		`{"text":{},"ref":"2","type":"message.send"}`:                    {Type: "message.send", Ref: "2"},
	} {
		env, refusal, fatal := Open([]byte(body))
		if env != want || refusal != nil || fatal {
			t.Errorf("%s: %+v, %v, %v", body, env, refusal, fatal)
		}
	}
	for body, field := range map[string]string{`{"type":"view","text":5,"ref":6}`: "ref", `{"key":5,"type":7,"ref":"3"}`: "type"} {
		if _, refusal, fatal := Open([]byte(body)); fatal || refusal == nil || refusal.Field != field {
			t.Errorf("%s: %v, %v, want a refusal of %s", body, refusal, fatal, field)
		}
	}
	body := []byte(`{"type":"message.send","ref":"4","key":"k","text":"hej","note":true}`)
	env, _, _ := Open(body)
	if f, err := DecodeSend(env, body); err != nil || f.Text != "hej" || f.Key != "k" || !f.Note || f.Ref != "4" {
		t.Errorf("%+v, %v", f, err)
	}
	bad := []byte(`{"type":"message.send","ref":"5","key":"k","text":5}`)
	env, _, _ = Open(bad)
	if _, err := DecodeSend(env, bad); err == nil {
		t.Error("a text that is a number is taken")
	}
}
