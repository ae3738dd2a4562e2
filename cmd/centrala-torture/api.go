package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, res.Status, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
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
