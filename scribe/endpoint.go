package scribe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"centrala"
)

// Endpoint is where chat completions are made: POST {URL}/chat/completions.
type Endpoint struct {
	URL     string // with its version: https://api.example.com/v1
	Model   string
	Key     string // "" none is sent
	Timeout time.Duration
	Tokens  int // how long an answer may be
}

// Check says what is wrong with an endpoint.
func (e Endpoint) Check() error {
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "":
		return fmt.Errorf("%q is not an address such as https://api.example.com/v1", e.URL)
	case e.Model == "":
		return errors.New("no model is named")
	case e.Timeout <= 0 || e.Timeout > MaxTimeout || e.Tokens <= 0:
		return fmt.Errorf("the length of an answer must be above zero, and the time for it at most %s", MaxTimeout)
	}
	return nil
}

// MaxTimeout is how long an agent's request may wait at most.
const MaxTimeout = 25 * time.Second

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

// The sentences of an exchange, as the protocol has them.
type (
	line struct {
		Role    string `json:"role"` // system, user, assistant
		Content string `json:"content"`
	}
	request struct {
		Model     string `json:"model"`
		Messages  []line `json:"messages"`
		MaxTokens int    `json:"max_tokens"`
		Stream    bool   `json:"stream"`
	}
	response struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
			Finish string `json:"finish_reason"`
		} `json:"choices"`
	}
)

// client makes calls to an endpoint. Without TLS it connects only to machines of the own network;
// redirects are not followed, since they would take the key along.
func client(e Endpoint) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !strings.HasPrefix(e.URL, "https:") {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return err
			}
			if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() && !ip.IsPrivate() {
				return errOpen
			}
			return nil
		}
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errOpen = errors.New("without TLS only machines of the own network are asked")

// refused is a refusal that the agent reads: the field names its sentence.
func refused(field, message string) error {
	return &centrala.Error{Code: centrala.Unavailable, Field: field, Message: message}
}

// complete asks the endpoint to go on after some lines. The log is told what failed, and never a
// word of what was asked or answered.
func (s *Scribe) complete(ctx context.Context, lines []line) (text string, cut bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.at.Timeout)
	defer cancel()
	body, err := json.Marshal(request{Model: s.at.Model, Messages: lines, MaxTokens: s.at.Tokens})
	if err != nil {
		return "", false, fmt.Errorf("write what is asked: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.at.URL, "/")+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", false, fmt.Errorf("ask for a draft: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "centrala")
	if s.at.Key != "" {
		r.Header.Set("Authorization", "Bearer "+s.at.Key)
	}
	res, err := s.http.Do(r)
	if err != nil {
		return "", false, s.lost(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case res.StatusCode != http.StatusOK:
		return "", false, s.status(res)
	case err != nil:
		return "", false, s.lost(err)
	case len(answer) > maxAnswer:
		return "", false, s.garbage("an answer of more than 1 MB")
	}
	return s.read(answer)
}

// read is the text of an answer.
func (s *Scribe) read(answer []byte) (text string, cut bool, err error) {
	var out response
	if json.Unmarshal(answer, &out) != nil {
		return "", false, s.garbage("an answer that is no JSON")
	}
	if len(out.Choices) == 0 || strings.TrimSpace(out.Choices[0].Message.Content) == "" {
		return "", false, s.garbage("an answer without a text")
	}
	first := out.Choices[0]
	return first.Message.Content, first.Finish == "length", nil
}

// lost is the refusal when no answer came, or not all of it.
func (s *Scribe) lost(err error) error {
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err // without the address
	}
	var slow net.Error
	late := errors.As(err, &slow) && slow.Timeout() || errors.Is(err, context.DeadlineExceeded)
	s.log.Warn("the model did not answer", "late", late, "err", err)
	if late {
		return refused("draft.late", "The model did not answer in time.")
	}
	return refused("draft.lost", "The model cannot be reached.")
}

func (s *Scribe) garbage(what string) error {
	s.log.Warn("the model answered what cannot be read", slog.String("what", what))
	return refused("draft.answer", "The model answered something that cannot be read.")
}

// status is the refusal that a status other than 200 stands for.
func (s *Scribe) status(res *http.Response) error {
	s.log.Warn("the model refused", "status", res.StatusCode)
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		wait := 30 * time.Second
		if n, err := strconv.Atoi(strings.TrimSpace(res.Header.Get("Retry-After"))); err == nil && n > 0 {
			wait = min(time.Duration(n)*time.Second, 10*time.Minute)
		} else if at, err := http.ParseTime(res.Header.Get("Retry-After")); err == nil {
			wait = min(max(time.Until(at), time.Second), 10*time.Minute)
		}
		return &centrala.Error{Code: centrala.RateLimited, Field: "draft", Message: "The model is asked too often.", RetryAfter: wait}
	case http.StatusUnauthorized, http.StatusForbidden:
		return refused("draft.key", "The model's server does not accept the key.")
	case http.StatusNotFound, http.StatusBadRequest, http.StatusUnprocessableEntity:
		return refused("draft.model", "The model's server does not know this model or this way of asking.")
	}
	return refused("draft.lost", "The model's server has a failure of its own.")
}
