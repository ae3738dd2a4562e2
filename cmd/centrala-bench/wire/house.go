// Package wire is the public protocol as the driver speaks it: a thin socket, and requests.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A Frame is as much of a server's frame as the driver looks at.
type Frame struct {
	Type         string               `json:"type"`
	Conversation string               `json:"conversation"`
	ID           string               `json:"id"` // of a conversation frame
	Seq          int64                `json:"seq"`
	From         int64                `json:"from"` // of a resumed frame
	Gone         bool                 `json:"gone"`
	Ref          string               `json:"ref"`
	Code         string               `json:"code"`
	Me           struct{ ID string }  `json:"me"`
	Assignee     *struct{ ID string } `json:"assignee"`
	Message      json.RawMessage      `json:"message"` // an object in message, an id in ack, words in error
}

// Words are as much of a message as the driver looks at.
type Words struct {
	Author struct{ Kind string } `json:"author"`
	Text   string                `json:"text"`
	System json.RawMessage       `json:"system"`
}

// Decode reads a frame; one that refuses something is an error.
func Decode(b []byte) (Frame, error) {
	var f Frame
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("a frame that is no object: %w", err)
	}
	if f.Type == "error" {
		return f, fmt.Errorf("the server refused a frame: %s %s", f.Code, f.Message)
	}
	return f, nil
}

// Words of a message frame.
func (f Frame) Words() (Words, error) {
	var w Words
	err := json.Unmarshal(f.Message, &w)
	return w, err
}

// Say sends what is not in a hot loop.
func Say(s *Socket, f map[string]any) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return s.Write(b)
}

// Await reads until a frame is one of kind.
func Await(s *Socket, kind string) (Frame, error) {
	for {
		b, err := s.Read()
		if err != nil {
			return Frame{}, fmt.Errorf("wait for %s: %w", kind, err)
		}
		f, err := Decode(b)
		if err != nil || f.Type == kind {
			return f, err
		}
	}
}

// AppendSend is a message.send as a client writes it. ref, text and conversation need no escaping.
func AppendSend(dst []byte, ref, conversation, text string) ([]byte, error) {
	key, err := uuid.NewV7()
	if err != nil {
		return dst, err
	}
	dst = append(append(dst, `{"type":"message.send","ref":"`...), ref...)
	dst = append(dst, `","key":"`...)
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
	Client *http.Client
}

// At is the house at host:port.
func At(addr string) *House {
	return &House{Addr: addr, Client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, MaxIdleConnsPerHost: 64, DisableCompression: true,
	}}}
}

// Leave closes the connections that are kept for the next request.
func (h *House) Leave() { h.Client.CloseIdleConnections() }

// A Call is a request.
type Call struct {
	Method, Path, Token string
	In, Out             any // JSON; nil is none
}

// Do makes a request; an answer other than 2xx is an error that shows its first words.
func (h *House) Do(ctx context.Context, c Call) error {
	var body io.Reader
	if c.In != nil {
		b, err := json.Marshal(c.In)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, c.Method, "http://"+h.Addr+c.Path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := h.Client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", c.Method, c.Path, err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.300s", c.Method, c.Path, res.Status, b)
	}
	if c.Out == nil {
		return nil
	}
	if err := json.Unmarshal(b, c.Out); err != nil {
		return fmt.Errorf("%s %s: %w", c.Method, c.Path, err)
	}
	return nil
}

// Metric is the value of a metric; labels, if it has any, are part of the name.
func (h *House) Metric(ctx context.Context, name string) (float64, error) {
	v, ok, err := h.metric(ctx, name)
	if err == nil && !ok {
		err = fmt.Errorf("GET /metrics: there is no %s in it", name)
	}
	return v, err
}

// Counter is Metric of what is not in the list before it has happened once.
func (h *House) Counter(ctx context.Context, name string) (float64, error) {
	v, _, err := h.metric(ctx, name)
	return v, err
}

func (h *House) metric(ctx context.Context, name string) (v float64, ok bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.Addr+"/metrics", nil)
	if err != nil {
		return 0, false, err
	}
	res, err := h.Client.Do(r)
	if err != nil {
		return 0, false, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil || res.StatusCode != http.StatusOK {
		return 0, false, errors.Join(err, fmt.Errorf("GET /metrics: %s", res.Status))
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
			return v, true, err
		}
	}
	return 0, false, nil
}

// Visitor makes a new customer of the inbox web and gives their token.
func (h *House) Visitor(ctx context.Context) (string, error) {
	var v struct{ Token string }
	err := h.Do(ctx, Call{Method: http.MethodPost, Path: "/v1/visitors", In: map[string]string{"inbox": "web", "locale": "pl"}, Out: &v})
	return v.Token, err
}

// Login signs an agent in and gives their token and id.
func (h *House) Login(ctx context.Context, email, password string) (token, id string, err error) {
	var v struct {
		Token string
		Agent struct{ ID string }
	}
	err = h.Do(ctx, Call{Method: http.MethodPost, Path: "/v1/sessions", In: map[string]string{"email": email, "password": password}, Out: &v})
	return v.Token, v.Agent.ID, err
}

// Open opens the house's socket and says hello; more goes into the hello.
func (h *House) Open(ctx context.Context, token string, more map[string]any) (*Socket, error) {
	return h.Enter(ctx, Door{}, token, more)
}

// Enter is Open from the source and with the buffer that d names.
func (h *House) Enter(ctx context.Context, d Door, token string, more map[string]any) (*Socket, error) {
	d.Addr, d.Path, d.Protocol = h.Addr, "/v1/socket", "centrala.v1"
	s, err := Dial(ctx, d)
	if err != nil {
		return nil, err
	}
	hello := map[string]any{"type": "hello", "token": token}
	for k, v := range more {
		hello[k] = v
	}
	return s, Say(s, hello)
}
