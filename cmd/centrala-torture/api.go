package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// An API is the REST side of a server, as integrations use it.
type API struct {
	Base string
	http *http.Client
}

// NewAPI speaks to a server at an address.
func NewAPI(addr string) *API {
	return &API{Base: "http://" + addr, http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
}

// Do makes one request and reads the answer into out, which may be nil.
func (a *API) Do(ctx context.Context, method, path, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.Base+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%s %s: %w", method, path, errNotThere)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, res.Status, b)
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *string:
		*out = string(b)
		return nil
	}
	return json.Unmarshal(b, out)
}

// errNotThere is the answer 404.
var errNotThere = errors.New("not there")

// Text reads a page.
func (a *API) Text(ctx context.Context, path string) (text string, err error) {
	err = a.Do(ctx, http.MethodGet, path, "", nil, &text)
	return text, err
}

// Inbox is the id of the door with a slug.
func (a *API) Inbox(ctx context.Context, token, slug string) (id string, err error) {
	var list struct{ Items []struct{ ID, Slug string } }
	if err := a.Do(ctx, http.MethodGet, "/v1/inboxes", token, nil, &list); err != nil {
		return "", err
	}
	for _, in := range list.Items {
		if in.Slug == slug {
			return in.ID, nil
		}
	}
	return "", fmt.Errorf("there is no inbox %s", slug)
}

// Conversations are all of a channel.
func (a *API) Conversations(ctx context.Context, token, channel string) (ids []string, err error) {
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID string }
			Next  *string
		}
		path := "/v1/conversations?limit=200&channel=" + channel + "&cursor=" + url.QueryEscape(cursor)
		if err := a.Do(ctx, http.MethodGet, path, token, nil, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			ids = append(ids, c.ID)
		}
		if page.Next == nil || *page.Next == "" {
			return ids, nil
		}
		cursor = *page.Next
	}
}

// delivery is a row of the ledger.
type delivery struct {
	ID    string
	Seq   int64
	State string
}

// Deliveries are what left by mail of a conversation.
func (a *API) Deliveries(ctx context.Context, token, conversation string) ([]delivery, error) {
	var list struct{ Items []delivery }
	err := a.Do(ctx, http.MethodGet, "/v1/conversations/"+conversation+"/deliveries", token, nil, &list)
	return list.Items, err
}

// password is that of the demonstration's accounts.
const password = "centrala-demo"

// SignIn gives the token and the id of an account of the demonstration.
func (a *API) SignIn(ctx context.Context, email string) (token, id string, err error) {
	var v struct {
		Token string
		Agent struct{ ID string }
	}
	err = a.Do(ctx, http.MethodPost, "/v1/sessions", "", map[string]string{"email": email, "password": password}, &v)
	return v.Token, v.Agent.ID, err
}

// Visitor is somebody new in the shop.
func (a *API) Visitor(ctx context.Context) (token string, err error) {
	var v struct{ Token string }
	err = a.Do(ctx, http.MethodPost, "/v1/visitors", "", map[string]string{"inbox": "web", "locale": "pl"}, &v)
	return v.Token, err
}

// Timeline reads a whole conversation, page by page from its end.
func (a *API) Timeline(ctx context.Context, token, conversation string) ([]entry, error) {
	var out []entry
	for before := int64(0); before != 1; {
		path := "/v1/conversations/" + conversation + "/messages?limit=100"
		if before > 0 {
			path += fmt.Sprintf("&before=%d", before)
		}
		var page struct{ Items []entry }
		if err := a.Do(ctx, http.MethodGet, path, token, nil, &page); err != nil {
			return nil, err
		}
		if len(page.Items) == 0 {
			break
		}
		slices.Reverse(page.Items)
		out = append(out, page.Items...)
		before = page.Items[len(page.Items)-1].Seq
	}
	slices.Reverse(out)
	return out, nil
}
