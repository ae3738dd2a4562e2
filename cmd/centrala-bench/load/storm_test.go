package load

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second} {
		if got := backoff(n, 1); got != want {
			t.Errorf("the ceiling of try %d is %s, want %s", n, got, want)
		}
	}
	if backoff(60, 1) != backoffCap || backoff(3, 0) != 0 || backoff(0, 0.5) != 250*time.Millisecond {
		t.Errorf("%s, %s, %s", backoff(60, 1), backoff(3, 0), backoff(0, 0.5))
	}
}

// What a customer makes of what comes after the cut.
func TestPatronMissesNothing(t *testing.T) {
	t.Parallel()
	const (
		three   = `{"type":"message","conversation":"c_1","seq":3,"hidden":true}`
		four    = `{"type":"message","conversation":"c_1","seq":4,"message":{"author":{"kind":"agent"},"text":"@7` + padding + `"}}`
		resumed = `{"type":"resumed","conversation":"c_1","from":3,"seq":4}`
	)
	for name, c := range map[string]struct {
		frames []string
		back   bool
		hole   bool
	}{
		"everything":            {[]string{three, four, resumed}, true, false},
		"some of it twice":      {[]string{three, three, four, resumed, four}, true, false},
		"a hole":                {[]string{four, resumed}, false, true},
		"too little is resumed": {[]string{three, resumed}, false, true},
		"gone":                  {[]string{three, four, `{"type":"resumed","conversation":"c_1","gone":true}`}, false, true},
		"the reply comes later": {[]string{three, `{"type":"resumed","conversation":"c_1","from":3,"seq":3}`, four}, true, false},
		"no reply":              {[]string{three, `{"type":"resumed","conversation":"c_1","from":3,"seq":3}`}, false, false},
		"not resumed":           {[]string{three, four}, false, false},
		"of another":            {[]string{`{"type":"message","conversation":"c_2","seq":9,"hidden":true}`, three, four, resumed}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := door(t, func(ctx context.Context, s *websocket.Conn) {
				for _, f := range c.frames {
					if err := s.Write(ctx, websocket.MessageText, []byte(f)); err != nil {
						t.Error(err)
					}
				}
				_ = s.Close(websocket.StatusNormalClosure, "") // the other end may have gone by itself
			})
			p := &patron{Visitor: &Visitor{sock: dial(t, d), talk: &talk{id: "c_1"}, seq: 2}, n: 7, awaits: true, back: make(chan struct{}), since: time.Now()}
			err := p.read()
			if errors.As(err, new(*holeError)) != c.hole {
				t.Errorf("%v", err)
			}
			select {
			case <-p.back:
				if !c.back || p.took <= 0 {
					t.Errorf("back after %s", p.took)
				}
			default:
				if c.back {
					t.Error("is not back")
				}
			}
		})
	}
}
