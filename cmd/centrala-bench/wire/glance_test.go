package wire

import "testing"

func TestLook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		frame string
		want  Glance
	}{
		"message":          {`{"type":"message","conversation":"c_1","seq":12,"message":{"text":"x"}}`, Glance{"message", "c_1", "", 12}},
		"hidden":           {`{"type":"message","conversation":"c_1","seq":7,"hidden":true}`, Glance{"message", "c_1", "", 7}},
		"in another order": {`{"seq":12,"conversation":"c_1","type":"message"}`, Glance{"message", "c_1", "", 12}},
		"with spaces":      {`{"type": "message", "conversation": "c_1", "seq": 12}`, Glance{"message", "c_1", "", 12}},
		"acknowledged":     {`{"type":"ack","ref":"31","conversation":"c_1","message":"m_1","seq":4,"at":"2026-11-28T20:00:00Z"}`, Glance{"ack", "c_1", "31", 4}},
		"bare ack":         {`{"type":"ack","ref":"s"}`, Glance{"ack", "", "s", 0}},
		"escaped":          {`{"type":"ack","ref":"a\"b","conversation":"c_1","message":"m_1","seq":4}`, Glance{"ack", "c_1", `a"b`, 4}},
		"of another kind":  {`{"type":"conversation","id":"c_1","last_message":{"text":"{\"type\":\"message\",\"seq\":9}"}}`, Glance{"conversation", "", "", 0}},
	} {
		if got, err := Look([]byte(c.frame)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, broken := range []string{``, `{"type":"message","conversation":"c_1","seq":`, `{"type":"ack","ref":"1`, `{"type":"error","code":"conflict"}`} {
		if g, err := Look([]byte(broken)); err == nil {
			t.Errorf("%s is %+v", broken, g)
		}
	}
}

func TestNumbered(t *testing.T) {
	t.Parallel()
	if n, ok := Numbered([]byte(`{"message":{"author":{},"text":"#4711 Dzien"}}`), '#'); !ok || n != 4711 {
		t.Errorf("%d, %v", n, ok)
	}
	for _, s := range []string{`{"text":"4711"}`, `{"text":"@1 "}`, `{"text":"#"}`, `{"hidden":true}`, `{"text":"`} {
		if n, ok := Numbered([]byte(s), '#'); ok {
			t.Errorf("%s has %d", s, n)
		}
	}
}
