package graph

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"centrala"
)

// Error is an error of the Graph API. What is done about it is decided by its code and subcode
// alone; its texts are for people.
type Error struct {
	Message   Text   `json:"message"`
	Title     Text   `json:"title"` // of statuses
	Code      Number `json:"code"`
	Subcode   Number `json:"error_subcode"`
	Transient Flag   `json:"is_transient"`
	Data      Object[struct {
		Details Text `json:"details"`
	}] `json:"error_data"`
}

// secretLike is what may be a token: Meta repeats malformed ones in its texts.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_|~-]{30,}`)

// Sentence is the error for people, without what may be a secret.
func (e Error) Sentence() string {
	what := cmp.Or(string(e.Data.V.Details), string(e.Message), string(e.Title), "no explanation")
	what = centrala.Clip(secretLike.ReplaceAllString(strings.Join(strings.Fields(what), " "), "…"), 240)
	if e.Subcode != 0 {
		return fmt.Sprintf("%s (Meta %d/%d)", what, e.Code, e.Subcode)
	}
	return fmt.Sprintf("%s (Meta %d)", what, e.Code)
}

// Error implements error.
func (e Error) Error() string { return e.Sentence() }

// Deed is what is done about an error.
type Deed int

const (
	Retry    Deed = iota // it may pass
	Busy                 // the account waits
	Later                // this person waits
	Stop                 // a person must act
	Rejected             // never
)

// Verdict is what an error means.
type Verdict struct {
	Deed  Deed
	Cause centrala.BounceCause // of Rejected
	Code  string               // of Stop
	Wait  time.Duration        // of Later
}

// Codes of Stopped.
const (
	StoppedToken      = "meta.token"
	StoppedPermission = "meta.permission"
	StoppedPolicy     = "meta.policy"
	StoppedSettings   = "meta.settings"
)

type coded struct{ code, subcode Number }

// verdicts by code and subcode; those of a code alone have no subcode. docs/meta.md, "Errors", says
// where each is from.
var verdicts = map[coded]Verdict{
	{10, 2018278}: {Deed: Rejected, Cause: centrala.OutsideWindow},
	{10, 2534022}: {Deed: Rejected, Cause: centrala.OutsideWindow},
	{131047, 0}:   {Deed: Rejected, Cause: centrala.OutsideWindow},

	{551, 0}:       {Deed: Rejected, Cause: centrala.Unreachable},
	{200, 1545041}: {Deed: Rejected, Cause: centrala.Unreachable},
	{100, 2018001}: {Deed: Rejected, Cause: centrala.Unreachable},
	{131026, 0}:    {Deed: Rejected, Cause: centrala.Unreachable},
	{131021, 0}:    {Deed: Rejected, Cause: centrala.Unreachable},
	{131062, 0}:    {Deed: Rejected, Cause: centrala.Unreachable},

	{132000, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132001, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132005, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132007, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132012, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132015, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},
	{132016, 0}: {Deed: Rejected, Cause: centrala.BadTemplate},

	{131051, 0}: {Deed: Rejected, Cause: centrala.BadFile},
	{131052, 0}: {Deed: Rejected, Cause: centrala.BadFile},
	{131053, 0}: {Deed: Rejected, Cause: centrala.BadFile},

	{100, 2018247}: {Deed: Stop, Code: StoppedPermission}, // of asking who somebody is
	{100, 0}:       {Deed: Rejected},
	{131008, 0}:    {Deed: Rejected},
	{131009, 0}:    {Deed: Rejected},

	{131056, 0}: {Deed: Later, Wait: 6 * time.Second},
	{131049, 0}: {Deed: Later, Wait: 24 * time.Hour},

	{4, 0}: {Deed: Busy}, {17, 0}: {Deed: Busy}, {32, 0}: {Deed: Busy}, {613, 0}: {Deed: Busy},
	{80006, 0}: {Deed: Busy}, {80007, 0}: {Deed: Busy}, {130429, 0}: {Deed: Busy},

	{0, 0}: {Deed: Stop, Code: StoppedToken}, {102, 0}: {Deed: Stop, Code: StoppedToken}, {190, 0}: {Deed: Stop, Code: StoppedToken},
	{3, 0}: {Deed: Stop, Code: StoppedPermission}, {10, 0}: {Deed: Stop, Code: StoppedPermission}, {230, 0}: {Deed: Stop, Code: StoppedPermission},
	{368, 0}: {Deed: Stop, Code: StoppedPolicy}, {131031, 0}: {Deed: Stop, Code: StoppedPolicy}, {131048, 0}: {Deed: Stop, Code: StoppedPolicy},

	{1, 0}: {Deed: Retry}, {2, 0}: {Deed: Retry}, {1200, 0}: {Deed: Retry}, {131000, 0}: {Deed: Retry}, {131016, 0}: {Deed: Retry},
}

// Verdict is what an error of a status of HTTP means. An error that is not known is for good when
// the status says that the request is at fault.
func (e Error) Verdict(status int) Verdict {
	if v, ok := verdicts[coded{e.Code, e.Subcode}]; ok && e.Subcode != 0 {
		return v
	}
	v, ok := verdicts[coded{e.Code, 0}]
	switch {
	case ok && (e.Code != 0 || status == http.StatusUnauthorized):
		return v
	case status == http.StatusTooManyRequests:
		return Verdict{Deed: Busy}
	case bool(e.Transient) || status >= 500:
		return Verdict{Deed: Retry}
	case e.Code >= 200 && e.Code <= 299:
		return Verdict{Deed: Stop, Code: StoppedPermission}
	case status == http.StatusUnauthorized:
		return Verdict{Deed: Stop, Code: StoppedToken}
	case status >= 400 || status == 0:
		return Verdict{Deed: Rejected}
	}
	return Verdict{Deed: Retry}
}

// Clean is a name of the vendor's that may be shown: short, and of harmless characters.
func Clean(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == 0xfffd {
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(centrala.Clip(s, 80))
}

// Withheld reports whether a person has not allowed that who they are is told.
func (e Error) Withheld() bool { return e.Code == 230 }
