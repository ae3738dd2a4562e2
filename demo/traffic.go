package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"centrala"
)

// Traffic is simulated customers. Each writes, waits for an answer, writes again, and says
// how it was; then another one comes. They speak the public protocol, like anybody's client.
type Traffic struct {
	Base      string // http://127.0.0.1:8080
	Customers int
	Pause     time.Duration // about how long they think; default 20 s
	Log       *slog.Logger
}

// Run keeps the customers coming until ctx ends.
func (t Traffic) Run(ctx context.Context) error {
	talks, err := Talks()
	if err != nil {
		return err
	}
	if t.Pause == 0 {
		t.Pause = 20 * time.Second
	}
	var wg sync.WaitGroup
	for n := range t.Customers {
		wg.Go(func() {
			for ctx.Err() == nil {
				talk := talks[(n+rand.IntN(len(talks)))%len(talks)]
				if err := t.customer(ctx, talk); err != nil && ctx.Err() == nil {
					t.Log.Warn("a simulated customer gave up", "err", err)
				}
				if !t.think(ctx) {
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// think waits for about a pause; false when ctx ended.
func (t Traffic) think(ctx context.Context) bool {
	timer := time.NewTimer(t.Pause/2 + rand.N(t.Pause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// frame is as much of a server's frame as a customer looks at.
type frame struct {
	Type         string          `json:"type"`
	Conversation string          `json:"conversation"`
	Code         string          `json:"code"`
	Survey       string          `json:"survey"`
	Message      json.RawMessage `json:"message"`
}

// customer lives through one talk.
func (t Traffic) customer(ctx context.Context, talk Talk) error {
	token, err := t.visitor(ctx, talk.Locale)
	if err != nil {
		return err
	}
	ws, _, err := websocket.Dial(ctx, strings.Replace(t.Base, "http", "ws", 1)+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	send := func(f map[string]any) error {
		b, err := json.Marshal(f)
		if err != nil {
			return err
		}
		return ws.Write(ctx, websocket.MessageText, b)
	}
	say := func(text string) error {
		return send(map[string]any{"type": "message.send", "ref": "m", "key": uuid.Must(uuid.NewV7()).String(), "text": text})
	}
	err = errors.Join(send(map[string]any{"type": "hello", "token": token}),
		send(map[string]any{"type": "contact.set", "ref": "s", "side": talk.Side}), say(talk.Question))
	lines := talk.FollowUps
	for err == nil {
		var f frame
		if f, err = read1(ctx, ws); err != nil {
			break
		}
		switch {
		case f.Type == "error":
			err = fmt.Errorf("refused: %s", f.Code)
		case f.Type == "message" && byAgent(f.Message) && len(lines) > 0:
			err = t.answer(ctx, send, say, f.Conversation, lines[0])
			lines = lines[1:]
		case f.Type == "survey":
			t.think(ctx)
			return send(map[string]any{"type": "survey.answer", "ref": "v", "survey": f.Survey, "score": talk.Score, "comment": talk.Comment})
		}
	}
	return err
}

func (t Traffic) answer(ctx context.Context, send func(map[string]any) error, say func(string) error, conversation, line string) error {
	if !t.think(ctx) {
		return ctx.Err()
	}
	if err := send(map[string]any{"type": "typing", "conversation": conversation, "on": true}); err != nil {
		return err
	}
	t.think(ctx)
	return say(line)
}

func read1(ctx context.Context, ws *websocket.Conn) (frame, error) {
	var f frame
	_, b, err := ws.Read(ctx)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	return f, err
}

func byAgent(message json.RawMessage) bool {
	var m struct {
		Author centrala.Author `json:"author"`
		System json.RawMessage `json:"system"`
	}
	return json.Unmarshal(message, &m) == nil && m.Author.Kind == centrala.ByAgent && len(m.System) == 0
}

// visitor makes a new customer.
func (t Traffic) visitor(ctx context.Context, locale string) (string, error) {
	body, err := json.Marshal(map[string]string{"inbox": "web", "locale": locale})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Base+"/v1/visitors", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("become a visitor: %w", err)
	}
	defer res.Body.Close()
	var v struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil || res.StatusCode != http.StatusCreated {
		return "", errors.Join(fmt.Errorf("become a visitor: %s", res.Status), err)
	}
	return v.Token, nil
}
