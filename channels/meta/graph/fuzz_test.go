package graph_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"centrala/channels/meta/graph"
)

// Whatever an answer holds, an error of it has a sentence without a token, and means something.
func FuzzError(f *testing.F) {
	for _, s := range []string{
		`{"error":{"message":"(#10) outside of allowed window","type":"OAuthException","code":10,"error_subcode":2018278,"fbtrace_id":"x"}}`,
		`{"error":{"message":"Re-engagement","code":"131047","error_data":{"details":"window"}}}`, `{"error":"no"}`, `{"error":{"code":1e99,"is_transient":"true"}}`, `{"error":{"code":-5}}`,
	} {
		f.Add([]byte(s), 400)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		var answer struct {
			Error graph.Object[graph.Error] `json:"error"`
		}
		if json.Unmarshal(body, &answer) != nil {
			return
		}
		e := answer.Error.V
		if s := e.Sentence(); s == "" || len(s) > 400 || !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n") {
			t.Errorf("%q is said as %q", body, s)
		}
		switch v := e.Verdict(status); v.Deed {
		case graph.Retry, graph.Busy, graph.Rejected:
		case graph.Later:
			if v.Wait <= 0 {
				t.Errorf("%+v waits for %v", e, v.Wait)
			}
		case graph.Stop:
			if v.Code == "" {
				t.Errorf("%+v stops without a code", e)
			}
		default:
			t.Errorf("%+v means %d", e, v.Deed)
		}
	})
}
