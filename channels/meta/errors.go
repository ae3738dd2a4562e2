package meta

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/channels/vendor"
)

// refused is an answer that is no success as the error of a Sender.
func refused(a vendor.Answer, u usage, now time.Time) error {
	var body struct {
		Error object[graph.Error] `json:"error"`
	}
	if err := a.JSON(&body); err != nil || !body.Error.Is {
		body.Error.V = graph.Error{Message: graph.Text(fmt.Sprintf("an answer of status %d without an error that is known", a.Status))}
		if a.Status == http.StatusBadRequest || a.Status == http.StatusForbidden || a.Status == http.StatusNotFound {
			return errors.New(string(body.Error.V.Message)) // somebody between Meta and us, rather
		}
	}
	e := body.Error.V
	v := e.Verdict(a.Status)
	switch v.Deed {
	case graph.Busy:
		return &channels.Busy{For: cmp.Or(max(a.RetryAfter(now, 0), u.regain), time.Minute), Err: e}
	case graph.Later:
		return &channels.Later{For: max(a.RetryAfter(now, 0), v.Wait), Err: e}
	case graph.Stop:
		return &channels.Stopped{Code: v.Code, Reason: stopReason(v.Code), Err: e}
	case graph.Rejected:
		return &centrala.Rejected{Reason: e.Error(), Cause: v.Cause}
	}
	return e
}

func stopReason(code string) string {
	switch code {
	case graph.StoppedToken:
		return "Meta does not take the access token any more: connect the account again"
	case graph.StoppedPermission:
		return "Meta says that the access token lacks a permission"
	case graph.StoppedPolicy:
		return "Meta has restricted the account: look into its account quality"
	}
	return "the account has no id or no access token"
}
