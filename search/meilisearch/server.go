package meilisearch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
)

// How long the server may take: for what is read, for taking a change in, and for making it.
const (
	readTime  = 10 * time.Second
	writeTime = 30 * time.Second
	taskTime  = 10 * time.Minute
)

// server is the Meilisearch server, asked once each time: whoever calls tries again.
type server struct{ client.ServiceManager }

func connect(url, key string) server {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		MaxIdleConns: 64, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
		DisableCompression: true, // the server is near, and packing takes it longer than the way
	}
	// The client's own retries would outlast every budget.
	return server{client.New(url, client.WithAPIKey(key), client.DisableRetries(), client.WithCustomClient(&http.Client{Transport: transport, Timeout: taskTime}))}
}

// refusal is what the server says went wrong: its code, and never the words that were sent.
type refusal struct {
	what string
	code string
	says string // of tasks; the message of a search would repeat the question
}

func (r *refusal) Error() string {
	if r.says != "" {
		return fmt.Sprintf("%s: %s: %s", r.what, r.code, r.says)
	}
	return r.what + ": " + r.code + hint(r.code)
}

// hint is what whoever runs the server can do.
func hint(code string) string {
	switch code {
	case "invalid_api_key", "missing_authorization_header":
		return ": check search.meilisearch.key, and that it may read and write the indexes"
	case "no_space_left_on_device", "database_size_limit_reached":
		return ": its disk is full"
	}
	return ""
}

// refused reports whether err is the server's refusal with a code.
func refused(err error, code string) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

// said makes an error of the client's fit to be logged: it repeats bodies in its own text.
func said(what string, err error) error {
	var e *client.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch {
	case e.APIError.Code != "":
		return &refusal{what: what, code: string(e.APIError.Code)}
	case e.OriginError != nil && e.ErrCode != client.ErrCodeResponseUnmarshalBody:
		return fmt.Errorf("%s: %w", what, e.OriginError)
	case e.StatusCode != 0 && e.ErrCode != client.ErrCodeResponseUnmarshalBody:
		return fmt.Errorf("%s: it answers %d", what, e.StatusCode)
	}
	return fmt.Errorf("%s: it answers what is no answer of Meilisearch's", what)
}

// done waits for tasks, and reads what came of each: accepted is not done.
func (s server) done(ctx context.Context, tasks ...*client.TaskInfo) error {
	var errs []error
	for _, t := range tasks {
		errs = append(errs, s.wait(ctx, t.TaskUID))
	}
	return errors.Join(errs...)
}

func (s server) wait(ctx context.Context, task int64) error {
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		t, err := s.GetTask(ctx, task)
		if err != nil {
			return said("ask for a task", err)
		}
		switch t.Status {
		case client.TaskStatusSucceeded:
			return nil
		case client.TaskStatusFailed, client.TaskStatusCanceled:
			code := string(t.Error.Code)
			if code == "" {
				code = string(t.Status)
			}
			return &refusal{what: string(t.Type) + " of " + t.IndexUID, code: code, says: centrala.Clip(t.Error.Message, 300)}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// enqueue hands a change in.
func enqueue(ctx context.Context, what string, f func(context.Context) (*client.TaskInfo, error)) (*client.TaskInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	t, err := f(ctx)
	return t, said(what, err)
}

// change hands a change in and waits until it is made.
func (s server) change(ctx context.Context, what string, f func(context.Context) (*client.TaskInfo, error)) error {
	t, err := enqueue(ctx, what, f)
	if err != nil {
		return err
	}
	return s.done(ctx, t)
}

// page is how many documents are read at once.
const page = 1000

// each reads all documents that a filter lets through, page by page.
func (s server) each(ctx context.Context, uid string, filter any, fields []string, f func(client.Hit) error) error {
	for from := int64(0); ; from += page {
		some, cancel := context.WithTimeout(ctx, readTime)
		var got client.DocumentsResult
		err := s.Index(uid).GetDocuments(some, &client.DocumentsQuery{Offset: from, Limit: page, Fields: fields, Filter: filter}, &got)
		cancel()
		if err != nil {
			return said("read the documents of "+uid, err)
		}
		for _, hit := range got.Results {
			if err := f(hit); err != nil {
				return err
			}
		}
		if int64(len(got.Results)) < page {
			return nil
		}
	}
}

// indexes lists all there are.
func (s server) indexes(ctx context.Context) ([]*client.IndexResult, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var all []*client.IndexResult
	for {
		got, err := s.ListIndexes(ctx, &client.IndexesQuery{Limit: page, Offset: int64(len(all))})
		if err != nil {
			return nil, said("list the indexes", err)
		}
		all = append(all, got.Results...)
		if len(got.Results) == 0 || int64(len(all)) >= got.Total {
			return all, nil
		}
	}
}

// create makes an index that is not there; exists reports that it was.
func (s server) create(ctx context.Context, uid string) (exists bool, err error) {
	err = s.change(ctx, "make the index "+uid, func(ctx context.Context) (*client.TaskInfo, error) {
		return s.CreateIndex(ctx, &client.IndexConfig{Uid: uid, PrimaryKey: fieldID})
	})
	if refused(err, "index_already_exists") {
		return true, nil
	}
	return false, err
}

// drop removes an index; one that is not there is no error.
func (s server) drop(ctx context.Context, uid string) error {
	err := s.change(ctx, "remove the index "+uid, func(ctx context.Context) (*client.TaskInfo, error) { return s.DeleteIndex(ctx, uid) })
	if refused(err, "index_not_found") {
		return nil
	}
	return err
}
