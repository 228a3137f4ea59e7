// Package refusal is how every layer says no: a stable code for programs, a sentence with the next step for people.
package refusal

import (
	"errors"
	"fmt"
)

// Kind is the family of a refusal; the API maps each to one HTTP status.
type Kind string

// The families, with the status that the API answers.
const (
	Malformed   Kind = "malformed"   // 400
	SignedOut   Kind = "signed_out"  // 401
	Forbidden   Kind = "forbidden"   // 403
	NotFound    Kind = "not_found"   // 404
	Conflict    Kind = "conflict"    // 409
	Stale       Kind = "stale"       // 412
	TooLarge    Kind = "too_large"   // 413
	Unsupported Kind = "unsupported" // 415
	Rule        Kind = "rule"        // 422
	TooMany     Kind = "too_many"    // 429
	Unavailable Kind = "unavailable" // 503
)

// Field points at the part of the input that is wrong. Value is left empty for personal or secret input.
type Field struct {
	Location string `json:"location"`
	Message  string `json:"message"`
	Value    any    `json:"value,omitempty"`
}

// Refusal is an expected no. Message is for users and says what to do next; it never holds a cause from below.
// Extra fields appear beside the code in the answer (allowed, blocked_by, difference ...).
type Refusal struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []Field
	Extra   map[string]any
}

// New makes a refusal; code is kebab-case and never changes its meaning.
func New(kind Kind, code, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// At returns a copy that also points at one field.
func (r *Refusal) At(location, message string, value any) *Refusal {
	c := *r
	c.Fields = append(append([]Field(nil), r.Fields...), Field{Location: location, Message: message, Value: value})
	return &c
}

// With returns a copy that carries one more field of the answer.
func (r *Refusal) With(key string, value any) *Refusal {
	c := *r
	c.Extra = make(map[string]any, len(r.Extra)+1)
	for k, v := range r.Extra {
		c.Extra[k] = v
	}
	c.Extra[key] = value
	return &c
}

// As finds a refusal in an error chain.
func As(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// Is tells whether err is a refusal with this code.
func Is(err error, code string) bool {
	r, ok := As(err)
	return ok && r.Code == code
}
