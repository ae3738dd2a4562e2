package centrala

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of refusal an error is, in the words of the wire contract.
type Code string

// The codes a client may meet. Internal is never on the wire: the edge answers Unavailable
// and logs the cause.
const (
	BadFrame     Code = "bad_frame"
	UnknownType  Code = "unknown_type"
	Unauthorized Code = "unauthorized"
	Forbidden    Code = "forbidden"
	NotFound     Code = "not_found"
	Invalid      Code = "invalid"
	TooLong      Code = "too_long"
	TooMany      Code = "too_many"
	RateLimited  Code = "rate_limited"
	Closed       Code = "closed"
	Conflict     Code = "conflict"
	Unavailable  Code = "unavailable"
	Internal     Code = "internal"
)

// Error is a refusal that the person or program on the other end can act on. Message is a
// whole sentence for them; the cause, if any, is for the log only.
type Error struct {
	Code       Code
	Message    string
	Field      string        // the input that was refused, if one was
	RetryAfter time.Duration // with RateLimited and Unavailable
	Err        error
}

// Error implements error.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes a refusal with a message for the other end.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidField makes an Invalid refusal of one named input.
func InvalidField(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of the first Error in err's chain, Internal for every error that was
// not minted here, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
