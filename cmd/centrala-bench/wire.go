package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// frame is as much of a server's frame as the driver looks at.
type frame struct {
	Type         string               `json:"type"`
	Conversation string               `json:"conversation"`
	ID           string               `json:"id"` // of a conversation frame
	Seq          int64                `json:"seq"`
	From         int64                `json:"from"` // of a resumed frame
	Gone         bool                 `json:"gone"`
	Code         string               `json:"code"`
	Me           struct{ ID string }  `json:"me"`
	Assignee     *struct{ ID string } `json:"assignee"`
	Message      json.RawMessage      `json:"message"` // an object in message, an id in ack, words in error
}

// words is as much of a message as the driver looks at.
type words struct {
	Author struct{ Kind string } `json:"author"`
	Text   string                `json:"text"`
	System json.RawMessage       `json:"system"`
}

// decode reads a frame; one that refuses something is an error.
func decode(b []byte) (frame, error) {
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("a frame that is no object: %w", err)
	}
	if f.Type == "error" {
		return f, fmt.Errorf("the server refused a frame: %s %s", f.Code, f.Message)
	}
	return f, nil
}

func (f frame) words() (words, error) {
	var w words
	err := json.Unmarshal(f.Message, &w)
	return w, err
}

// say sends what is not in a hot loop.
func say(s *Socket, f map[string]any) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return s.Write(b)
}

// await reads until a frame is one of kind.
func await(s *Socket, kind string) (frame, error) {
	for {
		b, err := s.Read()
		if err != nil {
			return frame{}, fmt.Errorf("wait for %s: %w", kind, err)
		}
		f, err := decode(b)
		if err != nil || f.Type == kind {
			return f, err
		}
	}
}

// appendSend is a message.send as a client writes it. text and conversation need no escaping.
func appendSend(dst []byte, conversation, text string) ([]byte, error) {
	key, err := uuid.NewV7()
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"message.send","ref":"m","key":"`...)
	dst = append(dst, key.String()...)
	if conversation != "" {
		dst = append(append(dst, `","conversation":"`...), conversation...)
	}
	dst = append(append(dst, `","text":"`...), text...)
	return append(dst, `"}`...), nil
}

// A House is a running server, as its clients know it.
type House struct {
	Addr   string
	client *http.Client
}

// At is the house at host:port.
func At(addr string) *House {
	return &House{Addr: addr, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, MaxIdleConnsPerHost: 64, DisableCompression: true,
	}}}
}

// Leave closes the connections that are kept for the next request.
func (h *House) Leave() { h.client.CloseIdleConnections() }

type call struct {
	method, path, token string
	in, out             any // JSON; nil is none
}

// do makes a request; an answer other than 2xx is an error that shows its first words.
func (h *House) do(ctx context.Context, c call) error {
	var body io.Reader
	if c.in != nil {
		b, err := json.Marshal(c.in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, c.method, "http://"+h.Addr+c.path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := h.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.300s", c.method, c.path, res.Status, b)
	}
	if c.out == nil {
		return nil
	}
	if err := json.Unmarshal(b, c.out); err != nil {
		return fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	return nil
}

// visitor makes a new customer of the inbox web and gives their token.
func (h *House) visitor(ctx context.Context) (string, error) {
	var v struct{ Token string }
	err := h.do(ctx, call{method: http.MethodPost, path: "/v1/visitors", in: map[string]string{"inbox": "web", "locale": "pl"}, out: &v})
	return v.Token, err
}

// login signs a demo account in and gives its token and id.
func (h *House) login(ctx context.Context, email string) (token, id string, err error) {
	var v struct {
		Token string
		Agent struct{ ID string }
	}
	err = h.do(ctx, call{method: http.MethodPost, path: "/v1/sessions", in: map[string]string{"email": email, "password": "centrala-demo"}, out: &v})
	return v.Token, v.Agent.ID, err
}

// socket opens the house's socket and says hello; more goes into the hello.
func (h *House) socket(ctx context.Context, token string, more map[string]any) (*Socket, error) {
	s, err := Dial(ctx, Door{Addr: h.Addr, Path: "/v1/socket", Protocol: "centrala.v1"})
	if err != nil {
		return nil, err
	}
	hello := map[string]any{"type": "hello", "token": token}
	for k, v := range more {
		hello[k] = v
	}
	return s, say(s, hello)
}
