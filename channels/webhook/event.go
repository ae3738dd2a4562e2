package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala"
)

// Limits of the contract.
const (
	maxEvents  = 1000
	maxID      = 200
	maxFiles   = 10
	maxURL     = 2048
	maxMatters = centrala.MaxMatters
)

// event is one thing that a post tells. Whether its fields make sense is for the type to say.
type event struct {
	Type         string    `json:"type"`
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	From         *person   `json:"from"`
	Conversation string    `json:"conversation"`
	Locale       string    `json:"locale"`
	Subject      string    `json:"subject"`
	Text         string    `json:"text"`
	Payload      string    `json:"payload"`
	Answers      string    `json:"answers"`
	Files        []file    `json:"files"`
	Matters      []matter  `json:"matters"`
	Post         *matter   `json:"post"`
	About        string    `json:"about"`
	Delivery     string    `json:"delivery"`
	Upto         time.Time `json:"upto"`
	Version      int64     `json:"version"`
	Emoji        string    `json:"emoji"`
	Removed      bool      `json:"removed"`
	State        string    `json:"state"`
	Reason       string    `json:"reason"`
	Cause        string    `json:"cause"`
	Direction    string    `json:"direction"`
	Duration     int64     `json:"duration_s"`
	Missed       bool      `json:"missed"`
	Recording    string    `json:"recording"`
	Due          time.Time `json:"due"`
}

type person struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Phone    string   `json:"phone"`
	Side     string   `json:"side"`
	Locale   string   `json:"locale"`
	Verified []string `json:"verified"`
}

type file struct {
	URL  string `json:"url"`
	Name string `json:"name"`
	Type string `json:"type"`
}

type matter struct {
	Kind   string    `json:"kind"`
	ID     string    `json:"id"`
	Title  string    `json:"title"`
	URL    string    `json:"url"`
	Status string    `json:"status"`
	Due    time.Time `json:"due"`
}

// errVersion says that a post is of another version of the contract.
var errVersion = errors.New("of another version than 1")

// events takes a post apart into its events, each still raw, so that one that cannot be read leaves
// the others alone.
func events(body []byte) ([]json.RawMessage, error) {
	var post struct {
		V      *json.Number      `json:"v"`
		Events []json.RawMessage `json:"events"`
		Type   *json.RawMessage  `json:"type"`
	}
	if err := json.Unmarshal(body, &post); err != nil {
		return nil, fmt.Errorf("not a post: %w", fitting(err))
	}
	switch {
	case post.V == nil:
		return nil, errors.New("v is missing")
	case post.V.String() != "1":
		return nil, errVersion
	case post.Events == nil && post.Type == nil:
		return nil, errors.New("neither events nor a type")
	case post.Events == nil:
		return []json.RawMessage{body}, nil
	case len(post.Events) > maxEvents:
		return nil, fmt.Errorf("%d events; a post has %d at most", len(post.Events), maxEvents)
	}
	return post.Events, nil
}

// kind is an event's type alone: of one that is not known nothing else is looked at.
func kind(raw json.RawMessage) (string, error) {
	var e struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return "", fitting(err)
	}
	if e.Type == "" {
		return "", errors.New("type is missing")
	}
	return e.Type, nil
}

func (e *event) read(raw json.RawMessage) error {
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(e); err != nil {
		return fitting(err)
	}
	return nil
}

// fitting is why JSON does not fit, in words of the contract and without what stands in it.
func fitting(err error) error {
	var (
		wrong *json.UnmarshalTypeError
		date  *time.ParseError
		bad   *json.SyntaxError
	)
	switch {
	case errors.As(err, &wrong):
		what, _, _ := strings.Cut(wrong.Value, " ")
		return fmt.Errorf("%s is a %s", orElse(wrong.Field, "the whole"), what)
	case errors.As(err, &date):
		return errors.New("a time that is not as RFC 3339 has it")
	case errors.As(err, &bad):
		return fmt.Errorf("no JSON from byte %d on", bad.Offset)
	}
	return errors.New("no JSON")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
