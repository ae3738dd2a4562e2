package meta

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/channels/vendor"
)

// token is what Meta knows of an access token.
type token struct {
	App     text     `json:"app_id"`
	Type    text     `json:"type"`
	Valid   flag     `json:"is_valid"`
	Expires stamp    `json:"expires_at"` // zero: never
	Data    stamp    `json:"data_access_expires_at"`
	Scopes  []string `json:"scopes"`
}

// inspect asks Meta about an inbox's token. Where the application's id is known the application asks,
// else the token asks for itself.
func (l *line) inspect(ctx context.Context, in centrala.Inbox) (token, error) {
	a, ok := account(in)
	if !ok {
		return token{}, &channels.Stopped{Code: graph.StoppedSettings, Reason: stopReason(graph.StoppedSettings)}
	}
	address := l.c.Base + "/debug_token?" + values("input_token", a.Token).Encode()
	r, err := vendor.JSON(ctx, http.MethodGet, address, nil)
	if err != nil {
		return token{}, err
	}
	if secrets := a.AppSecrets(); a.Client != "" && len(secrets) > 0 {
		r.Header.Set("Authorization", "Bearer "+a.Client+"|"+secrets[0])
	}
	var got struct {
		Data token `json:"data"`
	}
	if err := l.do(ctx, in, r, &got); err != nil {
		return token{}, err
	}
	t := got.Data
	if !t.Data.IsZero() && (t.Expires.IsZero() || t.Data.Before(t.Expires.Time)) {
		t.Expires = t.Data // from then on it opens nothing
	}
	return t, nil
}

// Watch implements channels.Watcher: once a day it asks until when the token is good and puts that on
// the board. A token that is not taken any more halts the line there, before an answer finds out.
func (l *line) Watch(ctx context.Context, inbox centrala.Inbox, board *channels.Board) {
	for {
		wait := 24*time.Hour + rand.N(time.Hour)
		if !l.look(ctx, inbox, board) {
			wait = 15 * time.Minute
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// look asks once; false when it could not be asked and is worth asking soon.
func (l *line) look(ctx context.Context, in centrala.Inbox, board *channels.Board) bool {
	t, err := l.inspect(ctx, in)
	var (
		stopped  *channels.Stopped
		rejected *centrala.Rejected
	)
	switch {
	case ctx.Err() != nil:
		return true
	case err == nil && bool(t.Valid):
		signed(board, in.ID, t)
		return true
	case err == nil, errors.As(err, &stopped) && stopped.Code == graph.StoppedToken:
		err = &channels.Stopped{Code: graph.StoppedToken, Reason: stopReason(graph.StoppedToken), Err: err}
		board.Note(in.ID, channels.In, channels.Halted, err, l.c.Now())
		l.c.Log.Error("the token of an inbox is not taken any more", "inbox", in.ID.String(), "err", err)
		return true
	}
	// not every token may ask about itself; sending tells
	l.c.Log.Info("until when the token of an inbox is good could not be asked", "inbox", in.ID.String(), "err", err)
	return errors.As(err, &stopped) || errors.As(err, &rejected)
}

// signed writes down until when a token is good, for both ways.
func signed(board *channels.Board, inbox centrala.InboxID, t token) {
	board.Signed(inbox, channels.In, t.Expires.Time)
	board.Signed(inbox, channels.Out, t.Expires.Time)
}
