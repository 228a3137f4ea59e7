// Package audit is the trail of who did what to which subject.
package audit

import "time"

// Entry is one deed. It is never changed and holds no personal data beyond ids.
type Entry struct {
	ID          string         `json:"id"`
	At          time.Time      `json:"at"`
	ActorID     string         `json:"actor_id"`
	ActorKind   string         `json:"actor_kind" enum:"user,system"`
	ActorName   string         `json:"actor_name,omitempty"`
	Action      string         `json:"action"`
	SubjectKind string         `json:"subject_kind"`
	SubjectID   string         `json:"subject_id"`
	CommunityID string         `json:"community_id,omitempty"`
	Why         string         `json:"why,omitempty"`
	Detail      map[string]any `json:"detail,omitempty"`
	RequestID   string         `json:"request_id,omitempty"`
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	Actor   string
	Subject string
	Action  string
}
