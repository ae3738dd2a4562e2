// Package remote asks a running centrala's Help Centre, as any program can.
package remote

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"centrala"
)

// Answers are what GET /v1/articles/search tells.
type Answers struct {
	Items  []centrala.Suggestion `json:"items"`
	Engine string                `json:"engine"`
	TookMS int64                 `json:"took_ms"`
}

// Client makes one request.
type Client interface {
	Do(r *http.Request) (*http.Response, error)
}

// maxAnswer is how many bytes are read of an answer.
const maxAnswer = 4 << 20

// Search asks the server at an address what it tells everybody.
func Search(ctx context.Context, c Client, address string, question centrala.Query) (found Answers, err error) {
	q := url.Values{"q": {question.Text}, "limit": {strconv.Itoa(question.Limit)}}
	for key, v := range map[string]string{"locale": question.Locale, "side": string(question.Side)} {
		if v != "" {
			q.Set(key, v)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/v1/articles/search?"+q.Encode(), nil)
	if err != nil {
		return found, fmt.Errorf("the server's address: %w", err)
	}
	res, err := c.Do(r)
	if err != nil {
		return found, fmt.Errorf("ask the server: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return found, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var p struct{ Detail string }
		_ = json.Unmarshal(body, &p) // what is no problem of ours has no detail
		return found, fmt.Errorf("%s answers %s: %s", address, res.Status, cmp.Or(p.Detail, "is it the address of centrala?"))
	}
	if err := json.Unmarshal(body, &found); err != nil {
		return found, fmt.Errorf("%s does not answer as centrala does: %w", address, err)
	}
	return found, nil
}

// Write is for people: each answer with its score, title, heading, address and what it says.
func (a Answers) Write(w io.Writer, base string) error {
	for _, s := range a.Items {
		title := s.Title
		if s.Heading != "" {
			title += " › " + s.Heading
		}
		if _, err := fmt.Fprintf(w, "%.2f  %s\n      %s\n      %s\n", s.Score, title, strings.TrimRight(base, "/")+s.URL, s.Snippet); err != nil {
			return err
		}
	}
	if len(a.Items) == 0 {
		if _, err := fmt.Fprintln(w, "Nothing is found."); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s, %d ms\n", a.Engine, a.TookMS)
	return err
}
