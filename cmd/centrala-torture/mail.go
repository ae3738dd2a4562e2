package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// tryLine has the administrator try the mailbox's line, which opens it anew when all is well.
func (r *Run) tryLine(ctx context.Context) {
	err := r.api.Do(ctx, http.MethodPost, "/v1/inboxes/"+r.inbox+"/test", r.admin, struct{}{}, nil)
	if err != nil {
		fmt.Fprintf(r.Log, "torture: try the line: %v\n", err) // it may be down right now
	}
}

// newcomer has one more person write a mail, as long as there are any: whom an answer is put
// off for waits a minute for the next try, and meets no trouble meanwhile.
func (r *Run) newcomer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun < len(r.mailed) {
		r.begin(r.mailed[r.begun])
		r.begun++
	}
}

// mailIsIn waits until every mail of the mailbox is in the log, or long enough: the laws judge
// what is missing then.
func (r *Run) mailIsIn(ctx context.Context) error {
	r.tryLine(ctx)
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for {
		missing, err := r.missing(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if missing == 0 || lab.Rest(ctx, 500*time.Millisecond) != nil {
			return nil
		}
	}
}

// missing is how many mails are not in the log yet.
func (r *Run) missing(ctx context.Context) (n int, err error) {
	there := map[string]bool{}
	byMail, err := r.api.Conversations(ctx, r.admin, "email")
	if err != nil {
		return 1, err
	}
	for _, c := range byMail {
		entries, err := r.api.Timeline(ctx, r.admin, c)
		if err != nil {
			return 1, err
		}
		for _, e := range entries {
			there[e.Text] = true
		}
	}
	for _, text := range r.record.Wrote() {
		if !there[text] {
			n++
		}
	}
	return n, nil
}

// outWithin is how long answers may take to leave once all is well: what was put off is tried
// again after a minute, and a lease that nobody holds any more has to end.
const outWithin = 100 * time.Second

// mailIsOut waits until answers have left, asks once more for every other one that is unknown,
// waits again, and takes the ledger into the record.
func (r *Run) mailIsOut(ctx context.Context) error {
	if err := r.decided(ctx); err != nil {
		return err
	}
	byMail, err := r.api.Conversations(ctx, r.admin, "email")
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	unknown := 0
	for _, c := range byMail {
		all, err := r.api.Deliveries(ctx, r.admin, c)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.State != "unknown" {
				continue
			}
			if unknown++; unknown%2 == 0 {
				continue
			}
			if err := r.api.Do(ctx, http.MethodPost, "/v1/conversations/"+c+"/deliveries/"+d.ID+"/retry", r.admin, nil, nil); err != nil {
				return err
			}
			asked[d.ID] = true
		}
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	for _, c := range byMail {
		all, err := r.api.Deliveries(ctx, r.admin, c)
		if err != nil {
			return err
		}
		for _, d := range all {
			row := law.Delivery{Conversation: c, Seq: d.Seq, State: d.State}
			if asked[d.ID] {
				row.Asked = 1
			}
			r.record.Account(row)
		}
	}
	return nil
}

// decided waits until no answer is on its way any more, or long enough.
func (r *Run) decided(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, outWithin)
	defer cancel()
	for {
		onTheWay := 0
		byMail, err := r.api.Conversations(within, r.admin, "email")
		for _, c := range byMail {
			var all []delivery
			if all, err = r.api.Deliveries(within, r.admin, c); err != nil {
				break
			}
			for _, d := range all {
				if slices.Contains([]string{"queued", "leased", "handing_over"}, d.State) {
					onTheWay++
				}
			}
		}
		if err != nil && within.Err() == nil {
			return err
		}
		if err == nil && onTheWay == 0 || lab.Rest(within, 500*time.Millisecond) != nil {
			return context.Cause(ctx)
		}
	}
}
